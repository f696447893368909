"""Element-wise operations on values: of one number, or of a vector of them. Nothing here can fail.

An operation on integers wraps, and gives 0 where the divisor is 0: what must raise instead is looked at before
(`scalars`).
"""

from __future__ import annotations

from collections.abc import Callable

from llvmlite import ir

from autograph_hook.backends.lantern.llvm import polynomials
from autograph_hook.backends.lantern.llvm.emit import Emit, Kind, Value, kind

FLOATS = ("f32", "f64")
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


class Elements:
    """Writes operations on values of one dtype."""

    def __init__(self, e: Emit, dtype: str) -> None:
        self.e = e
        self.b = e.b
        self.dtype = dtype
        self.floats = dtype in FLOATS

    def of(self, name: str, *values: Value) -> Value:
        """The operation of that name."""
        return OPERATIONS[name](self, *values)

    def add(self, x: Value, y: Value) -> Value:
        return self.b.fadd(x, y) if self.floats else self.b.add(x, y)

    def subtract(self, x: Value, y: Value) -> Value:
        return self.b.fsub(x, y) if self.floats else self.b.sub(x, y)

    def multiply(self, x: Value, y: Value) -> Value:
        return self.b.fmul(x, y) if self.floats else self.b.mul(x, y)

    def divide(self, x: Value, y: Value) -> Value:
        return self.b.fdiv(x, y)

    def compare(self, sign: str, x: Value, y: Value) -> Value:
        if self.floats:
            return self.b.fcmp_unordered(sign, x, y) if sign == "!=" else self.b.fcmp_ordered(sign, x, y)
        return self.b.icmp_unsigned(sign, x, y) if self.dtype == "bool" else self.b.icmp_signed(sign, x, y)

    def extreme(self, sign: str, x: Value, y: Value) -> Value:
        """The larger (`>=`) or smaller (`<=`) one; nan if one is."""
        first = self.compare(sign, x, y)
        if self.floats:
            first = self.b.or_(first, self.b.fcmp_unordered("uno", x, x))
        return self.b.select(first, x, y)

    def maximum(self, x: Value, y: Value) -> Value:
        return self.extreme(">=", x, y)

    def minimum(self, x: Value, y: Value) -> Value:
        return self.extreme("<=", x, y)

    def safe_divisor(self, x: Value, y: Value) -> tuple[Value, Value]:
        """A divisor that the machine takes, and where that is not y because y is 0."""
        b, zero = self.b, self.e.constant(y.type, 0)
        nothing = b.icmp_signed("==", y, zero)
        least = self.e.constant(x.type, -(2 ** (31 if self.dtype == "i32" else 63)))
        most = b.and_(b.icmp_signed("==", x, least), b.icmp_signed("==", y, self.e.constant(y.type, -1)))
        return b.select(b.or_(nothing, most), self.e.constant(y.type, 1), y), nothing

    def floor_divide(self, x: Value, y: Value) -> Value:
        b, e = self.b, self.e
        zero = e.constant(x.type, 0)
        if not self.floats:
            divisor, nothing = self.safe_divisor(x, y)
            quotient = b.sdiv(x, divisor)
            rest = b.sub(x, b.mul(quotient, divisor))
            differs = b.icmp_signed("<", b.xor(rest, divisor), zero)
            down = b.and_(b.icmp_signed("!=", rest, zero), differs)
            quotient = b.select(down, b.sub(quotient, e.constant(x.type, 1)), quotient)
            return b.select(nothing, zero, quotient)
        exact = b.fdiv(b.fsub(x, self.remainder(x, y)), y)
        whole = e.intrinsic("floor", x.type, [exact])
        over = b.fcmp_ordered(">", b.fsub(exact, whole), e.constant(x.type, 0.5))
        whole = b.select(over, b.fadd(whole, e.constant(x.type, 1)), whole)
        none = b.fcmp_ordered("==", exact, zero)
        whole = b.select(none, e.intrinsic("copysign", x.type, [zero, b.fdiv(x, y)]), whole)
        return b.select(b.fcmp_ordered("==", y, zero), b.fdiv(x, y), whole)

    def remainder(self, x: Value, y: Value) -> Value:
        """With the sign of the divisor."""
        b, e = self.b, self.e
        zero = e.constant(x.type, 0)
        if not self.floats:
            divisor, nothing = self.safe_divisor(x, y)
            rest = b.srem(x, divisor)
            differs = b.and_(
                b.icmp_signed("!=", rest, zero), b.icmp_signed("<", b.xor(rest, divisor), zero)
            )
            return b.select(nothing, zero, b.select(differs, b.add(rest, divisor), rest))
        rest = b.frem(x, y)
        nothing = b.fcmp_ordered("==", rest, zero)
        differs = b.xor(b.fcmp_ordered("<", rest, zero), b.fcmp_ordered("<", y, zero))
        moved = b.select(differs, b.fadd(rest, y), rest)
        return b.select(nothing, e.intrinsic("copysign", x.type, [zero, y]), moved)

    def power(self, x: Value, y: Value) -> Value:
        """Of floats by the C library, one by one; of integers by squaring, for exponents that are not negative."""
        if not isinstance(x.type, ir.VectorType):
            return self.e.intrinsic("pow", x.type, [x, y]) if self.floats else self.integer_power(x, y)
        result: Value = ir.Constant(x.type, ir.Undefined)
        for lane in range(x.type.count):
            number = ir.Constant(ir.IntType(32), lane)
            one = self.power(self.b.extract_element(x, number), self.b.extract_element(y, number))
            result = self.b.insert_element(result, one, number)
        return result

    def integer_power(self, x: Value, y: Value) -> Value:
        b, e = self.b, self.e
        bits = 31 if self.dtype == "i32" else 63
        one = e.constant(x.type, 1)
        with e.loop(bits, 1, [one, x, y]) as loop:
            result, square, left = loop.values
            odd = b.icmp_signed("!=", b.and_(left, one), e.constant(x.type, 0))
            loop.next([b.select(odd, b.mul(result, square), result), b.mul(square, square), b.ashr(left, one)])
        return loop.values[0]

    def negative(self, x: Value) -> Value:
        return self.b.fneg(x) if self.floats else self.b.neg(x)

    def absolute(self, x: Value) -> Value:
        if self.floats:
            return self.e.intrinsic("fabs", x.type, [x])
        return self.b.select(self.b.icmp_signed("<", x, self.e.constant(x.type, 0)), self.b.neg(x), x)

    def square_root(self, x: Value) -> Value:
        return self.e.intrinsic("sqrt", x.type, [x])

    def relu(self, x: Value) -> Value:
        return self.maximum(x, self.e.constant(x.type, 0))

    def clip(self, x: Value, low: Value, high: Value) -> Value:
        return self.minimum(self.maximum(x, low), high)

    def cast(self, x: Value, to: str) -> Value:
        """A float that an integer cannot hold gives the least integer."""
        b, e, lanes = self.b, self.e, x.type.count if isinstance(x.type, ir.VectorType) else 1
        target: Kind = kind(to, lanes)
        if to == self.dtype:
            return x
        if to == "bool":
            return self.compare("!=", x, e.constant(x.type, 0))
        if self.dtype == "bool":
            return b.uitofp(x, target) if to in FLOATS else b.zext(x, target)
        if not self.floats:
            if to in FLOATS:
                return b.sitofp(x, target)
            return b.sext(x, target) if to == "i64" else b.trunc(x, target)
        if to in FLOATS:
            return b.fpext(x, target) if to == "f64" else b.fptrunc(x, target)
        inside, safe = self.fits(x, to)
        least = -(2 ** (31 if to == "i32" else 63))
        return b.select(inside, b.fptosi(safe, target), e.constant(target, least))

    def fits(self, x: Value, to: str) -> tuple[Value, Value]:
        """Can this integer type hold the truncated float? And the float, or 0 where it cannot."""
        b, e = self.b, self.e
        limit = 2.0 ** (31 if to == "i32" else 63)
        # In f64, an i32 may have a fraction below its least value.
        exact = to == "i32" and self.dtype == "f64"
        low = b.fcmp_ordered(">" if exact else ">=", x, e.constant(x.type, -limit - 1 if exact else -limit))
        inside = b.and_(low, b.fcmp_ordered("<", x, e.constant(x.type, limit)))
        return inside, b.select(inside, x, e.constant(x.type, 0))


