"""Kernels for products: matrix by vector, transposed matrix by vector, sums of outer products, matrix by matrix.

Matrices are dense, in row-major order, and need not begin at a multiple of anything; the last vector of a row is
masked. Each kernel is made for one dtype and one shape.
"""

from __future__ import annotations

from collections.abc import Callable

from llvmlite import ir

from autograph_hook.backends.lantern.llvm.emit import BIT, KINDS, LONG, POINTER, Emit, Unit, Value, long

LONGEST = 20
"""Vectors of a row that are written out one after the other."""


def parts(count: int, lanes: int) -> list[tuple[int, int]]:
    """
    >>> parts(20, 8)
    [(0, 8), (8, 8), (16, 4)]
    """
    return [(index, min(lanes, count - index)) for index in range(0, count, lanes)]


def evenly(count: int, most: int) -> list[int]:
    """
    >>> evenly(19, 12)
    [10, 9]
    """
    groups = -(-count // most)
    return [count * (k + 1) // groups - count * k // groups for k in range(groups)][::-1] if count else []


def zero(e: Emit, dtype: str, lanes: int) -> Value:
    return e.constant(ir.VectorType(KINDS[dtype], lanes), 0)


def add(e: Emit, x: Value, y: Value) -> Value:
    element = x.type.element if isinstance(x.type, ir.VectorType) else x.type
    return e.b.add(x, y) if isinstance(element, ir.IntType) else e.b.fadd(x, y)


def shuffled(e: Emit, x: Value, y: Value, lanes: list[int]) -> Value:
    indices = ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), lanes)
    return e.b.shuffle_vector(x, y, indices)


def row_sums(e: Emit, vectors: list[Value]) -> Value:
    """The sum of each of up to `lanes` vectors, as one vector of their number (a power of two).

    Two vectors become one by adding halves, whose halves then hold what is left of each, until each has one lane.
    """
    count = vectors[0].type.count
    group = count  # lanes that belong to one of the original vectors
    while len(vectors) > 1 or group > 1:
        half = group // 2
        low = [lane for lane in range(count) if lane % group < half]
        high = [lane + half for lane in low]
        pairs = list(zip(vectors[::2], vectors[1::2], strict=True)) if len(vectors) > 1 else [(vectors[0], None)]
        folded = []
        for x, y in pairs:
            if y is None:
                undefined = ir.Constant(x.type, ir.Undefined)
                folded.append(add(e, shuffled(e, x, undefined, low), shuffled(e, x, undefined, high)))
            else:
                second = [count + lane for lane in low], [count + lane for lane in high]
                folded.append(add(e, shuffled(e, x, y, low + second[0]), shuffled(e, x, y, high + second[1])))
        if len(vectors) == 1:
            count = len(low)
        vectors, group = folded, half
    return vectors[0]


def times_vector(unit: Unit, dtype: str, rows: int, columns: tuple[int, ...]) -> Value:
    """`f(W1, x1, W2, x2, …, y)`: y = W1 @ x1 + W2 @ x2 + …, of matrices with so many columns. So many rows are taken at
    once as a vector has lanes: they share the work of adding up the lanes of their sums, and keep as many streams of
    memory busy."""
    lanes = unit.host.lanes(dtype)

    def part(e: Emit, width: int, matrix: Value, x: Value, first: Value, sums: list[Value]) -> list[Value]:
        """The vectors of sums of some rows, with one product more."""
        starts = [e.at(matrix, e.b.mul(e.b.add(first, long(q)), long(width)), dtype) for q in range(len(sums))]

        def step(index: Value | int, filled: int, sums: list[Value]) -> list[Value]:
            factor = e.load(e.at(x, index, dtype), dtype, lanes, filled)
            return [
                e.fma(e.load(e.at(start, index, dtype), dtype, lanes, filled), factor, total)
                for start, total in zip(starts, sums, strict=True)
            ]

        whole = width // lanes * lanes
        if whole > LONGEST * lanes:
            with e.loop(whole, lanes, sums) as loop:
                loop.next(step(loop.index, lanes, loop.values))
            sums = loop.values
        else:
            for index in range(0, whole, lanes):
                sums = step(index, lanes, sums)
        return step(whole, width - whole, sums) if width > whole else sums

    def block(e: Emit, given: tuple[Value, ...], first: Value, count: int) -> None:
        sums = [zero(e, dtype, lanes)] * count
        for width, matrix, x in zip(columns, given[:-1:2], given[1::2], strict=True):
            sums = part(e, width, matrix, x, first, sums)
        power = 1 << (count - 1).bit_length()
        totals = row_sums(e, sums + [zero(e, dtype, lanes)] * (power - count))
        if power == 1:
            totals = e.b.extract_element(totals, ir.Constant(ir.IntType(32), 0))
        e.store(totals, e.at(given[-1], first, dtype), dtype, power, count)

    def write(e: Emit, *given: Value) -> None:
        whole = rows // lanes * lanes
        if whole:
            with e.loop(whole, lanes) as loop:
                block(e, given, loop.index, lanes)
        if rows > whole:
            block(e, given, long(whole), rows - whole)

    name = f"times_vector_{dtype}_{rows}_{'_'.join(map(str, columns))}"
    return unit.kernel(name, [POINTER] * (2 * len(columns) + 1), write)


