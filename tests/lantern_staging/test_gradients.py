"""`grad` and `value_and_grad`: against finite differences of the plain function, and against the interpreter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograph_hook import lantern
from autograph_hook.backends.lantern.interpret import Interpreter
from autograph_hook.errors import StagingError
from autograph_hook.lantern.gradients import Gradient

from .staged import module, plainly

RNG = np.random.default_rng(0)
TREE = (1.0, (2.0, None, None), (3.0, (0.5, None, None), None))


def normal(*shape: int) -> Any:
    return RNG.normal(size=shape)


PROGRAMS = {
    "layers in a list of tuples": (
        "def f(params, x, y):\n for W, b in params:\n  x = np.tanh(W @ x + b)\n return ((x - y) ** 2).mean()",
        [(normal(4, 3), normal(4)), (normal(2, 4), normal(2))],
        normal(3),
        normal(2),
    ),
    "a recurrent network over a list": (
        """
        def f(p, xs, target):
            h = np.zeros(3)
            for x in xs:
                h = np.tanh(p["U"] @ x + p["V"] @ h + p["b"])
            z = p["O"] @ h
            return np.log(np.sum(np.exp(z))) - z[target]
        """,
        {"U": normal(3, 3), "V": normal(3, 3), "b": normal(3), "O": normal(5, 3)},
        [normal(3) for _ in range(4)],
        2,
    ),
    "a branch in a loop": (
        """
        def f(w, n):
            total = 0.0
            for i in range(n):
                if i % 2 == 0:
                    total += np.sum(w * i)
                else:
                    total -= w[0] * w[1]
            return total
        """,
        normal(3),
        7,
    ),
    "mutual recursion": (
        """
        def f(w, n):
            return w.sum() if n == 0 else odd(w, n - 1) * 1.1
        def odd(w, n):
            return -w.sum() if n == 0 else f(w, n - 1) + w[0] ** 2
        """,
        normal(3),
        5,
    ),
    "a tree": (
        """
        def f(w, t):
            if t is None:
                return w[0]
            return np.tanh(w[1] * t[0] + f(w, t[1]) * f(w, t[2]))
        """,
        normal(2),
        TREE,
    ),
    "elements that are set": (
        """
        def f(w):
            a = np.zeros(6)
            for i in range(6):
                a[i] = w[i] * i
                if i > 0:
                    a[i] += a[i - 1] * w[0]
            return a.sum() + a[-1]
        """,
        normal(6),
    ),
    "a list in between": (
        """
        def f(w, xs):
            out = []
            for x in xs:
                out.append(w * x)
            s = 0.0
            for o in out:
                s += np.dot(o, o)
            return s
        """,
        normal(3),
        [1.0, 2.0, 3.0],
    ),
    "a while loop": (
        "def f(w):\n x = w * 1.0\n n = 0\n while n < 6:\n  x = x * w + 0.5\n  n += 1\n return np.sum(x)", normal(3) / 2,
    ),
    "rows of a table": (
        "def f(E, ks):\n s = 0.0\n for k in ks:\n  s += np.sum(np.exp(E[k]) * k)\n return s", normal(5, 2), [0, 3, 3, 1, 4],
    ),
    "one network, and a closure": (
        """
        def f(p, x):
            def step(y):
                return np.tanh(p["W"] @ y)
            for i in range(5):
                x = step(x)
            return np.maximum(x, 0.1 * x).sum()
        """,
        {"W": normal(3, 3), "unused": normal(2)},
        normal(3),
    ),
}  # fmt: skip


def arrays(value: Any) -> list[Any]:
    if isinstance(value, np.ndarray):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return [a for part in parts for a in arrays(part)]


def close_to_differences(function: Any, gradient: Any, arguments: list[Any], number: int = 0) -> None:
    weights, found = arrays(arguments[number]), arrays(gradient)
    assert len(weights) == len(found)
    for weight, part in zip(weights, found, strict=True):
        assert part.shape == weight.shape and part.dtype == weight.dtype
        for _ in range(3):
            place = tuple(int(RNG.integers(n)) for n in weight.shape)
            before = weight[place]
            weight[place] = before + 1e-6
            up = function(*arguments)
            weight[place] = before - 1e-6
            slope = (up - function(*arguments)) / 2e-6
            weight[place] = before
            np.testing.assert_allclose(part[place], slope, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_gradient_is_that_of_the_plain_function(name: str) -> None:
    source, *arguments = PROGRAMS[name]
    function = plainly(source).f
    value, gradient = lantern.value_and_grad(module(source).f)(*arguments)
    meant = function(*arguments)
    assert type(value) is type(meant)
    np.testing.assert_allclose(value, meant, rtol=1e-12)
    close_to_differences(function, gradient, arguments)


@pytest.mark.parametrize("name", ["a recurrent network over a list", "mutual recursion", "elements that are set"])
def test_the_interpreter_agrees(name: str) -> None:
    """On what is given to the code generator."""
    source, *arguments = PROGRAMS[name]
    gradient = Gradient(module(source).f)
    value, found = gradient(tuple(arguments), {})
    made, inputs = gradient.specialization(arguments, {})
    compiled: Any = made.compiled
    values = {var.name: inputs[k] for k, var in compiled.weights}
    interpreter = Interpreter(compiled.program, values)
    words = [inputs[k] for k, _ in compiled.numbers]
    result = interpreter.run(compiled.entry.definition.name, *words)
    np.testing.assert_allclose(float(result[0]), value, rtol=1e-12)
    for k, var in compiled.weights:
        part = next(a for w, a in zip(arrays(arguments[0]), arrays(found), strict=True) if w is inputs[k])
        np.testing.assert_allclose(part, interpreter.gradients[var.name], rtol=1e-10, atol=1e-12)


def test_of_numbers_and_of_several_arguments() -> None:
    m = module("def f(a, b):\n t = 0.0\n for i in range(5):\n  t += a * b ** 2 / (1.0 + i)\n return t")
    (a, b) = lantern.grad(m.f, (0, 1))(1.5, 2.5)
    assert type(a) is float and type(b) is float
    weights = sum(1 / (1 + i) for i in range(5))
    np.testing.assert_allclose([a, b], [2.5**2 * weights, 2 * 1.5 * 2.5 * weights])


def test_of_an_object_of_arrays_and_a_method() -> None:
    source = """
        from dataclasses import dataclass
        @dataclass
        class P:
            W: object
            b: object
            rate: float = 2.0
            def f(self, x):
                return (np.tanh(self.W @ x + self.b) * self.rate).sum()
        def f(p, x):
            return p.f(x)
    """
    m, other = module(source), plainly(source)
    p, x = (normal(3, 2), normal(3)), normal(2)
    gradient = lantern.grad(m.f)(m.P(*p), x)
    assert type(gradient) is m.P

    def f(pair: Any, x: Any) -> Any:
        return other.f(other.P(*pair), x)

    close_to_differences(f, (gradient.W, gradient.b), [p, x])
    by_method = lantern.grad(m.P(*p).f)(x)
    close_to_differences(lambda y: f(p, y), by_method, [x])


def test_of_a_tree() -> None:
    m = module("def f(t):\n if t is None:\n  return 1.0\n return t[0] * f(t[1]) + f(t[2])")
    assert lantern.grad(m.f)(TREE) == (3.0, (1.0, None, None), (1.5, (3.0, None, None), None))


def test_of_a_list_of_floats() -> None:
    m = module("def f(xs):\n s = 1.0\n for x in xs:\n  s *= x\n return s")
    assert lantern.grad(m.f)([2.0, 3.0, 5.0]) == [15.0, 10.0, 6.0]


def test_what_cannot_be_differentiated_is_said() -> None:
    m = module("def f(w):\n    return np.sort(w).sum()\ndef g(w):\n    return w\ndef h(w, n):\n    return np.zeros(n) + w\n")
    with pytest.raises(StagingError, match=r"\.py:3.*f has no gradient by Lantern.*sort"):
        lantern.grad(m.f)(np.ones(3))
    with pytest.raises(StagingError, match="the gradient is that of a float"):
        lantern.grad(m.g)(np.ones(3))
    with pytest.raises(StagingError, match=r"enabled module"):
        lantern.grad(lambda w: w.sum())
    with pytest.raises(StagingError, match="no argument 3"):
        lantern.grad(m.g, 3)(np.ones(3))


def test_a_shape_that_does_not_fit_is_an_error_of_the_users_line() -> None:
    m = module("def f(w, x):\n    y = w * 2\n    return (y @ x).sum()\n")
    with pytest.raises(StagingError, match=r"\.py:5, in f: .*inner dimensions 3 and 4 differ"):
        lantern.grad(m.f)(np.ones((2, 3)), np.ones(4))


def test_exceptions_are_those_of_the_plain_run() -> None:
    m = module("def f(w, n):\n    s = 0.0\n    for i in range(n):\n        s += w[i]\n    return s")
    vg = lantern.value_and_grad(m.f)
    assert vg(np.ones(3), 3)[0] == 3.0
    with pytest.raises(IndexError, match="index 3 is out of bounds for axis 0 with size 3"):
        vg(np.ones(3), 4)


def test_the_gradient_is_compiled_once_for_a_kind_of_arguments() -> None:
    gradient = Gradient(module("def f(w, x):\n    return np.tanh(w @ x).sum()").f)
    for _ in range(3):
        gradient((normal(2, 3), normal(3)), {})
    assert len(gradient.known) == 1
    gradient((normal(2, 4), normal(4)), {})
    assert len(gradient.known) == 2


def test_without_a_value_that_a_loop_would_have_given_there_is_no_gradient() -> None:
    source = "def f(w, n):\n    for i in range(n):\n        big = w > 1.0\n    if n > 0:\n        w = 1.0 if big else w * 2.0\n    return w"
    m = module(source)
    vg = lantern.value_and_grad(m.f)
    assert vg(0.5, 2) == (1.0, 2.0)
    with pytest.raises(StagingError, match=r"\.py:3: f has no gradient .*a name has no value: the loop has not run"):
        vg(0.5, 0)


def test_a_weight_whose_share_is_not_used_has_a_gradient_of_zero() -> None:
    m = module("def f(w, q):\n    unused = w * q\n    return np.tanh(q)")
    gradient = lantern.grad(m.f, (0, 1))
    for _ in range(3):
        left = [np.full((3, 3), 7.0) for _ in range(20)]  # what the memory holds that a gradient is put in
        del left
        of_w, _ = gradient(np.ones((3, 3)), 0.75)
        assert not of_w.any()
