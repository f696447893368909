"""`for` loops: how each kind of subject is walked over inside a graph.

A walk has a position (a nest that the loop carries), and says whether there is an element at a position,
which one, and what the next position is. `for_each` turns a walk into a `while` loop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import tensorflow as tf

from autograph_hook.backends.protocol import Location, State
from autograph_hook.backends.tensorflow import branching, calls, lists, looping, private, values
from autograph_hook.errors import StagingError

Test = Callable[[], Any]


class Walk(Protocol):
    def start(self) -> Any: ...

    def more(self, position: Any) -> Any:
        """Is there an element here? A scalar boolean tensor."""

    def element(self, position: Any) -> Any: ...

    def next(self, position: Any, test: Test | None) -> Any:
        """The next position; `test` tells whether the loop goes on, for walks that take from an iterator."""

    def limit(self) -> Any:
        """The number of elements, None where it is not known before the end."""


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


def surely_runs(walk: Walk) -> bool:
    """Is it known while tracing that there is an element?"""
    if isinstance(walk, OverRange):
        known = [tf.get_static_value(tensor) for tensor in (walk.first, walk.end, walk.step)]
        return all(number is not None for number in known) and len(range(*map(int, known))) > 0
    if isinstance(walk, Zipped):
        return all(map(surely_runs, walk.walks))
    if isinstance(walk, (Enumerated, Mapped, Filtered)):
        return surely_runs(walk.inner)
    return isinstance(walk, Counting) and isinstance(walk.size, int) and walk.size > 0


def _for_each_distributed(
    iterator: Any, body: Callable[[Any], None], test: Test | None, state: State, where: Location
) -> None:
    """A loop over an iterator whose optional elements cannot be carried by a loop: each is taken in the body.
    """
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


class Lazy:
    """What `enumerate`, `zip`, `map` and `filter` give over staged subjects: a subject for `for_each`."""

    __slots__ = ("walk",)

    def __init__(self, walk: Walk) -> None:
        self.walk = walk

    def __str__(self) -> str:
        names = {Filtered: "filter", Mapped: "map", Zipped: "zip", Enumerated: "enumerate"}
        return f"{names.get(type(self.walk), 'iter')}() of tensors"

    def listed(self) -> list[Any] | None:
        """The elements, where their number is known while tracing."""
        size = None if filters(self.walk) else self.walk.limit()
        if not isinstance(size, int):
            return None
        if isinstance(self.walk, Enumerated):  # its numbers are Python's
            inner = Lazy(self.walk.inner).listed()
            return None if inner is None else list(enumerate(inner, self.walk.first))
        elements, position = [], self.walk.start()
        for _ in range(size):
            elements.append(self.walk.element(position))
            position = self.walk.next(position, None)
        return elements


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


class Counting:
    """A walk whose position is an index below `size`."""

    size: Any

    def start(self) -> Any:
        return tf.constant(0)

    def more(self, position: Any) -> Any:
        return position < self.size

    def next(self, position: Any, test: Test | None) -> Any:
        return position + 1

    def limit(self) -> Any:
        return self.size


class OverArray(Counting):
    def __init__(self, array: Any) -> None:
        self.array = array
        self.size = array.size()

    def element(self, position: Any) -> Any:
        return self.array.read(position)


class OverTensor(Counting):
    """The slices of a tensor along its first dimension.

    A floating tensor is walked as a TensorArray: the gradient of reading an element is then one write, where
    that of a slice is a whole tensor of zeros.
    """

    def __init__(self, tensor: Any) -> None:
        self.size = length(tensor)
        self.tensor = tensor
        self.array = None
        if tensor.dtype.is_floating or tensor.dtype.is_complex:
            array = tf.TensorArray(tensor.dtype, size=self.size, element_shape=tensor.shape[1:])
            self.array = array.unstack(tensor)

    def element(self, position: Any) -> Any:
        return tf.gather(self.tensor, position) if self.array is None else self.array.read(position)


class OverList(Counting):
    """The elements of a list whose length is known only when the graph runs, as they are when the loop begins."""

    def __init__(self, elements: list[Any]) -> None:
        self.part = lists.whole(elements)
        self.size = self.part.count()

    def element(self, position: Any) -> Any:
        return lists.element(self.part, position)


class OverRagged(Counting):
    def __init__(self, ragged: Any) -> None:
        self.ragged = ragged
        self.size = tf.cast(ragged.nrows(), tf.int32)

    def element(self, position: Any) -> Any:
        return self.ragged[position]


class OverRange:
    """The numbers of an integer `tf.range`, which is never made."""

    def __init__(self, first: Any, end: Any, step: Any) -> None:
        self.first, self.end, self.step = first, end, step
        known = tf.get_static_value(step)
        self.direction = None if known is None else int(known)

    def start(self) -> Any:
        return self.first

    def more(self, position: Any) -> Any:
        if self.direction is not None:
            return position < self.end if self.direction >= 0 else position > self.end
        up = tf.logical_and(self.step >= 0, position < self.end)
        return tf.logical_or(up, tf.logical_and(self.step < 0, position > self.end))

    def element(self, position: Any) -> Any:
        return position

    def next(self, position: Any, test: Test | None) -> Any:
        return position + self.step

    def limit(self) -> Any:
        known = [tf.get_static_value(tensor) for tensor in (self.first, self.end, self.step)]
        if all(number is not None for number in known):
            return len(range(*(int(number) for number in known)))
        sign = tf.sign(self.step)
        return tf.cast(tf.maximum((self.end - self.first + self.step - sign) // self.step, 0), tf.int32)


def over_range(tensor: Any) -> OverRange | None:
    """The walk over a tensor that is the result of `tf.range` in this graph."""
    if isinstance(tensor, tf.__internal__.EagerTensor) or not tensor.dtype.is_integer:
        return None
    operation = tensor.op
    return OverRange(*operation.inputs) if operation.type == "Range" else None


class OverIterator:
    """The elements of an iterator, taken one ahead; the position is the optional next element.

    Nothing is taken after the loop has been left: another loop over the same iterator goes on with the next
    element.
    """

    def __init__(self, iterator: Any) -> None:
        self.iterator = iterator

    def start(self) -> Any:
        return self._taken()

    def _taken(self) -> Any:
        return self.iterator.get_next_as_optional()

    def more(self, position: Any) -> Any:
        return position.has_value()

    def element(self, position: Any) -> Any:
        # Data has no gradient, and the operations that hand it over have none registered.
        def cut(leaf: Any) -> Any:
            return tf.stop_gradient(leaf) if leaf.dtype.is_floating or leaf.dtype.is_complex else leaf

        return tf.nest.map_structure(cut, position.get_value(), expand_composites=True)

    def next(self, position: Any, test: Test | None) -> Any:
        holds = True if test is None else values.truth(test())
        if isinstance(holds, bool) and holds:
            return self._taken()
        empty = tf.experimental.Optional.empty(position.element_spec)
        return empty if isinstance(holds, bool) else tf.cond(holds, self._taken, lambda: empty)

    def limit(self) -> Any:
        return None


def takes(walk: Walk) -> bool:
    """Does it take its elements from an iterator, so that none must be taken too many?"""
    if isinstance(walk, Zipped):
        return any(map(takes, walk.walks))
    if isinstance(walk, (Enumerated, Mapped, Filtered)):
        return takes(walk.inner)
    return isinstance(walk, OverIterator)


def begin(walk: Walk, holds: Any) -> Any:
    """The position at which a walk starts; it takes nothing where this is false."""
    if holds is True or not takes(walk):
        return walk.start()
    if isinstance(walk, OverIterator):
        empty = tf.experimental.Optional.empty(walk.iterator.element_spec)
        return tf.cond(holds, walk.start, lambda: empty)
    return tf.cond(holds, walk.start, lambda: _nowhere(walk))


def _nowhere(walk: Any) -> Any:
    """A position without an element, for a walk that takes from iterators."""
    if isinstance(walk, OverIterator):
        return tf.experimental.Optional.empty(walk.iterator.element_spec)
    if isinstance(walk, Zipped):
        return tuple(_nowhere(part) if takes(part) else part.start() for part in walk.walks)
    if isinstance(walk, Enumerated):
        return _nowhere(walk.inner), tf.cast(walk.first, walk.dtype)
    return _nowhere(walk.inner)


class Enumerated:
    def __init__(self, inner: Walk, first: Any, dtype: Any) -> None:
        self.inner, self.first, self.dtype = inner, first, dtype

    def start(self) -> Any:
        return self.inner.start(), tf.cast(self.first, self.dtype)

    def more(self, position: Any) -> Any:
        return self.inner.more(position[0])

    def element(self, position: Any) -> Any:
        return position[1], self.inner.element(position[0])

    def next(self, position: Any, test: Test | None) -> Any:
        return self.inner.next(position[0], test), position[1] + 1

    def limit(self) -> Any:
        return self.inner.limit()


class Zipped:
    """As Python's `zip` it asks one after the other, and none any more once one has no element."""

    def __init__(self, walks: Sequence[Walk], strict: bool = False) -> None:
        self.walks = walks
        self.strict = strict
        sizes = [walk.limit() for walk in walks] if strict else []
        if all(isinstance(size, int) for size in sizes) and len(set(sizes)) > 1:
            other = next(i for i, size in enumerate(sizes) if size != sizes[0])
            raise ValueError(f"zip() argument {other + 1} is {'shorter' if sizes[other] < sizes[0] else 'longer'} than "
                             f"argument{' 1' if other == 1 else f's 1-{other}'}")  # fmt: skip

    def start(self) -> Any:
        return self._moved([walk.start if not takes(walk) else None for walk in self.walks], None, None)

    def more(self, position: Any) -> Any:
        return tf.reduce_all([walk.more(part) for walk, part in zip(self.walks, position, strict=True)])

    def element(self, position: Any) -> Any:
        return tuple(walk.element(part) for walk, part in zip(self.walks, position, strict=True))

    def next(self, position: Any, test: Test | None) -> Any:
        return self._moved([None] * len(self.walks), position, test)

    def _moved(self, starts: Sequence[Callable[[], Any] | None], position: Any, test: Test | None) -> Any:
        holds: Any = True if test is None else values.truth(test())
        parts: list[Any] = []
        mores: list[Any] = []
        for i, (walk, start) in enumerate(zip(self.walks, starts, strict=True)):
            asked = holds
            if takes(walk) and mores and not self.strict:
                known = mores if holds is True else [*mores, tf.convert_to_tensor(holds)]
                asked = tf.reduce_all(known)
            if start is not None:
                parts.append(start())
            elif position is None:
                parts.append(begin(walk, asked))
            else:
                parts.append(walk.next(position[i], None if asked is True else lambda asked=asked: asked))  # type: ignore[misc]
            mores.append(walk.more(parts[-1]))
        if self.strict:
            alike = tf.logical_or(tf.reduce_all(mores), tf.logical_not(tf.reduce_any(mores)))
            fits = alike if holds is True else tf.logical_or(alike, tf.logical_not(holds))
            tf.debugging.Assert(fits, ["zip(strict=True): one argument is shorter than another"])
        return tuple(parts)

    def limit(self) -> Any:
        limits = [walk.limit() for walk in self.walks]
        if all(isinstance(limit, int) for limit in limits):
            return min(limits)
        known = [limit for limit in limits if limit is not None]
        return tf.reduce_min(tf.stack(known)) if known else None


