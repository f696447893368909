from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from autograph_hook.backends.registry import Registry
from autograph_hook.backends.tensorflow import BACKEND


def test_tensorflows_types_are_found_by_the_registry() -> None:
    registry = Registry()
    values = (
        tf.constant(1),
        tf.Variable(1),
        tf.ragged.constant([[1]]),
        tf.sparse.from_dense([1]),
        tf.TensorArray(tf.int32, 1),
        tf.data.Dataset.range(1),
        iter(tf.data.Dataset.range(1)),
    )
    assert all(registry.of(type(value)) is BACKEND for value in values)
    assert all(registry.of(type(value)) is None for value in (1, "a", [], None, np.zeros(1), BACKEND))


def test_only_what_a_graph_decides_on_is_staged() -> None:
    @tf.function(autograph=False)
    def look(x: Any) -> Any:
        assert BACKEND.is_staged(x)
        assert BACKEND.is_staged(EAGER)
        assert BACKEND.is_staged(tf.data.Dataset.range(1))
        assert not BACKEND.is_staged(tf.sparse.from_dense([1]))
        return x

    look(tf.constant(1))


EAGER = tf.constant(2)
