"""Eager tensors from outside that are others in each call, and tensors whose shape varies, are inputs of one graph."""

from __future__ import annotations

from typing import Any

import pytest
import tensorflow as tf

from autograph_hook.staging.guards import shown
from autograph_hook.staging.varying import _brief
from tests.staging.programs import Program

X = tf.constant([1.0, -2.0, 3.0])


def tensor(i: int) -> Any:
    return tf.range(3, dtype=tf.float32) * 0.5 + float(i)


OUTSIDE: dict[str, tuple[str, Any]] = {
    "a global": ("h = tf.zeros(3)\ndef f(x): return pad(x) * h + h", lambda m, i: setattr(m, "h", tensor(i))),
    "an attribute": ("class C: pass\nc = C(); c.h = tf.zeros(3)\ndef f(x): return pad(x) * c.h",
                     lambda m, i: setattr(m.c, "h", tensor(i))),
    "an attribute in a slot": ("class C: __slots__ = ('h',)\nc = C(); c.h = tf.zeros(3)\ndef f(x): return pad(x) * c.h",
                               lambda m, i: setattr(m.c, "h", tensor(i))),
    "an item of a dict": ("d = {'h': tf.zeros(3), 'k': 1}\ndef f(x): return pad(x) * d['h'] + d['k']",
                          lambda m, i: m.d.update(h=tensor(i))),
    "an item of a list": ("hs = [tf.zeros(3), tf.ones(3)]\ndef f(x): return pad(x) * hs[0] + hs[1]",
                          lambda m, i: m.hs.__setitem__(i % 2, tensor(i))),
    "a list that is another": ("class C: pass\nc = C(); c.hs = [tf.zeros(3)]\ndef f(x): return pad(x) * c.hs[0]",
                               lambda m, i: setattr(m.c, "hs", [tensor(i)])),
    "a tuple that is another": ("class C: pass\nc = C(); c.hs = (tf.zeros(3), 1)\n"
                                "def f(x):\n  h, n = c.hs\n  return pad(x) * h + n",
                                lambda m, i: setattr(m.c, "hs", (tensor(i), 1))),
    "a cell": ("def make():\n  h = tf.zeros(3)\n  def f(x): return pad(x) * h\n  def change(t):\n    nonlocal h\n"
               "    h = t\n  return f, change\nf, change = make()", lambda m, i: m.change(tensor(i))),
    "a closure made anew": ("def make(h):\n  def f(x): return pad(x) * h\n  return f\nf = make(tf.zeros(3))",
                            lambda m, i: setattr(m, "f", m.make(tensor(i)))),
    "returned as it is": ("h = tf.zeros(3)\ndef f(x): return pad(x), h, [h]", lambda m, i: setattr(m, "h", tensor(i))),
    "another shape": ("h = tf.zeros(3)\ndef f(x): return pad(x) * tf.reduce_sum(h * 2)",
                      lambda m, i: setattr(m, "h", tf.ones([i + 1]))),
    "a small number": ("class C: pass\nc = C(); c.t = tf.constant(0)\ndef f(x): return pad(x) * tf.cast(c.t + 1, tf.float32)",
                       lambda m, i: setattr(m.c, "t", tf.constant(i))),
    "a rate": ("class C: pass\nc = C(); c.rate = 0.5\ndef f(x): return pad(x) * c.rate",
               lambda m, i: setattr(m.c, "rate", 0.5 / (i + 1))),
    "a global number": ("rate = 0.5\ndef g(x): return x * rate\ndef f(x): return g(pad(x)) - rate",
                        lambda m, i: setattr(m, "rate", 0.5 / (i + 1))),
    "a number in a list": ("rates = [1.0, 2.0]\ndef f(x): return pad(x) * rates[0] + rates[1]",
                           lambda m, i: m.rates.__setitem__(0, 0.5 / (i + 1))),
    "a number in a cell": ("def make():\n  n = 0\n  def f(x): return pad(x) * n\n  def change(t):\n    nonlocal n\n"
                           "    n = t\n  return f, change\nf, change = make()", lambda m, i: m.change(i)),
}  # fmt: skip


@pytest.mark.parametrize("name", OUTSIDE)
def test_what_is_read_from_outside_and_changes_is_an_input(name: str) -> None:
    source, change = OUTSIDE[name]
    program = Program(source)
    for i in range(14):
        program.both(lambda m: m.f(X))
        program.both(lambda m, i=i: change(m, i))
    program.both(lambda m: m.f(X))
    qualname = "make.<locals>.f" if "def make" in source else "f"
    staging = program.staging(qualname)
    assert staging.reason is None, staging.reason
    assert staging.calls_staged >= 12 and staging.traces <= 4, (staging.calls_staged, staging.traces)


def test_a_recurrent_state_keeps_one_graph() -> None:
    program = Program("""
        class Cell:
            def __init__(self): self.h = tf.zeros(3)
            def step(self, x): return tf.tanh(pad(x) + self.h)
        c = Cell()
        def run(x):
            c.h = c.step(x)
            return c.h
    """)
    for _ in range(20):
        program.both(lambda m: m.run(X))
    staging = program.staging("Cell.step")
    assert staging.calls_staged + program.staging("run").calls_staged >= 14


