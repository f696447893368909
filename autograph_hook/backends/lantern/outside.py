"""Arrays from outside the traced function, in globals, closures, defaults and attributes: symbols stand for them.

The compiled code reads their present content at each call.
"""

from __future__ import annotations

import types
from typing import Any

import numpy as np

from autograph_hook.backends.lantern.arithmetic import NAMES
from autograph_hook.backends.lantern.ir import Dtype, Tensor
from autograph_hook.backends.lantern.symbols import OUTSIDE, Array
from autograph_hook.backends.lantern.tracing import Session, session

DEEPEST = 6


def array_of(s: Session, dtype: Dtype, shape: tuple[int, ...], name: str, weight: bool) -> Array:
    """The symbol of an array that a call is given, or finds: a parameter of the program, if a gradient is wanted."""
    make = s.parameter if weight else s.constant
    return Array(make(Tensor(dtype, shape), name), None, OUTSIDE)


def stand_in(value: Any, name: str = "array") -> Any:
    """What stands for a value from outside: a symbol for an array, a container of symbols for one of arrays."""
    s = session()
    kind = type(value)
    if kind is np.ndarray:
        if value.dtype not in NAMES or not value.shape:
            return value
        known = s.captured.get(id(value))
        if known is None:
            weight = id(value) in s.wanted
            known = s.captured[id(value)] = value, array_of(s, NAMES[value.dtype], value.shape, name, weight)
        return known[1]
    if kind in (list, tuple, dict) and holds_array(value):
        found = s.standing.get(id(value))
        if found is None:
            parts = value.values() if kind is dict else value
            made = [stand_in(part, name) for part in parts]
            new = dict(zip(value, made, strict=True)) if kind is dict else kind(made)
            found = s.standing[id(value)] = value, new
            s.stands.add(id(new))
        return found[1]
    return value


def stands(value: Any) -> bool:
    """Is it a container that stands for one from outside?"""
    return id(value) in session().stands


def holds_array(value: Any, depth: int = 0) -> bool:
    kind = type(value)
    if kind is np.ndarray:
        return True
    if kind in (list, tuple, dict) and depth < DEEPEST:
        return any(holds_array(part, depth + 1) for part in (value.values() if kind is dict else value))
    return False


def prepared(function: types.FunctionType) -> types.FunctionType:
    """The function with symbols in the place of the arrays that it takes from outside."""
    code = function.__code__
    namespace = _namespace(function.__globals__)
    closure = tuple(
        types.CellType(stand_in(value, name)) if (value := _content(cell)) is not None and holds_array(value) else cell
        for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True)
    )
    made = types.FunctionType(code, namespace, function.__name__, None, closure)
    if function.__defaults__:
        made.__defaults__ = tuple(stand_in(value) for value in function.__defaults__)
    if function.__kwdefaults__:
        made.__kwdefaults__ = {name: stand_in(value, name) for name, value in function.__kwdefaults__.items()}
    made.__qualname__, made.__module__ = function.__qualname__, function.__module__
    return made


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None


def _namespace(names: dict[str, Any]) -> dict[str, Any]:
    s = session()
    if id(names) in s.stands:
        return names
    found = s.standing.get(id(names))
    if found is None:
        new = {name: stand_in(value, name) if holds_array(value) else value for name, value in names.items()}
        found = s.standing[id(names)] = names, new
        s.stands.add(id(new))
    made: dict[str, Any] = found[1]
    return made
