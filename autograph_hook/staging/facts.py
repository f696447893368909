"""What was so while tracing, and must be so again for the compiled function to be used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple


class Abort(BaseException):
    """The trace met what it cannot carry. Not an Exception: no handler in the traced code may swallow it."""

    def __init__(self, reason: str, line: int | None = None, *, is_small: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        """The line of the traced function that was running, where that is known."""
        self.is_small = is_small
        """Was there nothing in the way but that the graph has too few operations?"""
        self.name: str | None = None
        """The name of the traced function whose value no trace takes, where that is what was in the way."""


class Fact(NamedTuple):
    """`kind` says how to look again: the attribute `key` of `owner`, the name `key` of the module dictionary or of
    the builtins, the content of a cell, all elements of a container, the class of an object, how many names a class
    has. `value` is what was seen.
    """

    kind: str
    owner: Any
    key: Any
    value: Any


class Facts:
    """In the order in which they were met: an owner has been checked before what is read from it."""

    def __init__(self) -> None:
        self._facts: dict[tuple[str, int, str | None], Fact] = {}

    def __iter__(self) -> Iterator[Fact]:
        return iter(self._facts.values())

    def add(self, kind: str, owner: Any, key: str | None, value: Any) -> None:
        self._facts.setdefault((kind, id(owner), key), Fact(kind, owner, key, value))
