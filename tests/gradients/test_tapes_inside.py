"""A tape inside a staged function gives the gradients of the eager run: None, IndexedSlices or tensor, to the last bit."""

from __future__ import annotations

from typing import Any

import pytest
import tensorflow as tf

from tests.staging.programs import Program

STATE = """
w = tf.Variable(tf.random.stateless_normal([4, 4], [1, 2]))
u = tf.Variable(tf.random.stateless_normal([4], [3, 4]))
table = tf.Variable(tf.random.stateless_normal([9, 4], [5, 6]))
"""

X = tf.random.stateless_normal([3, 4], [7, 8])


def program(body: str, name: str = "f") -> Program:
    lines = [f"        {line}" for line in body.strip("\n").split("\n")]
    return Program(
        STATE
        + f"def {name}(x, c):\n    with tf.GradientTape() as tape:\n        tape.watch(x)\n"
        + "        h = pad(x)\n" + "\n".join(lines)
        + "\n    found = tape.gradient(loss, [x, w, u])\n"
        + "    return [g if g is None else g + 0.0 for g in found]\n"
    )  # fmt: skip


def run(made: Program, values: list[Any]) -> None:
    for value in values:
        made.both(lambda m, value=value: m.f(X, tf.constant(value)))


OTHER_SOURCES = [
    "y = h\nif c > 0:\n    y = h @ w\nelse:\n    y = h + u\nloss = tf.reduce_sum(y)",
    "y = h\nif c > 0:\n    y = h @ w\nloss = tf.reduce_sum(y)",
    "s = u[0] if c > 0 else tf.reduce_sum(h)\nloss = s * 2.0",
    "y = h\nfor i in tf.range(c):\n    y = y @ w\nloss = tf.reduce_sum(y)",
    "y = tf.zeros_like(h)\nwhile tf.reduce_sum(y) < tf.cast(c, tf.float32):\n    y = y + tf.abs(h)\n"
    "loss = tf.reduce_sum(y)",
    "parts = [tf.reduce_sum(h @ w), tf.reduce_sum(u * u), tf.reduce_sum(x)]\nloss = parts[c]",
    "loss = min(tf.reduce_sum(h @ w), tf.reduce_sum(h * u))",
    "y = h\nif c > 0:\n    if c > 1:\n        y = h @ w\n    else:\n        y = h * u\nloss = tf.reduce_sum(y)",
    "y = tf.floor(h)\nif c > 0:\n    y = y + tf.stop_gradient(h @ w)\nelse:\n    y = y + h @ w\nloss = tf.reduce_sum(y)",
    "y = h\nz = tf.cos(x)\nif c > 0:\n    y = tf.nn.relu(h)\n    z = tf.nn.relu(z)\ny = tf.stop_gradient(y)\n"
    "loss = tf.reduce_sum(z)",
    "y = tf.cond(c > 0, lambda: h @ w, lambda: h * u)\nloss = tf.reduce_sum(y)",
]


@pytest.mark.parametrize("body", OTHER_SOURCES)
def test_a_source_that_the_path_taken_does_not_use_has_no_gradient(body: str) -> None:
    run(program(body), [1, 0, 2, 1, 0])


ORDERS = [
    "y = h\nfor i in tf.range(20):\n    y = tf.tanh(y @ w)\nloss = tf.reduce_sum(y)",
    "y = h @ w\nif c > 0:\n    y = tf.tanh(y @ w) @ w + y\nelse:\n    y = tf.sin(y @ w) @ w\nloss = tf.reduce_sum(y @ w + h @ w)",
    "y = h\nfor i in tf.range(12):\n    y = tf.tanh(y) * y + tf.sin(y) * u\nloss = tf.reduce_sum(y)",
    "y = tf.map_fn(lambda row: tf.tanh(row * u) * row, h)\nloss = tf.reduce_sum(y)",
    "y = h\nfor i in range(14):\n    y = y + tf.sin(x * 0.3) * tf.cos(y @ w)\nloss = tf.reduce_sum(y)",
    "y = h @ w + tf.tanh(h @ w) @ w\nloss = tf.reduce_sum(tf.add_n([y * u, y, y / 3.0, x, x * u, u * x] * 3))",
]


@pytest.mark.parametrize("body", ORDERS)
def test_contributions_are_summed_in_the_eager_order(body: str) -> None:
    run(program(body), [1, 0, 1, 1])


STAGED = [
    "y = h\nif c > 0:\n    y = h @ w\nelse:\n    y = tf.tanh(h) @ w\nloss = tf.reduce_sum(y)",
    "y = h @ w\nfor i in tf.range(c):\n    y = tf.tanh(y) * 0.9\nloss = tf.reduce_sum(y)",
    "y = h @ w + u\nif c > 0:\n    y = tf.sin(y)\nloss = tf.reduce_sum(y)",
    "y = tf.where(h > 0.0, h @ w, h * u)\nloss = tf.reduce_sum(y)",
    "loss = tf.reduce_sum(h @ w)\nfor i in tf.range(c):\n    u.assign_add(tf.ones([4]))",
]


