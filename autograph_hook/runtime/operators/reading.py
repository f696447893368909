"""Reading: attributes, items, unpacking, iterating. A speculative trace is told what is read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograph_hook.backends.protocol import Backend, Joined
from autograph_hook.runtime.dispatch import is_of, staged
from autograph_hook.runtime.gate import thread
from autograph_hook.runtime.locations import here
from autograph_hook.runtime.operators import constructs, containers


def attr(owner: Any, name: str) -> Any:
    """`owner.name`"""
    if is_of(owner, Joined):
        owner = owner.read()
    trace = thread().trace
    value = getattr(owner, name) if trace is None else trace.attribute(owner, name)
    return value.passed() if is_of(value, Joined) else value


def get_item(owner: Any, key: Any) -> Any:
    """`owner[key]`"""
    if is_of(owner, Joined):
        owner = owner.read()
    containers.require_python_key(owner, key)
    trace = thread().trace
    if trace is not None and type(owner) is dict:
        return trace.item(owner, key)
    backend = staged(owner) or staged_key(owner, key)
    trace = thread().trace
    if trace is not None and backend is not None:
        return trace.staged_item(backend, owner, key)
    if backend is not None:
        return backend.get_item(owner, key)
    if trace is not None:
        return trace.item(owner, key)
    value = owner[key]
    if is_of(value, Joined):
        return value.passed(f"the item {key!r}", here())
    return constructs.made(value) if type(owner) is list and type(key) is slice else value


def staged_key(owner: Any, key: Any) -> Backend | None:
    """The backend that decides which element of a list or tuple this key means."""
    return staged(key) if type(owner) in (list, tuple) else None


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
    containers.require_keys(value)
    trace = thread().trace
    if trace is not None:
        trace.iteration(value)
    return value


def made(value: Any) -> Any:
    """A list, dictionary or set that a display or a comprehension has just made."""
    trace = thread().trace
    return constructs.made(value) if trace is None else trace.make(value)
