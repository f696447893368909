"""NumPy's functions while tracing.

Of plain numbers, `np.sqrt(width)` is what it is in every run, and so are `np.prod([2, 3])` and `np.float32(0.1)`. Of
arrays that come from outside, those that make a new value and change nothing are computed anew in each call. Random
numbers, and what makes an array of nothing, are neither.
"""

from __future__ import annotations

import functools
import operator
import sys
from collections.abc import Callable
from typing import Any

from autograph_hook.staging.facts import Abort

_NUMBERS = (bool, int, float, complex)
_OF_SEVERAL = (
    "all", "amax", "amin", "any", "around", "clip", "isscalar", "max", "mean", "min", "ndim", "prod", "ptp", "round",
    "size", "sum",
)  # fmt: skip
"""Functions that make one number, or fail, where they are given numbers or lists of numbers."""

_OF_ARRAYS = (
    "all", "amax", "amin", "any", "argmax", "argmin", "argsort", "around", "array", "asarray", "ascontiguousarray",
    "atleast_1d", "atleast_2d", "average", "broadcast_to", "clip", "column_stack", "concatenate", "count_nonzero",
    "cumprod", "cumsum", "diff", "dot", "dstack", "expand_dims", "flip", "full_like", "hstack", "matmul", "max", "mean",
    "median", "min", "moveaxis", "nan_to_num", "ones_like", "outer", "pad", "prod", "ptp", "ravel", "repeat", "reshape",
    "roll", "round", "sort", "squeeze", "stack", "std", "sum", "swapaxes", "take", "tile", "transpose", "var", "vstack",
    "where", "zeros_like",
)  # fmt: skip

METHODS = frozenset(
    (
        "all", "any", "argmax", "argmin", "argsort", "astype", "clip", "copy", "cumprod", "cumsum", "dot", "flatten",
        "item", "max", "mean", "min", "prod", "ravel", "repeat", "reshape", "round", "squeeze", "std", "sum",
        "swapaxes", "take", "transpose", "var",
    )
)  # fmt: skip
"""Methods of an array that leave it as it is."""

_ELEMENTWISE = frozenset(map(id, (
    operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow,
    operator.and_, operator.or_, operator.xor, operator.eq, operator.ne, operator.lt, operator.le, operator.gt,
    operator.ge, operator.neg, operator.pos, operator.abs, operator.invert,
)))  # fmt: skip


def knows(function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> bool:
    """Is it NumPy's, and does it make a number of nothing but numbers?"""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return False
    if isinstance(function, type):
        known = _is_of_scalars(function, numpy)
    else:
        known = id(function) in _functions() and (type(function) is not numpy.ufunc or function.nout == 1)
    if not known or not arguments:
        return False
    nested = type(function) is not numpy.ufunc and not isinstance(function, type)
    return all(_is_of_numbers(each, nested, numpy) for each in arguments) and all(
        value is None or type(value) in _NUMBERS for value in keywords.values()
    )


def call(function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """The number; raises Abort where NumPy would warn, which only a plain run may."""
    try:
        return quietly(function, *arguments, **keywords)
    except FloatingPointError as error:
        raise Abort(f"calls numpy.{function.__name__}, which warns: {error}") from None


def quietly(function: Callable[..., Any], /, *arguments: Any, **keywords: Any) -> Any:
    """The same call; where NumPy would warn it raises, and the plain run warns."""
    import numpy

    with numpy.errstate(all="raise"):
        return function(*arguments, **keywords)


def makes_arrays(function: Any) -> bool:
    """Is it NumPy's, and makes a new value of arrays without changing them?"""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return False
    if isinstance(function, type):
        return _is_of_scalars(function, numpy)
    return id(function) in _of_arrays()


def is_elementwise(function: Any) -> bool:
    """Has what it makes the shape of what it is given?"""
    numpy = sys.modules["numpy"]
    return id(function) in _ELEMENTWISE or type(function) is numpy.ufunc or function is numpy.ndarray.astype


def _is_of_scalars(kind: type, numpy: Any) -> bool:
    return issubclass(kind, (numpy.number, numpy.bool_)) and kind.__module__ == "numpy"


@functools.cache
def _functions() -> dict[int, Any]:
    """By identity; they are kept, so that no function that takes the place of one can have it."""
    import numpy

    ufuncs = [value for value in vars(numpy).values() if isinstance(value, numpy.ufunc)]
    return {id(known): known for known in (*ufuncs, *(getattr(numpy, name) for name in _OF_SEVERAL))}


@functools.cache
def _of_arrays() -> dict[int, Any]:
    import numpy

    ufuncs = [value for value in vars(numpy).values() if isinstance(value, numpy.ufunc) and value.nout == 1]
    named = [getattr(numpy, name) for name in _OF_ARRAYS if hasattr(numpy, name)]
    return {id(known): known for known in (*ufuncs, *named, numpy.linalg.norm)}


def _is_of_numbers(value: Any, nested: bool, numpy: Any) -> bool:
    kind = type(value)
    if kind in (list, tuple):
        return nested and bool(value) and all(_is_of_numbers(item, nested, numpy) for item in value)
    return kind in _NUMBERS or (issubclass(kind, (numpy.number, numpy.bool_)) and kind.__module__ == "numpy")
