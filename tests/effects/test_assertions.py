"""`assert` is a check that runs, in order with the other effects, with the user's message."""

from __future__ import annotations

from typing import Any

import pytest
import tensorflow as tf

from tests.conftest import Project
from tests.staging.programs import Program
from tests.twins.both import enabled, plain

X = tf.constant([1.0, -2.0, 3.0])

OWN: dict[str, str] = {
    "at the top": "def f(x):\n  y = pad(x)\n  assert tf.reduce_all(y < 5), 'too large'\n  v.assign_add(1.0)\n  return y",
    "without a message": "def f(x):\n  y = pad(x)\n  assert tf.reduce_all(y < 5)\n  return y",
    "a message of tensors": "def f(x):\n  y = pad(x)\n  assert y[2] < 5, f'{y[2]:.2f} of {y}'\n  return y",
    "a message that needs values": "def f(x):\n  y = pad(x)\n  assert y[2] < 5, ('bad', float(y[2]), y.numpy().tolist())\n"
    "  return y",
    "a message with an effect": "seen = []\ndef say():\n  seen.append(1)\n  return len(seen)\n"
    "def f(x):\n  y = pad(x)\n  assert y[2] < 5, say()\n  return y",
    "in a branch": "def f(x):\n  y = pad(x)\n  if y[0] > 0:\n    assert y[2] < 5, 'in a branch'\n  return y",
    "in a branch that is not taken": "def f(x):\n  y = pad(x)\n  if y[0] < 0:\n    assert y[2] < 0, 'in a branch'\n  return y",
    "in a loop": "def f(x):\n  y = pad(x)\n  for i in tf.range(3):\n    assert y[i] < 5, f'number {i}'\n  return y",
    "of two conditions": "def f(x):\n  y = pad(x)\n  assert y[0] > -100 and y[2] < 5, 'both'\n  return y",
    "of a Python value": "n = 1\ndef f(x):\n  assert n == 1, 'no'\n  return pad(x)",
    "in a callee": "def g(y):\n  assert y[2] < 5, 'callee'\n  return y * 2\ndef f(x): return g(pad(x))",
}


@pytest.mark.parametrize("name", OWN)
def test_a_staged_assertion_raises_what_the_eager_one_raises(name: str) -> None:
    program = Program("v = tf.Variable(0.0)\n" + OWN[name])
    for x in (X, X, X, X * 3, X, X * 3, X):
        program.both(lambda m, x=x: m.f(x))
        program.both(lambda m: m.v)
    program.assert_staged("f", specializations=1)


FOREIGN = """
import tensorflow as tf
log = tf.Variable(0)

def f(x):
    log.assign_add(1)
    assert x < 5, f"x is {x} of {log}"
    log.assign_add(10)
    return x

def g(x):
    for i in tf.range(3):
        assert x + i < 5, ("sum", x + i)
    return x

def said():
    log.assign_add(100)
    return "said"

def h(x):
    if x > 0:
        assert x < 5, said()
    return x

def n(x):
    assert x < 5, f"value {x.numpy()}"
    return x
"""


@pytest.mark.parametrize(("name", "line", "text"), [("f", 7, "x is"), ("g", 13, "sum"), ("h", 22, "said"),
                                                    ("n", 26, "cannot be made in a graph")])  # fmt: skip
def test_in_a_graph_of_the_user_it_fails_with_the_message_and_the_place(name: str, line: int, text: str) -> None:
    one, other = plain(FOREIGN), enabled(FOREIGN)
    staged = tf.function(getattr(other, name), autograph=False)
    small, large = tf.constant(1), tf.constant(7)
    assert int(staged(small)) == int(getattr(one, name)(small)) == 1
    with pytest.raises(AssertionError):
        getattr(one, name)(large)
    with pytest.raises(tf.errors.InvalidArgumentError) as failure:
        staged(large)
    assert text in str(failure.value) and f".py:{line}, in {name}" in str(failure.value)
    if name == "f":
        assert "7" in str(failure.value)
    assert int(one.log) == int(other.log)  # what stands after the assertion has not run


def test_the_message_s_operations_run_only_if_it_fails() -> None:
    module = enabled(FOREIGN)
    staged: Any = tf.function(module.h, autograph=False)
    for _ in range(3):
        staged(tf.constant(1))
    assert int(module.log) == 0


def test_assertions_are_left_out_under_o(project: Project) -> None:
    project.write("script.py", """
        import tensorflow as tf

        def f(x):
            for i in range(8):
                x = x + 1
            assert tf.reduce_all(x < 0), "left out"
            return x

        for _ in range(4):
            y = f(tf.constant([1.0, 2.0]))
        print(y.numpy(), tf.function(f, autograph=False)(y).numpy())
    """)
    result = project.python("-O", "-m", "autograph_hook", "script.py", env={"TF_CPP_MIN_LOG_LEVEL": "3"})
    assert result.stdout == "[ 9. 10.] [17. 18.]\n", result.stderr
