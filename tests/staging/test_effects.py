"""A trace has no visible effect: what it would change, or cannot carry, ends it, and the function runs plain."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from autograph_hook.staging import known

from .programs import Program, outcome, same

X = tf.constant([1.0, -2.0, 3.0])

# Source with a function f(x), what else is compared after each call, and the reason why f is plain.
EFFECTS: dict[str, tuple[str, str, str]] = {
    "logging": ("""
        import logging
        log = logging.getLogger(__name__); records = []
        log.addFilter(lambda record: records.append(record.getMessage()) or False)
        def f(x): log.warning("hello"); return pad(x)
        """, "records", "uses a logger"),
    "append to an argument": ("def f(x): return g(x, [1])\ndef g(x, xs): xs.append(x); return pad(x), len(xs)",
                              "None", None),
    "append by map": ("log = []\ndef f(x): list(map(log.append, [1, 2])); return pad(x)", "log", "list.append"),
    "append as a key function": ("log = []\ndef f(x): sorted([1, 2], key=log.append); return pad(x)", "log",
                                 "list.append"),
    "dict in-place or": ("d = {}\ndef f(x):\n  e = d\n  e |= {'a': 1}\n  return pad(x)", "d", "changes dict in place"),
    "delattr": ("class C: pass\nc = C(); c.x = 1\ndef f(x):\n  if hasattr(c, 'x'): del c.x\n  return pad(x)", "vars(c)",
                None),
    "__dict__": ("class C: pass\nc = C()\ndef f(x): c.__dict__['x'] = 1; return pad(x)", "vars(c)",
                 "changes the __dict__ of an object"),
    "a class's attribute": ("class C: pass\nc = C()\ndef f(x): type(c).n = 1; return pad(x)", "vars(C).get('n')",
                            "'n' is set"),
    "operator.setitem": ("import operator\nd = [0]\ndef f(x): operator.setitem(d, 0, 5); return pad(x)", "d",
                         "calls _operator.setitem"),
    "exec": ("log = []\ndef f(x): exec('log.append(1)'); return pad(x)", "log", "exec"),
    "eval": ("log = []\ndef f(x): eval('log.append(1)'); return pad(x)", "log", "eval"),
    "globals": ("n = 0\ndef f(x): globals()['n'] = 5; return pad(x)", "n", "globals"),
    "__getattr__ with an effect": ("class C:\n  log = []\n  def __getattr__(self, name): self.log.append(name)\n"
                                   "c = C()\ndef f(x): c.a; return pad(x)", "c.log", "'a'"),
    "hasattr with an effect": ("class C:\n  log = []\n  def __getattr__(self, name): self.log.append(name)\n"
                               "c = C()\ndef f(x): return pad(x) * hasattr(c, 'a')", "c.log", "'a'"),
    "random": ("import random\ndef f(x): return pad(x) * random.Random(1).random()", "None", "makes an instance"),
    "random.random": ("import random\ndef f(x): random.random(); return pad(x)", "None", "calls Random.random"),
    "np.random": ("def f(x): np.random.rand(); return pad(x)", "None", "RandomState"),
    "np.sum": ("def f(x): return pad(x) * float(np.sum(np.ones(2)))", "None", "numpy"),
    "time": ("import time\ndef f(x): time.time(); return pad(x)", "None", "calls time.time"),
    "open": ("def f(x):\n  with open('/dev/null') as file: pass\n  return pad(x)", "None", "calls"),
    "numpy": ("def f(x): return pad(x) * x.numpy().sum()", "None", "uses a Python value of a tensor"),
    "numpy of a variable": ("v = tf.Variable(2.0)\ndef f(x): return pad(x) * v.numpy()", "None",
                            "uses a Python value of a tensor"),
    "float": ("def f(x): return pad(x) * float(x[0])", "None", "uses a Python value of a tensor"),
    "int": ("def f(x): return pad(x) * int(x[0])", "None", "makes a Python int"),
    "bool": ("def f(x): return pad(x) if bool(x[0]) else x", "None", "uses a Python value of a tensor"),
    "float of a variable": ("v = tf.Variable(2.0)\ndef f(x): return pad(x) * float(v)", "None",
                            "uses a Python value of a tensor"),
    "str": ("def f(x): return pad(x), str(x)", "None", ""),
    "an f-string": ("def f(x): return pad(x), f'{x}'", "None", "makes a text of a Tensor"),
    "an f-string of a variable": ("v = tf.Variable(2.0)\ndef f(x): return pad(x), f'{v}'", "None",
                                  "makes a text of a BaseResourceVariable"),
    "a format in a generator": ("def f(x):\n  print(', '.join(f'{v:.3f}' for v in x))\n  return pad(x)", "None",
                                "makes a text of a Tensor"),
    "repr in a format": ("def f(x): return pad(x), '%r' % (x,)", "None", "makes a text of a Tensor"),
    "str.format": ("def f(x): return pad(x), '{}'.format([x])", "None", "makes a text of a Tensor"),
    "type": ("def f(x): return pad(x), type(x).__name__", "None", "asks for the type of a tensor"),
    "isinstance of eager tensors": ("E = type(tf.constant(1))\ndef f(x): return pad(x), isinstance(x, E)", "None",
                                    "asks whether a tensor is a"),
    "hasattr of a tensor": ("def f(x): return pad(x), hasattr(x, 'numpy')", "None", "asks whether"),
    "id": ("def f(x): id(x); return pad(x)", "None", "calls id"),
    "hash": ("def f(x): return pad(x), hash('a') == hash('a')", "None", "calls hash"),
    "name of a tensor": ("def f(x):\n  try: x.name\n  except AttributeError: pass\n  return pad(x)", "None", "catches"),
    "a tensor as an index": ("xs = [1.0, 2.0]\ndef f(x): return pad(x) * xs[tf.argmax(x) - 1]", "None",
                             "picks from Python values"),
    "executing_eagerly": ("def f(x): return pad(x), tf.executing_eagerly()", "None", "executing_eagerly"),
    "get_static_value": ("def f(x): return pad(x), tf.get_static_value(x)", "None", "calls"),
    "init_scope": ("v = tf.Variable(0.0)\ndef f(x):\n  with tf.init_scope(): v.assign_add(1.0)\n  return pad(x)",
                   "v", "calls"),
    "a variable": ("def f(x): return pad(x) * tf.Variable(2.0)", "None", "makes an instance"),
    "a variable once": ("class C: v = None\nc = C()\ndef f(x):\n  if c.v is None: c.v = tf.Variable(2.0)\n"
                        "  c.v.assign_add(1.0)\n  return pad(x) * c.v", "c.v", None),
    "py_function": ("log = []\ndef f(x): return pad(tf.py_function(lambda x: (log.append(1), x)[1], [x], tf.float32))",
                    "len(log)", "calls"),
    "a summary": ("def f(x): tf.summary.scalar('a', x[0], step=0); return pad(x)", "None", "calls"),
    "set_seed": ("def f(x): tf.random.set_seed(1); return pad(x)", "None", "calls"),
    "run_functions_eagerly": ("def f(x): tf.config.run_functions_eagerly(False); return pad(x)", "None", "calls"),
    "next of an iterator": ("it = iter(range(99))\ndef f(x): return pad(x) * next(it)", "None", "range_iterator"),
    "in of an iterator": ("it = iter(range(99))\ndef f(x): return pad(x) * (3 in it)", "list(it)[:0]",
                          "range_iterator"),
    "a loop over an iterator": ("it = iter(range(99))\ndef f(x):\n  for i in it:\n    if i % 3 == 2: break\n"
                                "  return pad(x) * i", "None", "range_iterator"),
    "a generator": ("def g(x):\n  yield x\n  yield x * 2\ndef f(x): return pad(tf.add_n(list(g(x))))", "None",
                    "calls hooked_program.g, a generator"),
    "a dataset": ("d = tf.data.Dataset.range(3)\ndef f(x):\n  for i in d: x = x + tf.cast(i, x.dtype)\n"
                  "  return pad(x)", "None", "from outside"),
    "a dataset's iterator": ("it = iter(tf.data.Dataset.range(99))\n"
                             "def f(x): return pad(x) * tf.cast(next(it), x.dtype)", "None", "from outside"),
    "a thread": ("import threading\nlog = []\ndef f(x):\n  t = threading.Thread(target=log.append, args=(1,))\n"
                 "  t.start(); t.join()\n  return pad(x)", "log", "threading.Thread"),
    "a user's context manager": ("log = []\nclass C:\n  def __enter__(self): log.append(1)\n"
                                 "  def __exit__(self, *e): log.append(2); return True\n"
                                 "def f(x):\n  with C(): x = pad(x)\n  return x", "log", "context manager"),
    "a lock": ("import threading\nlock = threading.Lock()\ndef f(x):\n  with lock: return pad(x)", "None", "lock"),
    "try": ("def f(x):\n  try: y = tf.reshape(x, [7])\n  except tf.errors.InvalidArgumentError: y = x\n"
            "  except ValueError: y = x * 99\n  return pad(y)", "None", "catches or cleans up"),
    "try in an inner function": ("def g(x):\n  try: return tf.reshape(x, [7])\n"
                                 "  except tf.errors.InvalidArgumentError: return x\n"
                                 "  except ValueError: return x * 99\ndef f(x): return pad(g(x))", "None",
                                 "catches or cleans up"),
    "warnings.warn": ("import warnings\ndef f(x):\n  warnings.warn('hello')\n  return pad(x)", "None", "calls"),
    "an import": ("def f(x):\n  import math\n  return pad(x) * math.pi", "None", "imports"),
    "an import in an inner function": ("def g():\n  import math\n  return math.pi\ndef f(x): return pad(x) * g()",
                                       "None", "imports"),
    "a class statement": ("def f(x):\n  class C: a = 2.0\n  return pad(x) * C.a", "None", "class"),
    "an array": ("def f(x): return pad(x) * np.ones(3, np.float32)", "None", "calls"),
    "in-place add to an array": ("a = np.zeros(3)\ndef f(x):\n  b = a\n  b += 1\n  return pad(x)", "a", "NumPy array"),
    "sys.exit in a branch": ("import sys\ndef f(x):\n  if x[0] > 5: sys.exit()\n  return pad(x)", "None", "sys.exit"),
    "SystemExit in a branch": ("def f(x):\n  if x[0] > 5: raise SystemExit\n  return pad(x)", "None", "SystemExit"),
    "raise on a tensor": ("def f(x):\n  if x[0] > 5: raise ValueError('large')\n  return pad(x)", "None",
                          "ValueError"),
    "raise": ("def f(x):\n  if x.shape[0] == 3: raise ValueError('three')\n  return pad(x)", "None", "ValueError"),
    "an unknown callee": ("import textwrap\ndef f(x): return pad(x), textwrap.dedent(' a')", "None",
                          "calls textwrap.dedent, which is not enabled and not known to be safe"),
    "an unknown callback": ("import textwrap\nlog = []\nexec('def g(x): log.append(1); return x * 2')\n"
                            "def f(x): return pad(tf.map_fn(g, x))", "len(log)", "map_fn"),
    "a generator's context manager": ("import contextlib\nlog = []\n@contextlib.contextmanager\ndef g():\n"
                                      "  log.append(1)\n  yield\ndef f(x):\n  with g(): return pad(x)", "log",
                                      "calls hooked_program.g, a generator"),
    "a tf.function": ("g = tf.function(pad)\ndef f(x): return pad(g(x))", "None", "not known to be safe"),
    "a custom gradient": ("@tf.custom_gradient\ndef g(x): return x * 2, lambda d: d * 5\n"
                          "def f(x): return pad(g(x))", "None", "not known to be safe"),
    "a tape from outside": ("tape = tf.GradientTape(persistent=True)\ndef f(x):\n  tape.reset()\n  return pad(x)",
                            "None", "GradientTape.reset"),
    "a TensorArray from outside": ("ta = tf.TensorArray(tf.float32, 2, clear_after_read=False).write(0, 1.0)\n"
                                   "def f(x): return pad(x) * ta.read(0)", "None", ""),
    "a number that depends on a tensor": ("def f(x): return pad(x), 1 if x[0] > 0 else 2", "None", "Python value"),
    "a number returned on one path": ("def f(x):\n  x = pad(x)\n  if x[0] > 0: return 1\n  return 2", "None",
                                      "the result is a Python value"),
    "a number of a branch": ("def f(x):\n  n = 0.1\n  if x[0] > 0: n = 0.2\n  return pad(x) * n", "None",
                             "n is a Python value"),
    "a number counted by a loop": ("def f(x):\n  n = 0\n  while tf.reduce_sum(x) < 5: x = x + 1; n += 1\n"
                                   "  return pad(x), n", "None", "n is a Python value"),
    "a sum of Python floats": ("def f(x):\n  n = 0.0\n  while tf.reduce_sum(x) < 5: x = x + 1; n += 0.1\n"
                               "  return pad(x), n", "None", "n is a Python value"),
    "not of a tensor": ("def f(x): return pad(x), not x[0] > 0", "None", "Python bool"),
    "in of tensors": ("def f(x): return pad(x), x[0] in [x[1], x[2]]", "None", "Python bool"),
    "and of a tensor and a bool": ("def f(x): return pad(x), x[0] > 0 and True", "None", "Python bool"),
    "identity of a truth": ("def f(x): return pad(x) * (2 if (x[0] > 0 and True) is True else 3)", "None", "identity"),
    "a truth as an index": ("def f(x): return [x, pad(x)][not x[0] > 0]", "None", "as an index"),
    "the class of a truth": ("def f(x): return pad(x), isinstance(not x[0] > 0, bool)", "None", "whether a tensor is"),
    "a shape known only when it runs": ("def f(x): return pad(x), tf.boolean_mask(x, x > 0).shape[0]", "None",
                                        "shape that is known only when the graph runs"),
    "len of a tensor of unknown length": ("def f(x): return pad(x), len(tf.boolean_mask(x, x > 0))", "None",
                                          "shape that is known only when the graph runs"),
    "recursion on a tensor": ("def f(x):\n  if tf.reduce_sum(x) < 5: return f(x + 1)\n  return pad(x)", "None", ""),
    "a long unrolled loop": ("def f(x):\n  n = 0\n  for i in range(10_000): n += i\n  return pad(x) * n", "None",
                             "unrolls"),
    "an object returned": ("class C:\n  def __init__(self, x): self.x = x\ndef f(x): return C(pad(x))", "None",
                           "returns a new hooked_program.C"),
    "a function returned": ("def f(x):\n  y = pad(x)\n  return y, (lambda: y)", "None", "returns a new function"),
    "a generator expression returned": ("def f(x): return pad(x), list(y for y in [x, x])", "None", None),
    "a generator object returned": ("def g(x): return (y for y in [x, x])\n"
                                    "def f(x): return pad(x) * len(list(g(x)))", "None", None),
    "a zip returned": ("def g(x): return pad(x), zip([x], [x])\ndef f(x): return list(g(x)[1])", "None", None),
    "the same list twice": ("def f(x):\n  xs = [pad(x)]\n  return xs, xs", "None", "same list in two places"),
    "a set returned": ("def f(x): return pad(x), {1, 2}", "None", "returns a new set"),
    "append in a staged loop": ("log = []\ndef f(x):\n  while tf.reduce_sum(x) < 9:\n    x = x + 1\n"
                                "    log.append(1)\n  return pad(x)", "log", "changes the length of a list"),
    "append in tf.map_fn": ("log = []\ndef g(x): log.append(1); return x * 2\ndef f(x): return pad(tf.map_fn(g, x))",
                            "len(log)", "append"),
}  # fmt: skip


@pytest.mark.parametrize("name", EFFECTS)
def test_nothing_is_seen_of_a_trace(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    source, seen, reason = EFFECTS[name]
    program = Program(source)
    printed = []
    for _ in range(4):
        outcomes = []
        for module in (program.plain, program.hooked):
            outcomes.append(_act(module, seen))
            printed.append(_of_python(capfd.readouterr()))
        same(outcomes[1], outcomes[0])
        assert printed[-1] == printed[-2]
    staging = program.staging("make.<locals>.f" if "def make" in source else "f")
    if reason is None:
        assert staging.calls_staged > 0 or staging.reason is not None
        return
    assert staging.calls_staged == 0
    if staging.reason is None:
        assert staging.calls == 0  # no tensor was seen
    else:
        assert reason in staging.reason, staging.reason


def _of_python(captured: Any) -> list[str]:
    """What was printed, without what TensorFlow's own log says once in a process."""
    return [line for line in (captured.out + captured.err).splitlines() if not line.startswith("W0000")]


