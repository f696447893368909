from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from autograph_hook.backends.tensorflow import BACKEND
from autograph_hook.errors import StagingError

from .cells import HERE, Cells


def graph(function: Any) -> Any:
    return tf.function(function, autograph=False)


def collect(subject: Any, dtype: Any = tf.int64, limit: int | None = None) -> Any:
    """The sums of the elements of a subject, in order; with a limit, left by a break after so many."""
    state = Cells(sums=tf.TensorArray(dtype, 0, dynamic_size=True), i=0, ag__broke=False)

    def body(element: Any) -> None:
        total = tf.add_n([tf.cast(tf.reduce_sum(leaf), dtype) for leaf in tf.nest.flatten(element)])
        state.sums = state.sums.write(state.i, total)
        state.i = state.i + 1
        if limit is not None:

            def stop() -> None:
                state.ag__broke = True

            BACKEND.cond(state.i >= limit, stop, lambda: None, state, HERE)

    test = None if limit is None else lambda: BACKEND.not_(state.ag__broke)
    BACKEND.for_each(subject, body, test, state, HERE)
    return state.sums.stack()


SUBJECTS: dict[str, tuple[Callable[[], Any], list[int]]] = {
    "range": (lambda: tf.range(4), [0, 1, 2, 3]),
    "range with a start and a negative step": (lambda: tf.range(9, 1, -3), [9, 6, 3]),
    "range of a tensor": (lambda: tf.range(tf.constant(3, tf.int64)), [0, 1, 2]),
    "empty range": (lambda: tf.range(0), []),
    "vector": (lambda: tf.constant([5, 7]), [5, 7]),
    "floating matrix": (lambda: tf.constant([[5.0, 1.0], [7.0, 2.0]]), [6, 9]),
    "variable": (lambda: VARIABLE, [1, 2]),
    "ragged": (lambda: tf.ragged.constant([[1, 2], [], [3]]), [3, 0, 3]),
    "doubly ragged": (lambda: tf.ragged.constant([[[1], [2, 3]], [[4]]]), [6, 4]),
    "array": (lambda: tf.TensorArray(tf.int32, 2).unstack([4, 6]), [4, 6]),
    "dataset": (lambda: tf.data.Dataset.range(1, 4), [1, 2, 3]),
    "empty dataset": (lambda: tf.data.Dataset.range(0), []),
    "dataset of nests": (
        lambda: tf.data.Dataset.from_tensor_slices({"a": [1, 2], "b": ([3, 4], [5, 6])}),
        [9, 12],
    ),
    "enumerated": (lambda: builtin(enumerate, tf.constant([5, 7]), 10), [15, 18]),
    "enumerated dataset": (lambda: builtin(enumerate, tf.data.Dataset.range(3)), [0, 2, 4]),
    "zipped": (lambda: builtin(zip, tf.range(5), tf.constant([10, 20]), tf.data.Dataset.range(3)), [10, 22]),
    "mapped": (lambda: builtin(map, lambda x: x * 2, tf.constant([5, 7])), [10, 14]),
    "mapped over two": (lambda: builtin(map, lambda x, y: x * y, tf.constant([5, 7]), tf.range(2)), [0, 7]),
    "reversed": (lambda: builtin(reversed, tf.constant([5, 7])), [7, 5]),
}
VARIABLE = tf.Variable([1, 2])


def builtin(function: Any, *args: Any) -> Any:
    return BACKEND.builtin(function)(*args)


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_loop_over_it_sees_every_element(name: str) -> None:
    make, expected = SUBJECTS[name]
    assert graph(lambda: collect(make()))().numpy().tolist() == expected


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_loop_over_it_can_be_left(name: str) -> None:
    make, expected = SUBJECTS[name]
    assert graph(lambda: collect(make(), limit=2))().numpy().tolist() == expected[:2]


def test_the_body_sees_what_a_filter_accepts() -> None:
    @graph
    def run(xs: Any) -> Any:
        return collect(builtin(filter, lambda x: x % 2 == 0, xs), dtype=tf.int32)

    # The array has a place only for what was accepted.
    assert run(tf.constant([1, 2, 3, 4])).numpy().tolist() == [2, 4]


def test_a_length_that_is_not_known_while_tracing() -> None:
    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None, 2])])
    def rows(xs: Any) -> Any:
        return collect(xs, tf.float32)

    for n in (0, 1, 3):
        assert rows(tf.ones([n, 2])).numpy().tolist() == [2.0] * n

    @tf.function(autograph=False, input_signature=[tf.TensorSpec(None, tf.int32)])
    def unknown(xs: Any) -> Any:
        return collect(xs)

    assert unknown(tf.constant([[1, 2], [3, 4]])).numpy().tolist() == [3, 7]


def test_a_scalar_is_not_iterable() -> None:
    with pytest.raises(TypeError, match="iteration over a 0-d tensor"):
        graph(lambda: collect(tf.constant(1)))()


def test_a_range_is_walked_without_being_made() -> None:
    @graph
    def run(n: Any) -> Any:
        state = Cells(total=0)

        def body(i: Any) -> None:
            state.total = state.total + i

        BACKEND.for_each(tf.range(n), body, None, state, HERE)
        return state.total

    n = tf.constant(10**4)
    assert int(run(n)) == sum(range(10**4))
    loops = [op for op in run.get_concrete_function(n).graph.get_operations() if "While" in op.type]
    assert all(source.op.type != "Range" for source in loops[0].inputs)


