"""Tapes, random numbers, failures and Keras optimizers: a staged call does what the plain call would have done."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from .programs import Program

X = tf.constant([1.0, -2.0, 3.0])

MODEL = """
    w = tf.Variable([1.0, 2.0, 3.0])
    b = tf.Variable(0.5)
    def f(x): return tf.reduce_sum(tf.sin(pad(x) * w + b) ** 2)
"""

TAPES: dict[str, str] = {
    "around a staged function": """
        with tf.GradientTape() as tape: y = m.f(X)
        return tape.gradient(y, [m.w, m.b])
    """,
    "watching the input": """
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(X)
            y = m.f(X)
        return tape.gradient(y, [X, m.w])
    """,
    "persistent": """
        with tf.GradientTape(persistent=True) as tape:
            y = m.f(X)
            z = m.f(X * 2) * y
        return tape.gradient(y, m.w), tape.gradient(z, [m.w, m.b]), tape.gradient(z, y)
    """,
    "nested": """
        with tf.GradientTape() as outer:
            with tf.GradientTape() as tape: y = m.f(X)
            g = tape.gradient(y, m.w)
        return g, outer.gradient(g, [m.w, m.b])
    """,
    "three deep": """
        with tf.GradientTape() as t3:
            with tf.GradientTape() as t2:
                with tf.GradientTape() as t1:
                    for t in (t1, t2, t3): t.watch(X)
                    y = m.f(X)
                a = t1.gradient(y, X)
            b = t2.gradient(a, X)
        return t3.gradient(b, X)
    """,
    "with recording stopped": """
        with tf.GradientTape() as tape:
            y = m.f(X)
            with tape.stop_recording(): z = m.f(X)
        return tape.gradient(y, m.w), z
    """,
    "with a jacobian": """
        with tf.GradientTape() as tape: y = tf.stack([m.f(X), m.f(X * 2)])
        return tape.jacobian(y, m.w, experimental_use_pfor=False)
    """,
    "that lists what it watched": """
        with tf.GradientTape() as tape: y = m.f(X)
        return [v.shape.as_list() for v in tape.watched_variables()], tape.gradient(y, tape.watched_variables())
    """,
    "with a forward accumulator": """
        with tf.autodiff.ForwardAccumulator(X, tf.ones([3])) as acc: y = m.f(X)
        return acc.jvp(y)
    """,
    "between two calls": """
        x = m.f(X)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = m.f(x * X)
        return tape.gradient(y, x), tape.gradient
    """,
}


@pytest.mark.parametrize("name", TAPES)
def test_a_tape(name: str) -> None:
    program = Program(MODEL)
    program.calls(3, lambda m: m.f(X))
    namespace = {"tf": tf, "X": X}
    exec("def act(m):\n" + textwrap.indent(textwrap.dedent(TAPES[name]), "    "), namespace)
    act: Any = namespace["act"]
    program.calls(2, act)
    program.assert_staged("f")  # where nothing watches it


INSIDE: dict[str, str] = {
    "gradient": """
        def f(x):
            with tf.GradientTape() as tape:
                y = tf.reduce_sum(pad(x) * w)
            return tape.gradient(y, [w])
    """,
    "watched": """
        def f(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = tf.reduce_sum(tf.sin(pad(x) * w))
            return tape.gradient(y, x), y
    """,
    "persistent": """
        def f(x):
            with tf.GradientTape(persistent=True) as tape:
                tape.watch(x)
                y = tf.reduce_sum(tf.sin(pad(x) * w))
                z = y * y
            return tape.gradient(y, x), tape.gradient(z, w)
    """,
    "nested": """
        def f(x):
            with tf.GradientTape() as outer:
                with tf.GradientTape() as tape:
                    y = tf.reduce_sum(tf.sin(pad(x) * w))
                g = tape.gradient(y, w)
            return outer.gradient(g, w)
    """,
    "unconnected": """
        def f(x):
            with tf.GradientTape() as tape:
                y = pad(x)
            return tape.gradient(y, w)
    """,
    "used twice": """
        def f(x):
            with tf.GradientTape() as tape:
                y = tf.reduce_sum(pad(x) * w)
            tape.gradient(y, w)
            return tape.gradient(y, w)
    """,
    "in another function": """
        def loss(x): return tf.reduce_sum(pad(x) * w)
        def gradients(tape, y, vs): return tape.gradient(y, vs)
        def f(x):
            with tf.GradientTape() as tape: y = loss(x)
            g = gradients(tape, y, [w])
            w.assign_sub(0.1 * g[0])
            return y
    """,
    "through a branch and a loop": """
        def f(x):
            with tf.GradientTape() as tape:
                y = pad(x) * w
                while tf.reduce_sum(y) < 40: y = y * 1.5
                if y[0] > 2: y = tf.sin(y)
                y = tf.reduce_sum(y)
            return y, tape.gradient(y, w)
    """,
}


@pytest.mark.parametrize("name", INSIDE)
def test_a_tape_inside(name: str) -> None:
    program = Program("w = tf.Variable([1.0, 2.0, 3.0])\n" + textwrap.dedent(INSIDE[name]))
    for i in range(4):
        program.both(lambda m, i=i: m.f(X * (i + 1)))
    if name == "used twice":
        program.assert_plain("f", "tracing raised")
    else:
        program.assert_staged("f")
    program.both(lambda m: m.w)


def test_random_numbers_follow_the_seed() -> None:
    program = Program("""
        def f(x): return pad(x) + tf.random.normal([3]) + tf.random.uniform([3])
        def g(x): return pad(x) + tf.random.normal([3], seed=7)
        def h(x): return pad(x) + tf.random.stateless_normal([3], seed=[1, 2])
    """)
    tf.random.set_seed(3)
    for module in (program.plain, program.hooked):
        tf.random.set_seed(3)
        module.drawn = [(module.f(X), module.g(X), module.h(X)) for _ in range(5)]
    program.both(lambda m: m.drawn)
    program.assert_staged("f")
    program.assert_plain("g", "draws random numbers with a seed of their own")
    program.assert_staged("h")


def test_a_seed_that_is_set_later_is_followed() -> None:
    from tensorflow.python.eager import context

    program = Program("def f(x): return pad(x) + tf.random.normal([3])")
    seed, context.context()._seed = context.context()._seed, None
    try:
        for _ in range(4):
            program.hooked.f(X)
        program.assert_staged("f")
        assert not np.array_equal(program.hooked.f(X), program.hooked.f(X))
        for module in (program.plain, program.hooked):
            tf.random.set_seed(5)
            module.drawn = [module.f(X) for _ in range(3)]
        program.both(lambda m: m.drawn)
    finally:
        context.context()._seed = seed


def test_a_generator_of_random_numbers_keeps_its_state() -> None:
    program = Program("""
        g = tf.random.Generator.from_seed(1)
        def f(x): return pad(x) + g.normal([3])
    """)
    program.calls(4, lambda m: m.f(X))


FAILURES: dict[str, tuple[str, bool]] = {
    "an assertion before a change": ("""
        def f(x):
            tf.debugging.assert_less(pad(x), 5.0)
            v.assign_add(1.0)
            return v.read_value()
        """, True),
    "an assertion after a change": ("""
        def f(x):
            v.assign_add(1.0)
            tf.debugging.assert_less(pad(x), 5.0)
            return v.read_value()
        """, True),
    "an assert statement": ("""
        def f(x):
            y = pad(x)
            assert tf.reduce_all(y < 5), "too large"
            v.assign_add(1.0)
            return v * y
        """, True),
    "an index that is out of range": ("""
        def f(x):
            y = tf.gather([1.0, 2.0, 3.0, 4.0], tf.cast(pad(x)[2], tf.int32))
            v.assign_add(y)
            return v.read_value()
        """, True),
    "an index after a change": ("""
        def f(x):
            v.assign_add(1.0)
            return tf.gather([1.0, 2.0, 3.0, 4.0], tf.cast(pad(x)[2], tf.int32))
        """, True),
    "an item that is out of range": ("""
        t = tf.constant([1.0, 2.0, 3.0, 4.0])
        def f(x):
            y = t[tf.cast(pad(x)[2], tf.int32)]
            v.assign_add(y)
            return v.read_value()
        """, True),
    "an item after a change": ("""
        t = tf.constant([1.0, 2.0, 3.0, 4.0])
        def f(x):
            v.assign_add(1.0)
            return t[tf.cast(pad(x)[2], tf.int32)]
        """, True),
    "a division by zero": ("""
        def f(x):
            y = 12 // (9 - tf.cast(pad(x)[2], tf.int32))
            v.assign_add(tf.cast(y, tf.float32))
            return v.read_value()
        """, True),
    "a shape that does not fit": ("""
        def f(x):
            y = tf.boolean_mask(pad(x), x < 5) + x
            v.assign_add(tf.reduce_sum(y))
            return y
        """, True),
    "a reshape after a change": ("""
        def f(x):
            v.assign_add(1.0)
            return tf.reshape(pad(x), [tf.cast(tf.minimum(x[2], 5.0), tf.int32)])
        """, True),
    "a failure in a branch": ("""
        def f(x):
            y = pad(x)
            if y[2] > 0: y = y * tf.gather([1.0, 2.0, 3.0, 4.0], tf.cast(y[2], tf.int32))
            v.assign_add(1.0)
            return y + v
        """, True),
    "a change and a failure in a branch": ("""
        def f(x):
            y = pad(x)
            if y[2] > 0:
                v.assign_add(1.0)
                y = y * tf.gather([1.0, 2.0, 3.0, 4.0], tf.cast(y[2], tf.int32))
            return y + v
        """, False),
    "a loop that changes and may fail": ("""
        def f(x):
            y = pad(x)
            for i in tf.range(3):
                v.assign_add(y[i])
                y = y + tf.gather([1.0, 2.0, 3.0, 4.0], tf.cast(y[2], tf.int32))
            return y + v
        """, False),
    "a loop that only changes": ("""
        def f(x):
            y = pad(x)
            tf.debugging.assert_less(y, 5.0)
            while tf.reduce_sum(y) < 50:
                v.assign_add(1.0)
                y = y * 2
            return y + v
        """, True),
    "a print before a failure": ("""
        def f(x):
            tf.print("before")
            v.assign_add(1.0)
            tf.debugging.assert_less(pad(x), 5.0)
            return v.read_value()
        """, False),
    "a factorization": ("""
        def f(x):
            y = tf.linalg.inv(tf.linalg.diag(pad(x) * tf.cast(x < 5, tf.float32)))
            v.assign_add(y[0][0])
            return y
        """, True),
}  # fmt: skip


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_leaves_what_the_plain_run_leaves(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    source, staged = FAILURES[name]
    program = Program("v = tf.Variable(0.0)\n" + textwrap.dedent(source))
    good, bad = X, tf.constant([1.0, -2.0, 9.0])
    for x in (good, good, good, bad, good, bad, good):
        program.both(lambda m, x=x: m.f(x))
        program.both(lambda m: m.v)
    if staged:
        program.assert_staged("f", calls=4)
        assert program.staging("f").failures == 2
    else:
        program.assert_plain("f", "change")
    _, err = capfd.readouterr()
    assert err.count("before") % 2 == 0


def test_a_function_that_keeps_failing_becomes_plain() -> None:
    program = Program("""
        def f(x):
            tf.debugging.assert_less(pad(x), 5.0)
            return x
    """)
    program.calls(3, lambda m: m.f(X))
    for _ in range(6):
        program.both(lambda m: m.f(X * 9))
    assert "staged calls failed" in (program.staging("f").reason or "")
    program.both(lambda m: m.f(X))


KERAS = """
    import keras
    w = keras.Variable([1.0, 2.0, 3.0])
    optimizer = keras.optimizers.{optimizer}
    loss_of = keras.losses.MeanSquaredError()
    def f(x):
        with tf.GradientTape() as tape:
            loss = loss_of(tf.ones([3]), pad(x) * w)
        gradients = tape.gradient(loss, [w.value])
        optimizer.apply_gradients(zip(gradients, [w]))
        return loss
"""

OPTIMIZERS = ["SGD(0.1)", "SGD(0.1, momentum=0.9, nesterov=True)", "Adam(0.1)", "Adam(0.1, clipnorm=0.5)", "RMSprop()",
              "SGD(keras.optimizers.schedules.ExponentialDecay(0.5, 2, 0.5))"]  # fmt: skip


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_keras_optimizer_takes_the_same_steps(optimizer: str) -> None:
    program = Program(KERAS.format(optimizer=optimizer).replace("[w.value]", "[v]").replace("[w])", "[v])").replace(
        "w = keras.Variable([1.0, 2.0, 3.0])", "v = w = tf.Variable([1.0, 2.0, 3.0])"))
    for i in range(5):
        program.both(lambda m, i=i: m.f(X * i))
        program.both(lambda m: m.w)
    program.assert_staged("f", calls=4)
    program.both(lambda m: int(m.optimizer.iterations.numpy()))


def _stepped(program: Program, change: Any) -> None:
    program.calls(3, lambda m: (m.f(X), m.w.numpy()))
    program.both(lambda m: (change(m), None)[1])
    program.calls(3, lambda m: (m.f(X), m.w.numpy()))


TF_VARIABLE = KERAS.replace("[w.value]", "[w]").replace("keras.Variable(", "tf.Variable(")


@pytest.mark.parametrize("change", [
    lambda m: setattr(m.optimizer, "learning_rate", 0.5),
    lambda m: m.optimizer.learning_rate.assign(0.5),
    lambda m: setattr(m.optimizer, "momentum", 0.5),
    lambda m: setattr(m.optimizer, "clipnorm", 0.01),
    lambda m: setattr(m.loss_of, "reduction", "sum"),
    lambda m: setattr(m, "optimizer", type(m.optimizer)(0.3)),
    lambda m: setattr(m, "loss_of", m.keras.losses.MeanAbsoluteError()),
])  # fmt: skip
def test_a_changed_setting_of_an_optimizer_or_loss_is_seen(change: Any) -> None:
    program = Program(TF_VARIABLE.format(optimizer="SGD(0.1, momentum=0.9)"))
    _stepped(program, change)
    assert program.staging("f").calls_staged >= 2


def test_an_optimizer_is_not_built_in_a_trace() -> None:
    program = Program(TF_VARIABLE.format(optimizer="Adam(0.1)"))
    program.calls(3, lambda m: m.f(X))
    program.both(lambda m: setattr(m, "optimizer", m.keras.optimizers.Adam(0.2)))
    program.calls(3, lambda m: (m.f(X), m.w.numpy()))
    staging = program.staging("f")
    assert "not built yet" in (staging.reason or staging.refusal or "")


def test_functions_of_keras_are_staged() -> None:
    program = Program("""
        import keras
        y = tf.constant([0, 1, 2])
        def f(x):
            x = keras.activations.relu(pad(x)) + keras.ops.sum(x)
            return keras.losses.mean_squared_error(x, x * 2), keras.ops.softmax(x[None])
    """)
    program.calls(4, lambda m: m.f(X))
    program.assert_staged("f")


DIFFERENT: dict[str, str] = {
    # Not with the scalar 0.0: eager TensorFlow keeps one constant for 0.0 and -0.0, whichever was used first.
    "zero times infinity": "z = tf.zeros([3])\ndef f(x): return pad(x) * z + z * x",
    "adding zero": "z = tf.zeros([3])\ndef f(x): return pad(x) + z, x - z, x * 1.0, x / 1.0",
    "sums in another order": "def f(x): return ((pad(x) + 1e8) + 1.0) - 1e8, (x * 3.0) * (1.0 / 3.0)",
    "a product of matrices": "def f(x): return tf.matmul(tf.matmul(x[:, None], x[None]), pad(x)[:, None]) + 1.0",
    "fused": "w = tf.Variable(tf.ones([1, 3]))\ndef f(x): return tf.nn.relu(pad(x)[:, None] @ w + x)",
    "integers": "def f(x):\n  n = tf.cast(pad(x), tf.int32)\n  return n // 2, n % 3, -n * 5, n / 7",
    "doubles": "def f(x):\n  d = tf.cast(pad(x), tf.float64) * 0.1\n  return d, tf.reduce_sum(d), d ** 2",
    "texts": "def f(x): return tf.strings.as_string(pad(x)), tf.strings.join(['a', 'b'])",
    "a softmax": "def f(x): return tf.nn.softmax(pad(x)[None]), tf.nn.log_softmax(x[None]), tf.reduce_logsumexp(x)",
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_results_are_equal_to_the_last_bit(name: str) -> None:
    program = Program(DIFFERENT[name])
    given = [X, tf.constant([-0.0, 0.0, -0.0]), tf.constant([float("inf"), float("nan"), -0.0]), tf.constant([1e-30, 1e38, 0.1])]
    if name == "integers":
        given = [X, X * 7, X * -3]
    for x in given * 2:
        program.both(lambda m, x=x: m.f(x))
    program.assert_staged("f")


UNFIT: dict[str, str] = {
    "one input of unknown shape": "y = tf.squeeze(tf.boolean_mask(x, x > 0.0), axis=0)",
    "a shape that is known when it runs": "y = tf.reshape(x, tf.shape(tf.boolean_mask(x, x > 0.0)))",
}


@pytest.mark.parametrize("name", UNFIT)
def test_shapes_that_turn_out_not_to_fit_leave_variables_as_they_were(name: str) -> None:
    program = Program(f"v = tf.Variable(0.0)\ndef f(x):\n  {UNFIT[name]}\n  v.assign_add(1.0)\n  return pad(x), y\n")
    good = tf.constant([5.0]) if "squeeze" in UNFIT[name] else tf.constant([1.0, 2.0])
    program.calls(4, lambda m: m.f(good))
    bad = tf.constant([5.0, 6.0]) if "squeeze" in UNFIT[name] else tf.constant([1.0, -2.0])
    for _ in range(3):
        program.both(lambda m: m.f(bad))
    program.both(lambda m: m.v.numpy())


def test_keras_settings_are_looked_at_again() -> None:
    keras = pytest.importorskip("keras")
    program = Program(
        "import keras\ndef f(x): return pad(x), keras.losses.categorical_crossentropy([[0.0, 1.0]], [[1.0, 0.0]])\n"
    )
    program.calls(4, lambda m: m.f(X))
    before = keras.config.epsilon()
    keras.config.set_epsilon(1e-2)
    try:
        program.calls(3, lambda m: m.f(X))
    finally:
        keras.config.set_epsilon(before)


def test_what_a_test_puts_in_the_place_of_tf_function_is_not_called_by_us(monkeypatch: pytest.MonkeyPatch) -> None:
    program = Program("def f(x): return pad(x) * 2")
    called: list[Any] = []
    monkeypatch.setattr(tf, "function", lambda *given, **options: called.append(given))
    program.calls(4, lambda m: m.f(tf.ones([3])))
    program.assert_staged("f")
    assert called == []


def test_what_asks_for_a_strategy_is_staged_without_one_and_plain_under_one() -> None:
    program = Program("""
        def f(x):
            y = pad(x)
            return y + 100.0 if tf.distribute.has_strategy() else y
    """)
    program.calls(3, lambda m: m.f(X))
    program.assert_staged("f", calls=2)
    with tf.distribute.OneDeviceStrategy("/cpu:0").scope():
        program.calls(3, lambda m: m.f(X))
    program.assert_staged("f", calls=2)
    program.calls(2, lambda m: m.f(X))
    program.assert_staged("f", calls=4, specializations=1)
