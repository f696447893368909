"""Products of vectors and matrices, by the kernels of `products`."""

from __future__ import annotations

from collections.abc import Callable

from autograph_hook.backends.lantern.ir import Op, Scalar, Tensor, Type, Var
from autograph_hook.backends.lantern.llvm import nests, products
from autograph_hook.backends.lantern.llvm.body import Body, shape_of
from autograph_hook.backends.lantern.llvm.elements import Elements
from autograph_hook.backends.lantern.llvm.emit import Emit, Value, kind, long
from autograph_hook.backends.lantern.llvm.host import SIZES
from autograph_hook.backends.lantern.llvm.nests import Array, dense, each, size
from autograph_hook.backends.lantern.llvm.reductions import folded


def dot(e: Emit, type: Tensor, a: Value, other: Value) -> Value:
    """The product of two vectors."""
    dtype, (count,) = type.dtype, type.shape
    lanes = e.host.lanes(dtype)
    several = 4 if count >= 4 * lanes else 1
    whole = count // (several * lanes) * several * lanes
    zero = e.constant(kind(dtype, lanes), 0)

    def step(index: Value, filled: int, total: Value) -> Value:
        return e.fma(
            e.load(e.at(a, index, dtype), dtype, lanes, filled),
            e.load(e.at(other, index, dtype), dtype, lanes, filled),
            total,
        )

    with e.loop(whole, several * lanes, [zero] * several) as loop:
        places = [e.b.add(loop.index, long(k * lanes)) for k in range(several)]
        loop.next([step(place, lanes, total) for place, total in zip(places, loop.values, strict=True)])
    add = Elements(e, dtype).add
    total = loop.values[0]
    for part in loop.values[1:]:
        total = add(total, part)
    for index in range(whole, count, lanes):
        total = step(long(index), min(lanes, count - index), total)
    return folded(e, total, add)


def outer(body: Body, op: Op, type: Type) -> Value:
    assert isinstance(type, Tensor)
    result = body.tensor(type)
    a, b = (body.value(arg) for arg in op.args)
    sources = [Array(a, type.dtype, (1, 0)), Array(b, type.dtype, (0, 1))]
    elements = Elements(body.e, type.dtype)
    target = Array(result, type.dtype, dense(type.shape))
    each(body.e, type.shape, sources, [target], lambda values: [elements.multiply(*values)])
    return result


def product(body: Body, left: Var, right: Var, result: Value, ta: bool, tb: bool, more: bool = False) -> None:
    """result = left @ right, transposed first where asked for; with `more`, which is for transposed matrix by vector
    only, it is added."""
    e, unit = body.e, body.e.unit
    a, b = body.value(left), body.value(right)
    assert isinstance(left.type, Tensor) and isinstance(right.type, Tensor)
    dtype = left.type.dtype
    if len(left.type.shape) == 1:
        matrix, vector, transposed = (right, left, not tb)
    elif len(right.type.shape) == 1:
        matrix, vector, transposed = (left, right, ta)
    else:
        rows, inner = left.type.shape[::-1] if ta else left.type.shape
        columns = right.type.shape[0 if tb else 1]
        if not rows * columns:
            return
        if tb:
            turned = body.space(inner * columns * SIZES[dtype])
            source = Array(b, dtype, dense(right.type.shape)[::-1])
            nests.copy(e, (inner, columns), source, Array(turned, dtype, dense((inner, columns))))
            b = turned
        e.b.call(products.times_matrix(unit, dtype, rows, inner, columns, ta), [a, b, result])
        return
    rows, columns = shape_of(matrix.type)
    given = [body.value(matrix), body.value(vector), result]
    if transposed and columns:
        e.b.call(products.transposed_times_vector(unit, dtype, rows, columns, more), given)
    elif rows and not transposed:
        e.b.call(products.times_vector(unit, dtype, rows, (columns,)), given)


def matmul(body: Body, op: Op, type: Type) -> Value:
    left, right = op.args
    if isinstance(type, Scalar):
        assert isinstance(left.type, Tensor)
        return dot(body.e, left.type, body.value(left), body.value(right))
    result = body.tensor(type)
    product(body, left, right, result, bool(op.attr("ta")), bool(op.attr("tb")))
    return result


def several(body: Body, op: Op, types: list[Type]) -> list[Value]:
    """`products`: one operand is multiplied by many."""
    *matrices, x = op.args
    return [matmul(body, Op("matmul", (matrix, x)), type) for matrix, type in zip(matrices, types, strict=True)]


def product_sum(body: Body, op: Op, type: Type) -> Value:
    """Where it is of matrices by vectors, one kernel adds them all up."""
    ta = op.attr("ta")
    pairs = list(zip(op.args[::2], op.args[1::2], strict=True))
    simple = all(len(shape_of(a.type)) == 2 and len(shape_of(x.type)) == 1 for a, x in pairs)
    if isinstance(type, Tensor) and simple:
        result = body.tensor(type)
        if ta:
            for k, (matrix, x) in enumerate(pairs):
                product(body, matrix, x, result, True, False, k > 0)
        elif size(type.shape):
            columns = tuple(shape_of(matrix.type)[1] for matrix, _ in pairs)
            kernel = products.times_vector(body.e.unit, type.dtype, type.shape[0], columns)
            body.b.call(kernel, [*(body.value(arg) for arg in op.args), result])
        return result
    attrs = (("ta", True),) if ta else ()
    values = [matmul(body, Op("matmul", pair, attrs), type) for pair in pairs]
    total = values[0]
    for value in values[1:]:
        if isinstance(type, Scalar):
            total = Elements(body.e, type.dtype).add(total, value)
        elif size(shape_of(type)):
            assert isinstance(type, Tensor)
            sources = [Array(pointer, type.dtype, dense(type.shape)) for pointer in (total, value)]
            each(body.e, type.shape, sources, [sources[0]], _adding(Elements(body.e, type.dtype)))
    return total


def _adding(elements: Elements) -> Callable[[list[Value]], list[Value]]:
    return lambda values: [elements.add(*values)]
