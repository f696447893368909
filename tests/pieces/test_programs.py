"""Programs that once did otherwise in pieces: each prints, raises and leaves the same, hooked and plain."""

from __future__ import annotations

import pytest

pytest.importorskip("tensorflow")

from autograph_hook.runtime.mixed import MixedFunction
from tests.pieces.scripts import same_script, staged_runs

START = """
w = tf.Variable(tf.ones([4, 3]) * 0.1)
b = tf.Variable(tf.zeros([3]))
data = [tf.reshape(tf.range(8.0), (2, 4)) * (0.01 * k) for k in range(6)]
def loss_of(x):
    h = tf.nn.tanh(x @ w + b)
    return tf.reduce_mean((h - 0.5) ** 2) + tf.reduce_sum(w * w) * 0.01
"""

PROGRAMS = {
    "a tape is read after a piece has ended": """
losses = []
for x in data * 3:
    with tf.GradientTape() as tape:
        loss = loss_of(x)
    losses.append(float(loss))
    g = tape.gradient(loss, w)
    w.assign_sub(0.1 * g)
print(losses)
""",
    "a tape is read in one branch only": """
losses = []
for k, x in enumerate(data * 3):
    with tf.GradientTape() as tape:
        loss = loss_of(x) + tf.reduce_sum(w * x[0, 0]) * tf.sin(x[0, 1])
    losses.append(round(float(loss), 3))
    if k % 2:
        g = tape.gradient(loss, w)
        w.assign_sub(0.1 * g)
        losses.append(round(float(tf.reduce_sum(g)), 3))
print(losses)
""",
    "a name is read by a text that is put together": """
losses = []
for k, x in enumerate(data * 3):
    with tf.GradientTape() as tape:
        loss = loss_of(x) + tf.reduce_sum(w * x[0, 0]) * tf.sin(x[0, 1])
    losses.append(float(loss))
def late(name):
    return globals()[name]
try:
    print(late("ta" + "pe").gradient(loss, w).shape)
except Exception as e:
    print(type(e), e)
""",
    "what is left behind holds dictionaries and objects": """
class P:
    def __init__(self, v): self.v = v
for k, x in enumerate(data * 3):
    y = tf.reduce_sum(tf.sin(x) * tf.cos(x) + tf.exp(x)) * tf.norm(w)
    o = P(y)
    d = {"y": y}
    l = [[y], (y, {"q": 3})]
""",
    "tuples and lists of dictionaries are left behind": """
for k, x in enumerate(data * 3):
    y = tf.reduce_sum(tf.sin(x) * tf.cos(x) + tf.exp(x) + x * x) * tf.norm(w)
    sh = x.shape; n = sh[0]; dt = y.dtype; t = (y, [y, {"a": y}]); s = "txt"; f = 1.5; bb = n > 1
    r = range(n)
    print(type(sh).__name__, type(n).__name__, type(t[1][1]).__name__, s, f, bb, r, dt, isinstance(y, tf.Tensor), type(y).__name__)
""",
    "lambdas of a script have the names of a script's": """
fs = []
for k, x in enumerate(data * 3):
    y = tf.reduce_sum(tf.sin(x) * tf.cos(x) + tf.exp(x) + x * x) * tf.norm(w)
    fs.append(lambda: (k, y))
    def g(a=k):
        return y * a
    fs.append(g)
print([(f()) for f in fs][:3], g.__qualname__, g.__module__, fs[0].__qualname__, fs[0].__module__)
""",
    "a name of the frame that has no value yet": """
def f(flag):
    for k, x in enumerate(data * 3):
        if k >= flag:
            y = tf.reduce_sum(tf.sin(x) * tf.cos(x) + tf.exp(x) + x * x)
        print(k)
        z = y * 2.0 + tf.reduce_sum(tf.sin(x) * tf.cos(x) + tf.exp(x))
    return z
print(float(f(0)))
f(3)
""",
    "names of the frame without a value are caught": """
def f(n):
    seen = []
    for k, x in enumerate(data * 3):
        try:
            z = tf.reduce_sum(tf.sin(x) * tf.cos(x) + tf.exp(x) + x * x) * y
        except UnboundLocalError as e:
            seen.append((str(e), e.__context__, e.name if hasattr(e, "name") else 0))
        except NameError as e:
            seen.append(("NE", str(e)))
        if k > n:
            y = tf.reduce_sum(tf.sin(x) * tf.cos(x) + tf.exp(x) + x * x) * tf.norm(w)
            seen.append(float(z) if k > n + 1 else 0)
        if k == n + 5:
            try:
                del y
                del y
            except NameError as e:
                seen.append((type(e).__name__, str(e)))
    return seen
print(f(1)); print(f(7))
""",
    "annotated names of a function": """
def f(n: int) -> float:
    total: tf.Tensor = tf.constant(0.0)
    u: int
    for k, x in enumerate(data * 3):
        y: tf.Tensor = tf.reduce_sum(tf.sin(x) * tf.cos(x) + tf.exp(x) + x * x) * tf.norm(w)
        if k % 2:
            q: "float" = float(y)
        total = total + y
    return float(total), q
print(f(3))
""",
    "the context manager that swallows sees the line": """
class S:
    def __init__(s): s.log = []
    def __enter__(s): return s
    def __exit__(s, t, v, tb):
        s.log.append((t and t.__name__, str(v), tb and [e.tb_lineno for e in [tb]] ))
        return True
def f():
    s = S()
    for k, x in enumerate(data * 3):
        with s as q:
            y = tf.reduce_sum(tf.sin(x) * tf.cos(x) + tf.exp(x) + x * x) * tf.norm(w)
            if k % 5 == 4: raise ValueError(k)
            z = y + tf.reduce_sum(tf.sin(x) * tf.cos(x) + tf.exp(x) + x * x)
    return s.log, float(z), float(y)
print(f())
""",
    "a context manager sees the traceback": """
import traceback, contextlib
@contextlib.contextmanager
def cm():
    try:
        yield
    except Exception as e:
        print([(f.name, f.lineno) for f in traceback.extract_tb(e.__traceback__) if f.filename == __file__])
def g(x):
    raise ValueError(1)
def f():
    for k, x in enumerate(data * 3):
        with cm():
            y = tf.reduce_sum(tf.sin(x) * tf.cos(x) + tf.exp(x) + x * x) * tf.norm(w)
            if k % 5 == 4: g(x)
f()
for k, x in enumerate(data * 3):
    with cm():
        y = tf.reduce_sum(tf.sin(x) * tf.cos(x) + tf.exp(x) + x * x) * tf.norm(w)
        if k % 5 == 4: g(x)
""",
    "a function that calls itself is in the traceback once for each call": """
import traceback
def rec(n, x):
    for i in range(30):
        y = loss_of(x) * tf.reduce_sum(tf.tanh(x) * tf.exp(-x))
        if n and i == 25:
            return rec(n - 1, x) + y
    if not n: raise LookupError("deep")
    return y
def g():
    for q in range(2):
        try:
            z = loss_of(data[q]) * tf.reduce_sum(tf.tanh(data[q]) * tf.exp(-data[q]))
            rec(3, data[1])
        except LookupError as e:
            print([(t.name, t.lineno) for t in traceback.extract_tb(e.__traceback__) if t.filename == __file__])
g()
rec(2, data[2])
""",
    "a function reads a tensor that the piece stores": """
scale = tf.constant(1.0)
def scaled(x):
    return tf.reduce_sum(x * scale + tf.sin(x) * tf.cos(x)) * tf.norm(w)
outs = []
for x in data * 3:
    scale = tf.reduce_sum(x) + 1.0
    y = scaled(x) + scaled(x * 2.0)
    outs.append(y)
print([float(o) for o in outs])
""",
    "a function reads a number that the piece stores": """
flag = 0
def scaled(x):
    return tf.reduce_sum(x * flag + tf.sin(x) * tf.cos(x)) * tf.norm(w)
outs = []
for x in data * 3:
    flag = 1
    y = scaled(x) + scaled(x * 2.0)
    flag = 2
    z = scaled(x) * tf.reduce_sum(tf.tanh(x) * tf.exp(-x))
    flag = 3
    outs.append(y + z)
print([float(o) for o in outs])
""",
    "a function reads a builtin that the piece shadows": """
def scaled(x):
    return tf.reduce_sum(x * len([1, 2]) + tf.sin(x) * tf.cos(x)) * tf.norm(w)
for k, x in enumerate(data * 3):
    y = scaled(x)
    len = lambda q: 50
    z = scaled(x) + tf.reduce_sum(tf.tanh(x) * tf.exp(-x)) * y
    del len
    print(float(y), float(z))
""",
    "a function inside reads a tensor that the piece stores": """
def run():
    def scaled(x):
        return tf.reduce_sum(x * scale + tf.sin(x) * tf.cos(x)) * tf.norm(w)
    outs = []
    for x in data * 3:
        scale = tf.reduce_sum(x) + 1.0
        y = scaled(x) + scaled(x * 2.0)
        outs.append(y)
        mode = 1
        z = scaled(x) * mode + tf.reduce_sum(tf.tanh(x) * tf.exp(-x))
        outs.append(float(z))
    return [float(o) for o in outs]
print(run())
""",
    "a function inside reads a number that the piece stores": """
def run():
    mode = 0
    def scaled(x):
        return tf.reduce_sum(x * mode + tf.sin(x) * tf.cos(x)) * tf.norm(w)
    outs = []
    for x in data * 3:
        mode = 5
        y = scaled(x) + scaled(x * 2.0) + tf.reduce_sum(tf.tanh(x) * tf.exp(-x))
        mode = 1
        outs.append(float(y))
    return outs
print(run())
""",
    "a function calls one that the piece stores": """
def h(x): return x
def scaled(x):
    return tf.reduce_sum(h(x) + tf.sin(x) * tf.cos(x)) * tf.norm(w)
def one(x): return x * 1.0
def two(x): return x * 2.0
for x in data * 3:
    h = one
    y = scaled(x)
    h = two
    z = scaled(x) + y * tf.reduce_sum(tf.tanh(x) * tf.exp(-x))
    print(float(y), float(z))
""",
    "a method reads a number that the piece stores": """
class M:
    def go(self, x): return tf.reduce_sum(x * rate + tf.sin(x) * tf.cos(x)) * tf.norm(w)
m = M(); rate = 1.0
for x in data * 3:
    rate = 2.0
    y = m.go(x) * tf.reduce_sum(tf.tanh(x) * tf.exp(-x))
    rate = 3.0
    print(float(y))
""",
    "a lambda of an earlier step reads what the piece stores": """
for x in data * 3:
    rate = 2.0
    f1 = lambda q: q * rate
    y = f1(tf.reduce_sum(x)) * tf.reduce_sum(tf.tanh(x) * tf.exp(-x))
    rate = 3.0
    z = sum([f1(v) * rate for v in (y, y)]) + tf.reduce_sum(tf.tanh(x) * tf.exp(-x))
    print(float(y), float(z))
print(f1(2))
""",
    "a property reads a number that the piece stores": """
class M:
    @property
    def factor(self): return rate * 2.0
m = M(); rate = 1.0
for x in data * 3:
    rate = 2.0
    y = m.factor * tf.reduce_sum(tf.tanh(x) * tf.exp(-x)) * loss_of(x)
    rate = 3.0
    print(float(y))
""",
    "a function two calls away reads what the piece stores": """
rate = 1.0
def inner(x): return x * rate
def outer(x): return inner(x) + tf.reduce_sum(tf.sin(x))
for x in data * 3:
    rate = 2.0
    y = outer(x) * tf.reduce_sum(tf.tanh(x) * tf.exp(-x)) * loss_of(x)
    rate = 3.0
    z = outer(x) + y
print(z.numpy())
""",
    "a default value and a function made by another": """
def made(scale):
    def apply(x, more=lambda: rate):
        return tf.reduce_sum(x * scale * more()) + loss_of(x)
    return apply
rate = 1.0
apply = made(2.0)
for x in data * 3:
    rate = 2.0
    y = apply(x) * tf.reduce_sum(tf.tanh(x) * tf.exp(-x))
    rate = 3.0
    print(float(y), float(apply(x)))
""",
    "a name that is deleted and read by a function": """
def scaled(x):
    try:
        return tf.reduce_sum(x * gone + tf.sin(x) * tf.cos(x)) * tf.norm(w)
    except NameError:
        return tf.reduce_sum(tf.sin(x) * tf.cos(x)) * tf.norm(w)
def scaled2(x):
    return tf.reduce_sum(x * gone + tf.sin(x) * tf.cos(x)) * tf.norm(w)
for k, x in enumerate(data * 3):
    gone = 2.0
    y = scaled2(x) * tf.reduce_sum(tf.tanh(x) * tf.exp(-x))
    del gone
    z = scaled(x) + y
    try:
        u = scaled2(x) * tf.reduce_sum(tf.tanh(x) * tf.exp(-x))
    except NameError as e:
        print(e, float(z))
""",
    "an object that a piece deletes is gone": """
import weakref
class Big: pass
refs = []
for k, x in enumerate(data * 3):
    o = Big()
    refs.append(weakref.ref(o))
    y = tf.reduce_sum(tf.tanh(x) * tf.exp(-x)) * loss_of(x)
    del o
    print(sum(r() is not None for r in refs))
""",
}


