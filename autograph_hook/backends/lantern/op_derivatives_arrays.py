"""The derivatives of reductions, products, classifiers, and of what only moves elements; as `op_derivatives` has those
of element-wise operations.
"""

from __future__ import annotations

from collections.abc import Sequence

from .ir import List, Op, Scalar, Var
from .op_derivatives import Reverse, dtype_of, fit, one_result
from .op_types import shape_of


def _spread(r: Reverse, op: Op, d: Var) -> Var:
    """The gradient of a reduction, of the shape of what was reduced."""
    shape, axis = shape_of(op.args[0].type), op.attr("axis")
    if isinstance(axis, int):
        d = r.op("reshape", d, shape=(*shape[:axis], 1, *shape[axis + 1 :]))
    return r.op("broadcast", d, shape=shape)


def _along(op: Op) -> int:
    shape, axis = shape_of(op.args[0].type), op.attr("axis")
    count = 1
    for n in shape if axis is None else (shape[axis],):  # type: ignore[index]
        count *= n
    return count


@one_result
def total(r: Reverse, op: Op, out: Var, d: Var) -> None:
    r.give(op.args[0], _spread(r, op, d))


@one_result
def mean(r: Reverse, op: Op, out: Var, d: Var) -> None:
    r.give(op.args[0], _spread(r, op, r.op("/", d, r.lit(float(_along(op)), dtype_of(d)))))


@one_result
def extreme(r: Reverse, op: Op, out: Var, d: Var) -> None:
    equal = r.op("cast", r.op("==", op.args[0], _spread(r, op, out)), dtype=dtype_of(d))
    share = r.op("/", d, r.op("sum", equal, axis=op.attr("axis")))
    r.give(op.args[0], r.op("*", equal, _spread(r, op, share)))


@one_result
def dot(r: Reverse, op: Op, out: Var, d: Var) -> None:
    _product(r, op.args[0], op.args[1], False, False, d)


@one_result
def outer(r: Reverse, op: Op, out: Var, d: Var) -> None:
    a, b = op.args
    if r.wants(a):
        r.give(a, r.op("matmul", d, b))
    if r.wants(b):
        r.give(b, r.op("matmul", d, a, ta=True))


def _product(r: Reverse, a: Var, b: Var, ta: bool, tb: bool, d: Var) -> None:
    match len(shape_of(a.type)), len(shape_of(b.type)):
        case 1, 1:
            for var, other in ((a, b), (b, a)):
                if r.wants(var):
                    r.give(var, r.op("*", d, other))
        case 2, 1:
            if r.wants(a):
                r.give_outer(a, *((b, d) if ta else (d, b)))
            if r.wants(b):
                r.give(b, r.op("matmul", a, d, ta=not ta))
        case 1, _:
            if r.wants(a):
                r.give(a, r.op("matmul", b, d, ta=tb))
            if r.wants(b):
                r.give_outer(b, *((d, a) if tb else (a, d)))
        case _:
            if r.wants(a):
                r.give(a, r.op("matmul", b, d, ta=tb, tb=True) if ta else r.op("matmul", d, b, tb=not tb))
            if r.wants(b):
                r.give(b, r.op("matmul", d, a, ta=True, tb=ta) if tb else r.op("matmul", a, d, ta=not ta))


@one_result
def matmul(r: Reverse, op: Op, out: Var, d: Var) -> None:
    _product(r, op.args[0], op.args[1], bool(op.attr("ta")), bool(op.attr("tb")), d)


def products(r: Reverse, op: Op, outs: Sequence[Var], ds: Sequence[Var | None]) -> None:
    for w, d in zip(op.args, ds, strict=False):
        if d is not None:
            _product(r, w, op.args[-1], False, False, d)


@one_result
def product_sum(r: Reverse, op: Op, out: Var, d: Var) -> None:
    for w, x in zip(op.args[::2], op.args[1::2], strict=True):
        _product(r, w, x, bool(op.attr("ta")), False, d)


def _row_sums(r: Reverse, x: Var) -> Var:
    """The sums along the last axis, broadcast back along it."""
    shape = shape_of(x.type)
    sums = r.op("sum", x, axis=len(shape) - 1)
    return r.op("broadcast", r.op("reshape", sums, shape=(*shape[:-1], 1)), shape=shape)


@one_result
def softmax(r: Reverse, op: Op, out: Var, d: Var) -> None:
    weighted = r.op("*", d, out)
    r.give(op.args[0], r.op("-", weighted, r.op("*", out, _row_sums(r, weighted))))


@one_result
def log_softmax(r: Reverse, op: Op, out: Var, d: Var) -> None:
    r.give(op.args[0], r.op("-", d, r.op("*", r.op("exp", out), _row_sums(r, d))))


@one_result
def cross_entropy(r: Reverse, op: Op, out: Var, d: Var) -> None:
    r.give(op.args[0], r.op("cross_entropy_back", d, *op.args))


