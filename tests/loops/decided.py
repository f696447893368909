"""Run a function eagerly and traced, compare the results with their types, and tell how its loops were staged."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import tensorflow as tf

from autograph_hook.reporting import journal
from tests.twins.both import enabled, plain

WORK = """
import tensorflow as tf
import numpy as np

def work(x):
    '''Some operations, so that a loop is worth rolling.'''
    for _ in range(2):
        x = x * 0.5 + 1.0
    return x

def busy(x):
    '''The same value, after some operations.'''
    for _ in range(2):
        x = x + 1 - 1
    return x
"""


class Run:
    """Both results, and what the journal says of the loops in the order of their lines."""

    def __init__(self, source: str, *arguments: Any, function: str = "f") -> None:
        source = WORK + textwrap.dedent(source)
        self.plain, self.enabled = plain(source), enabled(source)
        self.arguments = arguments
        self.results: Any = None  # what the traced function returned, in its graph
        self.eager = getattr(self.plain, function)(*arguments)
        traced = getattr(self.enabled, function)

        def keep(*given: Any) -> list[Any]:
            self.results = traced(*given)
            return [leaf for leaf in tf.nest.flatten(self.results) if isinstance(leaf, tf.Tensor)]

        self.concrete = tf.function(keep, autograph=False).get_concrete_function(*arguments)
        inputs = [leaf for leaf in tf.nest.flatten(arguments) if isinstance(leaf, tf.Tensor)]
        self.found = self.concrete(*inputs)
        lines = [entry for entry in journal.entries(self.enabled.__file__) if entry.line > WORK.count("\n")]
        self.decisions = [str(entry) for entry in lines]

    def assert_same(self) -> Run:
        expected, found = tf.nest.flatten(self.eager), tf.nest.flatten(self.results)
        given = iter(self.found)
        assert len(expected) == len(found)
        for one, other in zip(expected, found, strict=True):
            if isinstance(other, tf.Tensor):
                assert isinstance(one, tf.Tensor), (one, other)
                other = next(given)
                assert one.dtype == other.dtype and one.shape == other.shape
                np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-5)
            else:
                assert type(one) is type(other) and repr(one) == repr(other), (one, other)
        return self

    def assert_rolled(self) -> Run:
        assert self.decisions[:1] == ["rolled into one graph loop"], self.decisions
        return self.assert_same()

    def assert_unrolled(self, reason: str) -> Run:
        assert self.decisions[0].startswith("unrolled: ") and reason in self.decisions[0], self.decisions
        return self.assert_same()


X = tf.constant(1.5)
"""What most of the programs are given."""


def vector(count: int) -> Any:
    return tf.reshape(tf.range(count, dtype=tf.float32), [count]) / 10.0
