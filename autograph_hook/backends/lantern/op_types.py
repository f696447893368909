"""The result types of the operations, from their operands and attributes: the rules that `ops.TABLE` names.

A rule returns the types of all results or raises :class:`Mismatch`, whose text says what does not fit; the verifier
adds where.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from .ir import FLOATS, INTEGERS, Dtype, Op, Scalar, Tensor, Type, array


class Mismatch(Exception):
    """Types, shapes or attributes that an operation does not take."""


Types: TypeAlias = tuple[Type, ...]
Rule: TypeAlias = Callable[[Op], Types]
NUMBERS = FLOATS | INTEGERS
ANY = NUMBERS | {"bool"}


def need(true: bool, text: str) -> None:
    if not true:
        raise Mismatch(text)


def arity(op: Op, least: int, most: int | None = None) -> None:
    most = least if most is None else most
    given = len(op.args)
    if not least <= given <= most:
        wanted = str(least) if least == most else f"{least} or more" if most > 99 else f"{least} to {most}"
        raise Mismatch(f"`{op.name}` takes {wanted} operands, not {given}")


def numeric(op: Op, k: int, dtypes: frozenset[str] | set[str] = ANY) -> Scalar | Tensor:
    """The type of an operand that must be a scalar or a tensor of one of these dtypes."""
    type = op.args[k].type
    if not isinstance(type, Scalar | Tensor) or type.dtype not in dtypes:
        kinds = "any dtype" if dtypes == ANY else " or ".join(sorted(dtypes))
        raise Mismatch(f"`{op.name}` takes scalars or tensors of {kinds}; `{op.args[k]}` is {type}")
    return type


def tensor(op: Op, k: int, dtypes: frozenset[str] | set[str] = ANY, dims: tuple[int, ...] = ()) -> Tensor:
    type = numeric(op, k, dtypes)
    if not isinstance(type, Tensor) or (dims and len(type.shape) not in dims):
        wanted = f"of {' or '.join(map(str, dims))} dimensions" if dims else "with dimensions"
        raise Mismatch(f"`{op.name}` takes a tensor {wanted}; `{op.args[k]}` is {type}")
    return type


def shape_of(type: Type) -> tuple[int, ...]:
    return type.shape if isinstance(type, Tensor) else ()


def same_dtype(op: Op, first: int, last: int, dtypes: frozenset[str] | set[str]) -> Dtype:
    dtype = numeric(op, first, dtypes).dtype
    for k in range(first + 1, last):
        other = numeric(op, k, dtypes)
        text = f"`{op.args[first]}` is {op.args[first].type}, `{op.args[k]}` is {other}"
        need(other.dtype == dtype, f"the operands of `{op.name}` differ in dtype: {text}")
    return dtype


def broadcast_shapes(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that NumPy broadcasts these to."""
    result: list[int] = []
    for axis in range(-max((len(s) for s in shapes), default=0), 0):
        sizes = {s[axis] for s in shapes if len(s) >= -axis} - {1}
        if len(sizes) > 1:
            raise Mismatch(f"shapes {' and '.join(map(str, shapes))} do not broadcast")
        result.append(sizes.pop() if sizes else 1)
    return tuple(result)


def _together(op: Op) -> tuple[int, ...]:
    try:
        return broadcast_shapes(*(shape_of(a.type) for a in op.args))
    except Mismatch as error:
        raise Mismatch(f"`{op.name}`: {error}") from None


def elementwise(count: int, dtypes: frozenset[str] | set[str], result: Dtype | None = None) -> Rule:
    """Operands of one dtype, broadcast; the result is of that dtype, or of the one given."""

    def rule(op: Op) -> Types:
        arity(op, count)
        dtype = same_dtype(op, 0, count, dtypes)
        return (array(result or dtype, _together(op)),)

    return rule


def where(op: Op) -> Types:
    arity(op, 3)
    numeric(op, 0, {"bool"})
    return (array(same_dtype(op, 1, 3, ANY), _together(op)),)


