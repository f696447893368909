"""Gradients of parameters are added to their targets when a call ends."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograph_hook.backends.lantern.adjoint import value_and_grad
from autograph_hook.backends.lantern.interpret import Interpreter
from autograph_hook.backends.lantern.llvm.call import Compiled
from autograph_hook.backends.lantern.passes import optimize
from autograph_hook.backends.lantern.text import read

from . import treelstm
from .native import same

SHAPE = (8, 6, 5, 20)

ALL = """(program (param W (tensor f32 7 33)) (param b (tensor f32 33)) (param s f64) (param E (tensor f32 3 4 5))
  (def f ((z (tensor f32 7)) (x (tensor f32 33)) (d f64) (e (tensor f32 4 5)) (n i64)) () (begin
    (let (k i64) 0)
    (let ((i i64)) (loop ((j i64 k)) (begin (let (more bool) (< j n)) (tuple more)) (begin
      (let (one i64) 1) (let (m i64) (+ j one)) (let (o i64) -1)
      (let () (accumulate_outer W z x))
      (let () (accumulate b x))
      (let () (accumulate_at b d1 j))
      (let () (accumulate s d))
      (let () (accumulate_at E e o))
      (tuple m))))
    (tuple))))""".replace("(let () (accumulate_at b d1 j))", "(let (d1 f32) (cast d :dtype f32)) (let () (accumulate_at b d1 j))")


def zeros(values: dict[str, Any]) -> dict[str, Any]:
    return {name: np.zeros_like(np.asarray(value)) for name, value in values.items()}


@pytest.fixture(scope="module")
def everything() -> tuple[Any, dict[str, Any], list[Any]]:
    rng = np.random.default_rng(0)
    program = read(ALL)
    weights = {
        "W": rng.normal(size=(7, 33)).astype(np.float32),
        "b": rng.normal(size=33).astype(np.float32),
        "s": np.array(0.5),
        "E": rng.normal(size=(3, 4, 5)).astype(np.float32),
    }
    args = [rng.normal(size=7), rng.normal(size=33), 0.7, rng.normal(size=(4, 5))]
    args = [np.float32(a) if isinstance(a, np.ndarray) else a for a in args]
    return program, weights, args


@pytest.mark.parametrize("n", [0, 1, 3, 30])
@pytest.mark.parametrize("fresh", [True, False])
def test_every_way_to_accumulate(everything: Any, n: int, fresh: bool) -> None:
    program, weights, args = everything
    compiled, interpreter = Compiled(program, weights), Interpreter(program, weights)
    targets = {name: np.ones_like(value) for name, value in zeros(weights).items()}
    interpreter.run("f", *args, n)
    assert compiled.run("f", *args, n, targets=compiled.targets(targets, 2.0, fresh)) == ()
    for name, target in targets.items():
        meant = 2 * interpreter.gradients[name] + (0 if fresh else 1)
        assert same(target, np.asarray(meant, target.dtype), 100.0), name


def test_a_parameter_without_target_is_left_out(everything: Any) -> None:
    program, weights, args = everything
    compiled = Compiled(program, weights)
    target = np.zeros(33, np.float32)
    compiled.run("f", *args, 2, targets=compiled.targets({"b": target}))
    compiled.run("f", *args, 2)
    assert target.any()


def test_a_target_must_fit(everything: Any) -> None:
    program, weights, _ = everything
    with pytest.raises(ValueError, match="target of `b`"):
        Compiled(program, weights).targets({"b": np.zeros(33)})


def test_a_step_of_descent_changes_the_parameters_in_place() -> None:
    program = optimize(value_and_grad(treelstm.program(*SHAPE), "loss"), ["loss.grad"])
    weights, plain = treelstm.values(*SHAPE), treelstm.values(*SHAPE)
    compiled = Compiled(program, weights, ["loss.grad"])
    steps = compiled.targets({param.name: weights[param.name] for param in program.params}, -0.05)
    for tree in treelstm.random_trees(5, SHAPE[3]):
        interpreter = Interpreter(program, plain)
        (meant,) = interpreter.run("loss.grad", tree)
        for param in program.params:
            plain[param.name] = plain[param.name] - np.float32(0.05) * interpreter.gradients[param.name]
        (native,) = compiled.run("loss.grad", tree, targets=steps)
        assert np.isclose(native, meant, rtol=1e-5)
    for name, value in plain.items():
        assert same(weights[name], value, 100.0), name


TRAINED_ROWS = """(program (param E (tensor f64 4 3)) (param W (tensor f64 2 3))
  (def f ((z (tensor f64 2)) (d (tensor f64 3)) (i i64)) () (begin
    (let (x (tensor f64 3)) (idx E i))
    (let () (accumulate_at E d i))
    (let () (accumulate_outer W z x))
    (tuple))))"""


def test_a_row_that_is_trained_itself_is_read_as_it_was() -> None:
    rng = np.random.default_rng(0)
    weights = {"E": rng.normal(size=(4, 3)), "W": rng.normal(size=(2, 3))}
    z, d, row = rng.normal(size=2), rng.normal(size=3), weights["E"][1].copy()
    expected = weights["W"] + np.outer(z, row)
    compiled = Compiled(read(TRAINED_ROWS), weights)
    compiled.run("f", z, d, 1, targets=compiled.targets(weights))
    assert np.allclose(weights["W"], expected) and np.allclose(weights["E"][1], row + d)
