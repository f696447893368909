"""One process of the memory benchmark. Arguments: the directory of `model.py`, the part, the number of calls."""

from __future__ import annotations

import gc
import importlib
import json
import sys
from collections.abc import Callable
from typing import Any

import tensorflow as tf

import autograph_hook
from autograph_hook.runtime import summary

STRETCHES = 7


def resident() -> int:
    """Kilobytes."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4


def calls_of(model: Any, part: str) -> Callable[[int], Any]:
    x = tf.ones([1, 8])
    batches = [tf.ones([n + 1, 8]) for n in range(97)]

    def replaced(i: int) -> Any:
        model.state.h, model.state.rate = batches[i % 97][:1] * float(i), 0.5 / (i + 1)
        return model.replaced(x)

    return {
        "shapes": lambda i: model.shapes(batches[i % 97]),
        "numbers": lambda i: model.numbers(x, i),
        "texts": lambda i: model.texts(x, f"name {i}"),
        "replaced": replaced,
        "closures": lambda i: model.make(i)(x),
        "objects": lambda i: model.objects(x, model.State(i)),
    }[part]


def main() -> None:
    directory, part, calls = sys.argv[1], sys.argv[2], int(sys.argv[3])
    sys.path.insert(0, directory)
    autograph_hook.install(enable=[])
    call = calls_of(importlib.import_module("model"), part)
    first = calls // 5
    read = {first + (calls - first) * k // STRETCHES for k in range(STRETCHES + 1)}
    points = []
    for i in range(1, calls + 1):
        call(i)
        if i in read:
            gc.collect()
            points.append((i, resident()))
    functions = [function for module in summary.modules() for function in module["functions"]]
    found = {
        "points": points,
        "staged": sum(function["calls_staged"] for function in functions),
        "graphs": sum(function["specializations"] for function in functions),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
