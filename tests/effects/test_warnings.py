"""A warning of what is made after a graph has run names the line of the user's, as the eager run does."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.staging.programs import Program, outcome, same

LARGE = tf.constant([3e38, 1.0])

SOURCE = """
kept = []
def printed(x):
    y = pad(x)
    print(y[0].numpy() +
          y[0].numpy())
    return y

def stored(x):
    y = pad(x)
    kept.append(2 * y[0].numpy())
    return y

def returned(x):
    y = pad(x)
    return y, y[0].numpy() + y[0].numpy()

def helper(y):
    return y.numpy() + y.numpy()

def within(x):
    y = pad(x)
    return y, helper(y[0])
"""


def warned(program: Program, module: Any, name: str, x: Any) -> list[tuple[Any, ...]]:
    """What calling a function twice warns of, under the filter that says each thing once for each line."""
    found: list[tuple[Any, ...]] = []
    with warnings.catch_warnings():
        warnings.simplefilter("default")

        def note(message: Any, category: Any, file: str, line: int, *more: Any) -> None:
            found.append((str(message), category, file == program.path, line))

        warnings.showwarning = note  # type: ignore[assignment]
        for _ in range(2):
            outcome(lambda m: getattr(m, name)(x), module)
    return found


@pytest.mark.parametrize("name", ["printed", "stored", "returned", "within"])
def test_a_warning_of_numpy_names_the_users_line_and_is_said_once(name: str) -> None:
    program = Program(SOURCE)
    small = tf.ones([2])
    assert warned(program, program.hooked, name, small) == []  # nor of the values that are tried while tracing
    program.assert_staged(name)
    plain = warned(program, program.plain, name, LARGE)
    assert len(plain) == 1 and plain[0][1:3] == (RuntimeWarning, True)
    assert warned(program, program.hooked, name, LARGE) == plain
    program.assert_staged(name, calls=3)


def test_a_warning_has_the_users_module_and_registry() -> None:
    program = Program(SOURCE)
    for _ in range(2):
        program.hooked.returned(tf.ones([2]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.filterwarnings("default", module="hooked_program")
        with pytest.warns(RuntimeWarning, match="overflow"):
            program.hooked.returned(LARGE)
    assert "__warningregistry__" in vars(program.hooked)
    program.assert_staged("returned", calls=2)


def test_code_that_belongs_to_no_module_warns_at_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    program = Program(SOURCE)
    warned(program, program.hooked, "returned", tf.ones([2]))
    plain = warned(program, program.plain, "returned", LARGE)
    monkeypatch.delitem(sys.modules, "hooked_program")
    found = warned(program, program.hooked, "returned", LARGE)
    assert set(found) == set(plain) and len(found) >= 1
    program.assert_staged("returned", calls=3)


@pytest.mark.parametrize("how", ["filter", "numpy"])
def test_where_a_warning_is_an_error_the_line_runs_plain_and_raises(how: str) -> None:
    program = Program("v = tf.Variable(0.)\n" + SOURCE.replace("print(", "v.assign_add(1.)\n    print("))
    with warnings.catch_warnings(), np.errstate(all="raise" if how == "numpy" else "warn"):
        warnings.simplefilter("error" if how == "filter" else "ignore")
        for x in (tf.ones([2]), tf.ones([2]), LARGE):
            expected = outcome(lambda m, x=x: m.printed(x), program.plain)
            same(outcome(lambda m, x=x: m.printed(x), program.hooked), expected)
    assert isinstance(expected.error, RuntimeWarning if how == "filter" else FloatingPointError)
    assert program.hooked.v.numpy() == program.plain.v.numpy() == 3.0
    program.assert_plain("printed", "prints a text that cannot always be made")
