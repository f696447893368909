"""Every operation of the table: its meaning is NumPy's, its derivative that of finite differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograph_hook.backends.lantern.interpret import Interpreter
from autograph_hook.backends.lantern.ops import TABLE
from autograph_hook.backends.lantern.verify import check

from .gradients import agree, floats
from .operations import CASES, program_of, r

IDS = [f"{k}-{name}" for k, (name, _, _) in enumerate(CASES)]


@pytest.mark.parametrize(("name", "args", "attrs"), CASES, ids=IDS)
def test_the_derivative_is_that_of_finite_differences(name: str, args: tuple[Any, ...], attrs: dict[str, Any]) -> None:
    program = check(program_of(name, args, attrs))
    agree(program, "loss", args, [k for k, v in enumerate(args) if floats(v)])


def test_products_have_a_derivative() -> None:
    args = (r(3, 4), r(2, 4), r(4))
    agree(program_of("products", args, {}), "loss", args, [0, 1, 2])


def test_every_operation_with_a_derivative_is_tried() -> None:
    tried = {name for name, _, _ in CASES} | {"products"}
    assert {name for name, entry in TABLE.items() if entry.derivative} - tried == set()


def test_a_negative_base_has_a_derivative_for_whole_exponents() -> None:
    args = (np.array([-1.5, 2.0, 0.0]), np.array([2.0, 0.0, 1.0]))
    np.testing.assert_allclose(agree(program_of("**", args, {}), "loss", args, [0])[:2], [-1.5, 0.0])


def test_the_gradient_of_cross_entropy_is_one_operation() -> None:
    x, d = np.array([0.5, -1.0, 2.0]), 3.0
    (found,) = Interpreter(check(program_of("cross_entropy_back", (d, x, 2), {}))).run("result", d, x, 2)
    np.testing.assert_allclose(found, d * (np.exp(x) / np.exp(x).sum() - np.array([0, 0, 1])))
