from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from autograph_hook.backends.tensorflow import BACKEND
from autograph_hook.errors import StagingError

from .cells import HERE, Cells


def graph(function: Any) -> Any:
    return tf.function(function, autograph=False)


def loop(state: Cells, test: Any, body: Any) -> None:
    BACKEND.while_loop(test, body, state, HERE)


def test_a_loop_gives_the_eager_result_and_gradient() -> None:
    @graph
    def power(x: Any, n: Any) -> Any:
        state = Cells(i=0, y=1.0)

        def body() -> None:
            state.y = state.y * x
            state.i = state.i + 1

        loop(state, lambda: state.i < n, body)
        return state.y

    x = tf.constant(2.0)
    for n in (0, 1, 5):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = power(x, tf.constant(n))
        slope = tape.gradient(y, x, unconnected_gradients="zero")
        assert (float(y), float(slope)) == (2.0**n, n * 2.0 ** (n - 1))


def test_a_second_derivative_through_a_loop() -> None:
    @graph
    def power(x: Any, n: Any) -> Any:
        state = Cells(i=0, y=1.0)

        def body() -> None:
            state.y = state.y * x
            state.i = state.i + 1

        loop(state, lambda: state.i < n, body)
        return state.y

    x = tf.constant(2.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = power(x, tf.constant(4))
        slope = tape.gradient(y, x)
    assert (float(slope), float(outer.gradient(slope, x))) == (32.0, 48.0)


def test_a_tape_inside_the_graph_sees_through_a_loop() -> None:
    @graph
    def slope(x: Any, n: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            state = Cells(i=0, y=1.0)

            def body() -> None:
                state.y = state.y * x
                state.i = state.i + 1

            loop(state, lambda: state.i < n, body)
        return tape.gradient(state.y, x)

    assert float(slope(tf.constant(3.0), tf.constant(3))) == 27.0


def test_python_numbers_take_the_dtype_that_eager_arithmetic_gives_them() -> None:
    @graph
    def total(x: Any, n: Any) -> Any:
        state = Cells(i=0, total=0, count=0)

        def body() -> None:
            state.total = state.total + x
            state.count = state.count + n
            state.i = state.i + 1

        loop(state, lambda: state.i < 3, body)
        return state.total, state.count, state.i

    for dtype in (tf.float32, tf.float64):
        total_, count, i = total(tf.constant(1.5, dtype), tf.constant(2, tf.int64))
        assert (total_.dtype, count.dtype, i.dtype) == (dtype, tf.int64, tf.int32)
        assert (float(total_), int(count), int(i)) == (4.5, 6, 3)


def test_a_counter_takes_the_dtype_of_its_bound() -> None:
    @graph
    def count(n: Any) -> Any:
        state = Cells(i=0)

        def body() -> None:
            state.i = state.i + 1

        loop(state, lambda: state.i < n, body)
        return state.i

    assert int(count(tf.constant(3, tf.int64))) == 3
    assert int(count(tf.constant(3))) == 3


def test_a_tensor_is_promoted_where_nothing_is_lost_and_an_error_otherwise() -> None:
    @graph
    def run(start: Any, step: Any) -> Any:
        state = Cells(i=0, y=start)

        def body() -> None:
            state.y = tf.cast(state.y, step.dtype) + step
            state.i = state.i + 1

        loop(state, lambda: state.i < tf.constant(2), body)
        return state.y

    assert run(tf.constant(1.0), tf.constant(0.5, tf.float64)).dtype == tf.float64
    with pytest.raises(
        StagingError, match=r"model.py:7, in step: y is an int32 .* before the loop and a float32 .* after an iteration"
    ):
        run(tf.constant(1), tf.constant(0.5))


def test_a_variable_without_a_value_before_has_the_last_one_afterwards() -> None:
    traced = []

    @graph
    def run(n: Any) -> Any:
        state = Cells("last", "pair", i=0)

        def body() -> None:
            traced.append(1)
            state.last = tf.fill([state.i + 1], state.i)
            state.pair = {"a": (state.last, tf.constant("x"))}
            state.i = state.i + 1

        loop(state, lambda: state.i < n, body)
        return state.last, state.pair

    last, pair = run(tf.constant(3))
    assert last.numpy().tolist() == [2, 2, 2]
    assert pair["a"][0].numpy().tolist() == [2, 2, 2]
    assert traced == [1]
    with pytest.raises(
        tf.errors.InvalidArgumentError, match=r"cannot access local variable .*last.* without a value before the loop"
    ):
        run(tf.constant(0))


def test_the_result_of_a_return_in_a_loop_needs_no_iteration() -> None:
    @graph
    def find(xs: Any, wanted: Any) -> Any:
        state = Cells("ag__result", i=0, ag__returned=False)

        def body() -> None:
            def found() -> None:
                state.ag__returned = True
                state.ag__result = state.i

            inner_state = state
            BACKEND.cond(tf.equal(xs[state.i], wanted), found, lambda: None, inner_state, HERE)
            state.i = state.i + 1

        def test() -> Any:
            return tf.logical_and(state.i < tf.shape(xs)[0], BACKEND.not_(state.ag__returned))

        loop(state, test, body)
        return state.ag__returned, state.ag__result

    returned, result = find(tf.constant([5, 7, 9]), tf.constant(7))
    assert (bool(returned), int(result)) == (True, 1)
    assert not bool(find(tf.constant([5, 7, 9]), tf.constant(8))[0])


def test_what_the_body_leaves_alone_stays_the_same_object() -> None:
    thing, table = object(), {"a": 1}

    @graph
    def run(n: Any) -> Any:
        fixed = tf.constant(2.0)
        state = Cells(i=0, thing=thing, table=table, name="x", fixed=fixed, flag=True, number=4)

        def body() -> None:
            state.i = state.i + 1

        loop(state, lambda: state.i < n, body)
        assert state.thing is thing
        assert state.name == "x"
        assert state.fixed is fixed
        assert state.flag is True
        assert state.number == 4
        assert state.table == {"a": 1}
        return state.i

    assert int(run(tf.constant(3))) == 3


def test_a_shape_that_grows_is_widened() -> None:
    @graph
    def run(n: Any) -> Any:
        state = Cells(i=0, xs=tf.zeros([1, 2]))

        def body() -> None:
            state.xs = tf.concat([state.xs, tf.ones([1, 2])], 0)
            state.i = state.i + 1

        loop(state, lambda: state.i < n, body)
        assert state.xs.shape.as_list() == [None, 2]
        return state.xs

    assert run(tf.constant(3)).shape == [4, 2]
    assert run(tf.constant(0)).shape == [1, 2]


def test_nests_flow_through() -> None:
    @graph
    def run(n: Any) -> Any:
        state = Cells(
            state=[tf.constant(0.0), {"k": (1, tf.constant([1.0, 2.0]))}],
            ragged=tf.ragged.constant([[1.0], [2.0, 3.0]]),
            array=tf.TensorArray(tf.float32, 0, dynamic_size=True),
            i=0,
        )

        def body() -> None:
            first, rest = state.state
            number, vector = rest["k"]
            state.state = [first + tf.reduce_sum(vector), {"k": (number * 2, vector + 1)}]
            state.ragged = state.ragged * 2.0
            state.array = state.array.write(state.i, tf.cast(state.i, tf.float32))
            state.i = state.i + 1

        loop(state, lambda: state.i < n, body)
        return state.state, state.ragged, state.array.stack()

    (first, rest), ragged, array = run(tf.constant(3))
    assert float(first) == 3.0 + 5.0 + 7.0
    assert int(rest["k"][0]) == 8
    assert ragged.to_list() == [[8.0], [16.0, 24.0]]
    assert array.numpy().tolist() == [0.0, 1.0, 2.0]


def test_a_structure_that_changes_is_an_error_that_names_the_variable() -> None:
    @graph
    def run(n: Any) -> Any:
        state = Cells(i=0, xs=())

        def body() -> None:
            state.xs = (*state.xs, tf.constant(1))
            state.i = state.i + 1

        loop(state, lambda: state.i < n, body)

    with pytest.raises(
        StagingError, match=r"xs is a tuple of 0 before the loop and a tuple of 1 after an iteration"
    ):
        run(tf.constant(3))


def test_a_variable_that_turns_from_none_into_a_tensor_is_none_in_the_first_iteration_only() -> None:
    @graph
    def run(n: Any) -> Any:
        state = Cells(i=0, h=None)

        def body() -> None:
            state.h = tf.constant(100.0) if state.h is None else state.h + 1.0
            state.i = state.i + 1

        loop(state, lambda: state.i < n, body)
        return state.h, state.i

    for n in (1, 2, 5):
        h, i = run(tf.constant(n))
        assert (float(h), int(i)) == (99.0 + n, n)
    with pytest.raises(tf.errors.InvalidArgumentError, match="h is None here, and its value is used"):
        run(tf.constant(0))


def test_a_string_that_changes_becomes_a_tensor() -> None:
    @graph
    def run(n: Any) -> Any:
        state = Cells(i=0, s="a")

        def body() -> None:
            state.s = state.s + tf.constant("b")
            state.i = state.i + 1

        loop(state, lambda: state.i < n, body)
        return state.s

    assert run(tf.constant(3)).numpy() == b"abbb"


def test_loops_nest() -> None:
    traced = []

    @graph
    def table(n: Any, x: Any) -> Any:
        state = Cells("j", i=0, total=0)

        def inner() -> None:
            traced.append(1)
            state.total = state.total + x * tf.cast(state.i * state.j, tf.float32)
            state.j = state.j + 1

        def body() -> None:
            state.j = 0
            loop(state, lambda: state.j < n, inner)
            state.i = state.i + 1

        loop(state, lambda: state.i < n, body)
        return state.total

    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = table(tf.constant(4), x)
    assert (float(y), float(tape.gradient(y, x))) == (72.0, 36.0)


def test_a_loop_in_a_branch_in_a_loop() -> None:
    @graph
    def run(n: Any) -> Any:
        state = Cells(i=0, evens=0, k=0)

        def count() -> None:
            state.k = 0

            def step() -> None:
                state.evens = state.evens + 1
                state.k = state.k + 1

            loop(state, lambda: state.k < state.i, step)

        def body() -> None:
            BACKEND.cond(state.i % 2 == 0, count, lambda: None, state, HERE)
            state.i = state.i + 1

        loop(state, lambda: state.i < n, body)
        return state.evens

    assert int(run(tf.constant(7))) == 0 + 2 + 4 + 6


def test_effects_in_the_body_happen_in_each_iteration_in_order() -> None:
    variable = tf.Variable(1.0)

    @graph
    def run(n: Any) -> Any:
        state = Cells(i=0, seen=0.0)

        def body() -> None:
            variable.assign(variable * 2.0)
            state.seen = state.seen + variable
            variable.assign_add(1.0)
            state.i = state.i + 1

        loop(state, lambda: state.i < n, body)
        return state.seen

    expected, value = 0.0, 1.0
    for _ in range(3):
        value *= 2
        expected += value
        value += 1
    assert float(run(tf.constant(3))) == expected
    assert float(variable) == value


def test_gradients_reach_variables_used_in_the_body() -> None:
    weight = tf.Variable([[0.5, 0.0], [0.0, 2.0]])

    @graph
    def run(x: Any, n: Any) -> Any:
        state = Cells(i=0, h=x)

        def body() -> None:
            state.h = tf.tanh(state.h @ weight)
            state.i = state.i + 1

        loop(state, lambda: state.i < n, body)
        return tf.reduce_sum(state.h)

    x = tf.constant([[1.0, 0.3]])
    with tf.GradientTape() as tape:
        y = run(x, tf.constant(4))
    with tf.GradientTape() as eager_tape:
        h = x
        for _ in range(4):
            h = tf.tanh(h @ weight)
        expected = tf.reduce_sum(h)
    np.testing.assert_allclose(y, expected, rtol=1e-6)
    np.testing.assert_allclose(tape.gradient(y, weight), eager_tape.gradient(expected, weight), rtol=1e-5)


def test_an_error_in_the_body_leaves_the_state_as_it_was() -> None:
    states = []

    @graph
    def run(n: Any) -> Any:
        state = Cells(i=0)
        states.append(state)

        def body() -> None:
            state.i = state.i + 1
            raise LookupError("no")

        loop(state, lambda: state.i < n, body)

    with pytest.raises(LookupError):
        run(tf.constant(3))
    assert states[0].i == 0


def test_a_name_that_the_first_iteration_reads_without_a_value_raises_as_python_does() -> None:
    @graph
    def run(n: Any) -> Any:
        state = Cells("y", i=0)

        def body() -> None:
            state.y = state.y + 1
            state.i = state.i + 1

        loop(state, lambda: state.i < n, body)

    with pytest.raises(NameError, match="'y' is not defined"):
        run(tf.constant(3))


def test_without_tensorflows_own_parts_the_public_loop_gives_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("autograph_hook.backends.tensorflow.private.CONTROL_FLOW", False)

    @graph
    def run(x: Any, n: Any) -> Any:
        state = Cells("last", i=0, total=0, name="a")

        def body() -> None:
            state.last = x * 2.0
            state.total = state.total + state.last
            state.i = state.i + 1

        loop(state, lambda: state.i < n, body)
        assert state.name == "a"
        return state.total, state.last

    x = tf.constant(1.5)
    with tf.GradientTape() as tape:
        tape.watch(x)
        total, last = run(x, tf.constant(4))
    assert (float(total), float(last), float(tape.gradient(total, x))) == (12.0, 3.0, 8.0)


def test_gradients_of_a_loop_compile_with_xla() -> None:
    @tf.function(autograph=False, jit_compile=True)
    def run(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            state = Cells("e", y=tf.constant(1.0))

            def body(element: Any) -> None:
                state.y = state.y * x

            BACKEND.for_each(tf.range(4), body, None, state, HERE)
        return tape.gradient(state.y, x)

    assert float(run(tf.constant(2.0))) == 32.0


def test_a_value_of_the_previous_iteration_is_read_where_there_was_one() -> None:
    @graph
    def run(n: Any) -> Any:
        state = Cells("previous", i=0, total=0)

        def body() -> None:
            def add() -> None:
                state.total = state.total + state.previous

            BACKEND.cond(state.i > 0, add, lambda: None, state, HERE)
            state.previous = state.i * 2
            state.i = state.i + 1

        loop(state, lambda: state.i < n, body)
        return state.total

    assert int(run(tf.constant(4))) == 0 + 2 + 4


def test_a_flag_of_the_first_iteration() -> None:
    @graph
    def run(n: Any) -> Any:
        state = Cells(first=True, h=None, i=0)

        def body() -> None:
            def start() -> None:
                state.h = tf.constant(10.0)

            def go_on() -> None:
                state.h = state.h + 1.0

            if isinstance(state.first, bool):
                start() if state.first else go_on()
            else:
                BACKEND.cond(state.first, start, go_on, state, HERE)
            state.first = False
            state.i = state.i + 1

        loop(state, lambda: state.i < n, body)
        return state.h

    assert float(run(tf.constant(4))) == 13.0


def test_a_tensor_array_made_in_the_body_is_there_after_the_loop() -> None:
    @graph
    def run(n: Any) -> Any:
        state = Cells("array", i=0)

        def body() -> None:
            state.array = tf.TensorArray(tf.int32, 2).unstack([state.i, state.i + 1])
            state.i = state.i + 1

        loop(state, lambda: state.i < n, body)
        return state.array.stack()

    assert run(tf.constant(3)).numpy().tolist() == [2, 3]


def test_a_condition_that_assigns_is_refused() -> None:
    @graph
    def run(n: Any) -> Any:
        state = Cells(i=0)

        def test() -> Any:
            state.i = state.i + 1
            return state.i < n

        loop(state, test, lambda: None)

    with pytest.raises(StagingError, match=r"model.py:7, in step: the loop's condition assigns i"):
        run(tf.constant(3))


def test_a_numpy_array_and_a_variable_in_the_state_become_tensors() -> None:
    weight = tf.Variable(1.0)

    @graph
    def run(n: Any) -> Any:
        state = Cells(a=np.zeros(2), v=weight, i=0)

        def body() -> None:
            state.a = state.a + np.ones(2)
            state.v = state.v + 1.0
            state.i = state.i + 1

        loop(state, lambda: state.i < n, body)
        return state.a, state.v

    a, v = run(tf.constant(3))
    assert (a.numpy().tolist(), float(v), float(weight)) == ([3.0, 3.0], 4.0, 1.0)


def test_a_loop_in_a_version_1_graph() -> None:
    with tf.Graph().as_default():
        n = tf.compat.v1.placeholder(tf.int32, [])
        x = tf.constant(2.0)
        state = Cells("last", i=0, y=1.0)

        def body() -> None:
            state.y = state.y * x
            state.last = state.i
            state.i = state.i + 1

        loop(state, lambda: state.i < n, body)
        slope = tf.gradients(state.y, x)[0]
        with tf.compat.v1.Session() as session:
            assert session.run([state.y, state.last, slope], {n: 4}) == [16.0, 3, 32.0]
