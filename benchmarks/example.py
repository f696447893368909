"""examples/train_digits.py with the hook and without: the same printed results, and the speed.

A third variant has `@tf.function` written above `train_step` by hand: what staging can reach at most.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .harness import ROOT, Bench, interleave

EXAMPLE = ROOT / "examples" / "train_digits.py"
SPEED = re.compile(r"epoch\s+(\d+)\s+([\d.]+) steps per second")


def decorated(source: str) -> str:
    return replaced(source, "\ndef train_step(", "\n@tf.function\ndef train_step(")


def shorter(source: str) -> str:
    return replaced(source, "\nEPOCHS = 10\n", "\nEPOCHS = 5\n")


def replaced(source: str, old: str, new: str) -> str:
    if source.count(old) != 1:
        raise SystemExit(f"{EXAMPLE} has not one {old.strip()!r}")
    return source.replace(old, new)


def written(directory: str, name: str, source: str) -> Path:
    path = Path(directory, name)
    path.write_text(source)
    return path


def speeds(errors: str) -> dict[int, float]:
    """Steps per second by epoch."""
    return {int(epoch): float(speed) for epoch, speed in SPEED.findall(errors)}


def run(bench: Bench) -> None:
    rounds = bench.how_many(7, quick=1)
    with tempfile.TemporaryDirectory() as scratch:
        source = EXAMPLE.read_text()
        if bench.among_all:
            source = shorter(source)
        path = written(scratch, EXAMPLE.name, source)
        commands = {
            "plain": [sys.executable, path],
            "hook": [sys.executable, "-m", "autograph_hook", path],
            "tf.function by hand": [sys.executable, written(scratch, "decorated.py", decorated(source))],
        }
        printed: dict[str, set[str]] = {name: set() for name in commands}
        later: dict[str, list[float]] = {name: [] for name in commands}
        first: dict[str, list[float]] = {name: [] for name in commands}

        def once(name: str) -> float:
            start = time.perf_counter()
            done = subprocess.run(
                [*map(str, commands[name])],
                env=os.environ | {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"},
                capture_output=True,
                text=True,
            )
            seconds = time.perf_counter() - start
            if done.returncode:
                raise SystemExit(f"{name} failed:\n{done.stderr[-3000:]}")
            printed[name].add(done.stdout)
            by_epoch = speeds(done.stderr)
            first[name].append(by_epoch.pop(1))
            # Steps per second over all epochs after the first: epochs have the same number of steps.
            later[name].append(len(by_epoch) / sum(1 / speed for speed in by_epoch.values()))
            return seconds

        once("hook")  # fills the cache
        first["hook"].clear()
        later["hook"].clear()
        seconds = interleave({name: lambda name=name: once(name) for name in commands}, rounds)
    for name in "hook", "tf.function by hand":
        bench.fact(f"plain and {name} print the same", len(printed["plain"] | printed[name]) == 1)
    for name in commands:
        bench.row(f"steps per second after the first epoch, {name}", later[name], "/s")
        bench.row(f"steps per second of the first epoch, {name}", first[name], "/s")
        bench.row(f"whole run, {name}", seconds[name], "s")
    bench.ratio("after the first epoch, hook / plain", later, "hook", "plain", at_least=5)
    bench.ratio("after the first epoch, by hand / plain", later, "tf.function by hand", "plain")
    bench.bars("examples/train_digits.py", "steps per second", {"first epoch": first, "later epochs": later}, log=True)
