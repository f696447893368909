"""Statements that ask where they stand: `super()`, `global`, `nonlocal`, annotations, `try`; all of them in pieces."""

from __future__ import annotations

import pytest

pytest.importorskip("tensorflow")

from tests.pieces.scripts import same_script, staged_runs

START = """
import os, sys
w = tf.Variable(tf.ones([4, 3]) * 0.1)
b = tf.Variable(tf.zeros([3]))
data = [tf.reshape(tf.range(8.0), (2, 4)) * (0.01 * k) for k in range(12)]
def loss_of(x):
    h = tf.nn.tanh(x @ w + b)
    return tf.reduce_mean((h - 0.5) ** 2) + tf.reduce_sum(w * w) * 0.01
"""

PROGRAMS = {
    "a function that is called looks for names in the frame that calls it": """
def asked(text):
    found = sys._getframe(1).f_locals
    return [found[name] for name in text.split(" < ")]
def there():
    return sorted(sys._getframe(1).f_locals)
def run(factor):
    limit, kind = 3, "fine"
    seen = []
    for x in data:
        y = loss_of(x) * factor
        most = tf.reduce_max(tf.sin(x) * tf.cos(x))
        z = loss_of(x * y)
        seen.append(asked("limit < kind"))
        seen.append([float(value) for value in asked("y < most < factor")])
        w.assign_add(tf.ones_like(w) * z * 0.01)
        seen.append(there())
    return seen
print(run(2.0), run(3.0))
""",
    "a function that is called looks at the frame of the script that calls it, and stores there": """
def remember(text, value):
    found = sys._getframe(1).f_locals
    found[text] = value
    return found is sys._getframe(1).f_globals, sorted(name for name in found if len(name) == 1 and name != "m")
for k in range(36):
    x = data[k % 12] * 2.0
    y = loss_of(x)
    z = loss_of(x * y)
    print(remember("t", k), t)
    print({m: float(y) for m in range(2)})
    w.assign_add(tf.ones_like(w) * z * 0.01)
""",
    "a recursion that is deeper than a tenth of what Python takes": """
seen = []
def walk(n, x):
    y = tf.reduce_sum(tf.sin(x) * tf.cos(x) + tf.exp(x) * 0.001)
    z = tf.reduce_mean(tf.sin(x * y) * tf.cos(x))
    seen.append(open(os.devnull).close())
    for k in range(2):
        if k and n:
            z = z * 0.5 + walk(n - 1, x * 0.9)
    return z
for k in range(24):
    print(float(walk(1, tf.ones([3]))))
print(float(walk(150, tf.ones([3]))), len(seen))
""",
    "names of the module that a function stores": """
total = tf.constant(0.0)
steps = 0
def epoch():
    global total, steps, last
    for x in data:
        with tf.GradientTape() as tape:
            loss = loss_of(x)
        g = tape.gradient(loss, w)
        w.assign_sub(0.1 * g)
        total = total + loss
        steps += 1
        last = x
    return loss
for k in range(4):
    print(float(epoch()), steps, float(total))
print(float(last[0, 0]))
""",
    "names of the module that others store as well": """
n = tf.constant(1.0)
count = 0
def bump(x):
    global n, count
    count += 1
    n = n * 1.5 + tf.reduce_mean(x)
    return x * 2.0
def run():
    global n
    outs = []
    for x in data * 3:
        y = tf.reduce_sum(tf.sin(x) * tf.cos(x) + tf.exp(x))
        n = n + y * 0.001
        z = bump(x)
        v = tf.reduce_sum(z * n + tf.sin(z) * tf.cos(z)) * tf.norm(w)
        n = n * 0.5
        outs.append(float(v))
    return outs
print(run(), float(n), count)
for x in data * 3:
    y = tf.reduce_sum(tf.sin(x) * tf.cos(x) + tf.exp(x)) * n
    z = bump(x)
    v = tf.reduce_sum(z * n + tf.sin(z) * tf.cos(z)) * tf.norm(w) + y
    print(float(v), float(n), count)
""",
    "names of an enclosing function": """
def make():
    best, seen = tf.constant(1e9), 0
    def step(items):
        nonlocal best, seen
        for x in items:
            with tf.GradientTape() as tape:
                loss = loss_of(x)
            w.assign_sub(0.1 * tape.gradient(loss, w))
            best = tf.minimum(best, loss)
            seen += 1
        return loss
    def look():
        return float(best), seen
    return step, look
step, look = make()
other, look2 = make()
for k in range(4):
    print(float(step(data)), look(), look2())
print(float(other(data)), look2())
""",
    "a name of an enclosing function that was deleted": """
def make():
    held = 1.0
    def use(k):
        nonlocal held
        out = []
        for x in data:
            y = tf.reduce_sum(tf.sin(x) * tf.cos(x) + tf.exp(x)) * held
            out.append(float(y))
        if k == 3:
            del held
        return out
    return use
use = make()
try:
    for k in range(6):
        print(k, use(k))
except NameError as error:
    print(type(error).__name__, error)
""",
    "super in a method with a loop": """
class Base:
    rate = 0.1
    def __init__(self):
        self.seen = 0
    def step(self, x):
        with tf.GradientTape() as tape:
            loss = loss_of(x)
        w.assign_sub(self.rate * tape.gradient(loss, w))
        return loss
    def fit(self, items):
        self.seen += len(items)
        return "base"
class Child(Base):
    def __init__(self):
        super().__init__()
        self.losses = []
    def step(self, x):
        return super().step(x * 2.0) + tf.reduce_sum(tf.sin(x) * tf.cos(x))
    def fit(self, items):
        for x in items:
            loss = super().step(x) + self.step(x)
            self.losses.append(float(loss))
        return super().fit(items), super(Child, self).rate, __class__.__name__
class Grandchild(Child):
    rate = 0.05
    def step(self, x):
        return super().step(x) * 0.5
for kind in (Child, Grandchild):
    trainer = kind()
    for k in range(3):
        print(trainer.fit(data), trainer.seen, sum(trainer.losses))
""",
    "super whose first argument is another object by then": """
class Base:
    def value(self, x):
        return tf.reduce_sum(x) * self.scale
class Child(Base):
    def __init__(self, scale):
        self.scale = scale
    def total(self, other, items):
        out = []
        for k, x in enumerate(items):
            out.append(float(super().value(x) + tf.reduce_sum(tf.sin(x) * tf.cos(x) + tf.exp(x))))
            if k == 5:
                self = other
        return out
a, c = Child(1.0), Child(3.0)
print(a.total(c, data))
""",
    "annotations in the loop of a script": """
for k, x in enumerate(data * 2):
    loss: tf.Tensor = tf.reduce_sum(tf.sin(x) * tf.cos(x) + tf.exp(x)) * tf.norm(w)
    note: "a text"
    if k > 15:
        late: int = k
        z: float = tf.reduce_sum(tf.cos(x)) + tf.reduce_sum(tf.exp(x) * tf.sin(x) + tf.tanh(x))
    print(k, float(loss), sorted(__annotations__))
print({key: str(value) for key, value in __annotations__.items()})
""",
    "annotations that are texts": """
total: list[int] = []
for k, x in enumerate(data * 2):
    loss: dict[str,tf.Tensor] | None = tf.reduce_sum(tf.sin(x) * tf.cos(x) + tf.exp(x)) * tf.norm(w)
    print(float(loss))
print(__annotations__)
""",
    "try with tensor operations in it": """
log = []
def run(items):
    for k, x in enumerate(items):
        try:
            y = tf.reduce_sum(tf.tanh(x @ w + b)) + tf.reduce_mean(tf.exp(x))
            z = tf.debugging.check_numerics(tf.math.log(y - 6.1), "no number") + tf.norm(x)
            w.assign_add(tf.ones_like(w) * 0.001 * z)
        except tf.errors.InvalidArgumentError as error:
            log.append((k, "InvalidArgumentError", "no number" in str(error), float(y)))
            y = tf.constant(0.0)
        else:
            log.append((k, float(z)))
        finally:
            log.append(round(float(tf.reduce_sum(w) + y), 4))
    return y
for n in range(3):
    run(data)
print(log)
""",
    "a function that cleans up, with no loop": """
log = []
def guarded(x, fail=False):
    log.append("in")
    try:
        h = tf.nn.relu(x @ w + b)
        y = tf.reduce_sum(h * h) + tf.reduce_mean(tf.sin(h) * tf.cos(h))
        if fail:
            raise KeyError("failed")
        return y * 2.0
    except ValueError:
        return None
    finally:
        log.append("out")
outs = [float(guarded(x)) for x in data * 3]
try:
    guarded(data[0], fail=True)
except KeyError as error:
    print(repr(error))
try:
    guarded(tf.ones([2, 7]))
except tf.errors.InvalidArgumentError as error:
    print("InvalidArgumentError")
print(outs, len(log), log[-4:])
""",
    "try that returns, breaks and goes on in a loop": """
def run(limit):
    seen = []
    for k, x in enumerate(data * 2):
        try:
            y = tf.reduce_sum(tf.tanh(x @ w + b)) + tf.reduce_mean(tf.exp(x) * tf.sin(x))
            if k % 3 == 1:
                continue
            if k == limit:
                return "returned", seen
            if float(y) > 50.0:
                break
        finally:
            seen.append(round(float(y), 4))
    return "ended", seen
print(run(4), run(17), run(99))
""",
    "interrupted in a piece": """
import contextlib
seen = []
def step(x, k):
    y = tf.reduce_sum(tf.tanh(x @ w + b)) + tf.reduce_mean(tf.exp(x) * tf.sin(x)) + tf.norm(x)
    if k == 20:
        raise KeyboardInterrupt
    return y
try:
    for k, x in enumerate(data * 2):
        y = step(x, k) * 2.0 + tf.reduce_sum(tf.tanh(x @ w + b))
        seen.append(float(y))
except KeyboardInterrupt:
    print("interrupted", k)
finally:
    print(len(seen), seen)
""",
    "an import and a class in a loop": """
for k, x in enumerate(data * 2):
    import math
    class Box:
        value = tf.reduce_sum(x)
    y = tf.reduce_sum(tf.tanh(x @ w + b)) * math.pi + tf.reduce_mean(tf.exp(x) * tf.sin(x)) + Box.value
    print(k, float(y), Box.__qualname__)
""",
    "global declared inside a branch": """
def run():
    for k, x in enumerate(data * 2):
        y = tf.reduce_sum(tf.tanh(x @ w + b)) + tf.reduce_mean(tf.exp(x) * tf.sin(x)) + tf.norm(x)
        if k % 2:
            global seen
            seen = y * 2.0 + tf.reduce_sum(tf.tanh(x @ w + b) * tf.exp(x @ w))
    return float(seen)
print(run(), float(seen))
""",
    "a loop over variables in a step": """
ws = [tf.Variable(tf.ones([4]) * k) for k in range(5)]
ms = [tf.Variable(tf.zeros([4])) for k in range(5)]
for k, x in enumerate(data * 3):
    with tf.GradientTape() as tape:
        loss = tf.add_n([tf.reduce_sum(tf.sin(v) * v * x[0]) for v in ws])
    grads = tape.gradient(loss, ws)
    for g, v, m in zip(grads, ws, ms):
        m.assign(0.9 * m + g)
        v.assign_sub(0.1 * (m + tf.sin(g) * tf.cos(g)) / (tf.norm(m) + 1.0))
    if k % 10 == 0:
        print(k, float(loss))
print([v.numpy().tolist() for v in ws])
""",
}

