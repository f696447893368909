"""Graphs that somebody else traces: `tf.function` of the enabled function against eager plain.

What was a Python number may come out of a graph as a tensor, and the sums of a graph that TensorFlow rewrites differ in
the last bits. A trace may refuse a program, which must be told with the user's line.
"""

from __future__ import annotations

import collections
import math
import re
import traceback
from typing import Any

import numpy as np
import tensorflow as tf

from autograph_hook.settings import ModuleOptions
from tests.fuzz.observe import HEAD_PATH
from tests.fuzz.programs import Program, Programs, programs
from tests.fuzz.python import Enabled, numbers, plain
from tests.fuzz.tensors import FOREIGN, HEAD

tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
"""TensorFlow's optimizer of graphs makes mistakes of its own, without the hook as well (2.21): it loses
`V.assign(0.0 + x + x)` under a condition, takes `tf.maximum(x, x * 2.0)` for a leaky ReLU, and graphs have returned empty
tensors for all results, or ended the process."""

COUNTS: collections.Counter[str] = collections.Counter()
"""Calls by what became of them."""


class ForeignPrograms(Programs):
    head = HEAD
    shown = {"box": "{0}.v, {0}.items, {0}.deep", "tuple": "[*{0}]"}
    """An object of the program's own cannot leave a graph. TensorFlow makes a tensor of one with `__getitem__` and would
    go over a `Box` for ever, with the hook and without."""


make = programs(FOREIGN, ForeignPrograms)


def check(program: Program) -> str | None:
    path = f"<made {next(numbers)}>"
    eager = plain(program, path)
    enabled = Enabled(program, path)
    if enabled.problems:
        return f"problems: {enabled.problems}"
    hooked, _ = enabled.module(ModuleOptions(mode="traced"))
    if not hasattr(hooked, "f"):
        return None
    traced = tf.function(hooked.f)
    COUNTS["programs"] += 1
    for step in program.steps:
        if not step.startswith("f("):
            for module in (eager, hooked):
                exec(step, vars(module))
            continue
        expected, found = _outcome(eager.f, step, eager), _outcome(traced, step, hooked)
        if isinstance(expected, Exception):
            COUNTS["eager raises"] += 1
            return None  # what a graph has changed by then is not what an eager run has
        if isinstance(found, Exception):
            kind = type(found).__name__
            COUNTS[f"refused: {kind}"] += 1
            if _is_refusal(found, path):
                return None
            return f"refused with {kind} {_words(found)}: {step}: {expected}\n{kind}: {found}"
        wrong = _unlike(found, expected)
        for name in ("V", "W"):
            wrong = wrong or _unlike(getattr(hooked, name), getattr(eager, name))
        if wrong is not None:
            return f"value: {step}: {wrong}\nplain:  {expected}\nhooked: {found}"
        COUNTS["equal"] += 1
    return None


def _is_refusal(error: Exception, path: str) -> bool:
    """It says on which line of the user's; or it is what the user's own statement raised in a branch that an eager run
    does not take: a trace takes both."""
    if f"{path}:" in "\n".join([str(error), *getattr(error, "__notes__", ())]):
        return True
    last = traceback.extract_tb(error.__traceback__)[-1]
    speaks_of_tensors = isinstance(error, TypeError) and ("Tensor" in str(error) or "tensor" in str(error))
    return last.filename in (path, HEAD_PATH) and not speaks_of_tensors


def _words(error: Exception) -> str:
    """How a message begins, without names and numbers: what remains the same when the program is made small."""
    return re.sub(r"<[^>]*>|'[^']*'|[^A-Za-z ]", "", str(error).partition("\n")[0])[:30]


def _outcome(function: Any, step: str, module: Any) -> Any:
    try:
        return eval(step, {**vars(module), "f": function})
    except Exception as error:
        return error


def _unlike(found: Any, expected: Any) -> str | None:
    """How a graph's result differs, None where it does not."""
    if isinstance(expected, tf.Tensor) and isinstance(found, tf.Tensor) and expected.dtype != found.dtype:
        return f"dtype {found.dtype.name}, not {expected.dtype.name}"
    if isinstance(expected, dict):
        if not isinstance(found, dict) or list(found) != list(expected):
            return f"{found!r}, not {expected!r}"
        return next((wrong for k in expected if (wrong := _unlike(found[k], expected[k])) is not None), None)
    if isinstance(expected, (list, tuple)):
        if not isinstance(found, (list, tuple)) or len(found) != len(expected):
            return f"{found!r}, not {expected!r}"
        pairs = zip(found, expected, strict=True)
        return next((wrong for pair in pairs if (wrong := _unlike(*pair)) is not None), None)
    if type(expected).__module__ == "made_program" and hasattr(expected, "__dict__"):
        return _unlike(vars(found), vars(expected)) if hasattr(found, "__dict__") else f"{found!r}, not {expected!r}"
    one, other = _number(found), _number(expected)
    if isinstance(other, np.ndarray) and other.dtype.kind in "fiub":
        same = isinstance(one, np.ndarray) and one.shape == other.shape and np.allclose(
            one.astype(float), other.astype(float), rtol=1e-4, atol=1e-5, equal_nan=True
        )
    else:
        same = type(one) is type(other) and repr(one) == repr(other)
    return None if same else f"{found!r}, not {expected!r}"


def _number(value: Any) -> Any:
    if isinstance(value, (tf.Tensor, tf.Variable)):
        value = value.numpy()
        value = value.decode() if isinstance(value, bytes) else value
    if isinstance(value, (bool, int, float, np.generic)):
        return np.asarray(value if not isinstance(value, float) or math.isfinite(value) else float(value))
    return value
