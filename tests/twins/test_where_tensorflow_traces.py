"""A twin runs wherever TensorFlow builds a graph, and code that is not enabled is treated as TensorFlow treats it."""

from __future__ import annotations

import importlib.util
import types
from pathlib import Path
from typing import Any

import pytest

from autograph_hook.runtime import entry
from tests.twins.both import enabled, plain
from tests.twins.graphs import np, numbers, same_in_graph, tf

STEPS = """
import tensorflow as tf

def f(x):
    if x > 0:
        y = x * 2
    else:
        y = x - 1
    while y < 10:
        y += 3
    return y

def is_big(x):
    if x > 1:
        return True
    return False

def gradient(x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x
        while y < 50.0:
            y = y * x
        if y > 60.0:
            z = y * 2.0
        else:
            z = y
    return tape.gradient(z, x)
"""
VALUES = list(range(-3, 4))


@pytest.fixture(scope="module")
def steps() -> types.ModuleType:
    entry.start()
    return enabled(STEPS)


def eager(values: list[int]) -> list[int]:
    f = plain(STEPS).f
    return [int(f(tf.constant(value))) for value in values]


@pytest.mark.parametrize("options", [{}, {"autograph": False}, {"jit_compile": True}], ids=str)
def test_tf_function(steps: types.ModuleType, options: dict[str, Any]) -> None:
    staged = tf.function(steps.f, input_signature=[tf.TensorSpec([], tf.int32)], **options)
    assert [int(staged(value)) for value in VALUES] == eager(VALUES)


def test_data_map_and_filter(steps: types.ModuleType) -> None:
    data = tf.data.Dataset.range(-3, 4).map(lambda x: tf.cast(x, tf.int32))
    assert [int(value) for value in data.map(steps.f)] == eager(VALUES)
    assert [int(value) for value in data.filter(steps.is_big)] == [2, 3]


def test_map_fn(steps: types.ModuleType) -> None:
    @tf.function
    def run() -> Any:
        return tf.map_fn(steps.f, tf.range(-3, 4))

    assert numbers(run()) == numbers(tf.map_fn(steps.f, tf.range(-3, 4))) == eager(VALUES)


def test_while_loop_and_cond(steps: types.ModuleType) -> None:
    @tf.function
    def run(x: Any) -> Any:
        looped = tf.while_loop(lambda i: i < 12, lambda i: [steps.f(i) + 1], [x])[0]
        return looped, tf.cond(x > 100, lambda: x, lambda: steps.f(x))

    assert numbers(run(tf.constant(1))) == [12, 11]


def test_gradients_inside_and_around(steps: types.ModuleType) -> None:
    assert float(tf.function(steps.gradient)(tf.constant(3.0))) == 216.0
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.function(steps.f)(x)
    assert float(tape.gradient(y, x)) == 2.0


def test_under_a_distribution_strategy(steps: types.ModuleType) -> None:
    strategy = tf.distribute.MirroredStrategy(["/cpu:0"])

    @tf.function
    def run() -> Any:
        return strategy.reduce("SUM", strategy.run(steps.f, (tf.constant(3),)), None)

    assert int(run()) == 12


KERAS = """
import tensorflow as tf

class Model(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = tf.keras.layers.Dense(1)
        self.__times = 2

    def call(self, x, training=False):
        y = self.dense(x)
        if tf.reduce_sum(y) > 0:
            y = y * 2
        for i in tf.range(self.__times):
            y = y + tf.cast(i, y.dtype)
        return y

class Signed(tf.keras.layers.Layer):
    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1],), initializer="ones")

    def call(self, x):
        if tf.reduce_mean(x) > 0:
            return x * self.w
        return x - self.w
"""


def fitted(module: types.ModuleType, **options: Any) -> Any:
    tf.keras.utils.set_random_seed(1)
    model = module.Model()
    model.compile("sgd", "mse", **options)
    x, y = np.ones((8, 3), "float32"), np.ones((8, 1), "float32")
    history = model.fit(x, y, epochs=2, verbose=0, batch_size=4).history["loss"]
    return history, model.predict(x, verbose=0).ravel(), model(x).numpy().ravel()


