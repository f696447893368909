"""Notes for the report: what was decided for a construct, on which line. Called only where a report was asked for."""

from __future__ import annotations

import types
from typing import Any

from autograph_hook.backends.protocol import Backend, Location
from autograph_hook.backends.registry import registry
from autograph_hook.backends.values import Varying
from autograph_hook.reporting import journal
from autograph_hook.reporting.journal import PYTHON, STAGED
from autograph_hook.runtime.gate import thread
from autograph_hook.runtime.locations import here
from autograph_hook.staging.effects import name_of

CALL = "call "
"""How the construct of a call begins; what is called follows."""
ONCE = "decided while the program's own graph was built, for all its runs"


def decided(construct: str, value: Any, backend: Backend | None, where: Location | None = None) -> None:
    """A value has decided; `backend` is that of a staged one."""
    if where is None:
        where = here()
    if backend is not None:
        journal.note(where.path, where.line, where.function, construct, STAGED)
        return
    once = ONCE if thread().trace is None else None
    journal.note(where.path, where.line, where.function, construct, PYTHON, once, _type_of(value))


def _type_of(value: Any) -> str:
    """Of a number that stands for others: theirs."""
    return journal.type_of(value.value if isinstance(value, Varying) else value)


def unrolled(construct: str, value: Any, where: Location | None = None, count: int | None = None) -> None:
    """Python has gone over a value, element by element."""
    if where is None:
        where = here()
    if type(value) in _COUNTED:
        count = len(value)
    reason = "unrolled" if count is None else f"unrolled: {count} iterations"
    journal.note(where.path, where.line, where.function, construct, PYTHON, reason, _type_of(value))


_COUNTED = frozenset({list, tuple, dict, set, frozenset, range, str, bytes})
"""Those whose length is no code of the user's."""


def called(function: Any, is_staged: bool, reason: str | None = None) -> None:
    """A function was called while a graph was built. Staged: the call is part of the graph."""
    if type(function).__module__.startswith(_OURS):
        return  # it stands for a method of a value that varies
    where = here()
    # The type alone says so: what an object says of itself may be the user's code.
    named = issubclass(type(function), _NAMED)
    name = name_of(function) if named else journal.type_of(function)
    construct = "print" if function is print else CALL + name
    if is_staged:
        journal.note(where.path, where.line, where.function, construct, STAGED, reason)
        return
    if function is print and thread().trace is None:
        reason = "printed while the graph was built, not when it runs"
    module = function.__module__ if named else getattr(_method_of(function), "__module__", None)
    home = "builtin" if module in (None, "builtins") else f"from the module {module}"
    journal.note(where.path, where.line, where.function, construct, PYTHON, reason, home)


_OURS = "autograph_hook.staging."
_NAMED = (types.FunctionType, types.MethodType, types.BuiltinFunctionType, type)


def _method_of(value: Any) -> Any:
    """What a call of an object runs: the user's own layer is called as the framework has it."""
    return next((vars(owner)["__call__"] for owner in type(value).__mro__ if "__call__" in vars(owner)), None)


def is_framework(function: Any) -> bool:
    """Is it a framework's, or a method of one of its objects?"""
    kind = type(function)
    if kind is types.MethodType:
        function = function.__func__
    elif kind is types.BuiltinFunctionType and registry.of(type(function.__self__)) is not None:
        return True
    elif not issubclass(kind, _NAMED):
        function = _method_of(function) or function
    return any(backend.provides(function) for backend in registry.in_use())
