"""Train in turn with each contender and each rule, in one process with one thread; figures as JSON.

Arguments: rounds, trees in a round, the directory for the C library, and what is asked: `speed` or `losses`.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import autograph_hook  # noqa: E402

autograph_hook.install()

from autograph_hook import lantern  # noqa: E402
from benchmarks.harness import interleave  # noqa: E402
from benchmarks.treelstm import by_hand, data, in_c  # noqa: E402

RATES = {"sgd": 0.002, "adagrad": 0.05}


def contenders(rule: str, directory: str) -> tuple[dict[str, Callable[[Any], float]], dict[str, str]]:
    """Those that can run here; and why others cannot."""
    model = importlib.import_module("benchmarks.treelstm.model")
    rate, missing = RATES[rule], {}
    weights, words = data.weights(), data.embeddings()
    step = {"sgd": lantern.sgd, "adagrad": lantern.adagrad}[rule](model.loss, learning_rate=rate)
    found: dict[str, Any] = {"ours": lambda phrase: float(step(weights, words, phrase))}
    try:
        in_torch = importlib.import_module("benchmarks.treelstm.in_torch")
        found["PyTorch"] = in_torch.Training(False, rule, rate)
        found["PyTorch, fused gates"] = in_torch.Training(True, rule, rate)
    except ImportError as error:
        missing["PyTorch"] = str(error)
    if in_c.compiler() is None:
        missing["C"] = "no compiler"
    else:
        own = Path(directory, rule)
        own.mkdir(exist_ok=True)
        found["C"] = in_c.Training(in_c.build(str(own)), rule, rate)
    found["NumPy"] = by_hand.Training(rule, rate)
    return found, missing


def speed(step: Callable[[Any], float], trees: list[Any]) -> float:
    """Milliseconds of a step, as processor time: one thread works, and others on the machine do not count."""
    start = time.process_time()
    for tree in trees:
        step(tree)
    return 1e3 * (time.process_time() - start) / len(trees)


def main() -> None:
    rounds, count, directory, asked = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
    model = importlib.import_module("benchmarks.treelstm.model")
    trees = data.trees(model.Phrase, count)
    answer: dict[str, Any] = {"trees": count, "nodes": sum(map(data.count, trees))}
    answer["depth"] = max(map(data.depth, trees))
    for rule in RATES:
        found, answer["missing"] = contenders(rule, directory)
        if asked == "losses":
            answer[rule] = {name: [step(tree) for tree in trees] for name, step in found.items()}
            continue
        for step in found.values():
            speed(step, trees[:5])
        variants = {name: lambda step=step: speed(step, trees) for name, step in found.items()}
        answer[rule] = interleave(variants, rounds)
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