def _comparison(sign: str) -> Callable[..., Value]:
    return lambda elements, x, y: elements.compare(sign, x, y)


def _polynomial(function: Callable[[Emit, Value], Value]) -> Callable[..., Value]:
    return lambda elements, x: function(elements.e, x)


OPERATIONS: dict[str, Callable[..., Value]] = {
    "+": Elements.add,
    "-": Elements.subtract,
    "*": Elements.multiply,
    "/": Elements.divide,
    "//": Elements.floor_divide,
    "%": Elements.remainder,
    "**": Elements.power,
    "maximum": Elements.maximum,
    "minimum": Elements.minimum,
    **{sign: _comparison(sign) for sign in COMPARISONS},
    "and": lambda elements, x, y: elements.b.and_(x, y),
    "or": lambda elements, x, y: elements.b.or_(x, y),
    "not": lambda elements, x: elements.b.xor(x, elements.e.constant(x.type, 1)),
    "neg": Elements.negative,
    "abs": Elements.absolute,
    "sqrt": Elements.square_root,
    "relu": Elements.relu,
    "clip": Elements.clip,
    "where": lambda elements, c, x, y: elements.b.select(c, x, y),
    "cast": Elements.cast,
    "exp": _polynomial(polynomials.exp),
    "log": _polynomial(polynomials.log),
    "tanh": _polynomial(polynomials.tanh),
    "sigmoid": _polynomial(polynomials.sigmoid),
}
