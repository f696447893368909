"""Lantern: compiled code against plain Python, its gradients against the interpreter and finite differences."""

from __future__ import annotations

import collections
import copy
import ctypes
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograph_hook.backends.lantern.inputs import dense
from autograph_hook.backends.lantern.interpret import Interpreter
from autograph_hook.backends.lantern.llvm.body import bytes_of
from autograph_hook.backends.lantern.llvm.values import Taken
from autograph_hook.errors import StagingError
from autograph_hook.lantern.gradients import Gradient
from autograph_hook.runtime.gate import gate_of
from autograph_hook.settings import ModuleOptions
from tests.fuzz import numbers
from tests.fuzz.programs import Program
from tests.fuzz.python import Enabled, plain
from tests.fuzz.python import numbers as paths
from tests.lantern_llvm import native
from tests.lantern_staging.staged import outcome, same

COUNTS: collections.Counter[str] = collections.Counter()
"""Programs and gradients by what became of them."""
CALLS = 3
"""Of each kind: the first is plain, the second traces."""
TOLERANCE = 1e-8
WANTED = (0, 1, 2, 3)
"""The arguments that gradients are taken by: the weights, a number, an array, a list of numbers."""

STEP, NEAR = 1e-6, 1e-3
"""Of finite differences, and how near they are."""

make = numbers.make


def check(program: Program) -> str | None:
    path = f"<made {next(paths)}>"
    eager, enabled = plain(program, path), Enabled(program, path)
    if enabled.problems:
        return f"problems: {enabled.problems}"
    hooked, _ = enabled.module(ModuleOptions(backend="lantern"))
    if not hasattr(eager, "f"):
        return None
    with np.errstate(all="ignore"):
        wrong = _values(program, eager, hooked)
        if wrong is None and hasattr(eager, "loss"):
            steps = dict.fromkeys(program.steps)
            wrong = next((found for step in steps if (found := _gradient(step, eager, hooked))), None)
    COUNTS["programs"] += 1
    return wrong


def _values(program: Program, eager: Any, hooked: Any) -> str | None:
    for step in program.steps:
        for number in range(CALLS):
            expected = outcome(eager.f, *_arguments(step, eager))
            found = outcome(hooked.f, *_arguments(step, hooked))
            if not _is_same(found, expected):
                return f"value: {step}, call {number + 1}:\nplain:  {expected!r}\nhooked: {found!r}"
    gate = gate_of(hooked.f)
    staged = gate.staging.calls_staged if gate is not None and gate.staging is not None else 0
    COUNTS["programs with staged calls"] += bool(staged)
    reason = str((gate.staging.reason if gate is not None and gate.staging is not None else "") or "")
    return f"f: {reason}" if reason.startswith("autograph_hook failed") else None


def _is_same(found: Any, expected: Any) -> bool:
    if isinstance(expected, RecursionError):
        return isinstance(found, RecursionError)  # whose text says what Python was just doing
    return same(found, _as_where_paths_meet(expected, found), TOLERANCE)


def _as_where_paths_meet(expected: Any, found: Any) -> Any:
    """What is expected, with NumPy's float in the place of Python's where that was found: where paths meet that leave one
    of each, Lantern has NumPy's (docs/lantern.md). It never has Python's in the place of NumPy's."""
    if type(expected) in (tuple, list) and type(found) is type(expected) and len(found) == len(expected):
        return type(expected)(map(_as_where_paths_meet, expected, found))
    return np.float64(expected) if type(expected) is float and type(found) is np.float64 else expected


def _arguments(step: str, module: Any) -> Any:
    return eval(step, {**vars(module), "f": lambda *arguments: arguments})


