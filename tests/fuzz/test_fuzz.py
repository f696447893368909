"""A program that is made by machine cannot tell that it is enabled, and one that can is found and made small."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import importlib.util
import operator
from typing import Any

import pytest

from autograph_hook.runtime.operators import logic
from autograph_hook.staging import changes
from tests.fuzz import child, python
from tests.fuzz.choices import Choices
from tests.fuzz.programs import Program


def needs(*modules: str) -> pytest.MarkDecorator:
    found = all(map(importlib.util.find_spec, modules))
    return pytest.mark.skipif(not found, reason=f"needs {' and '.join(modules)}")


needs_tensorflow, needs_llvm = needs("tensorflow"), needs("numpy", "llvmlite")
run = functools.cache(child.run)


@pytest.mark.parametrize(
    ("mode", "programs"),
    [
        ("python", 50),
        pytest.param("own", 12, marks=needs_tensorflow),
        pytest.param("foreign", 10, marks=needs_tensorflow),
        pytest.param("lantern", 3, marks=needs_llvm),
    ],
)
def test_made_programs_cannot_tell_that_they_are_enabled(mode: str, programs: int) -> None:
    found = run(mode, programs, 3)
    assert not found.failures, found.failures[0]
    assert found.programs == programs


@needs_tensorflow
def test_most_made_programs_with_tensors_are_staged() -> None:
    counts = run("own", 12, 3).counts
    staged = counts["programs with staged calls"] + counts["programs with staged pieces only"]
    assert staged >= counts["programs"] * 0.5, counts


def test_the_same_seed_and_number_make_the_same_program_and_no_others_do() -> None:
    made = [python.make(Choices(seed, number)) for seed in range(2) for number in range(20)]
    assert len(set(made)) == len(made)
    assert python.make(Choices(1, 7)) == made[27]


def small(mode: Any, program: Program) -> Program:
    """The program made small, which fails still."""
    wrong = mode.check(program)
    assert wrong is not None
    found = child.small(mode, program, wrong, 2.0)
    assert mode.check(found) is not None
    return found


def test_a_defect_is_found_and_made_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(logic._COMPARE, "<=", operator.lt)
    program = Program(
        "def f(a, xs):\n    for i in xs:\n        b = 1\n        if a + 1 <= i <= 7 and xs:\n            b = a * 2\n"
        "        else:\n            b += 1\n    return b, xs",
        ("N += 1", "f(1, [5, 2, 9])", "f(0, [4])", "f(6, [7])"),
    )
    found = small(python, program)
    assert found.steps == ("f(6, [7])",)
    assert "<= i <= 7" in found.source and "else" not in found.source, str(found)
    assert len(found.source.splitlines()) <= 5 < len(program.source.splitlines()), str(found)


def test_what_is_made_small_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(logic._COMPARE, "<=", operator.lt)
    program = Program("def f(a):\n    k = 0\n    while k < 2:\n        k += 1\n        a = a <= k <= 2\n    return a", ("f(1)",))
    found = child.small(python, program, "plain: ", -0.24)
    assert "<=" in found.source and child.judged(python, found) is not None


@needs_tensorflow
def test_two_stores_in_the_wrong_order_after_a_staged_call_are_found_and_made_small(monkeypatch: pytest.MonkeyPatch) -> None:
    own, tensors = importlib.import_module("tests.fuzz.own"), importlib.import_module("tests.fuzz.tensors")
    replay = changes.Changes.replay

    def swapped(self: changes.Changes, pack: Any) -> Any:
        self.places = dict(reversed(self.places.items()))
        return replay(self, pack)

    monkeypatch.setattr(changes.Changes, "replay", swapped)
    source = "def f(x, a):\n    y = x * 2.0\n    z = note(a) + 1\n    GD['p'] = y\n    GD['q'] = x - y\n    return y"
    found = small(own, Program(source, ("f(K, 2)", "N += 1", "GD.clear()", "f(K, 2)", "GD.clear()", "f(K, 2)"), tensors.HEAD))
    assert len(found.steps) < 6 and "note" not in found.source, str(found)
    assert "GD['p']" in found.source and "GD['q']" in found.source, str(found)


@needs_tensorflow
def test_an_operator_of_the_backend_that_is_wrong_is_found_and_made_small(monkeypatch: pytest.MonkeyPatch) -> None:
    foreign, tensors = importlib.import_module("tests.fuzz.foreign"), importlib.import_module("tests.fuzz.tensors")
    branching = importlib.import_module("autograph_hook.backends.tensorflow.branching")
    choose = branching.choose

    def other_way_round(predicate: Any, body: Any, orelse: Any, *rest: Any) -> Any:
        return choose(predicate, orelse, body, *rest)

    monkeypatch.setattr(branching, "choose", other_way_round)
    source = "def f(x, h):\n    y = x * 2.0\n    if h > 1:\n        y = y - 0.5\n    return y"
    found = small(foreign, Program(source, ("f(K, tf.constant(3))", "f(K, tf.constant(0))"), tensors.HEAD))
    assert len(found.steps) == 1 and "if h" in found.source, str(found)
    assert len(found.source.splitlines()) <= 5, str(found)


@needs_llvm
def test_a_wrong_derivative_is_found_and_made_small(monkeypatch: pytest.MonkeyPatch) -> None:
    lantern, numbers = importlib.import_module("tests.fuzz.lantern"), importlib.import_module("tests.fuzz.numbers")
    table = importlib.import_module("autograph_hook.backends.lantern.ops").TABLE
    monkeypatch.setitem(table, "tanh", dataclasses.replace(table["tanh"], derivative=table["exp"].derivative))
    source = "def f(q, n):\n    for i in range(n):\n        q = np.tanh(q) * 0.5 + q\n    return q\n\ndef loss(p, q, x, xs, t, n):\n    r = f(q, n)\n    return r + q"
    found = small(lantern, Program(source, ("f(P(1), 0.53, V(1), [1.0], None, 2)",), numbers.HEAD))
    assert "tanh" in found.source and "0.5" not in found.source, str(found)
