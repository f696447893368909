"""Gradients of programs with recursion, loops, branches, records and lists."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from autograph_hook.backends.lantern.adjoint import NotDifferentiable, value_and_grad
from autograph_hook.backends.lantern.interpret import Instance, Interpreter
from autograph_hook.backends.lantern.ir import F64, Block, Call, Let, Var, lets
from autograph_hook.backends.lantern.text import read
from autograph_hook.backends.lantern.verify import check

from . import programs
from .gradients import agree

RANDOM = np.random.default_rng(5)


def weights(text: str) -> dict[str, Any]:
    return {v.name: RANDOM.normal(size=getattr(v.type, "shape", ())) * 0.7 for v in read(text).params}


def test_a_recursive_network_over_a_tree_with_null_leaves() -> None:
    agree(programs.TREE_LSTM, "loss", [programs.SENTENCE], values=weights(programs.TREE_LSTM))


def test_a_null_tree_has_no_gradient() -> None:
    assert not any(agree(programs.TREE_LSTM, "loss", [None], values=weights(programs.TREE_LSTM)))


def test_the_gradient_of_a_tree_is_a_tree() -> None:
    agree(programs.TREE_SUM, "total", [programs.TREE], [0])


@pytest.mark.parametrize("n", [0, 1, 5])
def test_mutual_recursion(n: int) -> None:
    agree(programs.EVEN_ODD, "even", [2 * n, 0.7], [1], {"w": 1.3})


def test_a_loop_whose_variables_depend_on_each_other() -> None:
    found = agree(programs.NEWTON, "root", [2.0, 1.0], [0, 1])
    assert found[0] == pytest.approx(1 / (2 * np.sqrt(2)))


@pytest.mark.parametrize("n", [0, 1, 4])
def test_a_loop_over_a_list_that_makes_a_list(n: int) -> None:
    args = [[RANDOM.normal(size=2) for _ in range(n)], RANDOM.normal(size=3)]
    agree(programs.RAGGED_RNN, "run", args, [0, 1], weights(programs.RAGGED_RNN))


@pytest.mark.parametrize("n", [0, 1, 3])
def test_records_that_the_program_makes_and_reads_twice(n: int) -> None:
    agree(programs.SHARED_STACK, "run", [np.array([0.4, -0.9]), n], [0])


def test_item_assignment_in_nested_loops_with_branches() -> None:
    agree(programs.MATRIX_PATH, "cheapest", [RANDOM.normal(size=(3, 4))], [0])


def test_only_what_is_wanted_takes_part() -> None:
    adjoint = value_and_grad(read(programs.NEWTON), "root", [0])
    reverse = adjoint.function("root.rev")
    assert [str(t) for t in reverse.results] == ["f64"]
    assert value_and_grad(read(programs.TREE_LSTM), "loss", []).function("cell.rev").results == ()


def test_the_activation_record_has_only_what_the_reverse_needs() -> None:
    program = """(program (def f ((x f64) (y f64)) (f64) (begin
      (let (a f64) (+ x y)) (let (b f64) (exp a)) (let (c f64) (neg b)) (tuple c))))"""
    saved = value_and_grad(read(program), "f", [0, 1]).record("f.saved")
    assert [f.name for f in saved.fields] == ["b"]


def test_a_function_that_depends_on_nothing_wanted_has_zero_gradients() -> None:
    program = "(program (def f ((x f64)) (f64) (begin (let (c f64) 2.0) (tuple c))))"
    assert agree(program, "f", [1.0], [0]) == [0.0]


def test_the_gradient_of_an_integer_is_an_error() -> None:
    with pytest.raises(NotDifferentiable, match="that of a float; the first result of fib is i64"):
        value_and_grad(read(programs.FIB), "fib")
    with pytest.raises(NotDifferentiable, match="parameter n of even is i64, which has no gradient"):
        value_and_grad(read(programs.EVEN_ODD), "even", [0])


def test_float32_stays_float32() -> None:
    text = programs.RAGGED_RNN.replace("f64", "f32")
    adjoint = check(value_and_grad(read(text), "run", [1]))
    values = {k: v.astype(np.float32) for k, v in weights(text).items()}
    interpreter = Interpreter(adjoint, values)
    results = interpreter.run("run.grad", [np.ones(2, np.float32)] * 3, np.zeros(3, np.float32))
    assert results[2].dtype == np.float32
    assert interpreter.gradients["W"].dtype == np.float32


def test_a_weight_that_a_loop_begins_with() -> None:
    program = """(program (param w f64) (def f ((n i64)) (f64) (begin
      (let (zero i64) 0)
      (let ((k i64) (x f64)) (loop ((i i64 zero) (y f64 w))
        (begin (let (more bool) (< i n)) (tuple more))
        (begin (let (one i64) 1) (let (j i64) (+ i one)) (let (z f64) (neg y)) (tuple j z))))
      (tuple x))))"""
    assert agree(program, "f", [0], values={"w": 2.0}) == [1.0]
    assert agree(program, "f", [3], values={"w": 2.0}) == [-1.0]


def test_a_gradient_has_a_gradient() -> None:
    cube = """(program (def cube ((x f64)) (f64) (begin
      (let (three f64) 3.0)
      (let (positive bool) (> x three))
      (let (y f64) (if positive (begin (tuple x)) (begin (let (s f64) (* x x)) (let (c f64) (* s x)) (tuple c))))
      (tuple y))))"""
    first = value_and_grad(read(cube), "cube", [0])
    slope = read("(program (def slope ((u f64)) (f64) (begin (let (v f64) (neg u)) (tuple v))))").defs[0]
    call = Let((Var("value", F64), Var("v", F64)), Call("cube.grad", slope.params))
    program = replace(first, defs=(*first.defs, replace(slope, body=Block((call,), (Var("v", F64),)))))
    assert agree(program, "slope", [2.0], [0]) == [pytest.approx(12.0)]


def test_a_name_that_is_taken_is_not_taken_again() -> None:
    twice = check(value_and_grad(value_and_grad(read(programs.NEWTON), "root", [0]), "root", [1]))
    assert twice.defs[-1].name == "root.grad.1"
    value, slope = Interpreter(twice).run(twice.defs[-1].name, 2.0, 1.0)
    assert value == pytest.approx(np.sqrt(2))
    assert slope == pytest.approx(0.0, abs=1e-9)


def test_a_weight_in_two_branches_and_a_result_that_is_a_weight() -> None:
    program = """(program (param w f64) (param v (tensor f64 2)) (def f ((x f64) (c bool)) (f64 (tensor f64 2)) (begin
      (let (r f64) (if c (begin (let (a f64) (* w x)) (tuple a)) (begin (tuple w))))
      (tuple r v))))"""
    values = {"w": 2.0, "v": np.ones(2)}
    assert agree(program, "f", [3.0, True], [0], values) == [2.0, 3.0, 0.0, 0.0]
    assert agree(program, "f", [3.0, False], [0], values) == [0.0, 1.0, 0.0, 0.0]


def test_lines_of_the_reverse_are_those_of_what_it_reverses() -> None:
    adjoint = value_and_grad(read(programs.TREE_LSTM), "loss")
    lines = {let.line for let in lets(adjoint.function("cell.rev").body)}
    assert {10, 11, 12, 17} <= lines
    assert adjoint.function("cell.rev").path == "model.py"


def test_lists_of_lists_and_lists_of_records() -> None:
    program = """(program
      (record P (a f64) (b (list f64)))
      (def f ((xs (list (list f64))) (ps (list (ptr P))) (n i64)) (f64)
        (begin
          (let (zero i64) 0)
          (let (none f64) 0.0)
          (let ((k i64) (t f64) (all (list (list f64)))) (loop ((i i64 zero) (s f64 none) (so (list (list f64)) xs))
            (begin (let (more bool) (< i n)) (tuple more))
            (begin
              (let (one i64) 1)
              (let (j i64) (+ i one))
              (let (p (ptr P)) (idx ps i))
              (let (a f64) (field p a))
              (let (b (list f64)) (field p b))
              (let (b0 f64) (idx b zero))
              (let (x (list f64)) (idx xs i))
              (let (x0 f64) (idx x zero))
              (let (u f64) (* a x0))
              (let (u2 f64) (* u b0))
              (let (s2 f64) (+ s u2))
              (let (so2 (list (list f64))) (append so b))
              (tuple j s2 so2))))
          (let (last i64) -1)
          (let (end (list f64)) (idx all last))
          (let (e f64) (idx end zero))
          (let (et f64) (* e t))
          (tuple et))))"""
    xs = [[0.5, 2.0], [1.5], [0.25, 0.1, 4.0]]
    ps = [Instance("P", a=0.3 + k, b=[1.0 + k, -2.0]) for k in range(3)]
    for n in (1, 2, 3):
        agree(program, "f", [xs, ps, n], [0, 1])


def test_a_field_that_is_read_twice_and_a_record_that_is_handed_on_too() -> None:
    program = """(program
      (record P (a f64) (b f64))
      (def g ((p (ptr P))) (f64) (begin
        (let (a f64) (field p a)) (let (b f64) (field p b)) (let (ab f64) (* a b)) (tuple ab)))
      (def f ((x f64) (y f64)) (f64) (begin
        (let (p (ptr P)) (make P x y))
        (let (a1 f64) (field p a))
        (let (a2 f64) (field p a))
        (let (s f64) (tanh a2))
        (let (m f64) (* a1 s))
        (let (r f64) (call g p))
        (let (t f64) (+ m r))
        (tuple t))))"""
    agree(program, "f", [0.7, -1.2], [0, 1])
    given = program.replace("(def f ((x f64) (y f64))", "(def f ((p (ptr P)))").replace(
        "(let (p (ptr P)) (make P x y))", ""
    )
    agree(given, "f", [Instance("P", a=0.7, b=-1.2)], [0])
