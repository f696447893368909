"""Calls of graphs that draw random numbers: seeds go in, and the eager stream goes on behind those that were used."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import tensorflow as tf

from autograph_hook.backends.tensorflow import exact, failures, private, random_draws, random_stream
from autograph_hook.backends.tensorflow.random_draws import Draws

FEWEST, MOST = 64, 2**16
"""Seeds that a graph which draws in a loop is given at first, and at most."""

_TOO_FEW = "autograph_hook: more random numbers than seeds"

Function = Callable[[list[Any]], Sequence[Any]]


class Overdrawn(Exception):
    """The graph drew more numbers than it had seeds for. It has changed nothing."""


class Drawing:
    """A compiled graph that draws, as one that takes no seeds and returns no count."""

    def __init__(self, compiled: Any, draws: Draws) -> None:
        self._compiled = compiled
        self._counts = draws.counter is not None
        self._counter = draws.counter
        self._scrambles = draws.scrambles
        self._grows = draws.repeats
        self._size = FEWEST if draws.repeats else draws.sites
        self._may_repeat = "EagerPyFunc" not in compiled.stateful_ops
        self._none = tf.zeros([0, 2], tf.int64)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._compiled, name)

    def __call__(self, inputs: list[Any], *more: Any) -> list[Any]:
        while True:
            try:
                return self._call(inputs, *more)
            except Overdrawn:
                self._size *= 8
                if not self._may_repeat or self._size > MOST:
                    raise

    def _call(self, inputs: list[Any], *more: Any) -> list[Any]:
        size, stream = self._size, random_stream.current()
        taken = stream.take(size)
        unused = taken
        try:
            seeds = tf.constant(random_stream.seeds(taken))
            scrambled = tf.constant(random_stream.scrambled(taken)) if self._scrambles else self._none
            outputs: list[Any] = self._compiled([*inputs, seeds, scrambled], *more)
            used = int(outputs[-1]) if self._counts else size
            if used > size:
                raise Overdrawn
            unused = taken[used:]
        except tf.errors.InvalidArgumentError as error:
            if self._grows and _TOO_FEW in str(error):
                raise Overdrawn from error
            raise
        finally:
            stream.put_back(unused)
        return outputs[:-1] if self._counts else outputs


class Undrawn:
    """A compiled graph that turned out to draw nothing."""

    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled
        self._none = [tf.zeros([1], tf.uint64), tf.zeros([0, 2], tf.int64)]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._compiled, name)

    def __call__(self, inputs: list[Any], *more: Any) -> list[Any]:
        return self._compiled([*inputs, *self._none], *more)  # type: ignore[no-any-return]


def traced(
    trace: Callable[[Function, Sequence[Any]], Any], function: Function, inputs: Sequence[Any]
) -> Any:
    """What `trace` compiles of a function of tensors, so that it draws the numbers of the eager run."""
    draws = Draws()

    def with_seeds(symbols: list[Any]) -> list[Any]:
        draws.begin(*symbols[-2:])
        outputs = list(function(symbols[:-2]))
        if draws.counter is not None:
            _end(draws, outputs)
        return outputs

    with draws.asked(), _python_kept():
        if not draws.are_seeded:
            return trace(function, inputs)
        compiled = trace(with_seeds, [*inputs, *random_draws.inputs()])
    return Drawing(compiled, draws) if draws.sites else Undrawn(compiled)


def _end(draws: Draws, outputs: list[Any]) -> None:
    """Have the graph return how many it drew; where that may be too many, nothing may change before it is known."""
    operations = draws.top.get_operations()
    with tf.name_scope(random_draws.SCOPE):
        outputs.append(draws.count())
        if not draws.repeats:
            return
        handle = private.capture(draws.top, draws.counter)
        holders = [
            i
            for i, operation in enumerate(operations)
            if private.holds_functions(operation) and any(given is handle for given in operation.inputs)
        ]
        changes = [i for i, operation in enumerate(operations) if failures.changes(operation)]
        if not changes:
            return
        if holders and changes[0] <= holders[-1]:
            raise exact.Inexact("changes state before or while a loop of the graph draws random numbers from a seed")
        enough = tf.debugging.Assert(outputs[-1] <= draws.limit(), [_TOO_FEW])
        for i in changes:
            private.add_control_inputs(operations[i], [enough])


@contextmanager
def _python_kept() -> Iterator[None]:
    """Library code that draws from Python's or NumPy's generators while it is traced would not do so in each call."""
    before = random.getstate(), np.random.get_state(legacy=False)
    try:
        yield
    finally:
        after = random.getstate(), np.random.get_state(legacy=False)
        is_same = before[0] == after[0] and _same(before[1], after[1])
        if not is_same:
            random.setstate(before[0])
            np.random.set_state(before[1])
    if not is_same:
        raise exact.Inexact("draws from a generator of Python's or NumPy's")


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    return bool(np.array_equal(one, other))


def refusal(kind: str) -> str:
    """Why a graph with this operation, which has a seed, cannot stand for the eager run."""
    if kind in random_draws.KINDS:
        return f"draws random numbers with a seed of their own, whose state only eager operations have ({kind})"
    return f"draws random numbers from a seed by an operation that a graph does not repeat ({kind})"
