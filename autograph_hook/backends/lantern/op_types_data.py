"""The result types of operations that shape arrays, of those on elements and lists, and of those that act; `op_types`
has those that compute.
"""

from __future__ import annotations

from .ir import BOOL, FLOATS, I64, INTEGERS, List, Op, Ptr, Scalar, Tensor, Type, array
from .op_types import (
    ANY,
    NUMBERS,
    Mismatch,
    Types,
    arity,
    axis_of,
    broadcast_shapes,
    need,
    numeric,
    same_dtype,
    shape_of,
    tensor,
)


def concatenate(op: Op) -> Types:
    arity(op, 1, 1000)
    first = tensor(op, 0)
    same_dtype(op, 0, len(op.args), ANY)
    axis = axis_of(op, len(first.shape))
    if axis is None:
        raise Mismatch("`concatenate` needs the attribute `:axis`")
    total = 0
    for k in range(len(op.args)):
        shape = tensor(op, k, dims=(len(first.shape),)).shape
        rest = shape[:axis] + shape[axis + 1 :]
        text = f"`concatenate` along axis {axis}: `{op.args[0]}` is {first}, `{op.args[k]}` is {op.args[k].type}"
        need(rest == first.shape[:axis] + first.shape[axis + 1 :], text)
        total += shape[axis]
    return (Tensor(first.dtype, (*first.shape[:axis], total, *first.shape[axis + 1 :])),)


def stack(op: Op) -> Types:
    arity(op, 1, 1000)
    first = numeric(op, 0)
    shape = shape_of(first)
    for arg in op.args:
        need(arg.type == first, f"`stack`: `{op.args[0]}` is {first}, `{arg}` is {arg.type}")
    axis = axis_of(op, len(shape) + 1) or 0
    return (Tensor(first.dtype, (*shape[:axis], len(op.args), *shape[axis:])),)


def numbers(op: Op, name: str, count: int | None = None, least: int | None = 0) -> tuple[int, ...]:
    """An attribute that is a tuple of integers."""
    value = op.attr(name)
    if not isinstance(value, tuple) or not all(type(v) is int and (least is None or v >= least) for v in value):
        raise Mismatch(f"`{op.name}` needs the attribute `:{name}`, a tuple of integers, not {value}")
    need(count is None or len(value) == count, f"`{op.name}`: `:{name}` has {len(value)} numbers, not {count}")
    return value


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for n in shape:
        size *= n
    return size


def reshape(op: Op) -> Types:
    arity(op, 1)
    type, shape = numeric(op, 0), numbers(op, "shape")
    need(_size(shape) == _size(shape_of(type)), f"`reshape` of {type} to {shape}: the sizes differ")
    return (array(type.dtype, shape),)


def transpose(op: Op) -> Types:
    arity(op, 1)
    type = tensor(op, 0)
    axes = numbers(op, "axes", len(type.shape))
    need(sorted(axes) == list(range(len(axes))), f"`transpose`: {axes} are not the axes of {type}")
    return (Tensor(type.dtype, tuple(type.shape[a] for a in axes)),)


def broadcast(op: Op) -> Types:
    arity(op, 1)
    type, shape = numeric(op, 0), numbers(op, "shape")
    need(broadcast_shapes(shape_of(type), shape) == shape, f"`broadcast` of {type} to {shape}")
    return (array(type.dtype, shape),)


def _region(op: Op, shape: tuple[int, ...]) -> tuple[int, ...]:
    starts, sizes = numbers(op, "start", len(shape)), numbers(op, "size", len(shape))
    steps = numbers(op, "step", len(shape), None)
    for n, start, size, step in zip(shape, starts, sizes, steps, strict=True):
        last = start + (size - 1) * step
        text = f"`{op.name}`: {size} elements from {start} in steps of {step} are not inside of {n}"
        need(size == 0 or (0 <= start < n and 0 <= last < n), text)
    return sizes


def slice_(op: Op) -> Types:
    arity(op, 1)
    type = tensor(op, 0)
    return (Tensor(type.dtype, _region(op, type.shape)),)


def place(op: Op) -> Types:
    arity(op, 1)
    type, shape = tensor(op, 0), numbers(op, "shape")
    need(_region(op, shape) == type.shape, f"`place`: the slice is not of the shape of `{op.args[0]}`, {type}")
    need(0 not in numbers(op, "step", None, None), "`place`: a step is 0")
    return (Tensor(type.dtype, shape),)


