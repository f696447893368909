"""Functions that call themselves, and trees."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from .staged import agree, module, outcome, plainly, staging

TREE = (1, (2, None, (5, None, None)), (3, None, None))
FLOATS = (1.5, (2.5, None, None), (3.0, (0.25, None, None), None))

CLASSES = """
    from dataclasses import dataclass
    from typing import NamedTuple
    class Node:
        def __init__(self, value, left=None, right=None):
            self.value, self.left, self.right = value, left, right
        def total(self):
            s = self.value
            if self.left is not None:
                s += self.left.total()
            if self.right is not None:
                s += self.right.total()
            return s
    class Slotted:
        __slots__ = ("value", "left", "right")
        def __init__(self, value, left=None, right=None):
            self.value, self.left, self.right = value, left, right
    @dataclass
    class Leaf:
        v: float
        def area(self):
            return self.v
    @dataclass
    class Pair:
        a: object
        b: object
        def area(self):
            return self.a.area() * 2 + self.b.area()
    class Many(NamedTuple):
        v: float
        kids: list
"""


def node(kind: str) -> Any:
    def made(m: Any) -> Any:
        new = getattr(m, kind)
        return new(1.0, new(2.0, None, new(0.5)), new(3.0))

    return made


def pairs(m: Any) -> Any:
    return m.Pair(m.Pair(m.Leaf(1.0), m.Leaf(2.0)), m.Leaf(3.5))


def many(m: Any) -> Any:
    return m.Many(1.0, [m.Many(2.0, []), m.Many(3.0, [m.Many(0.5, [])])])


PROGRAMS = {
    "fib": ("def f(n):\n if n < 2:\n  return n\n return f(n - 1) + f(n - 2)", 15),
    "factorial": ("def f(n):\n return 1 if n <= 1 else n * f(n - 1)", 10),
    "ackermann": (
        "def f(m, n):\n if m == 0:\n  return n + 1\n if n == 0:\n  return f(m - 1, 1)\n return f(m - 1, f(m, n - 1))", 2, 3,
    ),
    "two functions that call each other": (
        "def f(n):\n return True if n == 0 else odd(n - 1)\ndef odd(n):\n return False if n == 0 else f(n - 1)", 11,
    ),
    "an array through a recursion": (
        "def f(x, n):\n if n == 0:\n  return x\n return np.tanh(f(x * 0.5, n - 1) + x)", np.linspace(0, 1, 5), 6,
    ),
    "several results": (
        "def f(n):\n if n == 0:\n  return 0, 1\n a, b = f(n - 1)\n return b, a + b", 20,
    ),
    "a loop that recurses": ("def f(n):\n s = 1\n for i in range(n):\n  s += f(i)\n return s", 9),
    "tuples with None": (
        "def f(t):\n if t is None:\n  return 0\n v, left, right = t\n return v + max(f(left), f(right))", TREE,
    ),
    "tuples and numbers": (
        """
        def f(t):
            if isinstance(t, tuple):
                op, a, b = t
                if op == 0:
                    return f(a) + f(b)
                return f(a) * f(b)
            return t
        """,
        (0, (1, 2, 3), (0, 4, (1, 5, 6))),
    ),
    "objects": (CLASSES + "\n    def f(t):\n     return 0.0 if t is None else t.value + f(t.left) * f(t.right)", node("Node")),
    "slots": (CLASSES + "\n    def f(t):\n     return 1.0 if t is None else t.value + f(t.left) * f(t.right)", node("Slotted")),
    "methods": (CLASSES + "\n    def f(t):\n     return t.total()", node("Node")),
    "classes told apart": (
        CLASSES + "\n    def f(t):\n     if isinstance(t, Leaf):\n      return t.v\n     return f(t.a) + f(t.b) * 2", pairs,
    ),
    "a method of each class": (CLASSES + "\n    def f(t):\n     return t.area()", pairs),
    "lists of children": (
        CLASSES + "\n    def f(t):\n     s = t.v\n     for k in t.kids:\n      s += f(k)\n     return s", many,
    ),
    "depth": (
        """
        def f(t):
            if t is None:
                return 0
            return 1 + max(f(t[1]), f(t[2]))
        """,
        TREE,
    ),
    "a list is filled on the way": (
        """
        def collect(t, out):
            if t is None:
                return
            collect(t[1], out)
            out.append(t[0])
            collect(t[2], out)
        def f(t):
            out = []
            collect(t, out)
            return out
        """,
        TREE,
    ),
    "a nested function that closes over an argument": (
        """
        def f(t, w):
            def go(u):
                if u is None:
                    return 1.0
                return w * go(u[1]) + u[0] * go(u[2])
            return go(t)
        """,
        FLOATS,
        2.0,
    ),
    "a subtree is returned": (
        CLASSES + "\n    def f(t):\n     while t.left is not None:\n      t = t.left\n     return t.value, t.right is None",
        node("Node"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_recursion_gives_what_python_gives(name: str) -> None:
    source, *arguments = PROGRAMS[name]
    agree(source, *arguments)


def test_a_returned_node_is_the_users_object() -> None:
    m = module(CLASSES + "\n    def f(t):\n     while t.left is not None:\n      t = t.left\n     return t")
    tree = node("Node")(m)
    assert all(m.f(tree) is tree.left for _ in range(4))
    assert staging(m.f).calls_staged


def test_a_changed_tree_is_seen() -> None:
    m = module(CLASSES + "\n    def f(t):\n     return 0.0 if t is None else t.value + f(t.left) + f(t.right)")
    tree = node("Node")(m)
    assert [m.f(tree) for _ in range(3)] == [6.5] * 3
    tree.left.value = 10.0
    assert m.f(tree) == 14.5
    tree.right.left = m.Node(1.0)
    assert m.f(tree) == 15.5
    assert staging(m.f).calls_staged >= 4


def test_a_tree_with_other_fields_runs_as_written() -> None:
    m = module(CLASSES + "\n    def f(t):\n     return 0.0 if t is None else t.value + f(t.left) + f(t.right)")
    for _ in range(3):
        m.f(node("Node")(m))
    assert m.f(m.Node(1, m.Node(2.5))) == 3.5
    assert type(outcome(m.f, m.Node("a"))) is TypeError


def test_a_tree_that_refers_to_one_node_twice() -> None:
    m = module(CLASSES + "\n    def f(t):\n     return 0.0 if t is None else t.value + f(t.left) + f(t.right)")
    shared = m.Node(2.0)
    assert [m.f(m.Node(1.0, shared, shared)) for _ in range(4)] == [5.0] * 4
    assert staging(m.f).calls_staged


def test_recursion_without_end_is_a_recursion_error() -> None:
    m = module("def f(n):\n    if n < 0:\n        return 0\n    return f(n + 1) + 1")
    assert [type(outcome(m.f, 1)) for _ in range(3)] == [RecursionError] * 3


SHARED = {
    "a list of the enclosing function": "def f(n):\n out = []\n def go(k):\n  out.append(1)\n  return 0 if k == 0 else go(k - 1)\n go(n)\n return out",
    "a number of the enclosing function": "def f(n):\n c = 0\n def go(k):\n  nonlocal c\n  c += 1\n  return 0 if k == 0 else go(k - 1)\n go(n)\n return c",
    "an object": "class C:\n def __init__(self):\n  self.c = 0\n def go(self, k):\n  self.c += 1\n  return 0 if k == 0 else self.go(k - 1)\ndef f(n):\n c = C()\n c.go(n)\n return c.c",
    "a dict": "def f(n):\n d = {'c': 0}\n def go(k):\n  d['c'] += 1\n  return 0 if k == 0 else go(k - 1)\n go(n)\n return d['c']",
    "an array that is passed on": "def g(x, n):\n return x if n == 0 else g(x, n - 1)\ndef f(n):\n a = np.zeros(3)\n y = g(a, n)\n y[0] = 5\n return a",
    "an array that is given": "def g(x, n):\n x[n] = 7\n return 0 if n == 0 else g(x, n - 1)\ndef f(n):\n a = np.zeros(9)\n g(a, n)\n return a",
    "a list that is returned": "def g(x, n):\n return x if n == 0 else g(x, n - 1)\ndef f(n):\n a = [1]\n g(a, n).append(n)\n return a",
}


@pytest.mark.parametrize("name", SHARED)
def test_what_is_shared_changes_as_in_python(name: str) -> None:
    """Such a function runs as written."""
    m, other = module(SHARED[name]), plainly(SHARED[name])
    for n in (3, 3, 4, 5, 6):
        assert np.array_equal(m.f(n), other.f(n))
