"""Reads of names that may have no value, or be None, on some paths of a staged construct.

| in the source | in the twin |
|---|---|
| `x + 1` | `ag__.name(x, "x") + 1` |
| `y = x`, `return x`, `f(x)`, `if x:` | `y = ag__.passed(x, "x")`, … |
| `x`, where it may have no value | `ag__.local(lambda: x)` |
| `x is None` | `ag__.is_(ag__.passed(x, "x"), None)` |

Only where the analysis says that such a value may come; all other reads stay plain names.
"""

from __future__ import annotations

import types
from typing import Any

from autograph_hook.backends.protocol import Counted, Joined
from autograph_hook.runtime.dispatch import is_of, staged
from autograph_hook.runtime.errors import unbound_local
from autograph_hook.runtime.gate import thread
from autograph_hook.runtime.locations import here
from autograph_hook.runtime.operators.constructs import refuse, require_one
from autograph_hook.runtime.state import is_copy
from autograph_hook.runtime.variables import CONTAINERS
from autograph_hook.staging.trace import Abort


def local(read: types.FunctionType) -> Any:
    """The value of a name of the function, which `read` closes over: Python has other words for a name of a function
    around that has none."""
    try:
        (cell,) = read.__closure__ or ()
        return cell.cell_contents
    except ValueError:
        problem = unbound_local(read.__code__.co_freevars[0])
    raise problem


def name(value: Any, label: str) -> Any:
    """The value of a name, for a statement that needs one."""
    return value.read(label, here()) if is_of(value, Joined) else value


def passed(value: Any, label: str) -> Any:
    """The value of a name, for a statement that only hands it on: it may be None."""
    return value.passed(label, here()) if is_of(value, Joined) else value


def is_(one: Any, other: Any) -> Any:
    """`one is other`"""
    if is_of(one, Joined):
        return one.is_none(True) if other is None else one.read() is settled(other)
    if is_of(other, Joined):
        return is_(other, one)
    _require_identity(one, other)
    return one is other


def is_not(one: Any, other: Any) -> Any:
    """`one is not other`"""
    if is_of(one, Joined) and other is None:
        return one.is_none(False)
    if is_of(other, Joined) and one is None:
        return other.is_none(False)
    _require_identity(one, other)
    return settled(one) is not settled(other)


def _require_identity(one: Any, other: Any) -> None:
    trace = thread().trace
    is_joined = trace is not None and (
        trace.backend.only_by_name or id(one) in trace.joined or id(other) in trace.joined
    )
    if is_joined and one is not other and staged(one) is not None and staged(other) is not None:
        raise Abort("asks whether two tensors are the same object, which they are on one path only")
    for value, against in ((one, other), (other, one)):
        if is_of(value, Counted) and against is not None:
            value.identity()
        if against is not None and type(value) is type(against) in CONTAINERS:
            require_one(value, "asks for the identity of")
        if against is not None and is_copy(value):
            refuse(
                f"{here()}: `is` asks which object a {type(value).__qualname__} is that is another one on another "
                "path: compare its fields"
            )


def settled(value: Any) -> Any:
    """A value for code that knows nothing of ours."""
    return value.read() if is_of(value, Joined) else value


def returned(value: Any) -> Any:
    """What a function returns to code that knows nothing of ours."""
    if is_of(value, Joined):
        return value.returned()
    kind = type(value)
    if kind is dict:
        for key, part in value.items():
            known = returned(part)
            if known is not part:
                value[key] = known
    elif kind in (list, tuple):
        parts = [returned(part) for part in value]
        if any(part is not known for part, known in zip(value, parts, strict=True)):
            if kind is tuple:
                return tuple(parts)
            value[:] = parts
    return value