@pytest.mark.parametrize("body", STAGED)
def test_gradients_through_branches_and_loops_that_make_no_difference_are_staged(body: str) -> None:
    made = program(body)
    run(made, [1, 0, 1, 2])
    made.assert_staged("f")


def test_an_optimizer_skips_what_the_path_taken_does_not_use() -> None:
    made = Program(
        STATE
        + """
def f(x, c):
    with tf.GradientTape() as tape:
        y = pad(x)
        if c > 0:
            y = y @ w
        else:
            y = y * u
        loss = tf.reduce_sum(y * y)
    count = 0
    for g, v in zip(tape.gradient(loss, [w, u]), [w, u]):
        if g is not None:
            count += 1
            v.assign_sub(0.1 * g)
    return loss, count
"""
    )
    for c in (1, 0, 1, 0, 1):
        made.both(lambda m, c=c: (m.f(X, tf.constant(c)), m.w.numpy(), m.u.numpy()))


def test_embeddings_in_branches_have_the_gradients_of_the_eager_run() -> None:
    made = Program(
        STATE
        + """
def f(x, c):
    with tf.GradientTape() as tape:
        y = pad(x)
        if c > 0:
            y = y + tf.nn.embedding_lookup(table, [1, 2, 1])
        else:
            y = y * tf.nn.embedding_lookup(table, [3, 4, 5])
        loss = tf.reduce_sum(y)
    g = tape.gradient(loss, table)
    return isinstance(g, tf.IndexedSlices), tf.convert_to_tensor(g)

def g(x):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(pad(x) * tf.nn.embedding_lookup(table, [1, 2, 1]))
    g = tape.gradient(loss, table)
    return isinstance(g, tf.IndexedSlices), g.values, g.indices
"""
    )
    for c in (1, 0, 1, 0):
        made.both(lambda m, c=c: m.f(X, tf.constant(c)))
        made.both(lambda m: m.g(X))


HIGHER = [
    "with tf.GradientTape() as outer:\n        outer.watch(x)\n        with tf.GradientTape() as inner:\n"
    "            inner.watch(x)\n            y = tf.reduce_sum(tf.tanh(pad(x) @ w) ** 3)\n"
    "        g = inner.gradient(y, x)\n    return outer.gradient(g, x)",
    "with tf.GradientTape() as tape:\n        tape.watch(x)\n        y = tf.tanh(pad(x) @ w)\n"
    "    return tape.jacobian(y, x)",
    "with tf.GradientTape() as tape:\n        tape.watch(x)\n        y = tf.tanh(pad(x) @ w)\n"
    "    return tape.batch_jacobian(y, x)",
    "with tf.GradientTape(persistent=True) as tape:\n        tape.watch(x)\n        y = tf.tanh(pad(x) @ w)\n"
    "        z = y * y\n    return tape.gradient(z, x), tape.gradient(y, [x, w]), tape.gradient(z, y)",
    "with tf.GradientTape() as tape:\n        tape.watch(x)\n        y = tf.tanh(pad(x) @ w)\n"
    "        with tape.stop_recording():\n            z = y @ w\n    return tape.gradient(y + z, [x, w, u], "
    "unconnected_gradients='zero')",
    "with tf.GradientTape(watch_accessed_variables=False) as tape:\n        tape.watch(u)\n"
    "        y = tf.tanh(pad(x) @ w) * u\n    return tape.gradient(y, [x, w, u], output_gradients=x)",
]


@pytest.mark.parametrize("body", HIGHER)
def test_tapes_of_every_kind_give_the_eager_gradients(body: str) -> None:
    made = Program(STATE + f"def f(x):\n    {body}\n")
    made.calls(4, lambda m: m.f(X))


def test_a_convolution_has_the_gradients_of_the_eager_run_for_its_filter_and_its_bias() -> None:
    """On a processor of several cores oneDNN adds up in another order where it makes both at once."""
    made = Program("""
    k = tf.Variable(tf.random.stateless_normal([5, 5, 1, 8], [1, 2]))
    b = tf.Variable(tf.random.stateless_normal([8], [3, 4]))
    def f(x):
        with tf.GradientTape() as tape:
            y = tf.nn.bias_add(tf.nn.conv2d(x, k, 2, "SAME"), b)
            loss = tf.reduce_mean(tf.tanh(y))
        return tape.gradient(loss, [k, b])
    """)
    x = tf.random.stateless_normal([16, 16, 16, 1], [5, 6])
    made.calls(5, lambda module: module.f(x))
    made.assert_staged("f")