@pytest.mark.parametrize("title", PROGRAMS)
def test_the_program_does_what_it_does_plain(title: str) -> None:
    same_script(START + PROGRAMS[title])


def test_every_loop_of_a_script_has_pieces() -> None:
    module = same_script(
        START
        + """
for x in data * 3:
    first = loss_of(x) * tf.reduce_sum(tf.tanh(x) * tf.exp(-x))
if first > 0:
    for x in data * 3:
        second = loss_of(x) * tf.reduce_sum(tf.tanh(x) * tf.exp(-x))
for x in data * 3:
    third = loss_of(x) * tf.reduce_sum(tf.tanh(w) * tf.exp(-w))
"""
    )
    assert sorted(runs >= 3 for runs in staged_runs(module).values() if runs) == [True, True, True]


def test_the_names_of_an_imported_module_are_those_of_the_plain_run() -> None:
    same_script(
        START
        + """
class Held:
    def __init__(self, value):
        self.value = value
for x in data * 3:
    loss = loss_of(x) * tf.reduce_sum(tf.tanh(x) * tf.exp(-x))
    held = Held(loss)
def late(name):
    return float(globals()[name].value)
print(late("he" + "ld"))
""",
        name="package.module",
    )


def test_a_piece_never_runs_the_code_of_one_that_is_gone() -> None:
    module = same_script(
        START
        + """
for x in data * 3:
    first = loss_of(x)
    second = first * 2.0 + w[0, 0]
    third = second - first + b[0]
"""
    )
    function = next(gate.mixed for gate in module.gates if isinstance(gate.mixed, MixedFunction))
    group = max(function.mixed.groups, key=lambda group: len(group.statements))
    for _ in range(5):
        # Each piece is dropped before the next is made, which may then stand at the same address.
        for start, end in ((0, 1), (1, 2), (2, 3), (0, 2), (1, 3), (0, 3)):
            piece = function.mixed.piece(group, start, end)
            assert function.live(piece).co_varnames[: len(piece.inputs)] == piece.inputs
            del piece


