"""Programs that were written to break the twin's language: each as a twin on Python values, in a graph that the user
traces, and staged by itself, against the eager run.
"""

from __future__ import annotations

import pytest

tf = pytest.importorskip("tensorflow")

from tests.language.entry import Call, Entry, as_tensors  # noqa: E402
from tests.language.observe import observe  # noqa: E402

ONE: list[Call] = [(3,), (-3,)]
POINT = """
import dataclasses
@dataclasses.dataclass
class Point:
    x: object
    y: object = 0
@dataclasses.dataclass(frozen=True)
class Fixed:
    x: object
    y: object = 0
"""
UNCERTAIN = "which is raised in a branch or loop of the graph: whether it is raised is known only when the graph runs"

# Title: source, the calls, how the error of the trace begins where it is refused.
PROGRAMS: dict[str, tuple[str, list[Call], str]] = {
    # None, or no value, before a loop.
    "None before a loop and a tensor after": (
        "def f(n):\n  best = None\n  for i in range(n):\n    best = i if best is None else max(best, i % 3)\n"
        "  return best", [(3,), (1,), (7,)], ""),
    "None before a loop that compares it": (
        "def f(xs):\n  best = None\n  for x in xs:\n    if best is None or x > best: best = x\n  return best",
        [([1.0, 3.0, 2.0],), ([4.0],)], ""),
    "None in a tuple that a loop carries": (
        "def f(n):\n  s = (None, 0)\n  for i in tf.range(n):\n    a, k = s\n    s = (i if a is None else a + i, k + 1)\n"
        "  a, k = s\n  return k if a is None else a * k", [(0,), (4,)], ""),
    "a subject that may be None": (
        "def f(x):\n  v = None\n  if x > 0: v = x\n  match v:\n    case None: return x * 0\n    case w: return w + 1", ONE, ""),
    "a walrus in a comprehension of unknown length": (
        "def f(n):\n  ys = [(last := i) * 2 for i in tf.range(n)]\n  return last, tf.stack(ys)", [(3,)], ""),
    "a walrus in the condition of one": (
        "def f(n):\n  ys = [y for i in tf.range(n) if (y := i * 2) > 1]\n  return y, tf.stack(ys)", [(3,)], ""),
    "a walrus that any() stops at": (
        "def f(x):\n  if any((hit := x + k) > 3 for k in (0, 1, 2)): return hit\n  return -x", ONE,
        "StagingError: which element decides any() is known only when the graph runs, and with it what hit is"),
    # Exceptions that one path raises.
    "a branch raises, and the handler is around it": (
        "def f(x):\n  try:\n    if x > 0: raise ValueError('no')\n    y = x * 2\n  except ValueError:\n    y = -x\n  return y",
        ONE, "StagingError: this `except` would catch ValueError('no'), " + UNCERTAIN),
    "a called function raises in a branch": (
        "def g(x):\n  if x > 0: raise KeyError\n  return x\ndef f(x):\n  try: return g(x) + 1\n  except KeyError: return x",
        ONE, "StagingError: this `except` would catch KeyError, " + UNCERTAIN),
    "an operand raises": (
        "def f(x):\n  d = {}\n  try:\n    y = d['a'] if x > 0 else x\n  except LookupError:\n    y = x * 5\n  return y",
        ONE, "StagingError: this `except` would catch KeyError(\"'a'\"), " + UNCERTAIN),
    "a bare except": (
        "def f(x):\n  try:\n    while x > 0: x = [].pop()\n  except: x = -x\n  return x", ONE,
        "StagingError: this `except` would catch IndexError('pop from empty list'), " + UNCERTAIN),
    "a context manager takes it back": (
        "import contextlib\ndef f(x):\n  y = x\n  with contextlib.suppress(ValueError):\n    if x > 0: raise ValueError\n"
        "    y = x * 3\n  return y", ONE, "StagingError: the context manager would catch ValueError, " + UNCERTAIN),
    "a jump out of finally takes it back": (
        "def f(x):\n  y = x\n  try:\n    if x > 0: raise ValueError\n    y = x * 5\n  finally:\n    return y", ONE,
        "StagingError: a jump out of `finally` would catch ValueError, " + UNCERTAIN),
    "an iterator ends under a condition": (
        "class It:\n  def __init__(self, x): self.x = x\n  def __iter__(self): return self\n  def __next__(self):\n"
        "    if self.x > 3: raise StopIteration\n    self.x = self.x + 1\n    return self.x\n"
        "def f(x):\n  return sum([v for v in It(x)])", [(1,)],
        "StagingError: StopIteration is raised under a condition"),
    "what cannot be staged is not caught": (
        "def f(x):\n  try:\n    m = 'a'\n    if x > 0: m = x\n    return m * 1\n  except Exception:\n    return x", ONE,
        "StagingError: m is"),
    "raised and caught inside the branch": (
        "def f(x):\n  if x > 0:\n    try: raise KeyError('k')\n    except KeyError: x = x * 2\n  return x", ONE, ""),
    "raised outside, handled by a branch": (
        "def f(x):\n  try: int('a')\n  except ValueError:\n    if x > 0: x = x * 2\n  return x", ONE, ""),
    # Dataclass instances.
    "a dataclass that branches assign": (
        POINT + "def f(x):\n  if x > 0: p = Point(x, 1)\n  else: p = Point(-x, 2)\n  return p.x + p.y", ONE, ""),
    "a dataclass that a loop replaces": (
        POINT + "def f(n):\n  p = Fixed(n, n * 0)\n  for i in tf.range(n):\n    p = dataclasses.replace(p, y=p.y + i)\n"
        "  return p.x, p.y", [(3,), (0,)], ""),
    "a dataclass or None": (
        POINT + "def f(xs):\n  best = None\n  for x in xs:\n    if best is None or x > best.x: best = Fixed(x, x * 2)\n"
        "  return best.x + best.y", [([1.0, 6.0, 2.0],)], ""),
    "dataclasses in a dataclass and a list": (
        POINT + "def f(n):\n  s = Fixed(Fixed(n, 1), [n, n])\n  i = n * 0\n  while i < n:\n"
        "    s = Fixed(Fixed(s.x.x + 1, s.x.y + 1), [s.y[0] + i, s.y[1]])\n    i += 1\n  return s.x.x, s.x.y, s.y",
        [(3,), (5,)], ""),
    "a dataclass in an attribute": (
        POINT + "class M:\n  def __init__(self, x): self.s = Fixed(x, x)\n"
        "  def step(self, i): self.s = dataclasses.replace(self.s, x=self.s.x + i)\n"
        "def f(n):\n  m = M(n)\n  for i in tf.range(n): m.step(i)\n  return m.s.x, m.s.y", [(3,)], ""),
    "a dataclass changed after a branch has replaced it": (
        POINT + "def f(x):\n  s = Point(x, 1)\n  if x > 0: s = Point(x * 2, 2)\n  s.x += 1\n  return s.x, s.y", ONE, ""),
    "a dataclass with two names": (
        POINT + "def f(x):\n  s = t = Point(x, 1)\n  if x > 0: s = Point(x * 2, 2)\n  s.x += 1\n  return s.x, t.x", ONE,
        "StagingError: the attribute x is set of a Point that is another object on another path"),
    "the identity of a dataclass": (
        POINT + "def f(x):\n  s = t = Point(x, 1)\n  if x > 0: s = Point(x, 2)\n  return x if s is t else x + 9", ONE,
        "StagingError: `is` asks which object a Point is that is another one on another path"),
    "objects of two classes": (
        POINT + "def f(x):\n  if x > 0: s = Point(x)\n  else: s = Fixed(x)\n  return s.x", ONE,
        "StagingError: s is an instance of Point from line 11 and an instance of Fixed from line 12"),
    # Attributes.
    "a property whose setter does more": (
        "class A:\n  def __init__(self): self._v = 0\n  @property\n  def v(self): return self._v\n"
        "  @v.setter\n  def v(self, value): self._v = value * 2\n"
        "def f(x):\n  a = A()\n  if x > 0: a.v = x\n  else: a.v += 3\n  while a.v < 10: a.v += 1\n  return a.v", ONE, ""),
    "setattr and delattr": (
        "class A: pass\ndef f(x):\n  a = A()\n  a.v = a.w = x\n  if x > 0:\n    setattr(a, 'v', x * 2)\n    delattr(a, 'w')\n"
        "  for i in tf.range(3): setattr(a, 'v', getattr(a, 'v') + i)\n  return a.v", ONE, ""),
    "an attribute that one path sets": (
        "class A: pass\ndef f(x):\n  a = A()\n  if x > 0: a.v = x\n  return getattr(a, 'v', x * 5)", ONE,
        "StagingError: whether the object has the attribute 'v' is known only when the graph runs"),
    # Keys, identity, functions.
    "a key that is a number of a loop": (
        "def f(n):\n  d = {}\n  for i in range(n): d[i] = i\n  return n", [(3,)],
        "StagingError: the key of a dict is a tensor"),
    "an element of a set that is a number of a loop": (
        "def f(n):\n  s = set()\n  for i in range(n): s.add(i)\n  return n", [(3,)],
        "StagingError: the key of a set is a tensor"),
    "functions that differ": (
        "def one(x): return x + 1\ndef two(x): return x + 2\ndef f(x):\n  g = one if x > 0 else two\n  return g(x)", ONE,
        "StagingError: the value of the conditional expression is the function one (line 1) and the function two (line 2), "
        "and which of the two is known only when the graph runs: call each where it is chosen, and keep what it returns"),
}  # fmt: skip

