"""All operations, one entry each: result types, meaning in NumPy, derivative, attributes, and what may be assumed.

Adding an operation is adding an entry, and code for it to the code generator. `ir` says in words what each one is.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from . import op_derivatives as d
from . import op_derivatives_arrays as da
from . import op_meanings as m
from . import op_types as t
from . import op_types_data as td
from .ir import FLOATS, INTEGERS, Op, Scalar, Tensor
from .op_types import ANY, NUMBERS, Mismatch, Types

BOOLS: Final = frozenset({"bool"})


@dataclass(frozen=True, slots=True)
class Operation:
    types: t.Rule
    meaning: m.Meaning
    derivative: d.Derivative | None = None
    attrs: frozenset[str] = frozenset()
    """The attributes that it may have; `types` says which it must."""
    elementwise: bool = False
    effect: bool = False
    """Does it act, rather than compute? Such an operation is never dropped, repeated, moved or merged."""
    fails: Callable[[Op], bool] = lambda op: False
    """May it raise for some operands of these types, overflow aside? Then it is not dropped."""


def _each(types: t.Rule, meaning: m.Meaning, derivative: d.Derivative | None = None, **more: object) -> Operation:
    return Operation(types, meaning, derivative, elementwise=True, **more)  # type: ignore[arg-type]


def _integers(op: Op) -> bool:
    """Of integer scalars: a division by zero, a negative exponent."""
    return all(isinstance(a.type, Scalar) and a.type.dtype in INTEGERS for a in op.args)


def _truncates(op: Op) -> bool:
    to, (x,) = op.attr("dtype"), op.args
    return isinstance(to, Scalar) and to.dtype in INTEGERS and isinstance(x.type, Scalar) and x.type.dtype in FLOATS


def _empty(op: Op) -> bool:
    type = op.args[0].type
    return isinstance(type, Tensor) and 0 in type.shape


def _always(op: Op) -> bool:
    return True


def _power_fails(op: Op) -> bool:
    """An integer tensor to a negative power raises as well."""
    return any(isinstance(a.type, Scalar | Tensor) and a.type.dtype in INTEGERS for a in op.args)


def _binary(function: Callable[..., object], on_integers: Callable[..., object], rule: d.Derivative) -> Operation:
    return _each(t.elementwise(2, NUMBERS), m.plain(function, on_integers), rule)


def _unary(function: Callable[..., object], rule: d.Derivative) -> Operation:
    return _each(t.elementwise(1, FLOATS), m.plain(function), rule)


def _comparison(name: str) -> Operation:
    dtypes = ANY if name in ("==", "!=") else NUMBERS
    return _each(t.elementwise(2, dtypes, "bool"), m.plain(*m.COMPARISONS[name]))


def _logic(count: int, function: Callable[..., object], on_bools: Callable[..., object]) -> Operation:
    return _each(t.elementwise(count, BOOLS), m.plain(function, on_bools))


def _some(*names: str) -> frozenset[str]:
    return frozenset(names)


REGION: Final = _some("start", "size", "step")

TABLE: Final[dict[str, Operation]] = {
    # Element-wise.
    "+": _binary(np.add, operator.add, d.ADD),
    "-": _binary(np.subtract, operator.sub, d.SUB),
    "*": _binary(np.multiply, operator.mul, d.MUL),
    "/": _each(t.elementwise(2, FLOATS), m.plain(np.true_divide), d.DIV),
    "//": _each(t.elementwise(2, NUMBERS), m.plain(np.floor_divide, operator.floordiv), d.FLOOR_DIV, fails=_integers),
    "%": _each(t.elementwise(2, NUMBERS), m.plain(np.remainder, operator.mod), d.MODULO, fails=_integers),
    "**": _each(t.elementwise(2, NUMBERS), m.plain(np.power, m.integer_power), d.POW, fails=_power_fails),
    "maximum": _binary(np.maximum, max, d.larger(">=")),
    "minimum": _binary(np.minimum, min, d.larger("<=")),
    "==": _comparison("=="),
    "!=": _comparison("!="),
    "<": _comparison("<"),
    "<=": _comparison("<="),
    ">": _comparison(">"),
    ">=": _comparison(">="),
    "and": _logic(2, np.logical_and, operator.and_),
    "or": _logic(2, np.logical_or, operator.or_),
    "not": _logic(1, np.logical_not, operator.not_),
    "neg": _each(t.elementwise(1, NUMBERS), m.plain(np.negative, operator.neg), d.NEG),
    "abs": _each(t.elementwise(1, NUMBERS), m.plain(np.abs, abs), d.ABS),
    "exp": _unary(np.exp, d.EXP),
    "log": _unary(np.log, d.LOG),
    "tanh": _unary(np.tanh, d.TANH),
    "sqrt": _unary(np.sqrt, d.SQRT),
    "sigmoid": _unary(m.sigmoid, d.SIGMOID),
    "relu": _each(t.elementwise(1, NUMBERS), m.plain(m.relu), d.RELU),
    "where": _each(t.where, m.plain(np.where), d.WHERE),
    "clip": _each(t.elementwise(3, NUMBERS), m.plain(m.clip), d.CLIP),
    "cast": _each(t.cast, m.cast, d.cast, attrs=_some("dtype"), fails=_truncates),
    # Reductions.
    "sum": Operation(t.reduction(NUMBERS), m.reduction(m.total), da.total, _some("axis")),
    "mean": Operation(t.reduction(FLOATS), m.reduction(m.mean), da.mean, _some("axis")),
    "max": Operation(t.reduction(NUMBERS), m.reduction(np.max), da.extreme, _some("axis"), fails=_empty),
    "min": Operation(t.reduction(NUMBERS), m.reduction(np.min), da.extreme, _some("axis"), fails=_empty),
    "argmax": Operation(t.reduction(NUMBERS, "i64"), m.reduction(np.argmax), None, _some("axis"), fails=_empty),
    "argmin": Operation(t.reduction(NUMBERS, "i64"), m.reduction(np.argmin), None, _some("axis"), fails=_empty),
    # Products.
    "dot": Operation(t.dot, m.plain(np.dot), da.dot),
    "outer": Operation(t.outer, m.plain(np.outer), da.outer),
    "matmul": Operation(t.matmul, m.matmul, da.matmul, _some("ta", "tb")),
    "products": Operation(t.products, m.products, da.products),
    "product_sum": Operation(t.product_sum, m.product_sum, da.product_sum, _some("ta")),
    # Of classifiers.
    "softmax": Operation(t.softmax, m.softmax, da.softmax),
    "log_softmax": Operation(t.softmax, m.log_softmax, da.log_softmax),
    "cross_entropy": Operation(t.cross_entropy, m.cross_entropy, da.cross_entropy, fails=_always),
    "cross_entropy_back": Operation(t.cross_entropy_back, m.cross_entropy_back, da.cross_entropy_back, fails=_always),
    # Shapes.
    "concatenate": Operation(td.concatenate, m.concatenate, da.concatenate, _some("axis")),
    "stack": Operation(td.stack, m.stack, da.stack, _some("axis")),
    "reshape": Operation(td.reshape, m.reshape, da.reshape, _some("shape")),
    "transpose": Operation(td.transpose, m.transpose, da.transpose, _some("axes")),
    "broadcast": Operation(td.broadcast, m.broadcast, da.broadcast, _some("shape")),
    "slice": Operation(td.slice_, m.slice_, da.slice_, REGION),
    "place": Operation(td.place, m.place, da.place, REGION | {"shape"}),
    # Elements of tensors and lists.
    "idx": Operation(td.idx, m.idx, da.idx, fails=_always),
    "update": Operation(td.update, m.update, da.update, fails=_always),
    "add_at": Operation(td.add_at, m.add_at, da.add_at, fails=_always),
    # Lists and records.
    "list": Operation(td.list_, m.list_, da.list_, _some("of")),
    "fill": Operation(td.fill, m.fill, da.fill),
    "append": Operation(td.append, m.append, da.append),
    "extend": Operation(td.extend, m.plain(operator.add), da.extend),
    "len": Operation(td.len_, m.plain(len)),
    "sublist": Operation(td.sublist, m.sublist, da.sublist),
    "isnull": Operation(td.isnull, m.isnull),
    # Effects. What `accumulate` means is the interpreter's business: it holds the gradients.
    "check": Operation(td.check, m.check, None, _some("error", "message"), effect=True),
    "accumulate": Operation(td.accumulate, m.outside, effect=True),
    "accumulate_at": Operation(td.accumulate_at, m.outside, effect=True),
    "accumulate_outer": Operation(td.accumulate_outer, m.outside, effect=True),
}


def result_types(op: Op) -> Types:
    """The types of the results; raises Mismatch where the operation does not take these operands and attributes.

    >>> from autograph_hook.backends.lantern.ir import Op, Tensor, Var
    >>> w, x = Var("w", Tensor("f32", (4, 3))), Var("x", Tensor("f32", (3,)))
    >>> [str(t) for t in result_types(Op("matmul", (w, x)))]
    ['(tensor f32 4)']
    >>> result_types(Op("matmul", (x, w)))
    Traceback (most recent call last):
    autograph_hook.backends.lantern.op_types.Mismatch: `matmul`: `x` is (tensor f32 3), `w` is (tensor f32 4 3): the \
inner dimensions 3 and 4 differ
    """
    entry = TABLE.get(op.name)
    if entry is None:
        raise Mismatch(f"there is no operation `{op.name}`")
    unknown = [name for name, _ in op.attrs if name not in entry.attrs]
    if unknown:
        raise Mismatch(f"`{op.name}` has no attribute `:{unknown[0]}`")
    return entry.types(op)


def is_fusible(op: Op) -> bool:
    """May this element-wise operation stand in a `map`? Not where scalars could overflow or divide by zero."""
    (result,) = result_types(op)
    assert isinstance(result, Scalar | Tensor)
    return result.dtype not in INTEGERS and not TABLE[op.name].fails(op)