def _act(module: Any, seen: str) -> Any:
    result = outcome(lambda m: m.f(X), module)
    if hasattr(result, "error") or callable(result):
        return result
    if isinstance(result, tuple) and callable(result[-1]):
        result = result[0]
    return result, eval(seen, vars(module))


FINE: dict[str, str] = {
    "mutation of a list made inside": "def f(x):\n  xs = []\n  for i in range(3): xs.append(pad(x) * i)\n  return xs",
    "mutation of a sum of lists": "xs = [1.0]\ndef f(x):\n  ys = xs + [2.0]\n  ys.append(3.0)\n"
    "  return [pad(x) * y for y in ys], ys",
    "in-place add to a list made inside": "def f(x):\n  xs = [x]\n  xs += [pad(x)]\n  xs[0] = x * 2\n  return xs",
    "in-place add to an element": "def f(x):\n  xs = [x, pad(x)]\n  xs[0] += 1\n  return xs",
    "mutation of a dict made inside": "def f(x):\n  d = {'a': x}\n  d['b'] = pad(x)\n  d.update(c=x)\n"
    "  d.pop('a')\n  return d",
    "items": "def f(x):\n  d = {'a': x, 'b': pad(x)}\n  return [k + 'c' for k, v in d.items()], list(d.values())",
    "an object made inside": "class C:\n  def __init__(self, x): self.x = x\n  def g(self): self.x = pad(self.x) + 1\n"
    "def f(x):\n  c = C(x)\n  c.g()\n  return c.x",
    "nonlocal inside": "def f(x):\n  n = 0\n  def g():\n    nonlocal n\n    n += 1\n    return n\n"
    "  return pad(x) * g() * g(), n",
    "a while loop on tensors": "def f(x):\n  x = pad(x)\n  while tf.reduce_sum(x) < 9: x = x + 1\n  return x",
    "a branch on tensors": "def f(x):\n  x = pad(x)\n  if x[0] > 0: y = x * 2\n  else: y = x\n  return y",
    "a loop over a tensor": "def f(x):\n  t = pad(tf.zeros([]))\n  for y in x: t = t + y\n  return t",
    "a loop over tf.range": "def f(x):\n  x = pad(x)\n  for i in tf.range(3): x = x + tf.cast(i, x.dtype)\n  return x",
    "break and continue": "def f(x):\n  t = pad(x) * 0\n  for i in tf.range(9):\n    if i == 2: continue\n"
    "    if i == 5: break\n    t = t + tf.cast(i, x.dtype)\n  return t",
    "a return in a branch": "def f(x):\n  x = pad(x)\n  if x[0] > 0: return x * 2\n  return x",
    "assert": "def f(x):\n  x = pad(x)\n  assert tf.reduce_all(x < 5), 'large'\n  return x",
    "Python values of Python values": "def f(x): return pad(x), 1, 1.5, True, None, 'a', (2, [3, {'b': 4}]), -0.0",
    "slices": "def f(x): return pad(x)[1:], x[None, ::2], x[..., -1]",
    "comprehensions": "def f(x): return {str(i): pad(x) * i for i in range(2)}, [i for i in range(4) if i % 2]",
    "zip and enumerate": "def f(x): return [a * b + i for i, (a, b) in enumerate(zip([x, pad(x)], [x, x]))]",
    "sorted and sum": "def f(x): return sum([pad(x), x]), sorted([3, 1, 2], key=lambda n: -n)",
    "map with an enabled function": "def g(x): return pad(x) + 1\ndef f(x): return list(map(g, [x, x]))",
    "a named tuple": "import collections\nP = collections.namedtuple('P', 'a b')\np = P(2.0, 3.0)\n"
    "def f(x): return pad(x) * p.a * p[1] + len(p)",
    "not in a condition": "def f(x):\n  x = pad(x)\n  if not x[0] > 0: x = x + 1\n  return x",
    "and in a condition": "def f(x):\n  x = pad(x)\n  if x[0] > 0 and x[1] < 0: x = x + 1\n  return x",
    "and of a tensor and a flag in a condition": "flag = True\ndef f(x):\n  x = pad(x)\n"
    "  if x[0] > 0 and flag: x = x + 1\n  return x",
    "a while loop with a break": "def f(x):\n  x = pad(x)\n  while tf.reduce_sum(x) < 9:\n    x = x + 1\n"
    "    if x[0] > 3: break\n  return x",
    "a while loop with a return": "def f(x):\n  x = pad(x)\n  while tf.reduce_sum(x) < 9:\n    x = x + 1\n"
    "    if x[0] > 3: return x * 2\n  return x",
    "an embedding and its gradient": "w = tf.Variable(tf.ones([4, 2]))\ndef f(x):\n"
    "  with tf.GradientTape() as t: y = tf.reduce_sum(tf.gather(w, [1, 1, 2]) * pad(x)[:, None])\n"
    "  return tf.convert_to_tensor(t.gradient(y, w))",
    "a chained comparison": "def f(x):\n  x = pad(x)\n  if 0 < x[0] < 2: x = x + 1\n  return x",
    "isinstance": "def f(x): return pad(x), isinstance(x, tf.Tensor), isinstance(x, (list, tf.Variable))",
    "recursion on a number": "def g(x, n): return pad(x) if n == 0 else g(x * 2, n - 1)\ndef f(x): return g(x, 5)",
    "varargs": "def g(*xs, **d): return [pad(x) for x in xs], d\ndef f(x): return g(x, x * 2, a=1, b=x * 3)",
    "a name scope": "def f(x):\n  with tf.name_scope('a'): x = pad(x)\n  return x",
    "tf.print": "def f(x):\n  tf.print('x', x, [1, {'a': x}])\n  y = tf.print(x)\n  return pad(x), y",
    "dtypes": "def f(x): return tf.cast(pad(x), tf.int32), x.dtype, x.shape, x.dtype.is_floating, x.shape.as_list()",
    "a dataclass made inside": "import dataclasses\n@dataclasses.dataclass\nclass C:\n  x: object\n  n: int = 1\n"
    "  xs: list = dataclasses.field(default_factory=list)\ndef f(x):\n  c = C(pad(x))\n  c.xs.append(c.x)\n"
    "  c.n += 1\n  return c, dataclasses.replace(c, x=x * 2, xs=[]).x",
    "a frozen dataclass with slots": "import dataclasses\n@dataclasses.dataclass(frozen=True, slots=True)\nclass C:\n"
    "  x: object\n  n: int = 1\n  def two(self): return self.x * 2\ndef f(x):\n  c = C(pad(x), n=3)\n"
    "  return c, dataclasses.replace(c, x=c.two())",
    "a named tuple made inside": "import collections\nP = collections.namedtuple('P', 'a b')\ndef f(x):\n"
    "  p = P(pad(x), b=1)\n  a, b = p._replace(b=x)\n  return p, a + b, p.a * p[1]",
    "a property of an enabled class": "class C:\n  @property\n  def two(self): return 2.0\nc = C()\n"
    "def f(x): return pad(x) * c.two",
    "constants": "def f(x): return pad(x) * tf.constant([1.0, 2.0, 3.0]) + tf.zeros_like(x) + tf.ones([3])",
    "math": "import math\ndef f(x): return pad(x) * math.sqrt(4.0) * math.pi",
    "a class method": "class C:\n  n = 2.0\n  @classmethod\n  def g(cls, x): return pad(x) * cls.n\n"
    "  @staticmethod\n  def h(x): return x + 1\ndef f(x): return C.h(C.g(x))",
    "a decorated function": "import functools\ndef twice(g):\n  @functools.wraps(g)\n  def w(*a): return g(g(*a))\n"
    "  return w\n@twice\ndef g(x): return pad(x) + 1\ndef f(x): return g(x)",
    "super": "class A:\n  def g(self, x): return pad(x)\nclass B(A):\n  def g(self, x): return super().g(x) + 1\n"
    "b = B()\ndef f(x): return b.g(x)",
    "an aliased variable": "v = tf.Variable([1.0, 1.0, 1.0])\ndef f(x):\n  w = v\n  w.assign(pad(x))\n  return v + w",
    "the variable itself": "v = tf.Variable(1.0)\ndef f(x): v.assign_add(pad(x)[0]); return v",
    "raise on a Python value": "n = 1\ndef f(x):\n  if n == 2: raise ValueError('two')\n  return pad(x)",
    "all of a generator expression": "def f(x):\n  xs = [x, None]\n  if all(y is None for y in xs): return 0\n"
    "  return pad(x), any(y is None for y in xs), any(len(y.shape) > 3 for y in xs if y is not None), all(y for y in ())",
    "what any leaves of an iterator": "def f(x):\n  ns = (n for n in [1, 0, 2, 3])\n  return any(n > 1 for n in ns), pad(x), "
    "list(ns), all(map(bool, (1, 2)))",
    "iterators of itertools": "import itertools as it\ndef f(x):\n"
    "  longest = [(a, b) for a, b in it.zip_longest([x, x + 1], [x * 2], fillvalue=0.5)]\n"
    "  total = sum(a * b for a, b in it.product(x, x)) + sum(a - b for a, b in it.pairwise(x))\n"
    "  some = list(it.islice(it.chain(x, [1.0], pad(x)), 1, 6, 2)), list(it.permutations([1, 2])), list(it.repeat(x, 2))\n"
    "  return longest, total, some, [a + b for a, b in it.combinations([*x], 2)]",
    "a method bound by hand": "def g(self, x): return pad(x) * self\ndef f(x): return g.__get__(2.0, float)(x)",
    "a sentinel": "_NONE = object()\ndef g(x, y=_NONE, *, z=_NONE):\n  if y is _NONE: return x\n"
    "  return x + y if z is _NONE else z\n"
    "def h(): return _NONE\n"
    "def f(x): return g(pad(x)) + g(x, 2.0), h() is _NONE, [_NONE] == [g], g(x, 1.0, z=_NONE), _NONE in (1, _NONE)",
    "asking for a strategy": "def f(x):\n  if tf.distribute.has_strategy(): return x\n"
    "  return pad(x), tf.distribute.in_cross_replica_context()",
}


