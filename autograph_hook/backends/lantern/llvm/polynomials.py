"""exp, log, tanh and sigmoid, of a number or of a vector, to 2 units in the last place in f32 and f64.

They are polynomials on a small interval, to which the argument is brought. Their coefficients interpolate

    (exp(r) - 1 - r) / r**2               for |r| <= log(2)/2                          (EXP)
    (2*atanh(s) - 2*s) / s**3, in s**2    for s = f/(2 + f), sqrt(1/2) <= 1 + f <= sqrt(2)   (LOG)

at the Chebyshev points, which leaves less than a tenth of a unit. log(2) is split in two: the first part has so few
digits that its product with any exponent is exact.
"""

from __future__ import annotations

from dataclasses import dataclass

from llvmlite import ir

from autograph_hook.backends.lantern.llvm.emit import INT, LONG, Emit, Kind, Value


@dataclass(frozen=True)
class Format:
    """What there is to know about a floating-point format."""

    digits: int  # stored digits of the fraction
    bias: int
    high: float  # log(2) = high + low
    low: float
    overflow: float  # exp of more than this is infinite
    underflow: float  # exp of less is zero
    exp: tuple[float, ...]
    log: tuple[float, ...]


SINGLE = Format(
    digits=23,
    bias=127,
    high=0.693115234375,
    low=3.194618329871446e-05,
    overflow=89.0,
    underflow=-104.5,
    exp=(0.5, 0.16666576266288757, 0.041666556149721146, 0.008363178931176662, 0.0013926184037700295),
    log=(0.6666666865348816, 0.4000012278556824, 0.28550779819488525, 0.23331613838672638),
)
DOUBLE = Format(
    digits=52,
    bias=1023,
    high=0.6931471805592082,
    low=7.371002565167799e-13,
    overflow=710.0,
    underflow=-746.0,
    exp=(
        0.5, 0.1666666666666667, 0.04166666666666667, 0.008333333333326136, 0.0013888888888883748,
        0.00019841269874820627, 2.4801587325547743e-05, 2.7557255400206422e-06, 2.75572736431103e-07,
        2.5105217004720745e-08, 2.0914686968086876e-09,
    ),
    log=(
        0.6666666666666666, 0.40000000000000885, 0.28571428570799784, 0.22222222392581045, 0.18181795547521137,
        0.15386244737621665, 0.13268638369266825, 0.13088034850927555,
    ),
)  # fmt: skip


def format_of(of: Kind) -> Format:
    element = of.element if isinstance(of, ir.VectorType) else of
    return SINGLE if isinstance(element, ir.FloatType) else DOUBLE


def integer_kind(of: Kind) -> Kind:
    """The integers of the same size, as many."""
    if isinstance(of, ir.VectorType):
        return ir.VectorType(integer_kind(of.element), of.count)
    return INT if isinstance(of, ir.FloatType) else LONG


