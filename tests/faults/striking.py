"""To raise an exception at any point of our own code, as an interrupt or a want of memory does.

Python looks for signals when a function begins, when a call ends and when a loop turns; memory is asked for in calls. A
profiler is told when functions begin and when calls end, those of Python's own functions as well: what it raises comes
up there. (A trace function, which is told of lines, would keep everything plain, and raise where no signal does, as at
the first line of a `finally`.)
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

OURS = "autograph_hook."


class Struck(KeyboardInterrupt):
    """The interrupt, told apart from the user's own."""


class Exhausted(MemoryError):
    """The same for memory."""


class Strike:
    """While it is active, the `number`-th event in our code raises; events are counted in any case.

    `only`: the names of our modules in which events count."""

    def __init__(self, number: int = -1, error: type[BaseException] = Struck, only: tuple[str, ...] = (OURS,)) -> None:
        self.number = number
        self.error = error
        self.only = only
        self.events = 0
        self.place = ""
        """Where it was raised."""

    def __enter__(self) -> Strike:
        sys.setprofile(self._told)
        return self

    def __exit__(self, *error: object) -> None:
        sys.setprofile(None)

    def _told(self, frame: FrameType, event: str, argument: Any) -> None:
        if event == "c_call" or not frame.f_globals.get("__name__", "").startswith(self.only):
            return
        self.events += 1
        if self.events == self.number + 1:
            name = getattr(argument, "__name__", "") if event.startswith("c_") else ""
            code = frame.f_code
            self.place = f"{frame.f_globals['__name__']}:{frame.f_lineno} {code.co_name} {event} {name}"
            raise self.error


def points(count: int, wanted: int) -> list[int]:
    """So many numbers below `count`, the first and the last among them."""
    wanted = min(wanted, count)
    return sorted({round(i * (count - 1) / max(1, wanted - 1)) for i in range(wanted)})


def events_of(run: Callable[[], object], only: tuple[str, ...] = (OURS,)) -> int:
    """How many points there are in a run."""
    with Strike(only=only) as strike:
        run()
    return strike.events
