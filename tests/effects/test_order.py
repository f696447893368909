"""Effects happen in the order of the eager run, each as often as there, in a user's graph and in what we stage."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import pytest
import tensorflow as tf

from tests.staging.programs import Program, outcome, same

X = tf.constant([1.0, -2.0, 3.0])
START = """
log = tf.Variable(0, dtype=tf.int64)
place = tf.Variable(0)

def note(n, value=True):
    log.assign(log * 11 + tf.cast(n, tf.int64) + 1)
    place.assign_add(1)
    return tf.constant(value)

def reset():
    log.assign(0)
    place.assign(0)
"""

PROGRAMS: dict[str, str] = {
    "and": "def f(x):\n  if note(1, True) and note(2, False) and note(3): note(4)\n  return pad(x)",
    "or": "def f(x):\n  if note(1, False) or note(2, True) or note(3): note(4)\n  return pad(x)",
    "and of tensors that are known late": "def f(x):\n  y = pad(x)\n"
    "  if y[1] > 0 and note(1): note(2)\n  if y[0] > 0 and note(3): note(4)\n  return y",
    "or of tensors that are known late": "def f(x):\n  y = pad(x)\n"
    "  if y[1] > 0 or note(1): note(2)\n  if y[0] > 0 or note(3): note(4)\n  return y",
    "not": "def f(x):\n  if not (note(1) and not note(2)): note(3)\n  return pad(x)",
    "a chained comparison": "def n(k, x):\n  note(k)\n  return x\n"
    "def f(x):\n  y = pad(x)\n  if n(1, y[0]) < n(2, y[1]) < n(3, y[2]): note(4)\n"
    "  if n(5, y[1]) < n(6, y[0]) < n(7, y[2]): note(8)\n  return y",
    "a conditional expression": "def n(k, x):\n  note(k)\n  return x\n"
    "def f(x):\n  y = pad(x)\n  z = n(1, y) if y[0] > 0 else n(2, x)\n  w = n(3, y) if y[1] > 0 else n(4, x)\n"
    "  return z + w",
    "a condition that counts": "def more():\n  place.assign_add(1)\n  return place < 7\n"
    "def f(x):\n  y = pad(x)\n  while more(): y = y + 1\n  return y",
    "a condition that counts with a break": "def more():\n  place.assign_add(1)\n  return place < 17\n"
    "def f(x):\n  y = pad(x)\n  while more():\n    y = y + 1\n    if y[0] > 3: break\n    note(1)\n  return y",
    "conditions of nested loops": "def more(n):\n  note(n)\n  return place < n\n"
    "def f(x):\n  y = pad(x)\n  while more(20):\n    y = y + 1\n    while more(5): y = y * 2\n  return y",
    "assigns and reads": "def f(x):\n  y = pad(x)\n  a = place.read_value()\n  place.assign_add(5)\n  b = place + 0\n"
    "  if y[0] > 0: place.assign(b * 2)\n  c = place + 0\n  for i in tf.range(3): place.assign_add(i)\n"
    "  return y, a, b, c, place + 0",
    "prints and assigns": "def f(x):\n  y = pad(x)\n  for i in tf.range(3):\n    print('a', place)\n    note(i)\n"
    "    if i > 0:\n      print('b', place)\n      note(i)\n    print('c', place)\n  print('d', log)\n  return y",
    "assertions, prints and assigns": "def f(x):\n  y = pad(x)\n  for i in tf.range(3): assert y[i] < 5, 'bad'\n"
    "  print('in', y)\n  note(1)\n  print('out', place)\n  return y",
    "calls in an expression": "def n(k):\n  note(k)\n  return tf.cast(place, tf.float32)\n"
    "def f(x): return pad(x) * n(1) + n(2) * n(3) - (n(4), n(5))[0]",
    "keyword and star arguments": "def n(k):\n  note(k)\n  return tf.cast(k, tf.float32)\ndef g(*a, **k): return a[0] + k['b']\n"
    "def f(x): return pad(x) + g(*[n(1), n(2)], b=n(3), **{'c': n(4)})",
    "a loop with else": "def f(x):\n  y = pad(x)\n  for i in tf.range(3):\n    note(i)\n    if y[0] > 5: break\n"
    "  else: note(9)\n  return y",
}  # fmt: skip

FOREIGN_ONLY: dict[str, str] = {
    "a TensorArray": "def f(x):\n  y, a = pad(x), tf.TensorArray(tf.float32, 3)\n  for i in tf.range(3):\n"
    "    if y[i] > 0: a = a.write(i, y[i])\n    else: a = a.write(i, y[i] * 10)\n  return a.stack()",
    "an iterator of a dataset": "def f(x):\n  it, t = iter(tf.data.Dataset.range(9)), tf.constant(0, tf.int64)\n"
    "  for i in tf.range(3):\n    t = t * 10 + next(it)\n    if x[i] > 0: t = t * 10 + next(it)\n  return t, next(it)",
    "a dataset that is read by two loops": "def f(x):\n  t = tf.constant(0, tf.int64)\n"
    "  for e in tf.data.Dataset.range(3):\n    t = t * 10 + e\n    note(e)\n"
    "  for e in tf.data.Dataset.range(2): note(e + 5)\n  return t",
}  # fmt: skip


def run(module: Any, function: Any) -> Any:
    """What a call returns, prints, and leaves in the variables."""
    module.reset()
    with contextlib.redirect_stdout(io.StringIO()) as out:
        result = outcome(lambda m: function(X), module)
    return result, int(module.log), int(module.place), out.getvalue()


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_we_stage_acts_as_the_eager_run(name: str) -> None:
    program = Program(START + PROGRAMS[name])
    for _ in range(4):
        expected, found = run(program.plain, program.plain.f), run(program.hooked, program.hooked.f)
        same(found[0], expected[0])
        assert found[1:] == expected[1:]
    assert program.staging("f").calls_staged > 0 or program.staging("f").reason


@pytest.mark.parametrize("name", [*PROGRAMS, *FOREIGN_ONLY])
def test_a_graph_of_the_user_acts_as_the_eager_run(name: str) -> None:
    program = Program(START + (PROGRAMS.get(name) or FOREIGN_ONLY[name]), mode="traced")
    staged = tf.function(program.hooked.f, autograph=False)
    for _ in range(2):
        expected, found = run(program.plain, program.plain.f), run(program.hooked, staged)
        same(found[0], expected[0])
        assert found[1:3] == expected[1:3]