@one_result
def cross_entropy_back(r: Reverse, op: Op, out: Var, d: Var) -> None:
    loss, x, label = op.args
    if r.wants(loss):
        one = r.op("broadcast", r.lit(1.0, dtype_of(d)), shape=shape_of(loss.type))
        slope = r.op("cross_entropy_back", one, x, label)
        r.give(loss, r.op("sum", r.op("*", d, slope), axis=len(shape_of(d.type)) - 1))
    if r.wants(x):
        weights = r.op("softmax", x)
        weighted = r.op("*", weights, d)
        inner = r.op("-", weighted, r.op("*", weights, _row_sums(r, weighted)))
        r.give(x, r.op("*", inner, r.op("reshape", loss, shape=(*shape_of(loss.type), 1))))


def _part(r: Reverse, d: Var, axis: int, start: int, size: int) -> Var:
    shape = shape_of(d.type)
    starts = tuple(start if k == axis else 0 for k in range(len(shape)))
    sizes = tuple(size if k == axis else n for k, n in enumerate(shape))
    return r.op("slice", d, start=starts, size=sizes, step=(1,) * len(shape))


@one_result
def concatenate(r: Reverse, op: Op, out: Var, d: Var) -> None:
    axis, start = op.attr("axis"), 0
    assert isinstance(axis, int)
    for var in op.args:
        size = shape_of(var.type)[axis]
        if r.wants(var):
            r.give(var, _part(r, d, axis, start, size))
        start += size


@one_result
def stack(r: Reverse, op: Op, out: Var, d: Var) -> None:
    axis = op.attr("axis") or 0
    assert isinstance(axis, int)
    for k, var in enumerate(op.args):
        if r.wants(var):
            r.give(var, r.op("reshape", _part(r, d, axis, k, 1), shape=shape_of(var.type)))


@one_result
def reshape(r: Reverse, op: Op, out: Var, d: Var) -> None:
    r.give(op.args[0], r.op("reshape", d, shape=shape_of(op.args[0].type)))


@one_result
def transpose(r: Reverse, op: Op, out: Var, d: Var) -> None:
    axes = op.attr("axes")
    assert isinstance(axes, tuple)
    r.give(op.args[0], r.op("transpose", d, axes=tuple(axes.index(k) for k in range(len(axes)))))


@one_result
def broadcast(r: Reverse, op: Op, out: Var, d: Var) -> None:
    r.give(op.args[0], fit(r, d, op.args[0]))


@one_result
def slice_(r: Reverse, op: Op, out: Var, d: Var) -> None:
    region = {name: op.attr(name) for name in ("start", "size", "step")}
    shape, steps = shape_of(op.args[0].type), op.attr("step")
    if isinstance(steps, tuple):  # of a slice of one element the step is arbitrary
        region["step"] = tuple(step or 1 for step in steps)
    r.give(op.args[0], r.op("place", d, shape=shape, **region))


@one_result
def place(r: Reverse, op: Op, out: Var, d: Var) -> None:
    r.give(op.args[0], r.op("slice", d, **{name: op.attr(name) for name in ("start", "size", "step")}))


@one_result
def idx(r: Reverse, op: Op, out: Var, d: Var) -> None:
    r.give_at(op.args[0], d, op.args[1:])


def _at(r: Reverse, d: Var, indices: Sequence[Var]) -> Var:
    return r.at(d, indices[0]) if isinstance(d.type, List) else r.op("idx", d, *indices)


@one_result
def update(r: Reverse, op: Op, out: Var, d: Var) -> None:
    x, value, *indices = op.args
    if r.wants(value):
        r.give(value, _at(r, d, indices))
    if r.wants(x):
        r.give(x, r.cleared(d, indices))


@one_result
def add_at(r: Reverse, op: Op, out: Var, d: Var) -> None:
    x, value, *indices = op.args
    r.give(x, d)
    if r.wants(value):
        r.give(value, _at(r, d, indices))


@one_result
def list_(r: Reverse, op: Op, out: Var, d: Var) -> None:
    for k, var in enumerate(op.args):
        if r.wants(var):
            r.give(var, r.at(d, r.lit(k, Scalar("i64"))))


@one_result
def fill(r: Reverse, op: Op, out: Var, d: Var) -> None:
    if r.wants(op.args[1]):
        r.give(op.args[1], r.total(d))


@one_result
def append(r: Reverse, op: Op, out: Var, d: Var) -> None:
    x, value = op.args
    if r.wants(value):
        r.give(value, r.at(d, r.lit(-1, Scalar("i64"))))
    if r.wants(x):
        r.give(x, r.op("sublist", d, r.lit(0, Scalar("i64")), r.lit(-1, Scalar("i64"))))


@one_result
def extend(r: Reverse, op: Op, out: Var, d: Var) -> None:
    count, length = r.op("len", op.args[0]), r.op("len", d)
    if r.wants(op.args[0]):
        r.give(op.args[0], r.op("sublist", d, r.lit(0, Scalar("i64")), count))
    if r.wants(op.args[1]):
        r.give(op.args[1], r.op("sublist", d, count, length))


@one_result
def sublist(r: Reverse, op: Op, out: Var, d: Var) -> None:
    r.give_part(op.args[0], out, d, op.args[1])
