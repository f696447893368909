"""Modules, data sets and XLA around training code."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from tests.staging.programs import Program

from .test_training import MODELS
from .training import X, Y, both, program, train


def test_a_module_is_staged() -> None:
    made = Program(
        """
        class Dense(tf.Module):
            def __init__(self, size, name=None):
                super().__init__(name=name)
                self.size, self.w = size, tf.Variable(tf.ones((6, size)) * 0.1)
                self.steps = [tf.Variable(tf.zeros(size))]
            def __call__(self, x):
                return tf.nn.relu(x @ self.w) + self.steps[0]
        model = Dense(3)
        def step(x):
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(model(pad(x)) ** 2)
            for variable, g in zip(model.trainable_variables, tape.gradient(loss, model.trainable_variables)):
                variable.assign_sub(0.01 * g)
            return loss
        """
    )
    for _ in range(4):
        both(made, lambda module: module.step(X))
    made.assert_staged("step")
    both(made, lambda module: setattr(module.model, "w", tf.Variable(tf.ones((6, 3)) * 0.2)))
    for _ in range(4):
        both(made, lambda module: module.step(X))


def test_steps_over_a_data_set() -> None:
    made = program(
        MODELS["sequential"],
        """
    data = tf.data.Dataset.range(8).map(lambda i: tf.cast(i, tf.float32) * tf.ones(6)).batch(2)
    def step(x, y):
        return tf.reduce_sum(model(pad(x)))
    def epoch():
        found = []
        for batch in data:
            found.append(float(step(batch, None)))
        rest = iter(data)
        found.append(float(step(next(rest), None)))
        found.append(float(step(next(rest), None)))
        return found
    """,
    )
    for _ in range(4):
        both(made, lambda module: module.epoch())
    assert made.staging("step").calls_staged > 0


def test_xla_compiles_what_a_module_wants_it_for() -> None:
    text = MODELS["sequential"]
    made, other = program(text, jit_compile=True), program(text)
    for each in (made, other):
        train(each, 4)
        each.assert_staged("step")
    assert _is_compiled(made) and not _is_compiled(other)


def _is_compiled(made: Program) -> bool:
    compiled: Any = made.staging("step").specializations[0].compiled
    while not hasattr(compiled, "concrete"):
        compiled = compiled.compiled
    return bool(compiled.concrete.function_def.attr["_XlaMustCompile"].b)


def test_predictions_of_numpy_arrays_are_those_of_the_eager_run() -> None:
    made = program(MODELS["sequential"], "def step(x):\n    return pad(model(x)).numpy()\n")
    for scale in (1.0, 2.0, 3.0, 4.0):
        both(made, lambda module, scale=scale: module.step(np.asarray(X) * scale))
    assert len(Y) == 8
