"""What all measurements share: interleaved rounds, medians, ratios with their spread, and on what machine.

Requirements: variants are run in turn within each round, so that what the machine does meanwhile hits all;
a ratio is taken within each round and its median over the rounds is what counts; the spread (first and third
quartile) is always shown; the load of the machine is recorded with the figures.
"""

from __future__ import annotations

import json
import os
import platform
import random
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

Samples = Mapping[str, list[float]]


@dataclass(frozen=True)
class Spread:
    """A median and the quartiles around it."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: list[float]) -> Spread:
        if len(values) < 2:
            return cls(values[0], values[0], values[0])
        low, _, high = statistics.quantiles(values, n=4, method="inclusive")
        return cls(statistics.median(values), low, high)


@dataclass(frozen=True)
class Row:
    """One measured figure; `limit` is what was promised (at most, or at least)."""

    what: str
    spread: Spread
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def kept(self) -> bool | None:
        if self.at_most is not None:
            return self.spread.median <= self.at_most
        if self.at_least is not None:
            return self.spread.median >= self.at_least
        return None

    def __str__(self) -> str:
        text = f"  {self.what:52} {number(self.spread.median)} {self.unit:3}"
        text += f" [{number(self.spread.low).strip()} .. {number(self.spread.high).strip()}]"
        if self.at_most is not None:
            text += f"  at most {self.at_most:g}"
        if self.at_least is not None:
            text += f"  at least {self.at_least:g}"
        return text + {None: "", True: "  kept", False: "  MISSED"}[self.kept]


def number(value: float) -> str:
    return f"{value:9.1f}" if abs(value) >= 100 else f"{value:9.3f}"


@dataclass
class Bench:
    """Handed to each benchmark: its settings, and where it puts its rows."""

    name: str
    quick: bool = False
    rounds: int = 0
    only: str = ""  # the one part of the benchmark that is to run
    python: str = ""  # the interpreter that has the libraries of `suites`
    rows: list[Row] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def how_many(self, rounds: int, quick: int) -> int:
        return self.rounds or (quick if self.quick else rounds)

    def row(self, what: str, values: list[float] | Spread, unit: str = "", **limits: float) -> None:
        spread = values if isinstance(values, Spread) else Spread.of(values)
        row = Row(what, spread, unit, **limits)
        self.rows.append(row)
        print(row, flush=True)

    def ratio(self, what: str, samples: Samples, above: str, below: str, **limits: float) -> None:
        self.row(what, ratios(samples, above, below), "x", **limits)

    def fact(self, what: str, value: object) -> None:
        """Something to know that is no time: counts, results that must be equal, versions."""
        self.facts[what] = value
        print(f"  {what}: {value}", flush=True)

    def to_dict(self) -> dict[str, Any]:
        return {"rows": [asdict(row) | {"kept": row.kept} for row in self.rows], "facts": self.facts}


def interleave(
    variants: Mapping[str, Callable[[], float]], rounds: int, order: random.Random | None = None
) -> dict[str, list[float]]:
    """Run every variant once a round, each round beginning with another one; or in the order that is drawn, where a
    variant feels what ran before it."""
    names = list(variants)
    samples: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        shift = turn % len(names)
        for name in order.sample(names, len(names)) if order else names[shift:] + names[:shift]:
            samples[name].append(variants[name]())
    return samples


def ratios(samples: Samples, above: str, below: str) -> list[float]:
    return [a / b for a, b in zip(samples[above], samples[below], strict=True)]


def child(arguments: list[str | Path]) -> Any:
    """Run a script in its directory in a fresh interpreter; the JSON value on its last line of output."""
    ours = ("AUTOGRAPH_HOOK", "PYTHON")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    kept |= {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        env=kept,
        cwd=Path(arguments[0]).parent,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"benchmark child {arguments[0]} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def machine() -> dict[str, object]:
    facts: dict[str, object] = {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
        "processors": os.cpu_count(),
        "load": [round(value, 2) for value in os.getloadavg()],
    }
    for package in "autograph_hook", "tensorflow", "tensorflow-cpu", "numpy", "gast", "scikit-learn":
        try:
            facts[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return facts


def processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"
