"""In traces of our own a rolled loop gives the bits and the types of the eager run, or the loop is not rolled."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from autograph_hook.backends.tensorflow import rolling
from autograph_hook.reporting import journal
from tests.staging.programs import Program


@pytest.fixture(autouse=True)
def _few_operations_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rolling, "FEWEST", 60)


def decisions(program: Program) -> list[str]:
    first = 7  # the loops of `pad` stand above
    return [str(entry) for entry in journal.entries(program.path) if entry.line > first + 3]


def rolled(body: str, tail: str = "return x", head: str = "pass") -> Program:
    lines = "\n".join(f"        {line}" for line in body.split("\n"))
    program = Program(f"\n\n\n\nlog = []\ndef f(x):\n    {head}\n    for i in range(30):\n{lines}\n    {tail}\n")
    x = tf.constant([0.3, 0.7])
    program.calls(4, lambda module: module.f(x))
    return program


def test_bits_and_types_are_those_of_the_eager_run() -> None:
    program = rolled("x = tf.tanh(x * 1.1 + 0.1) + x * i\nj = i * 3", tail="return x, i, j")
    program.assert_staged("f")
    assert decisions(program) == ["rolled into one graph loop"]


def test_what_all_iterations_share_and_is_differentiable_is_unrolled() -> None:
    program = rolled("x = tf.tanh(x * y + 0.1)", head="y = x + 1.0")
    program.assert_staged("f")
    assert "gradient" in decisions(program)[0]


def test_python_numbers_stay_python_numbers() -> None:
    program = rolled("x = tf.tanh(x * 1.1 + 0.1)\nn = n + i", head="n = 0", tail="return x, n")
    program.assert_staged("f")
    assert "n is a Python value that changes" in decisions(program)[0]


def test_an_index_that_a_staged_break_decides_is_not_returned_as_a_tensor() -> None:
    program = rolled("x = tf.tanh(x * 1.1 + 0.1)\nif tf.reduce_sum(x) > 1.3:\n    break", tail="return x, i")
    assert program.staging("f").calls_staged == 0


def test_lists_that_the_body_changes_hold_what_they_would_hold() -> None:
    program = rolled("x = tf.tanh(x * 1.1 + 0.1)\nxs.append(x)", head="xs = []", tail="return xs")
    program.assert_staged("f")
    assert len(program.both(lambda module: module.f(tf.constant([1.0, 2.0])))) == 30
    rolled("x = tf.tanh(x * 1.1 + 0.1)\nlog.append(i)", tail="return x, len(log)")


def test_a_long_loop_is_no_reason_to_run_plain() -> None:
    program = Program("def f(x):\n    for i in range(20_000):\n        x = tf.tanh(x * 1.1 + 0.1)\n    return x, i\n")
    x = tf.constant([0.3, 0.7])
    program.hooked.f(x)
    found, last = program.hooked.f(x)
    program.assert_staged("f")
    for _ in range(200):  # from there on it stands still
        x = tf.tanh(x * 1.1 + 0.1)
    np.testing.assert_allclose(found, x, rtol=1e-6)
    assert last == 19_999 and type(last) is int
