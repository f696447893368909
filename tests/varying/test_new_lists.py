"""`losses = []` in each epoch, `losses.append(loss)` in each step: the step is one graph, whatever list it is given."""

from __future__ import annotations

from typing import Any

import pytest
import tensorflow as tf

from autograph_hook.backends.protocol import Elements
from tests.pieces.scripts import same_script, staged_runs
from tests.staging.programs import Program

ADDED: dict[str, str] = {
    "appended to": "def f(x, l):\n  y = pad(x)\n  l.append(y)\n  return y",
    "a number": "def f(x, l):\n  y = pad(x)\n  l.append(float(y[0]))\n  return y",
    "extended": "def f(x, l):\n  y = pad(x)\n  l.extend([y, 1]); l += [2]\n  return y",
    "in a dictionary": "def f(x, l):\n  y = pad(x)\n  g(y, {'a': l})\n  return y\ndef g(y, d): d['a'].append(y)",
    "passed on": "def f(x, l):\n  y = pad(x)\n  g(l, y)\n  return y\ndef g(l, y): l.append(y * 2)",
    "returned": "def f(x, l):\n  y = pad(x)\n  l.append(y)\n  return y, l",
    "stored": "class C: pass\nc = C()\ndef f(x, l):\n  y = pad(x)\n  l.append(y); c.l = l\n  return y",
    "only given": "def f(x, l): return pad(x)",
}
READ: dict[str, str] = {
    "its length": "def f(x, l):\n  y = pad(x)\n  l.append(y)\n  return y, len(l)",
    "its truth": "def f(x, l):\n  y = pad(x)\n  l.append(1)\n  return y * 2 if l else y",
    "not it": "def f(x, l):\n  y = pad(x)\n  if not l: y = y * 3\n  l.append(y)\n  return y",
    "its last": "def f(x, l):\n  y = pad(x)\n  l.append(y)\n  return y + l[-1]",
    "its first": "def f(x, l):\n  y = pad(x)\n  l.append(y)\n  return y + l[0]",
    "all of it": "def f(x, l):\n  y = pad(x)\n  l.append(y)\n  return sum(l)",
    "a loop": "def f(x, l):\n  y = pad(x)\n  l.append(y)\n  for v in l: y = y + v\n  return y",
    "its text": "def f(x, l):\n  y = pad(x)\n  l.append(1)\n  return y, f'{l}'",
    "printed": "def f(x, l):\n  y = pad(x)\n  l.append(y)\n  print(l)\n  return y",
    "in it": "def f(x, l):\n  y = pad(x)\n  l.append(3)\n  return y, 3 in l, 5 in l",
    "compared": "def f(x, l):\n  y = pad(x)\n  l.append(3)\n  return y, l == [3], l is None, l is l",
    "popped": "def f(x, l):\n  y = pad(x)\n  l.append(y); l.append(4)\n  return y, l.pop(), l",
    "cleared": "def f(x, l):\n  y = pad(x)\n  l.clear(); l.append(y)\n  return y",
    "put in front": "def f(x, l):\n  y = pad(x)\n  l.insert(0, y)\n  return y",
    "set": "def f(x, l):\n  y = pad(x)\n  l.append(y); l[0] = y * 2\n  return y",
    "copied": "def f(x, l):\n  y = pad(x)\n  l.append(y)\n  return y, l[:], list(l), l + [1], [*l]",
    "a slice": "def f(x, l):\n  y = pad(x)\n  l.append(y); l[:] = [y]\n  return y",
    "unpacked": "def f(x, l):\n  y = pad(x)\n  l.append(y)\n  a, *b = l\n  return y, a, b",
    "stacked": "def f(x, l):\n  y = pad(x)\n  l.append(y)\n  return tf.stack(l)",
    "sorted": "def f(x, l):\n  y = pad(x)\n  l.append(2); l.append(1); l.sort(key=id)\n  return y, len(l)",
}


def lists(program: Program, name: str = "f") -> None:
    """Another list after every third call, of other lengths, and some that hold something already."""
    held: dict[int, list[Any]] = {}

    def act(i: int) -> Any:
        def on(m: Any) -> Any:
            if i % 3 == 0 or id(m) not in held:
                held[id(m)] = [tf.zeros([2])] * (i % 4)
            found = getattr(m, name)(tf.ones([2]) * i, held[id(m)])
            return found, list(held[id(m)]), getattr(getattr(m, "c", None), "l", None)

        return on

    for i in range(20):
        program.both(act(i))


@pytest.mark.parametrize("name", ADDED)
def test_a_function_that_only_adds_to_a_list_takes_any(name: str) -> None:
    program = Program(ADDED[name])
    lists(program)
    program.assert_staged("f")
    staging = program.staging("f")
    assert staging.calls_staged >= 14, (staging.calls_plain, staging.reason)
    assert not Elements.alive


@pytest.mark.parametrize("name", READ)
def test_a_function_that_reads_it_does_as_the_plain_run_does(name: str, capsys: Any) -> None:
    program = Program(READ[name])
    lists(program)
    assert not Elements.alive


def test_a_list_that_is_another_argument_or_a_global_as_well_is_one_list() -> None:
    program = Program("""
        kept = []

        def f(x, a, b):
            y = pad(x)
            a.append(y)
            kept.append(y * 2)
            b.append(y * 3)
            return y
    """)

    def act(i: int) -> Any:
        def on(m: Any) -> Any:
            a, b = [], [1]
            if i % 5 == 3:
                b = a
            if i % 5 == 4:
                a = m.kept
            return m.f(tf.ones([2]) * i, a, b), a, b, m.kept

        return on

    for i in range(25):
        program.both(act(i))
    program.assert_staged("f")


def test_a_list_of_an_object_may_be_another_one_each_time() -> None:
    program = Program("""
        class Trainer:
            def __init__(self): self.losses = []
        trainer = Trainer()

        def step(x):
            y = pad(x)
            trainer.losses.append(float(y[0]))
            return y
    """)

    def act(i: int) -> Any:
        def on(m: Any) -> Any:
            if i % 4 == 0:
                m.trainer.losses = []
            return m.step(tf.ones([2]) * i), m.trainer.losses

        return on

    for i in range(40):
        program.both(act(i))
    assert program.staging("step").calls_staged > 30
    program.assert_staged("step")


def test_the_losses_of_each_epoch_of_a_script() -> None:
    module = same_script("""
        w = tf.Variable(tf.ones([16, 16]) * 0.1)
        means = []
        for epoch in range(8):
            losses = []
            for b in range(12):
                x = tf.ones([4, 16]) * (b + 1) / 20.0
                with tf.GradientTape() as tape:
                    loss = tf.reduce_mean((tf.tanh(x @ w) - 0.5) ** 2)
                w.assign_sub(tape.gradient(loss, w) * 0.1)
                losses.append(float(loss))
            means.append(sum(losses) / len(losses))
            print(epoch, len(losses), round(means[-1], 4))
    """)
    assert max(staged_runs(module).values()) > 80
