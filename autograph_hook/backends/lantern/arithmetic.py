"""Operators on numbers and arrays, with the promotion and the errors of Python and NumPy.

A number of Python's takes the dtype of the arrays and NumPy numbers that it meets (NEP 50); two of them follow Python's
rules, division by zero and overflow included.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograph_hook.backends.lantern.ir import BOOL, F64, I64, INTEGERS, Dtype, Scalar, Var
from autograph_hook.backends.lantern.op_meanings import DTYPES
from autograph_hook.backends.lantern.symbols import Array, Number, Numeric, wrapped
from autograph_hook.backends.lantern.tracing import error, session

NAMES: dict[Any, Dtype] = {np.dtype(kind): name for name, kind in DTYPES.items()}  # type: ignore[misc]
TESTS = frozenset({"==", "!=", "<", "<=", ">", ">="})
LOGIC = {"&": "and", "|": "or", "^": "!="}


def dtype_name(dtype: Any) -> Dtype:
    name = NAMES.get(np.dtype(dtype))
    if name is None:
        raise error(f"the dtype {np.dtype(dtype)} is none of Lantern's: bool, int32, int64, float32, float64")
    return name


def is_number(value: Any) -> bool:
    return isinstance(value, bool | int | float | np.generic | Number)


def is_operand(value: Any) -> bool:
    return isinstance(value, bool | int | float | np.generic | Numeric | np.ndarray)


def is_python(value: Any) -> bool:
    """Is it one of Python's numbers?"""
    return value.python if isinstance(value, Number) else not isinstance(value, np.generic | np.ndarray | Array)


def _sample(value: Any) -> Any:
    """What tells NumPy how a value is promoted."""
    if isinstance(value, Numeric):
        if isinstance(value, Number) and value.python:
            return {"bool": True, "i64": 1, "i32": 1, "f64": 1.0, "f32": 1.0}[value.ir.dtype]
        return value.dtype
    if isinstance(value, np.generic | np.ndarray):
        return value.dtype
    return value if isinstance(value, bool | float) else 1


def common(*values: Any) -> Dtype:
    """The dtype that NumPy gives to the result of an operation on these."""
    samples = [_sample(v) for v in values]
    if all(map(is_python, values)):
        kinds = {type(s) for s in samples}
        return "f64" if float in kinds else "i64" if int in kinds else "bool"
    return dtype_name(np.result_type(*samples))


def as_symbol(value: Any) -> Any:
    """An array of NumPy's as a symbol; other values as they are."""
    if isinstance(value, np.ndarray):
        if not value.shape:
            return value[()]
        known = session().captured.get(id(value))
        if known is None:
            raise error("uses a NumPy array of unknown origin")
        return known[1]
    return value


def var_of(value: Any, dtype: Dtype) -> Var:
    """The name of a value, cast to a dtype."""
    value = as_symbol(value)
    s = session()
    if isinstance(value, Numeric):
        var = s.var(value)
        if value.ir.dtype == dtype:
            return var
        return s.op("cast", var, dtype=Scalar(dtype))
    if not is_number(value):
        raise error(f"an operation takes numbers and arrays, not {_described(value)}")
    return s.lit(_python(value, dtype), Scalar(dtype))


def _described(value: Any) -> str:
    return f"a {type(value).__name__}" if value is not None else "None"


def _python(value: Any, dtype: Dtype) -> bool | int | float:
    if dtype == "bool":
        return bool(value)
    if dtype in INTEGERS:
        number, half = int(value), 1 << (31 if dtype == "i32" else 63)
        if not -half <= number < half:
            raise error(f"the integer {number} does not fit into {dtype}")
        return number
    return float(np.float32(value)) if dtype == "f32" else float(value)


def is_symbolic(*values: Any) -> bool:
    return any(isinstance(v, Numeric | np.ndarray) for v in values)


def binary(name: str, left: Any, right: Any) -> Any:
    if name == "@":
        from autograph_hook.backends.lantern import numpy_functions

        return numpy_functions.matmul(left, right)
    left, right = as_symbol(left), as_symbol(right)
    if not is_operand(left) or not is_operand(right):
        if name == "==":
            return False
        if name == "!=":
            return True
        return NotImplemented
    python = is_python(left) and is_python(right)
    if name in TESTS:
        dtype = common(left, right)
        if dtype == "bool" and name not in ("==", "!="):
            dtype = "i64"
        return wrapped(session().op(name, var_of(left, dtype), var_of(right, dtype)), python)
    dtype = common(left, right)
    if name in LOGIC:
        if dtype != "bool":
            raise error(f"`{name}` of integers, which Lantern has not")
        return wrapped(session().op(LOGIC[name], var_of(left, dtype), var_of(right, dtype)), python)
    if dtype == "bool":
        if not python:
            raise error(f"`{name}` of arrays of bool: use &, | and ~")
        dtype = "i64"
    if name == "/" and dtype in INTEGERS:
        dtype = "f64"
    if name == "**":
        return _power(left, right, dtype, python)
    a, b = var_of(left, dtype), var_of(right, dtype)
    if python and dtype == "f64" and name in ("/", "//", "%"):
        _nonzero(b, right, {"/": "float division by zero"}.get(name, "float floor division by zero"))
    if name == "/":
        made = _sigmoid(left, b)
        if made is not None:
            return wrapped(made, python)
    return wrapped(session().op(name, a, b), python)


