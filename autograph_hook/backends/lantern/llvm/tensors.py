"""Operations on tensors: element-wise, reductions, shapes, elements."""

from __future__ import annotations

from llvmlite import ir

from autograph_hook.backends.lantern.ir import Lit, Map, Op, Scalar, Tensor, Type, Var
from autograph_hook.backends.lantern.llvm import nests, reductions
from autograph_hook.backends.lantern.llvm.body import Body, dtype_of, shape_of
from autograph_hook.backends.lantern.llvm.elements import Elements
from autograph_hook.backends.lantern.llvm.emit import BIT, Value, kind, long
from autograph_hook.backends.lantern.llvm.errors import Failure
from autograph_hook.backends.lantern.llvm.host import SIZES
from autograph_hook.backends.lantern.llvm.nests import Array, dense, each, size
from autograph_hook.backends.lantern.llvm.scalars import operand_dtype, target_dtype


def _apply(body: Body, op: Op, values: list[Value]) -> Value:
    elements = Elements(body.e, operand_dtype(op))
    return elements.cast(values[0], target_dtype(op)) if op.name == "cast" else elements.of(op.name, *values)


def elementwise(body: Body, op: Op, type: Tensor) -> Value:
    """An element-wise operation of which an operand is a tensor."""
    if op.name == "**" and operand_dtype(op) in ("i32", "i64"):
        _no_negative(body, op.args[1])
    result = body.tensor(type)
    sources = [body.source(arg, type.shape) for arg in op.args]
    target = Array(result, type.dtype, dense(type.shape))
    each(body.e, type.shape, sources, [target], lambda values: [_apply(body, op, values)])
    return result


def _no_negative(body: Body, exponent: Var) -> None:
    e, b, dtype = body.e, body.b, dtype_of(exponent.type)
    value = body.value(exponent)
    if isinstance(exponent.type, Tensor):
        with e.loop(size(exponent.type.shape), 1, [e.constant(kind(dtype), 0)]) as loop:
            found = e.load(e.at(value, loop.index, dtype), dtype)
            loop.next([b.or_(loop.values[0], found)])
        value = loop.values[0]
    body.fail_if(b.icmp_signed("<", value, e.constant(value.type, 0)), Failure.POWER)


def fused(body: Body, map_: Map, types: list[Tensor]) -> list[Value]:
    """A fused chain: one loop, whose intermediate values stay in registers."""
    shape = types[0].shape
    results = [body.tensor(type) for type in types]
    targets = [Array(pointer, type.dtype, dense(shape)) for pointer, type in zip(results, types, strict=True)]

    def chain(values: list[Value]) -> list[Value]:
        known = {var.name: value for var, value in zip(map_.vars, values, strict=True)}
        lanes = max((v.type.count for v in values if isinstance(v.type, ir.VectorType)), default=1)
        for let in map_.body.lets:
            if isinstance(let.expr, Lit):
                literal = let.expr
                assert isinstance(literal.type, Scalar) and literal.value is not None
                known[let.vars[0].name] = body.e.constant(kind(literal.type.dtype, lanes), literal.value)
            else:
                assert isinstance(let.expr, Op)
                known[let.vars[0].name] = _apply(body, let.expr, [known[arg.name] for arg in let.expr.args])
        return [known[result.name] for result in map_.body.results]

    each(body.e, shape, [body.source(arg, shape) for arg in map_.args], targets, chain)
    return results


# Reductions.


def reduction(body: Body, op: Op, type: Type) -> Value:
    (arg,) = op.args
    dtype, axis = dtype_of(arg.type), op.attr("axis")
    assert axis is None or isinstance(axis, int)
    parts = reductions.split(shape_of(arg.type), axis)
    count = parts[1]
    e, elements = body.e, Elements(body.e, dtype)
    if count == 0 and op.name not in ("sum", "mean"):
        # NumPy raises even where there would be no result.
        body.fail_if(ir.Constant(BIT, 1), EMPTY[op.name])
    result = body.tensor(type)
    source = body.value(arg)
    if op.name in ("argmax", "argmin"):
        if count:
            reductions.extreme_index(e, dtype, parts, source, result, op.name == "argmax")
    else:
        combine = {"max": elements.maximum, "min": elements.minimum}.get(op.name, elements.add)
        neutral = reductions.least_or_most(dtype, op.name == "max") if op.name in ("max", "min") else 0

        def finish(value: Value) -> Value:
            return body.b.fdiv(value, e.constant(value.type, count)) if op.name == "mean" else value

        reductions.reduce(e, dtype, parts, source, result, neutral, combine, finish)
    return e.load(result, type.dtype) if isinstance(type, Scalar) else result


EMPTY = {
    "max": Failure.EMPTY_MAX,
    "min": Failure.EMPTY_MIN,
    "argmax": Failure.EMPTY_ARGMAX,
    "argmin": Failure.EMPTY_ARGMIN,
}


# Shapes.


def numbers(op: Op, name: str) -> tuple[int, ...]:
    value = op.attr(name)
    assert isinstance(value, tuple)
    return value


