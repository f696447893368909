from __future__ import annotations

import collections
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from autograph_hook.backends.tensorflow import BACKEND
from autograph_hook.errors import StagingError
from autograph_hook.runtime.operators import naming

from .cells import HERE, Cells


def graph(function: Any) -> Any:
    return tf.function(function, autograph=False)


def branch(predicate: Any, state: Cells, body: Any, orelse: Any = lambda: None) -> None:
    BACKEND.cond(predicate, body, orelse, state, HERE)


def test_the_branch_that_the_condition_picks_gives_the_value_and_its_gradient() -> None:
    @graph
    def step(x: Any) -> Any:
        state = Cells("y")

        def body() -> None:
            state.y = x * x

        def orelse() -> None:
            state.y = -x

        branch(x > 0, state, body, orelse)
        return state.y

    for start, value, slope in ((3.0, 9.0, 6.0), (-3.0, 3.0, -1.0)):
        x = tf.constant(start)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = step(x)
        assert (float(y), float(tape.gradient(y, x))) == (value, slope)


def test_a_python_number_takes_the_dtype_of_the_tensor_on_the_other_side() -> None:
    @graph
    def step(x: Any, wide: Any) -> Any:
        state = Cells(a=0, b=0, c=1.5)

        def body() -> None:
            state.a = x
            state.b = wide
            state.c = tf.cast(x, tf.float64)

        branch(x > 0, state, body)
        return state.a, state.b, state.c

    for start in (2.0, -2.0):
        a, b, c = step(tf.constant(start), tf.constant(7, tf.int64))
        assert (a.dtype, b.dtype, c.dtype) == (tf.float32, tf.int64, tf.float64)
        assert [float(a), int(b), float(c)] == ([2.0, 7, 2.0] if start > 0 else [0.0, 0, 1.5])


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [
        (tf.int8, tf.int32, tf.int32),
        (tf.uint8, tf.float32, tf.float32),
        (tf.float16, tf.float32, tf.float32),
        (tf.bfloat16, tf.float32, tf.float32),
        (tf.int32, tf.float64, tf.float64),
        (tf.float32, tf.complex64, tf.complex64),
    ],
)
def test_dtypes_are_promoted_where_nothing_is_lost(one: Any, other: Any, common: Any) -> None:
    @graph
    def step(p: Any) -> Any:
        state = Cells(y=tf.constant(3, one))

        def body() -> None:
            state.y = tf.cast(5, other)

        branch(p, state, body)
        return state.y

    assert step(tf.constant(True)).dtype == common
    assert complex(step(tf.constant(False)).numpy()) == 3


@pytest.mark.parametrize(
    ("one", "other"),
    [(tf.int32, tf.float32), (tf.int64, tf.float64), (tf.bool, tf.int32), (tf.string, tf.int32)],
)
def test_dtypes_that_would_lose_something_are_an_error_that_names_everything(one: Any, other: Any) -> None:
    def tensor(dtype: Any) -> Any:
        return tf.constant("a") if dtype == tf.string else tf.cast(tf.constant(1), dtype)

    @graph
    def step(p: Any) -> Any:
        state = Cells(total=tensor(one))

        def body() -> None:
            state.total = tensor(other)

        branch(p, state, body)
        return state.total

    with pytest.raises(StagingError) as caught:
        step(tf.constant(True))
    text = str(caught.value)
    assert "model.py:7, in step: total is" in text
    assert one.name in text
    assert other.name in text


def test_what_is_the_same_object_on_both_sides_stays_that_object() -> None:
    thing, text = object(), "".join(["a", "b"])

    @graph
    def step(p: Any) -> Any:
        outer = tf.constant(1.0)
        state = Cells(thing=thing, text="ab", number=1, tensor=outer, rate=0.5)

        def body() -> None:
            state.text = text
            state.number = 1
            state.rate = float("0.5")

        branch(p, state, body)
        assert state.thing is thing
        assert state.text == "ab"
        assert state.number == 1
        assert isinstance(state.number, int)
        assert state.tensor is outer
        assert isinstance(state.rate, float)
        return state.tensor

    step(tf.constant(True))


def test_zero_and_minus_zero_are_told_apart() -> None:
    @graph
    def step(p: Any) -> Any:
        state = Cells(y=0.0)

        def body() -> None:
            state.y = -0.0

        branch(p, state, body)
        return 1.0 / state.y

    assert float(step(tf.constant(True))) == -np.inf
    assert float(step(tf.constant(False))) == np.inf


