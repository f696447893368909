"""Reading: attributes, items, unpacking, iterating. A speculative trace is told what is read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograph_hook.runtime.dispatch import staged
from autograph_hook.runtime.gate import thread


def attr(owner: Any, name: str) -> Any:
    """`owner.name`"""
    trace = thread().trace
    if trace is not None:
        return trace.attribute(owner, name)
    return getattr(owner, name)


def get_item(owner: Any, key: Any) -> Any:
    """`owner[key]`"""
    backend = staged(owner)
    if backend is None and type(owner) in (list, tuple):
        backend = staged(key)
    if backend is not None:
        return backend.get_item(owner, key)
    trace = thread().trace
    if trace is not None:
        return trace.item(owner, key)
    return owner[key]


def slice_(start: Any, stop: Any, step: Any) -> slice:
    return slice(start, stop, step)


def unpack(value: Any, before: int, starred: bool, after: int) -> Any:
    """What Python unpacks for `a, b = value` (before=2), or for `a, *b, c = value` (1, True, 1)."""
    backend = staged(value)
    if backend is not None:
        values = backend.unpack(value, before, starred, after)
        return [*values[:before], *values[before], *values[before + 1 :]] if starred else values
    return read_whole(value)


def iterate(value: Any) -> Any:
    """What a comprehension loops over."""
    backend = staged(value)
    return read_whole(value) if backend is None else backend.iterate(value)


def spread(value: Any) -> Iterable[Any]:
    """What `*value` in a call or a display stands for."""
    return iterate(value)  # type: ignore[no-any-return]


def read_whole(value: Any) -> Any:
    """All elements of a Python value are about to be read."""
    trace = thread().trace
    if trace is not None:
        trace.iteration(value)
    return value


def made(value: Any) -> Any:
    """A list, dictionary or set that a display or a comprehension has just made."""
    trace = thread().trace
    return value if trace is None else trace.make(value)
