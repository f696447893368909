"""Reads of names that may have no value, or be None, on some paths of a staged construct.

| in the source | in the twin |
|---|---|
| `x + 1` | `ag__.name(x, "x") + 1` |
| `y = x`, `return x`, `f(x)`, `if x:` | `y = ag__.passed(x, "x")`, … |
| `x is None` | `ag__.is_(ag__.passed(x, "x"), None)` |

Only where the analysis says that such a value may come; all other reads stay plain names.
"""

from __future__ import annotations

import sys
from typing import Any

from autograph_hook.backends.protocol import Counted, Joined, Location


def name(value: Any, label: str) -> Any:
    """The value of a name, for a statement that needs one."""
    return value.read(label, _caller()) if isinstance(value, Joined) else value


def passed(value: Any, label: str) -> Any:
    """The value of a name, for a statement that only hands it on: it may be None."""
    return value.passed(label, _caller()) if isinstance(value, Joined) else value


def is_(one: Any, other: Any) -> Any:
    """`one is other`"""
    if isinstance(one, Joined):
        return one.is_none(True) if other is None else one.read() is settled(other)
    if isinstance(other, Joined):
        return is_(other, one)
    _require_identity(one, other)
    return one is other


def is_not(one: Any, other: Any) -> Any:
    """`one is not other`"""
    if isinstance(one, Joined) and other is None:
        return one.is_none(False)
    if isinstance(other, Joined) and one is None:
        return other.is_none(False)
    _require_identity(one, other)
    return settled(one) is not settled(other)


def _require_identity(one: Any, other: Any) -> None:
    for value, against in ((one, other), (other, one)):
        if isinstance(value, Counted) and against is not None:
            value.identity()


def settled(value: Any) -> Any:
    """A value for code that knows nothing of ours."""
    return value.read() if isinstance(value, Joined) else value


def returned(value: Any) -> Any:
    """What a function returns to code that knows nothing of ours."""
    parts = value if type(value) in (list, tuple) else value.values() if type(value) is dict else (value,)
    for part in parts:
        if isinstance(part, Joined):
            raise part.returned()
    return value


def _caller() -> Location:
    frame = sys._getframe(2)
    return Location(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
