"""Picking from tensors by the index of a loop of the graph: `x[i]`, `x[:, i + 1]`, `x[2 * i:2 * i + 2]`."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from autograph_hook.backends.tensorflow.indices import Attempt, Index, bounds_of, find, form_of, holds


def item(subject: Any, key: Any) -> Any:
    """`subject[key]`, with the shape that it has for each number that the indices in the key stand for."""
    attempt = find(key).attempt  # type: ignore[union-attr]  # asked only where `holds(key)`
    if isinstance(subject, tf.TensorArray):
        return subject.read(key.as_tensor()) if type(key) is Index else attempt.refuse("picks from a TensorArray")
    if not isinstance(subject, (tf.Tensor, tf.Variable)) or subject.shape.rank is None or subject.dtype == tf.string:
        attempt.refuse(f"picks from a {type(subject).__name__} by its index")
    parts = key if type(key) is tuple else (key,)
    given = sum(part is not None and part is not Ellipsis for part in parts)
    axis, axes = 0, []
    for part in parts:
        axes.append(axis)
        axis += subject.shape.rank - given if part is Ellipsis else int(part is not None)
    if axis > subject.shape.rank:
        return subject[tuple(0 if type(part) is Index else part for part in parts)]  # raises as for an int
    sizes: dict[int, int] = {}
    place, keys = 0, []
    for part, at in zip(parts, axes, strict=True):
        if holds(part):
            size = subject.shape[at]
            if type(part) is Index:
                part = _element(attempt, part, size)
            else:
                part, sizes[place] = _stretch(attempt, part, size)
        elif type(part) not in (int, slice, type(None), type(Ellipsis)):
            attempt.refuse(f"picks by its index and by a {type(part).__name__}")
        if part is Ellipsis:
            place += subject.shape.rank - given
        elif part is None or isinstance(part, slice):
            place += 1
        keys.append(part)
    found = subject[tuple(keys)]
    shape = found.shape.as_list()
    for place, length in sizes.items():
        shape[place] = length
    found.set_shape(shape)
    return found


def _element(attempt: Attempt, index: Index, size: int | None) -> Any:
    if index.low < 0 <= index.high or (size is not None and (index.high >= size or index.low < -size)):
        attempt.refuse(f"an index between {index.low} and {index.high} picks from {size} elements")
    return index.as_tensor() if index.low >= 0 or size is None else (index + size).as_tensor()


def _stretch(attempt: Attempt, part: slice, size: int | None) -> tuple[slice, int]:
    """A slice with bounds that are indices or ints: as many elements for every number."""
    bounds = [part.start, part.stop]
    if part.step not in (None, 1) or not all(type(bound) in (int, Index) for bound in bounds):
        attempt.refuse("a slice whose length depends on the loop's index")
    if size is None:
        attempt.refuse("a slice of a dimension that is not known")
    ends = []
    for bound in bounds:
        low, high = bounds_of(bound)
        moved = bound + size if high < 0 else bound
        low, high = bounds_of(moved)
        if low < 0 or high > size:
            attempt.refuse(f"a slice that ends between {low} and {high} of {size} elements")
        ends.append(moved)
    start, stop = form_of(ends[0]), form_of(ends[1])
    length = None if start is None or stop is None else stop.plus(start, -1)
    if length is None or length.factors or length.constant < 0:
        attempt.refuse("a slice whose length depends on the loop's index")
    return slice(*(end.as_tensor() if type(end) is Index else end for end in ends)), length.constant
