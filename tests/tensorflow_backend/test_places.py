"""Where TensorFlow notes the operations of a graph to have been made."""

from __future__ import annotations

import gc
import sys
import types
from typing import Any

import pytest

pytest.importorskip("tensorflow")

import tensorflow as tf
from tensorflow.python.util import tf_stack

from autograph_hook.backends.tensorflow.compile import Compiled, trace


def traced(function: Any) -> Compiled:
    return trace(lambda given: [function(given[0])], [tf.constant([1.0])], "f")


def references(function: types.FunctionType) -> int:
    gc.collect()
    return sys.getrefcount(function.__code__)


def places(operation: Any) -> list[tuple[str, int]]:
    return [(frame.filename, frame.lineno) for frame in operation.traceback]


def deeply(function: Any, depth: int = 40) -> Any:
    return deeply(function, depth - 1) if depth else function()


def function_of_lines(count: int) -> types.FunctionType:
    """With another place for each of its operations."""
    names: dict[str, Any] = {"tf": tf}
    lines = ["def f(x):", *["    x = tf.tanh(x)"] * count, "    return x"]
    exec(compile("\n".join(lines), "lines.py", "exec"), names)
    found: types.FunctionType = names["f"]
    return found


def test_operations_of_our_own_graphs_leave_no_reference_to_the_code_that_made_them() -> None:
    function = function_of_lines(20)
    before = references(function)
    compiled = deeply(lambda: traced(function))
    (operation,) = [o for o in compiled.concrete.graph.get_operations() if o.name == "Tanh"]
    assert "lines.py" not in dict(places(operation))
    del compiled, operation
    assert references(function) == before


def test_a_branch_and_a_loop_of_our_own_graph_are_ours_too() -> None:
    function = function_of_lines(5)
    before = references(function)

    def whole(x: Any) -> Any:
        y = tf.cond(tf.reduce_sum(x) > 0, lambda: function(x), lambda: x)
        return tf.while_loop(lambda i, _: i < 3, lambda i, z: (i + 1, function(z)), (0, y))[1]

    deeply(lambda: traced(whole))
    assert references(function) == before


def test_a_function_of_the_user_s_that_is_traced_inside_keeps_its_places() -> None:
    function = function_of_lines(1)
    user = tf.function(function, autograph=False)
    traced(lambda x: user(x) * 2.0)
    concrete = user.get_concrete_function(tf.TensorSpec([1]))
    (operation,) = [o for o in concrete.graph.get_operations() if o.type == "Tanh"]
    assert ("lines.py", 2) in places(operation)


def test_the_place_of_an_operation_outside_of_our_graphs_is_as_tensorflow_notes_it() -> None:
    traced(tf.tanh)  # from now on TensorFlow asks us
    with tf.Graph().as_default():
        operation = tf.tanh(tf.constant(1.0)).op
    assert places(operation)[0][0] != places(operation)[-1][0] and __file__ in dict(places(operation))
    assert len(tf_stack.extract_stack()) == len(tf_stack.extract_stack.__wrapped__())