def cast(op: Op) -> Types:
    arity(op, 1)
    dtype = op.attr("dtype")
    if not isinstance(dtype, Scalar):
        raise Mismatch(f"`cast` needs the attribute `:dtype`, a scalar type, not {dtype}")
    return (array(dtype.dtype, shape_of(numeric(op, 0))),)


def axis_of(op: Op, dims: int) -> int | None:
    axis = op.attr("axis")
    if axis is None:
        return None
    if not isinstance(axis, int) or isinstance(axis, bool) or not 0 <= axis < dims:
        raise Mismatch(f"`{op.name}`: axis {axis} is not one of 0 to {dims - 1}")
    return axis


def reduction(dtypes: frozenset[str] | set[str], result: Dtype | None = None) -> Rule:
    """Of a whole tensor, or along `:axis`."""

    def rule(op: Op) -> Types:
        arity(op, 1)
        type = tensor(op, 0, dtypes)
        axis = axis_of(op, len(type.shape))
        shape = () if axis is None else type.shape[:axis] + type.shape[axis + 1 :]
        return (array(result or type.dtype, shape),)

    return rule


def dot(op: Op) -> Types:
    arity(op, 2)
    a, b = tensor(op, 0, NUMBERS, (1,)), tensor(op, 1, NUMBERS, (1,))
    same_dtype(op, 0, 2, NUMBERS)
    need(a.shape == b.shape, f"`dot` of vectors of {a.shape[0]} and {b.shape[0]} elements")
    return (Scalar(a.dtype),)


def outer(op: Op) -> Types:
    arity(op, 2)
    a, b = tensor(op, 0, NUMBERS, (1,)), tensor(op, 1, NUMBERS, (1,))
    return (Tensor(same_dtype(op, 0, 2, NUMBERS), a.shape + b.shape),)


def _product(op: Op, first: int, second: int, ta: bool, tb: bool) -> Scalar | Tensor:
    a, b = tensor(op, first, NUMBERS, (1, 2)), tensor(op, second, NUMBERS, (1, 2))
    left, right = a.shape[::-1] if ta else a.shape, b.shape[::-1] if tb else b.shape
    text = f"`{op.name}`: `{op.args[first]}` is {a}, `{op.args[second]}` is {b}"
    need(a.dtype == b.dtype, f"{text}: the dtypes differ")
    need(not (ta and len(left) == 1) and not (tb and len(right) == 1), f"{text}: a vector is not transposed")
    need(left[-1] == right[0], f"{text}: the inner dimensions {left[-1]} and {right[0]} differ")
    return array(a.dtype, left[:-1] + right[1:])


def matmul(op: Op) -> Types:
    arity(op, 2)
    return (_product(op, 0, 1, bool(op.attr("ta")), bool(op.attr("tb"))),)


def products(op: Op) -> Types:
    arity(op, 2, 1000)
    return tuple(_product(op, k, len(op.args) - 1, False, False) for k in range(len(op.args) - 1))


def product_sum(op: Op) -> Types:
    arity(op, 2, 1000)
    need(len(op.args) % 2 == 0, "`product_sum` takes pairs of operands")
    types = {_product(op, k, k + 1, bool(op.attr("ta")), False) for k in range(0, len(op.args), 2)}
    need(len(types) == 1, f"the products of `product_sum` differ in type: {', '.join(sorted(map(str, types)))}")
    return (types.pop(),)


def softmax(op: Op) -> Types:
    arity(op, 1)
    return (tensor(op, 0, FLOATS),)


def cross_entropy(op: Op) -> Types:
    arity(op, 2)
    logits, label = tensor(op, 0, FLOATS, (1, 2)), numeric(op, 1, INTEGERS)
    text = f"`cross_entropy`: the logits are {logits}, the labels {label}"
    need(shape_of(label) == logits.shape[:-1], text)
    return (array(logits.dtype, logits.shape[:-1]),)


def cross_entropy_back(op: Op) -> Types:
    arity(op, 3)
    (wanted,) = cross_entropy(Op("cross_entropy", op.args[1:]))
    need(op.args[0].type == wanted, f"`cross_entropy_back`: `{op.args[0]}` is {op.args[0].type}, not {wanted}")
    return (op.args[1].type,)
