"""Many programs in one process: what came of them, and the first that failed, made small."""

from __future__ import annotations

import collections
import importlib
import signal
import time
import types
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.fuzz import observe, python
from tests.fuzz.choices import Choices
from tests.fuzz.programs import Program
from tests.fuzz.reduce import reduced

MODES = ("python", "own", "foreign", "lantern")
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
def _limited(seconds: float) -> Iterator[None]:
    def stop(number: int, frame: Any) -> None:
        raise Hangs

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def judged(mode: types.ModuleType, program: Program, seconds: float = LONGEST) -> str | None:
    """How the program can tell that it is enabled. Raises `Hangs` where that takes longer."""
    with _limited(seconds), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return mode.check(program)  # type: ignore[no-any-return]


def _kind(wrong: str | None) -> str | None:
    """Its first word."""
    return wrong.partition(":")[0] if wrong is not None else None


def small(mode: types.ModuleType, program: Program, wrong: str, seconds: float) -> Program:
    """A small program that can tell in the same way, made from one that can and that took so many seconds. One that a
    change has made endless is none."""
    kind = _kind(wrong)
    limit = 1 + 4 * seconds

    def fails(other: Program) -> bool:
        try:
            return _kind(judged(mode, other, limit)) == kind
        except (Hangs, Exception):
            return False  # what is compared may make no sense any more

    return reduced(program, fails)


def failure(mode: types.ModuleType, program: Program) -> str | None:
    """The program made small and what is wrong with it; None if nothing is."""
    started = time.monotonic()
    try:
        wrong = judged(mode, program)
        if wrong is None:
            return None
        program = small(mode, program, wrong, time.monotonic() - started)
        return f"{program}\n{judged(mode, program)}"
    except Hangs:
        return None if _is_endless(program) else f"{program}\nit runs longer than {LONGEST} seconds"


def _is_endless(program: Program) -> bool:
    """Does it run longer without the hook as well?"""
    try:
        with _limited(LONGEST):
            observe.run(python.plain(program, "<endless>"), program.steps, "<endless>")
    except Hangs:
        return True
    return False


def _compiles(program: Program) -> bool:
    """A name may have come before its `global`."""
    try:
        compile(program.source, "<made>", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


def run(name: str, count: int, number: int, begins: Callable[[int], None] | None = None) -> Found:
    """Make so many programs from a seed and judge them, until one fails. One that has been made before is not counted.
    `begins` is told each program's number."""
    mode = importlib.import_module(f"tests.fuzz.{name}")
    found = Found()
    made: set[Program] = set()
    for place in range(count):
        program = mode.make(Choices(number, place))
        if program in made or not _compiles(program):
            continue
        made.add(program)
        found.programs += 1
        if begins is not None:
            begins(place)
        failed = failure(mode, program)
        if failed is not None:
            found.failures.append(f"# Seed {number}, program {place}\n{failed}")
            break
    found.counts = dict(getattr(mode, "COUNTS", collections.Counter()))
    return found