def transposed_times_vector(unit: Unit, dtype: str, rows: int, columns: int, more: bool = False) -> Value:
    """`f(W, z, y)`: y = W.T @ z; with `more`, y += W.T @ z. Some columns of y at a time are kept in registers."""
    lanes = unit.host.lanes(dtype)

    def block(e: Emit, matrix: Value, z: Value, y: Value, vectors: list[tuple[int, int]]) -> None:
        sums = [
            e.load(e.at(y, k, dtype), dtype, lanes, filled) if more else zero(e, dtype, lanes) for k, filled in vectors
        ]
        several = max(1, 8 // len(vectors)) if rows >= 8 else 1

        def step(index: Value, sums: list[Value]) -> list[Value]:
            factor = e.splat(e.load(e.at(z, index, dtype), dtype), lanes)
            row = e.at(matrix, e.b.mul(index, long(columns)), dtype)
            return [
                e.fma(factor, e.load(e.at(row, k, dtype), dtype, lanes, filled), total)
                for (k, filled), total in zip(vectors, sums, strict=True)
            ]

        whole = rows // several * several
        separate = sums + [zero(e, dtype, lanes)] * (len(vectors) * (several - 1))
        with e.loop(whole, several, separate) as loop:
            following = []
            for k in range(several):
                part = loop.values[k * len(vectors) : (k + 1) * len(vectors)]
                following += step(e.b.add(loop.index, long(k)), part)
            loop.next(following)
        sums = loop.values[: len(vectors)]
        for k in range(1, several):
            part = loop.values[k * len(vectors) : (k + 1) * len(vectors)]
            sums = [add(e, x, w) for x, w in zip(sums, part, strict=True)]
        for index in range(whole, rows):
            sums = step(long(index), sums)
        for (k, filled), total in zip(vectors, sums, strict=True):
            e.store(total, e.at(y, k, dtype), dtype, lanes, filled)

    def write(e: Emit, matrix: Value, z: Value, y: Value) -> None:
        vectors = parts(columns, lanes)
        for count in evenly(len(vectors), 12):
            block(e, matrix, z, y, vectors[:count])
            vectors = vectors[count:]

    name = f"transposed_times_vector_{dtype}_{rows}_{columns}{'_more' if more else ''}"
    return unit.kernel(name, [POINTER] * 3, write)


def tile_shape(unit: Unit) -> tuple[int, int]:
    """Rows, and vectors of columns, of a tile whose sums stay in registers."""
    many = unit.host.width == 64 or unit.host.triple.startswith(("aarch64", "arm64"))
    return (5, 5) if many else (3, 3)


Tile = Callable[[Value, int, list[tuple[int, int]]], None]


def tiles(e: Emit, dtype: str, rows: int, columns: int, tile: Tile) -> None:
    """Call `tile(first row, rows, vectors of columns)` until all is covered."""
    height, breadth = tile_shape(e.unit)
    lanes = e.host.lanes(dtype)
    vectors = parts(columns, lanes)
    for count in evenly(len(vectors), breadth):
        here, vectors = vectors[:count], vectors[count:]
        whole = rows // height * height
        if whole:
            with e.loop(whole, height) as loop:
                tile(loop.index, height, here)
        if rows > whole:
            tile(long(whole), rows - whole, here)


def tile_sum(
    e: Emit,
    dtype: str,
    count: Value | int,
    rows: int,
    vectors: list[tuple[int, int]],
    pair: Callable[[Value], tuple[Callable[[int], Value], Value]],
) -> list[Value]:
    """The sum over index < count of outer(z, x), where `pair(index)` is (row -> the address of z[row], the address of
    x); row by row."""
    lanes = e.host.lanes(dtype)
    with e.loop(count, 1, [zero(e, dtype, lanes)] * (rows * len(vectors))) as loop:
        z, x = pair(loop.index)
        columns = [e.load(e.at(x, k, dtype), dtype, lanes, filled) for k, filled in vectors]
        following = []
        for row in range(rows):
            factor = e.splat(e.load(z(row), dtype), lanes)
            for k, column in enumerate(columns):
                following.append(e.fma(factor, column, loop.values[row * len(vectors) + k]))
        loop.next(following)
    return loop.values


def add_outer_products(unit: Unit, dtype: str, rows: int, columns: int) -> Value:
    """`f(W, entries, n, scale, fresh)`: W = scale * the sum of outer(z, x), added to W unless `fresh`. An entry is
    the addresses of a z and of an x."""
    lanes = unit.host.lanes(dtype)

    def write(e: Emit, matrix: Value, entries: Value, count: Value, scale: Value, fresh: Value) -> None:
        factor = e.splat(scale, lanes)

        def pair(index: Value) -> tuple[Callable[[int], Value], Value]:
            entry = e.at(entries, e.b.shl(index, long(1)), "i64")
            z = e.b.load(entry, typ=POINTER)
            x = e.b.load(e.at(entry, 1, "i64"), typ=POINTER)
            return (lambda row: e.at(e.at(z, first, dtype), row, dtype)), x

        first: Value = None

        def tile(row: Value, height: int, vectors: list[tuple[int, int]]) -> None:
            nonlocal first
            first = row
            sums = tile_sum(e, dtype, count, height, vectors, pair)
            starts = [e.at(matrix, e.b.mul(e.b.add(row, long(q)), long(columns)), dtype) for q in range(height)]
            places = [(e.at(start, k, dtype), filled) for start in starts for k, filled in vectors]
            with e.b.if_else(fresh) as (over, onto):
                with over:
                    for (place, filled), total in zip(places, sums, strict=True):
                        e.store(e.b.fmul(factor, total), place, dtype, lanes, filled)
                with onto:
                    for (place, filled), total in zip(places, sums, strict=True):
                        old = e.load(place, dtype, lanes, filled)
                        e.store(e.fma(factor, total, old), place, dtype, lanes, filled)

        tiles(e, dtype, rows, columns, tile)

    arguments = [POINTER, POINTER, LONG, KINDS[dtype], BIT]
    return unit.kernel(f"add_outer_products_{dtype}_{rows}_{columns}", arguments, write)


def times_matrix(unit: Unit, dtype: str, rows: int, inner: int, columns: int, ta: bool) -> Value:
    """`f(A, B, C)`: C = A @ B, or A.T @ B."""
    lanes = unit.host.lanes(dtype)

    def write(e: Emit, left: Value, right: Value, result: Value) -> None:
        down, along = (1, rows) if ta else (inner, 1)

        def tile(first: Value, height: int, vectors: list[tuple[int, int]]) -> None:
            def pair(index: Value) -> tuple[Callable[[int], Value], Value]:
                start = e.b.add(e.b.mul(first, long(down)), e.b.mul(index, long(along)))
                z = e.at(left, start, dtype)
                return (lambda row: e.at(z, row * down, dtype)), e.at(right, e.b.mul(index, long(columns)), dtype)

            sums = tile_sum(e, dtype, inner, height, vectors, pair)
            for row in range(height):
                start = e.at(result, e.b.mul(e.b.add(first, long(row)), long(columns)), dtype)
                for k, (column, filled) in enumerate(vectors):
                    total = sums[row * len(vectors) + k]
                    e.store(total, e.at(start, column, dtype), dtype, lanes, filled)

        tiles(e, dtype, rows, columns, tile)

    name = f"times_matrix_{dtype}_{rows}_{inner}_{columns}{'_t' if ta else ''}"
    return unit.kernel(name, [POINTER] * 3, write)
