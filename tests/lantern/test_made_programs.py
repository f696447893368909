"""Programs made by hypothesis: their gradients, their passes, their text."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograph_hook.backends.lantern.adjoint import value_and_grad
from autograph_hook.backends.lantern.interpret import Interpreter
from autograph_hook.backends.lantern.ir import Program
from autograph_hook.backends.lantern.passes import optimize, simplify
from autograph_hook.backends.lantern.text import read, write
from autograph_hook.backends.lantern.verify import check

from .gradients import by_adjoint, differences, floats, spread
from .made import programs, values

EXAMPLES = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
SEEDS = st.integers(0, 11)


@EXAMPLES
@given(programs(), SEEDS)
def test_gradients_are_those_of_finite_differences(program: Program, seed: int) -> None:
    args, weights = values(seed)
    check(program)
    _, found = by_adjoint(program, "main", args, range(4), weights)
    wanted = differences(program, "main", args, range(4), weights)
    finer = differences(program, "main", args, range(4), weights, 1e-7)
    for mine, coarse, fine in zip(found, wanted, finer, strict=True):
        at_a_jump = abs(coarse - fine) > 1e-4 * max(1.0, abs(coarse))
        assert at_a_jump or abs(mine - coarse) <= 1e-5 * max(1.0, abs(coarse))


@EXAMPLES
@given(programs(), SEEDS)
def test_passes_preserve_results_and_gradients(program: Program, seed: int) -> None:
    args, weights = values(seed)
    plain = value_and_grad(program, "main", range(4))
    passed = check(optimize(value_and_grad(check(simplify(program)), "main", range(4)), ["main.grad"]))
    results = []
    for version in (plain, passed):
        interpreter = Interpreter(version, weights)
        value, *gradients = interpreter.run("main.grad", *args)
        parts = [x for arg, d in zip(args, gradients, strict=False) for x in spread(arg, d)]
        results.append([float(value), *parts, *(x for d in interpreter.gradients.values() for x in floats(d[()]))])
    np.testing.assert_allclose(results[1], results[0], rtol=1e-9, atol=1e-9)


@EXAMPLES
@given(programs())
def test_a_program_is_read_as_it_was_written(program: Program) -> None:
    assert read(write(program)) == program
    optimized = optimize(program, ["main"])
    assert read(write(optimized)) == optimized
