from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from autograph_hook.backends.tensorflow import BACKEND
from autograph_hook.errors import StagingError

from .cells import HERE


def graph(function: Any) -> Any:
    return tf.function(function, autograph=False)


def call(function: Any, *args: Any, **options: Any) -> Any:
    return BACKEND.builtin(function)(*args, **options)


SAME_AS_EAGER = [
    (len, ([[1, 2], [3, 4]],)),
    (int, (2.7,)),
    (int, (-2.7,)),
    (float, (3,)),
    (bool, (0.0,)),
    (bool, ([2],)),
    (min, ([3, 1, 2],)),
    (max, ([3.0, 1.0, 2.0],)),
    (min, (3, 1)),
    (max, (1.5, 2.5)),
    (sum, ([1, 2, 3],)),
    (sum, ([[1.0, 2.0], [3.0, 4.0]],)),
    (any, ([0, 0, 2],)),
    (any, ([False, False],)),
    (all, ([True, False],)),
    (all, ([1.0, 2.0],)),
    (sorted, ([3, 1, 2],)),
    (reversed, ([3, 1, 2],)),
    (list, ([3, 1, 2],)),
    (tuple, ([3, 1, 2],)),
]


@pytest.mark.parametrize(
    ("function", "args"), SAME_AS_EAGER, ids=lambda value: getattr(value, "__name__", str(value))
)
def test_a_builtin_gives_what_it_gives_in_eager_python(function: Any, args: Any) -> None:
    tensors = [tf.constant(arg) for arg in args]
    eager = function(*tensors)
    expected = np.array(
        [np.array(x) for x in eager] if not isinstance(eager, (bool, int, float, tf.Tensor)) else eager
    )
    got = np.array(graph(lambda *given: call(function, *given))(*tensors))
    assert got.shape == expected.shape
    np.testing.assert_array_equal(got, expected)


def test_a_sum_is_added_up_in_pythons_order() -> None:
    xs = tf.constant(np.random.default_rng(0).normal(size=50) * 10.0 ** np.arange(-25, 25), tf.float32)
    assert float(graph(lambda x: call(sum, x))(xs)) == float(sum(xs))


@pytest.mark.parametrize("args", [(5,), (2, 5), (5, 2), (0, 10, 3), (10, 0, -3), (0, 10, -1), (10, 0, 1)])
def test_a_range_is_what_pythons_is(args: tuple[int, ...]) -> None:
    known = graph(lambda *given: call(range, *given[:-1], args[-1]) if len(args) > 2 else call(range, *given))
    unknown = graph(lambda *given: call(range, *given))
    tensors = [tf.constant(arg) for arg in args]
    assert known(*tensors).numpy().tolist() == list(range(*args))
    assert unknown(*tensors).numpy().tolist() == list(range(*args))


def test_a_mixture_of_tensors_and_numbers_is_compared() -> None:
    assert float(graph(lambda x: call(max, x, 0.0))(tf.constant(-2.0))) == 0.0
    assert float(graph(lambda x: call(min, x, 0.0))(tf.constant(-2.0))) == -2.0


def test_what_eager_python_refuses_is_refused() -> None:
    with pytest.raises(ValueError, match="empty sequence"):
        graph(lambda x: call(max, x))(tf.zeros([0]))
    with pytest.raises(ValueError, match="no one truth"):
        graph(lambda x: call(max, x))(tf.zeros([2, 2]))
    with pytest.raises(TypeError, match="has no len"):
        graph(lambda x: call(len, x))(tf.constant(1))
    with pytest.raises(TypeError, match="only a 0-dimensional tensor"):
        graph(lambda x: call(int, x))(tf.constant([1, 2]))
    with pytest.raises(StagingError, match="takes no default"):
        graph(lambda x: call(max, x, default=0))(tf.constant([1, 2]))


def test_the_first_of_the_best_by_a_key_is_taken() -> None:
    xs = [1, -3, 3, 0, -1, 0]
    assert int(graph(lambda x: call(max, x, key=abs))(tf.constant(xs))) == max(xs, key=abs)
    assert int(graph(lambda x: call(min, x, key=abs))(tf.constant(xs))) == min(xs, key=abs)
    assert int(graph(lambda x: call(max, [x, -3, 3], key=abs))(tf.constant(1))) == -3


def test_a_list_with_tensors_in_it_is_sorted_into_a_list() -> None:
    found = graph(lambda x: call(sorted, [x, 1, -2], key=lambda each: -each))(tf.constant(0))
    assert [int(each) for each in found] == [1, 0, -2]


