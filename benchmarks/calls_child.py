"""Times calls of the model in a directory: eager, under `tf.function`, staged by us, and its bare graph."""

from __future__ import annotations

import importlib
import json
import sys
import timeit
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tensorflow as tf

import autograph_hook
from autograph_hook.staging import specialization

CALLS = 200


def main(directory: str, rounds: int, any_size: bool) -> None:
    if any_size:
        specialization.FEWEST_OPERATIONS = 0
    text = Path(directory, "model.py").read_text()
    plain: dict[str, Any] = {"__name__": "plain"}
    exec(compile(text, "model.py", "exec"), plain)
    sys.path.insert(0, directory)
    autograph_hook.install()
    staged = importlib.import_module("model").step
    x, y = tf.ones([4, 8]), tf.constant(1.0)
    decorated = tf.function(plain["step"], autograph=False)
    concrete = decorated.get_concrete_function(x, y)
    graph = concrete.inference_fn
    inputs = [x, y, *concrete.captured_inputs]
    forms: dict[str, Callable[[], Any]] = {
        "eager": lambda: plain["step"](x, y),
        "tf.function": lambda: decorated(x, y),
        "staged": lambda: staged(x, y),
        "bare graph": lambda: graph.call_preflattened(inputs),
    }
    for call in forms.values():
        timeit.timeit(call, number=CALLS)
    before = _staged_calls()
    names = list(forms)
    samples: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            samples[name].append(1e6 * timeit.timeit(forms[name], number=CALLS) / CALLS)
    counted = {"samples": samples, "calls": rounds * CALLS, "staged": _staged_calls() - before,
               "operations": len(concrete.graph.get_operations())}
    print(json.dumps(counted))


def _staged_calls() -> int:
    modules = autograph_hook.report().to_dict()["modules"]
    functions = [entry for module in modules for entry in module["functions"]]
    return sum(entry["calls_staged"] for entry in functions if entry["qualname"] == "step")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), "any size" in sys.argv[3:])