class Mapped:
    def __init__(self, function: Callable[..., Any], inner: Walk, several: bool) -> None:
        self.function, self.inner, self.several = function, inner, several

    def start(self) -> Any:
        return self.inner.start()

    def more(self, position: Any) -> Any:
        return self.inner.more(position)

    def element(self, position: Any) -> Any:
        return self.of(self.inner.element(position))

    def of(self, element: Any) -> Any:
        return calls.call(self.function, element if self.several else (element,), {})

    def next(self, position: Any, test: Test | None) -> Any:
        return self.inner.next(position, test)

    def limit(self) -> Any:
        return self.inner.limit()


class Filtered:
    """A walk over every element, of which the loop's body sees those that a function accepts."""

    def __init__(self, function: Callable[..., Any] | None, inner: Walk) -> None:
        self.function, self.inner = function, inner
        self.start, self.more, self.element = inner.start, inner.more, inner.element
        self.next, self.limit = inner.next, inner.limit

    def accepts(self, element: Any) -> Any:
        return element if self.function is None else calls.call(self.function, (element,), {})


def filters(walk: Walk) -> bool:
    """Does it pass over elements?"""
    return isinstance(walk, Filtered) or (isinstance(walk, Mapped) and filters(walk.inner))


def python_name(subject: Lazy) -> str:
    """The class that Python would have made."""
    names = {Enumerated: "enumerate", Zipped: "zip", Mapped: "map", Filtered: "filter"}
    return names.get(type(subject.walk), "iterator")


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


def length(tensor: Any) -> Any:
    """The first dimension: a Python int where it is known, else a tensor."""
    rank = tensor.shape.rank
    if rank == 0:
        raise TypeError("iteration over a 0-d tensor")
    known = None if rank is None else tensor.shape[0]
    return tf.shape(tensor)[0] if known is None else known
