"""NumPy's functions that work on each element, and those of `math`."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from autograph_hook.backends.lantern.arithmetic import (
    binary,
    common,
    dtype_name,
    is_python,
    unary,
    var_of,
)
from autograph_hook.backends.lantern.ir import F64, Scalar, Var
from autograph_hook.backends.lantern.numpy_table import (
    TABLE,
    Function,
    implements,
    operand,
    plain_dtype,
    strong,
)
from autograph_hook.backends.lantern.symbols import Number, Numeric, wrapped
from autograph_hook.backends.lantern.tracing import error, session


def _floats(name: str) -> Function:
    def function(x: Any) -> Any:
        x = operand(x)
        dtype = strong(x)
        if dtype not in ("f32", "f64"):
            dtype = "f64"
        return wrapped(session().op(name, var_of(x, dtype)))

    return function


for _name in ("exp", "log", "tanh", "sqrt"):
    implements(_name)(_floats(_name))
exp, log = (TABLE[id(getattr(np, n))] for n in ("exp", "log"))
sigmoid = _floats("sigmoid")


@implements("log1p")
def log1p(x: Any) -> Any:
    return log(binary("+", operand(x), 1.0))


@implements("square")
def square(x: Any) -> Any:
    x = operand(x)
    return binary("*", x, x)


@implements("sign")
def sign(x: Any) -> Any:
    x = operand(x)
    return where(binary(">", x, 0), 1, where(binary("<", x, 0), -1, 0), like=x)


@implements("abs", "absolute", "fabs")
def absolute(x: Any) -> Any:
    return unary("abs", operand(x))


@implements("negative")
def negative(x: Any) -> Any:
    return unary("neg", operand(x))


def _binary(symbol: str) -> Function:
    def function(x: Any, y: Any) -> Any:
        made = binary(symbol, operand(x), operand(y))
        return wrapped(session().var(made)) if isinstance(made, Number) else made

    return function


for _name, _symbol in {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "true_divide": "/", "floor_divide": "//",
    "remainder": "%", "mod": "%", "power": "**", "equal": "==", "not_equal": "!=", "less": "<", "less_equal": "<=",
    "greater": ">", "greater_equal": ">=", "bitwise_and": "&", "bitwise_or": "|", "bitwise_xor": "^",
}.items():  # fmt: skip
    implements(_name)(_binary(_symbol))


def _extreme(name: str) -> Function:
    def function(x: Any, y: Any) -> Any:
        x, y = operand(x), operand(y)
        dtype = common(x, y)
        return wrapped(session().op(name, var_of(x, dtype), var_of(y, dtype)))

    return function


maximum = implements("maximum", "fmax")(_extreme("maximum"))
minimum = implements("minimum", "fmin")(_extreme("minimum"))


def truths(x: Any) -> Var:
    x = operand(x)
    if not isinstance(x, Numeric):
        return var_of(bool(x), "bool")
    s = session()
    if x.ir.dtype == "bool":
        return s.var(x)
    return s.op("!=", s.var(x), s.lit(0.0 if x.ir.dtype[0] == "f" else 0, Scalar(x.ir.dtype)))


def _logical(name: str) -> Function:
    def function(*given: Any) -> Any:
        return wrapped(session().op(name, *map(truths, given)))

    return function


for _name in ("and", "or", "not"):
    implements(f"logical_{_name}")(_logical(_name))


@implements("where")
def where(condition: Any, x: Any = None, y: Any = None, like: Any = None) -> Any:
    if x is None or y is None:
        raise error("np.where with a condition only: how many there are is known only when the compiled code runs")
    x, y = operand(x), operand(y)
    dtype = strong(like) if like is not None else common(x, y)
    if like is None and is_python(x) and is_python(y):
        dtype = dtype_name(np.result_type(*[plain_dtype(v) for v in (x, y)]))
    return wrapped(session().op("where", truths(condition), var_of(x, dtype), var_of(y, dtype)))


@implements("clip")
def clip(x: Any, a_min: Any = None, a_max: Any = None, **more: Any) -> Any:
    low, high = more.get("min", a_min), more.get("max", a_max)
    x = operand(x)
    given = [v for v in (low, high) if v is not None]
    dtype = common(x, *map(operand, given))
    var = var_of(x, dtype)
    s = session()
    if low is not None and high is not None:
        return wrapped(s.op("clip", var, var_of(operand(low), dtype), var_of(operand(high), dtype)))
    for name, bound in (("maximum", low), ("minimum", high)):
        if bound is not None:
            var = s.op(name, var, var_of(operand(bound), dtype))
    return wrapped(var)


@implements("isnan")
def isnan(x: Any) -> Any:
    return binary("!=", operand(x), operand(x))


# Python's `math`.


def _math(name: str) -> Function:
    def function(x: Any) -> Any:
        s = session()
        if not isinstance(x, Number):
            raise error(f"math.{name}() is given a {type(x).__name__}")
        var = var_of(x, "f64")
        zero = s.lit(0.0, F64)
        if name == "sqrt":
            s.check(s.op(">=", var, zero), "ValueError", "math domain error")
        elif name == "log":
            s.check(s.op(">", var, zero), "ValueError", "math domain error")
        elif name == "exp":
            s.check(s.op("<=", var, s.lit(709.78, F64)), "OverflowError", "math range error")
        return wrapped(s.op("abs" if name == "fabs" else name, var), True)

    return function


for _name in ("exp", "log", "sqrt", "tanh", "fabs"):
    implements(getattr(math, _name))(_math(_name))

for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "neg", "matmul", "lt", "le", "gt", "ge", "eq", "ne"):
    implements(getattr(operator, _name))(getattr(operator, _name))


