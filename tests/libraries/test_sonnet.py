"""Sonnet's modules and optimizers in staged functions: the numbers of the eager run, whatever changes about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("sonnet")

import tensorflow as tf

from tests.keras.training import close, symbolic_in
from tests.staging.programs import Program, outcome

X = tf.reshape(tf.linspace(-1.0, 1.0, 48), (8, 6))
Y = tf.constant([0, 1, 2, 0, 1, 2, 0, 1])

START = """
import sonnet as snt
tf.random.set_seed(4)
opt = snt.optimizers.Adam(0.01)
"""
STEP = """
def step(x, y, **options):
    with tf.GradientTape() as tape:
        logits = model(x, **options)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(logits=logits, labels=y))
    grads = tape.gradient(loss, model.trainable_variables)
    opt.apply(grads, model.trainable_variables)
    return loss
"""
MLP = "model = snt.Sequential([snt.Linear(8), tf.nn.relu, snt.LayerNorm(-1, True, True), snt.Linear(3)])\n"
OWN = """
class Net(snt.Module):
    def __init__(self, width):
        super().__init__()
        self.first = snt.Linear(width, name="first")
        self.second = snt.Linear(3)
        self.power = 1.0
        self.activate = tf.nn.tanh

    @property
    def factor(self):
        return self.power

    def features(self, x):
        return self.activate(self.first(x)) * self.factor

    def __call__(self, x):
        h = self.features(x)
        if tf.reduce_sum(h) > 0.0:
            h = h * 0.5
        return self.second(h)

model = Net(8)
"""


def program(model: str, more: str = STEP) -> Program:
    made = Program(START + model + more)
    for module in (made.plain, made.hooked):
        module.model(X, **({"is_training": True} if "Batch" in model or "Dropout" in model else {}))
    for one, other in zip(made.plain.model.variables, made.hooked.model.variables, strict=True):
        other.assign(one)
    return made


def both(made: Program, act: Callable[[Any], Any]) -> Any:
    expected, found = outcome(act, made.plain), outcome(act, made.hooked)
    close(found, expected)
    left, usual = (symbolic_in(module.model) for module in (made.hooked, made.plain))
    assert len(left) == len(usual), left
    return found


def train(made: Program, steps: int = 4, **options: Any) -> None:
    for _ in range(steps):
        both(made, lambda module: module.step(X, Y, **options))
    both(made, lambda module: [v.numpy() for v in (*module.model.variables, *module.opt.variables)])


MODELS = {
    "a sequence": MLP,
    "a module of the user's": OWN,
    "MLP with dropout rate 0": "model = snt.nets.MLP([8, 3])\n",
    "a convolution": (
        "net = snt.Sequential([lambda x: tf.reshape(x, [-1, 6, 1]), snt.Conv1D(4, 3), tf.nn.relu, snt.Flatten(), "
        "snt.Linear(3)])\nmodel = net\n"
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_training_step_is_one_graph(name: str) -> None:
    made = program(MODELS[name])
    train(made, 6)
    made.assert_staged("step")


@pytest.mark.parametrize("kind", ["SGD(0.1)", "Momentum(0.1, 0.9)", "RMSProp(0.01)", "Adam(tf.Variable(0.01))"])
def test_every_optimizer(kind: str) -> None:
    made = program(f"opt = snt.optimizers.{kind}\n" + MLP)
    train(made, 6)
    made.assert_staged("step")


def test_batch_norm_updates_its_averages() -> None:
    made = program(
        """
class Normal(snt.Module):
    def __init__(self):
        super().__init__()
        self.linear, self.norm, self.out = snt.Linear(8, with_bias=False), snt.BatchNorm(True, True), snt.Linear(3)

    def __call__(self, x, is_training):
        return self.out(tf.nn.relu(self.norm(self.linear(x), is_training)))

model = Normal()
"""
    )
    train(made, 5, is_training=True)
    made.assert_staged("step")
    train(made, 5, is_training=False)
    both(made, lambda module: [v.numpy() for v in module.model.norm.moving_mean.variables])


def test_a_recurrent_core_is_unrolled() -> None:
    made = program(
        """
class Rnn(snt.Module):
    def __init__(self):
        super().__init__()
        self.core, self.out = snt.LSTM(5), snt.Linear(3)

    def __call__(self, x):
        state = self.core.initial_state(batch_size=8)
        for i in range(6):
            h, state = self.core(x[:, i : i + 1], state)
        return self.out(h)

model = Rnn()
"""
    )
    train(made, 5)
    made.assert_staged("step")


def replace_weights(module: Any) -> None:
    first = module.model.first
    first.w = tf.Variable(tf.ones_like(first.w) * 0.2, name="w")


def drop_bias(module: Any) -> None:
    module.model.first.with_bias = False


def another_layer(module: Any) -> None:
    module.model.second = module.snt.Linear(3, w_init=module.snt.initializers.Ones())


def power(module: Any) -> None:
    module.model.power = 2.0


def activation(module: Any) -> None:
    module.model.activate = tf.nn.sigmoid


def learning_rate(module: Any) -> None:
    module.opt.learning_rate = 0.2


def method_of_class(module: Any) -> None:
    kind = type(module.model)

    def features(self: Any, x: Any) -> Any:
        return self.first(x) * 0.25

    kind.features = features


def assign(module: Any) -> None:
    module.model.second.b.assign([3.0, 2.0, 1.0])


@pytest.mark.parametrize(
    "change",
    [replace_weights, drop_bias, another_layer, power, activation, learning_rate, method_of_class, assign],
    ids=lambda change: change.__name__,
)
def test_a_change_between_calls(change: Callable[[Any], None]) -> None:
    made = program(OWN)
    train(made, 4)
    made.assert_staged("step")
    both(made, change)
    train(made, 4)


def test_a_method_of_the_users_may_be_called_by_itself() -> None:
    made = program(OWN, "def use(x):\n    return tf.reduce_sum(pad(model.features(x)))\n")
    for _ in range(4):
        both(made, lambda module: module.use(X))
    made.assert_staged("use")


def test_what_is_not_built_yet_is_built_by_a_plain_call() -> None:
    made = Program(
        START
        + """
models = [snt.nets.MLP([4, 2]) for _ in range(4)]
def use(i, x):
    return tf.reduce_sum(pad(models[i](x)))
"""
    )
    for i in (0, 0, 0, 1, 1, 2, 2, 2, 3):
        expected, found = made.plain.use(i, X), made.hooked.use(i, X)
        assert type(found) is type(expected)
        for one, other in zip(made.hooked.models, made.plain.models, strict=True):
            assert [list(vars(layer)) for layer in one._layers] == [list(vars(layer)) for layer in other._layers]


def test_a_module_of_another_library_is_not_taken_for_a_known_one() -> None:
    made = program(
        """
import types
other = types.ModuleType("other")
exec("import sonnet as snt\\nseen = []\\nclass Odd(snt.Linear):\\n    def __call__(self, x):\\n        seen.append(len(seen))\\n        return super(Odd, self).__call__(x) * len(seen)\\n", vars(other))
odd = other.Odd(3)
class Holder(snt.Module):
    def __init__(self):
        super().__init__()
        self.odd = odd
    def __call__(self, x):
        return self.odd(x)
model = Holder()
"""
    )
    train(made, 5)
    assert made.plain.other.seen == made.hooked.other.seen