def test_a_length_is_python_s_where_it_is_known() -> None:
    @graph
    def known(x: Any) -> Any:
        assert call(len, x) == 3
        return x

    known(tf.zeros([3, 2]))
    unknown = tf.function(lambda x: call(len, x), autograph=False, input_signature=[tf.TensorSpec([None])])
    assert int(unknown(tf.zeros([4]))) == 4
    assert int(graph(lambda: call(len, tf.data.Dataset.range(5)))()) == 5
    assert int(graph(lambda: call(len, tf.ragged.constant([[1], [], [2]])))()) == 3


def test_sorting_by_a_key_is_stable() -> None:
    xs = tf.constant([3, -1, 1, -3, 2])
    for reverse in (False, True):
        got = graph(lambda x, reverse=reverse: call(sorted, x, key=tf.abs, reverse=reverse))(xs)
        assert got.numpy().tolist() == [int(x) for x in sorted(xs, key=tf.abs, reverse=reverse)]


def test_datasets_are_summed_and_searched() -> None:
    data = tf.data.Dataset.range(5)
    assert int(graph(lambda: call(sum, data))()) == 10
    assert bool(graph(lambda: call(any, data.map(lambda x: x > 3)))())
    assert not bool(graph(lambda: call(all, data.map(lambda x: x > 0)))())


def test_next_takes_a_default() -> None:
    @graph
    def run(n: Any) -> Any:
        iterator = iter(tf.data.Dataset.range(n))
        return call(next, iterator, tf.constant(-1, tf.int64))

    assert int(run(tf.constant(3, tf.int64))) == 0
    assert int(run(tf.constant(0, tf.int64))) == -1


def test_builtins_that_know_tensors_are_left_as_they_are() -> None:
    assert all(BACKEND.builtin(function) is None for function in (abs, pow, isinstance, str, repr, type, id))


def show(x: Any) -> Any:
    (BACKEND.builtin(print) or print)("x is", x, tf.constant("text"), sep="=")
    return x


def test_print_is_what_it_was_under_tensorflows_autograph_on_and_off(
    capfd: pytest.CaptureFixture[str],
) -> None:
    without = tf.function(show, autograph=False)
    without(tf.constant(1.0))
    without(tf.constant(2.0))
    assert capfd.readouterr().out.count("x is=Tensor(") == 1

    @tf.function(autograph=True)
    def converted(x: Any) -> Any:
        return show(x)

    converted(tf.constant(1.0))
    converted(tf.constant(2.0))
    assert capfd.readouterr().out == "x is=1.0=text\nx is=2.0=text\n"


def test_the_element_of_a_tensor_in_containers() -> None:
    @graph
    def run(x: Any) -> Any:
        return (
            BACKEND.contains([1, 2, 3], x),
            BACKEND.contains(tf.constant([4, 5]), x),
            BACKEND.contains((), x),
            BACKEND.contains({5: "a"}, x),
        )

    assert [bool(got) for got in run(tf.constant(5))] == [False, True, False, True]


def test_unpacking_needs_a_known_number_of_elements() -> None:
    @graph
    def run(x: Any) -> Any:
        a, b = BACKEND.unpack(x[:2], 2, False, 0)
        first, rest, last = BACKEND.unpack(x, 1, True, 1)
        assert len(rest) == 2
        return a, b, first, last

    assert [int(got) for got in run(tf.constant([1, 2, 3, 4]))] == [1, 2, 1, 4]
    with pytest.raises(ValueError, match=r"too many values to unpack \(expected 2\)"):
        graph(lambda x: BACKEND.unpack(x, 2, False, 0))(tf.constant([1, 2, 3]))
    with pytest.raises(ValueError, match=r"not enough values to unpack \(expected 2, got 1\)"):
        graph(lambda x: BACKEND.unpack(x, 2, False, 0))(tf.constant([1]))
    unknown = tf.function(
        lambda x: BACKEND.unpack(x, 2, False, 0), autograph=False, input_signature=[tf.TensorSpec([None])]
    )
    with pytest.raises(StagingError, match="their number is known only when it runs"):
        unknown(tf.constant([1.0, 2.0]))


def test_an_assertion_is_checked_when_the_graph_runs_before_later_effects() -> None:
    variable = tf.Variable(0)

    @graph
    def run(x: Any) -> Any:
        BACKEND.check(x > 0, lambda: ("x must be positive:", x), HERE)
        variable.assign_add(1)
        return x

    run(tf.constant(1))
    with pytest.raises(
        tf.errors.InvalidArgumentError, match=r"(?s)model.py:7, in step: assertion failed.*x must be"
    ):
        run(tf.constant(-1))


def test_items_are_taken() -> None:
    @graph
    def run(i: Any) -> Any:
        array = tf.TensorArray(tf.int32, 2).unstack([4, 6])
        return (
            BACKEND.get_item(array, i),
            BACKEND.get_item(tf.constant("abc"), i),
            BACKEND.get_item([1, 2], 0),
        )

    item, letter, first = run(tf.constant(1))
    assert (int(item), letter.numpy(), int(first)) == (6, b"b", 1)
