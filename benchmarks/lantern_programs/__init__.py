"""Recursive and loop-heavy programs by Lantern, against plain Python with NumPy, numba and TensorFlow.

One source file, `programs.py`, is run plain, by us and, where its language suffices, by numba; what TensorFlow can
express is written again with its operations. Results are compared before anything is timed. What is not installed, or
cannot run a program, is said to be missing. `--only NAME` runs one program. With matplotlib, a plot is drawn into the
directory that the environment variable BENCHMARK_PLOTS names.
"""

from __future__ import annotations

import importlib
import os
import statistics
from pathlib import Path

from ..harness import Bench, child

CHILD = Path(__file__).with_name("child.py")
PROGRAMS = ("sum_and_product", "tree_network", "fib", "parse", "network", "newton", "distance", "march")


def run(bench: Bench) -> None:
    rounds = bench.how_many(15, quick=3)
    found: dict[str, dict[str, float]] = {}
    for name in PROGRAMS:
        if bench.only not in ("", name):
            continue
        answer = child([CHILD, name, str(rounds)])
        bench.fact(f"{name}: equal results", all(answer["equal"].values()))
        for contender, why in answer["missing"].items():
            bench.fact(f"{name}: missing: {contender}", why)
        times = answer["times"]
        for contender, samples in times.items():
            bench.row(f"{name}: {contender}", samples, "us")
        for contender in times:
            if contender != "ours":
                bench.ratio(f"{name}: {contender} / ours", times, contender, "ours")
        found[name] = {contender: statistics.median(samples) for contender, samples in times.items()}
    directory = os.environ.get("BENCHMARK_PLOTS")
    if directory:
        bench.fact("plot", plot(found, Path(directory, "lantern_programs.png")))


def plot(found: dict[str, dict[str, float]], path: Path) -> str:
    """How many times as fast as plain Python each contender is, on a logarithmic axis."""
    try:
        matplotlib = importlib.import_module("matplotlib")
        matplotlib.use("Agg")
        pyplot = importlib.import_module("matplotlib.pyplot")
    except ImportError as error:
        return f"none: {error}"
    contenders = ("ours", "numba", "TensorFlow")
    figure, axes = pyplot.subplots(figsize=(8, 4))
    for k, contender in enumerate(contenders):
        places = [n + 0.27 * (k - 1) for n, times in enumerate(found.values()) if contender in times]
        heights = [times["plain"] / times[contender] for times in found.values() if contender in times]
        axes.bar(places, heights, 0.25, label=contender)
    axes.set_yscale("log")
    axes.axhline(1, color="black", linewidth=0.8)
    axes.set_xticks(range(len(found)), list(found), rotation=20)
    axes.set_ylabel("times as fast as plain Python")
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    return str(path)
