"""Nothing is ever stale, whatever changes, how often, and into what: each output is that of the plain program."""

from __future__ import annotations

import random
import types
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.staging.programs import Program

X = tf.constant([1.0, -2.0, 3.0])

USE = """
def use(x, v):
    y = pad(x)
    if v is None: return y, "none"
    if isinstance(v, str): return y * len(v), v
    if isinstance(v, (list, tuple)): return y * len(v) + sum(v), v[0]
    if isinstance(v, dict): return y * v["a"], v["a"]
    if isinstance(v, bool): return y * (2.0 if v else 3.0), v
    if isinstance(v, int): return y * (v + 1), v, v % 3
    if isinstance(v, float): return y * v - v / 2, v
    return tf.reduce_sum(y) * tf.cast(v, tf.float32) + 1.0, tf.cast(v, tf.float32) * 2.0
"""

PLACES: dict[str, tuple[str, Any]] = {
    "a global": ("v = 0\ndef f(x): return use(x, v)", lambda m, v: setattr(m, "v", v)),
    "an attribute": ("class C: pass\nc = C(); c.v = 0\ndef f(x): return use(x, c.v)", lambda m, v: setattr(m.c, "v", v)),
    "an attribute of self": ("class C:\n  v = 0\n  def f(self, x): return use(x, self.v)\nc = C()\ndef f(x): return c.f(x)",
                             lambda m, v: setattr(m.c, "v", v)),
    "a class attribute": ("class C: v = 0\nc = C()\ndef f(x): return use(x, c.v)", lambda m, v: setattr(m.C, "v", v)),
    "an attribute of a class": ("class C: v = 0\ndef f(x): return use(x, C.v)", lambda m, v: setattr(m.C, "v", v)),
    "a slot": ("class C: __slots__ = ('v',)\nc = C(); c.v = 0\ndef f(x): return use(x, c.v)",
               lambda m, v: setattr(m.c, "v", v)),
    "an item of a dict": ("d = {'v': 0, 'k': 1}\ndef f(x): return use(x, d['v'])", lambda m, v: m.d.update(v=v)),
    "a dict by get": ("d = {'v': 0}\ndef f(x): return use(x, d.get('v'))", lambda m, v: m.d.update(v=v)),
    "an item of a list": ("xs = [0, 1]\ndef f(x): return use(x, xs[0])", lambda m, v: m.xs.__setitem__(0, v)),
    "a loop over a list": ("xs = [0, 1]\ndef f(x): return [use(x, v) for v in xs]", lambda m, v: m.xs.__setitem__(1, v)),
    "an unpacked tuple": ("xs = (0, 1)\ndef f(x):\n  a, b = xs\n  return use(x, a), b", lambda m, v: setattr(m, "xs", (v, 1))),
    "a nested container": ("d = {'a': [{'v': 0}]}\ndef f(x): return use(x, d['a'][0]['v'])",
                           lambda m, v: m.d["a"][0].update(v=v)),
    "a container made anew": ("d = {'a': [0]}\ndef f(x): return use(x, d['a'][0])", lambda m, v: setattr(m, "d", {"a": [v]})),
    "an object made anew": ("class C:\n  def __init__(self, v): self.v = v\nc = C(0)\ndef f(x): return use(x, c.v)",
                            lambda m, v: setattr(m, "c", m.C(v))),
    "a cell": ("def make():\n  v = 0\n  def f(x): return use(x, v)\n  def change(t):\n    nonlocal v\n    v = t\n"
               "  return f, change\nf, change = make()", lambda m, v: m.change(v)),
    "a cell of an inner function": ("def make():\n  v = 0\n  def g(x): return use(x, v)\n  def change(t):\n    nonlocal v\n"
                                    "    v = t\n  return g, change\ng, change = make()\ndef f(x): return g(x)",
                                    lambda m, v: m.change(v)),
    "a closure made anew": ("def make(v):\n  def f(x): return use(x, v)\n  return f\nf = make(0)",
                            lambda m, v: setattr(m, "f", m.make(v))),
    "a default": ("def g(x, v=0): return use(x, v)\ndef f(x): return g(x)", lambda m, v: setattr(m.g, "__defaults__", (v,))),
    "a default of a keyword": ("def g(x, *, v=0): return use(x, v)\ndef f(x): return g(x)",
                               lambda m, v: m.g.__kwdefaults__.update(v=v)),
    "a default of the function itself": ("def f(x, v=0): return use(x, v)", lambda m, v: setattr(m.f, "__defaults__", (v,))),
    "a dataclass's field": ("import dataclasses\n@dataclasses.dataclass\nclass C: v: object = 0\nc = C()\n"
                            "def f(x): return use(x, c.v)", lambda m, v: setattr(m.c, "v", v)),
    "a namespace": ("import types\nc = types.SimpleNamespace(v=0)\ndef f(x): return use(x, c.v)",
                    lambda m, v: setattr(m.c, "v", v)),
    "a property": ("class C:\n  _v = 0\n  @property\n  def v(self): return self._v\nc = C()\ndef f(x): return use(x, c.v)",
                   lambda m, v: setattr(m.c, "_v", v)),
    "a module": ("import types\nother = types.ModuleType('other'); other.v = 0\ndef f(x): return use(x, other.v)",
                 lambda m, v: setattr(m.other, "v", v)),
    "a tf.Module": ("class C(tf.Module):\n  def __init__(self): self.v = 0\nc = C()\ndef f(x): return use(x, c.v)",
                    lambda m, v: setattr(m.c, "v", v)),
    "a partial": ("import functools\nf = functools.partial(use, v=0)\ng = functools.partial(use, v=0)\ndef f(x): return g(x)",
                  lambda m, v: setattr(m, "g", m.functools.partial(m.use, v=v))),
}  # fmt: skip

