"""Walks: how the elements of a tensor, a range, an iterator are reached one after the other inside a graph.

A walk has a position (a nest that the loop carries), and says whether there is an element at a position,
which one, and what the next position is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import tensorflow as tf

from autograph_hook.backends.tensorflow import lists, values

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


def length(tensor: Any) -> Any:
    """The first dimension: a Python int where it is known, else a tensor."""
    rank = tensor.shape.rank
    if rank == 0:
        raise TypeError("iteration over a 0-d tensor")
    known = None if rank is None else tensor.shape[0]
    return tf.shape(tensor)[0] if known is None else known
