"""What surrounds a compiled function: exceptions, state from outside, and what runs plain, with a reason."""

from __future__ import annotations

import numpy as np
import pytest

from .staged import agree, module, outcome, refused, staging

LOOP = "    for i in range(9):\n        x = x * 1\n"


@pytest.mark.parametrize(
    ("body", "argument", "error"),
    [
        ("return xs[7]", [1, 2], IndexError),
        ("return xs[0] // (xs[1] - 2)", [1, 2], ZeroDivisionError),
        ("return xs[0] % (xs[1] - 2)", [1, 2], ZeroDivisionError),
        ("return xs[0] / (xs[1] - 2)", [1.0, 2.0], ZeroDivisionError),
        ("return math.log(xs[0] - 1)", [1.0, 2.0], ValueError),
        ("while xs[0] > 0:\n        pass\n        return [].pop()", [1, 2], IndexError),
        ("assert xs[0] > 5, 'too small'", [1, 2], AssertionError),
    ],
)
def test_exceptions_are_pythons(body: str, argument: list[float], error: type) -> None:
    source = f"def f(xs):\n    t = 0\n    for x in xs:\n        t += x\n    {body}"
    m = module(source)
    for _ in range(3):
        found = outcome(m.f, argument)
        assert type(found) is error
        line = found.__traceback__.tb_next
        assert line is not None and line.tb_frame.f_code.co_name == "f"


def test_an_index_out_of_an_array() -> None:
    agree("def f(x, n):\n    t = 0.0\n    for i in range(n):\n        t += x[i]\n    return t", np.ones(3), 3)
    m = module("def f(x, n):\n    t = 0.0\n    for i in range(n):\n        t += x[i]\n    return t")
    for _ in range(3):
        assert m.f(np.ones(3), 3) == 3.0
    assert type(outcome(m.f, np.ones(3), 4)) is IndexError


def test_integers_grow_as_pythons_do() -> None:
    m = module("def f(n):\n    k = 1\n    for i in range(n):\n        k = k * 3\n    return k")
    assert [m.f(10) for _ in range(3)] == [3**10] * 3
    assert m.f(100) == 3**100
    assert staging(m.f).calls_staged


def test_an_array_outside_is_read_at_each_call() -> None:
    m = module("W = np.ones(3)\ndef f(x):\n" + LOOP + "    return x * W\n")
    x = np.arange(3.0)
    for _ in range(3):
        assert list(m.f(x)) == [0, 1, 2]
    m.W[1] = 5
    assert list(m.f(x)) == [0, 5, 2]
    m.W = np.full(3, 2.0)
    assert list(m.f(x)) == [0, 2, 4]
    assert staging(m.f).calls_plain == 1


def test_a_global_number_is_a_guard() -> None:
    m = module("K = 2\ndef f(x):\n" + LOOP + "    return x * K\n")
    assert [m.f(3) for _ in range(3)] == [6] * 3
    m.K = 2.5
    assert m.f(3) == 7.5


def test_an_argument_is_never_changed_behind_its_back() -> None:
    assert "changes an array that was there before" in refused(
        "def f(x):\n    for i in range(9):\n        x[0] += i\n    return x.sum()", np.ones(3)
    )


def test_an_argument_that_is_returned_is_the_same_object() -> None:
    m = module("def f(x, n):\n    t = 0\n    for i in range(n):\n        t += i\n    return x, t")
    x = np.ones(2)
    assert all(m.f(x, 9)[0] is x for _ in range(4))
    assert staging(m.f).calls_staged


def test_an_argument_that_is_handed_on_is_the_same_object() -> None:
    """Whether it is, is known only when the code has run."""
    m = module("def f(xs, h):\n    for x in xs:\n        h = h + x\n    return h\ndef g(xs, k):\n    for x in xs:\n        if x[0] == k:\n            return x\n    return xs[0]")
    h, xs = np.zeros(2), [np.full(2, float(k)) for k in range(7)]
    for _ in range(3):
        assert list(m.f(xs, h)) == [21, 21] and m.f(xs, h) is not h
        assert m.f([x * 0 for x in xs], h) is not h
        assert m.g(xs, 5.0) is xs[5] and m.g(xs, 9.0) is xs[0]
    assert m.f([], h) is h
    assert staging(m.f).calls_staged and staging(m.g).calls_staged


@pytest.mark.parametrize("result", ["x[1:]", "x.reshape(2, 2)", "x[1:] if t > 100 else x[:-1]", "(y, y[1:])"])
def test_a_view_is_not_returned(result: str) -> None:
    """It would show later changes, and a copy does not."""
    source = f"def f(x):\n    t = 0.0\n    for i in range(9):\n        t += x[0]\n    y = x * t\n    return {result}"
    assert "view" in refused(source, np.ones(4))


def test_a_copy_is_a_new_array() -> None:
    m = module("def f(x, n):\n    for i in range(n):\n        pass\n    return x.copy(), x * 1, np.array(x), x.reshape(-1)[:] + 0")
    x = np.ones(3)
    for _ in range(3):
        found = m.f(x, 9)
        assert all(one is not x and not np.shares_memory(one, x) for one in found)


def test_elements_of_a_list_stay_the_objects_that_they_are() -> None:
    m = module("def f(xs):\n    out = []\n    for x in xs:\n        if x[0] > 1:\n            out.append(x)\n        else:\n            out.append(x * 2)\n    return out")
    xs = [np.full(2, float(k)) for k in range(7)]
    for _ in range(3):
        found = m.f(xs)
        assert [a is b for a, b in zip(found, xs, strict=True)] == [False, False, *[True] * 5]
    assert staging(m.f).calls_staged


def test_a_list_argument_may_not_change() -> None:
    reason = refused("def f(xs):\n    for i in range(9):\n        xs.append(i)\n    return len(xs)", [1, 2])
    assert "list" in reason


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("print(x)", "prints"),
        ("return np.sort(x)", "sort"),
        ("return x[x > 0]", "index"),
        ("return open('nowhere')", "open"),
        ("return np.linalg.inv(np.outer(x, x) + np.eye(3))", "inv"),
    ],
)
def test_what_lantern_cannot_do_runs_plain_with_a_reason(body: str, words: str) -> None:
    assert words in refused(f"def f(x):\n    for i in range(9):\n        x = x * 1.5\n    {body}", np.arange(3.0))


def test_a_shape_that_does_not_fit_is_named_with_its_line() -> None:
    reason = refused("def f(x, y):\n    for i in range(9):\n        x = x + 1\n    return x + y", np.ones(3), np.ones(4))
    assert "do not broadcast" in reason and ".py:6" in reason


def test_other_types_get_code_of_their_own() -> None:
    m = module("def f(x):\n" + LOOP + "    return x\n")
    for value in (2, 2.5, True, np.float32(2), np.ones(2), np.ones(3), np.ones(3, np.float32)):
        for _ in range(3):
            found = m.f(value)
        meant = value * 1
        assert type(found) is type(meant) and np.array_equal(found, meant)


def test_a_module_that_does_not_name_lantern_is_left_alone() -> None:
    from autograph_hook.settings import ModuleOptions
    from tests.twins.both import enabled

    m = enabled("def f(n):\n    k = 0\n    for i in range(n):\n        k += i\n    return k", options=ModuleOptions())
    module("def f(n):\n    return n").f(1)
    assert [m.f(9) for _ in range(5)] == [36] * 5
    assert staging(m.f) is None or not staging(m.f).calls_staged
