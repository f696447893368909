"""What `xs.append(x)` and its like, `xs[i]`, `xs[i] = x` and `del xs[i]` do to a list of unknown length.

A list that still ends (or begins) with an ordinary element is changed there as Python does. Everywhere else its parts
become one, and that one is replaced.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import tensorflow as tf

from autograph_hook.backends.tensorflow import exact, lists, values
from autograph_hook.backends.tensorflow.elements import Elements, refused, sizes

_LIST = "a list whose length is known only when the graph runs"


def get_item(subject: list[Any], key: Any) -> Any:
    if isinstance(key, slice):
        part = lists.whole(subject)
        return [lists.picked(part, _indices(key, part))]
    if isinstance(key, int) and _is_at_the_end(subject, key):
        return subject[key]
    part = lists.whole(subject)
    return lists.element(part, _index(key, part))


def set_item(subject: Any, key: Any, value: Any) -> None:
    if type(subject) is not list:
        subject[key] = value
    elif isinstance(key, slice):
        _set_slice(subject, key, value)
    elif isinstance(key, int) and _is_at_the_end(subject, key):
        subject[key] = value
    else:
        kind = lists.kind_of([*subject, value])
        if kind is None:
            raise refused(f"an item of another type than the others is set in {_LIST}; that type is needed by")
        part = lists.as_elements(subject, kind)
        index = _index(key, part)
        handles = []
        for leaf, spec in enumerate(kind.specs):
            item = values.as_tensor(lists.leaf_of(value, kind, leaf), spec.dtype)
            handles.append(tf.raw_ops.TensorListSetItem(input_handle=part.handle(leaf), index=index, item=item))
        subject[:] = [Elements(kind, handles, part.length)]


def _set_slice(subject: list[Any], key: slice, value: Any) -> None:
    if key.step not in (None, 1):
        raise refused("a slice with a step is set in")
    part = lists.whole(subject)
    first, last = _bounds(key, part)
    last = max(first, last) if isinstance(first, int) and isinstance(last, int) else tf.maximum(first, last)
    subject[:] = [*_span(part, 0, first), *_rows(value), *_span(part, last, part.count())]


def del_item(subject: Any, key: Any) -> None:
    if type(subject) is not list:
        del subject[key]
    elif not isinstance(key, slice):
        pop(subject, key)
    elif key.step not in (None, 1):
        raise refused("a slice with a step is deleted from")
    else:
        _set_slice(subject, key, [])


def method(subject: list[Any], name: str) -> Callable[..., Any] | None:
    other = METHODS.get(name)
    return None if other is None else lambda *given, **named: other(subject, *given, **named)


def pop(subject: list[Any], index: Any = -1) -> Any:
    if not isinstance(index, values.TENSORS) and subject and index in (0, -1) and type(subject[index]) is not Elements:
        return subject.pop(index)
    part = lists.whole(subject)
    if part.length == 0:
        raise IndexError("pop from empty list")
    if isinstance(index, int) and index == -1:
        return _pop_last(subject, part)
    place = _in_range(_index(index, part), part.count())
    found = lists.taken(part, place)
    subject[:] = [*_span(part, 0, place), *_span(part, place + 1, part.count())]
    return found


def _in_range(place: Any, count: Any) -> Any:
    """The place of an element that is taken out: the graph checks it, whether or not anybody uses the element."""
    if isinstance(place, int) and isinstance(count, int):
        return place
    holds = tf.logical_and(tf.greater_equal(place, 0), tf.less(place, count))
    with tf.control_dependencies([tf.debugging.Assert(holds, ["list index out of range", place, count])]):
        return tf.identity(place)


def _pop_last(subject: list[Any], part: Elements) -> Any:
    handles, leaves = [], []
    for leaf, spec in enumerate(part.kind.specs):
        popped = tf.raw_ops.TensorListPopBack(
            input_handle=part.handle(leaf), element_shape=sizes(spec), element_dtype=spec.dtype
        )
        handles.append(popped.output_handle)
        popped.tensor.set_shape(spec.shape)
        leaves.append(popped.tensor)
    subject[:] = [Elements(part.kind, handles, None if part.length is None else part.length - 1)]
    return lists.element_of(part, leaves)


def insert(subject: list[Any], index: Any, value: Any) -> None:
    if not isinstance(index, values.TENSORS) and index == 0:
        subject.insert(0, value)
        return
    part = lists.whole(subject)
    place, _ = _bounds(slice(index, None), part)
    subject[:] = [*_span(part, 0, place), value, *_span(part, place, part.count())]


def extend(subject: list[Any], iterable: Any) -> None:
    subject += _rows(iterable)


def _rows(iterable: Any) -> list[Any]:
    """The elements of what is put into a list."""
    if type(iterable) is list:
        return iterable
    if isinstance(iterable, values.TENSORS):
        tensor = tf.convert_to_tensor(iterable)
        if tensor.shape.rank == 0:
            raise TypeError("iteration over a 0-d tensor")
        if tensor.shape.rank is None or tensor.shape[0] is None:
            return [lists.of_tensor(tensor)]
        return tf.unstack(tensor)  # type: ignore[no-any-return]
    return list(iterable)


def reverse(subject: list[Any]) -> None:
    subject[:] = [_reversed(part) if type(part) is Elements else part for part in reversed(subject)]


def _reversed(part: Elements) -> Elements:
    return lists.picked(part, tf.range(part.count() - 1, -1, -1))


def sort(subject: list[Any], *given: Any, **named: Any) -> None:
    _require_length(subject, "sort")
    subject.sort(*given, **named)


def remove(subject: list[Any], value: Any) -> None:
    place = next(_places(subject, value, "remove"), None)
    if place is None:
        [].remove(value)  # which says so
    else:
        del subject[place]


def index(subject: list[Any], value: Any, start: Any = 0, stop: Any = sys.maxsize) -> int:
    for place in _places(subject, value, "index", start, stop):
        return place
    return [].index(value)


def count(subject: list[Any], value: Any) -> int:
    return len(list(_places(subject, value, "count")))


def _places(subject: list[Any], value: Any, name: str, start: Any = None, stop: Any = None) -> Iterator[int]:
    """Where a value is in a list, one after the other: as far as Python can tell, which a method must ask."""
    _require_length(subject, name)
    for place in range(len(subject))[start:stop]:
        holds = values.found(subject[place], value)
        if not isinstance(holds, bool):
            raise exact.refusal(
                f"{name}() of a list compares tensors, and whether they are equal is known only when the graph runs: "
                "look for their place in a tensor with tf.where(), or for a Python value"
            )
        if holds:
            yield place


def _require_length(subject: list[Any], name: str) -> None:
    if lists.is_staged(subject):
        raise refused(f"{name}() needs the values of the elements of")


METHODS: dict[str, Callable[..., Any]] = {
    "pop": pop,
    "insert": insert,
    "extend": extend,
    "reverse": reverse,
    "sort": sort,
    "remove": remove,
    "index": index,
    "count": count,
}
"""Those that are not in it are Python's own: they change or copy the parts."""


