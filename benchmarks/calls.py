"""The way into a staged function: a call of it against a call of the same function under `tf.function`.

A small model reads 1, 10 or 100 Python values of an object, which decide what it computes. Staged by us, each of them
is a guard that every call checks; under `tf.function` they were read once and are not looked at again. The time is that
of a whole call, the graph's run included, which is the same for both; `bare graph` is that run alone, by TensorFlow's
quickest way.

`operations` is the other end: functions of a few operations each, eager against staged. From how many on does a graph
pay? `staging.specialization.FEWEST_OPERATIONS` comes from here.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from .harness import Bench, child
from .progress import progress

GUARDS = (1, 10, 100)
OPERATIONS = (1, 2, 4, 8, 16)

MODEL = """# autograph: enable
import tensorflow as tf


class Settings:
    pass


settings = Settings()
{values}
weights = tf.Variable(tf.ones([8, 8]))


def step(x, y):
    total = 0
{reads}
    h = tf.tanh(x @ weights)
    h = tf.nn.relu(h + y) * h
    h = h * 0.5 - x + total
    return tf.reduce_sum(h)
"""


def run(bench: Bench) -> None:
    rounds = bench.how_many(31, quick=7)
    groups = {}
    for guards in GUARDS:
        progress.tell(f"{guards} guards")
        with tempfile.TemporaryDirectory() as directory:
            Path(directory, "model.py").write_text(model(guards))
            found = child([Path(__file__).parent / "calls_child.py", directory, str(rounds)])
        samples = groups[f"{guards} guarded values"] = found["samples"]
        bench.fact(f"{guards} guarded values: staged calls of {found['calls']}", found["staged"])
        for form in samples:
            bench.row(f"{guards} guarded values: {form}", samples[form], "us")
        bench.ratio(f"{guards} guarded values: staged / tf.function", samples, "staged", "tf.function", at_most=0.6)
    bench.bars("a call of a staged function, by how many values it checks", "us", groups)
    _operations(bench, rounds)


def _operations(bench: Bench, rounds: int) -> None:
    """Chains of operations, each on the result of the one before."""
    series: dict[str, dict[float, list[float]]] = {"eager": {}, "staged": {}}
    for count in OPERATIONS:
        progress.tell(f"{count} operations")
        lines = ["# autograph: enable", "import tensorflow as tf", "", "", "def step(x, y):", "    h = x + y"]
        lines += ["    h = tf.tanh(h)"] * (count - 1)
        with tempfile.TemporaryDirectory() as directory:
            Path(directory, "model.py").write_text("\n".join([*lines, "    return h", ""]))
            found = child([Path(__file__).parent / "calls_child.py", directory, str(rounds), "any size"])
        samples = found["samples"]
        bench.row(f"{count} operations ({found['operations']} in the graph): eager", samples["eager"], "us")
        bench.row(f"{count} operations: staged", samples["staged"], "us")
        bench.ratio(f"{count} operations: eager / staged", samples, "eager", "staged")
        for form, points in series.items():
            points[count] = samples[form]
    bench.lines("a call of a chain of operations", "operations", "us", series)


def model(guards: int) -> str:
    values = "\n".join(f"settings.flag_{i} = {i % 2 == 0}" for i in range(guards))
    reads = "\n".join(f"    if settings.flag_{i}:\n        total += {i}" for i in range(guards))
    return MODEL.format(values=values, reads=reads)
