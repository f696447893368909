"""Loops of scripts and of functions that run once: graphs for their pieces, everything else as it is written."""

from __future__ import annotations

import pytest

pytest.importorskip("tensorflow")

from tests.pieces.scripts import same_script, staged_runs

WEIGHTS = """
w = tf.Variable(tf.ones([4, 3]) * 0.1)
b = tf.Variable(tf.zeros([3]))
data = [tf.reshape(tf.range(8.0), (2, 4)) * (0.01 * k) for k in range(20)]
def loss_of(x):
    h = tf.nn.tanh(x @ w + b)
    return tf.reduce_mean((h - 0.5) ** 2) + tf.reduce_sum(w * w) * 0.01
"""


def test_a_step_in_a_scripts_loop_becomes_one_graph() -> None:
    module = same_script(
        WEIGHTS
        + """
losses = []
for step, x in enumerate(data * 3):
    with tf.GradientTape() as tape:
        loss = loss_of(x)
    g, h = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * g)
    b.assign_sub(0.1 * h)
    if step % 5 == 0:
        print("step", step, float(loss))
    losses.append(loss.numpy().item())
print(step, sum(losses))
"""
    )
    assert max(staged_runs(module).values()) >= 10


def test_a_loop_in_a_function_that_is_called_once_runs_its_step_as_a_graph() -> None:
    module = same_script(
        WEIGHTS
        + """
def main(epochs):
    total = tf.constant(0.0)
    for epoch in range(epochs):
        for x in data:
            with tf.GradientTape() as tape:
                loss = loss_of(x)
            g, h = tape.gradient(loss, [w, b])
            w.assign_sub(0.1 * g)
            b.assign_sub(0.1 * h)
            total = total + loss
        print(epoch, float(total))
    return total
result = main(3)
"""
    )
    assert max(staged_runs(module).values()) >= 30


def test_break_continue_return_and_else_leave_loops_as_in_python() -> None:
    same_script(
        WEIGHTS
        + """
def walk(limit):
    seen = []
    for k, x in enumerate(data):
        y = tf.reduce_sum(tf.nn.relu(x @ w + b)) * 2.0 + tf.reduce_mean(x)
        if k == 2:
            continue
        seen.append(float(y))
        for j in range(3):
            z = y * tf.cast(j, tf.float32) + tf.sin(y) + tf.cos(y)
            if j == 1 and k == limit:
                return "returned", seen, float(z)
            if float(z) > 1e9:
                break
        else:
            seen.append("whole")
        if k == 15:
            break
    else:
        seen.append("else")
    return seen, float(z)
results = [walk(4), walk(12), walk(99)]
i = 0
while True:
    i += 1
    q = tf.reduce_sum(tf.exp(w) * 0.5 + tf.tanh(w)) + float(i)
    if i > 12:
        break
print(i, float(q))
"""
    )


def test_an_exception_in_a_piece_is_the_one_of_the_plain_run_on_the_same_lines() -> None:
    same_script(
        WEIGHTS
        + """
def train(items):
    for x in items:
        with tf.GradientTape() as tape:
            loss = loss_of(x)
        g = tape.gradient(loss, w)
        w.assign_sub(g)
def tries():
    caught = []
    for attempt in range(3):
        try:
            train([*data, tf.ones([2, 5])])
        except tf.errors.InvalidArgumentError as error:
            import traceback
            caught.append([(e.name, e.lineno) for e in traceback.extract_tb(error.__traceback__) if e.filename == __file__])
        finally:
            caught.append("done")
    return caught
print(tries())
train([*data, "no tensor"])
"""
    )


def test_a_counter_takes_its_statements_out_of_the_graph() -> None:
    module = same_script(
        WEIGHTS
        + """
count = 0
history = {}
for x in data * 3:
    y = tf.nn.softmax(x @ w + b)
    s = tf.reduce_sum(y * tf.math.log(y + 1e-6), axis=1)
    count += 1
    history[count] = s
    w.assign_add(tf.transpose(x) @ (y - 0.3) * 0.01)
print(count, len(history))
"""
    )
    assert max(staged_runs(module).values()) >= 20


def test_names_that_have_no_value_at_first_get_one_inside_a_piece() -> None:
    same_script(
        WEIGHTS
        + """
def f():
    for k, x in enumerate(data):
        if k > 0:
            change = tf.reduce_sum((x - before) ** 2) + tf.reduce_sum(tf.sin(x) * tf.cos(x)) * tf.norm(w)
        before = x * 2.0 + tf.reduce_mean(x)
        if k == 9:
            del before
            before = x
    return float(change), before
print(f())
try:
    for k in range(8):
        if k == 6:
            del here
        print(k, "here" in globals() and float(here))
        here = tf.reduce_sum(w * 2.0 + tf.sin(w) * tf.cos(w) + tf.exp(w) - 1.0)
except NameError as error:
    print(error)
"""
    )


