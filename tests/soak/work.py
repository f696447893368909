"""One unit of work: calls of every kind, each result compared with what NumPy gives."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import tensorflow as tf

import autograph_hook

from .programs import BROKEN, STAGED

CALLS = 6
"""Of each kind in a round."""
SIZES = 13
REPORTS = 8
"""Rounds from one report to the next."""


class Wrong(Exception):
    """A call gave another result than the plain program."""


class Work:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.done = 0
        sys.path.insert(0, os.fspath(directory))
        self.write("soak_steady", 1.0)
        self.steady = importlib.import_module("soak_steady")
        self.changing = self.write_and_import("soak_changing", 1.0)
        self.batches = [np.linspace(-0.5, 1, 4 * size, dtype=np.float32).reshape(size, 4) for size in range(1, SIZES + 1)]

    def write(self, name: str, factor: float) -> Path:
        path = self.directory / f"{name}.py"
        path.write_text(STAGED.replace("{factor}", repr(factor)))
        return path

    def write_and_import(self, name: str, factor: float) -> ModuleType:
        self.write(name, factor)
        importlib.invalidate_caches()
        return importlib.import_module(name)

    def round(self) -> None:
        """The unit of work."""
        n = self.done
        self.calls_of(self.steady, n, 1.0)
        self.changed(n)
        self.fresh(n)
        self.threads(n)
        self.failing(n)
        self.graphs_of_the_user(n)
        if n % REPORTS == 0:
            self.report()
        self.done += 1

    def calls_of(self, module: Any, n: int, factor: float) -> None:
        """Calls with other shapes, numbers, texts, closures, objects and guarded values each time."""
        for k in range(n * CALLS, (n + 1) * CALLS):
            batch = self.batches[k % SIZES]
            x, rate = tf.constant(batch), 1.0 + k % 7
            expected = layer(batch) * factor
            same(module.shapes(x), expected)
            same(module.numbers(x, k), expected * k)
            same(module.texts(x, f"name {k}"), expected * len(f"name {k}"))
            same(module.make(rate)(x), expected * rate)
            given = module.State(rate)
            same(module.objects(x, given), expected * rate)
            if given.calls != 1:
                raise Wrong(f"a call was counted {given.calls} times")
            module.state.rate = rate
            same(module.guarded(x), expected * rate)
            same(module.branched(x), expected * (2 if expected > 0 else 3) + 3)

    def changed(self, n: int) -> None:
        """The module's text is another one, and it is loaded again."""
        factor = 1.0 + n % 5
        self.write("soak_changing", factor)
        # Without the hook Python tells texts of one length apart by the second in which they were written.
        os.utime(self.directory / "soak_changing.py", (n, 1_000_000_000 + n))
        importlib.reload(self.changing)
        self.calls_of(self.changing, n, factor)

    def fresh(self, n: int) -> None:
        """A new module is written, imported, called, and dropped with its files."""
        name = f"soak_fresh_{n}"
        module = self.write_and_import(name, 2.0)
        self.calls_of(module, n, 2.0)
        del sys.modules[name]
        for path in (self.directory / f"{name}.py", *Path(self.directory, "__pycache__").glob(f"{name}.*")):
            path.unlink()

    def threads(self, n: int) -> None:
        """Threads come, call, and go."""
        errors: list[BaseException] = []

        def run(k: int) -> None:
            batch = self.batches[k % SIZES]
            try:
                for _ in range(CALLS):
                    same(self.steady.numbers(tf.constant(batch), k), layer(batch) * k)
            except BaseException as error:
                errors.append(error)

        started = [threading.Thread(target=run, args=(n + i,)) for i in range(3)]
        for thread in started:
            thread.start()
        for thread in started:
            thread.join()
        if errors:
            raise errors[0]

    def failing(self, n: int) -> None:
        """Exceptions of Python, of a check in the graph, and of a module that is imported."""
        x = tf.constant(self.batches[n % SIZES])
        raises(ValueError, lambda: self.steady.checked(x, None))
        raises(tf.errors.InvalidArgumentError, lambda: self.steady.checked(x, -1.0))
        self.steady.checked(x, 1e6)
        name = "soak_broken"
        Path(self.directory, f"{name}.py").write_text(BROKEN)
        importlib.invalidate_caches()
        raises(tf.errors.InvalidArgumentError, lambda: importlib.import_module(name))

    def graphs_of_the_user(self, n: int) -> None:
        batch = self.batches[n % SIZES]
        graph = tf.function(self.steady.branched)
        expected = layer(batch)
        same(graph(tf.constant(batch)), expected * (2 if expected > 0 else 3) + 3)

    def report(self) -> None:
        report = autograph_hook.report()
        report.to_text()
        report.save(self.directory / "report.html")

    def close(self) -> None:
        sys.path.remove(os.fspath(self.directory))
        shutil.rmtree(self.directory, ignore_errors=True)


def layer(x: Any) -> Any:
    weights = np.eye(4, dtype=np.float32) * np.float32(0.5)
    for _ in range(3):
        x = np.tanh(x @ weights) * np.float32(0.5) + x
    return np.sum(x)


def same(value: Any, expected: Any) -> None:
    if not np.allclose(value.numpy(), expected, rtol=1e-3, atol=1e-3):
        raise Wrong(f"{value.numpy()} instead of {expected}")


def raises(kind: type[BaseException], call: Callable[[], object]) -> None:
    try:
        call()
    except kind:
        return
    raise Wrong(f"no {kind.__name__} was raised")
