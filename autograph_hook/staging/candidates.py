"""Which calls may be worth a trace: those that have to do with values of a backend."""

from __future__ import annotations

from typing import Any

from autograph_hook.staging.asked import Call
from autograph_hook.staging.known import Staging


def meets_backend(call: Call, staging: Staging) -> bool:
    """Is it given values of the backend, or does it name something that is the backend's?"""
    if staging.qualifies is None:
        names = call.frame.f_globals
        staging.qualifies = any(
            call.backend.provides(names[name]) for name in call.frame.f_code.co_names if name in names
        )
    return staging.qualifies or any(_holds_value(call.backend, value) for value in _given(call))


def _given(call: Call) -> list[Any]:
    values = [*call.arguments, *call.keywords.values()]
    for cell in (call.cells.__closure__ or ()) if call.cells is not None else ():
        try:
            values.append(cell.cell_contents)
        except ValueError:
            continue
    return values


def _holds_value(backend: Any, value: Any, depth: int = 0) -> bool:
    kind = type(value)
    if backend.recognises(kind):
        return True
    if (kind is list or isinstance(value, tuple)) and depth < 2:
        return any(_holds_value(backend, item, depth + 1) for item in value[:4])
    if kind is dict and depth < 2:
        return any(_holds_value(backend, item, depth + 1) for item in list(value.values())[:4])
    return not depth and any(backend.recognises(type(item)) for item in _attributes(value))


def _attributes(value: Any) -> list[Any]:
    """The values in an object's dictionary, without running code of its own."""
    try:
        namespace = object.__getattribute__(value, "__dict__")
    except (AttributeError, TypeError):  # TypeError: a class between it and its own has another `__dict__`
        return []
    return list(namespace.values()) if type(namespace) is dict else []
