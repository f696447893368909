"""The methods of lists, dictionaries and sets: what they change must be known to the staged constructs around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autograph_hook.backends.protocol import Backend, Elements, Joined
from autograph_hook.runtime.dispatch import is_of, staged, staged_among
from autograph_hook.runtime.gate import thread
from autograph_hook.runtime.locations import here
from autograph_hook.runtime.operators.constructs import about_to_change, fresh, is_tracing, refuse, require_one


def of_container(function: Any, /, *arguments: Any, **keywords: Any) -> Any:
    """Call a method of a list, dictionary or set."""
    owner, name = function.__self__, function.__name__
    changes = name not in _READING
    if name in _TAKING_KEY and arguments:
        require_python_key(owner, arguments[0])
    if type(owner) is dict and name != "__setitem__":
        require_keys(owner, arguments[:1] if name in _ONE_KEY else None)
    trace = thread().trace
    carried = "ours"
    if trace is not None and changes:
        carried = trace.method(owner, name, arguments, keywords, is_tracing())
        if carried == "noted":
            return None
    elif trace is not None:
        trace.reading(owner, name, arguments)
    unread = carried == "carried" and trace.changes.is_unread(owner)  # then nobody may ask what it holds
    backend = None if unread else _backend(owner, arguments)
    if changes:
        require_one(owner)
    if changes and is_tracing():
        keys = _keys(owner, name, arguments, keywords)
        if keys is None:
            about_to_change(owner)
        elif keys:
            about_to_change(owner, *keys)
    if backend is not None:
        other = backend.method(owner, name)
        if other is not None:
            return other(*arguments, **keywords)
    if trace is not None and backend is None and carried == "ours":
        return trace.call(function, arguments, keywords)
    return fresh(function(*arguments, **keywords))


def _backend(owner: Any, arguments: Sequence[Any]) -> Backend | None:
    """The backend whose business a method of a list is."""
    if type(owner) is not list:
        return None
    trace = thread().trace
    if trace is not None and trace.backend.only_by_name:
        return trace.backend  # type: ignore[no-any-return]
    return staged(owner) or staged_among(arguments)


def _keys(owner: Any, name: str, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> Sequence[Any] | None:
    """The items of a dictionary that a method may change; None, where it may change everything."""
    if type(owner) is not dict:
        return None
    if name in ("setdefault", "pop", "__setitem__", "__delitem__") and arguments:
        return [] if name == "setdefault" and arguments[0] in owner else arguments[:1]
    if name == "update" and len(arguments) <= 1 and all(is_of(given, dict) for given in arguments):
        return [*(arguments[0] if arguments else ()), *keywords]
    return list(owner) if name == "clear" else None


def require_keys(value: Any, keys: Any = None) -> None:
    """A dictionary is read as a whole, or whether it has these keys: that must not depend on the graph."""
    if type(value) is not dict:
        return
    for key in value if keys is None else keys:
        item: Any = value.get(key)
        if is_of(item, Joined) and item.is_undefined():
            refuse(
                f"{here()}: whether the dictionary has the key {key!r} is known only when the graph runs, because one "
                "path sets it and another does not: set it on both"
            )


def require_python_key(owner: Any, key: Any) -> None:
    """Which item of a dictionary or set a key means must be known while a branch or loop of the graph is traced."""
    if not is_tracing() or not is_of(owner, dict, set):
        return
    if staged(key) is not None or (type(key) is tuple and staged_among(key) is not None):
        refuse(
            f"{here()}: the key of a {type(owner).__name__} is a tensor, whose value is known only when the graph "
            "runs: use a Python value as key, a list or tf.TensorArray for consecutive numbers, or tf.lookup"
        )


def backend_of_lists(arguments: Sequence[Any], keywords: Mapping[str, Any]) -> Backend | None:
    """The backend of a list of unknown length that is given to a function."""
    if not Elements.alive:
        return None
    return _among(arguments) or _among(keywords.values())


def _among(values: Any) -> Backend | None:
    for value in values:
        kind = type(value)
        if kind is list:
            backend = staged(value)
            if backend is not None:
                return backend
        if kind in (list, tuple):
            backend = _among(value)
        elif kind is dict:
            backend = _among(value.values())
        else:
            continue
        if backend is not None:
            return backend
    return None


_ONE_KEY = ("get", "pop", "setdefault", "__getitem__", "__delitem__", "__contains__")

_TAKING_KEY = frozenset((*_ONE_KEY, "__setitem__", "add", "discard", "remove"))

_READING = frozenset(
    {
        "count", "index", "copy", "get", "items", "keys", "values", "union", "intersection", "difference",
        "symmetric_difference", "issubset", "issuperset", "isdisjoint", "__len__", "__getitem__", "__contains__",
        "__iter__", "__eq__", "__ne__", "__reversed__",
    }
)  # fmt: skip
"""Methods that change nothing."""
