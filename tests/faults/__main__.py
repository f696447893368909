"""`python -m tests.faults [--points N] [AREA...]`: the sweeps of which the test suite runs a sample."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.conftest import Project
from tests.faults import test_cache
from tests.faults.striking import OURS, Exhausted, Late, Struck

Found = tuple[int, list[str]]
"""How many were tried, and what was wrong."""


def imports(points: int) -> Found:
    """Imports, struck at every point outside the transpiler's passes, and at some inside."""
    from tests.faults import test_interrupted_imports as module

    sys.dont_write_bytecode = False
    with tempfile.TemporaryDirectory() as name, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        inside = Path(name) / "inside"
        inside.mkdir()
        return module.sweep(Path(name), sys.maxsize, module.EDGES) + module.sweep(inside, points, (OURS,)), []


def calls(points: int) -> Found:
    """Traces and staged calls, struck at so many points each."""
    from tests.faults import calls as module

    found: list[str] = []
    tried = 0
    for kind in module.SOURCES:
        for moment in module.BEFORE:
            for error in (Struck, Exhausted, Late):
                found += module.sweep(kind, moment, error, points)
                tried += points
    return tried, found


def backends(points: int) -> Found:
    """Every method of the protocol raises, after none, one and seven calls, once and for good."""
    from tests.faults import test_backend as module

    found: list[str] = []
    tried = 0
    for kind in module.SOURCES:
        for name in module.METHODS:
            for after in module.WHEN:
                for is_once in (True, False):
                    found += module.complaints(kind, name, after, is_once)
                    tried += 1
    return tried, found


def projects() -> Iterator[Project]:
    with tempfile.TemporaryDirectory() as name:
        project = Project(Path(name))
        project.write("pkg.py", "def f(x):\n    return x + 1\n")
        project.write("main.py", "import pkg\nprint(pkg.f(1))\n")
        yield project


def kills(points: int) -> Found:
    """A process dies before and after each system call by which a file is kept."""
    number = 0
    for project in projects():
        while test_cache.killed_at(project, number):
            number += 1
    return number, []


def processes(points: int) -> Found:
    """64 processes begin with an empty cache."""
    for project in projects():
        test_cache.cold_at_once(project, 64)
    return 64, []


AREAS: dict[str, Callable[[int], Found]] = {
    area.__name__: area for area in (kills, processes, imports, backends, calls)
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--points", type=int, default=200, help="points of each sweep at which is struck")
    parser.add_argument("areas", nargs="*", metavar="AREA", choices=[[], *AREAS], help=", ".join(AREAS))
    options = parser.parse_args()
    wrong = 0
    for name in options.areas or AREAS:
        start = time.perf_counter()
        tried, found = AREAS[name](options.points)
        wrong += len(found)
        print(f"{name}: {tried} tried, {len(found)} wrong, {time.perf_counter() - start:.0f} s", flush=True)
        for text in found:
            print(f"  {text}")
    return 1 if wrong else 0


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.exit(main())
