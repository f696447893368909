"""How fast sources are transformed: the standard library, cold, on one core; and functions, beside other converters.

`standard library` takes every n-th file of the library of the Python that runs this (without its tests and its
generated tables), so that a round fits. The same files are compiled alone, which is what Python itself does on a first
import, and parsed to a tree and compiled, without which nothing can be transformed. Files are read before.

`functions` converts the functions of one generated module one by one, as TensorFlow's AutoGraph and diastatic-malt do
(the same work: source in, converted source compiled out), which they do anew in every process; ours transforms the
whole module, once, and keeps it.
"""

from __future__ import annotations

from pathlib import Path

from .harness import Bench, Samples, child

CHILD = Path(__file__).with_name("transforming_child.py")
AT_LEAST = 12_000
"""Lines per second."""
EVERY = 3


def run(bench: Bench) -> None:
    rounds = bench.how_many(7, quick=2)
    groups: dict[str, Samples] = {}
    for part in bench.parts(("standard library", "functions")):
        found = child([CHILD, part, str(rounds), str(EVERY if not bench.quick else 10 * EVERY)])
        bench.fact(f"{part}: lines in a round", found["lines"])
        bench.fact(f"{part}: files in a round", found["files"])
        for contender, why in found["missing"].items():
            bench.lacks(contender, why)
        speeds = {name: [found["lines"] / seconds for seconds in times] for name, times in found["times"].items()}
        for name, values in speeds.items():
            limit = {"at_least": AT_LEAST} if (part, name) == ("standard library", "ours") else {}
            bench.row(f"{part}: {name}", values, "lines/s", **limit)
        for name in found["times"]:
            if name != "ours":
                bench.ratio(f"{part}: time of ours / {name}", found["times"], "ours", name)
        groups[part] = speeds
    bench.bars("transforming sources that were never seen", "lines per second", groups, log=True)
