"""How far a long run is, on standard error: one line that is written over on a terminal, else a line now and then.

A child process has its standard error read by its parent: there each step is a line of its own that begins with
`MARK`, which the parent shows as its own progress.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TextIO

VARIABLE = "BENCHMARKS_PROGRESS"
"""Set for child processes."""
MARK = "progress: "
SELDOM = 20.0
"""Seconds between two lines where they cannot be written over."""


class Progress:
    def __init__(self, stream: TextIO | None = None, seldom: float = SELDOM) -> None:
        self._stream = stream
        self.seldom = seldom
        self.title = ""
        """Which benchmark this is, of how many."""
        self._last = time.monotonic()
        self._shown = False

    @property
    def stream(self) -> TextIO:
        return self._stream or sys.stderr

    def step(self, done: int, total: int, since: float, what: str = "") -> None:
        """`done` of `total` rounds are done, begun at the time `since`."""
        left = (time.monotonic() - since) / done * (total - done) if done else 0.0
        text = f"{what}{', ' if what else ''}round {done + 1} of {total}"
        self.tell(text + (f", about {duration(left)} left" if left >= 1 else ""))

    def tell(self, text: str) -> None:
        if os.environ.get(VARIABLE):
            print(f"{MARK}{text}", file=self.stream, flush=True)
            return
        line = f"{self.title}{': ' if self.title else ''}{text}"
        if self.stream.isatty():
            print(f"\r\033[K{line}", end="", file=self.stream, flush=True)
            self._shown = True
        elif time.monotonic() - self._last >= self.seldom:
            print(f"  ... {line}", file=self.stream, flush=True)
            self._last = time.monotonic()

    def clear(self) -> None:
        """Make room for a line of output."""
        if self._shown:
            print("\r\033[K", end="", file=self.stream, flush=True)
            self._shown = False

    def forward(self, line: str) -> bool:
        """Show a child's line as progress, if it is one."""
        if not line.startswith(MARK):
            return False
        self.tell(line[len(MARK) :].rstrip())
        return True


def duration(seconds: float) -> str:
    """
    >>> duration(7.4), duration(95), duration(3700)
    ('7 s', '1 min 35 s', '62 min')
    """
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 10 and rest else f"{seconds / 60:.0f} min"


progress = Progress()
