"""Sums, means, extremes and products of arrays."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from autograph_hook.backends.lantern.arithmetic import (
    binary,
    common,
    python_int,
    shape_of,
    var_of,
)
from autograph_hook.backends.lantern.ir import I64, Scalar
from autograph_hook.backends.lantern.numpy_elementwise import truths
from autograph_hook.backends.lantern.numpy_shapes import reshape
from autograph_hook.backends.lantern.numpy_table import (
    TABLE,
    implements,
    operand,
    strong,
)
from autograph_hook.backends.lantern.symbols import wrapped
from autograph_hook.backends.lantern.tracing import error, session

# Reductions.

_ON_BOOLS = {"any": "max", "all": "min"}


def reduce(name: str, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    x = operand(x)
    s = session()
    if axis is not None and not isinstance(axis, int):
        if isinstance(axis, tuple):
            for one in sorted((a % x.ndim for a in axis), reverse=True):
                x = reduce(name, x, one, keepdims)
            return x
        axis = python_int(axis, "the axis")
    shape = shape_of(x)
    if axis is not None:
        if not -len(shape) <= axis < len(shape):
            raise error(f"axis {axis} is out of bounds for array of dimension {len(shape)}")
        axis %= len(shape)
    dtype = strong(x)
    if name in ("any", "all"):
        var = s.op("cast", truths(x), dtype=I64)
        if isinstance(var.type, Scalar):
            return wrapped(truths(x))
        count = s.op("sum", var, axis=axis)
        wanted = 0 if name == "any" else (x.size if axis is None else shape[axis])
        return wrapped(s.op("!=" if name == "any" else "==", count, s.lit(wanted, I64)))
    if name == "prod":
        raise error("calls prod(), which Lantern has not")
    if name == "mean" and dtype not in ("f32", "f64"):
        dtype = "f64"
    if name == "sum" and dtype in ("bool", "i32"):
        dtype = "i64"
    if name in ("max", "min") and dtype == "bool":
        return reduce("any" if name == "max" else "all", x, axis, keepdims)
    if not shape:
        return x if name not in ("argmax", "argmin") else np.int64(0)
    var = s.op(name, var_of(x, dtype), axis=axis)
    if keepdims:
        var = s.op("reshape", var, shape=tuple(1 if axis in (None, k) else n for k, n in enumerate(shape)))
    return wrapped(var)


for _name in ("sum", "mean", "max", "min", "argmax", "argmin", "any", "all", "prod"):
    implements(_name)(functools.partial(reduce, _name))
implements("amax")(functools.partial(reduce, "max"))
implements("amin")(functools.partial(reduce, "min"))


# Products.


@implements("matmul")
def matmul(a: Any, b: Any) -> Any:
    a, b = operand(a), operand(b)
    if not shape_of(a) or not shape_of(b):
        raise error("`@` of a number")
    if len(shape_of(a)) > 2 or len(shape_of(b)) > 2:
        raise error("`@` of arrays of more than two dimensions")
    dtype = common(a, b)
    if dtype == "bool":
        raise error("`@` of arrays of bool")
    x, y = var_of(a, dtype), var_of(b, dtype)
    s = session()
    flags = {}
    for flag, var in (("ta", x), ("tb", y)):
        name, args = s.origin(var)
        if name == "transpose" and len(var.type.shape) == 2:  # type: ignore[union-attr]
            flags[flag] = args[0]
    if len(x.type.shape) == len(y.type.shape) == 1:  # type: ignore[union-attr]
        return wrapped(s.op("dot", x, y))
    return wrapped(s.op("matmul", flags.get("ta", x), flags.get("tb", y), ta="ta" in flags, tb="tb" in flags))


@implements("dot")
def dot(a: Any, b: Any) -> Any:
    a, b = operand(a), operand(b)
    if not shape_of(a) or not shape_of(b):
        return binary("*", a, b)
    return matmul(a, b)


@implements("inner", "vdot")
def inner(a: Any, b: Any) -> Any:
    if len(shape_of(operand(a))) != 1 or len(shape_of(operand(b))) != 1:
        raise error("np.inner of arrays of several dimensions")
    return matmul(a, b)


@implements("outer")
def outer(a: Any, b: Any) -> Any:
    a, b = reshape(operand(a), (-1,)), reshape(operand(b), (-1,))
    dtype = common(a, b)
    return wrapped(session().op("outer", var_of(a, dtype), var_of(b, dtype)))


@implements(np.linalg.norm)
def norm(x: Any) -> Any:
    x = reshape(operand(x), (-1,))
    return TABLE[id(np.sqrt)](matmul(x, x))


