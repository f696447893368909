"""What was so while tracing, and must be so again for the compiled function to be used."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from typing import Any, NamedTuple


class Abort(BaseException):
    """The trace met what it cannot carry. Not an Exception: no handler in the traced code may swallow it."""

    def __init__(
        self, reason: str, line: int | None = None, *, is_small: bool = False, is_passing: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        """The line of the traced function that was running, where that is known."""
        self.is_small = is_small
        """Was there nothing in the way but that the graph has too few operations?"""
        self.is_passing = is_passing
        """May the next call be traced, though this one was not?"""
        self.cause: BaseException | None = None
        """What the trace has raised."""
        self.name: str | None = None
        """The name of the traced function whose value no trace takes, where that is what was in the way."""


class Again(Abort):
    """The content of a container that traced code changes was taken for a fact, or cannot be one: the function is to be
    traced once more, with that container unread."""

    def __init__(self, container: Any) -> None:
        super().__init__(f"changes a {type(container).__name__} that was there before")
        self.container = container


class Place(NamedTuple):
    """Where a guard finds a value: an argument, an attribute, a name, a cell, an element of a container."""

    key: tuple[Any, ...]
    """The same for the same place in another specialization."""
    label: str
    """What the user calls it."""
    text: str
    """The guard's expression for it."""
    was: Any
    """What was seen there, if that is a simple value; else a description."""
    line: int | None = None
    """Where in the traced function it was met first, if that is known."""


class Test(NamedTuple):
    """One condition of a guard, and the place that it looks at where there is one."""

    text: str
    place: Place | None = None
    parts: tuple[Any, ...] = ()
    """Tests of its parts, which tell what has changed where it fails."""


class Fact(NamedTuple):
    """`kind` says how to look again: the attribute `key` of `owner`, the name `key` of the module dictionary or of
    the builtins, the content of a cell, all elements of a container, the class of an object, how many names a class
    has. `value` is what was seen. Of kind "tests" it is a list of tests that are ready.
    """

    kind: str
    owner: Any
    key: Any
    value: Any
    line: int | None = None
    """Of the traced function, where that is known."""


def line_in(code: types.CodeType | None) -> int | None:
    """The line at which a function that is on the stack stands; None where it is not there."""
    frame: types.FrameType | None = sys._getframe(1) if code is not None else None
    while frame is not None:
        if frame.f_code is code:
            return frame.f_lineno
        frame = frame.f_back
    return None


class Facts:
    """In the order in which they were met: an owner has been checked before what is read from it."""

    def __init__(self) -> None:
        self._facts: dict[tuple[str, int, str | None], Fact] = {}
        self.code: types.CodeType | None = None
        """That of the function that is traced."""

    def __iter__(self) -> Iterator[Fact]:
        return iter(self._facts.values())

    def add(self, kind: str, owner: Any, key: str | None, value: Any) -> None:
        if (kind, id(owner), key) not in self._facts:
            self._facts[kind, id(owner), key] = Fact(kind, owner, key, value, line_in(self.code))
