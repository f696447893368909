"""Functions that are given to functions: the framework's, Python's and the user's own."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import pytest
import tensorflow as tf

from tests.staging.programs import Program, outcome, same

X = tf.constant([1.0, -2.0, 3.0])

# Both in a user's graph and in what we stage.
BOTH: dict[str, str] = {
    "map_fn": "def g(e):\n  if e > 0: e = e * 2\n  else: e = -e\n  return e\ndef f(x): return tf.map_fn(g, pad(x))",
    "map_fn with a lambda": "def f(x):\n  y = pad(x)\n  return tf.map_fn(lambda e: e * 2 if e > 0 else e + y[0], y)",
    "map_fn of a nest": "def g(e):\n  a, b = e\n  while a < b: a = a + 1\n  return a, b\n"
    "def f(x): return tf.map_fn(g, (pad(x), x * 2), fn_output_signature=(tf.float32, tf.float32))",
    "scan": "def g(a, e):\n  if e > 0: a = a + e\n  return a\ndef f(x): return tf.scan(g, pad(x))",
    "foldl and foldr": "def g(a, e):\n  if e > 0: a = a * 2 + e\n  return a\n"
    "def f(x): return tf.foldl(g, pad(x)), tf.foldr(g, x, initializer=x[0])",
    "cond": "def f(x):\n  y = pad(x)\n  return tf.cond(y[0] > 0, lambda: y * 2, lambda: y)",
    "cond in cond": "def g(y):\n  if y[2] > 1: y = y + 1\n  return y\n"
    "def f(x):\n  y = pad(x)\n  return tf.cond(y[0] > 0, lambda: g(y), lambda: tf.cond(y[1] > 0, lambda: y, lambda: -y))",
    "while_loop": "def below(i, y): return i < 3\ndef step(i, y):\n  if y[0] > 1: y = y * 2\n  return i + 1, y + 1\n"
    "def f(x): return tf.while_loop(below, step, (tf.constant(0), pad(x)))",
    "case and switch_case": "def f(x):\n  y = pad(x)\n  a = tf.case([(y[0] > 5, lambda: y), (y[0] > 0, lambda: y * 2)], "
    "default=lambda: -y)\n  b = tf.switch_case(tf.size(y) - 2, [lambda: y, lambda: y * 3, lambda: y * 4])\n  return a, b",
    "a tape around map_fn": "w = tf.Variable(2.0)\ndef f(x):\n  with tf.GradientTape() as t:\n"
    "    y = tf.reduce_sum(tf.map_fn(lambda e: e * 3 if e > 0 else e, pad(x))) + w\n  return t.gradient(y, w)",
    "prints in map_fn": "def g(e):\n  print('element', e)\n  return e * 2\ndef f(x):\n  print('a')\n"
    "  y = tf.map_fn(g, pad(x))\n  print('b')\n  return y",
    "partial": "import functools\ndef g(n, y, k=1): return y * n + k\nh = functools.partial(g, 2, k=3)\n"
    "def f(x):\n  y = h(pad(x))\n  if y[0] > 0: y = functools.partial(g, 3)(y)\n  return y",
    "bound methods": "class C:\n  n = 2.0\n  def m(self, y):\n    if y[0] > 0: y = y * self.n\n    return y\nc = C()\n"
    "def f(x):\n  m = c.m\n  return m(pad(x))",
    "callables": "class C:\n  def __call__(self, y):\n    if y[0] > 0: y = y * 2\n    return y\nc = C()\n"
    "def f(x): return c(pad(x))",
    "properties": "class C:\n  n = 3.0\n  @property\n  def p(self):\n    return tf.constant(self.n)\nc = C()\n"
    "def f(x):\n  y = pad(x)\n  if y[0] > 0: y = y * c.p\n  return y",
    "class and static methods": "class C:\n  n = 2.0\n  @classmethod\n  def a(cls, y): return y * cls.n\n"
    "  @staticmethod\n  def b(y):\n    if y[0] > 0: y = y + 1\n    return y\ndef f(x): return C.b(C.a(pad(x)))",
    "a name scope": "def f(x):\n  y = pad(x)\n  with tf.name_scope('a'):\n    if y[0] > 0: y = y * 2\n  return y",
    "a named tuple as state": "import collections\nS = collections.namedtuple('S', 'y n')\ndef f(x):\n"
    "  s = S(pad(x), tf.constant(0))\n  for i in tf.range(3):\n    s = s._replace(y=s.y + 1)\n"
    "    if s.y[0] > 2: s = s._replace(n=s.n + i)\n  return s.y, s.n",
    "a member of an enumeration": "import enum\nclass E(enum.Enum):\n  A = 1\n  B = 2\ndef g(y, e):\n"
    "  if e is E.A: y = y * 2\n  elif e == E.B: y = y + E.B.value\n  return y\ndef f(x): return g(g(pad(x), E.A), E.B)",
}  # fmt: skip

FOREIGN: dict[str, str] = {
    "vectorized_map": "def f(x): return tf.vectorized_map(lambda e: e * 2 + tf.sin(e), pad(x))",
    "custom_gradient outside": "@tf.custom_gradient\ndef g(y):\n  def grad(up): return up * 3\n"
    "  if y[0] > 0: y = y * 2\n  return y, grad\ndef f(x):\n  with tf.GradientTape() as t:\n    t.watch(x)\n"
    "    y = tf.reduce_sum(g(pad(x)))\n  return y, t.gradient(y, x)",
    "custom_gradient inside": "def f(x):\n  @tf.custom_gradient\n  def g(y):\n    def grad(up):\n"
    "      return up * 3 if up[0] > 0 else up\n    return y * 2, grad\n  with tf.GradientTape() as t:\n    t.watch(x)\n"
    "    y = tf.reduce_sum(g(pad(x)))\n  return y, t.gradient(y, x)",
    "recompute_grad": "def g(y):\n  if y[0] > 0: y = tf.sin(y)\n  return y\nh = tf.recompute_grad(g)\n"
    "def f(x):\n  with tf.GradientTape() as t:\n    t.watch(x)\n    y = tf.reduce_sum(h(pad(x)))\n  return y, t.gradient(y, x)",
    "slices of a tensor": "def f(x):\n  t = tf.constant(0.0)\n  for e in tf.data.Dataset.from_tensor_slices(pad(x)):\n"
    "    if e > 0: t = t + e\n  return t",
    "contexts of TensorFlow": "def f(x):\n  y = pad(x)\n  with tf.device('CPU:0'), tf.control_dependencies([y]):\n"
    "    if y[0] > 0: y = y * 2\n  return y",
    "contexts of the user": "import contextlib\nlog = []\nclass M:\n  def __enter__(self): return 2.0\n"
    "  def __exit__(self, *e): return False\n@contextlib.contextmanager\ndef g():\n  yield 3.0\n"
    "def f(x):\n  y = pad(x)\n  with M() as a, g() as b:\n    if y[0] > 0: y = y * a + b\n  return y",
    "a dataclass as state": "import dataclasses\n@dataclasses.dataclass\nclass S:\n  y: object\n  n: object\n"
    "def f(x):\n  s = S(pad(x), tf.constant(0))\n  for i in tf.range(3):\n    s.y = s.y + 1\n"
    "    if s.y[0] > 2: s.n = s.n + i\n  return s.y, s.n",
}  # fmt: skip

PLAIN: dict[str, tuple[str, str]] = {
    "a Python result": ("def f(x):\n  y = pad(x)\n  return y, tf.cond(y[0] > 0, lambda: len([y]), lambda: 2)", ""),
    "a change of a list": ("def f(x):\n  xs = []\n  def g(e):\n    xs.append(1)\n    return e\n"
                           "  return tf.map_fn(g, pad(x)), len(xs)", ""),
    "a change of a name": ("def f(x):\n  n = 0\n  def g(e):\n    nonlocal n\n    n += 1\n    return e\n"
                           "  return tf.map_fn(g, pad(x)), n", "stores to a name"),
    "a Python start": ("def f(x): return tf.while_loop(lambda i: i < 3, lambda i: i + 1, [0]), pad(x)", "int"),
    "a function that is not enabled": ("import operator\ndef f(x): return tf.map_fn(operator.neg, pad(x))", "builtin_function"),
}  # fmt: skip


DATASET = """
def odd(e):
    if e > 2: return e % 2 == 1
    return e > 0

