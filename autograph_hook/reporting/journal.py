"""What was decided for each construct while a graph was built.

A construct is named by its place in the source; of several decisions for one place the last one is kept. The journal is
written only while a graph is built, and holds a bounded number of places.
"""

from __future__ import annotations

from typing import NamedTuple

LARGEST = 4096
"""Places of which the last decision is kept; those that come later are not noted."""


class Entry(NamedTuple):
    path: str
    line: int
    function: str
    """The name of the function that the construct stands in, without the names around it."""
    construct: str
    decision: str
    reason: str | None

    def __str__(self) -> str:
        return self.decision if self.reason is None else f"{self.decision}: {self.reason}"


_entries: dict[tuple[str, int, str, str], Entry] = {}


def note(path: str, line: int, function: str, construct: str, decision: str, reason: str | None = None) -> None:
    """A construct (`for`, `while`) was staged, or was not, for this reason."""
    place = (path, line, function, construct)
    if place in _entries or len(_entries) < LARGEST:
        _entries[place] = Entry(path, line, function, construct, decision, reason)


def entries(path: str) -> list[Entry]:
    """What was decided in a file, by line."""
    return sorted((entry for entry in list(_entries.values()) if entry.path == path), key=lambda entry: entry.line)
