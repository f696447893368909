"""Training a TreeLSTM with a loss at every node, one sentence at a time: Table 3 of the AutoGraph paper.

Binary trees of the sizes of the Stanford Sentiment Treebank, 300 numbers for a word, 150 hidden, 5 classes, one thread.
`model.py` is plain NumPy; no gradient is written there, and nothing says that it is compiled but its marker. It is
measured against PyTorch as its users write such a model, PyTorch with one product for all gates of a node, a C program,
and NumPy with the gradient written by hand.

All contenders run in turn in one process and begin with the same weights; a round is a pass over the same trees. What
is not installed here is said to be missing.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from ..harness import Bench, child

HERE = Path(__file__).parent


def run(bench: Bench) -> None:
    rounds = bench.how_many(15, quick=3)
    with tempfile.TemporaryDirectory() as scratch:
        found = child([HERE / "child.py", str(rounds), "40", scratch, "speed"])
        equal = child([HERE / "child.py", "1", "100", scratch, "losses"])
    bench.fact("trees, nodes, depth", (found["trees"], found["nodes"], found["depth"]))
    for name, why in found["missing"].items():
        bench.lacks(name, why)
    speeds = {}
    for rule in "sgd", "adagrad":
        times = found[rule]
        speeds[rule] = {name: [1e3 / t for t in samples] for name, samples in times.items()}
        for name, samples in times.items():
            bench.row(f"{rule}: {name}", [1e3 / t for t in samples], "steps/s")
        for name, limits in (("PyTorch", {"at_least": 18}), ("PyTorch, fused gates", {}), ("C", {"at_least": 0.95}),
                             ("NumPy", {})):  # fmt: skip
            if name in times:
                bench.ratio(f"{rule}: {name} / ours, time of a step", times, name, "ours", **limits)
        for name, losses in equal[rule].items():
            apart = max(abs(a / b - 1) for a, b in zip(losses, equal[rule]["ours"], strict=True))
            if name != "ours":
                bench.row(f"{rule}: 100 losses apart from {name}'s", [1e6 * apart], "e-6", at_most=10)
    bench.bars("training a TreeLSTM, one tree at a time", "steps per second", speeds, log=True)
    _first_calls(bench, bench.how_many(7, quick=2))


def _first_calls(bench: Bench, rounds: int) -> None:
    """Of fresh processes. The promise is about processor time: others may be at work on the machine."""
    found: dict[str, list[dict[str, float]]] = {"compiled": [], "from the object cache": []}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as scratch:
            shutil.copy(HERE / "model.py", scratch)
            for times in found.values():
                times.append(child([HERE / "first_child.py", scratch]))
    for (how, times), limit in zip(found.items(), (2, 0.2), strict=True):
        bench.row(f"first step, {how}", [one["worked"] for one in times], "s", at_most=limit)
        bench.row(f"first step, {how}, by the clock", [one["passed"] for one in times], "s")