ARGUMENTS: dict[str, tuple[str, Any]] = {
    "an argument": ("def f(x, v): return use(x, v)", lambda m, v: m.f(X, v)),
    "a keyword": ("def f(x, *, v): return use(x, v)", lambda m, v: m.f(X, v=v)),
    "in a list": ("def f(x, vs): return use(x, vs[0])", lambda m, v: m.f(X, [v])),
    "in a tuple in a dict": ("def f(x, d): return use(x, d['a'][0])", lambda m, v: m.f(X, {"a": (v, 1)})),
    "more arguments": ("def f(x, *vs, **d): return use(x, vs[0]), use(x, d['k'])", lambda m, v: m.f(X, v, k=v)),
    "an attribute of an argument": ("class C:\n  def __init__(self, v): self.v = v\ndef f(x, c): return use(x, c.v)",
                                    lambda m, v: m.f(X, m.C(v))),
    "a named tuple": ("import collections\nT = collections.namedtuple('T', 'v k')\ndef f(x, t): return use(x, t.v)",
                      lambda m, v: m.f(X, m.T(v, 1))),
}  # fmt: skip


def values(seed: int, count: int) -> list[Any]:
    """A run of values that stay of one kind for a while, and then are of another."""
    rng = random.Random(seed)
    kinds: list[Any] = [
        lambda i: i, lambda i: i / 3, lambda i: -i, lambda i: 3, lambda i: i % 2 == 0, lambda i: None,
        lambda i: "abc"[: i % 3 + 1], lambda i: [i, 1], lambda i: (i / 2, 1.0), lambda i: {"a": i},
        lambda i: tf.constant(float(i)), lambda i: tf.constant([float(i)] * 3), lambda i: tf.ones([i % 4 + 1]),
        lambda i: tf.constant(i), lambda i: np.float32(i), lambda i: 10**12 + i, lambda i: float("nan"),
        lambda i: i * 0.1 + 0.1, lambda i: tf.Variable(float(i)), lambda i: np.full([3], i, np.float32),
        lambda i: float("inf"), lambda i: tf.constant(i, tf.float64),
    ]  # fmt: skip
    found: list[Any] = []
    while len(found) < count:
        make = rng.choice(kinds)
        found += [make(i) for i in range(rng.randint(1, 6))]
    return found


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("seed", [1, 2])
def test_what_stands_anywhere_may_become_anything(place: str, seed: int) -> None:
    source, change = PLACES[place]
    program = Program(USE + source)
    for value in values(seed, 24):
        program.both(lambda m, value=value: (change(m, value), None)[1])
        program.both(lambda m: m.f(X))


@pytest.mark.parametrize("place", ARGUMENTS)
@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_given_may_become_anything(place: str, seed: int) -> None:
    source, act = ARGUMENTS[place]
    program = Program(USE + source)
    for value in values(seed, 24):
        program.both(lambda m, value=value: act(m, value))


