"""Programs that were written to tell a staged call from an eager one: values, types, prints, state, gradients."""

from __future__ import annotations

import contextlib
import io
import types
from typing import Any

import pytest

tf = pytest.importorskip("tensorflow")

from tests.staging.programs import Program, outcome, same  # noqa: E402

X = [[1.0, -2.0, 3.0], [-1.0, 2.0, -3.0], [4.0, 5.0, 6.0], [0.0, 0.0, 1.0], [-2.0, -2.0, -9.0], [7.0, -1.0, 0.5]]
N = [3, 5, 0, 1, 4, 2]

STAGED, PLAIN, WATCHED = "staged", "plain", "watched by a tape outside"
POINT = "from collections import namedtuple\nP = namedtuple('P', 'a', defaults=([1],))\n"
DATA = "from dataclasses import dataclass\nT = ([1],)\n@dataclass\nclass P:\n  a: object = T\n"
TAPE = "def f(x):\n  with tf.GradientTape() as t:\n    t.watch(x)\n    z = tf.constant(0.)\n"

# Title: source, the call (a statement before it after "->": done before each call), what the function is in the end.
PROGRAMS: dict[str, tuple[str, str, str]] = {
    # What was wrong: the order of a dictionary's keys.
    "keys in another order on each path": (
        "def f(x):\n  d = {}\n  if x[0] > 0:\n    d['a'] = x; d['b'] = x * 2\n  else:\n    d['b'] = -x; d['a'] = x\n"
        "  return pad(x), d", "f(x)", PLAIN),
    "a key put back on one path": (
        "def f(x):\n  d = {'a': x, 'b': x}\n  if x[0] > 0:\n    v = d.pop('a'); d['a'] = v * 2\n  return pad(x), d",
        "f(x)", PLAIN),
    "a dictionary in another order on one path": (
        "def f(x):\n  d = {'a': x, 'b': x}\n  if x[0] > 0: d = {'b': x, 'a': x * 2}\n  return pad(x), d", "f(x)", PLAIN),
    "a dictionary in another order in a loop": (
        "def f(x):\n  d = {'a': x, 'b': x}\n  while x[0] < 0:\n    d = {'b': x, 'a': x * 2}\n    x = x + 1\n"
        "  return pad(x), d", "f(x)", PLAIN),
    "keys in the same order on each path": (
        "def f(x):\n  d = {'a': x}\n  if x[0] > 0: d['b'] = x * 2\n  else: d['b'] = -x\n  return pad(x), d",
        "f(x)", STAGED),
    "attributes in another order": (
        DATA + "def f(x):\n  c = P(x)\n  if x[0] > 0:\n    c.p = x; c.q = x * 2\n  else:\n    c.q = x; c.p = -x\n"
        "  return pad(x), c", "[list(vars(v)) for v in f(x)[1:]]", PLAIN),
    # Defaults of what makes the instances of a named tuple or a dataclass.
    "a default list of a named tuple changes": (POINT + "def f(x):\n  return pad(x) * P().a[0]",
                                                "P.__new__.__defaults__[0][0] += 1 -> f(x)", STAGED),
    "a default list of a named tuple is appended to": (
        POINT + "L = P().a\ndef f(x):\n  p = P(); p.a.append(1); return pad(x) * len(p.a)", "f(x)", STAGED),
    "a default of a named tuple is replaced": (POINT + "def f(x):\n  return pad(x) * P().a[0]",
                                               "P.__new__.__defaults__ = ([i // 3],) -> f(x)", STAGED),
    "a default of a dataclass holds a list": (
        DATA + "def f(x):\n  p = P(); p.a[0].append(1); return pad(x) * len(p.a[0])", "f(x)", STAGED),
    "a default of a dataclass is replaced": (
        DATA + "def f(x):\n  return pad(x) * P().a[0][0]", "P.__init__.__defaults__ = (([i // 3],),) -> f(x)", STAGED),
    "a partial is given another state": (
        "import functools\ndef g(x, k): return x * k\np = functools.partial(g, k=2)\ndef f(x): return pad(p(x))",
        "p.__setstate__((g, (), {'k': i // 3}, None)) -> f(x)", STAGED),
    # Python bools of the eager run, where an operator takes them.
    "not times a tensor": ("def f(x): return pad(x) * (not x[0] > 0)", "f(x)", PLAIN),
    "not and a bool": ("def f(x): return pad(x), (not x[0] > 0) & True", "f(x)", PLAIN),
    "not is compared": ("def f(x): return pad(x), (not x[0] > 0) == True", "f(x)", PLAIN),
    "not is inverted": ("def f(x): return pad(x), ~(not x[0] > 0)", "f(x)", PLAIN),
    "an attribute of in": ("def f(x): return pad(x), (2. in [x[0], x[1]]).dtype", "f(x)", PLAIN),
    "not inside a branch": ("def f(x):\n  a = not x[0] > 0\n  b = x[0] > 0\n  if x[1] > 0: b = a & True\n"
                            "  return pad(x), b", "f(x)", PLAIN),
    "not is cast": ("def f(x): return pad(x) * tf.cast(not x[0] > 0, tf.float32)", "f(x)", STAGED),
    "not as a condition inside a branch": (
        "def f(x):\n  a = not x[0] > 0\n  if x[1] > 0:\n    if a: x = x * 2\n  return pad(x)", "f(x)", STAGED),
    # Builtins that go over tensors.
    "enumerate": ("def f(x):\n  y = x\n  for i, v in enumerate(x, 5): y = y + i * v\n  return pad(y), i, v", "f(x)",
                  STAGED),
    "enumerate in a branch": ("def f(x):\n  y = x\n  if x[0] > 0:\n    for i, v in enumerate(x): y = y + i * v\n"
                              "  return pad(y)", "f(x)", STAGED),
    "enumerate and break": ("def f(x):\n  for i, v in enumerate(x):\n    if v > 0: break\n  return pad(x), i, v",
                            "f(x)", PLAIN),
    "zip of unequal lengths": ("def f(x): return pad(x), [a + b for a, b in zip(x, x[:2])]", "f(x)", STAGED),
    "strict zip of unequal lengths": ("def f(x): return pad(x), list(zip(x, x[:2], strict=True))", "f(x)", PLAIN),
    "zip with Python values": ("def f(x): return pad(x), list(zip([1, 2, 3], x, 'abc')), dict(zip('abc', x))", "f(x)",
                               STAGED),
    "reversed": ("def f(x):\n  y = x\n  for a in reversed(x): y = y * 0.5 + a\n  return pad(y), list(reversed(x))",
                 "f(x)", STAGED),
    "sum": ("def f(x): return pad(x), sum(x), sum(x, x), sum(x, start=2.), sum(tf.stack([x, x]))", "f(x)", STAGED),
    "min and max": ("def f(x): return pad(x), min(x), max(x), min(x[0], x[1]), max([x[2], x[1]])", "f(x)", STAGED),
    "min and max of NaN": ("def f(x):\n  z = x / (x - x[0]) * 0.\n  return pad(x), min(z), max(z), max(x[0] * 0., "
                           "-0. * x[1])", "f(x)", STAGED),
    "max of a tensor and a number": ("def f(x): return pad(x), max(x[0], 0.)", "f(x)", PLAIN),
    "max of rows": ("def f(x): return pad(x), max(tf.stack([x, x]))", "f(x)", PLAIN),
    "any as a condition": ("def f(x):\n  if any(x > 4) and not all(x): x = x * 2\n  return pad(x)", "f(x)", STAGED),
    "any of NaN": ("def f(x):\n  z = x / (x - x[0]) * 0.\n  if any(z): x = x * 2\n  if all(z): x = x + 1\n"
                   "  return pad(x)", "f(x)", STAGED),
    "any is returned": ("def f(x): return pad(x), any(x > 4)", "f(x)", PLAIN),
    "any times a tensor": ("def f(x): return pad(x) * any(x > 0)", "f(x)", PLAIN),
    "map and filter": ("def f(x): return pad(x), list(map(lambda v, w: v * w, x, x)), "
                       "list(filter(lambda v: v is not None, x))", "f(x)", STAGED),
    "map with an effect": ("log = []\ndef g(v):\n  log.append(1)\n  return v\ndef f(x): return list(map(g, x)), pad(x)",
                           "f(x)", STAGED),
    "range to a tensor": ("def f(x, n):\n  i = None\n  for i in range(n): x = x + i\n  return pad(x), i", "f(x, n)",
                          PLAIN),
    "a gradient through enumerate": (
        TAPE + "    for i, v in enumerate(x): z = z + v * v * (i + 1)\n  return pad(x), t.gradient(z, x)", "f(x)",
        STAGED),
    "a gradient through max": (TAPE + "    z = max(x) * 2.\n  return pad(x), t.gradient(z, x)", "f(x)", PLAIN),
    # Gradients through a call from outside it: a tape sees operations that a graph would hide from it.
    "a gradient of a chain of products": ("def f(x):\n  for _ in range(16): x = x * 1.1\n  return x", "gradient(f, x)",
                                          WATCHED),
    "a gradient of sines and products": ("def f(x):\n  for _ in range(4): x = tf.sin(x) * 1.1\n  return x",
                                         "gradient(f, x)", WATCHED),
    # What is found while tracing: no effect twice, nothing left behind.
    "prints where state is discovered": (
        "def f(x):\n  log = [x]\n  if x[0] > 0:\n    print('up', x); log.append(x)\n  else:\n    print('down')\n"
        "    log.append(-x)\n  print('end', log)\n  return pad(x), log", "f(x)", STAGED),
    "a variable where state is discovered": (
        "v = tf.Variable(0.)\ndef f(x, n):\n  log = [x]\n  i = tf.constant(0)\n  while i < n:\n    v.assign_add(1.)\n"
        "    log[0] = log[0] * 2\n    i += 1\n  return pad(x), log[0]", "f(x, n)", STAGED),
    "an abort where state is discovered": (
        "import time\nclass A: pass\na = A(); a.v = [0]\ndef f(x):\n  log = [x]\n  if x[0] > 0:\n    log[0] = x * 2\n"
        "    a.v[0] += 1\n    time.sleep(0)\n  return pad(x), log", "f(x)", PLAIN),
    "a list of an argument is changed in a loop": (
        "def g(l, x): l[0] = x\ndef f(x, l):\n  while x[0] < 0:\n    g(l, x)\n    x = x + 1\n  return pad(x) + l[0]",
        "f(x, [x, x * 2])", PLAIN),
}  # fmt: skip