def unpack(subject: list[Any], before: int, starred: bool, after: int) -> Sequence[Any]:
    """The values of `a, b = xs`; the graph checks their number when it runs."""
    part = lists.whole(subject)
    count, wanted = part.count(), before + after
    fits = count >= wanted if starred else tf.equal(count, wanted)
    message = f"the number of values to unpack is not {'at least ' if starred else ''}{wanted}"
    with tf.control_dependencies([tf.debugging.Assert(fits, [message, count])]):
        count = tf.identity(count)
    ends = [lists.element(part, index) for index in range(before)]
    starts = [lists.element(part, count - index) for index in range(after, 0, -1)]
    return [*ends, [lists.picked(part, tf.range(before, count - after))], *starts] if starred else ends


# Places in a list


def _is_at_the_end(subject: list[Any], index: int) -> bool:
    """Does Python's list have this element where it would be if all parts were elements?"""
    if index >= len(subject) or -index > len(subject):
        return False
    between = subject[: index + 1] if index >= 0 else subject[index:]
    return not any(type(part) is Elements for part in between)


def _index(key: Any, part: Elements) -> Any:
    """The index as a number that counts from the start."""
    if isinstance(key, int):
        if key >= 0:
            _check(key, part)
            return key
        count = part.count()
        if isinstance(count, int):
            _check(key + count, part)
        return count + key
    key = tf.cast(key, tf.int32)
    return tf.where(key < 0, key + part.count(), key)


def _check(index: int, part: Elements) -> None:
    if part.length is not None and not 0 <= index < part.length:
        raise IndexError("list index out of range")


def _bounds(key: slice, part: Elements) -> tuple[Any, Any]:
    """The first index of a slice with step 1, and the one after its last."""
    return _bound(key.start, 0, part), _bound(key.stop, None, part)


def _bound(given: Any, default: Any, part: Elements) -> Any:
    if given is None:
        return part.count() if default is None else default
    count = part.count()
    if isinstance(given, int) and isinstance(count, int):
        return min(max(given + count if given < 0 else given, 0), count)
    if isinstance(given, int):
        return tf.maximum(count + given, 0) if given < 0 else tf.minimum(given, count)
    given = tf.cast(given, tf.int32)
    return tf.clip_by_value(tf.where(given < 0, given + count, given), 0, count)


def _indices(key: slice, part: Elements) -> Any:
    """The indices that a slice means, a tensor."""
    step = 1 if key.step is None else key.step
    if not isinstance(step, int):
        raise refused("a slice whose step is a tensor is taken of")
    count = part.count()
    if isinstance(count, int) and all(bound is None or isinstance(bound, int) for bound in (key.start, key.stop)):
        return tf.constant(list(range(*key.indices(count))), tf.int32)
    if step == 0:
        raise ValueError("slice step cannot be zero")
    if step > 0:
        first, last = _bounds(key, part)
        return tf.range(first, tf.maximum(first, last), step)
    # Counted from the other end it is a slice with a positive step.
    start = None if key.start is None else _mirrored(key.start)
    stop = None if key.stop is None else _mirrored(key.stop)
    first, last = _bounds(slice(start, stop), part)
    return count - 1 - tf.range(first, tf.maximum(first, last), -step)


def _mirrored(bound: Any) -> Any:
    return -1 - bound


def _span(part: Elements, first: Any, last: Any) -> Sequence[Any]:
    """The elements between two indices; nothing, where that is known."""
    if isinstance(first, int) and isinstance(last, int) and first >= last:
        return ()
    indices = tf.range(first, tf.maximum(first, last))
    return (lists.picked(part, indices),)