def test_a_variable_without_a_value_on_one_side_is_an_error_only_where_it_is_read() -> None:
    @graph
    def step(p: Any, reads: Any) -> Any:
        state = Cells("y", z=1)
        total = Cells(total=0)

        def body() -> None:
            state.y = tf.constant(1)

        def read() -> None:
            total.total = state.y

        branch(p, state, body)
        branch(reads, total, read)
        return total.total

    assert int(step(tf.constant(True), tf.constant(True))) == 1
    assert int(step(tf.constant(False), tf.constant(False))) == 0
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"cannot access local variable .*y.* where it is not"):
        step(tf.constant(False), tf.constant(True))


def test_a_guarded_result_is_zeros_where_its_path_has_none() -> None:
    @graph
    def step(p: Any, x: Any) -> Any:
        state = Cells("ag__result", ag__returned=False)

        def body() -> None:
            state.ag__returned = True
            state.ag__result = {"x": x, "pair": (x * 2, 3)}

        branch(p, state, body)
        return state.ag__returned, state.ag__result

    x = tf.constant([1.0, 2.0])
    returned, result = step(tf.constant(True), x)
    assert bool(returned)
    assert result["x"].numpy().tolist() == [1.0, 2.0]
    assert int(result["pair"][1]) == 3
    assert not bool(step(tf.constant(False), x)[0])


def test_returning_none_on_one_path_and_a_tensor_on_the_other_says_so() -> None:
    @graph
    def step(p: Any) -> Any:
        state = Cells(ag__result=None)

        def body() -> None:
            state.ag__result = tf.constant(1.0)

        branch(p, state, body)
        return naming.returned(vars(state)["_values"]["ag__result"])

    with pytest.raises(
        StagingError, match=r"model.py:7, in step: the function returns a float32 tensor .* and None, and which"
    ):
        step(tf.constant(True))


def test_nests_are_joined_leaf_by_leaf() -> None:
    Pair = collections.namedtuple("Pair", "left right")

    @graph
    def step(p: Any, x: Any) -> Any:
        state = Cells(y={"b": [x, 1], "a": Pair(x, (x,))})

        def body() -> None:
            state.y = {"b": [x + 1, 2], "a": Pair(x + 2, (x + 3,))}

        branch(p, state, body)
        assert list(state.y) == ["b", "a"]
        assert isinstance(state.y["a"], Pair)
        return state.y

    got = step(tf.constant(True), tf.constant(1.0))
    assert [float(leaf) for leaf in tf.nest.flatten(got)] == [3.0, 4.0, 2.0, 2.0]
    got = step(tf.constant(False), tf.constant(1.0))
    assert [float(leaf) for leaf in tf.nest.flatten(got)] == [1.0, 1.0, 1.0, 1.0]


def test_ragged_and_sparse_tensors_and_tensor_arrays_are_joined() -> None:
    @graph
    def step(p: Any) -> Any:
        state = Cells(
            ragged=tf.ragged.constant([[1], [2, 3]]),
            sparse=tf.sparse.from_dense([0, 5]),
            array=tf.TensorArray(tf.float32, 2).unstack([1.0, 2.0]),
        )

        def body() -> None:
            state.ragged = tf.ragged.constant([[4, 5, 6], []], dtype=tf.int32)
            state.sparse = tf.sparse.from_dense([7, 0])
            state.array = state.array.write(0, 9.0)

        branch(p, state, body)
        return state.ragged, tf.sparse.to_dense(state.sparse), state.array.stack()

    ragged, sparse, array = step(tf.constant(True))
    assert (ragged.to_list(), sparse.numpy().tolist(), array.numpy().tolist()) == (
        [[4, 5, 6], []],
        [7, 0],
        [9.0, 2.0],
    )
    ragged, sparse, array = step(tf.constant(False))
    assert (ragged.to_list(), sparse.numpy().tolist(), array.numpy().tolist()) == (
        [[1], [2, 3]],
        [0, 5],
        [1.0, 2.0],
    )


def test_structures_that_differ_are_an_error_that_names_the_variable() -> None:
    @graph
    def step(p: Any) -> Any:
        state = Cells(y=(tf.constant(1),))

        def body() -> None:
            state.y = (*state.y, tf.constant(2))

        branch(p, state, body)
        return state.y

    with pytest.raises(
        StagingError, match=r"model.py:7, in step: y is a tuple of 2.* and a tuple of 1 from before line 7, and which"
    ):
        step(tf.constant(True))


def test_each_branch_is_traced_once() -> None:
    seen = []

    @graph
    def step(p: Any) -> Any:
        state = Cells(y=0)

        def body() -> None:
            seen.append("body")
            state.y = 1

        def orelse() -> None:
            seen.append("orelse")
            state.y = 2

        branch(p, state, body, orelse)
        return state.y

    assert int(step(tf.constant(False))) == 2
    assert seen == ["body", "orelse"]


