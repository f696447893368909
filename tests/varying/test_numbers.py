"""Python numbers that are others in each call do not make a graph each; every result is the eager one."""

from __future__ import annotations

from typing import Any

import pytest
import tensorflow as tf

from tests.staging.programs import Program

X = tf.constant([1.0, -2.0, 3.0])

ONE_GRAPH: dict[str, str] = {
    "times a tensor": "def f(x, n): return pad(x) * n",
    "plus, on the left": "def f(x, n): return n + pad(x)",
    "arithmetic": "def f(x, n): return pad(x) * (0.5 * (n + 1) / 3 - 2)",
    "a schedule": "import math\ndef f(x, n): return pad(x) * (0.5 * (1 + math.cos(math.pi * n / 40)))",
    "returned": "def f(x, n): return pad(x), n, n / 2, [n * 2], {'n': -n}",
    "converted": "def f(x, n): return pad(x) * float(n), int(n), float(n)",
    "printed": "def f(x, n):\n  print('step', n, f'{n:05d} {n!r:>7}', 'at %d' % n)\n  return pad(x) * n",
    "given to a function": "def g(x, n): return x * n\ndef f(x, n): return g(pad(x), n + 1)",
    "in a list": "def f(x, n):\n  ns = [n, n + 1]\n  ns.append(n * 2)\n  return pad(x) * ns[1] + ns[2], ns",
    "compared with a tensor": "def f(x, n): return tf.where(pad(x) > n, x, x * n)",
    "as a constant": "def f(x, n): return pad(x) + tf.cast(tf.constant(n), tf.float32) * tf.cast(n, tf.float32)",
    "in a branch of the graph": "def f(x, n):\n  x = pad(x)\n  if x[0] > 2: x = x * n\n  else: x = x + n\n  return x",
    "in a loop of the graph": "def f(x, n):\n  x = pad(x)\n  while x[0] < 9: x = x * 2 + n\n  return x",
    "under a tape": "def f(x, n):\n  x = pad(x)\n  with tf.GradientTape() as t:\n    t.watch(x)\n"
    "    y = tf.reduce_sum(x * n + x * x / (n + 1))\n  return t.gradient(y, x)",
    "in a slice": "def f(x, n):\n  x = pad(tf.concat([x] * 30, 0))\n  return x[n:n + 3] * 2, x[n]",
    "isinstance": "def f(x, n): return pad(x) * (n if isinstance(n, int) else 1), type(n) is int, type(n)",
    "floor and modulo": "def f(x, n): return pad(x) * (n // 3) + n % 7, divmod",
    "in a default": "def g(x, k=None): return x * k if k is not None else x\ndef f(x, n): return g(pad(x), k=n)",
}  # fmt: skip


@pytest.mark.parametrize("name", ONE_GRAPH)
def test_one_graph_serves_all_numbers(name: str, capsys: Any) -> None:
    program = Program(ONE_GRAPH[name])
    for n in range(3, 23):
        program.both(lambda m, n=n: m.f(X, n))
    program.assert_staged("f")
    assert len(program.staging("f").specializations) <= 2


TWO_GRAPHS: dict[str, str] = {
    "every third": "def f(x, n):\n  x = pad(x)\n  if n % 3 == 0: x = x * 2\n  return x + n",
    "a bound": "def f(x, n): return pad(x) * (n if n < 10 else 10)",
    "a conjunction": "def f(x, n): return pad(x) * (1 if n > 5 and n % 2 else 2)",
    "max": "def f(x, n): return pad(x) * max(n, 7)",
    "a truth": "def f(x, n): return pad(x) * n if n else x",
    "printed every fifth": "def f(x, n):\n  x = pad(x) * n\n  if n % 5 == 0: print('at', n, x)\n  return x",
}


@pytest.mark.parametrize("name", TWO_GRAPHS)
def test_a_decision_on_a_number_makes_a_graph_for_each_side(name: str) -> None:
    program = Program(TWO_GRAPHS[name])
    for n in range(24):
        program.both(lambda m, n=n: m.f(X, n))
    program.assert_staged("f")
    assert len(program.staging("f").specializations) <= 4