def test_gradients_flow_through_the_elements_of_a_tensor() -> None:
    @graph
    def run(xs: Any, w: Any) -> Any:
        state = Cells(h=w)

        def body(x: Any) -> None:
            state.h = tf.tanh(state.h * x)

        BACKEND.for_each(xs, body, None, state, HERE)
        return state.h

    xs, w = tf.constant([0.5, 1.5, -1.0]), tf.constant(0.7)
    with tf.GradientTape() as tape:
        tape.watch([xs, w])
        y = run(xs, w)
    got = tape.gradient(y, [xs, w])
    with tf.GradientTape() as tape:
        tape.watch([xs, w])
        h = w
        for x in tf.unstack(xs):
            h = tf.tanh(h * x)
    for one, other in zip(got, tape.gradient(h, [xs, w]), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)


def test_gradients_flow_through_a_loop_over_a_dataset() -> None:
    weight = tf.Variable(2.0)

    @graph
    def run() -> Any:
        state = Cells(total=0.0)

        def body(pair: Any) -> None:
            x, k = pair
            state.total = state.total + weight * x * tf.cast(k, tf.float32)

        data = tf.data.Dataset.from_tensor_slices(([1.0, 2.0, 3.0], [1, 1, 2]))
        with tf.GradientTape() as tape:
            BACKEND.for_each(data, body, None, state, HERE)
        return state.total, tape.gradient(state.total, weight)

    total, inner = run()
    with tf.GradientTape() as tape:
        y = run()[0]
    assert (float(total), float(inner), float(tape.gradient(y, weight))) == (18.0, 9.0, 9.0)


def test_a_loop_that_is_left_takes_no_further_element_from_an_iterator() -> None:
    data = tf.data.Dataset.range(10)
    iterator = iter(data)

    @graph
    def run(limit: Any) -> Any:
        return collect(iterator, limit=limit)

    assert run(3).numpy().tolist() == [0, 1, 2]
    assert int(next(iterator)) == 3
    assert run(2).numpy().tolist() == [4, 5]
    assert [int(x) for x in iterator] == [6, 7, 8, 9]


def test_the_last_element_is_there_after_the_loop() -> None:
    @graph
    def run(xs: Any) -> Any:
        state = Cells("x")

        def body(x: Any) -> None:
            state.x = x

        BACKEND.for_each(xs, body, None, state, HERE)
        return state.x

    assert int(run(tf.constant([5, 7]))) == 7
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"cannot access local variable .*x.* without a value before"):
        run(tf.zeros([0], tf.int32))


def test_a_python_counter_and_a_none_before_the_loop() -> None:
    @graph
    def run(xs: Any) -> Any:
        state = Cells(n=0, best=None)

        def body(x: Any) -> None:
            state.best = x if state.best is None else tf.maximum(state.best, x)
            state.n = state.n + 1

        BACKEND.for_each(xs, body, None, state, HERE)
        return state.n, state.best

    n, best = run(tf.constant([-3.0, -1.0, -2.0]))
    assert (int(n), float(best)) == (3, -1.0)
    n, best = graph(lambda: run.python_function(tf.data.Dataset.from_tensor_slices([-3.0, -1.0])))()
    assert (int(n), float(best)) == (2, -1.0)


def test_a_distributed_dataset_is_walked() -> None:
    strategy = tf.distribute.OneDeviceStrategy("/cpu:0")
    data = strategy.experimental_distribute_dataset(tf.data.Dataset.range(4).batch(2))

    @graph
    def run(subject: Any) -> Any:
        state = Cells(total=tf.constant(0, tf.int64), n=0)

        def body(x: Any) -> None:
            state.total = state.total + strategy.reduce(
                "SUM", strategy.run(tf.reduce_sum, args=(x,)), axis=None
            )
            state.n = state.n + 1

        BACKEND.for_each(subject, body, None, state, HERE)
        return state.total, state.n

    assert [int(x) for x in graph(lambda: run.python_function(data))()] == [6, 2]
    assert [int(x) for x in graph(lambda: run.python_function(iter(data)))()] == [6, 2]


def test_a_loop_in_a_dataset_map_and_under_map_fn() -> None:
    def total(n: Any) -> Any:
        state = Cells(total=0)

        def body(i: Any) -> None:
            state.total = state.total + i

        BACKEND.for_each(tf.range(n), body, None, state, HERE)
        return state.total

    assert [int(x) for x in tf.data.Dataset.range(5).map(total)] == [0, 0, 1, 3, 6]
    assert tf.function(lambda xs: tf.map_fn(total, xs))(tf.range(5)).numpy().tolist() == [0, 0, 1, 3, 6]


def test_an_enumeration_of_known_length_can_be_listed() -> None:
    @graph
    def run(xs: Any) -> Any:
        return [(i, x) for i, x in BACKEND.iterate(builtin(enumerate, xs))]

    assert [(int(i), int(x)) for i, x in run(tf.constant([5, 7]))] == [(0, 5), (1, 7)]
    with pytest.raises(StagingError, match="their number is known only when it runs"):
        graph(lambda: BACKEND.iterate(builtin(enumerate, tf.data.Dataset.range(3))))()
