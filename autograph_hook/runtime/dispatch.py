"""Whose business a value is: Python's, or a backend's."""

from __future__ import annotations

from typing import Any

from autograph_hook.backends.protocol import Backend, Elements
from autograph_hook.backends.registry import registry
from autograph_hook.runtime.gate import thread

_CHANGING = frozenset({list, dict, set})
_PYTHON = frozenset({bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset, range, type(None)})


def is_of(value: Any, *kinds: type) -> bool:
    """`isinstance` by the type alone: `isinstance` also asks a value for its `__class__`, which may be the user's code.

    >>> class Proxy:
    ...     __class__ = property(lambda self: print("asked"))
    >>> is_of(Proxy(), list, tuple), is_of(True, int)
    (False, True)
    """
    return issubclass(type(value), kinds)


def staged(value: Any) -> Backend | None:
    """The backend whose graph decides on this value; None where Python does."""
    kind = type(value)
    if kind in _PYTHON:
        return _of_container(value, kind) if Elements.alive and kind in _CHANGING else None
    backend = registry.of(kind)
    if backend is not None and backend.tracing() and backend.is_staged(value):
        return backend
    return None


def staged_among(values: Any) -> Backend | None:
    """The backend of the first staged value among these."""
    for value in values:
        backend = staged(value)
        if backend is not None:
            return backend
    return None


def _of_container(value: Any, kind: type) -> Backend | None:
    """A list is a backend's where it holds elements whose number is known only when the graph runs. Who asks is about
    to look at the content."""
    trace = thread().trace
    if trace is not None:
        trace.changes.read(value)
    if kind is not list:
        return None
    for item in value:
        if is_of(item, Elements):
            return item.backend if item.backend.tracing() else None
    return None
