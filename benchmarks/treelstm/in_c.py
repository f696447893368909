"""The TreeLSTM in C, where there is a compiler."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from . import data

SOURCE = Path(__file__).with_name("program.c")
OPTIONS = ("-O3", "-march=native", "-ffast-math", "-shared", "-fPIC")


def compiler() -> str | None:
    return next(filter(None, map(shutil.which, ("gcc", "clang", "cc"))), None)


def build(directory: str, source: Path = SOURCE, options: Sequence[str] = OPTIONS) -> str:
    """The compiled library. Each use of the TreeLSTM needs a file of its own, since its weights are static."""
    path = str(Path(directory, source.with_suffix(".so").name))
    subprocess.run([compiler() or "cc", *options, source, "-o", path, "-lm"], check=True)
    return path


class Training:
    def __init__(self, library: str, rule: str, rate: float) -> None:
        self.library = ctypes.CDLL(library)
        self.function = self.library.step
        self.function.restype = ctypes.c_float
        self.function.argtypes = [ctypes.c_int, ctypes.c_float, *[ctypes.c_void_p] * 4]
        self.adagrad, self.rate = int(rule == "adagrad"), rate
        self.weights = [_dense(value) for value in data.stacked(data.weights()).values()]
        self.gradients = [_dense(np.zeros_like(value)) for value in self.weights]
        self.squares = [_dense(np.zeros_like(value)) for value in self.weights]
        self.words = data.embeddings()
        tables = [_table(arrays) for arrays in (self.weights, self.gradients, self.squares)]
        self.library.setup(*tables, ctypes.c_void_p(self.words.ctypes.data))
        self.trees: dict[int, Any] = {}

    def __call__(self, phrase: Any) -> float:
        if id(phrase) not in self.trees:
            columns = data.arrays(phrase)
            self.trees[id(phrase)] = (phrase, columns, [column.ctypes.data for column in columns])
        return float(self.function(self.adagrad, self.rate, *self.trees[id(phrase)][2]))


def _dense(values: Any) -> Any:
    """A copy that begins at a multiple of 64 bytes."""
    space = np.empty(values.nbytes + 64, np.uint8)
    start = -space.ctypes.data % 64
    array = space[start : start + values.nbytes].view(values.dtype).reshape(values.shape)
    array[...] = values
    return array


def _table(arrays: list[Any]) -> Any:
    return (ctypes.c_void_p * len(arrays))(*[array.ctypes.data for array in arrays])
