"""One fresh process of the gates benchmark: the same programs loaded plain and enabled, run in turn.

Arguments: the directory that holds the packages `plain` and `gated`, and the order in which they are loaded.
"""

from __future__ import annotations

import importlib
import json
import statistics
import sys
import time
from itertools import repeat

import tensorflow  # noqa: F401  (what is measured is a gate in a process that has a backend)

import autograph_hook
from benchmarks.programs import CALLS, OTHERS


def per_call(function: object, calls: int) -> float:
    times = repeat(None, calls)
    start = time.thread_time()
    for _ in times:
        function(1)  # type: ignore[operator]
    return (time.thread_time() - start) / calls


def per_run(module: object, runs: int) -> float:
    start = time.thread_time()
    for _ in range(runs):
        module.run()  # type: ignore[attr-defined]
    return (time.thread_time() - start) / runs


def in_turn(measure, plain, gated, rounds, amount):  # type: ignore[no-untyped-def]
    pairs = []
    for turn in range(rounds):
        if turn % 2:
            a = measure(plain, amount)
            b = measure(gated, amount)
        else:
            b = measure(gated, amount)
            a = measure(plain, amount)
        pairs.append((a, b))
    return pairs


def main() -> None:
    directory, order, rounds = sys.argv[1], sys.argv[2].split(","), int(sys.argv[3])
    sys.path.insert(0, directory)
    autograph_hook.install(enable=["gated"])
    names = (*CALLS, *OTHERS, "shapes")
    modules = {
        package: {name: importlib.import_module(f"{package}.{name}") for name in names} for package in order
    }
    assert not type(modules["plain"]["fib"].__loader__).__module__.startswith("autograph_hook.")
    assert type(modules["gated"]["fib"].__loader__).__module__.startswith("autograph_hook.")
    found: dict[str, object] = {"shapes": {}, "programs": {}}
    for shape in modules["plain"]["shapes"].SHAPES:
        plain, gated = (modules[p]["shapes"].SHAPES[shape] for p in ("plain", "gated"))
        per_call(plain, 20_000), per_call(gated, 20_000)
        pairs = in_turn(per_call, plain, gated, rounds * 5, 50_000)
        found["shapes"][shape] = [1e9 * statistics.median(p[i] for p in pairs) for i in (0, 1)]  # type: ignore[index]
    for name in (*CALLS, *OTHERS):
        plain, gated = modules["plain"][name], modules["gated"][name]
        if plain.run() != gated.run():
            raise SystemExit(f"{name}: another result with gates")
        runs = max(1, round(0.02 / per_run(plain, 1)))
        per_run(gated, runs)
        pairs = in_turn(per_run, plain, gated, rounds, runs)
        found["programs"][name] = statistics.median(b / a for a, b in pairs)  # type: ignore[index]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