def test_the_second_branch_starts_from_the_state_before_the_first() -> None:
    @graph
    def step(p: Any) -> Any:
        state = Cells(y=1)

        def body() -> None:
            state.y = state.y + 10

        def orelse() -> None:
            state.y = state.y + 100

        branch(p, state, body, orelse)
        return state.y

    assert (int(step(tf.constant(True))), int(step(tf.constant(False)))) == (11, 101)


def test_effects_of_the_branch_that_runs_happen_in_order_and_those_of_the_other_do_not() -> None:
    variable = tf.Variable(1.0)

    @graph
    def step(p: Any) -> Any:
        state = Cells(y=0.0)

        def body() -> None:
            variable.assign_add(1.0)
            state.y = variable.read_value()
            variable.assign(variable * 10.0)

        def orelse() -> None:
            variable.assign(-1.0)

        branch(p, state, body, orelse)
        return state.y

    assert float(step(tf.constant(True))) == 2.0
    assert float(variable) == 20.0
    step(tf.constant(False))
    assert float(variable) == -1.0


def test_a_branch_without_any_state_still_has_its_effects() -> None:
    variable = tf.Variable(0)

    @graph
    def step(p: Any) -> None:
        def body() -> None:
            variable.assign_add(1)

        branch(p, Cells(), body)

    step(tf.constant(True))
    step(tf.constant(False))
    assert int(variable) == 1


def test_a_state_is_put_back_when_a_branch_raises() -> None:
    states = []

    @graph
    def step(p: Any) -> Any:
        state = Cells(y=1)
        states.append(state)

        def body() -> None:
            state.y = 2
            raise LookupError("no")

        branch(p, state, body)

    with pytest.raises(LookupError):
        step(tf.constant(True))
    assert states[0].y == 1