OWN: dict[str, str] = {
    "a tensor compared by identity": "def f(x):\n  y = x\n  if x > 0: y = x + 1\n  return y is x",
    "a tensor looked for in a dictionary": "def f(x):\n  if x in {1: 2}: return x\n  return x + 1",
}
"""What a graph of the user's answers as TensorFlow's own conversion did, and what we stage must answer as Python."""


@pytest.mark.parametrize("title", PROGRAMS)
def test_it_does_what_python_does_or_says_why_not(title: str) -> None:
    source, calls, refused = PROGRAMS[title]
    tensors = [tuple(tf_list(value) for value in call) for call in calls]
    python = calls if "tf." not in source else ()
    seen = observe(Entry(title, source, python=python, tensors=tensors))
    assert not [each.wrong for each in seen.values() if each.wrong]
    assert all(not each.refused for column, each in seen.items() if column != "tensors")
    found = seen["tensors"].refused
    assert found.startswith(refused) and bool(found) == bool(refused), found
    for name in ("Maybe", "Conflict", "Elements", "autograph_hook."):
        assert name not in found + seen["own"].text


def tf_list(value: object) -> object:
    """A list of numbers is one tensor."""
    from tests.language.entry import tensor

    return tensor(value) if isinstance(value, list) else as_tensors(value)


@pytest.mark.parametrize("title", OWN)
def test_what_is_staged_by_itself_answers_as_python(title: str) -> None:
    seen = observe(Entry(title, OWN[title], tensors=[(as_tensors(-7),), (as_tensors(1),)]))
    assert not seen["own"].wrong
