"""What is added up of three tensors or more is added in the order of the eager run."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tests.staging.programs import Program

random = np.random.default_rng(0)


def vector(size: int = 33) -> tf.Tensor:
    return tf.constant(random.normal(size=size), tf.float32)


def test_a_gradient_of_three_parts_two_of_them_equal_is_added_up_as_eagerly() -> None:
    program = Program("""
        def step(features, weights):
            with tf.GradientTape() as tape:
                tape.watch(weights)
                value = tf.reduce_mean(tf.linalg.matvec(features, weights) ** 2) + 0.01 * tf.reduce_sum(weights * weights)
            return value, tape.gradient(value, weights)
    """)
    features = tf.constant(random.normal(size=(50, 33)), tf.float32)
    weights = [vector() for _ in range(8)]
    for each in weights:
        program.both(lambda module, each=each: module.step(features, each))
    program.assert_staged("step")


def test_add_n_of_shared_and_new_tensors_is_added_up_as_eagerly() -> None:
    program = Program("""
        def total(x, y):
            return tf.add_n([pad(x), y * 3.0, y * 3.0, x / 7.0, y]), tf.add_n([y, y, x * 0.1])
    """)
    for _ in range(8):
        x, y = vector(), vector()
        program.both(lambda module, x=x, y=y: module.total(x, y))
    program.assert_staged("total")