def polynomial(e: Emit, x: Value, coefficients: tuple[float, ...]) -> Value:
    """c[0] + c[1]*x + c[2]*x**2 + …"""
    value = e.constant(x.type, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        value = e.fma(value, x, e.constant(x.type, coefficient))
    return value


def reduce(e: Emit, x: Value) -> tuple[Value, Value, Value]:
    """x = n*log(2) + r: n as an integer, r, and exp(r) - 1. A nan stays one in the last two."""
    b, of, form = e.b, x.type, format_of(x.type)
    # Adding and subtracting this number rounds to an integer, which then stands in the last digits; no conversion,
    # which would be undefined for nan.
    shift = e.constant(of, 1.5 * 2.0**form.digits)
    shifted = e.fma(x, e.constant(of, 1.4426950408889634), shift)
    number = b.fsub(shifted, shift)
    r = e.fma(number, e.constant(of, -form.high), x)
    r = e.fma(number, e.constant(of, -form.low), r)
    grown = e.fma(b.fmul(r, r), polynomial(e, r, form.exp), r)
    whole = integer_kind(of)
    return b.sub(b.bitcast(shifted, whole), b.bitcast(shift, whole)), r, grown


def clamp(e: Emit, x: Value, low: float, high: float) -> Value:
    """x between the two; nan stays nan."""
    b, of = e.b, x.type
    x = b.select(b.fcmp_ordered("<", x, e.constant(of, low)), e.constant(of, low), x)
    return b.select(b.fcmp_ordered(">", x, e.constant(of, high)), e.constant(of, high), x)


def power_of_two(e: Emit, exponent: Value, of: Kind) -> Value:
    """2**exponent, for the exponents of normal numbers."""
    form, whole = format_of(of), integer_kind(of)
    biased = e.b.add(exponent, e.constant(whole, form.bias))
    return e.b.bitcast(e.b.shl(biased, e.constant(whole, form.digits)), of)


def exp(e: Emit, x: Value) -> Value:
    b, form = e.b, format_of(x.type)
    number, _, grown = reduce(e, clamp(e, x, form.underflow, form.overflow))
    # In two steps, since 2**number itself may be too large or too small for the format though the result is not.
    half = b.ashr(number, e.constant(number.type, 1))
    scaled = b.fmul(b.fadd(grown, e.constant(x.type, 1)), power_of_two(e, half, x.type))
    return b.fmul(scaled, power_of_two(e, b.sub(number, half), x.type))


def tanh(e: Emit, x: Value) -> Value:
    """From exp(2|x|) - 1, which is accurate near 0 too."""
    b, of, form = e.b, x.type, format_of(x.type)
    size = e.intrinsic("fabs", of, [x])
    doubled = clamp(e, b.fadd(size, size), 0.0, float(form.digits))
    number, _, grown = reduce(e, doubled)
    scale = power_of_two(e, number, of)
    least = b.fsub(scale, e.constant(of, 1))
    part = b.fmul(scale, grown)
    above = b.fadd(least, part)
    below = b.fadd(above, e.constant(of, 2))
    value = b.fdiv(above, below)
    # What the two additions lost in rounding, times 1/below = (1 - value)/2.
    lost = b.fsub(part, b.fsub(above, least))
    two = e.constant(of, 2)
    is_large = b.fcmp_ordered(">", above, two)
    larger, smaller = b.select(is_large, above, two), b.select(is_large, two, above)
    lost_below = b.fadd(lost, b.fsub(smaller, b.fsub(below, larger)))
    half = e.fma(value, e.constant(of, -0.5), e.constant(of, 0.5))
    value = e.fma(e.fma(b.fneg(value), lost_below, lost), half, value)
    return e.intrinsic("copysign", of, [value, x])


def sigmoid(e: Emit, x: Value) -> Value:
    """exp(-|x|) is at most 1: nothing overflows. What 1 + exp(-|x|) loses in rounding is put back."""
    b, of = e.b, x.type
    one = e.constant(of, 1)
    small = exp(e, b.fneg(e.intrinsic("fabs", of, [x])))
    below = b.fadd(one, small)
    lost = b.fsub(small, b.fsub(below, one))
    above = b.select(b.fcmp_ordered("<", x, e.constant(of, 0)), small, one)
    quotient = b.fdiv(above, below)
    # 1/below by a line: a few percent of what is itself half a unit.
    inverse = e.fma(below, e.constant(of, -0.5), e.constant(of, 1.457))
    return e.fma(b.fneg(b.fmul(quotient, lost)), inverse, quotient)


def log(e: Emit, x: Value) -> Value:
    b, of, form, whole = e.b, x.type, format_of(x.type), integer_kind(x.type)
    smallest = e.constant(of, 2.0 ** (1 - form.bias))
    tiny = b.fcmp_ordered("<", x, smallest)
    scaled = b.select(tiny, b.fmul(x, e.constant(of, 2.0 ** (form.digits + 1))), x)
    bits = b.bitcast(scaled, whole)
    # The exponent counts from sqrt(1/2), so that the fraction is between sqrt(1/2) and sqrt(2).
    offset = e.constant(whole, ROOT_BITS[form.digits])
    moved = b.sub(bits, offset)
    number = b.ashr(moved, e.constant(whole, form.digits))
    fraction = b.bitcast(b.sub(bits, b.shl(number, e.constant(whole, form.digits))), of)
    number = b.sub(number, b.select(tiny, e.constant(whole, form.digits + 1), e.constant(whole, 0)))
    k = b.sitofp(number, of)
    f = b.fsub(fraction, e.constant(of, 1))
    s = b.fdiv(f, b.fadd(f, e.constant(of, 2)))
    z = b.fmul(s, s)
    # log(1 + f) = 2*s + s*z*p(z), and 2*s = f - s*f.
    rest = b.fmul(s, b.fsub(f, b.fmul(z, polynomial(e, z, form.log))))
    rest = e.fma(k, e.constant(of, -form.low), rest)
    value = e.fma(k, e.constant(of, form.high), b.fsub(f, rest))
    infinity = e.constant(of, float("inf"))
    value = b.select(b.fcmp_ordered("==", x, infinity), infinity, value)
    value = b.select(b.fcmp_ordered("==", x, e.constant(of, 0)), e.constant(of, float("-inf")), value)
    return b.select(b.fcmp_ordered(">=", x, e.constant(of, 0)), value, e.constant(of, float("nan")))


ROOT_BITS = {23: 0x3F3504F3, 52: 0x3FE6A09E667F3BCD}
"""sqrt(1/2) in each format, as an integer."""
