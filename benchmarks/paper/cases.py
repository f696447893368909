"""What is run: each program with its sizes, and the arguments that a size means.

A case is a function of the programs' modules (plain or enabled) and of a size; it gives the arguments of the
program and the variables that it changes. The numbers are drawn anew from the same seed for each contender.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import tensorflow as tf

import autograph_hook

Size = Mapping[str, int]
WARM_UP = 2  # plain calls before own staging begins
HERE = Path(__file__).parent
PLACES = {"imperative": "benchmarks.cases", "convertible": "benchmarks.paper"}
NAMES = ("dynamic_rnn", "mnist", "lbfgs", "maml", "seq2seq", *PLACES)
ALIASES = {"twin": "enabled_programs", "own": "own_programs"}


def modules(form: str) -> SimpleNamespace:
    """All program modules for a form: as Python loads them, or once more, under another name, through the hook."""
    alias = ALIASES.get(form)
    if alias is None:
        places = {name: PLACES.get(name, "benchmarks.paper.programs") for name in NAMES}
        return SimpleNamespace(**{name: importlib.import_module(f"{place}.{name}") for name, place in places.items()})
    if alias not in sys.modules:
        package = ModuleType(alias)
        package.__path__ = [str(HERE / "programs"), str(HERE.parent / "cases"), str(HERE)]
        sys.modules[alias] = package
    with autograph_hook.install(enable=[f"{alias}.*"], warm_up=WARM_UP):
        return SimpleNamespace(**{name: importlib.import_module(f"{alias}.{name}") for name in NAMES})


@dataclass(frozen=True, eq=False)
class Case:
    """One program of the paper. `tolerance`: results of a graph may differ from the eager ones by this, relative to
    the largest, because TensorFlow orders sums in graphs otherwise; where errors grow with the steps, more."""

    name: str
    module: str
    function: str
    prepare: Callable[..., tuple[tuple[Any, ...], list[tf.Variable]]]
    sizes: Mapping[str, Size]
    quick: Mapping[str, Size]
    tiny: Size
    tolerance: float
    convertible: str = ""  # the module with the form that TensorFlow's AutoGraph can convert, where this one is not


def variable(random: np.random.Generator, *shape: int, scale: float = 0.1) -> tf.Variable:
    return tf.Variable(random.normal(size=shape, scale=scale), dtype=tf.float32)


def normal(random: np.random.Generator, *shape: int) -> tf.Tensor:
    return tf.constant(random.normal(size=shape), tf.float32)


def dynamic_rnn(loaded: Any, batch: int, length: int, inputs: int = 64, hidden: int = 256) -> Any:
    random = np.random.default_rng(0)
    lengths = random.integers(length // 2, length + 1, batch)
    lengths[0] = length
    cell = loaded.imperative.Cell(
        variable(random, inputs, hidden), variable(random, hidden, hidden), variable(random, hidden)
    )
    x = normal(random, batch, length, inputs)
    return (cell, x, tf.zeros([batch, hidden]), tf.constant(lengths, tf.int32)), []


def mnist(loaded: Any, steps: int, batch: int = 200, pixels: int = 784, batches: int = 50) -> Any:
    random = np.random.default_rng(0)
    images = normal(random, batches, batch, pixels)
    labels = tf.constant(random.integers(0, 10, [batches, batch]), tf.int32)
    dataset = tf.data.Dataset.from_tensor_slices((images, labels)).repeat()
    model = loaded.mnist.Linear(variable(random, pixels, 10), variable(random, 10))
    return (model, dataset, tf.constant(steps), 0.01), [model.weights, model.bias]


def lbfgs(loaded: Any, dimensions: int, limit: int, memory: int = 10) -> Any:
    # The differences between two orders of a sum grow a millionfold on the way down: 64 bits keep them small.
    x = tf.constant(np.random.default_rng(0).normal(size=dimensions), tf.float64)
    return (loaded.lbfgs.rosenbrock, x, memory, tf.constant(1e-5, tf.float64), tf.constant(limit)), []


def beam_search(loaded: Any, beams: int, vocabulary: int = 1000, hidden: int = 64, limit: int = 32) -> Any:
    random = np.random.default_rng(0)
    cell = loaded.imperative.Cell(
        variable(random, hidden, hidden), variable(random, hidden, hidden), variable(random, hidden)
    )
    decoder = loaded.imperative.Decoder(
        variable(random, vocabulary, hidden, scale=1.0), cell, variable(random, hidden, vocabulary, scale=1.0)
    )
    return (decoder, tf.zeros([beams, hidden]), 1, 2, beams, limit), []


def maml(loaded: Any, steps: int, tasks: int = 25, shots: int = 10, hidden: int = 40) -> Any:
    random = np.random.default_rng(0)
    amplitude = random.uniform(0.1, 5.0, [steps, tasks, 1, 1])
    phase = random.uniform(0.0, np.pi, [steps, tasks, 1, 1])
    parts = []
    for _ in "train", "test":
        x = random.uniform(-5.0, 5.0, [steps, tasks, shots, 1])
        parts += [tf.constant(x, tf.float32), tf.constant(amplitude * np.sin(x - phase), tf.float32)]
    dataset = tf.data.Dataset.from_tensor_slices(tuple(parts))
    sizes = [(1, hidden), (hidden,), (hidden, hidden), (hidden,), (hidden, 1), (1,)]
    weights = [variable(random, *size) for size in sizes]
    return (weights, dataset, 0.01, 0.001), weights


def seq2seq(loaded: Any, batch: int, length: int, vocabulary: int = 200, hidden: int = 128) -> Any:
    random = np.random.default_rng(0)

    def cell() -> Any:
        gates = 3 * hidden
        return loaded.seq2seq.Cell(
            variable(random, hidden, gates), variable(random, hidden, gates), variable(random, gates)
        )

    model = loaded.seq2seq.Model(
        variable(random, vocabulary, hidden), cell(), cell(), variable(random, hidden, vocabulary)
    )
    source, target = (tf.constant(random.integers(0, vocabulary, [batch, length]), tf.int32) for _ in range(2))
    return (model, source, target, tf.zeros([batch, hidden]), True), []


CASES = (
    Case(
        "dynamic_rnn",
        "dynamic_rnn",
        "dynamic_rnn",
        dynamic_rnn,
        {
            f"batch {batch}, length {length}": {"batch": batch, "length": length}
            for length in (64, 128)
            for batch in (32, 64, 128)
        },
        {"batch 32, length 64": {"batch": 32, "length": 64}},
        {"batch": 3, "length": 5, "inputs": 2, "hidden": 4},
        1e-5,
        "imperative",
    ),
    Case(
        "mnist",
        "mnist",
        "train",
        mnist,
        {"101 steps": {"steps": 101}, "1,000 steps": {"steps": 1000}},
        {"101 steps": {"steps": 101}},
        {"steps": 5, "batch": 4, "pixels": 6, "batches": 3},
        1e-3,
        "convertible",
    ),
    Case(
        "lbfgs",
        "lbfgs",
        "minimize",
        lbfgs,
        {"100 dimensions, 40 steps": {"dimensions": 100, "limit": 40}},
        {"100 dimensions, 40 steps": {"dimensions": 100, "limit": 40}},
        {"dimensions": 3, "limit": 9, "memory": 2},
        1e-6,
    ),
    Case(
        "beam_search",
        "imperative",
        "beam_search",
        beam_search,
        {"20 beams, vocabulary 1,000": {"beams": 20}, "80 beams, vocabulary 1,000": {"beams": 80}},
        {"20 beams, vocabulary 1,000": {"beams": 20}},
        {"beams": 3, "vocabulary": 7, "hidden": 4, "limit": 6},
        1e-5,
    ),
    Case(
        "maml",
        "maml",
        "meta_train",
        maml,
        {"1 step": {"steps": 1}, "10 steps": {"steps": 10}},
        {"1 step": {"steps": 1}},
        {"steps": 2, "tasks": 3, "shots": 4, "hidden": 5},
        1e-4,
        "convertible",
    ),
    Case(
        "seq2seq",
        "seq2seq",
        "translate",
        seq2seq,
        {"batch 32, length 64": {"batch": 32, "length": 64}},
        {"batch 32, length 64": {"batch": 32, "length": 64}},
        {"batch": 2, "length": 5, "vocabulary": 6, "hidden": 3},
        1e-5,
        "convertible",
    ),
)