def reshape(body: Body, op: Op, type: Type) -> Value:
    """The same elements: a tensor keeps its memory."""
    (arg,) = op.args
    value = body.value(arg)
    if isinstance(arg.type, Tensor):
        return body.e.load(value, type.dtype) if isinstance(type, Scalar) else value
    return value if isinstance(type, Scalar) else broadcast(body, op, type)


def broadcast(body: Body, op: Op, type: Type) -> Value:
    (arg,) = op.args
    if isinstance(type, Scalar):
        return body.value(arg)
    result = body.tensor(type)
    shape = shape_of(type)
    nests.copy(body.e, shape, body.source(arg, shape), Array(result, dtype_of(type), dense(shape)))
    return result


def transpose(body: Body, op: Op, type: Type) -> Value:
    (arg,) = op.args
    result, shape = body.tensor(type), shape_of(type)
    own = dense(shape_of(arg.type))
    source = Array(body.value(arg), dtype_of(type), tuple(own[axis] for axis in numbers(op, "axes")))
    nests.copy(body.e, shape, source, Array(result, source.dtype, dense(shape)))
    return result


def slice_(body: Body, op: Op, type: Type) -> Value:
    """Elements that lie side by side need no copy: tensors do not change."""
    (arg,) = op.args
    own, shape, dtype = dense(shape_of(arg.type)), shape_of(type), dtype_of(type)
    starts, steps = numbers(op, "start"), numbers(op, "step")
    if not size(shape):
        return body.tensor(type)
    first = sum(start * stride for start, stride in zip(starts, own, strict=True))
    source = Array(
        body.e.at(body.value(arg), first, dtype),
        dtype,
        tuple(step * stride for step, stride in zip(steps, own, strict=True)),
    )
    _, layouts = nests.merged(shape, [source.strides])
    if layouts[0] in ((), (1,)):
        return source.pointer
    result = body.tensor(type)
    nests.copy(body.e, shape, source, Array(result, dtype, dense(shape)))
    return result


def place(body: Body, op: Op, type: Type) -> Value:
    (arg,) = op.args
    own, dtype = dense(shape_of(type)), dtype_of(type)
    starts, steps = numbers(op, "start"), numbers(op, "step")
    result = body.tensor(type)
    body.e.clear(result, size(shape_of(type)) * SIZES[dtype])
    first = sum(start * stride for start, stride in zip(starts, own, strict=True))
    strides = tuple(step * stride for step, stride in zip(steps, own, strict=True))
    shape = shape_of(arg.type)
    if size(shape):
        source = Array(body.value(arg), dtype, dense(shape))
        nests.copy(body.e, shape, source, Array(body.e.at(result, first, dtype), dtype, strides))
    return result


def concatenate(body: Body, op: Op, type: Type) -> Value:
    """Also `stack`, whose operands have one dimension less."""
    axis = op.attr("axis") or 0
    assert isinstance(axis, int)
    result, dtype = body.tensor(type), dtype_of(type)
    whole = dense(shape_of(type))
    offset = 0
    for arg in op.args:
        shape = shape_of(arg.type)
        if op.name == "stack":
            shape = (*shape[:axis], 1, *shape[axis:])
        target = Array(body.e.at(result, offset * whole[axis], dtype), dtype, whole)
        value = body.value(arg)
        nests.copy(
            body.e, shape, Array(value, dtype, dense(shape)) if isinstance(arg.type, Tensor) else value, target
        )
        offset += shape[axis]
    return result


# Elements.


def address(body: Body, tensor: Var, start: Value, indices: tuple[Var, ...]) -> Value:
    """Where the element or part is that these indices lead to."""
    shape, dtype = shape_of(tensor.type), dtype_of(tensor.type)
    offset = long(0)
    for axis, index in enumerate(indices):
        number = body.index(index, shape[axis], axis)
        offset = body.b.add(offset, body.b.mul(number, long(dense(shape)[axis])))
    return body.e.at(start, offset, dtype)


def element(body: Body, op: Op, type: Type) -> Value:
    """A part of a tensor needs no copy."""
    place = address(body, op.args[0], body.value(op.args[0]), op.args[1:])
    return body.e.load(place, type.dtype) if isinstance(type, Scalar) else place


def changed(body: Body, op: Op, type: Type, reused: bool) -> Value:
    """`update` and `add_at`: of a copy, unless nobody else sees the operand any more."""
    tensor, value, *indices = op.args
    shape, dtype = shape_of(type), dtype_of(type)
    result = body.value(tensor)
    if not reused:
        result = body.tensor(type)
        body.e.copy(result, body.value(tensor), size(shape) * SIZES[dtype])
    part = shape[len(indices) :]
    place = address(body, tensor, result, tuple(indices))
    source, target = body.source(value, part), Array(place, dtype, dense(part))
    if op.name == "update":
        nests.copy(body.e, part, source, target)
    else:
        add = Elements(body.e, dtype).add
        each(body.e, part, [source, target], [target], lambda values: [add(*values)])
    return result
