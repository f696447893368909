"""A staged call that fails has changed nothing, however changes and operations that may fail are interleaved."""

from __future__ import annotations

import pytest
import tensorflow as tf

from autograph_hook.backends.tensorflow.failures import is_acyclic

from .programs import Program

GOOD, BAD = tf.constant([1.0, -2.0, 3.0]), tf.constant([1.0, -2.0, 9.0])


def test_many_changes_wait_for_many_operations_that_may_fail() -> None:
    program = Program("""
        variables = [tf.Variable(float(i)) for i in range(4)]
        def f(x):
            y = pad(x)
            for i, v in enumerate(variables):
                v.assign_add(tf.gather([1.0, 2.0, 3.0, 4.0], tf.cast(y[2], tf.int32)))
                y = y + tf.gather([1.0, 2.0, 3.0, 4.0, 5.0], tf.cast(y[0], tf.int32)) * 0.1 * i
            tf.debugging.assert_less(y, 6.0)
            return y
    """)
    for x in (GOOD, GOOD, GOOD, BAD, GOOD, BAD, GOOD):
        program.both(lambda module, x=x: module.f(x))
        program.both(lambda module: [v.numpy() for v in module.variables])
    program.assert_staged("f", calls=4)


@pytest.mark.parametrize("act", ["tf.print('before')", "source.normal([3])"])
def test_what_is_ordered_with_an_assertion_makes_no_cycle(act: str, capfd: pytest.CaptureFixture[str]) -> None:
    program = Program(f"""
        v = tf.Variable(0.0)
        source = tf.random.Generator.from_seed(1)
        def f(x):
            tf.debugging.assert_less(pad(x), 8.0)
            {act}
            v.assign_add(1.0)
            tf.debugging.assert_less(x, 5.0)
            return v.read_value()
    """)
    for x in (GOOD, GOOD, GOOD, BAD, GOOD, GOOD * 2.0):
        program.both(lambda module, x=x: module.f(x))
        program.both(lambda module: module.v)
    written = capfd.readouterr().err
    assert "ycle" not in written and "CYCLE" not in written


def test_a_graph_in_which_an_operation_waits_for_itself_is_told() -> None:
    with tf.Graph().as_default() as graph:
        one = tf.constant(1.0) + 1.0
        other = one * 2.0
        assert is_acyclic(graph)
        one.op._add_control_input(other.op)
        assert not is_acyclic(graph)
