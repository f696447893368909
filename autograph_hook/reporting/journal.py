"""What was decided for each construct while graphs were built.

A construct is named by its place in the source, and what was decided for it is counted. Nothing is noted but while a
graph is built, which is rare, and the journal holds a bounded number of places. What was noted in an attempt that came
to nothing is forgotten with it.
"""

from __future__ import annotations

import types
from _thread import _local
from collections.abc import Container, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

LARGEST = 16_384
"""Places of which decisions are kept; those that come later are not noted."""

STAGED, PYTHON = "staged", "python"


class Entry(NamedTuple):
    path: str
    line: int
    function: str
    """The name of the function that the construct stands in, without the names around it."""
    construct: str
    decision: str
    """`STAGED`: the graph decides when it runs. `PYTHON`: Python has decided while the graph was built."""
    reason: str | None
    value: str | None
    """What Python has decided on: the type of the value."""
    times: int

    def __str__(self) -> str:
        return self.reason or self.decision


class Tally:
    __slots__ = ("count", "reason", "value")

    def __init__(self) -> None:
        self.count = 0
        self.reason: str | None = None
        self.value: str | None = None


Key = tuple[str, int, str, str, str]


class _Notes:
    def __init__(self) -> None:
        self.has_failed = False
        self.places: dict[Key, Tally] = {}
        self.entered: dict[int, tuple[types.CodeType, int]] = {}
        """By the identity of the code, whose hash is made of all that is in it."""

    def enter(self, code: types.CodeType, times: int) -> None:
        if id(code) in self.entered or len(self.entered) < LARGEST:
            self.entered[id(code)] = code, entered(code, self) + times


class _Thread(_local):
    attempt: _Notes | None = None
    """What is noted in the attempt in progress."""


_thread = _Thread()
_notes = _Notes()
collecting = False
"""Has somebody asked for every decision? If not, only what became of loops is noted."""


def collect() -> None:
    """From now on every decision is noted."""
    global collecting
    collecting = True


def note(
    path: str, line: int, function: str, construct: str, decision: str, reason: str | None = None,
    value: str | None = None, times: int = 1,
) -> None:
    """This was decided for a construct (`for`, `if`, `call`)."""
    places = (_thread.attempt or _notes).places
    key = (path, line, function, construct, decision)
    tally = places.get(key)
    if tally is None:
        if len(places) >= LARGEST:
            return
        tally = places[key] = Tally()
    tally.count += times
    tally.reason, tally.value = reason, value


def enter(code: types.CodeType) -> None:
    """A function's twin begins to run, to become part of a graph."""
    (_thread.attempt or _notes).enter(code, 1)


@contextmanager
def attempt() -> Iterator[_Notes]:
    """What is noted inside counts only where that ends well, and nobody says that it has failed."""
    before = _thread.attempt
    notes = _Notes()
    try:
        _thread.attempt = notes
        yield notes
    finally:
        _thread.attempt = before
    if notes.has_failed:
        return
    for (path, line, function, construct, decision), tally in notes.places.items():
        note(path, line, function, construct, decision, tally.reason, tally.value, tally.count)
    for code, times in notes.entered.values():
        (before or _notes).enter(code, times)


def entries(path: str) -> list[Entry]:
    """What was decided in a file, by line."""
    found = [
        Entry(*key, tally.reason, tally.value, tally.count)
        for key, tally in list(_notes.places.items())
        if key[0] == path
    ]
    return sorted(found, key=lambda entry: entry.line)


def entered(code: types.CodeType | None, notes: _Notes = _notes) -> int:
    """How often a twin was made part of a graph."""
    found = notes.entered.get(id(code))
    return found[1] if found is not None else 0


def forget(path: str, functions: Container[str] | None = None) -> None:
    """The functions of a file are gone, or those of these names."""

    def is_gone(where: str, function: str) -> bool:
        return where == path and (functions is None or function in functions)

    for key in [key for key in list(_notes.places) if is_gone(key[0], key[2])]:
        _notes.places.pop(key, None)
    for number, (code, _) in list(_notes.entered.items()):
        if is_gone(code.co_filename, code.co_name):
            _notes.entered.pop(number, None)


def type_of(value: Any) -> str:
    """How a value's type is called in the report."""
    kind = type(value)
    name: str = kind.__qualname__
    return name if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{name}"