ANYTHING: dict[str, str] = {
    "range": "def f(x, n):\n  x = pad(x)\n  for i in range(n): x = x + i\n  return x",
    "an index of a list": "xs = list(range(99))\ndef f(x, n): return pad(x) * xs[n]",
    "a key": "d = {n: n * 1.5 for n in range(99)}\ndef f(x, n): return pad(x) * d[n]",
    "a key of a new dict": "def f(x, n): return pad(x), {n: 1}",
    "a set": "def f(x, n): return pad(x), {n, 3}",
    "a text that is used": "def f(x, n): return pad(x), f'w{n}', str(n), 'x' * n",
    "an attribute": "def f(x, n): return pad(x) * n.real, n.bit_length()",
    "a shape": "def f(x, n): return pad(x), tf.zeros([n, 2])",
    "a power": "def f(x, n): return pad(x) ** n, 2 ** n, 2 ** -n",
    "an axis": "def f(x, n): return tf.reduce_sum(pad(x[None]), axis=n % 2)",
    "dropout": "def f(x, n): return tf.clip_by_norm(pad(x), n + 1)",
    "numpy": "def f(x, n): return pad(x) * np.float32(n)",
    "a match": "def f(x, n):\n  match n:\n    case 3: y = 1\n    case int(): y = 2\n    case _: y = 3\n  return pad(x) * y",
    "identity": "def f(x, n): return pad(x) * (1 if n is None else 2)",
    "sorted": "def f(x, n): return pad(x), sorted([n, 5, 3]), min(n, 4), sum([n, 2])",
    "an int tensor and a float": "def f(x, n): return tf.cast(pad(x), tf.int32) * (n / 2)",
    "too large": "def f(x, n): return tf.cast(pad(x), tf.int32) + n * 2 ** 30",
    "a division by zero": "def f(x, n): return pad(x) * (1 / (n - 7))",
    "a lambda": "def f(x, n): return (lambda k: pad(x) * k)(n), [k * n for k in (1, 2)]",
    "complex": "def f(x, n): return pad(x), complex(n), n * 1j, round(n / 3, 1), abs(-n), n ** 0.5",
    "a slice of a list": "xs = list(range(99))\ndef f(x, n): return pad(x), xs[n:n + 2], xs[:n]",
    "chained": "def f(x, n): return pad(x) * (1 if 3 < n <= 9 else 2)",
    "in": "def f(x, n): return pad(x) * (1 if n in (3, 5, 8) else 2)",
    "an unpacking": "def f(x, n):\n  a, b = n, n + 1\n  a, b = b, a\n  return pad(x) * a, b",
    "augmented": "def f(x, n):\n  n += 1\n  n *= 2\n  return pad(x) * n, n",
    "a joined name": "def f(x, n):\n  x = pad(x)\n  if x[0] > 0: k = n\n  else: k = n + 1\n  return x * tf.cast(k, tf.float32)",
    "a class": "class C:\n  def __init__(self, n): self.n = n\ndef f(x, n): return pad(x) * C(n + 1).n",
    "a string method": "def f(x, n): return pad(x), 'a'.zfill(n), '{:3d}'.format(n), ','.join([str(n)])",
    "bool": "def f(x, n): return pad(x), bool(n), not n, n and 3, n or 4",
    "a tensor in an int dtype": "def f(x, n): return pad(x), tf.constant(n, tf.uint8)",
    "a hash": "def f(x, n): return pad(x), hash(n), n == 3, n != 4, (n == None)",
    "rolled": "def f(x, n):\n  x = pad(x)\n  for i in range(20): x = x + i * n\n  return x",
}


@pytest.mark.parametrize("name", ANYTHING)
def test_whatever_is_done_with_a_number_gives_what_python_gives(name: str) -> None:
    program = Program(ANYTHING[name])
    for n in [*range(2, 14), 3, 300, 3]:
        program.both(lambda m, n=n: m.f(X, n))


IN_CONSTRUCTS: dict[str, str] = {
    "changed in a loop of the graph": "def f(x, n):\n  x = pad(x)\n  while x[0] < 9:\n    x = x * 2\n    n = n + 1\n  return x, n",
    "changed in a branch": "def f(x, n):\n  x = pad(x)\n  if x[0] > 0: n = n + 1\n  return x * n, n",
    "an expression of a condition": "def f(x, n):\n  x = pad(x)\n  return x * (n if x[0] > 0 else n + 1)",
    "a number or a tensor": "def f(x, n):\n  x = pad(x)\n  if x[0] > 0: k = n\n  else: k = x\n  return k",
    "in a loop over a tensor": "def f(x, n):\n  t = tf.constant(0.0)\n  for e in pad(x): t = t + e * n\n  return t",
    "a bound of tf.range": "def f(x, n):\n  t = pad(x)\n  for i in tf.range(n): t = t + 1\n  return t",
    "in a lambda of tf.cond": "def f(x, n):\n  x = pad(x)\n  return tf.cond(x[0] > 0, lambda: x * n, lambda: x)",
    "in map_fn": "def f(x, n): return tf.map_fn(lambda e: e * n, pad(x))",
    "a while of Python": "def f(x, n):\n  x = pad(x)\n  while n > 2:\n    x = x + n\n    n -= 3\n  return x, n",
    "an int32 power": "def f(x, n): return pad(x) * n ** 2 + n ** -1",
    "numpy on the left": "def f(x, n): return pad(x) * float(np.float32(2.5) * n) + np.array([1.0, 2.0, 3.0], np.float32) * n",
    "a variable": "v = tf.Variable([1.0, 2.0, 3.0])\ndef f(x, n):\n  v.assign_add(pad(x) * n)\n  v.assign(v * n)\n  return v + n",
    "float16": "def f(x, n): return tf.cast(pad(x), tf.float16) * (n + 0.1)",
    "uint8": "def f(x, n): return tf.cast(tf.abs(pad(x)), tf.uint8) * n",
    "text": "def f(x, n): return pad(x), tf.strings.as_string(tf.constant([n, 2])), f'{n}' + 'a'",
    "an assertion": "def f(x, n):\n  assert n < 9, f'n is {n}'\n  return pad(x) * n",
    "a raise": "def f(x, n):\n  if n > 9: raise ValueError(f'n is {n}')\n  return pad(x) * n",
    "keras": "import keras\nv = keras.Variable([1.0, 2.0, 3.0])\ndef f(x, n): return pad(x) * v * n + keras.ops.multiply(x, n + 0.5)",
    "numbers of the dtype": "def f(x, n): return tf.cast(pad(x), tf.bfloat16) * (n / 7)",
    "deep": "def f(x, n):\n  for i in range(40): n = n * 3 % 1001 + n\n  return pad(x) * n, n",
    "half of them": "def f(x, n):\n  ks = [n * i for i in range(6)]\n  return pad(x) * sum(ks) + len([k for k in ks if k % 4]), ks",
}


@pytest.mark.parametrize("name", IN_CONSTRUCTS)
@pytest.mark.parametrize("sign", [1, 0.5])
def test_numbers_in_constructs_of_the_graph_are_the_eager_ones(name: str, sign: float) -> None:
    program = Program(IN_CONSTRUCTS[name])
    for n in [*range(2, 12), 300, 3]:
        program.both(lambda m, n=n: m.f(X, n if sign == 1 else n * sign))
