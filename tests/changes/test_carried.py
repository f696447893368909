"""Stores and mutations of what was there before: a staged call leaves them as the eager call does."""

from __future__ import annotations

import gc
import threading
from typing import Any

import pytest

pytest.importorskip("tensorflow")

import tensorflow as tf

from tests.staging.programs import Program, outcome, same

X = tf.constant([1.0, -2.0, 3.0])

# Source with a function f(x), and what else is compared after each call.
CARRIED: dict[str, tuple[str, str]] = {
    "append": (
        "log = []\n"
        "def f(x): log.append(1); return pad(x)",
        "log",
    ),
    "append of a tensor": (
        "log = []\n"
        "def f(x): log.append(x); return pad(x)",
        "log",
    ),
    "append by a bound method": (
        "log = []\n"
        "add = log.append\n"
        "def f(x): add(1); return pad(x)",
        "log",
    ),
    "append to what get gives": (
        "d = {'a': []}\n"
        "def f(x): d.get('a').append(1); return pad(x)",
        "d",
    ),
    "append to an element": (
        "d = [[], []]\n"
        "def f(x): max(d, key=id_).append(1); return pad(x)\n"
        "def id_(x): return 0",
        "d",
    ),
    "append to what a loop gives": (
        "d = [[], []]\n"
        "def f(x):\n"
        "  for e in d: e.append(1)\n"
        "  return pad(x)",
        "d",
    ),
    "extend": (
        "log = []\n"
        "def f(x): log.extend([1]); return pad(x)",
        "log",
    ),
    "in-place add to a list": (
        "log = []\n"
        "def f(x):\n"
        "  xs = log\n"
        "  xs += [1]\n"
        "  return pad(x)",
        "log",
    ),
    "pop": (
        "log = list(range(99))\n"
        "def f(x): return pad(x) * float(log.pop())",
        "log",
    ),
    "dict store": (
        "d = {}\n"
        "def f(x): d['a'] = x; return pad(x)",
        "d",
    ),
    "dict count": (
        "d = {'a': 0}\n"
        "def f(x): d['a'] += 1; return pad(x) * d['a']",
        "d",
    ),
    "dict update": (
        "d = {}\n"
        "def f(x): d.update(a=1); return pad(x)",
        "d",
    ),
    "dict setdefault": (
        "d = {}\n"
        "def f(x): return pad(x) * d.setdefault('a', 2.0)",
        "d",
    ),
    "dict delete": (
        "d = dict.fromkeys(range(9))\n"
        "def f(x): del d[min(d)]; return pad(x)",
        "d",
    ),
    "set add": (
        "s = set()\n"
        "def f(x): s.add(1); return pad(x)",
        "s",
    ),
    "global": (
        "n = 0\n"
        "def f(x):\n"
        "  global n\n"
        "  n += 1\n"
        "  return pad(x) * n",
        "n",
    ),
    "a global of an inner function": (
        "n = 0\n"
        "def g():\n"
        "  global n\n"
        "  n += 1\n"
        "def f(x):\n"
        "  g()\n"
        "  return pad(x)",
        "n",
    ),
    "nonlocal": (
        "def make():\n"
        "    n = 0\n"
        "    def f(x):\n"
        "        nonlocal n\n"
        "        n += 1\n"
        "        return pad(x) * n\n"
        "    return f, lambda: n\n"
        "f, get = make()",
        "get()",
    ),
    "nonlocal of an inner function": (
        "def make():\n"
        "    n = 0\n"
        "    def g():\n"
        "        nonlocal n\n"
        "        n += 1\n"
        "    def f(x):\n"
        "        g()\n"
        "        return pad(x)\n"
        "    return f, lambda: n\n"
        "f, get = make()",
        "get()",
    ),
    "nonlocal in the body of a loop": (
        "def make():\n"
        "    n = 0\n"
        "    def g():\n"
        "        nonlocal n\n"
        "        for i in range(2):\n"
        "            n += i\n"
        "    def f(x):\n"
        "        g()\n"
        "        return pad(x)\n"
        "    return f, lambda: n\n"
        "f, get = make()",
        "get()",
    ),
    "an attribute": (
        "class C: pass\n"
        "c = C()\n"
        "def f(x): c.x = x; return pad(x)",
        "vars(c)",
    ),
    "a counted attribute": (
        "class C: n = 0\n"
        "c = C()\n"
        "def f(x): c.n += 1; return pad(x) * c.n",
        "vars(c)",
    ),
    "setattr": (
        "class C: pass\n"
        "c = C()\n"
        "def f(x): setattr(c, 'x', 1); return pad(x)",
        "vars(c)",
    ),
    "a class's attribute in __init__": (
        "class C:\n"
        "  n = 0\n"
        "  def __init__(self): C.n += 1\n"
        "def f(x): C(); return pad(x)",
        "C.n",
    ),
    "an attribute as a loop's target": (
        "class C: pass\n"
        "c = C()\n"
        "def f(x):\n"
        "  for c.i in range(3): pass\n"
        "  return pad(x)",
        "vars(c)",
    ),
    "a loop's target and unpacking": (
        "d = [0, 0]\n"
        "def f(x):\n"
        "  d[0], (d[1], _) = 1, (2, 3)\n"
        "  return pad(x)",
        "d",
    ),
    "a property with an effect": (
        "class C:\n"
        "  n = 0\n"
        "  @property\n"
        "  def p(self): self.n += 1; return 2.0\n"
        "c = C()\n"
        "def f(x): return pad(x) * c.p",
        "c.n",
    ),
    "an operator with an effect": (
        "class C:\n"
        "  n = 0\n"
        "  def __add__(self, x): self.n += 1; return x\n"
        "c = C()\n"
        "def f(x): return c + pad(x)",
        "c.n",
    ),
    "a comparison with an effect": (
        "class C:\n"
        "  n = 0\n"
        "  def __eq__(self, x): self.n += 1; return True\n"
        "c = C()\n"
        "def f(x): return pad(x) * (c == 3)",
        "c.n",
    ),
    "a truth with an effect": (
        "class C:\n"
        "  n = 0\n"
        "  def __bool__(self): self.n += 1; return True\n"
        "c = C()\n"
        "def f(x): return pad(x) if c else x",
        "c.n",
    ),
    "append in a Python loop": (
        "log = []\n"
        "def f(x):\n"
        "  y = pad(x)\n"
        "  for i in range(3): log.append(y * i)\n"
        "  return y",
        "log",
    ),
    "append of Python floats of tensors": (
        "log = []\n"
        "def f(x):\n"
        "  y = pad(x)\n"
        "  log.append(float(y[0]))\n"
        "  log.append((y.numpy(), round(float(y[2]), 1), 'a'))\n"
        "  return y",
        "log",
    ),
    "a sum of Python floats of tensors": (
        "total = 0.0\n"
        "def f(x):\n"
        "  global total\n"
        "  y = pad(x)\n"
        "  total += float(y[0]) * 2\n"
        "  return y",
        "total",
    ),
    "append in a staged branch of a tensor attribute": (
        "class C: pass\n"
        "c = C(); c.best = tf.zeros([3])\n"
        "def f(x):\n"
        "  y = pad(x)\n"
        "  if y[0] > 0: c.best = y\n"
        "  return y",
        "vars(c)",
    ),
    "a store in a staged loop": (
        "class C: pass\n"
        "c = C(); c.sum = tf.zeros([3])\n"
        "def f(x):\n"
        "  y = pad(x)\n"
        "  for i in tf.range(3): c.sum = c.sum + y\n"
        "  return y",
        "vars(c)",
    ),
    "a global in a staged branch": (
        "g = tf.zeros([3])\n"
        "def f(x):\n"
        "  global g\n"
        "  y = pad(x)\n"
        "  if y[0] > 0: g = y\n"
        "  return y",
        "g",
    ),
    "an item in a staged branch": (
        "d = {'b': 1, 'a': tf.zeros([3])}\n"
        "def f(x):\n"
        "  y = pad(x)\n"
        "  if y[0] > 0: d['a'] = y\n"
        "  return y",
        "d",
    ),
    "everything of a method": (
        "class M:\n"
        "  def __init__(self): self.step = 0; self.h = []; self.last = None; self.stats = {'n': 0}\n"
        "  def t(self, x):\n"
        "    y = pad(x)\n"
        "    self.step += 1\n"
        "    self.last = y\n"
        "    self.h.append(y)\n"
        "    self.stats['n'] += 1\n"
        "    self.stats['loss'] = y\n"
        "    return y\n"
        "m = M()\n"
        "def f(x): return m.t(x)",
        "vars(m)",
    ),
    "what was stored in the call before": (
        "class C: last = None\n"
        "c = C()\n"
        "def f(x):\n"
        "  y = pad(x)\n"
        "  d = y if c.last is None else y - c.last\n"
        "  c.last = y\n"
        "  return d",
        "vars(c)",
    ),
    "a swap": (
        "class C: pass\n"
        "c = C(); c.a = tf.zeros([3]); c.b = tf.ones([3])\n"
        "def f(x):\n"
        "  c.a, c.b = c.b, c.a\n"
        "  return pad(x) + c.a",
        "(vars(c), c.a is c.b)",
    ),
    "a swap of list elements": (
        "d = [tf.zeros([3]), tf.ones([3])]\n"
        "def f(x):\n"
        "  d[0], d[1] = d[1], d[0]\n"
        "  return pad(x) + d[0]",
        "d",
    ),
    "one list under two names": (
        "L = []\n"
        "K = L\n"
        "def f(x):\n"
        "  L.append(pad(x)); K.append(x)\n"
        "  return x * 2",
        "(L, K is L)",
    ),
    "reading what was appended": (
        "L = []\n"
        "def f(x):\n"
        "  L.append(pad(x))\n"
        "  return L[-1], len(L)",
        "L",
    ),
    "the truth of a list to which it appends": (
        "L = []\n"
        "def f(x):\n"
        "  L.append(pad(x))\n"
        "  if L: return x * 2\n"
        "  return x",
        "L",
    ),
    "a comparison of a list to which it appends": (
        "L = []\n"
        "def f(x):\n"
        "  L.append(1)\n"
        "  return pad(x), L == [1], [2] == L, L != [1]",
        "L",
    ),
    "a list that is emptied and filled": (
        "L = [1]\n"
        "def f(x):\n"
        "  L.clear(); L.append(pad(x))\n"
        "  return x * 2",
        "L",
    ),
    "slots": (
        "class C: __slots__ = ('a', 'b')\n"
        "c = C(); c.a = 0\n"
        "def f(x): c.a += 1; c.b = pad(x); return x * 2",
        "(c.a, getattr(c, 'b', None))",
    ),
    "a dataclass": (
        "import dataclasses\n"
        "@dataclasses.dataclass\n"
        "class C:\n"
        "  n: int = 0\n"
        "  l: object = None\n"
        "c = C()\n"
        "def f(x): c.n += 1; c.l = pad(x); return x * 2",
        "vars(c)",
    ),
    "a property with an enabled setter": (
        "class C:\n"
        "  def __init__(self): self._a = 0\n"
        "  @property\n"
        "  def a(self): return self._a\n"
        "  @a.setter\n"
        "  def a(self, v): self._a = v + 1\n"
        "c = C()\n"
        "def f(x): c.a = c.a + 1; return pad(x)",
        "vars(c)",
    ),
    "a tf.Module": (
        "class C(tf.Module):\n"
        "  def __init__(self): super().__init__(); self.step = 0; self.last = None; self.v = tf.Variable(1.0)\n"
        "  def t(self, x):\n"
        "    self.step += 1\n"
        "    self.last = pad(x) * self.v\n"
        "    return self.last\n"
        "c = C()\n"
        "def f(x): return c.t(x)",
        "(c.step, c.last, len(c.variables))",
    ),
    "lists in a dictionary": (
        "h = {'loss': [], 'acc': []}\n"
        "def f(x):\n"
        "  y = pad(x)\n"
        "  h['loss'].append(y); h['acc'].append(1)\n"
        "  return y",
        "h",
    ),
    "setdefault and append": (
        "h = {}\n"
        "def f(x):\n"
        "  y = pad(x)\n"
        "  h.setdefault('loss', []).append(y)\n"
        "  return y",
        "h",
    ),
    "a cache": (
        "h = {}\n"
        "def g(x, k):\n"
        "  if k not in h: h[k] = pad(x)\n"
        "  return h[k]\n"
        "def f(x): return pad(g(x, 'a')) + g(x, 'b')",
        "h",
    ),
    "a cache by get": (
        "h = {}\n"
        "def g(x, k):\n"
        "  y = h.get(k)\n"
        "  if y is None: y = h[k] = pad(x)\n"
        "  return y\n"
        "def f(x): return pad(g(x, 1)) + g(x, (2, 'b'))",
        "h",
    ),
    "a set that is asked first": (
        "s = set()\n"
        "def f(x):\n"
        "  if 'a' not in s: s.add('a')\n"
        "  return pad(x)",
        "s",
    ),
    "an attribute of a function": (
        "def g(x): g.n += 1; return pad(x)\n"
        "g.n = 0\n"
        "def f(x): return g(x)",
        "g.n",
    ),
    "an attribute of a module": (
        "import types\n"
        "config = types.ModuleType('config'); config.step = 0\n"
        "def f(x): config.step += 1; config.last = x; return pad(x)",
        "(config.step, config.last)",
    ),
    "a name that is only stored": (
        "last = None\n"
        "def f(x):\n"
        "  global last\n"
        "  last = pad(x)\n"
        "  return x * 2",
        "last",
    ),
    "a nonlocal that is only stored": (
        "def make():\n"
        "  last = None\n"
        "  def f(x):\n"
        "    nonlocal last\n"
        "    last = pad(x)\n"
        "    return x * 2\n"
        "  return f, lambda: last\n"
        "f, get = make()",
        "get()",
    ),
    "an argument stored": (
        "class C: pass\n"
        "c = C()\n"
        "def f(x): c.x = x; c.y = [x, pad(x)]; return x * 2",
        "vars(c)",
    ),
    "the order of attributes and keys": (
        "class C: pass\n"
        "c = C(); c.b = 1; d = {'z': 1}\n"
        "def f(x):\n"
        "  c.a = x; c.b = 2; c.c = 3\n"
        "  d['y'] = pad(x); d['z'] = 2; d['a'] = 3\n"
        "  return x * 2",
        "(list(vars(c)), list(d), d)",
    ),
    "an attribute deleted and made again": (
        "class C: pass\n"
        "c = C(); c.a = 1; c.b = 2\n"
        "def f(x):\n"
        "  del c.a\n"
        "  c.a = 3\n"
        "  return pad(x), hasattr(c, 'a')",
        "(list(vars(c)), vars(c))",
    ),
    "an item deleted and made again": (
        "d = {'a': 1, 'b': 2}\n"
        "def f(x):\n"
        "  del d['a']\n"
        "  d['a'] = 3\n"
        "  return pad(x), 'a' in d",
        "(list(d), d)",
    ),
    "stores through a recursion": (
        "class C: n = 0\n"
        "c = C(); log = []\n"
        "def g(x, n):\n"
        "  c.n += 1; log.append(n)\n"
        "  return pad(x) if n == 0 else g(x + 1, n - 1)\n"
        "def f(x): return g(x, 3)",
        "(c.n, log)",
    ),
    "a store of the same value": (
        "class C: pass\n"
        "c = C(); c.flag = True\n"
        "def f(x): c.flag = True; return pad(x)",
        "vars(c)",
    ),
    "stores and prints": (
        "class C: n = 0\n"
        "c = C()\n"
        "def f(x):\n"
        "  print('before', c.n)\n"
        "  c.n += 1\n"
        "  print('after', c.n, pad(x)[0])\n"
        "  return x * 2",
        "vars(c)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CARRIED)
def test_a_change_of_what_was_there_is_made_by_each_staged_call(
    name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    source, seen = CARRIED[name]
    program = Program(source)
    for _ in range(5):
        outcomes, printed = [], []
        for module in (program.plain, program.hooked):
            result = outcome(lambda m: m.f(X), module)
            outcomes.append((result, eval(seen, vars(module))))
            printed.append(capfd.readouterr().out)
        same(outcomes[1], outcomes[0])
        assert printed[0] == printed[1]
    program.assert_staged("make.<locals>.f" if "def make" in source else "f")


# The same, and the reason why f is plain.
PLAIN: dict[str, tuple[str, str, str]] = {
    "a count in a staged branch": (
        "class C: n = 0\nc = C()\nc.n = 0\ndef f(x):\n  y = pad(x)\n  if y[0] > 0: c.n += 1\n  return y",
        "vars(c)", "is a Python value"),
    "the text of a list to which it appends": (
        "L = []\ndef f(x):\n  L.append(1)\n  return pad(x), f'{L}'", "L", "uses the content of a container"),
    "the length of a sum with a list to which it appends": (
        "L = []\ndef f(x):\n  L.append(1)\n  return pad(x), len(L + [1])", "L", "uses the content of a container"),
    "a truth of a sum with a list to which it appends": (
        "L = []\ndef f(x):\n  L.append(1)\n  return pad(x) if L + [] else x", "L", "uses the content of a container"),
    "a union with a dictionary that it changes": (
        "d = {}\ndef f(x):\n  d['a'] = x\n  return pad(x), len(d | {'b': 1})", "d", "uses the content of a container"),
    "a class with its own __setattr__": (
        "class C:\n  log = []\n  def __setattr__(self, name, value): self.log.append(name)\nc = C()\n"
        "def f(x): c.a = 1; return pad(x)", "c.log", "whose class has its own __setattr__"),
    "a frozen dataclass": (
        "import dataclasses\n@dataclasses.dataclass(frozen=True)\nclass C: a: int = 1\nc = C()\n"
        "def f(x): c.a = 2; return pad(x)", "c.a", "whose class has its own __setattr__"),
    "a new function stored": (
        "class C: pass\nc = C()\ndef f(x):\n  y = pad(x)\n  c.g = lambda: y\n  return y", "c.g()",
        "stores a new function, in an object that was there before"),
    "a list kept in two places": (
        "class C: pass\nc = C()\ndef f(x):\n  c.a = c.b = [pad(x)]\n  return x * 2", "(vars(c), c.a is c.b)",
        "stores the same list in two places"),
    "a list stored and returned": (
        "class C: pass\nc = C()\ndef f(x):\n  c.a = [pad(x)]\n  return c.a", "vars(c)", "same list in two places"),
    "a variable of a tf.Module replaced": (
        "class M(tf.Module):\n  def __init__(self): super().__init__(); self.v = tf.Variable(1.0)\nm = M()\n"
        "w = tf.Variable(2.0)\ndef f(x): m.v = w; return pad(x)", "len(m.variables)", "which keeps track of"),
    "a list of a tf.Module": (
        "class M(tf.Module):\n  def __init__(self): super().__init__(); self.h = []\nm = M()\n"
        "def f(x): m.h.append(pad(x)); return x", "list(m.h)", "ListWrapper.append"),
    "an append in a staged branch": (
        "L = []\ndef f(x):\n  y = pad(x)\n  if y[0] > 0: L.append(y)\n  return y", "L", ""),
    "a set in a staged branch": (
        "s = set()\ndef f(x):\n  y = pad(x)\n  if y[0] > 0: s.add(1)\n  return y", "s", ""),
    "a sort": ("L = [2, 1]\ndef f(x): L.sort(); return pad(x)", "L", "calls list.sort"),
    "an attribute made in a staged branch": (
        "class C: pass\nc = C()\ndef f(x):\n  y = pad(x)\n  if y[0] > 5: c.a = y\n  return y", "vars(c)", ""),
    "an attribute of the class in a staged branch": (
        "class C: a = tf.zeros([3])\nc = C()\ndef f(x):\n  y = pad(x)\n  if y[0] > 5: c.a = y\n  return y",
        "vars(c)", "which its class has"),
    "the __dict__ of an object after a store": (
        "class C: pass\nc = C()\ndef f(x):\n  c.a = 1\n  return pad(x), len(c.__dict__)", "vars(c)", "__dict__"),
    "a Python int of a tensor": (
        "L = []\ndef f(x): L.append(int(x[0])); return pad(x)", "L", "makes a Python int"),
    "an array of numbers": ("L = np.zeros(3)\ndef f(x): L[0] = 1; return pad(x)", "L", ""),
    "a deque": ("import collections\nd = collections.deque(maxlen=3)\ndef f(x): d.append(pad(x)); return x",
                "list(d)", "collections.deque"),
}  # fmt: skip


@pytest.mark.parametrize("name", PLAIN)
def test_a_change_that_no_trace_carries_is_made_by_the_plain_run(name: str) -> None:
    source, seen, reason = PLAIN[name]
    program = Program(source)
    for _ in range(4):
        outcomes = []
        for module in (program.plain, program.hooked):
            result = outcome(lambda m: m.f(X), module)
            outcomes.append((result, eval(seen, vars(module))))
        same(outcomes[1], outcomes[0])
    program.assert_plain("f", reason)


# The same, of which nothing else is asked than that both do the same: with X, then Y.
EITHER: dict[str, tuple[str, str]] = {
    "a flag that others change": (
        "class C: pass\nc = C(); c.flag = True\ndef f(x):\n  c.flag = True\n  return pad(x)\n"
        "def between(): c.flag = False", "vars(c)"),
    "a name that others change": (
        "flag = True\ndef f(x):\n  global flag\n  flag = True\n  return pad(x)\n"
        "def between():\n  global flag\n  flag = False", "flag"),
    "a name that is stored under a Python condition": (
        "flag = n = 0\ndef f(x):\n  global flag\n  if n > 5: flag = 1\n  return pad(x)\n"
        "def between():\n  global flag, n\n  n += 2; flag = n", "flag"),
    "a list that others change": (
        "L = []\ndef f(x): L.append(x); return pad(x)\ndef between(): L.pop()", "L"),
    "a list that is replaced": (
        "L = []\ndef f(x): L.append(x); return pad(x)\ndef between():\n  global L\n  L = [1]", "L"),
    "a dictionary that others change": (
        "d = {'n': 0}\ndef f(x):\n  d['n'] += 1\n  return pad(x) * d['n']\ndef between(): d['n'] *= 2; d['m'] = 1", "d"),
    "a key that others delete": (
        "d = {}\ndef f(x):\n  if 'a' not in d: d['a'] = x\n  return pad(d['a'])\ndef between(): d.clear()", "d"),
    "an attribute that others delete": (
        "class C: pass\nc = C(); c.a = 1\ndef f(x):\n  if hasattr(c, 'a'): c.a += 1\n  else: c.a = 0\n"
        "  return pad(x)\ndef between(): del c.a", "vars(c)"),
    "an attribute that turns into a tensor": (
        "class C: pass\nc = C(); c.a = 1\ndef f(x):\n  c.a = c.a + 1\n  return pad(x) * c.a\n"
        "def between(): c.a = tf.constant(2.0)", "vars(c)"),
    "a class that gets a __setattr__": (
        "class C: pass\nc = C(); log = []\ndef f(x): c.a = 1; return pad(x)\n"
        "def between():\n  C.__setattr__ = lambda self, name, value: log.append(name)", "(vars(c), log)"),
    "a class that gets a property": (
        "class C: pass\nc = C(); log = []\ndef f(x): c.a = 1; return pad(x)\n"
        "def between():\n  C.a = property(lambda self: 5, lambda self, value: log.append(value))", "(c.a, log)"),
    "an element of a deep container": (
        "d = {'a': [{'b': [0, 1]}]}\ndef f(x):\n  d['a'][0]['b'][1] += 1\n  return pad(x)\n"
        "def between(): d['a'][0]['b'][1] = 10", "d"),
    "a loop that pops": (
        "L = list(range(20))\ndef f(x):\n  n = L.pop()\n  L.insert(0, n)\n  return pad(x) * n\ndef between(): L.reverse()", "L"),
    "an exception after changes": (
        "class C: n = 0\nc = C(); L = []\ndef f(x):\n  c.n += 1; L.append(pad(x))\n"
        "  if c.n % 3 == 0: raise ValueError('three')\n  return x\ndef between(): c.n += 3", "(c.n, L)"),
    "a branch on a counter": (
        "class C: n = 0\nc = C(); L = []\ndef f(x):\n  c.n += 1\n  if c.n % 2 == 0: L.append(pad(x))\n"
        "  return pad(x)\ndef between(): c.n += 1", "(c.n, L)"),
}  # fmt: skip


@pytest.mark.parametrize("name", EITHER)
def test_what_others_change_between_calls_is_seen(name: str) -> None:
    source, seen = EITHER[name]
    program = Program(source)
    for i in range(9):
        outcomes = []
        for module in (program.plain, program.hooked):
            result = outcome(lambda m: m.f(X), module)
            outcomes.append((result, eval(seen, vars(module))))
            if i % 3 == 2:
                module.between()
                outcomes.append(eval(seen, vars(module)))
        half = len(outcomes) // 2
        same(outcomes[half:], outcomes[:half])


def test_an_argument_that_is_appended_to_is_returned_as_itself() -> None:
    program = Program("def f(x, xs):\n  xs.append(pad(x))\n  return xs")
    for _ in range(5):
        program.both(lambda m: [m.f(X, xs) is xs and xs for xs in ([],)])
    program.assert_staged("f", specializations=2)


def test_a_list_that_is_given_each_time_grows() -> None:
    program = Program("def f(x, xs, d):\n  xs.append(pad(x))\n  d['n'] = d.get('n', 0) + 1\n  return xs")
    program.plain.xs, program.hooked.xs, program.plain.d, program.hooked.d = [], [], {}, {}
    for _ in range(6):
        program.both(lambda m: (m.f(X, m.xs, m.d) is m.xs, m.xs, m.d))
    program.assert_staged("f")


def test_objects_keep_their_identity() -> None:
    program = Program("""
        class C: pass
        c, xs, key = C(), [], C()
        def f(x):
            y = pad(x)
            c.x, c.y, c.xs, c.key = x, y, xs, key
            xs.append(y)
            return y
    """)
    module = program.hooked
    for _ in range(4):
        result = module.f(X)
        c = module.c
        assert c.x is X and c.y is result and c.xs is module.xs and c.key is module.key and module.xs[-1] is result
    program.assert_staged("f")


def test_a_trace_that_is_given_up_leaves_nothing() -> None:
    program = Program("""
        class C: pass
        class S: __slots__ = ("a", "b")
        c, s, d, xs, n, log = C(), S(), {"z": 1, "a": 2}, [1, [2]], 0, []
        c.a, s.a = 1, 2
        def f(x):
            global n
            n = c.b = s.b = d["c"] = x
            c.a += 1
            del d["z"]
            d["z"] = x
            xs.append(x)
            xs[1].append(x)
            log.append(x)
            return pad(x), id(x) > 0
    """)
    for _ in range(4):
        program.both(lambda m: (m.f(X + 0)[1], vars(m.c), m.s.a, m.s.b, m.d, list(m.d), m.xs, m.n, m.log))
    program.assert_plain("f", "calls id")


def test_a_staged_call_that_fails_has_changed_nothing_before_the_plain_run() -> None:
    program = Program("""
        class C: n = 0
        c, xs = C(), []
        def f(x, i):
            c.n += 1
            xs.append(x)
            y = tf.gather(pad(x), i)
            c.last = y
            return y
    """)
    for index in (0, 1, 2, 7, 1, 7, 0):
        program.both(lambda m, i=index: m.f(X, tf.constant(i)))
        program.both(lambda m: (m.c.n, len(m.xs), m.c.last))
    assert program.staging("f").calls_staged >= 3


def test_no_symbolic_tensor_stays_in_an_object() -> None:
    program = Program("class C: pass\nc = C(); xs = []\ndef f(x): c.y = pad(x); xs.append(c.y); return c.y")
    for _ in range(4):
        program.hooked.f(X)
        assert all(hasattr(value, "numpy") for value in (program.hooked.c.y, *program.hooked.xs))
    program.assert_staged("f")


def test_an_object_that_was_stored_to_can_go() -> None:
    import weakref

    program = Program("class C: n = 0\ndef f(x, c): c.n += 1; c.y = pad(x); return x * 2")
    c = program.hooked.C()
    for _ in range(5):
        program.hooked.f(X, c)
    program.assert_staged("f")
    assert c.n == 5
    gone = weakref.ref(c)
    del c
    gc.collect()
    assert gone() is None


def test_nothing_is_changed_for_a_trace_while_another_thread_is_in_the_program() -> None:
    program = Program("class C: n = 0\nc = C()\ndef f(x): c.n += 1; return pad(x)\ndef wait(go): go()")
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        entered.set()
        leave.wait(20)

    other = threading.Thread(target=program.hooked.wait, args=(hold,))
    other.start()
    entered.wait(20)
    for _ in range(3):
        program.hooked.f(X)
    assert program.staging("f").calls_staged == 0
    leave.set()
    other.join()
    for _ in range(20):
        program.hooked.f(X)
    program.assert_staged("f")
    assert program.hooked.c.n == 23


def test_an_interrupted_trace_leaves_nothing() -> None:
    program = Program("class C: n = 0\nc = C()\nstop = []\ndef f(x):\n  c.n += 1\n  stop[0](x) if stop else None\n  return pad(x)")

    def interrupt(x: Any) -> None:
        raise KeyboardInterrupt

    module = program.hooked
    module.f(X)
    module.stop.append(interrupt)
    with pytest.raises(KeyboardInterrupt):
        module.f(X)
    assert module.c.n == 2