FUTURE = {"annotations that are texts"}


@pytest.mark.parametrize("name", PROGRAMS)
def test_moved(name: str) -> None:
    same_script(START + PROGRAMS[name], future=name in FUTURE)


@pytest.mark.parametrize(
    ("name", "fewest"),
    [
        ("a function that is called looks for names in the frame that calls it", 15),
        ("a function that is called looks at the frame of the script that calls it, and stores there", 15),
        ("a recursion that is deeper than a tenth of what Python takes", 15),
        ("names of the module that a function stores", 15),
        ("names of an enclosing function", 15),
        ("try with tensor operations in it", 15),
        ("a function that cleans up, with no loop", 15),
        ("super in a method with a loop", 10),
        ("annotations in the loop of a script", 5),
    ],
)
def test_moved_statements_run_as_graphs(name: str, fewest: int) -> None:
    module = same_script(START + PROGRAMS[name])
    assert max(staged_runs(module).values()) >= fewest


def test_a_loop_over_variables_is_part_of_the_step_around_it() -> None:
    module = same_script(START + PROGRAMS["a loop over variables in a step"])
    runs = staged_runs(module)
    first = min(line for line, count in runs.items() if count)
    assert [line for line, count in runs.items() if count] == [first]
    assert runs[first] >= 20
