"""The programs as each contender runs them: functions without arguments. Where something is missing, why."""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from . import inputs

Run = Callable[[], Any]
SOURCE = Path(__file__).with_name("programs.py")


def given(name: str, of: Any) -> tuple[Any, ...]:
    return inputs.PROGRAMS[name](of, np.random.default_rng(0))


def plain(name: str) -> Run:
    """The same file as plain Python."""
    module = sys.modules.get("plain_programs")
    if module is None:
        module = sys.modules["plain_programs"] = types.ModuleType("plain_programs")
        exec(compile(SOURCE.read_text(), str(SOURCE), "exec"), module.__dict__)
    arguments = given(name, module)
    return lambda: getattr(module, name)(*arguments)


def ours(name: str) -> Run:
    module = importlib.import_module("benchmarks.lantern_programs.programs")
    arguments = given(name, module)
    function = getattr(module, name)
    for _ in range(3):
        function(*arguments)
    return lambda: function(*arguments)


COMPILED_BY_NUMBA = ("fib", "newton", "distance", "march")
"""It knows no objects of Python's classes, and no dictionaries of arrays of several shapes."""


def numba(name: str) -> Run:
    njit = importlib.import_module("numba").njit
    if name not in COMPILED_BY_NUMBA:
        raise NotImplementedError("not in numba's language")
    source = SOURCE.read_text()
    names = {"__name__": "numba_programs"}
    module = types.ModuleType("numba_programs")
    sys.modules["numba_programs"] = module
    module.__dict__.update(names)
    exec(compile(source, str(SOURCE), "exec"), module.__dict__)
    compiled = njit(getattr(module, name))
    setattr(module, name, compiled)
    arguments = given(name, module)
    compiled(*arguments)
    return lambda: compiled(*arguments)


def tensorflow(name: str) -> Run:
    if name not in ("fib", "newton", "network"):
        raise NotImplementedError("not of TensorFlow's operations")
    tf = importlib.import_module("tensorflow")
    function = getattr(importlib.import_module("benchmarks.lantern_programs.in_tensorflow"), name)
    arguments: tuple[Any, ...] = given(name, None)
    if name == "network":
        p, sequences = arguments
        padded = np.zeros((len(sequences), max(map(len, sequences))))
        for row, sequence in zip(padded, sequences, strict=True):
            row[: len(sequence)] = sequence
        arguments = {key: tf.constant(value) for key, value in p.items()}, padded, np.array([*map(len, sequences)])
        arguments = arguments[0], tf.constant(padded), tf.constant(arguments[2], tf.int32)
    else:
        arguments = tuple(tf.constant(value) for value in arguments)
    graph = tf.function(function, autograph=False)
    graph(*arguments)
    return lambda: [tensor.numpy() for tensor in tf.nest.flatten(graph(*arguments))]


CONTENDERS: dict[str, Callable[[str], Run]] = {"plain": plain, "ours": ours, "numba": numba, "TensorFlow": tensorflow}


def same(one: Any, other: Any) -> bool:
    """Equal results; floats to within what another order of additions makes."""
    flat = [np.asarray(value, np.float64) for value in _flat(one)], [np.asarray(v, np.float64) for v in _flat(other)]
    return len(flat[0]) == len(flat[1]) and all(
        np.allclose(a, b, rtol=1e-9, atol=1e-9) for a, b in zip(*flat, strict=True)
    )


def _flat(value: Any) -> list[Any]:
    return [part for one in value for part in _flat(one)] if isinstance(value, tuple | list) else [value]
