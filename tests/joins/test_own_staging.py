"""Staged without decorators, a join is as the eager run has it: types, None and errors included."""

from __future__ import annotations

import pytest
import tensorflow as tf

from tests.staging.programs import Program

X = tf.constant([1.0, -2.0, 3.0])

STAGED = {
    "a name of one branch": "def f(x):\n  x = pad(x)\n  if x[0] > 0: y = x * 2\n  if x[0] > 0: x = x + y\n  return x",
    "None or a tensor": "def f(x):\n  x = pad(x)\n  h = None\n  if x[0] > 0: h = x * 2\n  if h is None: h = x - 1\n  return h",
    "the truth of what may be None": "def f(x):\n  x = pad(x)\n  h = None\n  if x[0] > 0: h = x[0]\n"
    "  if h: x = x + h\n  return x",
    "None or a Python number that is a factor": "def f(x):\n  x = pad(x)\n  k = None\n  if x[0] > 0: k = 3\n"
    "  if k is not None: x = x * k\n  return x",
    "None or an object": "class S: by = 3.0\ndef f(x):\n  x = pad(x)\n  s = None\n  if x[0] > 0: s = S()\n"
    "  if s is not None: x = x * s.by\n  return x",
    "None before a loop": "def f(x):\n  x = pad(x)\n  h = None\n  for y in x:\n    if h is None: h = y\n"
    "    else: h = h * y\n  return x * h",
    "the last iteration's value": "def f(x):\n  x = pad(x)\n  t = x * 0\n  i = tf.constant(0)\n  while i < 3:\n"
    "    if i > 0: t = t + p\n    p = x * tf.cast(i, x.dtype)\n    i = i + 1\n  return t",
    "an inner function that returns None on one path": "def g(x):\n  if x[0] > 0: return x * 2\n"
    "def f(x):\n  x = pad(x)\n  y = g(x)\n  if y is None: return x\n  return y",
    "values that differ and are not read": "def f(x):\n  x = pad(x)\n  m = 'a'\n  if x[0] > 0: m = x\n  m = x * 2\n  return m",
    "a number or None": "def f(x):\n  x = pad(x)\n  k = None\n  if x[0] > 0: k = 3\n  return x, k",
    "a list with what may be None": "def f(x):\n  x = pad(x)\n  h = None\n  if x[0] > 0: h = x\n  return [x, h]",
}  # fmt: skip

PLAIN = {
    "a result that is None on one path": "def f(x):\n  x = pad(x)\n  if x[0] > 0: return x",
    "a result that may be a text": "def f(x):\n  x = pad(x)\n  if x[0] > 0: return 'a'\n  return x",
    "a number of one of two paths": "def f(x):\n  x = pad(x)\n  k = None\n  if x[0] > 0: k = 3\n"
    "  else: k = 4\n  return x, k",
    "two numbers or none": "def f(x):\n  x = pad(x)\n  if x[0] > 0: k = 3\n  if x[1] > 0: k = 4\n"
    "  if x[0] > 0: return x * k, k\n  return x, 0",
    "the kind of a value": "def f(x):\n  x = pad(x)\n  m = 'a'\n  if x[0] > 0: m = x\n"
    "  return x * (2 if isinstance(m, str) else 3)",
    "tensors of two dtypes": "def f(x):\n  x = pad(x)\n  k = tf.cast(x, tf.int32)\n  if x[0] > 0: k = tf.cast(x, tf.int64)\n"
    "  return x, k",
    "an error caught around it": "def f(x):\n  x = pad(x)\n  h = 'a'\n  if x[0] > 0: h = x\n"
    "  try: return x + h\n  except Exception: return x",
}  # fmt: skip

FAILING = {
    "a name without a value": "def f(x):\n  x = pad(x)\n  if x[0] > 0: y = x * 2\n  return y",
    "None used as a value": "def f(x):\n  x = pad(x)\n  h = None\n  if x[0] > 0: h = x * 2\n  return h + 1",
    "a deleted name": "def f(x):\n  x = pad(x)\n  y = x\n  if x[0] <= 0: del y\n  return y",
    "a loop that did not run": "def f(x):\n  x = pad(x)\n  i = x[0]\n  while i > 0:\n    y = x * i\n    i = i - 1\n  return y",
}  # fmt: skip


@pytest.mark.parametrize("what", STAGED)
def test_it_is_staged_and_gives_the_eager_results(what: str) -> None:
    program = Program(STAGED[what])
    for x in (X, X, X, -X, X * 2, tf.zeros([3]), -X):
        program.both(lambda m, x=x: m.f(x))
    program.assert_staged("f")


@pytest.mark.parametrize("what", PLAIN)
def test_what_the_graph_cannot_give_exactly_stays_plain(what: str) -> None:
    program = Program(PLAIN[what])
    for x in (X, X, X, -X, X * 2, tf.zeros([3]), -X):
        program.both(lambda m, x=x: m.f(x))
    assert program.staging("f").calls_staged == 0


@pytest.mark.parametrize("what", FAILING)
def test_a_failing_check_lets_python_raise_its_own_error(what: str) -> None:
    program = Program(FAILING[what])
    for x in (X, X, X, -X, X * 2, -X, X):
        program.both(lambda m, x=x: m.f(x))
    program.assert_staged("f")
