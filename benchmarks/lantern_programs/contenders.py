"""The programs as each contender runs them: functions without arguments. Where something is missing, why."""

from __future__ import annotations

import ctypes
import importlib
import sys
import tempfile
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.treelstm import in_c

from . import inputs

Run = Callable[[], Any]
SOURCE = Path(__file__).with_name("programs.py")
_LIBRARIES = tempfile.TemporaryDirectory()


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


OF_NUMBERS = ("fib", "newton", "distance", "march")
"""These are written in C as well. numba knows no objects of Python's classes, and no dictionaries of arrays of several
shapes."""


def numba(name: str) -> Run:
    njit = importlib.import_module("numba").njit
    if name not in OF_NUMBERS:
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


def c(name: str) -> Run:
    if name not in OF_NUMBERS:
        raise NotImplementedError("of objects and arrays of any number: not written in C")
    if in_c.compiler() is None:
        raise ImportError("there is no C compiler")
    # Without `-ffast-math`: the results are to be Python's.
    path = in_c.build(_LIBRARIES.name, SOURCE.with_suffix(".c"), ("-O3", "-march=native", "-shared", "-fPIC"))
    function = getattr(ctypes.CDLL(path), name)
    function.restype = ctypes.c_double if name == "march" else ctypes.c_int64
    arguments = given(name, None)
    if name == "newton":
        both = arguments[0], np.empty_like(arguments[0])
        passed = (_pointer(both[0]), _number(len(both[0])), _pointer(both[1]))
        return lambda: (both[1], function(*passed))  # the arrays live as long as the function
    if name == "distance":
        rows = [np.ascontiguousarray(array, np.int64) for array in (*arguments, np.empty(len(arguments[1]) + 1))]
        first, second, row = rows
        passed = (_pointer(first), _number(len(first)), _pointer(second), _number(len(second)), _pointer(row))
        return lambda: (rows, function(*passed))[1]
    passed = tuple(map(_number, arguments))
    return lambda: function(*passed)


def _pointer(array: Any) -> Any:
    return ctypes.c_void_p(array.ctypes.data)


def _number(value: int) -> Any:
    return ctypes.c_int64(value)


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


CONTENDERS: dict[str, Callable[[str], Run]] = {
    "plain": plain, "ours": ours, "numba": numba, "C": c, "TensorFlow": tensorflow
}  # fmt: skip


def same(one: Any, other: Any) -> bool:
    """Equal results; floats to within what another order of additions makes."""
    flat = [np.asarray(value, np.float64) for value in _flat(one)], [np.asarray(v, np.float64) for v in _flat(other)]
    return len(flat[0]) == len(flat[1]) and all(
        np.allclose(a, b, rtol=1e-9, atol=1e-9) for a, b in zip(*flat, strict=True)
    )


def _flat(value: Any) -> list[Any]:
    return [part for one in value for part in _flat(one)] if isinstance(value, tuple | list) else [value]
