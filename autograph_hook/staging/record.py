"""What a report says of the graphs of one function: why each was made, how often it ran, and how long that took."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from autograph_hook.staging.varying import Change

LONGEST = 200
"""Graphs that are gone of which it is remembered why they were made."""
SHOWN = 3

FIRST = "first call"
SETTINGS = "other settings of the framework"
GONE = "an object that the graph before used is gone"


class Made(NamedTuple):
    """One graph."""

    why: str
    places: tuple[str, ...]
    """What the user calls the places that had changed."""
    calls: int


class Record:
    __slots__ = ("past", "seconds_staged", "seconds_tracing")

    def __init__(self) -> None:
        self.past: list[Made] = []
        self.seconds_staged: float | None = None
        """None where it was not measured."""
        self.seconds_tracing = 0.0

    def add(self, other: Record) -> None:
        """The time of another one is counted here."""
        self.seconds_tracing += other.seconds_tracing
        if other.seconds_staged is not None:
            self.seconds_staged = (self.seconds_staged or 0.0) + other.seconds_staged

    def dropped(self, specializations: Sequence[Any]) -> None:
        """These graphs will not be used any more."""
        self.past += map(_made, specializations[: max(0, LONGEST - len(self.past))])

    def made(self, specializations: Sequence[Any]) -> list[Made]:
        """All graphs in the order in which they were made; `specializations` are those in use, the last one first."""
        return [*self.past, *map(_made, reversed(specializations))]


def _made(specialization: Any) -> Made:
    changes: tuple[Change, ...] = specialization.changes
    shown = "; ".join(map(str, changes[:SHOWN]))
    more = f" and {len(changes) - SHOWN} more" if len(changes) > SHOWN else ""
    return Made(specialization.why or shown + more, tuple(change.label for change in changes), specialization.calls)