ENVIRONMENT: dict[str, Any] = {
    "functions run eagerly": lambda act: _switched(act, tf.config.run_functions_eagerly),
    "a device": lambda act: _in(act, lambda: tf.device("CPU:0")),
    "a strategy": lambda act: _in(act, lambda: tf.distribute.OneDeviceStrategy("CPU:0").scope()),
    "a tape that watches": lambda act: _taped(act),
    "a tape that watches nothing": lambda act: _in(act, tf.GradientTape),
    "another graph": lambda act: _in_graph(act),
    "a name scope": lambda act: _in(act, lambda: tf.name_scope("a")),
    "a precision policy": lambda act: _with_policy(act),
    "numpy behaviour of floats": lambda act: _with_floatx(act),
    "a tf.function around": lambda act: tf.function(act)() and act(),
}


def _switched(act: Any, switch: Any) -> Any:
    switch(True)
    try:
        return act()
    finally:
        switch(False)


def _in(act: Any, context: Any) -> Any:
    with context():
        return act()


def _taped(act: Any) -> Any:
    with tf.GradientTape() as tape:
        tape.watch(X)
        found = act()
    return found, tape.gradient(found, X)


def _in_graph(act: Any) -> Any:
    with tf.Graph().as_default():
        return [tuple(output.shape) for output in tf.nest.flatten(act()) if isinstance(output, tf.Tensor)]


def _with_policy(act: Any) -> Any:
    import keras

    keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        return act()
    finally:
        keras.mixed_precision.set_global_policy("float32")


def _with_floatx(act: Any) -> Any:
    import keras

    keras.config.set_floatx("float64")
    try:
        return act()
    finally:
        keras.config.set_floatx("float32")


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_what_surrounds_a_call_is_part_of_it(name: str) -> None:
    surround = ENVIRONMENT[name]
    program = Program("""
        import keras
        rate, h = 0.5, tf.ones(3)
        def f(x): return pad(x) * rate * h + tf.cast(keras.ops.ones([3]), tf.float32)
    """)
    for i in range(4):
        program.both(lambda m: m.f(X))
        program.both(lambda m: surround(lambda: m.f(X)))
        program.both(lambda m, i=i: (setattr(m, "rate", 0.5 / (i + 1)), setattr(m, "h", tf.ones(3) * i), None)[2])
        program.both(lambda m: surround(lambda: m.f(X)))
        program.both(lambda m: m.f(X))


def test_a_change_during_a_call_is_seen_in_the_next() -> None:
    """A signal or a callback may change what a function reads at any time."""
    program = Program("""
        rate = 1
        class Changing:
            def __init__(self): self.n = 0
            @property
            def value(self): return rate
        c = Changing()
        def f(x): return pad(x) * c.value * rate
    """)
    for i in range(20):
        program.both(lambda m, i=i: (setattr(m, "rate", i), None)[1])
        program.both(lambda m: m.f(X))


def test_a_name_that_is_deleted_and_comes_back_is_looked_for() -> None:
    program = Program("rate = 2\ndef f(x): return pad(x) * rate")
    for i in range(6):
        program.both(lambda m, i=i: setattr(m, "rate", i))
        program.both(lambda m: m.f(X))
    program.both(lambda m: delattr(m, "rate"))
    program.both(lambda m: m.f(X))
    program.both(lambda m: setattr(m, "rate", 9))
    program.both(lambda m: m.f(X))


def test_a_number_that_becomes_one_of_another_class_is_no_number() -> None:
    program = Program("""
        class Own(int):
            def __mul__(self, other): return 7
            def __rmul__(self, other): return other * 100
        def f(x, n): return pad(x) * n
    """)
    for i in range(8):
        program.both(lambda m, i=i: m.f(X, i))
    program.both(lambda m: m.f(X, m.Own(3)))
    program.both(lambda m: m.f(X, np.int64(3)))
    program.both(lambda m: m.f(X, True))


def test_another_module_of_the_same_name_is_another_place() -> None:
    program = Program("import types\nother = types.ModuleType('other'); other.rate = 1.0\ndef f(x): return pad(x) * other.rate")
    for i in range(6):
        fresh = types.ModuleType("other")
        fresh.rate = float(i)  # type: ignore[attr-defined]
        program.both(lambda m, fresh=fresh: setattr(m, "other", fresh))
        program.both(lambda m: m.f(X))
        program.both(lambda m, fresh=fresh, i=i: setattr(fresh, "rate", i * 2.5))
        program.both(lambda m: m.f(X))