def f(x):
    pad(x)
    d = tf.data.Dataset.range(9).map(lambda e: e * 2 if e > 4 else e).filter(odd)
    return d.reduce(tf.constant(0, tf.int64), lambda a, e: a * 10 + e if e > 1 else a)
"""


def run(module: Any, function: Any) -> tuple[Any, str]:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        return outcome(lambda m: function(X), module), out.getvalue()


@pytest.mark.parametrize("name", BOTH)
def test_what_we_stage_is_the_eager_run(name: str) -> None:
    program = Program(BOTH[name])
    for _ in range(4):
        expected, found = run(program.plain, program.plain.f), run(program.hooked, program.hooked.f)
        same(found[0], expected[0])
        assert found[1] == expected[1]
    program.assert_staged("f", calls=3, specializations=1)


@pytest.mark.parametrize("name", PLAIN)
def test_what_a_graph_would_do_otherwise_runs_plain(name: str) -> None:
    source, reason = PLAIN[name]
    program = Program(source)
    for _ in range(4):
        expected, found = run(program.plain, program.plain.f), run(program.hooked, program.hooked.f)
        same(found[0], expected[0])
    program.assert_plain("f", reason)


@pytest.mark.parametrize("name", [*BOTH, *FOREIGN])
def test_in_a_graph_of_the_user_it_gives_what_the_eager_run_gives(name: str) -> None:
    program = Program(BOTH.get(name) or FOREIGN[name], mode="traced")
    staged = tf.function(program.hooked.f, autograph=False)
    for _ in range(2):
        same(run(program.hooked, staged)[0], run(program.plain, program.plain.f)[0])


@pytest.mark.parametrize("name", FOREIGN)
def test_what_we_do_not_stage_runs_plain_and_gives_the_same(name: str) -> None:
    program = Program(FOREIGN[name])
    for _ in range(4):
        same(run(program.hooked, program.hooked.f)[0], run(program.plain, program.plain.f)[0])


def test_a_dataset_s_functions() -> None:
    """In the plain module they would need TensorFlow's own conversion, which wants to see a source file."""
    for mode in ("traced", "auto"):
        program = Program(DATASET, mode=mode)
        assert int(tf.function(program.hooked.f, autograph=False)(X)) == 23
        for _ in range(3):
            assert int(program.hooked.f(X)) == 23
