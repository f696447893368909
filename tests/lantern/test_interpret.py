"""The interpreter gives what NumPy and Python give, and raises what they raise."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograph_hook.backends.lantern.interpret import Interpreter
from autograph_hook.backends.lantern.text import read
from autograph_hook.backends.lantern.verify import check

from . import programs
from .operations import plain_program, r


def value(name: str, *args: Any, **attrs: Any) -> Any:
    (result,) = Interpreter(check(plain_program(name, args, attrs))).run("result", *args)
    return result


INTS = st.integers(-50, 50)
WHOLE: dict[str, Callable[..., Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "//": operator.floordiv, "%": operator.mod,
    "<": operator.lt, ">=": operator.ge, "==": operator.eq, "maximum": max, "minimum": min,
}  # fmt: skip


@given(st.sampled_from(sorted(WHOLE)), INTS, INTS)
def test_integers_are_pythons(name: str, a: int, b: int) -> None:
    if name in ("//", "%") and b == 0:
        with pytest.raises(ZeroDivisionError):
            value(name, a, b)
    else:
        result = value(name, a, b)
        assert result == WHOLE[name](a, b)
        assert type(result) is type(WHOLE[name](a, b))


def test_an_integer_that_does_not_fit_is_an_overflow() -> None:
    big = 2**62
    for name, args in (("+", (big, big)), ("*", (big, 3)), ("neg", (-(2**63),)), ("**", (10, 40)), ("**", (2, 10**9))):
        with pytest.raises(OverflowError):
            value(name, *args)
    assert value("**", -1, 10**9 + 1) == -1
    assert (value("+", np.array([big]), np.array([big])) == np.array([big]) + np.array([big])).all()


def test_a_negative_power_of_an_integer_raises_as_numpy() -> None:
    with pytest.raises(ValueError, match="Integers to negative integer powers are not allowed"):
        value("**", 2, -1)


A, B, M = r(4), r(4), r(3, 4)
NUMPY: list[tuple[str, tuple[Any, ...], dict[str, Any], Any]] = [
    ("//", (A, B), {}, A // B),
    ("%", (M, B), {}, M % B),
    ("**", (np.abs(A), B), {}, np.abs(A) ** B),
    ("where", (A > B, A, B), {}, np.where(A > B, A, B)),
    ("clip", (A, -0.5, 0.5), {}, np.clip(A, -0.5, 0.5)),
    ("sigmoid", (A,), {}, 1 / (1 + np.exp(-A))),
    ("relu", (A,), {}, np.maximum(A, 0)),
    ("mean", (M,), {"axis": 0}, M.mean(axis=0)),
    ("sum", (M,), {}, M.sum()),
    ("max", (M,), {"axis": 1}, M.max(axis=1)),
    ("argmax", (M,), {"axis": 1}, M.argmax(axis=1)),
    ("argmin", (M,), {}, M.argmin()),
    ("matmul", (M, A), {}, M @ A),
    ("matmul", (M, M), {"tb": True}, M @ M.T),
    ("outer", (A, B), {}, np.outer(A, B)),
    ("concatenate", (M, M), {"axis": 1}, np.concatenate([M, M], axis=1)),
    ("stack", (A, B), {"axis": 1}, np.stack([A, B], axis=1)),
    ("transpose", (M,), {"axes": (1, 0)}, M.T),
    ("slice", (M,), {"start": (2, 0), "size": (2, 2), "step": (-1, 3)}, M[2:0:-1, 0:4:3]),
    ("softmax", (A,), {}, np.exp(A) / np.exp(A).sum()),
    ("cross_entropy", (A, 1), {}, -np.log(np.exp(A) / np.exp(A).sum())[1]),
    ("not", (A > 0,), {}, ~(A > 0)),
]


@pytest.mark.parametrize(("name", "args", "attrs", "wanted"), NUMPY, ids=[f"{k}-{c[0]}" for k, c in enumerate(NUMPY)])
def test_tensors_are_numpys(name: str, args: tuple[Any, ...], attrs: dict[str, Any], wanted: Any) -> None:
    result = value(name, *args, **attrs)
    np.testing.assert_allclose(result, wanted, rtol=1e-14)
    assert np.asarray(result).dtype == np.asarray(wanted).dtype


def test_floats_divide_by_zero_without_a_word() -> None:
    assert value("/", 1.0, 0.0) == math.inf
    assert math.isnan(value("/", np.zeros(1), np.zeros(1))[0])
    assert math.isnan(value("mean", np.zeros(0)))
    assert value("sum", np.zeros(0)) == 0.0
    assert (value("//", np.array([3, 4]), np.array([0, 2])) == [0, 2]).all()


@pytest.mark.parametrize(
    ("error", "name", "args"),
    [
        (IndexError, "idx", (A, 4)),
        (IndexError, "idx", (A, -5)),
        (IndexError, "idx", ([1.0], 1)),
        (IndexError, "update", (A, 1.0, 4)),
        (IndexError, "add_at", (M, A, 3)),
        (IndexError, "cross_entropy", (A, 4)),
        (ValueError, "max", (np.zeros(0),)),
        (ValueError, "argmin", (np.zeros((2, 0)),)),
        (ZeroDivisionError, "%", (1, 0)),
    ],
)
def test_what_fails_raises_what_numpy_or_python_raise(error: type[Exception], name: str, args: tuple[Any, ...]) -> None:
    with pytest.raises(error):
        value(name, *args)


def test_values_never_change() -> None:
    x = np.zeros(3)
    assert value("update", x, 1.0, 0)[0] == 1.0
    xs = [1.0]
    assert value("append", xs, 2.0) == [1.0, 2.0]
    assert x[0] == 0.0 and xs == [1.0]


def test_a_check_raises_what_it_says() -> None:
    text = """(program (def f ((c bool)) (bool) (begin
      (let () (check c :error "ValueError" :message "no, not \\"that\\"") @3) (tuple c))))"""
    assert Interpreter(check(read(text))).run("f", True) == (True,)
    with pytest.raises(ValueError, match='no, not "that"'):
        Interpreter(read(text)).run("f", False)


def test_a_field_of_null_is_an_attribute_error() -> None:
    text = "(program (record T (a f64)) (def f ((p (ptr T))) (f64) (begin (let (a f64) (field p a)) (tuple a))))"
    with pytest.raises(AttributeError, match="'NoneType' object has no attribute 'a'"):
        Interpreter(check(read(text))).run("f", None)


def test_recursion_without_end_is_a_recursion_error() -> None:
    text = "(program (def f ((n i64)) (i64) (begin (let (m i64) (call f n)) (tuple m))))"
    with pytest.raises(RecursionError):
        Interpreter(check(read(text))).run("f", 1)


def test_recursion_is_pythons() -> None:
    def fib(n: int) -> int:
        return n if n < 2 else fib(n - 1) + fib(n - 2)

    interpreter = Interpreter(read(programs.FIB))
    assert [interpreter.run("fib", n)[0] for n in range(12)] == [fib(n) for n in range(12)]


def test_a_tree_is_walked() -> None:
    def total(t: Any) -> float:
        return 1.0 if t is None else t.fields["value"] ** 2 + total(t.fields["left"]) * total(t.fields["right"])

    assert Interpreter(read(programs.TREE_SUM)).run("total", programs.TREE)[0] == pytest.approx(total(programs.TREE))


def test_a_loop_is_pythons() -> None:
    m = r(3, 4)
    best = m[0]
    for i in range(1, 3):
        best = np.array([(min(best[j], best[j - 1]) if j else best[j]) + m[i, j] for j in range(4)])
    assert Interpreter(read(programs.MATRIX_PATH)).run("cheapest", m)[0] == best.min()


def test_a_map_is_what_its_operations_are_on_tensors() -> None:
    text = """(program (def f ((x (tensor f32 2 2)) (k f32)) ((tensor f32 2 2) (tensor bool 2 2)) (begin
      (let ((y (tensor f32 2 2)) (b (tensor bool 2 2)))
        (map ((e f32 x) (s f32 k))
          (begin (let (t f32) (tanh e)) (let (u f32) (* t s)) (let (v bool) (> u e)) (tuple u v))))
      (tuple y b))))"""
    x = np.array([[0.5, -1.0], [2.0, 0.0]], np.float32)
    y, b = Interpreter(check(read(text))).run("f", x, 3.0)
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y, np.tanh(x) * np.float32(3))
    np.testing.assert_array_equal(b, y > x)
