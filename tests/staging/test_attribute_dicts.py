"""`class Config(dict): __getattr__ = dict.__getitem__`, as settings are often kept: its items are attributes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tests.staging.programs import Program

SOURCE = """
class C(dict):
    __getattr__ = dict.__getitem__
    __setattr__ = dict.__setitem__
class D(dict):
    __getattr__ = dict.get
class E(C): pass
class Own(dict):
    def __getattr__(self, name): return self[name] + len(self)
c, d, e, own = C(lr=0.5, sizes=[1, 2]), D(a=1.0), E(k=tf.constant(2.0), inner=C(z=3.0)), Own(a=1.0)

def f(x):
    return pad(x) * c.lr + c.sizes[0] + (d.a or 7.0) + e.k * e.inner.z

def g(x):
    return pad(x) * own.a
"""
CHANGES: list[Callable[[Any], Any]] = [
    lambda m: setattr(m.c, "lr", 0.7),
    lambda m: m.c.sizes.__setitem__(0, 5),
    lambda m: m.d.clear(),
    lambda m: m.e.update(k=tf.constant(9.0)),
    lambda m: setattr(m.e.inner, "z", 1.0),
    lambda m: m.c.pop("lr"),
    lambda m: setattr(m.c, "lr", 0.9),
    lambda m: setattr(m.C, "lr", 3.0),
    lambda m: setattr(m.C, "__getattr__", lambda self, name: self[name] * 2 if name == "z" else self[name]),
    lambda m: m.own.update(b=1.0),
]


def act(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def on(m: Any) -> Any:
        change(m)
        return m.f(tf.ones([2]))

    return on


def test_its_items_are_facts_as_attributes_are() -> None:
    program = Program(SOURCE)
    program.calls(3, lambda m: (m.f(tf.ones([2])), m.g(tf.ones([2]))))
    program.assert_staged("f")
    program.assert_plain("g", "of which it is not known how it changes")
    for change in CHANGES:
        program.both(act(change))
        program.both(lambda m: (m.f(tf.ones([2])), m.g(tf.ones([2]))))


def test_an_object_without_anything_is_no_such_dictionary() -> None:
    program = Program("""
        MISSING = object()

        def f(x):
            return pad(x) if x is not MISSING else None

        def g(x):
            return pad(x) * MISSING.scale
    """)
    program.calls(4, lambda m: m.f(tf.ones([2])))
    program.calls(4, lambda m: m.g(tf.ones([2])))
    program.assert_staged("f")
    program.assert_plain("g", "'object' object has no attribute 'scale'")