def _sigmoid(left: Any, b: Var) -> Var | None:
    """`1 / (1 + exp(-x))` is one operation."""
    s = session()
    if isinstance(left, Numeric) or float(left) != 1.0:
        return None
    name, args = s.origin(b)
    if name != "+":
        return None
    for one, other in (args, args[::-1]):
        if s.literal_of(one) == 1.0 and s.origin(other)[0] == "exp":
            inner = s.origin(other)[1][0]
            if s.origin(inner)[0] == "neg":
                return s.op("sigmoid", s.origin(inner)[1][0])
    return None


def _nonzero(var: Var, value: Any, message: str) -> None:
    s = session()
    if not isinstance(value, Numeric):
        if value:
            return
        raise error(message)
    s.check(s.op("!=", var, s.lit(0.0, Scalar("f64"))), "ZeroDivisionError", message)


def _power(left: Any, right: Any, dtype: Dtype, python: bool) -> Any:
    s = session()
    a, b = var_of(left, dtype), var_of(right, dtype)
    if not python and not isinstance(right, Numeric) and right == 2:
        return wrapped(s.op("*", a, a))
    made = s.op("**", a, b)
    if python and dtype == "f64":
        # Where Python raises, or gives a complex number, the plain run decides.
        infinite, zero = s.lit(math.inf, F64), s.lit(0.0, F64)
        if not isinstance(right, Numeric) and float(right).is_integer():
            fits = s.op("!=", a, zero) if right < 0 else s.lit(True, BOOL)
        else:
            fits = s.op(">", a, zero)
        finite = s.op("or", s.op("!=", s.op("abs", made), infinite), s.op("==", s.op("abs", a), infinite))
        s.check(s.op("and", fits, finite), "ArithmeticError", "a power that Python gives otherwise")
    return wrapped(made, python)


def unary(name: str, value: Any) -> Any:
    s = session()
    var, python = s.var(value), isinstance(value, Number) and value.python
    if name == "not":
        if value.ir.dtype != "bool":
            raise error("`~` of integers, which Lantern has not")
        if python:
            raise error("`~` of a Python bool")
        return wrapped(s.op("not", var))
    if value.ir.dtype == "bool":
        if not python:
            raise error(f"`{name}` of arrays of bool")
        var = s.op("cast", var, dtype=I64)
    return wrapped(var if name == "+" else s.op(name, var), python)


def cast_to(value: Any, dtype: Any) -> Any:
    """As NumPy's `astype`: a copy."""
    name, s = dtype_name(dtype), session()
    value = as_symbol(value)
    if not isinstance(value, Numeric):
        return np.dtype(dtype).type(value)
    var = s.var(value)
    if value.ir.dtype != name:
        var = s.op("cast", var, dtype=Scalar(name))
    return wrapped(var)


def item(value: Numeric) -> Any:
    """As `x.item()`: a Python number."""
    s = session()
    if value.size != 1:
        raise error("item() of an array of several elements")
    var = s.var(value)
    if isinstance(value, Array):
        var = s.op("reshape", var, shape=())
    if value.ir.dtype in ("f32", "i32"):
        var = s.op("cast", var, dtype=Scalar("f64" if value.ir.dtype == "f32" else "i64"))
    return wrapped(var, True)


def shape_of(value: Any) -> tuple[int, ...]:
    return value.shape if isinstance(value, Numeric | np.ndarray | np.generic) else ()


def python_int(value: Any, what: str) -> int:
    """A number that must be known while tracing."""
    if isinstance(value, Number):
        from autograph_hook.backends.lantern.tracing import NeedsStatic

        raise error(f"{what} is known only when the compiled code runs", NeedsStatic)
    return int(value)


def full(value: Any, dtype: Dtype, shape: tuple[int, ...]) -> Any:
    s = session()
    var = var_of(value, dtype)
    if not shape and isinstance(var.type, Scalar):
        return wrapped(var)
    return wrapped(s.op("broadcast", var, shape=shape))


def truth(value: Any) -> Var:
    """The truth of a number, or of an array of one element, as a bool."""
    s = session()
    var = s.var(value)
    if isinstance(value, Array):
        if value.size != 1:
            raise error("asks for the truth of an array of several elements: use np.any or np.all")
        var = s.op("reshape", var, shape=())
    dtype = value.ir.dtype
    if dtype == "bool":
        return var
    return s.op("!=", var, s.lit(0.0 if dtype[0] == "f" else 0, Scalar(dtype)))