def test_keras_fit_and_predict_give_what_run_eagerly_gives() -> None:
    for one, other in zip(fitted(plain(KERAS), run_eagerly=True), fitted(enabled(KERAS)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4)


def test_a_layer_of_a_functional_model() -> None:
    inputs = tf.keras.Input((3,))
    model = tf.keras.Model(inputs, enabled(KERAS).Signed()(inputs))
    assert model.predict(-np.ones((2, 3), "float32"), verbose=0).tolist() == [[-2.0] * 3] * 2


HELPERS = """
import functools

def double(x):
    if x > 0:
        return x * 2
    return x

def plus_one(function):
    @functools.wraps(function)
    def wrapper(x):
        if x > 0:
            x = x + 1
        return function(x)
    return wrapper
"""
CALLER = """
import functools

def f(x):
    y = helpers.double(x)
    if y > 3:
        y = y + 1
    return functools.partial(helpers.double)(y)

def times(x):
    if x > 2:
        return x
    return x * 100
"""


def imported(name: str, path: Path, text: str) -> types.ModuleType:
    """A module that is not enabled, from a file: TensorFlow's conversion wants the source."""
    file = path / f"{name}.py"
    file.write_text(text)
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_callee_that_is_not_enabled_is_still_converted(tmp_path: Path) -> None:
    entry.start()
    caller = enabled(CALLER)
    caller.helpers = imported("not_enabled_1", tmp_path, HELPERS)
    assert [int(tf.function(caller.f)(tf.constant(v))) for v in (-1, 1, 5)] == [-1, 4, 22]


def test_without_conversion_such_a_callee_fails_as_it_did(tmp_path: Path) -> None:
    caller = enabled(CALLER)
    caller.helpers = imported("not_enabled_2", tmp_path, HELPERS)
    with pytest.raises(tf.errors.OperatorNotAllowedInGraphError):
        tf.function(caller.f, autograph=False)(tf.constant(1))


def test_a_wrapper_that_is_not_enabled_is_still_converted(tmp_path: Path) -> None:
    entry.start()
    helpers = imported("not_enabled_3", tmp_path, HELPERS)
    file = tmp_path / "enabled_caller.py"
    file.write_text(CALLER)
    wrapped = helpers.plus_one(enabled(CALLER, path=str(file)).times)
    assert [int(tf.function(wrapped)(tf.constant(v))) for v in (-1, 1, 5)] == [-100, 200, 6]


def test_methods_properties_and_their_like(tmp_path: Path) -> None:
    module = enabled(
        """
        import functools

        import tensorflow as tf

        class Counter:
            def __init__(self):
                self.total = tf.Variable(1.0)

            @property
            def size(self):
                return self.total + 0.0 if self.total > 0 else -self.total

            @staticmethod
            def positive(x):
                if x > 0:
                    return x
                return -x

            @classmethod
            def made(cls, x):
                return cls.positive(x) + 1

            @functools.lru_cache(None)
            def cached(self, k):
                return k if k else 5

            def add(self, x, /, *rest, k=2, **named):
                if x > 0:
                    self.total.assign_add(x)
                return self.size * k + self.cached(0) + sum(rest) + named.get("z", 0)
        """
    )
    counter = module.Counter()
    add = tf.function(counter.add)
    assert float(add(tf.constant(2.0))) == 11.0
    assert float(add(tf.constant(-1.0), 1.0, k=3, z=1)) == 16.0
    for function in (counter.positive, module.Counter.positive):
        assert int(tf.function(function)(tf.constant(-4))) == 4
    assert int(tf.function(counter.made)(tf.constant(-4))) == 5


def test_what_holds_a_variable_of_tensorflow_1_is_asked_by_identity() -> None:
    module = enabled(
        """
        import tensorflow as tf
        def kept(every, left_out):
            return [v.op.name for v in every if v not in left_out]
        def f():
            with tf.Graph().as_default():
                a, b = (tf.compat.v1.get_variable(name, [1]) for name in "ab")
                return call(kept, [a, b], {a}), call(kept, [a, b], [b]), call(kept, [a, b], ())
        """
    )
    module.__dict__["call"] = lambda function, *arguments: function(*arguments)
    assert module.f() == (["b"], ["a"], ["a", "b"])


def test_where_a_list_holds_a_tensor_of_tensorflow_1_is_asked_by_identity() -> None:
    module = enabled(
        """
        import tensorflow as tf
        def asked(every, one):
            found = every.index(one), every.count(one), one in every, every.index(one, -2)
            every.remove(one)
            try:
                return found, every.index(one)
            except ValueError:
                return found, len(every)
        def f():
            with tf.Graph().as_default():
                a, b, c = (tf.constant(1.0) for _ in range(3))
                return call(asked, [a, b, c], b)
        """
    )
    module.__dict__["call"] = lambda function, *arguments: function(*arguments)
    assert module.f() == ((1, 1, True, 1), 2)


def test_a_builtin_that_is_a_key_is_the_backend_s() -> None:
    same_in_graph(
        """
        def f(x):
            return max([x, x + 1.0], key=len), min([x], key=len), sorted([x, x[::-1]], key=len)
        """,
        (tf.constant([1.0, 2.0, 3.0]),),
    )
