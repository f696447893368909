"""Packages of ever more modules of 200 lines, each imported by a fresh process.

Transforming a million lines in each of seven rounds takes nine minutes. Among all benchmarks that is not done: a
million lines are transformed once, by two processes, to be imported from the cache, and what their first import would
take follows from the slope.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from ..harness import ROOT, Bench, child
from ..modules import LINES, write_package
from ..progress import progress
from . import fits

SCRIPT = Path(__file__).parent.parent / "importing_child.py"
SIZES = (1_000, 10_000, 100_000, 1_000_000)
QUICK = (1_000, 10_000, 100_000)
MILLION = 1_000_000
TRANSFORM = "transform of lines, and their import"
CONSOLE = "import sys; from autograph_hook.cli import console; sys.exit(console())"
FORMS = {
    "enabled, transformed now": (True, True, True),
    "enabled, cached": (True, False, True),
    "enabled, cached, uncollected": (True, False, False),
    "plain, compiled now": (False, True, True),
    "plain, cached": (False, False, True),
    "plain, cached, uncollected": (False, False, False),
}
"""Is the hook there, is nothing cached, and does Python look for circles meanwhile? That takes the longer the more
objects there are, however they came to be: two thirds of the time in which a million lines are imported plain."""


def run(bench: Bench, rounds: int) -> None:
    times: dict[str, dict[float, list[float]]] = {form: {} for form in FORMS}
    memory: dict[str, dict[float, list[float]]] = {"enabled": {}, "plain": {}}
    kept: dict[str, float] = {}
    for size in QUICK if bench.quick else SIZES:
        with tempfile.TemporaryDirectory() as scratch:
            for place in "enabled", "plain":
                write_package(Path(scratch, place), "generated", size // LINES)
            # Outside this project: where a script lies decides which pyproject.toml is read.
            script = shutil.copy(SCRIPT, scratch)
            cold_too = size < MILLION or not bench.among_all
            if not cold_too:
                _transform_once(bench, Path(scratch, "enabled", "generated"))
                _import(script, Path(scratch, "plain"), size // LINES, hook=False, cold=True)
            since = time.monotonic()
            for turn in range(rounds):
                progress.step(turn, rounds, since, f"{size:,} lines")
                # Transformed, then from the cache that this has filled.
                for form, (hook, cold, collects) in FORMS.items():
                    if cold and not cold_too:
                        continue
                    place = Path(scratch, "enabled" if hook else "plain")
                    found = _import(script, place, size // LINES, hook, cold, collects)
                    times[form].setdefault(size, []).append(found["cpu"])
                    if not cold and collects:
                        memory[place.name].setdefault(size, []).append(found["resident"] / 1024)
            kept = {place: _cached(Path(scratch, place)) / size for place in memory}
    called = {form: f"import of lines, {form}" for form in FORMS}
    called["enabled, transformed now"] = TRANSFORM
    fits.report(bench, "importing", "lines", "s", times, called, (1e6, "us/line"))
    per_module = {form: {x / LINES: values for x, values in points.items()} for form, points in memory.items()}
    named = {form: f"memory of modules, {form}" for form in memory}
    fits.report(bench, "resident memory", "modules", "MB", per_module, named, (1024, "kB/module"))
    _million(bench, times, memory, kept)


def _million(bench: Bench, times: Any, memory: Any, kept: dict[str, float]) -> None:
    """What a code base of a million lines costs: measured, or carried on along the slope. `kept`: megabytes a line."""
    for form, points in times.items():
        bench.row(f"a million lines: import, {form}", _at(MILLION, points), "s")
    hooked, plain = (_at(MILLION, times[form]) for form in ("enabled, cached", "plain, cached"))
    longer = [a - b for a, b in zip(hooked, plain, strict=True)]
    bench.row("a million lines: a later start takes longer by", longer, "s")
    for form, points in memory.items():
        bench.row(f"a million lines: resident memory, {form}", _at(MILLION, points), "MB")
    for place, size in kept.items():
        bench.row(f"a million lines: cache on disk, {place}", [MILLION * size], "MB")


def _at(size: float, points: fits.Points) -> list[float]:
    """Its values there; beyond the sizes that were measured, along the slope from the last."""
    if size in points:
        return list(points[size])
    last = max(points)
    return [found[last] + fits.slope(found) * (size - last) for found in fits.rounds(points)]


def _import(script: str, place: Path, modules: int, hook: bool, cold: bool, collects: bool = True) -> Any:
    if cold:
        shutil.rmtree(place / "generated" / "__pycache__", ignore_errors=True)
    enabled = ["generated"] if hook else None
    task = {"directory": str(place), "count": modules, "install": enabled, "collects": collects}
    found = child([script, json.dumps(task)])
    if found["enabled"] is not hook:
        raise SystemExit("the modules did not come through the right loader")
    if hook and not cold and not found["light"]:
        raise SystemExit("the modules did not come from the cache")
    return found


def _transform_once(bench: Bench, package: Path) -> None:
    """Fill the cache of a package, by two processes."""
    progress.tell("transforming a million lines once, by two processes")
    files = [str(path) for path in sorted(package.glob("*.py"))]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "AUTOGRAPH_HOOK_ENABLE": package.name}
    start, before = time.perf_counter(), os.times().children_user
    running = [
        subprocess.Popen(
            [sys.executable, "-c", CONSOLE, "compile", *files[turn::2]],
            cwd=package.parent, env=environment, stdout=subprocess.DEVNULL,
        )
        for turn in range(2)
    ]  # fmt: skip
    ended = [process.wait() for process in running]
    if any(ended):
        raise SystemExit("the modules could not be transformed ahead of time")
    worked, passed = os.times().children_user - before, time.perf_counter() - start
    bench.fact(
        "a million lines, transformed once by two processes of `autograph-hook compile`",
        f"{worked:.0f} s of processor time, {passed:.0f} s by the clock",
    )


def _cached(place: Path) -> float:
    """Megabytes of byte code."""
    return sum(path.stat().st_size for path in place.rglob("__pycache__/*")) / 1e6