@pytest.mark.parametrize("name", FINE)
def test_what_stays_inside_is_staged(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    program = Program(FINE[name])
    for _ in range(4):
        program.plain.result = program.plain.f(X)
        expected = capfd.readouterr()
        program.hooked.result = program.hooked.f(X)
        assert capfd.readouterr() == expected
        same(program.hooked.result, program.plain.result)
    program.assert_staged("f", calls=3, specializations=1)


def test_results_are_new_where_they_are_made_and_the_same_where_they_were_there() -> None:
    program = Program("""
        pair, xs, c = (1, 2), [1], object()
        def f(x): return [pad(x)], {"a": [1]}, (x, x), pair, xs, x
    """)
    program.calls(2, lambda m: m.f(X))
    module = program.hooked
    one, other = module.f(X), module.f(X)
    program.assert_staged("f")
    for i in (0, 1):
        assert one[i] is not other[i]
    assert one[1]["a"] is not other[1]["a"]
    assert one[3] is module.pair and one[4] is module.xs and one[5] is X and one[2][0] is X
    one[1]["a"].append(2)
    assert module.f(X)[1] == {"a": [1]}


def test_the_same_tensor_returned_twice_is_one_object() -> None:
    program = Program("def f(x):\n    y = pad(x)\n    return y, y, [y]")
    program.calls(3, lambda m: m.f(X))
    one, other, (third,) = program.hooked.f(X)
    assert one is other is third
    program.assert_staged("f")


def test_a_container_that_is_given_comes_back_as_itself() -> None:
    program = Program("def f(xs):\n    pad(xs[0])\n    return xs")
    given = [X]
    for _ in range(3):
        assert program.hooked.f(given) is given
    program.assert_staged("f")


def test_arguments_are_changed_as_the_plain_run_changes_them() -> None:
    program = Program("def f(xs, d):\n    xs.append(pad(xs[0]))\n    d['n'] = len(xs)\n    return xs[-1]")
    for module in (program.plain, program.hooked):
        module.xs, module.d = [X], {}
    for _ in range(4):
        program.both(lambda m: m.f(m.xs, m.d))
        program.both(lambda m: (m.xs, m.d))
    program.assert_staged("f")


def test_an_exception_on_a_python_value_is_the_plain_one() -> None:
    program = Program("""
        def f(x, n):
            if n > 2:
                raise ValueError(f"{n} is too large")
            return pad(x) * n
    """)
    for n in (1, 1, 1, 5, 1, 5):
        program.both(lambda m, n=n: m.f(X, n))
    assert program.staging("f").calls_staged >= 2


def test_objects_live_no_longer_for_having_been_traced_in_vain() -> None:
    import gc
    import weakref

    program = Program("class C: pass\ndef f(x, c):\n    print\n    return pad(x), id(c) > 0")
    c = program.hooked.C()
    reference = weakref.ref(c)
    for _ in range(4):
        program.hooked.f(X, c)
    program.assert_plain("f", "calls id")
    del c
    gc.collect()
    assert reference() is None


def test_no_symbolic_tensor_is_left_anywhere() -> None:
    import gc

    program = Program("""
        class C:
            def __init__(self): self.xs, self.last = [], None
            def f(self, x, fail):
                y = pad(x)
                if fail: self.last = y
                if not fail: self.xs.append(y)
                return y
        c = C()
    """)
    program.calls(3, lambda m: m.c.f(X, True))
    program.calls(3, lambda m: m.c.f(X, False))
    eager = type(X)
    assert all(type(x) is eager for x in [program.hooked.c.last, *program.hooked.c.xs])
    gc.collect()


def test_threads_that_call_at_once_get_what_they_would_have_got() -> None:
    program = Program("def f(x, n):\n    return pad(x) * n")
    failures = []

    def work(n: int) -> None:
        for i in range(30):
            result = program.hooked.f(X * i, n)
            if not np.array_equal(result, X * i * n):
                failures.append((n, i))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    program.assert_staged("f")


def test_a_trace_in_one_thread_does_not_concern_another() -> None:
    program = Program("""
        import threading
        log = []
        def f(x):
            return pad(x)
        def g(x):
            log.append(len(log))
            return pad(x)
    """)
    stop = threading.Event()
    errors: list[BaseException] = []

    def other() -> None:
        try:
            while not stop.is_set():
                assert type(program.hooked.g(X)) is type(X)
                assert "numpy" in repr(X)
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=other)
    thread.start()
    try:
        for size in range(1, 8):
            for _ in range(3):
                program.hooked.f(tf.ones([size]))
    finally:
        stop.set()
        thread.join()
    assert errors == []
    program.assert_staged("f")
    assert program.hooked.log == list(range(len(program.hooked.log)))


