"""Stores to attributes and items, augmented assignment. A speculative trace may forbid them; a staged construct that
is being traced must know of them.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from types import FrameType, FunctionType
from typing import Any

from autograph_hook.runtime.dispatch import is_of, staged
from autograph_hook.runtime.gate import thread
from autograph_hook.runtime.locations import here
from autograph_hook.runtime.operators.calls import callee
from autograph_hook.runtime.operators.constructs import (
    about_to_change,
    about_to_set,
    is_tracing,
    made,
    refuse,
    require_one,
)
from autograph_hook.runtime.operators.containers import require_python_key
from autograph_hook.runtime.operators.reading import attr, get_item, staged_key
from autograph_hook.runtime.state import is_copy, sets_itself
from autograph_hook.runtime.variables import CONTAINERS

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


Base = FunctionType | None


def set_attr(value: Any, owner: Any, name: str) -> None:
    """`owner.name = value`"""
    trace = thread().trace
    if trace is not None and trace.set_attribute(owner, name, value):
        return
    _require_one(owner, name)
    if is_tracing() and not sets_itself(owner, name):
        if _is_initialised_by(sys._getframe(1), owner):
            made(owner)
        about_to_set(value, owner, name)
    setattr(owner, name, value)


def _require_one(owner: Any, name: str) -> None:
    """An object that stands for one of two must not change: only the graph knows which of them that would be."""
    if is_copy(owner):
        refuse(
            f"{here()}: the attribute {name} is set of a {type(owner).__qualname__} that is another object on another "
            "path, and which of the two changes is known only when the graph runs: make a new one instead, with "
            "dataclasses.replace()"
        )


def _is_initialised_by(frame: FrameType, owner: Any) -> bool:
    """Is this the frame of the `__init__` of a new object?"""
    code = frame.f_code
    return code.co_name == "__init__" and code.co_argcount > 0 and frame.f_locals.get(code.co_varnames[0]) is owner


def set_item(value: Any, owner: Any, key: Any, base: Base = None, name: Any = None) -> None:
    """`owner[key] = value`

    A staged tensor is replaced by another one. `base` tells what had it: it is a function that closes over its name,
    or that gives the object whose attribute `name` it is, or (`name` is True) the object and the key whose item it is.
    """
    require_python_key(owner, key)
    trace = thread().trace
    if trace is not None:
        trace.set_item(owner, key)
    require_one(owner)
    if is_tracing():
        if is_of(owner, dict) and staged(key) is None:
            about_to_set(value, owner, key)
        elif type(owner) in CONTAINERS:
            about_to_change(owner)
    backend = None if type(owner) is dict else staged(owner) or staged_key(owner, key)
    if backend is None:
        owner[key] = value
        return
    new = backend.set_item(owner, key, value)
    if new is not owner:
        _replace(new, base, name)


def _replace(new: Any, base: Base, name: Any) -> None:
    """Put a value where another one was."""
    if base is None:
        refuse(
            f"{here()}: an item of a tensor is set, which makes a new tensor, and nothing here can take its place: "
            "give the tensor a name first"
        )
    elif name is True:
        owner, key = base()
        set_item(new, owner, key)
    elif name is not None:
        set_attr(new, base(), name)
    elif base.__closure__:
        cell = base.__closure__[0]
        about_to_change(cell)
        cell.cell_contents = new
    else:
        label = base.__code__.co_names[0]
        about_to_change(base.__globals__, label)
        base.__globals__[label] = new


def del_attr(owner: Any, name: str) -> None:
    trace = thread().trace
    if trace is not None:
        trace.delete_attribute(owner, name)
    if is_tracing() and not sets_itself(owner, name):
        about_to_change(owner, name)
    delattr(owner, name)


def del_item(owner: Any, key: Any) -> None:
    require_python_key(owner, key)
    trace = thread().trace
    if trace is not None:
        trace.delete_item(owner, key)
    require_one(owner)
    if is_tracing():
        if is_of(owner, dict) and staged(key) is None:
            about_to_change(owner, key)
        elif type(owner) in CONTAINERS:
            about_to_change(owner)
    backend = None if type(owner) is dict else staged(owner) or staged_key(owner, key)
    if backend is None:
        del owner[key]
    else:
        backend.del_item(owner, key)


def inplace(symbol: str, left: Any, right: Any) -> Any:
    """The new value of `left` in `left += right`."""
    trace = thread().trace
    if trace is not None:
        trace.inplace(left)
    if type(left) in CONTAINERS:
        require_one(left)
        about_to_change(left)
        if type(left) is list and symbol == "+" and staged(right) is not None:
            callee(left.extend)(right)
            return left
    return _INPLACE[symbol](left, right)


def update_attr(owner: Any, name: str, symbol: str, value: Callable[[], Any]) -> None:
    """`owner.name += value()`"""
    set_attr(inplace(symbol, attr(owner, name), value()), owner, name)


def update_item(
    owner: Any, key: Any, symbol: str, value: Callable[[], Any], base: Base = None, name: Any = None
) -> None:
    """`owner[key] += value()`"""
    set_item(inplace(symbol, get_item(owner, key), value()), owner, key, base, name)
