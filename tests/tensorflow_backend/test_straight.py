"""Small branches are computed side by side and one is chosen: the results are those of an `if`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.twins.both import enabled
from tests.twins.graphs import same_in_graph

KINDS = ("If", "StatelessIf")


def operations(source: str, *arguments: Any) -> list[str]:
    """The kinds of the operations of `f`, those in its loops included."""
    module = enabled("import tensorflow as tf\n" + source)
    definition = tf.function(module.f).get_concrete_function(*arguments).graph.as_graph_def()
    nodes = [*definition.node, *(node for function in definition.library.function for node in function.node_def)]
    return [node.op for node in nodes]


def branches(source: str, *arguments: Any) -> int:
    return sum(kind in KINDS for kind in operations(source, *arguments))


SEARCH = """
def f(x, limit):
    n = tf.constant(0)
    while n < limit:
        x = x * 0.5
        n += 1
        if x < 0.1:
            break
    return x, n
"""


def test_a_break_at_the_end_of_a_loop_needs_no_branch() -> None:
    assert branches(SEARCH, tf.constant(1.0), tf.constant(9)) == 0
    same_in_graph(SEARCH, (1.0, 9), (1.0, 2), (0.1, 9), (1.0, 0))


def test_conditions_joined_by_and_and_or_need_none() -> None:
    source = """
def f(x, y):
    if x > 0 and y > 0 or x < -5:
        return tf.constant(1)
    return tf.constant(0)
"""
    assert branches(source, tf.constant(1.0), tf.constant(1.0)) == 0
    same_in_graph(source, *((x, y) for x in (-6.0, -1.0, 0.0, 2.0) for y in (-1.0, 1.0)))


@pytest.mark.parametrize("one", ["True", "False", "flag", "x > 1"])
@pytest.mark.parametrize("other", ["True", "False", "flag", "x > 1"])
def test_a_flag_has_the_value_of_the_branch_taken(one: str, other: str) -> None:
    source = f"""
def f(x, flag):
    if x > 0:
        chosen = {one}
    else:
        chosen = {other}
    return chosen
"""
    same_in_graph(source, *((x, flag) for x in (-1.0, 0.5, 2.0) for flag in (True, False)))


def test_a_gradient_is_not_poisoned_by_the_branch_not_taken() -> None:
    source = """
import tensorflow as tf
def f(x):
    if x > 0:
        y = tf.sqrt(x)
    else:
        y = x * 2
    return y
"""
    f = tf.function(enabled(source).f)
    x = tf.constant(0.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    assert tape.gradient(y, x).numpy() == 2.0


def test_what_may_fail_is_evaluated_only_where_python_evaluates_it() -> None:
    source = """
import tensorflow as tf
def f(xs, i):
    if i < tf.size(xs) and xs[i] > 0:
        return tf.constant(1)
    return tf.constant(0)
"""
    f = tf.function(enabled(source).f)
    assert [int(f(tf.constant([1.0, -1.0]), tf.constant(i))) for i in (0, 1, 2)] == [1, 0, 0]


def test_integer_division_stays_behind_its_test() -> None:
    same_in_graph(
        """
        def f(n, k):
            if k != 0 and n // k > 1:
                return tf.constant(1)
            return tf.constant(0)
        """,
        (6, 2),
        (6, 5),
        (6, 0),
    )


def test_effects_stay_in_their_branch() -> None:
    source = """
import tensorflow as tf
def f(x, v):
    hit = tf.constant(False)
    if x > 0:
        v.assign_add(1.0)
        hit = tf.constant(True)
    return hit
"""
    f, v = tf.function(enabled(source).f), tf.Variable(0.0)
    assert [bool(f(tf.constant(x), v)) for x in (1.0, -1.0, 2.0)] == [True, False, True]
    assert v.numpy() == 2.0


def test_large_tensors_are_computed_only_where_they_are_wanted() -> None:
    source = """
def f(x, y):
    return x > 0 and tf.reduce_sum(y * y) > 1.0
"""
    assert branches(source, tf.constant(1.0), tf.zeros([4])) == 0
    assert branches(source, tf.constant(1.0), tf.zeros([300, 300])) == 1


def test_a_check_of_all_numbers_sees_only_what_python_computes() -> None:
    tf.debugging.enable_check_numerics()
    try:
        same_in_graph("def f(x):\n    return x > 0 and tf.math.log(x) > 1.0\n", (5.0,), (0.0,))
    finally:
        tf.debugging.disable_check_numerics()


def test_a_break_at_the_start_of_a_loop_is_part_of_its_condition() -> None:
    source = """
def f(x, small, limit):
    n = tf.constant(0)
    while n < limit:
        if tf.norm(x) < small:
            break
        x = x * 0.5
        n += 1
    return x, n
"""
    arguments = (tf.constant([3.0, 4.0]), tf.constant(1.0), tf.constant(9))
    assert branches(source, *arguments) == 0
    same_in_graph(source, arguments, (np.float32([3.0, 4.0]), 0.0, 3), (np.float32([0.1, 0.0]), 1.0, 9))


def test_a_break_whose_test_changes_something_stays_where_it_is() -> None:
    same_in_graph(
        """
        def f(n):
            seen = tf.constant(0)
            while n > 0:
                if (half := n // 2) < 3:
                    break
                n = half
                seen += 1
            return n, seen, half
        """,
        (20,),
        (5,),
    )


def test_a_break_may_read_what_the_loop_has_yet_to_assign() -> None:
    same_in_graph(
        """
        def f(n):
            i = tf.constant(0)
            while i < n:
                if i > 0 and last > 5:
                    break
                last = i * 3
                i += 1
            return i
        """,
        (4,),
        (1,),
    )
