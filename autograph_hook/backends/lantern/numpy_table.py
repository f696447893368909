"""NumPy's functions on symbols: one table, from the function to what it does here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograph_hook.backends.lantern import lists
from autograph_hook.backends.lantern.arithmetic import (
    as_symbol,
    dtype_name,
    is_number,
)
from autograph_hook.backends.lantern.symbols import Array, Numeric
from autograph_hook.backends.lantern.tracing import error

Function = Callable[..., Any]
TABLE: dict[int, Function] = {}
_KEPT: list[Any] = []
MAKING: set[Function] = set()
"""Those that make arrays: of Python's numbers, too."""


def implements(*names: Any) -> Callable[[Function], Function]:
    def add(function: Function) -> Function:
        for name in names:
            of = getattr(np, name) if isinstance(name, str) else name
            TABLE[id(of)] = function
            _KEPT.append(of)
        return function

    return add


def holds_symbol(value: Any, depth: int = 0) -> bool:
    if isinstance(value, Numeric):
        return True
    if type(value) is list and lists.is_staged(value):
        return True
    return type(value) in (list, tuple) and depth < 4 and any(holds_symbol(v, depth + 1) for v in value)


def call(function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    other = TABLE.get(id(function))
    if other is None:
        raise error(f"calls {getattr(function, '__name__', function)}(), which Lantern has not")
    return other(*args, **kwargs)


def standing_for(function: Any) -> Function | None:
    """What is called in the place of a function of NumPy's or of `math`: on Python's numbers it is itself."""
    other = TABLE.get(id(function))
    if other is None:
        return None
    if other in MAKING:
        return other

    def called(*args: Any, **kwargs: Any) -> Any:
        if holds_symbol(args) or holds_symbol(list(kwargs.values())):
            return other(*args, **kwargs)
        return function(*args, **kwargs)

    return called


def operand(value: Any) -> Any:
    """A number or an array; lists and tuples become arrays."""
    value = as_symbol(value)
    if isinstance(value, list | tuple):
        from autograph_hook.backends.lantern.numpy_shapes import array

        return array(value)
    if not is_number(value) and not isinstance(value, Array):
        raise error(f"NumPy is given a {type(value).__name__}")
    return value


def strong(value: Any, dtype: str | None = None) -> Any:
    """The dtype that NumPy gives to a value by itself."""
    return dtype or (value.ir.dtype if isinstance(value, Numeric) else dtype_name(np.asarray(value).dtype))


def plain_dtype(value: Any) -> Any:
    """The dtype of a value as an array."""
    return value.dtype if isinstance(value, Numeric) else np.asarray(value).dtype
