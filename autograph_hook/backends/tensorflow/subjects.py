"""`for` loops: how each kind of subject is walked over inside a graph.

A walk has a position (a nest that the loop carries), and says whether there is an element at a position,
which one, and what the next position is. `for_each` turns a walk into a `while` loop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import tensorflow as tf

from autograph_hook.backends.protocol import Location, State
from autograph_hook.backends.tensorflow import branching, calls, looping, private, values
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
        element = walk.element(position)
        if isinstance(walk, Filtered):
            accepted = walk.accepts(element)
            branching.cond(accepted, lambda: body(element), lambda: None, state, where)
        else:
            body(element)
        inner.position = walk.next(position, test)

    limit = walk.limit() if private.in_xla_context() else None
    looping.while_loop(more, step, inner, where, limit)


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
    return isinstance(value, (*values.STAGED, Lazy))


class Lazy:
    """What `enumerate`, `zip`, `map` and `filter` give over staged subjects: a subject for `for_each`."""

    __slots__ = ("walk",)

    def __init__(self, walk: Walk) -> None:
        self.walk = walk

    def listed(self) -> list[Any] | None:
        """The elements, where their number is known while tracing."""
        size = None if isinstance(self.walk, Filtered) else self.walk.limit()
        if not isinstance(size, int):
            return None
        elements, position = [], self.walk.start()
        for _ in range(size):
            elements.append(self.walk.element(position))
            position = self.walk.next(position, None)
        return elements


def walk_over(subject: Any) -> Walk:
    if isinstance(subject, Lazy):
        return subject.walk
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
            return self.start()
        empty = tf.experimental.Optional.empty(position.element_spec)
        return empty if isinstance(holds, bool) else tf.cond(holds, self.start, lambda: empty)

    def limit(self) -> Any:
        return None


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
    def __init__(self, walks: Sequence[Walk]) -> None:
        self.walks = walks

    def start(self) -> Any:
        return tuple(walk.start() for walk in self.walks)

    def more(self, position: Any) -> Any:
        return tf.reduce_all([walk.more(part) for walk, part in zip(self.walks, position, strict=True)])

    def element(self, position: Any) -> Any:
        return tuple(walk.element(part) for walk, part in zip(self.walks, position, strict=True))

    def next(self, position: Any, test: Test | None) -> Any:
        return tuple(walk.next(part, test) for walk, part in zip(self.walks, position, strict=True))

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
        element = self.inner.element(position)
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


def length(tensor: Any) -> Any:
    """The first dimension: a Python int where it is known, else a tensor."""
    rank = tensor.shape.rank
    if rank == 0:
        raise TypeError("iteration over a 0-d tensor")
    known = None if rank is None else tensor.shape[0]
    return tf.shape(tensor)[0] if known is None else known
