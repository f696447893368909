"""Shapes that iterations or branches change are widened; `tf.ensure_shape` at the end of the body keeps them."""

from __future__ import annotations

import pytest
import tensorflow as tf

from tests.joins.test_names import staged
from tests.twins.graphs import same_in_graph


def test_a_dimension_that_grows_and_a_rank_that_changes() -> None:
    source = """
    def f(n):
        xs, y = tf.zeros([1, 2], tf.int32), n * 0
        for i in tf.range(n):
            xs = tf.concat([xs, xs[:1] + i], 0)
            y = tf.stack([y, y + i]) if i < 0 else tf.expand_dims(y, 0)
        return xs, y
    """
    same_in_graph(source.replace("tf.stack([y, y + i]) if i < 0 else ", ""), (4,), (0,), (1,))


def test_a_shape_that_an_inner_loop_changes() -> None:
    same_in_graph(
        """
        def f(n):
            xs = tf.zeros([1], tf.int32)
            for i in tf.range(n):
                j = 0
                while j < i:
                    xs = tf.concat([xs, [i * 10 + j]], 0)
                    j = j + 1
            return xs
        """,
        (4,), (0,),
    )  # fmt: skip


def test_shapes_of_two_branches() -> None:
    same_in_graph(
        """
        def f(n):
            xs = tf.zeros([2, 3])
            if n > 0:
                xs = tf.ones([n, 3])
            if n > 1:
                xs = xs[0]
            return xs, tf.rank(xs)
        """,
        (4,), (1,), (0,),
    )  # fmt: skip


def test_gradients_through_a_shape_that_grows() -> None:
    function = staged("""
    def f(x, n):
        ys = x[:1]
        for i in tf.range(n):
            ys = tf.concat([ys, ys[-1:] * x[1]], 0)
        return tf.reduce_sum(ys)
    """)
    x = tf.constant([2.0, 3.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x, tf.constant(3))
    assert float(y) == 2.0 * (1 + 3 + 9 + 27)
    assert tape.gradient(y, x).numpy().tolist() == [1 + 3 + 9 + 27, 2 * (1 + 6 + 27)]


@pytest.mark.parametrize("keeps", [False, True])
def test_ensure_shape_keeps_the_static_shape(keeps: bool) -> None:
    seen = []
    last = "tf.ensure_shape(y, [2, 3])" if keeps else "y"
    module_function = staged(f"""
    def f(x, n, seen):
        y = tf.zeros([2, 3])
        for i in tf.range(n):
            y = tf.reshape(tf.boolean_mask(y + x, tf.fill(tf.shape(y), True)), [-1, 3])
            y = {last}
        seen(y.shape.as_list())
        return y
    """).python_function
    step = tf.function(lambda x, n: module_function(x, n, seen.append))
    assert step(tf.ones([2, 3]), tf.constant(2)).numpy().tolist() == [[2.0] * 3] * 2
    assert seen == [[2, 3] if keeps else [None, 3]]


def test_ensure_shape_fails_where_the_shape_is_another() -> None:
    function = staged("""
    def f(n):
        xs = tf.zeros([1])
        for i in tf.range(n):
            xs = tf.ensure_shape(tf.concat([xs, tf.zeros([tf.cast(i, tf.int32)])], 0), [1])
        return xs
    """)
    assert function(tf.constant(1)).shape == [1]
    with pytest.raises(tf.errors.InvalidArgumentError, match="is not compatible with expected shape"):
        function(tf.constant(3))
