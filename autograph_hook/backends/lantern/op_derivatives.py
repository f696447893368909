"""The derivatives of the operations: given the gradients of the results, those of the operands.

A rule hands each operand that wants it its share, by a :class:`Reverse`, which emits operations into the adjoint.
`ds` has None for a result that nothing depends on. The values of operands and results may be used as they are: what
is used is what the forward function saves. At kinks: the first operand of maximum and minimum gets all where both are
equal, max and min divide it among equals, the derivative of relu and abs at 0 is 0, and that of clip at a bound is 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

from .ir import FLOATS, Attr, Op, Scalar, Tensor, Type, Var
from .op_types import shape_of


class Reverse(Protocol):
    """What a rule may do."""

    def wants(self, var: Var) -> bool:
        """Is the gradient of this operand asked for?"""

    def op(self, name: str, *args: Var, **attrs: Attr | None) -> Var: ...

    def lit(self, value: float | int | bool, type: Type) -> Var: ...

    def give(self, var: Var, d: Var) -> None:
        """This share of the gradient of an operand, of its type."""

    def give_outer(self, var: Var, z: Var, x: Var) -> None:
        """The share outer(z, x)."""

    def give_at(self, var: Var, d: Var, indices: Sequence[Var]) -> None:
        """The share that is d at var[indices], else zero."""

    def give_part(self, var: Var, part: Var, d: Var, start: Var) -> None:
        """The share of a list that is d where `part` was taken from it, from `start` on."""

    def cleared(self, d: Var, indices: Sequence[Var]) -> Var:
        """d with zero at these indices."""

    def at(self, d: Var, index: Var) -> Var:
        """d[index], where d is the gradient of a list."""

    def total(self, d: Var) -> Var:
        """The sum of the elements of the gradient of a list."""


Derivative: TypeAlias = Callable[[Reverse, Op, Sequence[Var], Sequence["Var | None"]], None]


def dtype_of(var: Var) -> Scalar:
    assert isinstance(var.type, Scalar | Tensor)
    return Scalar(var.type.dtype)


def fit(r: Reverse, d: Var, var: Var) -> Var:
    """The gradient of an operand that was broadcast: summed over what it was repeated along."""
    wanted, given = shape_of(var.type), shape_of(d.type)
    if wanted == given:
        return d
    extra = len(given) - len(wanted)
    if not wanted or not any(n != 1 for n in wanted):
        whole = r.op("sum", d)
        return r.op("reshape", whole, shape=wanted) if wanted else whole
    for axis in reversed(range(len(given))):
        if axis < extra or (wanted[axis - extra] == 1 and given[axis] != 1):
            d = r.op("sum", d, axis=axis)
    return d if shape_of(d.type) == wanted else r.op("reshape", d, shape=wanted)


Partial: TypeAlias = Callable[[Reverse, Op, Var, Var], Var]


def partials(*rules: Partial | None) -> Derivative:
    """Of an element-wise operation: for each operand (r, op, result, d) -> its share, before `fit`."""

    def derivative(r: Reverse, op: Op, outs: Sequence[Var], ds: Sequence[Var | None]) -> None:
        (d,) = ds
        for var, rule in zip(op.args, rules, strict=True):
            if d is not None and rule is not None and r.wants(var):
                r.give(var, fit(r, rule(r, op, outs[0], d), var))

    return derivative


def _masked(r: Reverse, mask: Var, d: Var, when: bool = True) -> Var:
    zero = r.lit(0.0, dtype_of(d))
    return r.op("where", mask, d, zero) if when else r.op("where", mask, zero, d)


def _power_base(r: Reverse, op: Op, out: Var, d: Var) -> Var:
    base, exponent = op.args
    one, zero = r.lit(1.0, dtype_of(base)), r.lit(0.0, dtype_of(base))
    slope = r.op("*", exponent, r.op("**", base, r.op("-", exponent, one)))
    constant = r.op("==", exponent, zero)
    return r.op("*", d, r.op("where", constant, zero, slope))


def _power_exponent(r: Reverse, op: Op, out: Var, d: Var) -> Var:
    base = op.args[0]
    one, zero = r.lit(1.0, dtype_of(base)), r.lit(0.0, dtype_of(base))
    positive = r.op(">", base, zero)
    log = r.op("log", r.op("where", positive, base, one))
    return r.op("*", d, r.op("*", out, log))


def _sign(r: Reverse, op: Op, out: Var, d: Var) -> Var:
    zero = r.lit(0.0, dtype_of(d))
    below = _masked(r, r.op("<", op.args[0], zero), r.op("neg", d))
    return r.op("where", r.op(">", op.args[0], zero), d, below)


def _root(r: Reverse, op: Op, out: Var, d: Var) -> Var:
    return r.op("/", d, r.op("+", out, out))


def _tanh(r: Reverse, op: Op, out: Var, d: Var) -> Var:
    return r.op("*", d, r.op("-", r.lit(1.0, dtype_of(d)), r.op("*", out, out)))


def _sigmoid(r: Reverse, op: Op, out: Var, d: Var) -> Var:
    return r.op("*", d, r.op("*", out, r.op("-", r.lit(1.0, dtype_of(d)), out)))


def _relu(r: Reverse, op: Op, out: Var, d: Var) -> Var:
    return _masked(r, r.op(">", op.args[0], r.lit(0.0, dtype_of(d))), d)


def _inside(r: Reverse, op: Op, out: Var, d: Var) -> Var:
    x, lo, hi = op.args
    return _masked(r, r.op("and", r.op(">=", x, lo), r.op("<=", x, hi)), d)


def _below(r: Reverse, op: Op, out: Var, d: Var) -> Var:
    return _masked(r, r.op("<", op.args[0], op.args[1]), d)


def _above(r: Reverse, op: Op, out: Var, d: Var) -> Var:
    return _masked(r, r.op(">", op.args[0], op.args[2]), d)


ADD = partials(lambda r, op, out, d: d, lambda r, op, out, d: d)
SUB = partials(lambda r, op, out, d: d, lambda r, op, out, d: r.op("neg", d))
MUL = partials(lambda r, op, out, d: r.op("*", d, op.args[1]), lambda r, op, out, d: r.op("*", d, op.args[0]))
DIV = partials(
    lambda r, op, out, d: r.op("/", d, op.args[1]),
    lambda r, op, out, d: r.op("neg", r.op("/", r.op("*", d, out), op.args[1])),
)
POW = partials(_power_base, _power_exponent)
NEG = partials(lambda r, op, out, d: r.op("neg", d))
ABS = partials(_sign)
EXP = partials(lambda r, op, out, d: r.op("*", d, out))
LOG = partials(lambda r, op, out, d: r.op("/", d, op.args[0]))
TANH = partials(_tanh)
SQRT = partials(_root)
SIGMOID = partials(_sigmoid)
RELU = partials(_relu)
CLIP = partials(_inside, _below, _above)
WHERE = partials(
    None,
    lambda r, op, out, d: _masked(r, op.args[0], d),
    lambda r, op, out, d: _masked(r, op.args[0], d, False),
)
FLOOR_DIV = partials(None, None)


def _modulo_divisor(r: Reverse, op: Op, out: Var, d: Var) -> Var:
    return r.op("neg", r.op("*", d, r.op("//", *op.args)))


MODULO = partials(lambda r, op, out, d: d, _modulo_divisor)


def larger(comparison: str) -> Derivative:
    """Of maximum (`>=`) and minimum (`<=`)."""
    return partials(
        lambda r, op, out, d: _masked(r, r.op(comparison, *op.args), d),
        lambda r, op, out, d: _masked(r, r.op(comparison, *op.args), d, False),
    )


def one_result(rule: Callable[[Reverse, Op, Var, Var], None]) -> Derivative:
    """A rule for an operation of one result, asked only where there is a gradient."""

    def derivative(r: Reverse, op: Op, outs: Sequence[Var], ds: Sequence[Var | None]) -> None:
        if ds[0] is not None:
            rule(r, op, outs[0], ds[0])

    return derivative


@one_result
def cast(r: Reverse, op: Op, out: Var, d: Var) -> None:
    (x,) = op.args
    if r.wants(x) and dtype_of(x).dtype in FLOATS:
        r.give(x, r.op("cast", d, dtype=dtype_of(x)))
