"""What a speculative trace may change inside a staged branch or loop body.

Such a body is traced once, whether and however often it will run. So a change of an object that was there before is
right only where the object's attribute or item is a variable of the construct: anything else ends the trace.
"""

from __future__ import annotations

import types
from _thread import _local
from collections.abc import Sequence
from typing import Any

from autograph_hook.runtime.gate import thread
from autograph_hook.runtime.state import Variables
from autograph_hook.staging.trace import Abort


class _Stack(_local):
    def __init__(self) -> None:
        self.constructs: list[tuple[frozenset[int], frozenset[tuple[int, Any]]]] = []
        """For each staged construct that is being traced: the objects made before it, and the attributes and items
        that are its variables."""


_stack = _Stack()


class entered:
    """A staged construct, whose variables these are, is being traced."""

    __slots__ = ("is_watched",)

    def __init__(self, *states: Variables | None) -> None:
        trace = thread().trace
        self.is_watched = trace is not None
        if trace is not None:
            places = [place for state in states if state is not None for place in state.places()]
            _stack.constructs.append((frozenset(trace.made), frozenset(places)))

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: object, error: BaseException | None, traceback: types.TracebackType | None
    ) -> None:
        if self.is_watched:
            _stack.constructs.pop()


def about_to_change(owner: Any, key: Any = None) -> None:
    """An attribute or an item of `owner`, or all of it, is about to be changed."""
    for before, places in _stack.constructs:
        if id(owner) in before and (id(owner), key) not in places:
            kind = type(owner).__name__
            raise Abort(f"changes a {kind} under a condition, or in a loop, that is known only when the graph runs")


def about_to_call(function: Any, arguments: Sequence[Any]) -> None:
    """A function that is not enabled is about to be called."""
    if not _stack.constructs or not isinstance(function, types.BuiltinFunctionType):
        return
    owner = function.__self__
    if function in (setattr, delattr) and len(arguments) > 1:
        about_to_change(arguments[0], arguments[1])
    elif function is next and arguments:
        about_to_change(arguments[0])
    elif not isinstance(owner, types.ModuleType):
        kind = type(owner)
        if kind not in _IMMUTABLE and function.__name__ not in _READING:
            about_to_change(owner)


_IMMUTABLE = frozenset({str, bytes, tuple, frozenset, int, float, complex, bool, range, type(None)})
_READING = frozenset(
    {
        "count", "index", "copy", "get", "items", "keys", "values", "union", "intersection", "difference",
        "symmetric_difference", "issubset", "issuperset", "isdisjoint", "__len__", "__getitem__", "__contains__",
        "__iter__", "__eq__", "__ne__", "__reversed__",
    }
)  # fmt: skip
"""Methods of lists, dictionaries and sets that change nothing."""
