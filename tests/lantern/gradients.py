"""Gradients by the adjoint program, run in the interpreter, against finite differences of the program itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from autograph_hook.backends.lantern.adjoint import value_and_grad
from autograph_hook.backends.lantern.interpret import Instance, Interpreter
from autograph_hook.backends.lantern.ir import Program
from autograph_hook.backends.lantern.text import read, write
from autograph_hook.backends.lantern.verify import check


def floats(value: Any) -> list[float]:
    """All floats in a value, in order; those of integers and nulls there are none."""
    if isinstance(value, Instance):
        return [x for field in value.fields.values() for x in floats(field)]
    if isinstance(value, list):
        return [x for element in value for x in floats(element)]
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return [float(x) for x in value.ravel()]
    return [float(value)] if isinstance(value, float | np.floating) else []


def rebuilt(value: Any, numbers: list[float]) -> Any:
    """The value with these floats, which are taken from the front."""
    if isinstance(value, Instance):
        return Instance(value.record, **{name: rebuilt(field, numbers) for name, field in value.fields.items()})
    if isinstance(value, list):
        return [rebuilt(element, numbers) for element in value]
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return np.array([numbers.pop(0) for _ in range(value.size)], value.dtype).reshape(value.shape)
    return type(value)(numbers.pop(0)) if isinstance(value, float | np.floating) else value


def spread(value: Any, gradient: Any) -> list[float]:
    """A gradient as floats in the order of those of the value: an empty list and null stand for zero."""
    if isinstance(value, Instance):
        if gradient is None:
            return [0.0] * len(floats(value))
        return [x for n, f in value.fields.items() for x in (spread(f, gradient.fields[n]) if floats(f) else ())]
    if isinstance(value, list):
        if not gradient:
            return [0.0] * len(floats(value))
        return [x for v, d in zip(value, gradient, strict=True) for x in spread(v, d)]
    return floats(gradient)


def by_adjoint(
    program: Program, name: str, args: Iterable[Any], wrt: Iterable[int], values: dict[str, Any]
) -> tuple[float, list[float]]:
    """The first result and the gradients: of the parameters `wrt`, then of the program's parameters."""
    args, wrt = list(args), list(wrt)
    adjoint = check(value_and_grad(program, name, wrt))
    assert read(write(adjoint)) == adjoint
    interpreter = Interpreter(adjoint, values)
    results = interpreter.run(f"{name}.grad", *args)
    found = [x for k, d in zip(wrt, results[len(results) - len(wrt) :], strict=True) for x in spread(args[k], d)]
    return float(results[0]), found + [x for v in program.params for x in floats(interpreter.gradients[v.name][()])]


def differences(
    program: Program, name: str, args: Iterable[Any], wrt: Iterable[int], values: dict[str, Any], step: float = 1e-6
) -> list[float]:
    """The same by central differences."""
    args, wrt = list(args), list(wrt)
    weights = [v.name for v in program.params]
    changing = [args[k] for k in wrt] + [values[n] for n in weights]
    numbers = [x for value in changing for x in floats(value)]

    def at(moved: list[float]) -> float:
        rest = list(moved)
        made = [rebuilt(value, rest) for value in changing]
        new_args = list(args)
        for k, value in zip(wrt, made, strict=False):
            new_args[k] = value
        new_values = {**values, **dict(zip(weights, made[len(wrt) :], strict=True))}
        return float(Interpreter(program, new_values).run(name, *new_args)[0])

    return [slope(at, numbers, k, step) for k in range(len(numbers))]


def slope(function: Callable[[list[float]], float], numbers: list[float], k: int, step: float) -> float:
    up, down = list(numbers), list(numbers)
    up[k] += step
    down[k] -= step
    return (function(up) - function(down)) / (2 * step)


def agree(
    program: Program | str,
    name: str,
    args: Iterable[Any],
    wrt: Iterable[int] = (),
    values: dict[str, Any] | None = None,
    tolerance: float = 1e-6,
) -> list[float]:
    """Asserts that both agree, and that the value is that of the program; the gradients."""
    program = check(read(program) if isinstance(program, str) else program)
    args, wrt = list(args), list(wrt)
    value, found = by_adjoint(program, name, args, wrt, values or {})
    wanted = differences(program, name, args, wrt, values or {})
    assert value == float(Interpreter(program, values).run(name, *args)[0])
    np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance)
    return found
