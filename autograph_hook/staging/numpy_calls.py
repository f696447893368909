"""NumPy's functions of plain numbers: `np.sqrt(width)` while tracing is what it is in every run.

So are `np.prod([2, 3])` and `np.float32(0.1)`; not functions of arrays, random numbers, or what makes an array.
"""

from __future__ import annotations

import functools
import sys
from typing import Any

from autograph_hook.staging.facts import Abort

_NUMBERS = (bool, int, float, complex)
_OF_SEVERAL = (
    "all", "amax", "amin", "any", "around", "clip", "isscalar", "max", "mean", "min", "ndim", "prod", "ptp", "round",
    "size", "sum",
)  # fmt: skip
"""Functions that make one number, or fail, where they are given numbers or lists of numbers."""


def knows(function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> bool:
    """Is it NumPy's, and does it make a number of nothing but numbers?"""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return False
    if isinstance(function, type):
        known = issubclass(function, (numpy.number, numpy.bool_)) and function.__module__ == "numpy"
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
    import numpy

    with numpy.errstate(all="raise"):
        try:
            return function(*arguments, **keywords)
        except FloatingPointError as error:
            raise Abort(f"calls numpy.{function.__name__}, which warns: {error}") from None


@functools.cache
def _functions() -> frozenset[int]:
    import numpy

    ufuncs = [value for value in vars(numpy).values() if isinstance(value, numpy.ufunc)]
    return frozenset(map(id, [*ufuncs, *(getattr(numpy, name) for name in _OF_SEVERAL)]))


def _is_of_numbers(value: Any, nested: bool, numpy: Any) -> bool:
    kind = type(value)
    if kind in (list, tuple):
        return nested and bool(value) and all(_is_of_numbers(item, nested, numpy) for item in value)
    return kind in _NUMBERS or (issubclass(kind, (numpy.number, numpy.bool_)) and kind.__module__ == "numpy")
