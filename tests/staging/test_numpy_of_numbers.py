"""NumPy's functions of plain numbers are constants of a trace; everything else of NumPy is Python's."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tests.staging.programs import Program


def test_numpy_of_the_numbers_of_a_shape_is_a_constant() -> None:
    program = Program("""
        def scaled(x):
            size = np.prod([x.shape[0], x.shape[1]])
            return pad(x) / np.sqrt(x.shape[-1]) * np.float32(0.5) + np.pi, size
    """)
    program.calls(5, lambda module: module.scaled(tf.ones([2, 7])))
    program.both(lambda module: module.scaled(tf.ones([3, 5])))
    program.assert_staged("scaled")


def test_the_product_of_a_shape_is_a_constant() -> None:
    program = Program("""
        def flat(x):
            y = tf.reshape(pad(x), [x.shape[0], int(np.prod(x.shape[1:]))])
            return y, np.prod(x.shape), np.max(y.shape), sum(np.prod(part.shape) for part in (x, y))
    """)
    program.calls(5, lambda module: module.flat(tf.ones([2, 7, 3])))
    program.both(lambda module: module.flat(tf.ones([2, 5, 1])))
    program.assert_staged("flat")


def test_what_numpy_warns_of_is_left_to_the_plain_run() -> None:
    program = Program("""
        def warned(x):
            return pad(x) * np.log(0.0 * x.shape[0])
    """)
    with np.errstate(divide="ignore"):
        program.calls(5, lambda module: module.warned(tf.ones([2])))
    program.assert_plain("warned", "calls numpy.log, which warns")


def test_random_numbers_of_numpy_are_drawn_in_each_call() -> None:
    program = Program("""
        random = np.random.default_rng(3)

        def noisy(x):
            return pad(x) * random.normal()
    """)
    program.calls(5, lambda module: module.noisy(tf.ones([2])))
    assert program.staging("noisy").calls_staged == 0


def test_an_array_is_read_in_each_call() -> None:
    program = Program("""
        sizes = np.array([4.0, 9.0])

        def scaled(x):
            return pad(x) * np.sqrt(sizes[0])
    """)

    def act(module: object) -> object:
        module.sizes[0] += 1.0
        return module.scaled(tf.ones([2]))

    program.calls(6, act)