def element(op: Op, container: int, first: int) -> Type:
    """The type of what the indices from `first` on lead to in an operand."""
    type = op.args[container].type
    indices = op.args[first:]
    for index in indices:
        text = f"`{op.name}`: the index `{index}` is {index.type}, not i32 or i64"
        need(isinstance(index.type, Scalar) and index.type.dtype in INTEGERS, text)
    if isinstance(type, List):
        need(len(indices) == 1, f"`{op.name}` of a list takes 1 index, not {len(indices)}")
        return type.element
    shape = tensor(op, container).shape
    need(1 <= len(indices) <= len(shape), f"`{op.name}` of {type} takes 1 to {len(shape)} indices, not {len(indices)}")
    assert isinstance(type, Tensor)
    return array(type.dtype, shape[len(indices) :])


def idx(op: Op) -> Types:
    arity(op, 2, 100)
    return (element(op, 0, 1),)


def update(op: Op) -> Types:
    arity(op, 3, 100)
    wanted, given = element(op, 0, 2), op.args[1].type
    need(wanted == given, f"`{op.name}`: an element of `{op.args[0]}` is {wanted}, `{op.args[1]}` is {given}")
    return (op.args[0].type,)


def add_at(op: Op) -> Types:
    result = update(op)
    numeric(op, 1, NUMBERS)
    return result


def list_(op: Op) -> Types:
    of = op.attr("of")
    if not isinstance(of, Scalar | Tensor | List | Ptr):
        raise Mismatch(f"`list` needs the attribute `:of`, the type of its elements, not {of}")
    for arg in op.args:
        need(arg.type == of, f"`list` of {of}: `{arg}` is {arg.type}")
    return (List(of),)


def _list(op: Op, k: int) -> List:
    type = op.args[k].type
    if not isinstance(type, List):
        raise Mismatch(f"`{op.name}` takes a list; `{op.args[k]}` is {type}")
    return type


def fill(op: Op) -> Types:
    arity(op, 2)
    need(op.args[0].type == I64, f"`fill`: the length `{op.args[0]}` is {op.args[0].type}, not i64")
    return (List(op.args[1].type),)


def append(op: Op) -> Types:
    arity(op, 2)
    type, value = _list(op, 0), op.args[1]
    need(value.type == type.element, f"`append`: `{op.args[0]}` is {type}, `{value}` is {value.type}")
    return (type,)


def extend(op: Op) -> Types:
    arity(op, 2)
    a, b = _list(op, 0), _list(op, 1)
    need(a == b, f"`extend`: `{op.args[0]}` is {a}, `{op.args[1]}` is {b}")
    return (a,)


def len_(op: Op) -> Types:
    arity(op, 1)
    _list(op, 0)
    return (I64,)


def sublist(op: Op) -> Types:
    arity(op, 3)
    for index in op.args[1:]:
        need(index.type == I64, f"`sublist`: the bound `{index}` is {index.type}, not i64")
    return (_list(op, 0),)


def isnull(op: Op) -> Types:
    arity(op, 1)
    need(isinstance(op.args[0].type, Ptr), f"`isnull`: `{op.args[0]}` is {op.args[0].type}, not a pointer")
    return (BOOL,)


ERRORS = frozenset(
    ("ArithmeticError", "AssertionError", "AttributeError", "IndexError", "KeyError", "OverflowError", "RuntimeError")
) | {"TypeError", "ValueError", "ZeroDivisionError"}


def check(op: Op) -> Types:
    arity(op, 1)
    need(op.args[0].type == BOOL, f"`check`: `{op.args[0]}` is {op.args[0].type}, not bool")
    need(op.attr("error") in ERRORS, f"`check`: {op.attr('error')} is not one of {', '.join(sorted(ERRORS))}")
    need(isinstance(op.attr("message"), str), "`check` needs the attribute `:message`, a text")
    return ()


def accumulate(op: Op) -> Types:
    arity(op, 2)
    wanted, given = op.args[0].type, numeric(op, 1, FLOATS)
    need(wanted == given, f"`accumulate`: `{op.args[0]}` is {wanted}, `{op.args[1]}` is {given}")
    return ()


def accumulate_at(op: Op) -> Types:
    add_at(op)
    return ()


def accumulate_outer(op: Op) -> Types:
    arity(op, 3)
    z, x = tensor(op, 1, FLOATS, (1,)), tensor(op, 2, FLOATS, (1,))
    wanted, given = op.args[0].type, Tensor(same_dtype(op, 1, 3, FLOATS), z.shape + x.shape)
    need(wanted == given, f"`accumulate_outer`: `{op.args[0]}` is {wanted}, the product {given}")
    return ()
