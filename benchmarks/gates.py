"""What gates cost a program that never builds a graph, in a process that has TensorFlow loaded.

Each round is a fresh process in which every program is loaded twice, plain and enabled, and run in turn. Times are the
thread's processor time: it does nothing but compute.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from pathlib import Path

from .harness import Bench, child
from .programs import CALLS, OTHERS
from .progress import progress

HERE = Path(__file__).parent


def run(bench: Bench) -> None:
    rounds = bench.how_many(7, quick=2)
    inner = 5 if bench.quick else 9 if bench.among_all else 15
    fresh = shutil.ignore_patterns("__pycache__")
    with tempfile.TemporaryDirectory() as scratch:
        for package in "plain", "gated":
            shutil.copytree(HERE / "programs", Path(scratch, package), ignore=fresh)
        found = []
        since = time.monotonic()
        for turn in range(rounds):
            progress.step(turn, rounds, since)
            order = "plain,gated" if turn % 2 else "gated,plain"
            found.append(child([HERE / "gates_child.py", scratch, order, str(inner)]))
    for shape in found[0]["shapes"]:
        pairs = [process["shapes"][shape] for process in found]
        bench.row(f"call, plain: {shape}", [plain for plain, _ in pairs], "ns")
        bench.row(f"shut gate adds: {shape}", [gated - plain for plain, gated in pairs], "ns", at_most=10)
    for name in (*CALLS, *OTHERS):
        limits = {"at_most": 1.2} if name in CALLS else {}
        bench.row(f"program: {name}", [process["programs"][name] for process in found], "x", **limits)
    for kind, names, limits in (
        (f"the {len(OTHERS)} that do more than call", OTHERS, {"at_most": 1.03}),
        (f"all {len(CALLS + OTHERS)}", CALLS + OTHERS, {}),
    ):
        means = [statistics.geometric_mean(process["programs"][name] for name in names) for process in found]
        bench.row(f"geometric mean of {kind}", means, "x", **limits)
    added = {
        shape: {"a shut gate adds": [gated - plain for plain, gated in (process["shapes"][shape] for process in found)]}
        for shape in found[0]["shapes"]
    }
    bench.bars("what a shut gate adds to a call", "ns", added, line=10)
    ratios = {name: {"enabled": [process["programs"][name] for process in found]} for name in (*CALLS, *OTHERS)}
    bench.bars("programs with gates, plain = 1", "enabled / plain", ratios, line=1)