def gradient(function: Any, x: Any) -> Any:
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    return y, tape.gradient(y, x)


def run(module: types.ModuleType, before: str, call: str, i: int) -> tuple[Any, str]:
    """The outcome of one call, and what it prints."""
    given = {"x": tf.constant(X[i]), "n": tf.constant(N[i]), "i": i, "gradient": gradient}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        if before:
            exec(before, vars(module), given)
        found = outcome(lambda m: eval(call, {**vars(m), **given}), module)
    return found, printed.getvalue()


def state(module: types.ModuleType) -> dict[str, Any]:
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("__") and not callable(value) and not isinstance(value, types.ModuleType)
    }


def symbols(value: Any, seen: set[int]) -> list[Any]:
    """Symbolic tensors in what a module or a result holds."""
    if id(value) in seen or isinstance(value, (types.ModuleType, type)):
        return []
    seen.add(id(value))
    if isinstance(value, tf.Tensor):
        return [] if hasattr(value, "_numpy") else [value]
    if isinstance(value, dict):
        parts = [*value.values()]
    elif isinstance(value, (list, tuple, set)):
        parts = [*value]
    elif isinstance(value, types.FunctionType):
        parts = [value.__defaults__, *(cell.cell_contents for cell in value.__closure__ or ())]
    else:
        parts = [getattr(value, "__dict__", None)] if type(value).__module__.endswith("_program") else []
    return [symbol for part in parts for symbol in symbols(part, seen)]