def test_a_function_that_reads_a_name_of_the_script_sees_its_present_value() -> None:
    same_script(
        WEIGHTS
        + """
scale = tf.constant(1.0)
def scaled(x):
    return tf.reduce_sum(x * scale + tf.sin(x) * tf.cos(x)) * tf.norm(w)
outs = []
for x in data:
    scale = scale * 1.1 + tf.reduce_mean(x)
    y = scaled(x) + scaled(x * 2.0)
    outs.append(float(y))
print(outs, float(scale))
rate = 1
for x in data:
    rate = rate + 1 if rate < 4 else rate
    y = scaled(x) * rate + tf.reduce_sum(tf.tanh(x) * tf.exp(-x) * 0.5)
    outs.append(float(y))
print(outs[-5:])
"""
    )


def test_lists_dictionaries_and_objects_that_are_changed_on_the_way_are_those_of_the_plain_run() -> None:
    same_script(
        WEIGHTS
        + """
class Box:
    def __init__(self):
        self.total = tf.constant(0.0)
        self.items = []
        self.calls = 0
    def add(self, x):
        self.calls += 1
        self.total = self.total + tf.reduce_sum(x)
        return self.total
box = Box()
alias = box.items
window = []
for x in data:
    y = tf.reduce_sum(tf.nn.relu(x @ w + b) + tf.sin(x @ w) * tf.cos(x @ w))
    total = box.add(x) + y * 2.0 + tf.sqrt(tf.abs(y))
    box.items.append(total)
    window = [*window[-2:], total]
    mean = tf.add_n(window) / len(window)
print([float(v) for v in alias], float(mean), box.calls, float(box.total))
"""
    )


def test_with_try_and_match_around_pieces() -> None:
    same_script(
        WEIGHTS
        + """
import contextlib
log = []
@contextlib.contextmanager
def noted(name):
    log.append("in " + name)
    try:
        yield name
    finally:
        log.append("out " + name)
def run():
    for k, x in enumerate(data):
        with noted(f"step {k}") as name, tf.name_scope("s"):
            y = tf.nn.tanh(x @ w + b)
            z = tf.reduce_sum(y * y) + tf.reduce_mean(tf.sin(y) * tf.cos(y))
        try:
            z = tf.debugging.check_numerics(z / float(k - 7), "bad") + tf.norm(y) + tf.norm(x)
        except ZeroDivisionError:
            log.append("zero")
            continue
        except tf.errors.InvalidArgumentError as error:
            log.append(type(error).__name__)
        else:
            log.append(float(z))
        finally:
            log.append(k)
        match k % 3:
            case 0:
                w.assign_add(tf.ones_like(w) * 0.01 * z)
            case 1 if k > 5:
                w.assign_sub(tf.ones_like(w) * 0.02 * z)
            case _:
                pass
    return name
print(run(), log)
"""
    )


def test_functions_defined_in_a_loop_keep_its_names() -> None:
    same_script(
        WEIGHTS
        + """
def f():
    functions = []
    for k, x in enumerate(data[:8]):
        y = tf.reduce_sum(tf.tanh(x @ w + b) * tf.exp(x @ w) + tf.sin(x @ w))
        def g(scale=k):
            return y * scale
        functions.append(g)
        functions.append(lambda: y + k)
        v = g() + functions[-1]() * tf.norm(w)
    return [float(h()) for h in functions], float(v)
print(f())
"""
    )


def test_random_numbers_of_python_and_numpy_are_drawn_at_every_step() -> None:
    same_script(
        WEIGHTS
        + """
import random
random.seed(1)
rng = np.random.default_rng(1)
np.random.seed(1)
seen = []
for x in data * 2:
    a = random.random()
    x = x * a + tf.constant(rng.normal(size=(2, 4)).astype("float32"))
    y = tf.nn.tanh(x @ w + b)
    z = tf.reduce_sum(y * np.random.rand()) + tf.reduce_mean(tf.sin(y) * tf.cos(y) + tf.exp(y))
    seen.append(float(z))
print(seen)
"""
    )


def test_a_seeded_stream_of_tensorflow_is_that_of_the_plain_run() -> None:
    same_script(
        WEIGHTS
        + """
tf.random.set_seed(7)
seen = []
for x in data * 2:
    noise = tf.random.normal([2, 3])
    y = tf.nn.tanh(x @ w + b) + noise * 0.1
    z = tf.reduce_sum(y * y) + tf.reduce_mean(tf.sin(y) * tf.cos(y) + tf.exp(y))
    seen.append(float(z))
print(seen)
"""
    )
