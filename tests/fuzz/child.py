"""Many programs in one process: what came of them, and the first that failed, made small."""

from __future__ import annotations

import collections
import importlib
import signal
import types
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.fuzz.choices import Choices
from tests.fuzz.programs import Program
from tests.fuzz.reduce import reduced

MODES = ("python", "own", "foreign")
LONGEST = 120
"""Seconds that a program may take: what hangs is a failure, too."""


@dataclass
class Found:
    """What running some programs has shown."""

    programs: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


class Hangs(BaseException):
    pass


@contextmanager
def _limited() -> Iterator[None]:
    def stop(number: int, frame: Any) -> None:
        raise Hangs

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(LONGEST)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def judged(mode: types.ModuleType, program: Program) -> str | None:
    """How the program can tell that it is enabled, or that this could not be found out."""
    try:
        with _limited(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return mode.check(program)  # type: ignore[no-any-return]
    except Hangs:
        return f"it runs longer than {LONGEST} seconds"


def run(name: str, count: int, number: int, *, small: bool = True) -> Found:
    """Make so many programs from a seed and judge them, until one fails. One that has been made before is not counted."""
    mode = importlib.import_module(f"tests.fuzz.{name}")
    found = Found()
    made: set[Program] = set()
    for place in range(count):
        program = mode.make(Choices(number, place))
        if program in made:
            continue
        made.add(program)
        found.programs += 1
        if judged(mode, program) is not None:
            if small:
                program = reduced(program, lambda other: judged(mode, other) is not None)
            found.failures.append(f"# Seed {number}, program {place}\n{program}\n{judged(mode, program)}")
            break
    found.counts = dict(getattr(mode, "COUNTS", collections.Counter()))
    return found
