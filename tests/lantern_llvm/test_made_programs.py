"""Programs made by hypothesis, and their gradients, give natively what the interpreter gives."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograph_hook.backends.lantern.adjoint import value_and_grad
from autograph_hook.backends.lantern.interpret import Interpreter
from autograph_hook.backends.lantern.ir import Program
from autograph_hook.backends.lantern.llvm.call import Compiled
from autograph_hook.backends.lantern.passes import optimize
from tests.lantern.made import programs, values

from .native import same

SOME = settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))


def compare(program: Program, name: str, seed: int) -> None:
    args, weights = values(seed)
    compiled = Compiled(program, weights, [name])
    targets = {param.name: np.zeros_like(np.asarray(weights[param.name])) for param in program.params}
    interpreter = Interpreter(program, weights)
    meant = interpreter.run(name, *args)
    for _ in range(2):  # a second call finds the arena as the first one left it
        native: Any = compiled.run(name, *args, targets=compiled.targets(targets, fresh=True))
        assert same(native, meant, 100.0), f"native {native}\nmeant  {meant}"
        for key, target in targets.items():
            assert same(target, np.asarray(interpreter.gradients[key]), 1000.0), key


@SOME
@given(programs(), st.integers(0, 11))
def test_a_program_gives_what_it_means(program: Program, seed: int) -> None:
    compare(program, "main", seed)


@SOME
@given(programs(), st.integers(0, 11))
def test_a_gradient_gives_what_it_means(program: Program, seed: int) -> None:
    compare(optimize(value_and_grad(program, "main", [0, 1, 2, 3]), ["main.grad"]), "main.grad", seed)