def test_objects_live_no_longer_for_having_been_staged() -> None:
    import gc
    import weakref

    program = Program("""
        class Layer:
            def __init__(self): self.w = tf.Variable(2.0)
        class Model:
            def __init__(self): self.layers = [Layer()]; self.name = "a"; self.parts = {"n": 1, "l": self.layers[0]}
            def f(self, x): return pad(x) * self.layers[0].w * self.parts["n"] + self.parts["l"].w
        def f(x, model): return model.f(x)
    """)
    for _ in range(7):
        model = program.hooked.Model()
        reference = weakref.ref(model)
        for _ in range(3):
            program.hooked.f(X, model)
        del model
        gc.collect()
        assert reference() is None
        assert program.staging("f").specializations == []
    program.assert_staged("f")
    assert program.staging("f").calls_staged == 20


EITHER: dict[str, str] = {
    "an item set in a branch": "def f(x):\n  xs = [0.0, x]\n  if x[0] > 0: xs[0] = 1.0\n  return pad(x), xs",
    "an attribute set in a branch": "class C: pass\ndef f(x):\n  c = C()\n  c.n = 0\n  if x[0] > 0: c.n = 1\n"
    "  return pad(x), c.n",
    "a dict item counted in a loop": "def f(x):\n  d = {'n': 0}\n  for y in x: d['n'] += 1\n  return pad(x), d",
    "None or a tensor": "def f(x):\n  y = None\n  if x[0] > 0: y = pad(x)\n  return y",
    "a name that only one branch sets": "def f(x):\n  x = pad(x)\n  if x[0] < 0: y = x\n  return y if x[0] < 0 else x",
    "a Python loop that a tensor ends": "def f(x):\n  x = pad(x)\n  for i in [1, 2, 3]:\n    if x[0] * i > 1: break\n"
    "  return x, i",
    "a Python loop with a tensor's continue": "def f(x):\n  t = pad(x)\n  for i in range(3):\n"
    "    if x[i] < 0: continue\n    t = t + i\n  return t",
    "a Python loop with an else": "def f(x):\n  t = pad(x)\n  for i in range(3):\n    if x[i] < -9: break\n"
    "  else: t = t * 2\n  return t",
    "a while loop with a return": "def f(x):\n  x = pad(x)\n  while tf.reduce_sum(x) < 9:\n    x = x + 1\n"
    "    if x[0] > 3: return x * 2\n  return x",
    "a nested branch of numbers": "def f(x):\n  n = 1\n  if x[0] > 0:\n    if x[1] > 0: n = 2\n    else: n = 3\n"
    "  return pad(x) * n",
    "a list that grows in a staged loop": "def f(x):\n  ys = []\n  for y in x: ys.append(y * 2)\n  return pad(x), ys",
    "a list of tensors picked by a tensor": "def f(x):\n  ys = [x, pad(x)]\n  return ys[tf.argmax(x) - 1]",
    "unpacking a tensor": "def f(x):\n  a, *b = pad(x)\n  return a, b",
    "the star of a tensor": "def g(*a): return len(a), a\ndef f(x): return g(*pad(x))",
    "zip of tensors": "def f(x): return [a * b for a, b in zip(x, pad(x))]",
    "list of a tensor": "def f(x): return list(pad(x)), tuple(x)",
    "sum and max of a tensor": "def f(x): return sum(pad(x)), max(x), min(x[0], x[1]), abs(x)",
    "a comparison with None": "def f(x): return pad(x), x is None, x == None, None in [1]",
    "a comparison of dtypes": "def f(x): return pad(x) if x.dtype == tf.float32 else x, x.dtype == 'float32'",
    "a comparison of shapes": "def f(x): return pad(x), x.shape == [3], x.shape == (3,), tuple(x.shape)",
    "a tensor compared with another shape": "def f(x): return pad(x), x == tf.zeros([2])",
    "the result of an assignment": "v = tf.Variable([0.0, 0.0, 0.0])\ndef f(x): return v.assign_add(pad(x)) * 2, v + 0",
    "two reads around an assignment": "v = tf.Variable(1.0)\ndef f(x):\n  a = v.read_value()\n  b = v + 0\n"
    "  v.assign_add(pad(x)[0])\n  return a, b, v.read_value(), v * 1",
    "two names of one variable": "v = tf.Variable(1.0)\nw = v\ndef f(x):\n  v.assign_add(pad(x)[0])\n  w.assign(w * 2)\n"
    "  return v + w",
    "an assignment in a branch": "v = tf.Variable(1.0)\ndef f(x):\n  x = pad(x)\n  if x[0] > 0: v.assign_add(1.0)\n"
    "  return v + x",
    "an assignment of another shape": "v = tf.Variable([1.0, 2.0, 3.0])\ndef f(x):\n  v.assign(pad(x)[:2])\n  return v",
    "an item of a variable": "v = tf.Variable([1.0, 2.0, 3.0])\ndef f(x):\n  v[0].assign(pad(x)[1])\n  return v + 0",
    "a scatter": "v = tf.Variable([1.0, 2.0, 3.0])\ndef f(x):\n"
    "  v.scatter_nd_update([[1]], [pad(x)[0]])\n  return v + 0",
    "shapes that do not fit": "def f(x): return pad(x) @ x",
    "dtypes that do not fit": "def f(x): return pad(x) + tf.constant(1)",
    "integers and floats": "def f(x): return tf.cast(pad(x), tf.int32) * 2, x * 2, 2 / x, 7 // tf.cast(x, tf.int64)",
    "a ragged tensor": "r = tf.ragged.constant([[1.0], [2.0, 3.0]])\ndef f(x): return pad(x) * tf.reduce_sum(r * 2)",
    "a sparse tensor": "s = tf.sparse.from_dense([[1.0, 0.0, 2.0]])\n"
    "def f(x): return tf.sparse.sparse_dense_matmul(s, pad(x)[:, None])",
    "gradients of an embedding": "w = tf.Variable(tf.ones([4, 2]))\ndef f(x):\n"
    "  with tf.GradientTape() as t: y = tf.reduce_sum(tf.gather(w, [1, 1, 2]) * pad(x)[:, None])\n"
    "  return tf.convert_to_tensor(t.gradient(y, w))",
    "a jacobian": "def f(x):\n  with tf.GradientTape() as t:\n    t.watch(x)\n    y = pad(x) ** 2\n"
    "  return t.jacobian(y, x)",
    "einsum": "def f(x): return tf.einsum('i,j->ij', pad(x), x)",
    "dynamic sizes": "def f(x):\n  y = tf.boolean_mask(pad(x), x > 0)\n  return y, tf.size(y), tf.unique(y)",
    "a match statement": "def f(x, n=1):\n  match n:\n    case 1: return pad(x)\n    case _: return x",
    "a walrus": "def f(x): return (y := pad(x)) * 2, y",
    "a starred argument of a builtin": "xs = [1, 2]\ndef f(x): return pad(x), max(*xs), dict(a=1, **{'b': 2})",
    "a conditional lambda": "def f(x):\n  g = (lambda y: y * 2) if x.shape[0] == 3 else (lambda y: y)\n  return g(pad(x))",
    "a partial": "import functools\ndef g(a, b): return pad(a) * b\nh = functools.partial(g, b=2.0)\ndef f(x): return h(x)",
    "reduce": "import functools\ndef f(x): return functools.reduce(lambda a, b: a + b, [x, pad(x)])",
    "itertools": "import itertools\ndef f(x): return [a * b for a, b in itertools.product([x, pad(x)], repeat=2)]",
    "a class with __getitem__": "class C:\n  def __getitem__(self, i): return 2.0 * i\nc = C()\n"
    "def f(x): return pad(x) * c[3]",
    "a class with __len__ and __iter__": "class C:\n  def __len__(self): return 2\n  def __iter__(self): return iter([1, 2])\n"
    "c = C()\ndef f(x): return pad(x) * len(c), [x * i for i in c]",
    "a class with __contains__": "class C:\n  def __contains__(self, x): return x == 2\nc = C()\n"
    "def f(x): return pad(x) * (2 in c), 3 not in c",
    "a tf.Module with a property": "class M(tf.Module):\n  def __init__(self):\n    super().__init__(name='m')\n"
    "    self.v = tf.Variable(2.0)\n  @property\n  def w(self): return self.v * 2\nm = M()\n"
    "def f(x): return pad(x) * m.w, m.name",
    "a frozen dataclass": "import dataclasses\n@dataclasses.dataclass(frozen=True)\nclass C: a: float = 2.0\nc = C()\n"
    "def f(x): return pad(x) * c.a, c",
    "a cached property": "import functools\nclass C:\n  n = 0\n  @functools.cached_property\n  def a(self):\n"
    "    C.n += 1\n    return 2.0\nc = C()\ndef f(x): return pad(x) * c.a, c.n",
    "an lru_cache": "import functools\nlog = []\n@functools.lru_cache\ndef g(n):\n  log.append(n)\n  return n * 2.0\n"
    "def f(x): return pad(x) * g(3), log[:]",
}  # fmt: skip


@pytest.mark.parametrize("name", EITHER)
def test_staged_or_not_the_results_are_the_same(name: str) -> None:
    program = Program(EITHER[name])
    for x in (X, X, X, -X, X * 2, tf.zeros([3]), X):
        program.both(lambda m, x=x: m.f(x))
    staging = program.staging("f")
    assert staging.reason is not None or staging.calls_staged > 0
    assert staging.failures <= known.MOST_FAILURES