def _gradient(step: str, eager: Any, hooked: Any) -> str | None:
    """How the gradient of `loss` is wrong."""
    given = _arguments(step, hooked)
    meant = outcome(eager.loss, *_arguments(step, eager))
    gradient = Gradient(hooked.loss, WANTED)
    try:
        value, found = gradient(given, {})
        made, inputs = gradient.specialization(given, {})
    except Exception as error:
        if isinstance(error, StagingError):
            COUNTS["without a gradient"] += 1
            return None if _says_where(error, meant) else f"reason: {step}: a reason without a place: {error}"
        return None if _is_same(error, meant) else f"exception: {step}: the loss is {meant!r}\nits gradient raises {error!r}"
    if not _is_same(value, meant):
        return f"loss: {step}: the loss is {meant!r}\nwith its gradient {value!r}"
    COUNTS["gradients"] += 1
    return _against_the_interpreter(step, made.compiled, inputs) or _against_differences(step, eager.loss, given, found)


def _says_where(error: StagingError, meant: Any) -> bool:
    return ":" in str(error) or not isinstance(meant, float)


def _against_the_interpreter(step: str, compiled: Any, inputs: Any) -> str | None:
    """The program with its adjoint as it was before any pass, which is what the compiled code means."""
    program, name = compiled.adjoint, compiled.entry.definition.name
    names = [var.name for var in (*compiled.program.params, *compiled.program.consts)]
    values = {v: k if s is None else dense(inputs[s]) for v, (s, k) in zip(names, compiled.globals, strict=True)}
    interpreter = Interpreter(program, values)
    meant = interpreter.run(name, *_words(compiled, inputs))
    targets = {var.name: np.zeros_like(interpreter.gradients[var.name]) for var in program.params}
    native_targets = compiled.native.targets(targets, 1.0, True)
    found = tuple(compiled.call(inputs, [], native_targets)[0])
    if not native.same(found, meant, ROUGH):
        return f"result: {step}: compiled {found!r}\ninterpreted {meant!r}"
    for key, target in targets.items():
        if not native.same(target, np.asarray(interpreter.gradients[key]), ROUGH):
            return f"interpreter: {step}: gradient of {key}: compiled {target!r}\ninterpreted {interpreter.gradients[key]!r}"
    return None


ROUGH = 1e6
"""How many units in the last place of the largest number sums may differ that passes have put in another order."""


def _words(compiled: Any, inputs: Any) -> Iterator[Any]:
    """The arguments of the compiled code as the interpreter takes them."""
    kept: list[Any] = []
    taken = Taken(compiled.layout)
    for k, one in compiled.numbers:
        words = ctypes.create_string_buffer(one.pack(inputs[k], kept))
        place = ctypes.addressof(words)
        for type in one.types:
            yield taken.value(place, type)
            place += -(-bytes_of(type) // 8) * 8


def _against_differences(step: str, loss: Any, given: Any, found: Any) -> str | None:
    """Differences to both sides: where these differ, the function jumps there or is not smooth."""
    here = float(loss(*given))
    for number, gradient in zip(WANTED, found, strict=True):
        for keys, slope in _floats(gradient):
            changed = [_moved(given[number], keys, by) for by in (STEP, -STEP)]
            up, down = (float(loss(*given[:number], one, *given[number + 1 :])) for one in changed)
            right, left, middle = (up - here) / STEP, (here - down) / STEP, (up - down) / (2 * STEP)
            size = max(1.0, abs(middle))
            if abs(right - left) <= NEAR * size and not abs(slope - middle) <= NEAR * size:
                return f"differences: {step}: by argument {number} {keys}: gradient {slope}, finite differences {middle}"
    return None


def _moved(value: Any, keys: tuple[Any, ...], by: float) -> Any:
    if not keys:
        return value + by
    changed = copy.copy(value)
    changed[keys[0]] = _moved(value[keys[0]], keys[1:], by)
    return changed


def _floats(gradient: Any, keys: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], float]]:
    """The numbers in a gradient, with the keys that lead to them."""
    if isinstance(gradient, dict):
        for key, part in gradient.items():
            yield from _floats(part, (*keys, key))
    elif isinstance(gradient, list):
        for place, part in enumerate(gradient):
            yield from _floats(part, (*keys, place))
    elif isinstance(gradient, np.ndarray):
        for index in np.ndindex(gradient.shape):
            yield (*keys, index), float(gradient[index])
    elif gradient is not None:
        yield keys, float(gradient)
