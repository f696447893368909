"""`autograph_hook.plain`: run this as it is written."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any, TypeVar, overload

from autograph_hook.runtime.gate import gate_of, thread

Subject = TypeVar("Subject")


class _Plain:
    """While it is active, nothing is staged in this thread. May be nested, and used again."""

    __slots__ = ("entered",)

    def __init__(self) -> None:
        self.entered: list[Iterator[None]] = []

    def __enter__(self) -> None:
        made = _counted(thread())
        next(made)
        self.entered.append(made)

    def __exit__(self, *error: object) -> None:
        self.entered.pop()


def _counted(thread: Any) -> Iterator[None]:
    """Ends when it is let go, even where an interrupt keeps a `with` from ending."""
    try:
        thread.plain += 1
        yield
    finally:
        thread.plain -= 1


@overload
def plain() -> _Plain: ...
@overload
def plain(subject: Subject) -> Subject: ...
def plain(subject: Any = None) -> Any:
    """Keep code plain.

    `@plain` on a function or a class: it, or each of its methods, always runs as written; the functions that it
    calls decide for themselves. `with plain():` for the statements inside and all that they call, in this thread.
    Returns the function or class itself, unchanged but for its gates.
    """
    if subject is None:
        return _Plain()
    for function in _functions(subject):
        gate = gate_of(function)
        if gate is not None:
            gate.plain = True
            gate.clear()
    return subject


def _functions(subject: Any) -> list[types.FunctionType]:
    if isinstance(subject, (staticmethod, classmethod, types.MethodType)):
        return _functions(subject.__func__)
    if isinstance(subject, property):
        return [f for part in (subject.fget, subject.fset, subject.fdel) for f in _functions(part)]
    if isinstance(subject, type):
        return [f for member in vars(subject).values() if not isinstance(member, type) for f in _functions(member)]
    return [subject] if isinstance(subject, types.FunctionType) else []
