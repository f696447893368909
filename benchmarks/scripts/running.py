"""One run of one form of a program, as a command of its own, with the time at which each line was printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import ROOT

from .cases import Case

FORMS = ("plain", "by hand", "hooked")


@dataclass(frozen=True)
class Run:
    text: str
    seconds: float
    """Of the whole command."""
    lines: list[tuple[float, str]]
    """When each line of output came."""

    def steady(self, phases: tuple[str, ...]) -> float:
        """The seconds that the second half of each phase took: imports, warm-up and traces lie before."""
        total = 0.0
        for phase in phases:
            times = [moment for moment, line in self.lines if re.match(phase, line)]
            total += times[-1] - times[(len(times) - 1) // 2]
        return total


def prepare(case: Case, form: str, directory: Path, tiny: bool = False) -> Path:
    """Write a form of a program, and what stands beside it, to a directory; the script's path there."""
    source = case.by_hand() if form == "by hand" else case.path.read_text()
    path = Path(directory, form.replace(" ", "_"), case.path.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(case.smaller(source) if tiny else source)
    if case.file:
        for other in case.path.parent.glob("*.py"):
            if other != case.path:
                Path(path.parent, other.name).write_text(other.read_text())
    return path


def command(form: str, path: Path, *options: str) -> list[str]:
    hook = ["-m", "autograph_hook", *options] if form == "hooked" else []
    return [sys.executable, "-u", *hook, str(path)]


def run(arguments: list[str]) -> Run:
    ours = ("AUTOGRAPH_HOOK", "PYTHON")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    kept |= {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    lines = []
    start = time.perf_counter()
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(arguments, env=kept, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            lines.append((time.perf_counter() - start, line))
        process.wait()
        seconds = time.perf_counter() - start
        if process.returncode:
            errors.seek(0)
            raise SystemExit(f"{' '.join(arguments)} failed:\n{errors.read()[-3000:]}")
    return Run("".join(line for _, line in lines), seconds, lines)


_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")


def difference(found: str, expected: str) -> float:
    """The largest difference of the numbers in two texts, relative to the larger; infinity if the words differ."""
    if _NUMBER.sub("0", found) != _NUMBER.sub("0", expected):
        return float("inf")
    pairs = zip(map(float, _NUMBER.findall(found)), map(float, _NUMBER.findall(expected)), strict=True)
    return max((abs(one - other) / max(abs(one), abs(other), 1e-3) for one, other in pairs), default=0.0)
