"""Gradients of functions that call themselves, compared with a tape over the eager plain function."""

from __future__ import annotations

import pytest

from autograph_hook.errors import StagingError
from tests.recursion.programs import modules, same_gradients

np = pytest.importorskip("numpy")
tf = pytest.importorskip("tensorflow")


def test_for_an_argument_and_a_captured_variable() -> None:
    same_gradients(
        """
        w = tf.Variable(1.5)
        def f(x, n):
            if n <= 0:
                return tf.ones([])
            return x * w * f(x, n - 1)
        """,
        (1.1, 7), ("w",),
    )  # fmt: skip


def test_two_calls_whose_arguments_depend_on_each_other() -> None:
    same_gradients(
        """
        def f(x, n):
            if n <= 0:
                return tf.sin(x)
            return f(f(x * 1.1, n - 1), n - 2) + x
        """,
        (0.7, 4),
    )


def test_through_a_tree_of_cells_with_weights_and_embeddings() -> None:
    same_gradients(
        """
        left = tf.constant([1, -1, 3, -1, -1])
        right = tf.constant([2, -1, 4, -1, -1])
        words = tf.Variable(tf.reshape(tf.range(15.0), [5, 3]) / 10.0)
        cell = tf.Variable(tf.reshape(tf.range(18.0), [6, 3]) / 30.0)
        bias = tf.constant([0.1, 0.2, 0.3])
        def f(i):
            if left[i] < 0:
                return tf.gather(words, i), tf.zeros([])
            one, lost = f(left[i])
            other, more = f(right[i])
            state = tf.tanh(tf.linalg.matvec(cell, tf.concat([one, other], 0), transpose_a=True) + bias)
            return state, lost + more + tf.reduce_sum(state ** 2)
        """,
        (0,), ("words", "cell", "bias"),
    )  # fmt: skip


def test_through_calls_in_a_loop() -> None:
    same_gradients(
        """
        first = tf.constant([1, 3, 4, 4, 4])
        last = tf.constant([3, 4, 4, 4, 4])
        value = tf.Variable([1.0, 2.0, 3.0, 4.0, 5.0])
        def f(i, scale):
            total = value[i]
            for child in tf.range(first[i], last[i]):
                total += scale * f(child, scale * 1.5)
            return total
        """,
        (0, 2.0), ("value",),
    )  # fmt: skip


def test_of_functions_that_call_each_other() -> None:
    same_gradients(
        """
        def f(x, n):
            if n <= 0:
                return x * x
            return 2.0 * g(x, n - 1) + x
        def g(x, n):
            if n <= 0:
                return tf.exp(x)
            return f(x * 0.5, n - 1) * x
        """,
        (0.8, 6),
    )


def test_of_tensors_of_the_function_around_it() -> None:
    same_gradients(
        """
        def f(x, n):
            doubled = x * 2.0
            def go(y, n):
                if n <= 0:
                    return y * doubled
                return go(y * doubled, n - 1) + y
            return go(x, n)
        """,
        (0.8, 3),
    )


def test_where_a_variable_is_changed_the_call_is_not_made_twice() -> None:
    one, other = modules(
        """
        calls = tf.Variable(0)
        def f(x, n):
            calls.assign_add(1)
            if n <= 0:
                return x
            return x * f(x, n - 1)
        """
    )
    x = tf.constant(1.5)
    found = []
    for called in (one.f, tf.function(other.f)):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = called(x, tf.constant(5))
        found.append((y.numpy(), tape.gradient(y, x).numpy()))
    assert found[0] == found[1]
    assert other.calls.numpy() == one.calls.numpy() == 6


def test_inside_the_graph_and_twice_from_one_tape() -> None:
    one, other = modules(
        """
        w = tf.Variable([1.5, 0.5])
        def power(x, n):
            if n <= 0:
                return tf.ones_like(x)
            return x * w * power(x, n - 1)
        def f(x, n):
            with tf.GradientTape(persistent=True) as tape:
                tape.watch(x)
                y = tf.reduce_sum(power(x, n))
            return y, tape.gradient(y, x), tape.gradient(y, w)
        """
    )
    x, n = tf.constant([1.1, 0.9]), tf.constant(4)
    for found, expected in zip(tf.function(other.f)(x, n), one.f(x, n), strict=True):
        tf.debugging.assert_near(found, expected)


def test_a_depth_of_three_thousand() -> None:
    _, other = modules(
        """
        def f(x, n):
            if n <= 0:
                return tf.ones([])
            return x * f(x, n - 1)
        """
    )
    x = tf.constant(1.0001, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.cast(tf.function(other.f)(tf.cast(x, tf.float32), tf.constant(3000)), tf.float64)
    found = y.numpy(), tape.gradient(y, x).numpy()
    np.testing.assert_allclose(found, (1.0001**3000, 3000 * 1.0001**2999), rtol=1e-3)


def test_the_gradient_of_the_gradient_is_refused() -> None:
    _, other = modules(
        """
        def f(x, n):
            if n <= 0:
                return tf.ones([])
            return x * f(x, n - 1)
        """
    )
    x = tf.constant(1.5)

    @tf.function
    def second() -> object:
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = other.f(x, tf.constant(3))
            first = inner.gradient(y, x)
        return outer.gradient(first, x)

    with pytest.raises(StagingError, match="f calls itself, and there is no gradient of the gradient of such a function"):
        second()
