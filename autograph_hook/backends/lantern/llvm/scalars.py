"""Operations on numbers: Python's on integers, which raise where the result does not fit; NumPy's on floats."""

from __future__ import annotations

from llvmlite import ir

from autograph_hook.backends.lantern.ir import Op, Scalar
from autograph_hook.backends.lantern.llvm.body import Body, dtype_of
from autograph_hook.backends.lantern.llvm.elements import FLOATS, Elements
from autograph_hook.backends.lantern.llvm.emit import BIT, Emit, Unit, Value, kind
from autograph_hook.backends.lantern.llvm.errors import Failure

OVERFLOWING = {"+": "sadd", "-": "ssub", "*": "smul"}


def scalar(body: Body, op: Op) -> Value:
    """An element-wise operation whose operands are all scalars."""
    values = [body.value(arg) for arg in op.args]
    dtype = operand_dtype(op)
    if op.name == "cast":
        return cast(body, op, values[0])
    if dtype in ("i32", "i64") and op.name in INTEGERS:
        return INTEGERS[op.name](body, op.name, dtype, values)
    return Elements(body.e, dtype).of(op.name, *values)


def operand_dtype(op: Op) -> str:
    """The dtype that an element-wise operation works on."""
    return dtype_of(op.args[1 if op.name == "where" else 0].type)


def target_dtype(op: Op) -> str:
    to = op.attr("dtype")
    assert isinstance(to, Scalar)
    return to.dtype


def with_overflow(e: Emit, name: str, x: Value, y: Value) -> tuple[Value, Value]:
    pair = ir.LiteralStructType([x.type, BIT])
    both = e.intrinsic(f"{name}.with.overflow", pair, [x, y], x.type)
    return e.b.extract_value(both, 0), e.b.extract_value(both, 1)


def _arithmetic(body: Body, name: str, dtype: str, values: list[Value]) -> Value:
    result, over = with_overflow(body.e, OVERFLOWING[name], *values)
    body.fail_if(over, Failure.OVERFLOW)
    return result


def _division(body: Body, name: str, dtype: str, values: list[Value]) -> Value:
    x, y = values
    zero = body.e.constant(y.type, 0)
    body.fail_if(body.b.icmp_signed("==", y, zero), Failure.DIVISION if name == "//" else Failure.MODULO)
    if name == "//":
        least = body.e.constant(x.type, -(2 ** (x.type.width - 1)))
        minus = body.e.constant(y.type, -1)
        over = body.b.and_(body.b.icmp_signed("==", x, least), body.b.icmp_signed("==", y, minus))
        body.fail_if(over, Failure.OVERFLOW)
    return Elements(body.e, dtype).of(name, x, y)


def _power(body: Body, name: str, dtype: str, values: list[Value]) -> Value:
    y = values[1]
    body.fail_if(body.b.icmp_signed("<", y, body.e.constant(y.type, 0)), Failure.POWER)
    both = body.b.call(power(body.e.unit, dtype), values)
    body.fail_if(body.b.extract_value(both, 1), Failure.OVERFLOW)
    return body.b.extract_value(both, 0)


def _negation(body: Body, name: str, dtype: str, values: list[Value]) -> Value:
    (x,) = values
    least = body.e.constant(x.type, -(2 ** (x.type.width - 1)))
    body.fail_if(body.b.icmp_signed("==", x, least), Failure.OVERFLOW)
    return Elements(body.e, dtype).of(name, x)


INTEGERS = {
    **dict.fromkeys(OVERFLOWING, _arithmetic),
    **dict.fromkeys(("//", "%"), _division),
    **dict.fromkeys(("neg", "abs"), _negation),
    "**": _power,
}


def power(unit: Unit, dtype: str) -> Value:
    """`power(x, y)` for y >= 0, by squaring: the result, and whether it does not fit."""
    name, number = f"power_{dtype}", kind(dtype)
    if name in unit.module.globals:
        return unit.module.globals[name]
    function = unit.function(name, ir.LiteralStructType([number, BIT]), [number, number])
    function.linkage = "internal"
    e = Emit(unit, function)
    b = e.b
    zero, one = e.constant(number, 0), e.constant(number, 1)
    with e.loop(number.width - 1, 1, [one, function.args[0], function.args[1], ir.Constant(BIT, 0)]) as loop:
        result, square, left, over = loop.values
        odd = b.icmp_signed("!=", b.and_(left, one), zero)
        product, first = with_overflow(e, "smul", result, square)
        rest = b.ashr(left, one)
        # A square that is too large matters only if it is used later.
        more = b.icmp_signed("!=", rest, zero)
        squared, second = with_overflow(e, "smul", square, square)
        over = b.or_(over, b.or_(b.and_(odd, first), b.and_(more, second)))
        loop.next([b.select(odd, product, result), squared, rest, over])
    result, _, _, over = loop.values
    both = b.insert_value(ir.Constant(function.return_value.type, ir.Undefined), result, 0)
    b.ret(b.insert_value(both, over, 1))
    return function


def cast(body: Body, op: Op, x: Value) -> Value:
    b, e, dtype, to = body.b, body.e, operand_dtype(op), target_dtype(op)
    elements = Elements(e, dtype)
    if to in ("i32", "i64") and dtype in FLOATS:
        body.fail_if(b.fcmp_unordered("uno", x, x), Failure.NAN)
        infinite = b.fcmp_ordered("==", e.intrinsic("fabs", x.type, [x]), e.constant(x.type, float("inf")))
        body.fail_if(infinite, Failure.INFINITE)
        inside, _ = elements.fits(x, to)
        body.fail_if(b.not_(inside), Failure.OVERFLOW)
    elif dtype == "i64" and to == "i32":
        narrow = b.trunc(x, kind("i32"))
        body.fail_if(b.icmp_signed("!=", b.sext(narrow, kind("i64")), x), Failure.OVERFLOW)
    return elements.cast(x, to)
