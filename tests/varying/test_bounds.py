"""What is kept of calls is bounded, however many objects, closures, shapes and values a function meets."""

from __future__ import annotations

import gc
import weakref

import tensorflow as tf

from autograph_hook.staging import known, varying
from autograph_hook.staging.specialization import Specialization
from tests.staging.programs import Program

X = tf.constant([1.0, -2.0, 3.0])


def kept_of(program: Program, name: str) -> list[Specialization]:
    """All specializations that are alive in the process and belong to the function."""
    gc.collect()
    mine = program.staging(name).specializations
    assert len(mine) <= known.MOST_SPECIALIZATIONS
    return mine


def graphs() -> int:
    gc.collect()
    return sum(1 for value in gc.get_objects() if isinstance(value, Specialization))


def test_many_short_lived_objects_leave_nothing() -> None:
    program = Program("""
        class Model:
            def __init__(self, n): self.rate, self.parts = n, [n]
            def f(self, x): return pad(x) * self.rate + self.parts[0]
        def f(model, x): return model.f(x)
    """)
    before, alive = graphs(), []
    for n in range(300):
        model = program.hooked.Model(n % 7)
        alive.append(weakref.ref(model))
        program.hooked.f(model, X)
        del model
    gc.collect()
    assert not any(reference() is not None for reference in alive)
    assert graphs() - before <= known.MOST_SPECIALIZATIONS
    history = program.staging("f").history
    assert history is None or len(history.changes) <= varying.MOST_PLACES


def test_many_closures_leave_nothing() -> None:
    program = Program("""
        def make(n, w):
            def f(x): return pad(x) * n + w
            return f
    """)
    before, alive = graphs(), []
    for n in range(300):
        f = program.hooked.make(n, tf.Variable(1.0) if n < 40 else 2.0)
        alive.append(weakref.ref(f))
        f(X)
        del f
    gc.collect()
    assert not any(reference() is not None for reference in alive)
    assert graphs() - before <= known.MOST_SPECIALIZATIONS


def test_many_shapes_and_values_keep_few_graphs() -> None:
    program = Program("""
        def f(x, n, name): return pad(x) * n
        def g(x): return pad(x) * x.shape[0]
    """)
    before = graphs()
    for n in range(120):
        x = tf.ones([n % 60 + 1])
        program.both(lambda m, n=n, x=x: m.f(x, n, "a"))
        program.both(lambda m, x=x: m.g(x))
    assert graphs() - before <= 2 * known.MOST_SPECIALIZATIONS
    assert len(kept_of(program, "f")) <= 3
    assert program.staging("f").calls_staged > 100


def test_the_names_of_what_keeps_changing_are_in_the_reason() -> None:
    program = Program("class C: pass\nc = C()\nc.mode = ''\ndef f(x): return pad(x) * len(c.mode)")
    for n in range(20):
        program.both(lambda m, n=n: setattr(m.c, "mode", "m" * n))
        program.both(lambda m: m.f(X))
    staging = program.staging("f")
    assert staging.reason == "more than 8 kinds of calls: c.mode was 'mmmmmmmm', is 'mmmmmmmmm'"
    assert staging.history is not None
    assert staging.history.described()[0]["place"] == "c.mode"
    assert staging.specializations == []


def test_graphs_that_are_used_often_are_kept_when_others_are_refused() -> None:
    program = Program("def f(x, name): return pad(x) * len(name)")
    for _ in range(60):
        program.both(lambda m: m.f(X, "often"))
    for n in range(20):
        program.both(lambda m, n=n: m.f(X, "x" * n))
    staging = program.staging("f")
    assert staging.reason is None and "name was" in (staging.refusal or "")
    before = staging.calls_staged
    program.both(lambda m: m.f(X, "often"))
    assert staging.calls_staged == before + 1
