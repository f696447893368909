"""Steps of training, in place, against the same steps in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograph_hook import lantern
from autograph_hook.errors import StagingError

from .staged import module

MODEL = """
    from dataclasses import dataclass
    @dataclass
    class Node:
        label: int
        word: int
        left: object = None
        right: object = None
    def sigmoid(x):
        return 1.0 / (1.0 + np.exp(-x))
    def encode(p, t):
        if t.left is None:
            h = np.tanh(p["W"] @ p["E"][t.word] + p["b"])
            below = 0.0
        else:
            hl, a = encode(p, t.left)
            hr, c = encode(p, t.right)
            h = sigmoid(p["U"] @ hl + p["V"] @ hr + p["b"])
            below = a + c
        z = p["O"] @ h
        return h, below + np.log(np.sum(np.exp(z))) - z[t.label]
    def f(p, t):
        h, loss = encode(p, t)
        return loss
"""


def model(dtype: Any) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    shapes = {"W": (5, 3), "U": (5, 5), "V": (5, 5), "b": (5,), "O": (4, 5), "E": (7, 3)}
    return {name: (rng.normal(size=shape) * 0.5).astype(dtype) for name, shape in shapes.items()}


def trees(m: Any) -> list[Any]:
    n = m.Node
    return [
        n(1, -1, n(0, 3), n(2, -1, n(3, 1), n(1, 6))),
        n(0, -1, n(1, 2), n(1, 0)),
        n(2, 5),
        n(3, -1, n(0, -1, n(2, 2), n(1, 1)), n(2, 4)),
    ]


def numpy_step(rule: str, w: Any, g: Any, state: list[Any], t: int) -> None:
    dtype = w.dtype
    if rule == "sgd":
        w -= dtype.type(0.1) * g
    elif rule == "momentum":
        state[0] = 0.9 * state[0] + g
        w -= 0.1 * state[0]
    elif rule == "adagrad":
        state[0] = state[0] + g * g
        w -= 0.1 * g / (np.sqrt(state[0]) + 1e-10)
    else:
        state[0] = 0.9 * state[0] + 0.1 * g
        state[1] = 0.999 * state[1] + 0.001 * g * g
        w -= 0.1 * (state[0] / (1 - 0.9**t)) / (np.sqrt(state[1] / (1 - 0.999**t)) + 1e-8)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rule", ["sgd", "momentum", "adagrad", "adam"])
def test_a_step_is_that_of_the_rule(rule: str, dtype: Any) -> None:
    m = module(MODEL)
    ours, theirs = model(dtype), model(dtype)
    step = getattr(lantern, rule)(m.f, learning_rate=0.1)
    gradient = lantern.value_and_grad(m.f)
    states: dict[str, list[Any]] = {name: [np.zeros_like(w), np.zeros_like(w)] for name, w in theirs.items()}
    held = dict(ours)
    tolerance = 2e-4 if dtype is np.float32 else 1e-9
    for t, tree in enumerate(trees(m) * 3, 1):
        loss = step(ours, tree)
        value, parts = gradient(theirs, tree)
        np.testing.assert_allclose(loss, value, rtol=tolerance)
        for name, w in theirs.items():
            numpy_step(rule, w, parts[name], states[name], t)
            np.testing.assert_allclose(ours[name], w, rtol=tolerance, atol=tolerance)
    assert all(ours[name] is w for name, w in held.items())
    assert step.steps == 12


def test_training_lowers_the_loss() -> None:
    m = module(MODEL)
    p, step = model(np.float32), lantern.adagrad(m.f, learning_rate=0.2)
    data = trees(m)
    first = sum(step(p, t) for t in data)
    for _ in range(60):
        last = sum(step(p, t) for t in data)
    assert last < first / 3


def test_a_step_that_fails_changes_nothing() -> None:
    m = module(MODEL)
    p, step = model(np.float64), lantern.sgd(m.f)
    step(p, m.Node(1, 2))
    before = {name: w.copy() for name, w in p.items()}
    with pytest.raises(IndexError):
        step(p, m.Node(1, -1, m.Node(0, 1), m.Node(2, 99)))
    assert all(np.array_equal(p[name], w) for name, w in before.items())


def test_weights_must_be_able_to_change() -> None:
    m = module("def f(w):\n    return (w * w).sum()")
    step = lantern.sgd(m.f)
    with pytest.raises(StagingError, match="contiguous and writeable"):
        step(np.ones((4, 4))[:, ::2])
    w = np.ones(3)
    with pytest.raises(StagingError, match="the same array is given twice"):
        lantern.sgd(module("def f(p):\n    return (p[0] * p[1]).sum()").f)([w, w])
    stateful = lantern.adam(m.f)
    stateful(np.ones(3))
    with pytest.raises(StagingError, match="other weights than before"):
        stateful(np.ones(4))
