"""The code of early products (see `early`): logs of vectors, and one product of matrices for all of a log."""

from __future__ import annotations

from llvmlite import ir

from autograph_hook.backends.lantern.ir import Op, Var
from autograph_hook.backends.lantern.llvm import products
from autograph_hook.backends.lantern.llvm.body import Body, dtype_of, shape_of
from autograph_hook.backends.lantern.llvm.early import LOG, MULTIPLY
from autograph_hook.backends.lantern.llvm.emit import ALIGNMENT, LONG, POINTER, Emit, Unit, Value, long, rounded
from autograph_hook.backends.lantern.llvm.errors import Failure
from autograph_hook.backends.lantern.llvm.gradients import COUNT, ENTRIES, key, push
from autograph_hook.backends.lantern.llvm.host import SIZES
from autograph_hook.backends.lantern.llvm.memory import Slot


def write(body: Body, op: Op, results: tuple[Var, ...]) -> list[Value]:
    log = body.e.at(body.arena.pointer(Slot.LOGS), 3 * body.shared.logs[key(op)], "i64")
    if op.name == LOG:
        vector = body.b.ptrtoint(body.value(op.args[0]), LONG)
        done = body.b.call(push(body.e.unit), [body.context, log, vector, long(0)])
        body.fail_if(body.b.not_(done), Failure.MEMORY)
        return []
    if op.name == MULTIPLY:
        multiply(body, op, log)
        return []
    return take(body, results, log)


def layout(matrices: tuple[Var, ...]) -> tuple[list[int], int]:
    """Where the results of a vector stand, and how much room they take in all, in bytes."""
    found, end = [], 0
    for var in matrices:
        found.append(end)
        end += rounded(shape_of(var.type)[0] * SIZES[dtype_of(var.type)])
    return found, end


def multiply(body: Body, op: Op, log: Value) -> None:
    """All products of a group. What was the log is then where its results are."""
    e, b = body.e, body.b
    places, size = layout(op.args)
    count, entries = e.load(e.at(log, COUNT, "i64"), "i64"), b.load(e.at(log, ENTRIES, "i64"), typ=POINTER)
    room = body.allocate(b.add(b.mul(count, long(size)), long(ALIGNMENT)))
    for matrix, place in zip(op.args, places, strict=True):
        dtype, (rows, columns) = dtype_of(matrix.type), shape_of(matrix.type)
        kernel = times_vectors(e.unit, dtype, rows, columns, size // SIZES[dtype])
        b.call(kernel, [entries, body.value(matrix), e.byte(room, place), count])
    b.store(room, e.at(log, ENTRIES, "i64"))


def take(body: Body, results: tuple[Var, ...], log: Value) -> list[Value]:
    places, size = layout(results)
    place = body.e.at(log, ENTRIES, "i64")
    first = body.b.load(place, typ=POINTER)
    body.b.store(body.e.byte(first, size), place)
    return [body.e.byte(first, start) for start in places]


def times_vectors(unit: Unit, dtype: str, rows: int, columns: int, stride: int) -> Value:
    """`f(entries, W, results, n)`: results[k] = W @ x for the x of each entry; results are `stride` elements apart.

    Some rows by some vectors are a tile, whose sums stay in registers. Rows are in the outer loop, so that they come
    from memory once."""
    lanes = unit.host.lanes(dtype)
    height, breadth = (4, 4) if products.tile_shape(unit)[0] > 3 else (2, 4)
    vectors = products.parts(columns, lanes)

    def tile(
        e: Emit, given: tuple[Value, ...], row: Value, first: Value, height: int, breadth: int
    ) -> None:
        entries, matrix, results, _ = given
        starts = [e.at(matrix, e.b.mul(e.b.add(row, long(q)), long(columns)), dtype) for q in range(height)]
        numbers = [e.b.add(first, long(q)) for q in range(breadth)]
        sources = [e.b.load(e.at(entries, e.b.shl(number, long(1)), "i64"), typ=POINTER) for number in numbers]

        def step(index: Value | int, filled: int, sums: list[Value]) -> list[Value]:
            weights = [e.load(e.at(start, index, dtype), dtype, lanes, filled) for start in starts]
            following = []
            for k, source in enumerate(sources):
                factor = e.load(e.at(source, index, dtype), dtype, lanes, filled)
                for q, weight in enumerate(weights):
                    following.append(e.fma(weight, factor, sums[k * height + q]))
            return following

        sums = [products.zero(e, dtype, lanes)] * (height * breadth)
        if len(vectors) > products.LONGEST:
            with e.loop(columns // lanes * lanes, lanes, sums) as loop:
                loop.next(step(loop.index, lanes, loop.values))
            sums = loop.values
        else:
            for index, filled in vectors:
                if filled == lanes:
                    sums = step(index, filled, sums)
        if columns % lanes:
            sums = step(columns // lanes * lanes, columns % lanes, sums)
        power = 1 << (height - 1).bit_length()
        for k, number in enumerate(numbers):
            own = sums[k * height : (k + 1) * height] + [products.zero(e, dtype, lanes)] * (power - height)
            totals = products.row_sums(e, own)
            if power == 1:
                totals = e.b.extract_element(totals, ir.Constant(ir.IntType(32), 0))
            place = e.at(results, e.b.add(e.b.mul(number, long(stride)), row), dtype)
            e.store(totals, place, dtype, power, height)

    def band(e: Emit, given: tuple[Value, ...], row: Value, height: int) -> None:
        count = given[-1]
        whole = e.b.and_(count, long(-breadth))
        with e.loop(whole, breadth) as loop:
            tile(e, given, row, loop.index, height, breadth)
        with e.loop(count, 1, (), whole) as loop:
            tile(e, given, row, loop.index, height, 1)

    def write(e: Emit, *given: Value) -> None:
        whole = rows // height * height
        with e.loop(whole, height) as loop:
            band(e, given, loop.index, height)
        if rows > whole:
            band(e, given, long(whole), rows - whole)

    name = f"times_vectors_{dtype}_{rows}_{columns}_{stride}"
    return unit.kernel(name, [POINTER] * 3 + [LONG], write)
