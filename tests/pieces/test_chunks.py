"""Loops whose body is one graph: some iterations at a time, and nobody can tell."""

from __future__ import annotations

import pytest

pytest.importorskip("tensorflow")

from autograph_hook.runtime import chunks as ahead
from autograph_hook.runtime.gate import Module
from autograph_hook.runtime.mixed import MixedFunction
from tests.pieces.scripts import same_script

START = """
w = tf.Variable(tf.ones([4, 3]) * 0.1)
b = tf.Variable(tf.zeros([3]))
data = [tf.reshape(tf.range(8.0), (2, 4)) * (0.0005 * k) for k in range(120)]
total = tf.constant(0.0)
"""

STEP = """
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((tf.nn.tanh(x @ w + b) - 0.5) ** 2)
    g, h = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * g)
    b.assign_sub(0.1 * h)
    total = total + loss
"""

LOOPS = {
    "a list": "for x in data:",
    "a tuple": "for x in tuple(data):",
    "a tensor": "for x in tf.stack(data):",
    "a dataset": "for x in tf.data.Dataset.from_tensor_slices(tf.stack(data)):",
    "a dataset that computes": (
        "for x in tf.data.Dataset.from_tensor_slices(tf.stack(data)).map(lambda x: x + 1.0).shuffle(10, seed=1).prefetch(2):"
    ),
    "enumerate": "for k, x in enumerate(data):",
    "zip of a list and a dataset": (
        "for (k, x), y in zip(enumerate(data), tf.data.Dataset.from_tensor_slices(tf.stack(data))):\n    x = x + y"
    ),
}


def chunks(module: Module) -> int:
    """How often a graph stood for some iterations."""
    return sum(
        entry["count"]
        for gate in module.gates
        if isinstance(gate.mixed, MixedFunction)
        for entry in gate.mixed.described()
        if entry["reason"].startswith("some iterations as one graph")
    )


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bodies of any size are put together as soon as the smallest are."""
    monkeypatch.setattr(ahead, "SEASONED_EACH", 0)


def test_a_larger_body_waits_longer_for_what_costs_more() -> None:
    loop = START + "for x in data * {}:" + STEP + "\nprint(float(total))\n"
    assert chunks(same_script(loop.format(3))) == 0
    assert chunks(same_script(loop.format(12))) >= 10


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("kind", LOOPS)
def test_some_iterations_run_as_one_graph_over(kind: str) -> None:
    module = same_script(START + LOOPS[kind] + STEP + "\nprint(float(total), float(loss), x.numpy().tolist())\n")
    assert chunks(module) >= 4


@pytest.mark.usefixtures("soon")
def test_a_loop_that_counts_runs_in_chunks() -> None:
    module = same_script(
        START
        + """
def main():
    c = tf.constant(0.0)
    for i in range(200):
        w.assign(w * 0.99 + 0.01 * tf.sin(w))
        c = c + tf.reduce_sum(w * w) + tf.reduce_mean(tf.exp(w) * tf.cos(w))
    return i, float(c)
print(main())
"""
    )
    assert chunks(module) >= 10


PROGRAMS = {
    "an iteration that fails": """
seen = 0
try:
    for k, x in enumerate([*data[:100], tf.fill([2, 4], float("nan")), *data]):
        y = tf.debugging.check_numerics(tf.nn.tanh(x @ w + b), "no number")
        total = total + tf.reduce_sum(y * y) + tf.reduce_mean(tf.sin(y) * tf.cos(y))
        w.assign_add(tf.ones_like(w) * 0.001 * total)
except tf.errors.InvalidArgumentError:
    x = None
    print("failed at", k, float(total), w.numpy().tolist())
""",
    "an element of another shape": """
try:
    for x in [*data[:101], tf.ones([2, 5]), *data]:
        y = tf.nn.tanh(x @ w + b)
        total = total + tf.reduce_sum(y * y) + tf.reduce_mean(tf.sin(y) * tf.cos(y))
except tf.errors.InvalidArgumentError as error:
    print(float(total), x.shape)
for x in [*data[:101], tf.ones([3, 4]), *data]:
    y = tf.nn.tanh(x @ w + b)
    total = total + tf.reduce_sum(y * y) + tf.reduce_mean(tf.sin(y) * tf.cos(y))
print(float(total))
""",
    "an element that is no tensor": """
try:
    for x in [*data[:101], "text", *data]:
        y = tf.nn.tanh(x @ w + b)
        total = total + tf.reduce_sum(y * y) + tf.reduce_mean(tf.sin(y) * tf.cos(y))
except Exception as error:
    print(type(error).__name__, x, float(total))
""",
    "a list that grows and shrinks on the way": """
def grow(items, x):
    items.append(x * 0.5)
    return x
work = list(data)
n = tf.constant(0.0)
for x in work:
    y = tf.nn.tanh(x @ w + b)
    total = total + tf.reduce_sum(y * y) + tf.reduce_mean(tf.sin(y) * tf.cos(y))
    if len(work) < 160:
        grow(work, x)
print(float(total), len(work))
work = list(data)
for x in work:
    y = tf.nn.tanh(x @ w + b)
    total = total + tf.reduce_sum(y * y) + tf.reduce_mean(tf.sin(y) * tf.cos(y))
    work[-1] = work[-1] + y[0, 0]
print(float(total), float(work[-1][0, 0]))
""",
    "the same element again and again": """