def test_branches_nest_and_their_second_derivative_is_right() -> None:
    @graph
    def step(x: Any) -> Any:
        state = Cells(y=x)

        def inner() -> None:
            state.y = x * x * x

        def body() -> None:
            branch(x > 1, state, inner)

        branch(x > 0, state, body)
        return state.y

    x = tf.constant(2.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = step(x)
        slope = tape.gradient(y, x)
    assert (float(y), float(slope), float(outer.gradient(slope, x))) == (8.0, 12.0, 12.0)


def test_a_tape_inside_the_graph_sees_through_a_branch() -> None:
    @graph
    def step(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            state = Cells(y=x)

            def body() -> None:
                state.y = tf.sin(x)

            branch(x > 0, state, body)
        return tape.gradient(state.y, x)

    assert float(step(tf.constant(1.0))) == pytest.approx(np.cos(1.0))


def test_a_condition_is_true_as_it_would_be_in_python() -> None:
    @graph
    def step(p: Any) -> Any:
        state = Cells(y=0)

        def body() -> None:
            state.y = 1

        branch(p, state, body)
        return state.y

    for value in (True, 2, 0.5, [True], [[3]], "text"):
        assert int(step(tf.constant(value))) == 1
    for value in (False, 0, 0.0, [0], ""):
        assert int(step(tf.constant(value))) == 0
    assert int(step(tf.Variable(3))) == 1
    with pytest.raises(ValueError, match="ambiguous"):
        step(tf.constant([True, False]))


def test_a_captured_eager_tensor_decides_in_the_graph_not_while_tracing() -> None:
    flag = tf.constant(True)

    @graph
    def step() -> Any:
        state = Cells(y=0)

        def body() -> None:
            state.y = 1

        branch(flag, state, body)
        assert tf.is_symbolic_tensor(state.y)
        return state.y

    assert int(step()) == 1


def test_select_gives_the_value_of_one_side() -> None:
    @graph
    def step(x: Any) -> Any:
        return BACKEND.select(x > 0, lambda: x, lambda: 0, HERE)

    assert float(step(tf.constant(3.0))) == 3.0
    assert float(step(tf.constant(-3.0))) == 0.0


def test_shapes_that_differ_are_joined() -> None:
    @graph
    def step(p: Any) -> Any:
        state = Cells(y=tf.zeros([2, 3]))

        def body() -> None:
            state.y = tf.ones([5, 3])

        branch(p, state, body)
        assert state.y.shape.as_list() == [None, 3]
        return state.y

    assert step(tf.constant(True)).shape == [5, 3]
    assert step(tf.constant(False)).shape == [2, 3]


def test_it_works_in_a_dataset_map_in_map_fn_and_in_a_version_1_graph() -> None:
    def clip(x: Any) -> Any:
        state = Cells(x=x)

        def body() -> None:
            state.x = tf.constant(2, x.dtype)

        branch(x > 2, state, body)
        return state.x

    data = tf.data.Dataset.range(5).map(clip)
    assert [int(x) for x in data] == [0, 1, 2, 2, 2]
    assert tf.function(lambda x: tf.map_fn(clip, x))(tf.range(5)).numpy().tolist() == [0, 1, 2, 2, 2]
    with tf.Graph().as_default():
        feed = tf.compat.v1.placeholder(tf.int32, [])
        result = clip(feed)
        with tf.compat.v1.Session() as session:
            assert [session.run(result, {feed: n}) for n in (1, 7)] == [1, 2]


def test_without_tensorflows_own_parts_the_public_cond_gives_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("autograph_hook.backends.tensorflow.private.CONTROL_FLOW", False)

    @graph
    def step(x: Any) -> Any:
        state, read = Cells("z", y=0, kept="a"), Cells(y=0)

        def body() -> None:
            state.y = {"a": x}["a"]
            state.z = 1

        branch(x > 0, state, body)
        assert state.kept == "a"
        branch(x > 0, read, lambda: setattr(read, "y", state.z))
        return state.y

    assert float(step(tf.constant(3.0))) == 3.0
    assert float(step(tf.constant(-3.0))) == 0.0


def test_a_guarded_result_may_be_any_nest_that_a_graph_carries() -> None:
    @graph
    def step(p: Any) -> Any:
        state = Cells("ag__result")

        def body() -> None:
            array = tf.TensorArray(tf.int32, 2).unstack([1, 2])
            state.ag__result = (array, tf.ragged.constant([[1], [2, 3]]), tf.sparse.from_dense([0, 1]))

        branch(p, state, body)
        array, ragged, sparse = state.ag__result
        return array.stack(), ragged, tf.sparse.to_dense(sparse)

    array, ragged, sparse = step(tf.constant(True))
    assert array.numpy().tolist() == [1, 2]
    assert ragged.to_list() == [[1], [2, 3]]
    assert sparse.numpy().tolist() == [0, 1]


def test_under_a_guard_a_variable_without_a_value_on_one_side_keeps_the_other_s() -> None:
    @graph
    def step(p: Any) -> Any:
        state = Cells("y")
        vars(state)["guarded"] = True

        def body() -> None:
            state.y = tf.constant(5)

        branch(p, state, body)
        return state.y

    assert int(step(tf.constant(True))) == 5


def test_dicts_may_differ_in_their_order() -> None:
    @graph
    def step(p: Any) -> Any:
        state = Cells(d={"a": 1, "b": [2, 3]})

        def body() -> None:
            state.d = {"b": [5, 6], "a": 4}

        branch(p, state, body)
        return state.d

    assert tf.nest.map_structure(int, step(tf.constant(True))) == {"a": 4, "b": [5, 6]}
    assert tf.nest.map_structure(int, step(tf.constant(False))) == {"a": 1, "b": [2, 3]}


def test_a_dataset_and_a_variable_are_joined() -> None:
    one, other = tf.Variable(1.0), tf.Variable(2.0)

    @graph
    def step(p: Any) -> Any:
        state = Cells(data=tf.data.Dataset.range(3), variable=one)

        def body() -> None:
            state.data = state.data.map(lambda x: x * 2)
            state.variable = other

        branch(p, state, body)
        total = Cells(total=tf.constant(0, tf.int64))

        def add(x: Any) -> None:
            total.total = total.total + x

        BACKEND.for_each(state.data, add, None, total, HERE)
        return total.total, state.variable + 0.0

    assert [float(value) for value in step(tf.constant(True))] == [6.0, 2.0]
    assert [float(value) for value in step(tf.constant(False))] == [3.0, 1.0]


def test_it_works_in_a_replica_and_in_a_keras_layer() -> None:
    keras = pytest.importorskip("keras")

    class Layer(keras.layers.Layer):  # type: ignore[misc, name-defined]
        def build(self, shape: Any) -> None:
            self.w = self.add_weight(shape=(), initializer="ones")

        def call(self, x: Any) -> Any:
            state = Cells("y")

            def body() -> None:
                state.y = x * self.w

            def orelse() -> None:
                state.y = x - self.w

            BACKEND.cond(tf.reduce_sum(x) > 0, body, orelse, state, HERE)
            return state.y

    layer = Layer()
    model = keras.Sequential([keras.Input((1,)), layer])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.fit(np.full((4, 1), 2.0), np.full((4, 1), 4.0), batch_size=4, epochs=1, verbose=0)
    assert float(layer.w) == pytest.approx(1.0 + 0.1 * 8.0)

    strategy = tf.distribute.MirroredStrategy(["/cpu:0"])
    with strategy.scope():
        shared = Layer()
        shared.build(None)
    step = tf.function(lambda x: strategy.run(shared, args=(x,)), autograph=False)
    assert step(tf.constant([[3.0]])).numpy().tolist() == [[3.0]]
