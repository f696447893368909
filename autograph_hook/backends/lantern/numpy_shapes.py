"""New arrays, and other shapes of arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograph_hook.backends.lantern import lists
from autograph_hook.backends.lantern.arithmetic import (
    as_symbol,
    cast_to,
    common,
    dtype_name,
    full,
    is_python,
    python_int,
    shape_of,
    var_of,
)
from autograph_hook.backends.lantern.ir import Scalar, Tensor, Var
from autograph_hook.backends.lantern.numpy_table import (
    MAKING,
    Function,
    holds_symbol,
    implements,
    operand,
    plain_dtype,
    strong,
)
from autograph_hook.backends.lantern.symbols import Array, Number, wrapped
from autograph_hook.backends.lantern.tracing import error, session


def shape_given(shape: Any) -> tuple[int, ...]:
    given = shape if isinstance(shape, tuple | list) else (shape,)
    return tuple(python_int(n, "a shape") for n in given)


@implements("reshape")
def reshape(x: Any, shape: Any = None, **more: Any) -> Any:
    x = operand(x)
    wanted = list(shape_given(more.get("newshape", shape)))
    size = math.prod(shape_of(x))
    if wanted.count(-1) == 1:
        rest = -math.prod(wanted)
        if rest == 0 or size % rest:
            raise error(f"cannot reshape array of size {size} into shape {tuple(wanted)}")
        wanted[wanted.index(-1)] = size // rest
    if math.prod(wanted) != size:
        raise error(f"cannot reshape array of size {size} into shape {tuple(wanted)}")
    made = session().op("reshape", var_of(x, strong(x)), shape=tuple(wanted))
    return _new_view(made, x)


def _new_view(var: Var, of: Any) -> Any:
    """NumPy gives a view, which a change would tell from a copy: neither may change."""
    made = wrapped(var)
    if isinstance(made, Array) and isinstance(of, Array):
        made.fixed = "of which another one is a view"
        made.of_base(of, None, None)
        _freeze(of)
    return made


def _freeze(array: Array) -> None:
    if array.base is None and array.fixed is None:
        array.fixed = "of which another one is a view"


@implements("ravel")
def ravel(x: Any) -> Any:
    return reshape(x, (-1,))


@implements("transpose")
def transpose(x: Any, axes: Any = None) -> Any:
    x = operand(x)
    n = len(shape_of(x))
    if n < 2:
        return x
    order = tuple(range(n))[::-1] if axes is None else tuple(int(a) % n for a in axes)
    if sorted(order) != list(range(n)):
        raise error(f"axes {axes} don't match an array of {n} dimensions")
    return _new_view(session().op("transpose", session().var(x), axes=order), x)


@implements("expand_dims")
def expand_dims(x: Any, axis: int) -> Any:
    shape = list(shape_of(operand(x)))
    shape.insert(axis % (len(shape) + 1), 1)
    return reshape(x, tuple(shape))


@implements("squeeze")
def squeeze(x: Any, axis: Any = None) -> Any:
    shape = shape_of(operand(x))
    kept = [n for k, n in enumerate(shape) if n != 1 or (axis is not None and k != axis % len(shape))]
    return reshape(x, tuple(kept))


@implements("broadcast_to")
def broadcast_to(x: Any, shape: Any) -> Any:
    x = operand(x)
    return full(x, strong(x), shape_given(shape))


def _parts(values: Any) -> list[Any]:
    if isinstance(values, Array):
        return list(values)
    if type(values) is list and lists.is_staged(values):
        raise error("puts together the arrays of a list whose length is known only when the compiled code runs")
    return [operand(v) for v in values]


@implements("concatenate")
def concatenate(values: Any, axis: int | None = 0) -> Any:
    parts = _parts(values)
    if axis is None:
        parts, axis = [reshape(p, (-1,)) for p in parts], 0
    if not parts or not shape_of(parts[0]):
        raise error("zero-dimensional arrays cannot be concatenated")
    dtype = common(*parts)
    vars = [var_of(p, dtype) for p in parts]
    return wrapped(session().op("concatenate", *vars, axis=axis % len(shape_of(parts[0]))))


@implements("hstack")
def hstack(values: Any) -> Any:
    parts = [p if shape_of(p) else reshape(p, (1,)) for p in _parts(values)]
    return concatenate(parts, 0 if len(shape_of(parts[0])) == 1 else 1)


@implements("vstack")
def vstack(values: Any) -> Any:
    return concatenate([p if len(shape_of(p)) > 1 else reshape(p, (1, -1)) for p in _parts(values)], 0)


@implements("stack")
def stack(values: Any, axis: int = 0) -> Any:
    parts = _parts(values)
    if not parts:
        raise error("need at least one array to stack")
    dtype = common(*parts) if not all(map(is_python, parts)) else _strongest(parts)
    vars = [var_of(p, dtype) for p in parts]
    return wrapped(session().op("stack", *vars, axis=axis % (len(shape_of(parts[0])) + 1)))


def _strongest(parts: Sequence[Any]) -> Any:
    return dtype_name(np.result_type(*map(plain_dtype, parts)))


# New arrays.


def _made(kind: Any, default: Any = np.float64) -> Any:
    return dtype_name(default if kind is None else kind)


@implements("zeros", "empty")
def zeros(shape: Any, dtype: Any = None) -> Any:
    return full(0, _made(dtype), shape_given(shape))


@implements("ones")
def ones(shape: Any, dtype: Any = None) -> Any:
    return full(1, _made(dtype), shape_given(shape))


@implements("full")
def full_(shape: Any, fill_value: Any, dtype: Any = None) -> Any:
    value = operand(fill_value)
    return full(value, _made(dtype, plain_dtype(value)), shape_given(shape))


def _like(value: Any) -> Function:
    def function(x: Any, *given: Any, dtype: Any = None) -> Any:
        x = operand(x)
        return full(given[0] if given else value, _made(dtype, plain_dtype(x)), shape_of(x))

    return function


zeros_like = implements("zeros_like", "empty_like")(_like(0))
ones_like = implements("ones_like")(_like(1))
full_like = implements("full_like")(_like(0))


@implements("array", "asarray", "ascontiguousarray")
def array(value: Any, dtype: Any = None, **more: Any) -> Any:
    if isinstance(value, np.ndarray):
        value = as_symbol(value)
    if isinstance(value, Array):
        return copy(value) if dtype is None else cast_to(value, dtype)
    if type(value) is list and lists.is_staged(value):
        raise error("makes an array of a list whose length is known only when the compiled code runs")
    if not holds_symbol(value):
        return constant(np.array(value, dtype))
    if isinstance(value, Number):
        made = wrapped(session().var(value))
        return made if dtype is None else cast_to(made, dtype)
    parts = [array(v) if isinstance(v, list | tuple) else v for v in value]
    made = stack(parts)
    return made if dtype is None else cast_to(made, dtype)


def constant(value: Any) -> Any:
    """An array that the traced code itself has made."""
    s = session()
    name = dtype_name(value.dtype)
    if not value.shape:
        return value[()]
    if value.size <= 64 or name == "bool":
        rows = [s.lit(x.item(), Scalar(name)) for x in value.ravel()]
        if not rows:
            return full(0, name, value.shape)
        var = s.op("stack", *rows, axis=0)
        return wrapped(var if value.ndim == 1 else s.op("reshape", var, shape=value.shape))
    var = s.constant(Tensor(name, value.shape), "const")
    s.constants[var.name] = np.ascontiguousarray(value)
    return Array(s.op("reshape", var, shape=value.shape), s.frame)


@implements("copy")
def copy(x: Any) -> Any:
    x = operand(x)
    return wrapped(session().var(x)) if isinstance(x, Array) else x


@implements("arange")
def arange(*bounds: Any, dtype: Any = None) -> Any:
    numbers = [b if isinstance(b, float) else python_int(b, "a bound of np.arange") for b in bounds]
    return constant(np.arange(*numbers, dtype=dtype))


@implements("eye", "identity")
def eye(n: Any, m: Any = None, dtype: Any = float) -> Any:
    return constant(np.eye(python_int(n, "a shape"), m, dtype=dtype))


@implements("linspace")
def linspace(*given: Any, **more: Any) -> Any:
    return constant(np.linspace(*given, **more))


def _scalar_type(kind: Any) -> Function:
    def function(x: Any = 0) -> Any:
        return cast_to(operand(x), kind)

    return function


for _kind in (np.float32, np.float64, np.int32, np.int64, np.bool_):
    implements(_kind)(_scalar_type(_kind))


MAKING.update((zeros, ones, full_, array, arange, eye, linspace, zeros_like, ones_like, full_like))
MAKING.update((stack, concatenate, hstack, vstack))


@implements("shape")
def shape(x: Any) -> Any:
    return shape_of(operand(x))


@implements("ndim")
def ndim(x: Any) -> Any:
    return len(shape_of(operand(x)))


@implements("size")
def size(x: Any) -> Any:
    return math.prod(shape_of(operand(x)))


@implements("cumsum")
def cumsum(x: Any) -> Any:
    parts = list(operand(x))
    sums = parts[:1]
    for part in parts[1:]:
        sums.append(sums[-1] + part)
    return stack(sums)


