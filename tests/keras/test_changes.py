"""Whatever changes about layers, optimizers and metrics between two calls: a staged call does what the eager one does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from .training import X, Y, both, program, train, weights

MLP = """
model = keras.Sequential([layers.Dense(8, activation='relu', name='one'), layers.Dropout(0.2), layers.Dense(3, name='two')])
"""
SUBCLASSED = """
class Scale(layers.Layer):
    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],), initializer='ones')
        self.factor = 2.0
    def call(self, x):
        return x * self.scale * self.factor
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.one = layers.Dense(8, activation='relu', name='one')
        self.scale = Scale()
        self.two = layers.Dense(3, name='two')
        self.power = 1
        self.activate = tf.nn.tanh
    def call(self, x, training=False):
        x = self.scale(self.one(x))
        if training and self.power > 1:
            x = x ** self.power
        return self.two(self.activate(x))
model = Net()
"""


def layer(module: Any, name: str = "two") -> Any:
    return next(each for each in module.model.layers if each.name == name)


def freeze(module: Any) -> None:
    module.model.layers[0].trainable = False


def freeze_all(module: Any) -> None:
    module.model.trainable = False
    module.model.layers[-1].trainable = True


def freeze_variable(module: Any) -> None:
    layer(module).bias.trainable = False


def swap_activation(module: Any) -> None:
    layer(module, "one").activation = tf.nn.elu


def set_weights(module: Any) -> None:
    module.model.set_weights([np.ones_like(w) for w in module.model.get_weights()])


def assign(module: Any) -> None:
    layer(module).kernel.assign(layer(module).kernel * 2.0)


def learning_rate(module: Any) -> None:
    module.opt.learning_rate = 0.5


def schedule(module: Any) -> None:
    module.opt.learning_rate.assign(0.25)


def beta(module: Any) -> None:
    module.opt.beta_1 = 0.5


def epsilon_as_another_number(module: Any) -> None:
    module.opt.epsilon = 1


def clip(module: Any) -> None:
    module.opt.clipnorm = 0.01


def new_optimizer(module: Any) -> None:
    module.opt = module.keras.optimizers.SGD(module.keras.optimizers.schedules.ExponentialDecay(0.5, 2, 0.5))


def new_loss(module: Any) -> None:
    module.loss_fn = lambda y, p: tf.reduce_mean(tf.square(p))


def reduction(module: Any) -> None:
    module.loss_fn.reduction = "sum"


def use_bias(module: Any) -> None:
    layer(module).use_bias = False


def no_bias(module: Any) -> None:
    layer(module, "one").bias = None
    layer(module, "one").use_bias = False


def policy(module: Any) -> None:
    layer(module).dtype_policy = "float16"


def regularizer(module: Any) -> None:
    layer(module).kernel.regularizer = module.keras.regularizers.L2(0.1)


def constraint(module: Any) -> None:
    layer(module).kernel.constraint = module.keras.constraints.NonNeg()


def reset(module: Any) -> None:
    module.acc.reset_state()


def method_of_instance(module: Any) -> None:
    one = layer(module, "one")
    one.call = lambda x, training=None: tf.zeros((x.shape[0], 8))


def new_class(module: Any) -> None:
    class Zero(type(layer(module))):  # type: ignore[misc]
        def call(self, x: Any, training: Any = None) -> Any:
            return super().call(x) * 0.0

    layer(module).__class__ = Zero


def behind_its_back(module: Any) -> None:
    vars(layer(module, "one"))["activation"] = tf.nn.softplus


def global_policy(module: Any) -> None:
    module.keras.config.set_epsilon(1e-2)


CHANGES: tuple[Callable[[Any], None], ...] = (
    freeze, freeze_all, freeze_variable, swap_activation, set_weights, assign, learning_rate, schedule, beta,
    epsilon_as_another_number, clip, new_optimizer, new_loss, reduction, use_bias, no_bias, policy, regularizer,
    constraint, reset, method_of_instance, new_class, behind_its_back, global_policy,
)  # fmt: skip


@pytest.mark.parametrize("model", [MLP, SUBCLASSED], ids=["sequential", "subclassed"])
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_between_calls(change: Callable[[Any], None], model: str) -> None:
    made = program(model)
    train(made, 3)
    made.assert_staged("step")
    epsilon = made.plain.keras.config.epsilon()
    try:
        both(made, change)
        train(made, 3)
        train(made, 1, training=False)
    finally:
        made.plain.keras.config.set_epsilon(epsilon)


def test_a_dropout_rate() -> None:
    made = program(MLP)
    train(made, 3)

    def change(module: Any) -> None:
        module.model.layers[1].rate = 0.7

    both(made, change)
    train(made, 3)


@pytest.mark.parametrize("name, value", [("power", 2), ("power", 1.5), ("activate", tf.nn.sigmoid), ("one", None)])
def test_state_of_a_model_of_the_users(name: str, value: Any) -> None:
    made = program(SUBCLASSED)
    train(made, 3)

    def change(module: Any) -> None:
        given = module.layers.Dense(8, kernel_initializer="ones") if value is None else value
        setattr(module.model, name, given)

    both(made, change)
    both(made, lambda module: module.model(X))
    train(made, 3) if value is not None else [both(made, lambda module: module.model(X)) for _ in range(3)]


def test_state_of_a_layer_of_the_users() -> None:
    made = program(SUBCLASSED)
    train(made, 3)

    def change(module: Any) -> None:
        module.model.scale.factor = 0.5

    both(made, change)
    train(made, 3)
    made.assert_staged("step")


def test_a_call_method_that_is_replaced() -> None:
    made = program(SUBCLASSED)
    train(made, 3)

    def change(module: Any) -> None:
        original = module.Net.call
        module.Net.call = lambda self, x, training=False: original(self, x, training) * 2.0

    both(made, change)
    train(made, 3)


def test_a_layer_that_is_added() -> None:
    made = program(MLP, "def step(x):\n    return model(x) * 2.0 + tf.reduce_sum(model.trainable_variables[-1]) + 0.0 * pad(x)[:, :1]\n")
    act = lambda module: module.step(X)  # noqa: E731
    for _ in range(3):
        both(made, act)
    made.assert_staged("step")
    both(made, lambda module: module.model.add(module.layers.Dense(4)))
    for _ in range(3):
        both(made, act)
    both(made, lambda module: module.model.pop())
    for _ in range(3):
        both(made, act)


def test_losses_that_a_layer_adds_are_there_after_a_staged_call() -> None:
    made = program(
        """
    class Penalty(layers.Layer):
        def call(self, x):
            self.add_loss(tf.reduce_mean(x ** 2))
            return x * 2.0
    model = keras.Sequential([layers.Dense(8), Penalty(), layers.Dense(3, activity_regularizer='l1'), Penalty()])
    def forward(x):
        return pad(model(x))
    """
    )
    train(made, 4)
    made.assert_staged("step")
    for _ in range(4):
        both(made, lambda module: module.forward(X))
        assert len(both(made, lambda module: module.model.losses)) == 3
    made.assert_staged("forward")
    both(made, lambda module: module.model(X * 2.0))
    both(made, lambda module: module.model.losses)
    both(made, lambda module: module.step(X, Y))
    both(made, lambda module: module.model.losses)


def test_losses_of_an_earlier_call_are_not_remembered() -> None:
    made = program(
        """
    model = keras.Sequential([layers.Dense(8, activity_regularizer='l1'), layers.Dense(3, kernel_regularizer='l2')])
    def penalty(x):
        return tf.add_n(model.losses) + tf.reduce_sum(pad(x))
    """
    )
    both(made, lambda module: module.model(X))
    for scale in (1.0, 2.0, 3.0, 4.0):
        both(made, lambda module, scale=scale: module.model(X * scale))
        both(made, lambda module: module.penalty(X))


def test_models_that_are_made_in_a_loop() -> None:
    made = program(
        """
    def experiment(x, y, units):
        global model, opt
        model = keras.Sequential([layers.Dense(units), layers.Dense(3)])
        opt = keras.optimizers.Adam(0.01)
        return [float(step(x, y)) for _ in range(4)]
    model = None
    """
    )
    for units in (4, 5, 6, 4):
        both(made, lambda module, units=units: module.experiment(X, Y, units))
        both(made, weights)


def test_a_model_that_is_gone_is_not_kept() -> None:
    import gc
    import weakref

    made = program(MLP)
    train(made, 4)
    made.assert_staged("step")
    followed = weakref.ref(made.hooked.model)
    made.hooked.model = made.plain.model = None
    made.hooked.opt = made.plain.opt = None
    gc.collect()
    assert followed() is None


def test_shared_layers() -> None:
    made = program(
        """
    shared = layers.Dense(6, activation='relu')
    noisy = layers.Dropout(0.5)
    given = keras.Input((6,))
    model = keras.Model(given, layers.Dense(3)(noisy(shared(noisy(shared(given))))))
    """
    )
    train(made, 4)
    made.assert_staged("step")


def test_two_models_and_two_optimizers() -> None:
    made = program(
        """
    model = keras.Sequential([layers.Dense(8, activation='relu'), layers.Dense(6)])
    critic = keras.Sequential([layers.Dense(8, activation='relu'), layers.Dropout(0.3), layers.Dense(1)])
    opt2 = keras.optimizers.RMSprop(0.01)
    bce = keras.losses.BinaryCrossentropy(from_logits=True)
    """,
        """
    def step(z, real):
        with tf.GradientTape() as one, tf.GradientTape() as two:
            fake = model(z, training=True)
            good, bad = critic(real, training=True), critic(fake, training=True)
            of_model = bce(tf.ones_like(bad), bad)
            of_critic = bce(tf.ones_like(good), good) + bce(tf.zeros_like(bad), bad)
        g1 = one.gradient(of_model, model.trainable_variables)
        g2 = two.gradient(of_critic, critic.trainable_variables)
        opt.apply_gradients(zip(g1, model.trainable_variables))
        opt2.apply_gradients(zip(g2, critic.trainable_variables))
        return of_model, of_critic
    """,
    )
    train(made, 5, X, X * 2.0)
    both(made, lambda module: [v.numpy() for v in (*module.critic.variables, *module.opt2.variables)])
    made.assert_staged("step")


def test_a_layer_of_a_module_that_is_not_enabled_runs_plain() -> None:
    made = program(MLP)
    text = "def act(self, x, training=None): return x + self.count"

    def change(module: Any) -> None:
        namespace: dict[str, Any] = {}
        exec(text, namespace)
        foreign = type("Foreign", (module.layers.Layer,), {"call": namespace["act"], "count": 1.0})
        module.model = module.keras.Sequential([foreign(), module.layers.Dense(3)])
        module.opt = module.keras.optimizers.SGD(0.1)

    both(made, change)
    train(made, 3)
    made.assert_plain("step", "whose call is not enabled")


def test_a_layer_that_is_not_built_is_built_as_it_is_written() -> None:
    made = program(
        """
    model = keras.Sequential([layers.Dense(3)])
    late = layers.Dense(3)
    def step(x, y, use=False):
        out = pad(model(x))
        return late(out) if use else out
    """,
        "",
    )
    for _ in range(3):
        both(made, lambda module: module.step(X, Y))
    for _ in range(3):
        both(made, lambda module: module.step(X, Y, True))
    both(made, lambda module: [v.name for v in module.late.variables])


def test_a_mask_goes_with_a_tensor() -> None:
    made = program(
        """
    embed = layers.Embedding(10, 4, mask_zero=True)
    model = layers.LSTM(3)
    def encode(x): return embed(x)
    def twice(x): return pad(model(x))
    """,
        "",
    )
    ids = tf.constant([[1, 2, 0], [3, 0, 0]])
    for _ in range(4):
        both(made, lambda module: module.model(module.encode(ids)))
        both(made, lambda module: module.twice(module.embed(ids)))
        both(made, lambda module: module.twice(tf.identity(module.embed(ids))))


def test_a_flag_that_becomes_a_number_is_a_change() -> None:
    made = program(MLP)
    train(made, 3)

    def change(module: Any) -> None:
        layer(module).use_bias = 1

    both(made, change)
    train(made, 2)
    made.assert_staged("step", specializations=2)
