"""Recursive and loop-heavy programs by Lantern, against plain Python with NumPy, numba, C and TensorFlow.

One source file, `programs.py`, is run plain, by us and, where its language suffices, by numba; the programs of loops
over numbers are written again in C, and what TensorFlow can express with its operations. Results are compared before
anything is timed. What is not installed is said to be missing, and what cannot run a program is named. `--only NAME`
runs one program.
"""

from __future__ import annotations

from pathlib import Path

from ..harness import Bench, child
from ..progress import progress

CHILD = Path(__file__).with_name("child.py")
PROGRAMS = ("sum_and_product", "tree_network", "fib", "parse", "network", "newton", "distance", "march")


def run(bench: Bench) -> None:
    rounds = bench.how_many(15, quick=3)
    groups: dict[str, dict[str, list[float]]] = {}
    for name in bench.parts(PROGRAMS):
        progress.tell(name)
        answer = child([CHILD, name, str(rounds)])
        bench.fact(f"{name}: equal results", all(answer["equal"].values()))
        for contender, why in answer["missing"].items():
            bench.lacks(contender, why)
        for contender, why in answer["cannot"].items():
            bench.fact(f"{name}: not by {contender}", why)
        times = answer["times"]
        for contender, samples in times.items():
            bench.row(f"{name}: {contender}", samples, "us")
        for contender in times:
            if contender != "ours":
                bench.ratio(f"{name}: {contender} / ours", times, contender, "ours")
        groups[name] = {
            contender: [plain / t for plain, t in zip(times["plain"], samples, strict=True)]
            for contender, samples in times.items()
            if contender != "plain"
        }
    bench.bars("times as fast as plain Python", "plain = 1", groups, log=True, line=1)
