"""Programs that machines have made, each of which could once tell that it was enabled (see `tests/fuzz`)."""

from __future__ import annotations

import importlib
import textwrap

import pytest

from tests.fuzz.programs import HEAD, Program

PYTHON = {
    "else of a loop in finally": (
        """
        def f(xs):
            try:
                pass
            finally:
                for x in xs:
                    note(x)
                else:
                    note('else')
        """,
        ("f([1])", "f([])"),
    ),
    "a loop that only a jump ends in finally": (
        """
        def f(n):
            try:
                note(n)
            finally:
                while True:
                    n += 1
                    if n > 3:
                        break
                else:
                    note('never')
            return n
        """,
        ("f(1)", "f(5)"),
    ),
}


@pytest.mark.parametrize("title", PYTHON)
def test_a_twin_does_what_python_does(title: str) -> None:
    python = importlib.import_module("tests.fuzz.python")
    source, steps = PYTHON[title]
    assert python.check(Program(textwrap.dedent(source), steps, HEAD)) is None
