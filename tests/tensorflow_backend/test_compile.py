from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from autograph_hook.backends.tensorflow import BACKEND
from autograph_hook.backends.tensorflow.compile import VariableCreation, trace

from .cells import HERE, Cells


def test_a_traced_function_gives_eager_tensors() -> None:
    x, y = tf.constant([1.0, 2.0]), tf.constant(3)
    compiled = trace(lambda given: [given[0] * 2.0, given[1] + 1], [x, y], "step")
    first, second = compiled([x, y])
    assert (first.numpy().tolist(), int(second)) == ([2.0, 4.0], 4)
    assert isinstance(first, tf.__internal__.EagerTensor)
    assert compiled.operations >= 4
    assert compiled.captures == []
    assert compiled.stateful_ops == []
    assert trace(lambda given: [], [x], "nothing")([x]) == []


def test_tapes_around_a_call_record_it() -> None:
    weight = tf.Variable(3.0)
    x = tf.constant(2.0)
    compiled = trace(lambda given: [given[0] ** 3 * weight, weight * 1.0], [x], "cube")
    with tf.GradientTape(persistent=True) as outer:
        outer.watch(x)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            y, w = compiled([x])
        slope, slope_of_weight = tape.gradient(y, [x, weight])
        assert float(tape.gradient(w, weight)) == 1.0
    assert (float(slope), float(slope_of_weight)) == (36.0, 8.0)
    assert float(outer.gradient(slope, x)) == 36.0


def test_control_flow_in_a_traced_function_is_differentiable() -> None:
    def power(given: list[Any]) -> list[Any]:
        x, n = given
        state = Cells(i=0, y=1.0)

        def body() -> None:
            state.y = state.y * x
            state.i = state.i + 1

        BACKEND.while_loop(lambda: state.i < n, body, state, HERE)
        return [state.y]

    x, n = tf.constant(2.0), tf.constant(5)
    compiled = trace(power, [x, n], "power")
    with tf.GradientTape() as tape:
        tape.watch(x)
        (y,) = compiled([x, n])
    assert (float(y), float(tape.gradient(y, x))) == (32.0, 80.0)


@pytest.mark.parametrize("scope", [False, True])
def test_a_variable_is_not_created(scope: bool) -> None:
    made = []

    def build(given: list[Any]) -> list[Any]:
        if scope:
            with tf.init_scope():
                made.append(tf.Variable(1.0))
        else:
            made.append(tf.Variable(1.0, name="weight"))
        return given

    with pytest.raises(VariableCreation):
        trace(build, [tf.constant(1.0)], "build")
    assert made == []
    assert float(tf.Variable(2.0)) == 2.0


def test_a_keras_layer_is_not_built() -> None:
    import keras

    layer = keras.layers.Dense(2)
    x = tf.ones([1, 3])
    with pytest.raises(VariableCreation):
        trace(lambda given: [layer(given[0])], [x], "dense")
    expected = layer(x)
    compiled = trace(lambda given: [layer(given[0])], [x], "dense")
    np.testing.assert_allclose(compiled([x])[0], expected, rtol=1e-6)


def test_stateful_operations_are_reported_with_those_inside_branches() -> None:
    variable = tf.Variable(0.0)

    def noisy(given: list[Any]) -> list[Any]:
        state = Cells(y=given[0])

        def body() -> None:
            variable.assign_add(1.0)
            state.y = state.y + tf.random.normal([])

        BACKEND.cond(given[0] > 0, body, lambda: None, state, HERE)
        return [state.y]

    compiled = trace(noisy, [tf.constant(1.0)], "noisy")
    assert {"AssignAddVariableOp", "RandomStandardNormal", "If"} <= set(compiled.stateful_ops)
    assert [tensor.dtype for tensor in compiled.captures] == [tf.resource]


def test_eager_tensors_from_outside_are_reported_as_captures() -> None:
    outside, big = tf.constant(2.0), tf.ones([1000])
    compiled = trace(lambda given: [given[0] * outside, big + given[0]], [tf.constant(1.0)], "captures")
    assert {id(tensor) for tensor in compiled.captures} == {id(outside), id(big)}
    assert float(compiled([tf.constant(4.0)])[0]) == 8.0


def test_a_function_goes_through_xla() -> None:
    x = tf.constant([1.0, 2.0])
    compiled = trace(lambda given: [tf.reduce_sum(given[0] * given[0])], [x], "squares", jit_compile=True)
    with tf.GradientTape() as tape:
        tape.watch(x)
        (y,) = compiled([x])
    assert float(y) == 5.0
    assert tape.gradient(y, x).numpy().tolist() == [2.0, 4.0]


def test_an_exception_inside_a_loop_of_tensorflow_leaves_the_variable_scope_as_it_was() -> None:
    def fails(_: Any) -> Any:
        raise LookupError("no")

    with pytest.raises(LookupError, match="no"):
        trace(lambda given: [tf.map_fn(fails, given[0])], [tf.constant([1.0])], "fails")
    assert tf.compat.v1.get_variable_scope().caching_device is None


def test_an_exception_of_the_function_comes_through() -> None:
    def fails(given: list[Any]) -> list[Any]:
        raise LookupError("no")

    with pytest.raises(LookupError, match="no"):
        trace(fails, [tf.constant(1.0)], "fails")
    assert not BACKEND.tracing()
