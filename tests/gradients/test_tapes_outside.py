"""What is active around a staged call and watches it sees the eager run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import tensorflow as tf

from tests.staging.programs import Program

SOURCE = """
w = tf.Variable(tf.random.stateless_normal([4, 4], [1, 2]))
u = tf.Variable(tf.random.stateless_normal([4], [3, 4]))
table = tf.Variable(tf.random.stateless_normal([9, 4], [5, 6]))
steps = tf.Variable(0, trainable=False)

def f(x):
    y = pad(x)
    for i in range(10):
        y = y + tf.sin(x * 0.3) * tf.cos(y @ w)
    return tf.reduce_sum(y @ w + x @ w + tf.tanh(x @ w) @ w)

def either(x, c):
    y = pad(x)
    if c > 0:
        return y @ w
    return y * u

def two(a, b):
    return pad(a) * 2.0, pad(b) * 3.0

def embedded(x):
    return pad(x) * tf.nn.embedding_lookup(table, [1, 2, 1])

def pure(x):
    return tf.tanh(pad(x)) * x

def counted(x):
    steps.assign_add(1)
    return tf.cast(steps, tf.float32) + pad(x)
"""

X = tf.random.stateless_normal([3, 4], [7, 8])


def one(m: Any) -> Any:
    with tf.GradientTape() as tape:
        tape.watch(X)
        y = m.f(X) + tf.reduce_sum(X @ m.w) + m.f(X * 2.0)
    return tape.gradient(y, [X, m.w, m.u])


def branch(m: Any) -> Any:
    found = []
    for c in (1, 0):
        with tf.GradientTape() as tape:
            y = m.either(X, tf.constant(c))
        found.append(tape.gradient(y, [m.w, m.u]))
        found.append([v.name for v in tape.watched_variables()])
    return found


def several_outputs(m: Any) -> Any:
    a, b = X + 0.0, X * 2.0
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([a, b])
        y, z = m.two(a, b)
    return tape.gradient(y, [a, b]), tape.gradient(z, [a, b]), tape.gradient([y, z], [a, b])


def slices(m: Any) -> Any:
    with tf.GradientTape() as tape:
        y = m.embedded(X)
    g = tape.gradient(y, m.table)
    return type(g).__name__, g.values, g.indices


def nested(m: Any) -> Any:
    with tf.GradientTape() as outer:
        outer.watch(X)
        with tf.GradientTape() as inner:
            inner.watch(X)
            y = m.f(X)
        g = inner.gradient(y, [X, m.w])
    return outer.gradient(g, [X, m.w])


def jacobians(m: Any) -> Any:
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(X)
        y = m.pure(X)
    return tape.jacobian(y, X), tape.batch_jacobian(y, X)


def forward(m: Any) -> Any:
    with tf.autodiff.ForwardAccumulator(X, tf.ones_like(X)) as accumulator:
        y = m.pure(X)
    return accumulator.jvp(y)


def forward_over_reverse(m: Any) -> Any:
    with tf.autodiff.ForwardAccumulator(m.u, tf.ones([4])) as accumulator:
        with tf.GradientTape() as tape:
            y = m.either(X, tf.constant(0))
        g = tape.gradient(y, m.u)
    return accumulator.jvp(g), accumulator.jvp(y)


def stopped(m: Any) -> Any:
    with tf.GradientTape() as tape:
        tape.watch(X)
        y = m.pure(X)
        with tape.stop_recording():
            z = m.pure(y)
    return tape.gradient(y * z, X, unconnected_gradients="zero")


def custom(m: Any) -> Any:
    @tf.custom_gradient
    def halved(x: Any) -> Any:
        y = m.pure(x)
        return y, lambda g: m.pure(g) * 0.5

    with tf.GradientTape() as tape:
        tape.watch(X)
        y = halved(X)
    return tape.gradient(y, X)


def custom_with_variables(m: Any) -> Any:
    @tf.custom_gradient
    def careless(x: Any) -> Any:
        return m.f(x), lambda g: g

    return careless(X)


ACTS: list[Callable[[Any], Any]] = [
    one, branch, several_outputs, slices, nested, jacobians, forward, forward_over_reverse, stopped, custom,
    custom_with_variables,
]  # fmt: skip


@pytest.mark.parametrize("act", ACTS)
def test_gradients_through_calls_of_staged_functions_are_the_eager_ones(act: Callable[[Any], Any]) -> None:
    program = Program(SOURCE)
    for _ in range(3):  # staged, where nothing watches
        program.both(lambda m: (m.f(X), m.either(X, tf.constant(1)), m.two(X, X + 1.0), m.embedded(X), m.pure(X)))
    for name in ("f", "either", "two", "embedded", "pure"):
        program.assert_staged(name)
    program.calls(3, act)


def test_calls_that_are_only_ever_watched_are_plain_and_the_report_says_why() -> None:
    program = Program(SOURCE)
    program.calls(4, one)
    staging = program.staging("f")
    assert staging.calls_staged == 0
    assert staging.refusal == "a gradient tape outside watches the call"


def test_a_tape_that_watches_nothing_of_a_call_leaves_it_staged() -> None:
    program = Program(SOURCE)
    for _ in range(3):
        program.both(lambda m: (m.pure(X), m.counted(X)))

    def act(m: Any) -> Any:
        with tf.GradientTape() as tape:
            return m.pure(X), m.counted(X), tape.gradient(m.u * 2.0, m.u)

    before = [program.staging(name).calls_staged for name in ("pure", "counted")]
    program.both(act)
    assert [program.staging(name).calls_staged for name in ("pure", "counted")] == [n + 1 for n in before]
