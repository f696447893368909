"""A program that is made by machine cannot tell that it is enabled, and one that can is found and made small."""

from __future__ import annotations

import importlib.util
import operator

import pytest

from autograph_hook.runtime.operators import logic
from tests.fuzz import child, python
from tests.fuzz.programs import Program
from tests.fuzz.reduce import reduced

needs_tensorflow = pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="needs TensorFlow")


@pytest.mark.parametrize(
    ("mode", "programs"),
    [("python", 60), pytest.param("own", 20, marks=needs_tensorflow), pytest.param("foreign", 20, marks=needs_tensorflow)],
)
def test_made_programs_cannot_tell_that_they_are_enabled(mode: str, programs: int) -> None:
    found = child.run(mode, programs, 0)
    assert not found.failures, found.failures[0]
    assert found.programs >= programs * 0.8


@needs_tensorflow
def test_most_made_programs_with_tensors_are_staged() -> None:
    from tests.fuzz import own

    own.COUNTS.clear()
    counts = child.run("own", 20, 1).counts
    staged = counts["programs with staged calls"] + counts["programs with staged pieces only"]
    assert staged >= counts["programs"] * 0.5, counts


def test_a_defect_is_found_and_made_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(logic._COMPARE, "<=", operator.lt)
    program = Program(
        "def f(a, xs):\n    for i in xs:\n        b = 1\n        if a + 1 <= i <= 7 and xs:\n            b = a * 2\n"
        "        else:\n            b += 1\n    return b, xs",
        ("N += 1", "f(1, [5, 2, 9])", "f(0, [4])", "f(6, [7])"),
    )
    small = reduced(program, lambda other: python.check(other) is not None)
    assert python.check(small) is not None
    assert small.steps == ("f(6, [7])",)
    assert "<= i <= 7" in small.source and "else" not in small.source, str(small)
    assert len(small.source.splitlines()) <= 5 < len(program.source.splitlines()), str(small)
