"""Nests of loops over arrays: broadcast element-wise operations, and copies from one layout to another.

An array is an address and a stride, in elements, for each dimension; a stride of 0 broadcasts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from autograph_hook.backends.lantern.llvm.emit import Emit, Value, long
from autograph_hook.backends.lantern.llvm.host import SIZES

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Array:
    pointer: Value
    dtype: str
    strides: Shape


def dense(shape: Shape) -> Shape:
    """The strides of a row-major array.

    >>> dense((2, 3, 4))
    (12, 4, 1)
    """
    strides = [1] * len(shape)
    for k in range(len(shape) - 2, -1, -1):
        strides[k] = strides[k + 1] * shape[k + 1]
    return tuple(strides)


def size(shape: Shape) -> int:
    count = 1
    for extent in shape:
        count *= extent
    return count


def broadcast(own: Shape, shape: Shape) -> Shape:
    """The strides with which an array of the one shape is read in the other.

    >>> broadcast((3, 1), (2, 3, 4))
    (0, 1, 0)
    """
    strides = dense(own)
    missing = len(shape) - len(own)
    return (0,) * missing + tuple(0 if n == 1 else s for n, s in zip(own, strides, strict=True))


def merged(shape: Shape, layouts: Sequence[Shape]) -> tuple[Shape, list[Shape]]:
    """The same elements in as few dimensions as possible.

    >>> merged((2, 3, 4), [(12, 4, 1), (0, 4, 1)])
    ((2, 12), [(12, 1), (0, 1)])
    """
    axes: list[tuple[int, tuple[int, ...]]] = []
    for axis, extent in enumerate(shape):
        steps = tuple(layout[axis] for layout in layouts)
        if extent == 1:
            continue
        if axes and axes[-1][1] == tuple(step * extent for step in steps):
            axes[-1] = (axes[-1][0] * extent, steps)
        else:
            axes.append((extent, steps))
    return tuple(n for n, _ in axes), [tuple(steps[k] for _, steps in axes) for k in range(len(layouts))]


def each(
    e: Emit,
    shape: Shape,
    sources: Sequence[Array | Value],
    targets: Sequence[Array],
    body: Callable[[list[Value]], Sequence[Value]],
) -> None:
    """For every index: targets = body(sources), on vectors where the layout allows. A source that is no array is a
    scalar, which every element sees."""
    if not size(shape):
        return
    arrays = [source for source in sources if isinstance(source, Array)]
    arrays += targets
    count = len(arrays) - len(targets)
    extents, layouts = merged(shape, [a.strides for a in arrays])
    lanes = min(e.host.width // max(4, *(SIZES[a.dtype] for a in arrays)), 64)

    def values(loaded: list[Value], lanes: int) -> list[Value]:
        rest = iter(loaded)
        return [next(rest) if isinstance(source, Array) else e.splat(source, lanes) for source in sources]

    def innermost(pointers: list[Value], extent: int, steps: list[int]) -> None:
        vector = all(step in (0, 1) for step in steps[:count]) and all(step == 1 for step in steps[count:])
        constant = {
            k: e.load(pointers[k], arrays[k].dtype) for k in range(count) if vector and steps[k] == 0 and extent > 1
        }

        def at(index: Value, lanes: int, filled: int) -> None:
            loaded = []
            for k in range(count):
                if k in constant:
                    loaded.append(e.splat(constant[k], lanes))
                else:
                    place = e.at(pointers[k], e.b.mul(index, long(steps[k])), arrays[k].dtype)
                    loaded.append(e.load(place, arrays[k].dtype, lanes, filled))
            results = body(values(loaded, lanes))
            for k, result in enumerate(results, count):
                place = e.at(pointers[k], e.b.mul(index, long(steps[k])), arrays[k].dtype)
                e.store(result, place, arrays[k].dtype, lanes, filled)

        if vector:
            e.vectors(extent, lanes, at)
        else:
            with e.loop(extent) as loop:
                at(loop.index, 1, 1)

    def level(axis: int, pointers: list[Value]) -> None:
        steps = [layout[axis] for layout in layouts]
        if axis == len(extents) - 1:
            innermost(pointers, extents[axis], steps)
            return
        with e.loop(extents[axis]) as loop:
            moved = [
                e.at(pointer, e.b.mul(loop.index, long(step)), array.dtype) if step else pointer
                for pointer, step, array in zip(pointers, steps, arrays, strict=True)
            ]
            level(axis + 1, moved)

    pointers = [array.pointer for array in arrays]
    if extents:
        level(0, pointers)
    else:
        innermost(pointers, 1, [1] * len(arrays))


def copy(e: Emit, shape: Shape, source: Array | Value, target: Array) -> None:
    """Elements of one layout to another."""
    if isinstance(source, Array) and size(shape) > 1:
        extents, layouts = merged(shape, [source.strides, target.strides])
        if len(extents) == 1 and layouts == [(1,), (1,)]:
            e.copy(target.pointer, source.pointer, size(shape) * SIZES[target.dtype])
            return
    each(e, shape, [source], [target], lambda values: values)
