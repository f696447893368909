"""softmax, log_softmax, cross_entropy and its gradient, along the last axis."""

from __future__ import annotations

from autograph_hook.backends.lantern.ir import Op, Scalar, Type, Var
from autograph_hook.backends.lantern.llvm import polynomials
from autograph_hook.backends.lantern.llvm.body import Body, dtype_of, shape_of
from autograph_hook.backends.lantern.llvm.elements import Elements
from autograph_hook.backends.lantern.llvm.emit import Emit, Value, long
from autograph_hook.backends.lantern.llvm.nests import size
from autograph_hook.backends.lantern.llvm.reductions import along, least_or_most


def maximum_and_sum(e: Emit, dtype: str, count: int, row: Value) -> tuple[Value, Value]:
    """The largest number of a row, and the sum of exp(x - that)."""
    elements, lanes = Elements(e, dtype), e.host.lanes(dtype)

    def load(index: Value, lanes: int, filled: int) -> Value:
        return e.load(e.at(row, index, dtype), dtype, lanes, filled)

    most = along(e, dtype, count, load, least_or_most(dtype, True), elements.maximum)
    wide = e.splat(most, lanes)

    def grown(index: Value, lanes: int, filled: int) -> Value:
        return polynomials.exp(e, e.b.fsub(load(index, lanes, filled), wide))

    return most, along(e, dtype, count, grown, 0, elements.add)


def softmax(body: Body, op: Op, type: Type) -> Value:
    """Also `log_softmax`."""
    e, b, dtype = body.e, body.b, dtype_of(type)
    result, source = body.tensor(type), body.value(op.args[0])
    *outer, count = shape_of(type)
    if not size((*outer, count)):
        return result
    with e.loop(size(tuple(outer))) as rows:
        start = b.mul(rows.index, long(count))
        row, target = e.at(source, start, dtype), e.at(result, start, dtype)
        most, total = maximum_and_sum(e, dtype, count, row)
        last = total if op.name == "softmax" else polynomials.log(e, total)

        def write(index: Value, lanes: int, filled: int) -> None:
            shifted = b.fsub(e.load(e.at(row, index, dtype), dtype, lanes, filled), e.splat(most, lanes))
            wide = e.splat(last, lanes)
            if op.name == "softmax":
                value = b.fdiv(polynomials.exp(e, shifted), wide)
            else:
                value = b.fsub(shifted, wide)
            e.store(value, e.at(target, index, dtype), dtype, lanes, filled)

        e.vectors(count, e.host.lanes(dtype), write)
    return result


def label_of(body: Body, label: Var, row: Value, count: int) -> Value:
    """The label of a row, in range."""
    if isinstance(label.type, Scalar):
        return body.index(label, count, 0)
    loaded = body.e.load(body.e.at(body.value(label), row, label.type.dtype), label.type.dtype)  # type: ignore[union-attr]
    name = Var(f"{label.name} of a row", Scalar(label.type.dtype))  # type: ignore[union-attr]
    body.names[name.name] = loaded
    return body.index(name, count, 1)


def cross_entropy(body: Body, op: Op, type: Type) -> Value:
    logits, label = op.args
    e, b, dtype = body.e, body.b, dtype_of(type)
    *outer, count = shape_of(logits.type)
    result, source = body.tensor(type), body.value(logits)
    with e.loop(size(tuple(outer))) as rows:
        row = e.at(source, b.mul(rows.index, long(count)), dtype)
        number = label_of(body, label, rows.index, count)
        most, total = maximum_and_sum(e, dtype, count, row)
        chosen = b.fsub(e.load(e.at(row, number, dtype), dtype), most)
        e.store(b.fsub(polynomials.log(e, total), chosen), e.at(result, rows.index, dtype), dtype)
    return e.load(result, dtype) if isinstance(type, Scalar) else result


def cross_entropy_back(body: Body, op: Op, type: Type) -> Value:
    gradient, logits, label = op.args
    e, b, dtype = body.e, body.b, dtype_of(type)
    *outer, count = shape_of(type)
    result, source, given = body.tensor(type), body.value(logits), body.value(gradient)
    one_row = isinstance(gradient.type, Scalar)
    with e.loop(size(tuple(outer))) as rows:
        start = b.mul(rows.index, long(count))
        row, target = e.at(source, start, dtype), e.at(result, start, dtype)
        number = label_of(body, label, rows.index, count)
        most, total = maximum_and_sum(e, dtype, count, row)
        factor = given if one_row else e.load(e.at(given, rows.index, dtype), dtype)

        def write(index: Value, lanes: int, filled: int) -> None:
            value = e.load(e.at(row, index, dtype), dtype, lanes, filled)
            share = b.fdiv(
                polynomials.exp(e, b.fsub(value, e.splat(most, lanes))), e.splat(total, lanes)
            )
            e.store(b.fmul(share, e.splat(factor, lanes)), e.at(target, index, dtype), dtype, lanes, filled)

        e.vectors(count, e.host.lanes(dtype), write)
        place, value = e.at(target, number, dtype), e.load(e.at(row, number, dtype), dtype)
        share = b.fdiv(polynomials.exp(e, b.fsub(value, most)), total)
        e.store(b.fmul(b.fsub(share, e.constant(share.type, 1)), factor), place, dtype)
    return result
