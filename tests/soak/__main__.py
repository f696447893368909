"""`python -m tests.soak [--minutes 60] [--every SECONDS] [--out FILE]`

Runs staged functions with shapes, numbers, closures and objects that change, modules that are changed and loaded again,
new modules without end, threads that come and go, exceptions, graphs of the user's and reports; samples resident memory,
the time of a round, threads and open files; and says of each whether it is level. Before it, a process without the hook
does the same rounds for a third of the time: of memory, what that one keeps is no fault of the hook. The exit status is 1
if one is not level, or if a call gives a wrong result, and 2 if the run was too short to tell.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
from dataclasses import asdict
from pathlib import Path

import autograph_hook

from .judging import Sample, TooShort, judge


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=60.0, help="how long (default: 60)")
    parser.add_argument("--every", type=float, default=0.0, metavar="SECONDS", help="from one sample to the next")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the samples and what is said of them as JSON")
    parser.add_argument("--plain", action="store_true", help="only the rounds without the hook")
    options = parser.parse_args(argv)
    every = options.every or max(0.5, min(30.0, options.minutes * 60 / 60))
    wrong = ""
    samples: list[Sample] = []
    plain: list[Sample] = []
    try:
        plain = [] if options.plain else without_the_hook(options.minutes / 3, every / 3)
        with tempfile.TemporaryDirectory(prefix="soak") as directory:
            soak(Path(directory), options.minutes * 60, every, samples, not options.plain)
    except Exception:
        wrong = traceback.format_exc()
        print(wrong, file=sys.stderr)
    try:
        verdicts = judge(samples, plain)
    except TooShort as short:
        print(short)
        verdicts = []
    for verdict in verdicts:
        print(verdict)
    if samples:
        print(f"{samples[-1].rounds} rounds in {samples[-1].seconds / 60:.1f} minutes" + (", one wrong" if wrong else ""))
    if options.out:
        told = {
            "samples": [asdict(sample) for sample in samples],
            "plain": [asdict(sample) for sample in plain],
            "verdicts": [verdict.to_dict() for verdict in verdicts],
            "wrong": wrong,
        }
        options.out.write_text(json.dumps(told, indent=1) + "\n")
    if wrong or not all(verdict.is_level for verdict in verdicts):
        return 1
    return 0 if verdicts else 2


def without_the_hook(minutes: float, every: float) -> list[Sample]:
    """The samples of a run in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="soak") as directory:
        out = Path(directory, "plain.json")
        words = ["--plain", "--minutes", str(minutes), "--every", str(every), "--out", str(out)]
        subprocess.run([sys.executable, "-m", "tests.soak", *words], stdout=subprocess.DEVNULL, check=False)
        told = json.loads(out.read_text())
    if told["wrong"]:
        raise RuntimeError(f"the rounds without the hook fail:\n{told['wrong']}")
    return [Sample(**sample) for sample in told["samples"]]


def soak(directory: Path, seconds: float, every: float, samples: list[Sample], hook: bool) -> None:
    """Work for so long, and add a sample now and then."""
    if hook:
        autograph_hook.install(enable=[], warm_up=1)
    from .work import Work  # TensorFlow, which is to find the hook there

    work = Work(directory)
    start = last = time.monotonic()
    cpu, rounds = time.process_time(), 0
    while time.monotonic() - start < seconds:
        work.round()
        if time.monotonic() - last < every:
            continue
        gc.collect()
        done = work.done - rounds
        cost = (time.process_time() - cpu) / done
        now = time.monotonic() - start
        samples.append(Sample(round(now, 2), work.done, resident(), cost, entries("task"), entries("fd")))
        tell(samples[-1], seconds)
        last, cpu, rounds = time.monotonic(), time.process_time(), work.done
    work.close()


def tell(sample: Sample, seconds: float) -> None:
    print(
        f"{sample.seconds / 60:6.1f} of {seconds / 60:g} min: {sample.rounds} rounds, {sample.resident / 1024:.0f} MB, "
        f"{sample.cost:.3f} s a round, {sample.threads} threads, {sample.files} files",
        file=sys.stderr,
        flush=True,
    )


def resident() -> float:
    """Kilobytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024


def entries(what: str) -> int:
    return len(os.listdir(f"/proc/self/{what}"))


if __name__ == "__main__":
    sys.exit(main())