for x in [data[3]] * 120:
    y = tf.nn.tanh(x @ w + b)
    total = total + tf.reduce_sum(y * y) + tf.reduce_mean(tf.sin(y) * tf.cos(y))
    w.assign_add(tf.ones_like(w) * 0.001 * total)
print(float(total))
""",
    "prints and notes in order": """
notes = []
for k, x in enumerate(data):
    y = tf.nn.tanh(x @ w + b)
    total = total + tf.reduce_sum(y * y) + tf.reduce_mean(tf.sin(y) * tf.cos(y))
    print("step", total)
    notes.append(total)
print(k, len(notes), [float(n) for n in notes])
""",
    "a dataset whose function can be seen": """
drawn = []
def make():
    for k in range(120):
        drawn.append(k)
        yield np.full((2, 4), 0.001 * k, np.float32)
ahead = []
for x in tf.data.Dataset.from_generator(make, output_signature=tf.TensorSpec([2, 4], tf.float32)):
    y = tf.nn.tanh(x @ w + b)
    total = total + tf.reduce_sum(y * y) + tf.reduce_mean(tf.sin(y) * tf.cos(y))
print(float(total), len(drawn))
def items():
    for x in data:
        drawn.append(float(total))
        yield x
for x in items():
    y = tf.nn.tanh(x @ w + b)
    total = total + tf.reduce_sum(y * y) + tf.reduce_mean(tf.sin(y) * tf.cos(y))
print(drawn[-5:])
""",
    "an iterator that is left in the middle": """
rest = iter(data)
for x in rest:
    y = tf.nn.tanh(x @ w + b)
    total = total + tf.reduce_sum(y * y) + tf.reduce_mean(tf.sin(y) * tf.cos(y))
    if total > 20.0:
        break
print(float(total), len(list(rest)))
for k, x in enumerate(rest := iter(data)):
    y = tf.nn.tanh(x @ w + b)
    total = total + tf.reduce_sum(y * y) + tf.reduce_mean(tf.sin(y) * tf.cos(y))
    if k == 100:
        print(len(list(rest)))
print(k, float(total))
""",
    "the iterator is used by the body": """
rest = iter(data * 2)
for x in rest:
    y = tf.nn.tanh(x @ w + b) + next(rest)[0, 0]
    total = total + tf.reduce_sum(y * y) + tf.reduce_mean(tf.sin(y) * tf.cos(y))
print(float(total))
def peek():
    return next(other)
other = iter(data * 2)
for x in other:
    y = tf.nn.tanh(x @ w + b) + peek()[0, 0]
    total = total + tf.reduce_sum(y * y) + tf.reduce_mean(tf.sin(y) * tf.cos(y))
print(float(total))
""",
    "the target is used after the loop and changed in it": """
def f():
    total = tf.constant(0.0)
    for k, x in enumerate(data):
        x = x * 2.0
        total = total + tf.reduce_sum(tf.nn.tanh(x @ w + b) * tf.sin(x @ w)) + tf.reduce_mean(x)
    return k, x.numpy().tolist(), float(total)
print(f())
print(f())
""",
    "a counter of Python's": """
count = 0
for x in data:
    y = tf.nn.tanh(x @ w + b)
    total = total + tf.reduce_sum(y * y) + tf.reduce_mean(tf.sin(y) * tf.cos(y)) * count
    count += 1
print(count, float(total))
""",
    "a number that changes in the middle": """
rate = 1.0
def change():
    global rate
    rate = rate * 0.5
for outer in range(3):
    for x in data:
        y = tf.nn.tanh(x @ w + b) * rate
        total = total + tf.reduce_sum(y * y) + tf.reduce_mean(tf.sin(y) * tf.cos(y))
    change()
    print(float(total), rate)
""",
    "random numbers": """
tf.random.set_seed(3)
for x in data:
    y = tf.nn.tanh(x @ w + b) + tf.random.normal([2, 3])
    total = total + tf.reduce_sum(y * y) + tf.reduce_mean(tf.sin(y) * tf.cos(y))
print(float(total), tf.random.normal([2]).numpy())
""",
    "the target is read by a function": """
def seen():
    return tf.reduce_sum(tf.sin(x) * tf.cos(x)) + tf.reduce_mean(tf.exp(x))
for x in data:
    total = total + seen() * 0.5 + tf.reduce_sum(tf.tanh(w))
print(float(total))
def f():
    total = tf.constant(0.0)
    def inner():
        return tf.reduce_sum(tf.sin(x) * tf.cos(x)) + tf.reduce_mean(tf.exp(x)) * k
    for k, x in enumerate(data):
        total = total + inner() * 0.5 + tf.reduce_sum(tf.tanh(w))
    return float(total)
print(f())
""",
    "a target that is an attribute or an item": """
class Box: pass
box, slot = Box(), {}
for box.x in data:
    y = tf.nn.tanh(box.x @ w + b)
    total = total + tf.reduce_sum(y * y) + tf.reduce_mean(tf.sin(y) * tf.cos(y))
for slot["x"] in data:
    y = tf.nn.tanh(slot["x"] @ w + b)
    total = total + tf.reduce_sum(y * y) + tf.reduce_mean(tf.sin(y) * tf.cos(y))
print(float(total), float(box.x[0, 1]), float(slot["x"][0, 1]))
""",
}


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("name", PROGRAMS)
def test_nobody_can_tell(name: str) -> None:
    same_script(START + PROGRAMS[name])
