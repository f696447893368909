"""The same with Keras 2 (tf_keras)."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("tf_keras")

import tensorflow as tf

from .test_training import MODELS
from .training import STEP, X, Y, both, program

LEGACY = "import tf_keras as keras\nlayers = keras.layers\nkeras.utils.set_random_seed(3)\ntf.random.set_seed(None)\n"
SETUP = """
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
opt = keras.optimizers.Adam(0.01)
acc = keras.metrics.SparseCategoricalAccuracy()
"""


def legacy(model: str, more: str = "") -> Any:
    import textwrap

    return program(LEGACY + SETUP + textwrap.dedent(model) + "\n" + more, STEP)


def weights(module: Any) -> list[Any]:
    variables = module.opt.variables() if callable(module.opt.variables) else module.opt.variables
    return [v.numpy() for v in (*module.model.variables, *variables, *module.acc.variables)]


def start(module: Any) -> None:
    module.model(X)
    for variable in module.model.variables:
        variable.assign(tf.reshape(tf.linspace(-0.5, 0.5, tf.size(variable)), variable.shape))


def steps(made: Any, count: int = 4) -> None:
    for _ in range(count):
        both(made, lambda module: module.step(X, Y))


@pytest.mark.parametrize("name", ["sequential", "functional", "subclassed", "regularized", "normalized"])
def test_a_model_is_staged(name: str) -> None:
    model = MODELS[name].replace("layers.UnitNormalization(), ", "").replace("'gelu'", "'tanh'")
    if name == "regularized":
        model = model.replace(", activity_regularizer='l2'", "")
    made = legacy(model + "\n")
    both(made, start)
    steps(made)
    both(made, weights)
    made.assert_staged("step")


@pytest.mark.parametrize("optimizer", ["SGD(0.1, momentum=0.9)", "RMSprop(0.01)"])
def test_an_optimizer_is_staged(optimizer: str) -> None:
    made = legacy(MODELS["sequential"], f"opt = keras.optimizers.{optimizer}\n")
    both(made, start)
    steps(made)
    both(made, weights)
    made.assert_staged("step")


def test_a_layer_that_is_frozen() -> None:
    made = legacy(MODELS["sequential"])
    both(made, start)
    steps(made)

    def freeze(module: Any) -> None:
        module.model.layers[0].trainable = False

    both(made, freeze)
    steps(made)
    both(made, weights)


def test_losses_that_a_layer_adds_are_there_after_a_call() -> None:
    made = legacy("model = keras.Sequential([layers.Dense(3, activity_regularizer='l2', kernel_initializer='ones')])")
    for _ in range(4):
        both(made, lambda module: module.step(X, Y))
        both(made, lambda module: module.model.losses)


def test_an_optimizer_that_finds_its_own_attributes_runs_plain() -> None:
    made = legacy(MODELS["sequential"], "opt = keras.optimizers.legacy.Adam(0.01)\n")
    both(made, start)
    steps(made)
    both(made, weights)
    made.assert_plain("step", "whose attributes are found by its own code")
