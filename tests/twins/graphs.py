"""One source, two runs: eager and plain, and traced with twins."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from tests.twins.both import enabled, plain

np = pytest.importorskip("numpy")
tf = pytest.importorskip("tensorflow")


def tensors(value: Any) -> Any:
    """Python numbers as tensors, in the types that eager operations give them."""
    if isinstance(value, (tuple, list)):
        return type(value)(tensors(item) for item in value)
    return tf.constant(value) if isinstance(value, (bool, int, float)) else value


def numbers(value: Any) -> Any:
    """A nest of tensors and numbers as Python values that can be compared."""
    if isinstance(value, dict):
        return {key: numbers(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [numbers(item) for item in value]
    if isinstance(value, tf.RaggedTensor):
        return value.to_list()
    if isinstance(value, (tf.Tensor, tf.Variable)):
        value = value.numpy()
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value.item() if isinstance(value, np.generic) else value


def same_in_graph(source: str, *calls: tuple[Any, ...], function: str = "f") -> None:
    """Traced with tensors, the function gives what it gives when it runs eagerly with the same tensors."""
    source = "import tensorflow as tf\n" + textwrap.dedent(source)
    one, other = plain(source), enabled(source)
    staged = tf.function(getattr(other, function))
    for arguments in calls or ((),):
        given = tensors(arguments)
        expected = numbers(getattr(one, function)(*given))
        found = numbers(staged(*given))
        assert found == expected, (arguments, found, expected)
