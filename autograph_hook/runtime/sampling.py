"""Where the program's own lines spend their time, where a report was asked for: looked at every few milliseconds.

The gates cannot tell how long a function runs plain: they stand at its first line. So a thread of ours looks at the
stacks of the others. Time that a staged call or a trace of ours takes is measured exactly, and not counted here; time
in graphs that the program itself has asked for is no plain time either. All else belongs to the innermost line of an
enabled module.
"""

from __future__ import annotations

import os
import sys
import time
import types
from _thread import get_ident, start_new_thread
from collections.abc import Iterable
from typing import NamedTuple

from autograph_hook.runtime.gate import MODULES
from autograph_hook.staging import outermost

INTERVAL = 0.01
LONGEST_GAP = 0.2
"""Of more time between two looks it is not known what has happened in it: another process had the machine."""
MOST_LINES = 10_000

_STAGING = os.path.dirname(os.path.abspath(outermost.__file__)) + os.sep


class Line(NamedTuple):
    path: str
    line: int
    is_twin: bool
    """Did it run to become part of a graph?"""


class Sampling:
    def __init__(self) -> None:
        self.seconds: dict[Line, float] = {}
        self.is_running = False
        self.graph_files: tuple[str, ...] = ()
        """In the paths of the files that call graphs, and build those that the program asks for."""

    def begin(self, graph_files: Iterable[str]) -> None:
        self.graph_files = tuple(graph_files)
        if not self.is_running:
            self.is_running = True
            # No `threading.Thread`: the program may count its threads.
            start_new_thread(self._run, (os.getpid(),))

    def end(self) -> None:
        self.is_running = False

    def _run(self, process: int) -> None:
        own = get_ident()
        before = time.perf_counter()
        while self.is_running and os.getpid() == process:
            time.sleep(INTERVAL)
            now = time.perf_counter()
            self._look(own, min(now - before, LONGEST_GAP))
            before = now

    def _look(self, own: int, seconds: float) -> None:
        paths = {module.path for module in (reference() for reference in list(MODULES)) if module is not None}
        for thread, frame in sys._current_frames().items():
            if thread != own:
                line = where(frame, paths, self.graph_files)
                if line is not None and (line in self.seconds or len(self.seconds) < MOST_LINES):
                    self.seconds[line] = self.seconds.get(line, 0.0) + seconds


def where(frame: types.FrameType | None, paths: set[str], graph_files: tuple[str, ...]) -> Line | None:
    """The line that a stack's time belongs to; None where it is measured otherwise, or nobody's."""
    found: Line | None = None
    while frame is not None:
        path = frame.f_code.co_filename
        if path.startswith(_STAGING) or (found is None and any(part in path for part in graph_files)):
            return None
        if found is None and path in paths:
            names = frame.f_code.co_freevars
            found = Line(path, frame.f_lineno, "ag__" in names and "ag__mixed" not in names)
        if found is not None and not found.is_twin:
            return found
        frame = frame.f_back
    return found


sampling = Sampling()
