"""Stores to attributes and items, augmented assignment. A speculative trace may forbid them."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from autograph_hook.runtime.gate import thread
from autograph_hook.runtime.operators.constructs import about_to_change
from autograph_hook.runtime.operators.reading import attr, get_item

_INPLACE: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.iadd,
    "-": operator.isub,
    "*": operator.imul,
    "@": operator.imatmul,
    "/": operator.itruediv,
    "//": operator.ifloordiv,
    "%": operator.imod,
    "**": operator.ipow,
    "<<": operator.ilshift,
    ">>": operator.irshift,
    "&": operator.iand,
    "|": operator.ior,
    "^": operator.ixor,
}


def set_attr(value: Any, owner: Any, name: str) -> None:
    """`owner.name = value`"""
    trace = thread().trace
    if trace is not None:
        about_to_change(owner, name)
        trace.mutation(owner, f"the attribute {name!r} is set", value)
    setattr(owner, name, value)


def set_item(value: Any, owner: Any, key: Any) -> None:
    """`owner[key] = value`"""
    trace = thread().trace
    if trace is not None:
        about_to_change(owner, key)
        trace.mutation(owner, "an item is set", value)
    owner[key] = value


def del_attr(owner: Any, name: str) -> None:
    trace = thread().trace
    if trace is not None:
        about_to_change(owner, name)
        trace.mutation(owner, f"the attribute {name!r} is deleted")
    delattr(owner, name)


def del_item(owner: Any, key: Any) -> None:
    trace = thread().trace
    if trace is not None:
        about_to_change(owner, key)
        trace.mutation(owner, "an item is deleted")
    del owner[key]


def inplace(symbol: str, left: Any, right: Any) -> Any:
    """The new value of `left` in `left += right`."""
    trace = thread().trace
    if trace is not None:
        if hasattr(type(left), "__iadd__"):
            about_to_change(left)
        trace.inplace(left)
    return _INPLACE[symbol](left, right)


def update_attr(owner: Any, name: str, symbol: str, value: Callable[[], Any]) -> None:
    """`owner.name += value()`"""
    set_attr(inplace(symbol, attr(owner, name), value()), owner, name)


def update_item(owner: Any, key: Any, symbol: str, value: Callable[[], Any]) -> None:
    """`owner[key] += value()`"""
    set_item(inplace(symbol, get_item(owner, key), value()), owner, key)