def test_an_outside_tensor_that_is_also_an_argument_is_told_apart() -> None:
    program = Program("h = tf.zeros(3)\ndef f(x): return pad(x) * 2 + h, x is h")
    for i in range(12):
        program.both(lambda m, i=i: setattr(m, "h", tensor(i)))
        program.both(lambda m: m.f(X))
        program.both(lambda m: m.f(m.h))


def test_two_places_with_one_tensor_are_told_apart() -> None:
    program = Program("a = b = tf.zeros(3)\ndef f(x): return pad(x) * a + b, a is b")
    for i in range(12):
        def change(m: Any, i: int = i) -> None:
            m.a = tensor(i)
            m.b = m.a if i % 3 else tensor(i)
        program.both(change)
        program.both(lambda m: m.f(X))


def test_nothing_stays_in_the_place_of_a_value_when_a_trace_ends() -> None:
    program = Program("""
        h, rate, items = tf.zeros(3), 0.5, {"h": tf.zeros(3), "n": 1}
        def f(x):
            y = pad(x) * h * rate + items["h"] * items["n"]
            return y.numpy() if rate < 0.2 else y
    """)
    for i in range(10):
        def change(m: Any, i: int = i) -> None:
            m.h, m.rate, m.items["h"], m.items["n"] = tensor(i), 1 / (i + 1), tensor(i), i
        program.both(change)
        program.both(lambda m: m.f(X))
        program.both(lambda m: (m.h, m.rate, m.items))


SHAPES: dict[str, str] = {
    "elementwise": "def f(x): return tf.tanh(pad(x)) * 2",
    "a loss": "def f(x): return tf.reduce_mean(tf.square(pad(x)) - x)",
    "a product": "w = tf.Variable(tf.ones([2, 3]) * 0.3)\ndef f(x): return tf.nn.relu(pad(x) @ w)",
    "a gradient": "w = tf.Variable(tf.ones([2, 3]) * 0.3)\nb = tf.Variable(tf.zeros(3))\n"
    "def f(x):\n  with tf.GradientTape() as t:\n    y = tf.reduce_mean(tf.nn.softmax(pad(x) @ w + b)[:, 0])\n"
    "  return [y, *t.gradient(y, [w, b])]",
    "the shape of the graph": "def f(x): return pad(x) / tf.cast(tf.shape(x)[0], tf.float32)",
    "a cross entropy": "def f(x): return tf.nn.sparse_softmax_cross_entropy_with_logits(\n"
    "    labels=tf.zeros_like(x[:, 0], tf.int32), logits=pad(x))",
    "a loop": "def f(x):\n  x = pad(x)\n  while tf.reduce_sum(x) < 99: x = x * 2 + 1\n  return x",
}


@pytest.mark.parametrize("name", SHAPES)
def test_one_graph_serves_all_lengths_of_a_batch(name: str) -> None:
    program = Program(SHAPES[name])
    for n in [4, 4, 4, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 4]:
        program.both(lambda m, n=n: m.f(tf.reshape(tf.range(2.0 * n), [n, 2]) / 7))
    program.assert_staged("f")
    assert len(program.staging("f").specializations) <= 2


PYTHON_SHAPES: dict[str, str] = {
    "a dimension": "def f(x): return pad(x) / x.shape[0], x.shape[0]",
    "len": "def f(x): return pad(x) * len(x), len(x)",
    "a loop over rows": "def f(x):\n  s = tf.constant(0.0)\n  for row in pad(x): s = s + tf.reduce_sum(row)\n  return s",
    "a range over rows": "def f(x):\n  x, s = pad(x), 0.0\n  for i in range(x.shape[0]): s = s + x[i, 0] * i\n  return s",
    "unstacked": "def f(x): return tf.unstack(pad(x))",
    "a branch": "def f(x): return pad(x) * (2 if x.shape[0] == 4 else 3)",
    "zeros": "def f(x): return tf.concat([pad(x), tf.zeros([x.shape[0], 1])], 1)",
    "a reshape": "def f(x): return tf.reshape(pad(x), [-1, x.shape[1]]) * x.shape.num_elements()",
}


@pytest.mark.parametrize("name", PYTHON_SHAPES)
def test_what_python_reads_of_a_shape_stays_right(name: str) -> None:
    program = Program(PYTHON_SHAPES[name])
    for n in [4, 4, 4, 3, 4, 4, 3, 4, 5, 6, 4]:
        program.both(lambda m, n=n: m.f(tf.reshape(tf.range(2.0 * n), [n, 2]) / 7))
    assert program.staging("f").calls_staged >= 5


def test_named_tuples_that_are_given_are_taken_apart() -> None:
    program = Program("""
        import collections
        Batch = collections.namedtuple("Batch", "x n")
        def f(b): return pad(b.x) * b.n + b[0], b._fields
    """)
    for i in range(12):
        program.both(lambda m, i=i: m.f(m.Batch(tensor(i), i)))
    program.assert_staged("f")
    assert program.staging("f").traces <= 3


def test_what_has_changed_is_said_in_whole_words() -> None:
    assert _brief(shown(tf.Variable(tf.zeros([512, 512])))) == "a float32 variable of (512, 512)"
    assert _brief(shown(tf.zeros([1024, 1024], tf.float64))) == "a float64 tensor of (1024, 1024)"
    assert _brief("a" * 100).count("...") == 1
