"""The forms of a program that are compared: each is a call without arguments that gives the results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

import autograph_hook
from benchmarks.paper import cases, handwritten
from benchmarks.paper.cases import Case, Size

FORMS = ("eager", "autograph", "twin", "own", "handwritten", "again")
MEANING = {
    "eager": "the plain program as Python runs it",
    "autograph": "tf.function and TensorFlow's AutoGraph, over a form of the program that it can convert",
    "twin": "tf.function over the enabled program",
    "own": "the enabled program called as it is",
    "handwritten": "the graph written by hand",
    "again": "the same graph once more, traced anew: what the measurement itself scatters",
}


class Contender:
    """One form of one program, with arguments and variables of its own."""

    def __init__(self, form: str, case: Case, size: Size) -> None:
        self.form = form
        self.case = case
        loaded = cases.modules(form)
        self.arguments, self.variables = case.prepare(loaded, **size)
        self.first = [variable.numpy() for variable in self.variables]
        self.call = self._callable(loaded)

    def _callable(self, loaded: Any) -> Callable[..., Any]:
        case = self.case
        if self.form in ("handwritten", "again"):
            return tf.function(getattr(handwritten, case.function), autograph=False)
        module = case.module
        if self.form == "autograph" and case.convertible:
            module = case.convertible
        function = getattr(getattr(loaded, module), case.function)
        return function if self.form in ("eager", "own") else tf.function(function)

    def reset(self) -> None:
        for variable, value in zip(self.variables, self.first, strict=True):
            variable.assign(value)

    def run(self) -> list[np.ndarray]:
        return [tensor.numpy() for tensor in tf.nest.flatten(self.call(*self.arguments))]

    def results(self) -> list[np.ndarray]:
        """What one run from the beginning returns, and leaves in the variables."""
        self.reset()
        return self.run() + [variable.numpy() for variable in self.variables]


def difference(found: list[np.ndarray], expected: list[np.ndarray]) -> float:
    """The largest difference of two lists of results, relative to the largest number of each result."""
    largest = 0.0
    for one, other in zip(found, expected, strict=True):
        if one.shape != other.shape or one.dtype != other.dtype:
            return float("inf")
        if one.size:
            one, other = one.astype(np.float64), other.astype(np.float64)
            largest = max(largest, float(np.max(np.abs(one - other)) / max(np.max(np.abs(other)), 1e-12)))
    return largest


def staged_calls(contender: Contender) -> tuple[int, str]:
    """How many calls of the program were staged by themselves, and otherwise why not."""
    for module in autograph_hook.report().modules:
        for function in module["functions"]:
            if module["name"].startswith(cases.ALIASES["own"]) and function["qualname"] == contender.case.function:
                return function["calls_staged"], function["reason"] or "no reason was given"
    return 0, "the program is not enabled"
