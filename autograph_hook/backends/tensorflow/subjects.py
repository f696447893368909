"""`for` loops: which walk each kind of subject has, and the `while` loop that a walk becomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from autograph_hook.backends.protocol import Location, State
from autograph_hook.backends.tensorflow import branching, lists, looping, private, values
from autograph_hook.backends.tensorflow.combined_walks import Filtered, Lazy, Mapped, filters, surely_runs
from autograph_hook.backends.tensorflow.walks import (
    OverArray,
    OverIterator,
    OverList,
    OverRagged,
    OverTensor,
    Test,
    Walk,
    over_range,
)
from autograph_hook.errors import StagingError


class Positioned:
    """The user's state together with the position of a walk."""

    def __init__(self, state: State, position: Any) -> None:
        self.state = state
        self.position = position

    @property
    def labels(self) -> Sequence[str]:
        return ("ag__position", *self.state.labels)

    @property
    def guarded(self) -> bool:
        return self.state.guarded

    def get(self) -> tuple[Any, ...]:
        return (self.position, *self.state.get())

    def set(self, given: Sequence[Any]) -> None:
        self.position, *rest = given
        self.state.set(rest)

    def orders(self) -> Sequence[Sequence[Any]]:
        return self.state.orders()


def for_each(
    subject: Any, body: Callable[[Any], None], test: Test | None, state: State, where: Location
) -> None:
    if isinstance(subject, (private.DistributedIterable, private.DistributedIterator)):
        _for_each_distributed(iter(subject), body, test, state, where)
        return
    walk = walk_over(subject)
    inner = Positioned(state, walk.start())

    def more() -> Any:
        here = walk.more(inner.position)
        if test is None:
            return here
        holds = values.truth(test())
        if isinstance(holds, bool):
            return here if holds else tf.constant(False)
        return tf.logical_and(here, holds)

    def step() -> None:
        position = inner.position
        _visit(walk, position, body, state, where)
        inner.position = walk.next(position, test)

    limit = walk.limit() if private.in_xla_context() else None
    size = None if test is not None or filters(walk) else walk.limit()
    trips = size if isinstance(size, int) else None
    looping.while_loop(more, step, inner, where, limit, test is None and surely_runs(walk), trips)


def _visit(walk: Walk, position: Any, body: Callable[[Any], None], state: State, where: Location) -> None:
    """Run the body with the element at a position, if the filters on its way accept it."""
    if isinstance(walk, Mapped):
        mapped = walk
        _visit(walk.inner, position, lambda element: body(mapped.of(element)), state, where)
    elif isinstance(walk, Filtered):
        accepts = walk.accepts

        def filtered(element: Any) -> None:
            branching.cond(accepts(element), lambda: body(element), lambda: None, state, where)

        _visit(walk.inner, position, filtered, state, where)
    else:
        body(walk.element(position))


def _for_each_distributed(
    iterator: Any, body: Callable[[Any], None], test: Test | None, state: State, where: Location
) -> None:
    """A loop over an iterator whose optional elements cannot be carried by a loop: each is taken in the body."""
    inner = Positioned(state, tf.constant(True))

    def step() -> None:
        element = iterator.get_next_as_optional()
        inner.position = element.has_value()
        branching.cond(inner.position, lambda: body(element.get_value()), lambda: None, state, where)

    def more() -> Any:
        return inner.position if test is None else tf.logical_and(inner.position, values.truth(test()))

    looping.while_loop(more, step, inner, where)


def is_iterable(value: Any) -> bool:
    return isinstance(value, (*values.STAGED, Lazy)) or lists.is_staged(value)


def begun(subject: Any) -> Any:
    """A subject whose walk is begun once, however often the loop over it is traced."""
    if isinstance(subject, (private.DistributedIterable, private.DistributedIterator)):
        return iter(subject)
    walk = walk_over(subject)
    start = walk.start()
    walk.start = lambda: start  # type: ignore[method-assign]
    return Lazy(walk)


def walk_over(subject: Any) -> Walk:
    if isinstance(subject, Lazy):
        return subject.walk
    if type(subject) is list:
        return OverList(subject)
    if isinstance(subject, values.TENSORS):
        tensor = tf.convert_to_tensor(subject)
        return over_range(tensor) or OverTensor(tensor)
    if isinstance(subject, tf.RaggedTensor):
        return OverRagged(subject)
    if isinstance(subject, tf.TensorArray):
        return OverArray(subject)
    if isinstance(subject, (private.DistributedIterable, private.DistributedIterator)):
        raise StagingError(
            f"a {type(subject).__name__} can only be looped over on its own while a graph is built, "
            "not through enumerate, zip, map or filter"
        )
    if isinstance(subject, tf.data.Dataset):
        return OverIterator(iter(subject))
    return OverIterator(subject)


TAKEN = (tf.data.Dataset, tf.data.Iterator)
"""Subjects that have no length that Python could ask for."""


def walk_together(subject: Any, function: str) -> Walk:
    """The walk of a subject that is counted, or walked beside another: it must have an element at each position."""
    walk = walk_over(subject)
    if filters(walk):
        raise StagingError(
            f"{function}() of filter() is not known while a graph is built, because which elements there are is known "
            "only when it runs: use an `if` in the loop's body"
        )
    return walk
