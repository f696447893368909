"""Reductions of a tensor, whole or along an axis: as (outer, n, inner) elements, of which n become one."""

from __future__ import annotations

from collections.abc import Callable

from llvmlite import ir

from autograph_hook.backends.lantern.llvm.elements import FLOATS, Elements
from autograph_hook.backends.lantern.llvm.emit import LONG, Emit, Value, kind, long
from autograph_hook.backends.lantern.llvm.nests import Shape, size

Combine = Callable[[Value, Value], Value]


def split(shape: Shape, axis: int | None) -> tuple[int, int, int]:
    """
    >>> split((2, 3, 4), 1), split((2, 3), None)
    ((2, 3, 4), (1, 6, 1))
    """
    if axis is None:
        return 1, size(shape), 1
    return size(shape[:axis]), shape[axis], size(shape[axis + 1 :])


def least_or_most(dtype: str, largest: bool) -> float | int:
    """What any element replaces as the largest, or as the smallest."""
    if dtype in FLOATS:
        return float("-inf") if largest else float("inf")
    bits = 31 if dtype == "i32" else 63
    return -(1 << bits) if largest else (1 << bits) - 1


def folded(e: Emit, value: Value, combine: Combine) -> Value:
    """One number from all lanes of a vector."""
    while isinstance(value.type, ir.VectorType):
        half = value.type.count // 2
        if half == 1:
            first, second = (e.b.extract_element(value, ir.Constant(ir.IntType(32), k)) for k in (0, 1))
            return combine(first, second)
        undefined = ir.Constant(value.type, ir.Undefined)
        low, high = (
            ir.Constant(ir.VectorType(ir.IntType(32), half), list(range(start, start + half))) for start in (0, half)
        )
        value = combine(e.b.shuffle_vector(value, undefined, low), e.b.shuffle_vector(value, undefined, high))
    return value


def along(
    e: Emit,
    dtype: str,
    count: int,
    load: Callable[[Value, int, int], Value],
    neutral: float | int,
    combine: Combine,
) -> Value:
    """`combine` of `load(index, lanes, filled)` for count elements that lie side by side."""
    lanes = e.host.lanes(dtype)
    start = e.constant(kind(dtype, lanes), neutral)
    several = 4 if count >= 8 * lanes else 1
    total = start
    whole = count // (several * lanes) * (several * lanes)
    if whole:
        with e.loop(whole, several * lanes, [start] * several) as loop:
            places = [e.b.add(loop.index, long(k * lanes)) for k in range(several)]
            pairs = zip(loop.values, places, strict=True)
            loop.next([combine(value, load(place, lanes, lanes)) for value, place in pairs])
        total = loop.values[0]
        for value in loop.values[1:]:
            total = combine(total, value)
    for index in range(whole, count, lanes):
        filled = min(lanes, count - index)
        value = load(long(index), lanes, filled)
        if filled < lanes:
            value = e.b.select(e.mask(lanes, filled), value, start)
        total = combine(total, value)
    return folded(e, total, combine)


def reduce(
    e: Emit, dtype: str, parts: tuple[int, int, int], source: Value, target: Value, neutral: float | int,
    combine: Combine, finish: Callable[[Value], Value],
) -> None:  # fmt: skip
    """target[outer, inner] = finish(combine of source[outer, :, inner])."""
    outer, count, inner = parts
    if not outer * inner:
        return
    with e.loop(outer) as rows:
        begin = e.at(source, e.b.mul(rows.index, long(count * inner)), dtype)
        place = e.at(target, e.b.mul(rows.index, long(inner)), dtype)
        if inner == 1:
            total = along(
                e, dtype, count, lambda index, lanes, filled: e.load(e.at(begin, index, dtype), dtype, lanes, filled),
                neutral, combine,
            )  # fmt: skip
            e.store(finish(total), place, dtype)
        else:

            def column(index: Value, lanes: int, filled: int) -> None:
                start = e.constant(kind(dtype, lanes), neutral)
                first = e.at(begin, index, dtype)
                with e.loop(count, 1, [start]) as loop:
                    here = e.at(first, e.b.mul(loop.index, long(inner)), dtype)
                    loop.next([combine(loop.values[0], e.load(here, dtype, lanes, filled))])
                e.store(finish(loop.values[0]), e.at(place, index, dtype), dtype, lanes, filled)

            e.vectors(inner, e.host.lanes(dtype), column, 1)


def extreme_index(
    e: Emit, dtype: str, parts: tuple[int, int, int], source: Value, target: Value, largest: bool
) -> None:
    """Where the first largest or smallest element is; a nan counts as both."""
    outer, count, inner = parts
    elements, b = Elements(e, dtype), e.b
    with e.loop(outer) as rows, e.loop(inner) as columns:
        begin = e.at(source, b.add(b.mul(rows.index, long(count * inner)), columns.index), dtype)
        with e.loop(count, 1, [ir.Constant(LONG, 0), e.load(begin, dtype)], 1) as loop:
            place, best = loop.values
            value = e.load(e.at(begin, b.mul(loop.index, long(inner)), dtype), dtype)
            better = elements.compare(">" if largest else "<", value, best)
            if dtype in FLOATS:
                new = b.and_(b.fcmp_unordered("uno", value, value), b.fcmp_ordered("ord", best, best))
                better = b.or_(better, new)
                better = b.and_(better, b.fcmp_ordered("ord", best, best))
            loop.next([b.select(better, loop.index, place), b.select(better, value, best)])
        e.store(loop.values[0], e.at(target, b.add(b.mul(rows.index, long(inner)), columns.index), "i64"), "i64")
