"""Products of weights with parts of the input are computed together at the beginning of a call."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograph_hook import lantern
from autograph_hook.backends.lantern.ir import Op, Program, lets
from autograph_hook.backends.lantern.llvm import early as early_module
from autograph_hook.backends.lantern.llvm.call import Compiled
from autograph_hook.backends.lantern.llvm.early import LOG, MULTIPLY, TAKE, early
from autograph_hook.backends.lantern.text import read
from tests.lantern_llvm.native import same
from tests.lantern_staging.staged import module, plainly, staging

TREE = """
    class Node:
        def __init__(self, word, left=None, right=None):
            self.word, self.left, self.right = word, left, right

    def encode(p, E, t):
        if t.left is None:
            x = E[t.word]
            return np.tanh(p["A"] @ x) * (p["B"] @ x)
        return np.tanh(p["U"] @ encode(p, E, t.left) + encode(p, E, t.right))

    def f(p, E, t):
        return np.sum(encode(p, E, t) ** 2)

    def tree(words):
        if len(words) == 1:
            return Node(words[0])
        return Node(-1, tree(words[: len(words) // 3 or 1]), tree(words[len(words) // 3 or 1 :]))
"""

NETWORK = """
    def f(p, E, words):
        h = np.zeros(5)
        for word in words:
            if word > 0:
                h = np.tanh(p["W"] @ E[word] + p["U"] @ h)
        return np.sum(h * h)
"""


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(early_module, "FEWEST_BYTES", 0)


def operations(program: Program) -> list[str]:
    found = [let.expr for d in program.defs for let in lets(d.body)]
    return [op.name for op in found if isinstance(op, Op)]


def trained(source: str, p: dict[str, Any], *args: Any) -> tuple[Program, Any, Any]:
    """The program of a step, the loss, and the weights afterwards."""
    step = lantern.sgd(module(source).f, learning_rate=0.1)
    own = {name: value.copy() for name, value in p.items()}
    value = step(own, *args)
    return step.gradient.known[0].compiled.native.program, value, own


def weights(**shapes: tuple[int, ...]) -> dict[str, Any]:
    random = np.random.default_rng(0)
    return {name: random.normal(size=shape) for name, shape in shapes.items()}


@pytest.mark.parametrize("count", [1, 2, 4, 5, 11])
@pytest.mark.usefixtures("small")
def test_the_leaves_of_a_tree(count: int) -> None:
    p, table = weights(A=(7, 19), B=(7, 19), U=(7, 7)), np.random.default_rng(1).normal(size=(9, 19))
    made = module(TREE)
    words = [k % 9 for k in range(count)]
    step = lantern.sgd(made.f, learning_rate=0.1)
    own = {name: value.copy() for name, value in p.items()}
    value = step(own, table, made.tree(words))
    found = operations(step.gradient.known[0].compiled.native.program)
    assert found.count(LOG) == found.count(MULTIPLY) == found.count(TAKE) == 1
    plain = plainly(TREE)
    assert np.isclose(value, plain.f(p, table, plain.tree(words)), rtol=1e-12)
    for name in p:
        at = (1, 2)
        shifted = [{**p, name: p[name].copy()} for _ in range(2)]
        shifted[0][name][at] += 1e-6
        shifted[1][name][at] -= 1e-6
        slope = np.subtract(*[plain.f(q, table, plain.tree(words)) for q in shifted]) / 2e-6
        assert np.isclose((p[name] - own[name])[at] / 0.1, slope, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_inputs_of_a_network_along_a_list(small: None, monkeypatch: pytest.MonkeyPatch, dtype: Any) -> None:
    p = {name: value.astype(dtype) for name, value in weights(W=(5, 6), U=(5, 5)).items()}
    table = np.random.default_rng(1).normal(size=(9, 6)).astype(dtype)
    source = NETWORK.replace("np.zeros(5)", f"np.zeros(5, np.{np.dtype(dtype).name})")
    words = [3, 0, 8, -1, 4, 4, 2]
    program, value, own = trained(source, p, table, words)
    assert operations(program).count(TAKE) == 1
    monkeypatch.setattr(early_module, "FEWEST_BYTES", 1 << 40)
    program, meant, other = trained(source, p, table, words)
    assert not operations(program).count(TAKE)
    assert np.isclose(value, meant, rtol=1e-6)
    assert all(np.allclose(own[name], other[name], rtol=1e-5, atol=1e-6) for name in p)


@pytest.mark.usefixtures("small")
def test_a_branch_that_a_result_decides_leaves_everything_as_it_was() -> None:
    source = NETWORK.replace("if word > 0:", "if np.sum(h) >= 0:")
    p, table = weights(W=(5, 6), U=(5, 5)), np.random.default_rng(1).normal(size=(9, 6))
    program, value, _ = trained(source, p, table, [3, 1, 8])
    assert not operations(program).count(TAKE)
    assert np.isclose(value, plainly(source).f(p, table, [3, 1, 8]))


@pytest.mark.usefixtures("small")
def test_a_place_that_is_none_is_an_error_as_ever() -> None:
    p, table = weights(W=(5, 6), U=(5, 5)), np.zeros((9, 6))
    with pytest.raises(IndexError, match="index 12 is out of bounds"):
        trained(NETWORK, p, table, [3, 12])


@pytest.mark.usefixtures("small")
def test_a_recursion_that_is_called_from_outside() -> None:
    made, plain = module(TREE), plainly(TREE)
    p, table = weights(A=(7, 19), B=(7, 19), U=(7, 7)), np.random.default_rng(1).normal(size=(9, 19))
    for _ in range(3):
        found = made.encode(p, table, made.tree([1, 5, 2, 8]))
    assert staging(made.encode).calls_staged > 0
    assert np.allclose(found, plain.encode(p, table, plain.tree([1, 5, 2, 8])), rtol=1e-12)


def test_small_matrices_stay_where_they_are() -> None:
    p, table = weights(W=(5, 6), U=(5, 5)), np.ones((9, 6))
    assert not operations(trained(NETWORK, p, table, [3, 1, 8])[0]).count(TAKE)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("shape", [(1, 3), (6, 40), (33, 17), (5, 400)])
def test_products_of_all_shapes(shape: tuple[int, int]) -> None:
    rows, columns = shape
    program = read(f"""(program (param W (tensor f32 {rows} {columns})) (const E (tensor f32 6 {columns}))
      (def f ((n i64)) ((tensor f32 {rows})) (begin
        (let (zero i64) 0) (let (none f32) 0.0) (let (start (tensor f32 {rows})) (broadcast none :shape ({rows})))
        (let ((k i64) (h (tensor f32 {rows}))) (loop ((i i64 zero) (s (tensor f32 {rows}) start))
          (begin (let (more bool) (< i n)) (tuple more))
          (begin (let (one i64) 1) (let (next i64) (+ i one))
            (let (x (tensor f32 {columns})) (idx E i)) (let (z (tensor f32 {rows})) (matmul W x))
            (let (both (tensor f32 {rows})) (+ s z)) (tuple next both))))
        (tuple h))))""")
    random = np.random.default_rng(0)
    values = {"W": random.normal(size=shape).astype("f4"), "E": random.normal(size=(6, columns)).astype("f4")}
    assert operations(early(program, ["f"])).count(TAKE) == 1
    for count in range(7):
        (found,) = Compiled(program, values, ["f"]).run("f", count)
        meant = (values["E"][:count].astype("f8") @ values["W"].T.astype("f8")).sum(0).astype("f4")
        assert same(found, meant, 10)


@pytest.mark.usefixtures("small")
def test_a_vector_that_a_computed_matrix_is_multiplied_with_too() -> None:
    source = NETWORK.replace('p["W"] @ E[word]', 'p["W"] @ E[word] + (p["W"] * np.sum(h)) @ E[word]')
    p, table = weights(W=(5, 6), U=(5, 5)), np.random.default_rng(1).normal(size=(9, 6))
    _, value, _ = trained(source, p, table, [3, 1, 8])
    assert np.isclose(value, plainly(source).f(p, table, [3, 1, 8]))