@pytest.mark.parametrize("title", PROGRAMS)
def test_a_staged_call_cannot_be_told_from_an_eager_one(title: str) -> None:
    source, action, wanted = PROGRAMS[title]
    before, _, call = action.rpartition(" -> ")
    program = Program(source)
    kept = []
    for i in range(len(X)):
        expected, expected_text = run(program.plain, before, call, i)
        found, text = run(program.hooked, before, call, i)
        same(found, expected)
        assert text == expected_text
        same(state(program.hooked), state(program.plain))
        assert not symbols([state(program.hooked), found], set())
        kept.append(found)
    containers = [id(part) for result in kept if type(result) is tuple for part in result if type(part) in (list, dict)]
    assert len(set(containers)) == len(containers), "a container is returned twice"
    if wanted == STAGED:
        program.assert_staged("f")
    elif wanted == PLAIN:
        program.assert_plain("f", "")
    else:
        staging = program.staging("f")
        assert (staging.calls_staged, staging.refusal) == (0, "a gradient tape outside watches the call")


REASONS = {
    "range to a tensor": "counts with range() to a tensor, which gives Python numbers: use tf.range (line 11)",
    "any is returned": "returns a Python bool that depends on a tensor",
    "not times a tensor": "uses a Python bool that depends on a tensor as an operand",
    "max of a tensor and a number": "calls max() of tensors and Python values (line 9)",
}


@pytest.mark.parametrize("title", REASONS)
def test_the_reason_says_what_is_in_the_way_and_where(title: str) -> None:
    source, call, _ = PROGRAMS[title]
    program = Program(source)
    for i in range(3):
        run(program.hooked, "", call, i)
    assert program.staging("f").reason == REASONS[title]


def test_a_framework_s_own_words_do_not_get_into_a_reason() -> None:
    program = Program("def f(x): return len(set(x)), pad(x)")
    for i in range(3):
        run(program.hooked, "", "f(x)", i)
    program.assert_plain("f", "takes a tensor apart in a way that a graph does not carry")
