"""What all measurements share: interleaved rounds, medians, ratios with their spread, and on what machine.

Requirements: variants are run in turn within each round, so that what the machine does meanwhile hits all;
a ratio is taken within each round and its median over the rounds is what counts; the spread (first and third
quartile) is always shown; the load of the machine is recorded with the figures; a contender that cannot run here is
said to be missing.
"""

from __future__ import annotations

import json
import os
import platform
import random
import re
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from .progress import VARIABLE, progress

ROOT = Path(__file__).resolve().parent.parent

FEWEST = 7
"""Rounds, unless it is a first impression that is asked for."""

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
    named: tuple[str, ...] = ()  # the suites of `suites`, the packages of `transparency`
    python: str = ""  # the interpreter that has the libraries of `suites`, or the packages
    tests: Path | None = None  # of `transparency`: the directory of a package's tests
    among_all: bool = False  # one of all: fewer rounds (never below seven) and smaller sizes
    rows: list[Row] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    charts: list[dict[str, Any]] = field(default_factory=list)

    def how_many(self, rounds: int, quick: int) -> int:
        """Rounds: as many as were asked for, else `rounds`; seven among all."""
        return self.rounds or (quick if self.quick else min(rounds, FEWEST) if self.among_all else rounds)

    def parts(self, names: Iterable[str]) -> list[str]:
        """Those of the benchmark's parts that are asked for."""
        names = list(names)
        asked = self.only.split()
        unknown = [name for name in asked if name not in names]
        if unknown:
            raise SystemExit(f"{self.name} has no part {', '.join(unknown)}; there are {', '.join(names)}")
        return [name for name in names if name in asked or not asked]

    def row(self, what: str, values: list[float] | Spread, unit: str = "", **limits: float) -> None:
        spread = values if isinstance(values, Spread) else Spread.of(values)
        row = Row(what, spread, unit, **limits)
        self.rows.append(row)
        say(row)

    def ratio(self, what: str, samples: Samples, above: str, below: str, **limits: float) -> None:
        self.row(what, ratios(samples, above, below), "x", **limits)

    def fact(self, what: str, value: object) -> None:
        """Something to know that is no time: counts, results that must be equal, versions."""
        self.facts[what] = value
        say(f"  {what}: {value}")

    def lacks(self, contender: str, why: str) -> None:
        """A contender that cannot run here."""
        if contender not in self.missing:
            self.missing[contender] = why
            say(f"  missing: {contender} ({why})")

    def bars(
        self, title: str, unit: str, groups: Mapping[str, Samples], log: bool = False, line: float | None = None
    ) -> None:
        """A chart: for each group a bar for each name. `line` marks a value: what was promised, or 1 for plain."""
        drawn = {group: _spreads(samples) for group, samples in groups.items()}
        self.charts.append({"kind": "bars", "title": title, "unit": unit, "groups": drawn, "log": log, "line": line})

    def lines(self, title: str, over: str, unit: str, series: Mapping[str, Mapping[float, list[float]]]) -> None:
        """A chart: for each name a line over sizes, both axes logarithmic."""
        drawn = {
            name: {"x": list(points), "y": [asdict(Spread.of(values)) for values in points.values()]}
            for name, points in series.items()
        }
        self.charts.append({"kind": "lines", "title": title, "over": over, "unit": unit, "series": drawn})

    def to_dict(self) -> dict[str, Any]:
        return {
            "rows": [asdict(row) | {"kept": row.kept} for row in self.rows],
            "facts": self.facts,
            "missing": self.missing,
            "charts": self.charts,
        }


def _spreads(samples: Samples) -> dict[str, Any]:
    return {name: asdict(Spread.of(values)) for name, values in samples.items()}


def say(text: object) -> None:
    progress.clear()
    print(text, flush=True)


def interleave(
    variants: Mapping[str, Callable[[], float]], rounds: int, order: random.Random | None = None
) -> dict[str, list[float]]:
    """Run every variant once a round, each round beginning with another one; or in the order that is drawn, where a
    variant feels what ran before it."""
    names = list(variants)
    samples: dict[str, list[float]] = {name: [] for name in names}
    since = time.monotonic()
    for turn in range(rounds):
        progress.step(turn, rounds, since)
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
    kept |= {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3", VARIABLE: "1"}
    errors: list[str] = []
    with subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        env=kept,
        cwd=Path(arguments[0]).parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        told = process.stderr
        reader = threading.Thread(
            target=lambda: errors.extend(line for line in told if not progress.forward(line)), daemon=True
        )
        reader.start()
        output = process.stdout.read()
        reader.join()
    if process.returncode:
        missing = re.match(r"ModuleNotFoundError: No module named '([\w.]+)'", errors[-1]) if errors else None
        if missing:
            raise ModuleNotFoundError(errors[-1].strip(), name=missing[1])
        raise SystemExit(f"benchmark child {arguments[0]} failed:\n{''.join(errors)[-3000:]}")
    return json.loads(output.strip().splitlines()[-1])


PACKAGES = (
    "autograph_hook", "tensorflow", "tensorflow-cpu", "numpy", "gast", "scikit-learn", "llvmlite", "torch", "numba",
    "pytest", "beartype", "typeguard", "jaxtyping", "diastatic-malt",
)  # fmt: skip


def machine() -> dict[str, object]:
    facts: dict[str, object] = {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
        "processors": os.cpu_count(),
        "load": [round(value, 2) for value in os.getloadavg()],
    }
    for package in PACKAGES:
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
