"""To raise an exception at any point of our own code, as an interrupt or a want of memory does.

Python looks for signals when a function begins, when a call ends and when a loop turns; memory is asked for in calls. A
profiler is told when functions begin and when calls end, those of Python's own functions as well: what it raises comes
up there. (A trace function, which is told of lines, would keep everything plain, and raise where no signal does, as at
the first line of a `finally`.)
"""

from __future__ import annotations

import dis
import inspect
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

OURS = "autograph_hook."


class Struck(KeyboardInterrupt):
    """The interrupt, told apart from the user's own."""


class Exhausted(MemoryError):
    """The same for memory."""


class Late(Exception):
    """What the handler of a signal raises: a program gives itself some seconds with `signal.alarm`. (No OSError, of
    which Python's own import makes nothing while it looks for files.)"""


def late(number: int, frame: FrameType | None) -> None:
    raise Late


MUST_BE_RAISED = (Struck, Late)
"""What no call and no import of ours may end as if it had not been."""


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
        self.gets_out = True
        """Not from the callback of a weak reference: what it raises, Python prints."""

    def __enter__(self) -> Strike:
        self.handler = signal.signal(signal.SIGUSR2, late)
        sys.setprofile(self._told)
        return self

    def __exit__(self, *error: object) -> None:
        sys.setprofile(None)
        signal.signal(signal.SIGUSR2, self.handler)

    def _told(self, frame: FrameType, event: str, argument: Any) -> None:
        # A call has ended: where it was made, the exception comes up.
        at = frame.f_back if event == "return" else frame
        if event in ("c_call", "c_exception") or at is None or (event != "c_return" and _is_generator(frame)):
            return
        if not at.f_globals.get("__name__", "").startswith(self.only) or (event == "return" and _is_with(frame, at)):
            return
        self.events += 1
        if self.events == self.number + 1:
            called = getattr(argument, "__name__", "") if event == "c_return" else frame.f_code.co_name
            self.place = f"{at.f_globals['__name__']}:{at.f_lineno} {at.f_code.co_name}: {event} {called}"
            self.gets_out = not _is_callback(frame)
            if self.error is Late:
                late(signal.SIGUSR2, frame)
            raise self.error


def _is_generator(frame: FrameType) -> bool:
    """What is raised where one begins, goes on or yields would end it without its `finally`."""
    return bool(frame.f_code.co_flags & (inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR))


def _is_with(entered: FrameType, at: FrameType) -> bool:
    """Is it a `with` that has called `__enter__`? Nothing can come between that and the block."""
    if entered.f_code.co_name != "__enter__":
        return False
    return dis.opname[at.f_code.co_code[at.f_lasti]] in ("BEFORE_WITH", "SETUP_WITH")


def _is_callback(frame: FrameType | None) -> bool:
    """Is it, or does it run in, what is called when a module goes (`runtime.owners`)?"""
    while frame is not None:
        if frame.f_code.co_name == "gone" and frame.f_globals["__name__"] == "autograph_hook.runtime.owners":
            return True
        frame = frame.f_back
    return False


def points(count: int, wanted: int) -> list[int]:
    """So many numbers below `count`, the first and the last among them."""
    wanted = min(wanted, count)
    return sorted({round(i * (count - 1) / max(1, wanted - 1)) for i in range(wanted)})


def events_of(run: Callable[[], object], only: tuple[str, ...] = (OURS,)) -> int:
    """How many points there are in a run."""
    with Strike(only=only) as strike:
        run()
    return strike.events
