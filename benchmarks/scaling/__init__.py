"""How time and memory grow, and so what a large code base would cost.

    python -m benchmarks scaling [--only "guards traces"]

lines            importing packages of 1,000 to 1,000,000 lines in fresh processes, transformed now, from the cache, and
                 plain: processor time of the imports, resident memory, and the size of the cache
traces           the first call under tf.function of functions of 7 to 210 lines: by hand, enabled, and up to 70 lines
                 AutoGraph, which takes too long for more
guards           a call of a staged function that checks 1 to 1,000 values
arguments        a call of a staged function with 1 to 100 tensors
specializations  resident memory with 1 to 30 graphs more
recursion        a function that calls itself 10 to 1,000 times deep: Python, TensorFlow, Lantern

Each gets a slope (what one more costs) and a power: how the last decade grew, 1 being linear. Below it fixed costs
count, which say nothing of how something grows.
"""

from __future__ import annotations

from ..harness import Bench
from . import graphs, lines

PARTS = {
    "lines": lines.run,
    "traces": graphs.traces,
    "guards": graphs.guards,
    "arguments": graphs.arguments,
    "specializations": graphs.specializations,
    "recursion": graphs.recursion,
}


def run(bench: Bench) -> None:
    rounds = bench.how_many(7, quick=2)
    for part in bench.parts(PARTS):
        PARTS[part](bench, rounds)