JUMPS = {
    "out of a loop in a case": """
        match note([3, 1]):
            case [a, *_]:
                k = 0
                while True:
                    k += 1
                    if k > 2:
                        break
                    y = y * 2 + a""",
    "out of a loop that computes nothing": """
        if y is not None:
            while flag:
                break
        for i in range(2): y = tf.tanh(y) * 3 + i""",
    "out of a case, of the loop around it": """
        for i in (1, 2, 3):
            match i:
                case 1:
                    continue
                case 3 if flag:
                    break
            y = tf.tanh(y) + i""",
    "out of a loop with a match in it": """
        for i in (1, 2, 3):
            if i == 2:
                break
            match i:
                case 1:
                    y = deep(y) + i
                case _:
                    y = y * 2""",
    "in a case, of a loop with an else": """
        match {"k": 3, "z": [1, 2, 9]}:
            case {"k": n, "z": [p, *rest]} if n % 2:
                for q in rest:
                    if q > 3: break
                    y = tf.tanh(y) * q + p
                else:
                    y = y * 2""",
}


@pytest.mark.parametrize("name", JUMPS)
def test_jumps_of_a_function_that_runs_in_pieces(name: str) -> None:
    same_script(f"""
    flag = True
    def note(value): return value
    def deep(y):
        for i in range(12): y = tf.tanh(y) * 3
        return y
    def f(x):
        y = deep(tf.tanh(tf.sigmoid(x) * 2))
        {JUMPS[name].strip()}
        class Then: total = float(tf.reduce_sum(y))
        print("then", Then.total)
        return y
    for i in range(12):
        f(tf.constant([0.25, -0.25, 4.0]))
    """, warm_up=1)
