"""Does the memory of a program level out, whatever its staged functions are called with?

10,000 calls each with other shapes, other Python numbers, other texts, fresh closures, fresh objects, replaced tensors.
Resident memory is read after the first fifth of the calls, when everything that may be kept has been made, and after
the last: the difference per call is what a program would lose for ever; it is read at seven points in between as well.
The same calls run plain in a process of their own: TensorFlow itself keeps a tensor for each Python number that it has
seen.
"""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

from .harness import Bench, child
from .progress import progress

MODEL = '''# autograph: enable
import tensorflow as tf

weights = tf.Variable(tf.ones([8, 8]) * 0.1)


class State:
    def __init__(self, rate):
        self.rate = rate
        self.h = tf.zeros([1, 8])


state = State(0.5)


def layer(x):
    for _ in range(3):
        x = tf.tanh(x @ weights) * 0.5 + x
    return tf.reduce_sum(x)


def shapes(x):
    return layer(x)


def numbers(x, n):
    return layer(x) * n


def texts(x, name):
    return layer(x) * len(name)


def replaced(x):
    return layer(x + state.h) * state.rate


def make(n):
    def closure(x):
        return layer(x) * n
    return closure


def objects(x, given):
    return layer(x + given.h) * given.rate
'''

PARTS = ("shapes", "numbers", "texts", "replaced", "closures", "objects")
MOST = 0.2
"""Kilobytes that a call may leave behind, or as much as the plain call, if that is more."""


def run(bench: Bench) -> None:
    calls = 2_000 if bench.quick else 10_000
    groups: dict[str, dict[str, list[float]]] = {}
    for part in bench.parts(PARTS):
        plain = 0.0
        for form in ("plain", "hooked"):
            progress.tell(f"{part}, {form}")
            with tempfile.TemporaryDirectory() as directory:
                Path(directory, "model.py").write_text(MODEL if form == "hooked" else MODEL.partition("\n")[2])
                found = child([Path(__file__).parent / "memory_child.py", directory, part, str(calls)])
            points = found["points"]
            growth = (points[-1][1] - points[0][1]) / (points[-1][0] - points[0][0])
            steps = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in itertools.pairwise(points)]
            limit = {"at_most": max(MOST, plain)} if form == "hooked" else {}
            plain = growth
            bench.row(f"{part}: {form}, kept by a call", [growth], "kB", **limit)
            bench.row(f"{part}: {form}, kept by a call, in seven stretches", steps, "kB")
            groups.setdefault(part, {})[form] = steps
            bench.fact(
                f"{part}: {form}",
                f"{points[0][1] / 1024:.0f} MB after a fifth, {points[-1][1] / 1024:.0f} MB at the end; "
                f"{found['staged']} staged calls, {found['graphs']} graphs",
            )
    bench.bars("memory that a call leaves behind", "kB", groups)
