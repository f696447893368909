"""Loops over datasets in a graph: what an eager loop over them does, call for call."""

from __future__ import annotations

import textwrap

import pytest
import tensorflow as tf

from tests.conftest import Project
from tests.twins.both import enabled, plain
from tests.twins.graphs import numbers


def same(source: str, calls: int = 2) -> None:
    """The same results, each time it is called."""
    source = "import tensorflow as tf\n" + textwrap.dedent(source)
    eager, traced = plain(source), tf.function(enabled(source).f)
    for _ in range(calls):
        assert numbers(traced()) == numbers(eager.f())


@pytest.mark.parametrize("inside", [True, False], ids=["made in the trace", "captured"])
@pytest.mark.parametrize(
    "data",
    [
        "Dataset.range(5)",
        "Dataset.range(0)",
        "Dataset.range(10).batch(3).prefetch(2)",
        "Dataset.range(10).batch(4, drop_remainder=True)",
        "Dataset.range(6).shuffle(6, seed=3, reshuffle_each_iteration=False)",
        "Dataset.range(4).map(lambda x: x * 2).cache()",
    ],
)
def test_each_call_starts_anew(data: str, inside: bool) -> None:
    make = f"tf.data.{data}"
    same(
        f"""
        outside = {make}
        def f():
            n = tf.constant(0, tf.int64)
            for x in {make if inside else 'outside'}:
                n = n * 7 + tf.reduce_sum(x)
            return n
        """
    )


def test_infinite_datasets_are_left_by_break_and_return() -> None:
    same(
        """
        data = tf.data.Dataset.range(3).repeat()
        def f():
            n = tf.constant(0, tf.int64)
            for x in data:
                n = n + x
                if n > 20:
                    break
            for i, x in enumerate(data):
                n = n + x
                if i == 4:
                    return n
            return -n
        """
    )


def test_elements_of_nested_structures() -> None:
    same(
        """
        data = tf.data.Dataset.from_tensor_slices({"a": [1, 2], "b": ([3, 4], [[5.0], [6.0]])})
        def f():
            n, m = 0, tf.zeros([1])
            for element in data:
                x, (y, z) = element["a"], element["b"]
                n, m = n + x * y, m + z
            return n, m
        """
    )


def test_a_dataset_loop_inside_a_python_loop_inside_a_tensor_loop() -> None:
    same(
        """
        data = tf.data.Dataset.range(4)
        def f():
            n = tf.constant(0, tf.int64)
            for i in tf.range(2):
                for k in range(2):
                    for x in data:
                        if x == 3:
                            break
                        n = n * 2 + x + k
            return n
        """
    )


def test_an_iterator_goes_on_where_the_last_call_left_it() -> None:
    source = """
    import tensorflow as tf
    def f(data):
        n = tf.constant(0, tf.int64)
        for x in data:
            n = n + x
            if x % 3 == 2:
                break
        return n
    """
    eager, traced = plain(source), tf.function(enabled(source).f)
    one, other = iter(tf.data.Dataset.range(8)), iter(tf.data.Dataset.range(8))
    for _ in range(4):
        assert int(traced(one)) == int(eager.f(other))


DISTRIBUTED = """
import tensorflow as tf
import loops
# On one device: over several virtual ones TensorFlow's own loops, too, hang now and then on a machine with few cores.
strategy = tf.distribute.MirroredStrategy(["CPU:0"])
data = strategy.experimental_distribute_dataset(tf.data.Dataset.range(8).batch(4))
try:
    tf.function(loops.counted)(data)
except Exception as error:
    print("can only be looped over on its own" in str(error))
print(int(tf.function(loops.summed)(strategy, data, 10)))
"""


def test_a_distributed_dataset_is_looped_over_with_break(project: Project) -> None:
    project.write(
        "loops.py",
        """
        # autograph: enable
        import tensorflow as tf

        def summed(strategy, data, most):
            n = tf.constant(0, tf.int64)
            for batch in data:
                n = n + strategy.reduce("SUM", strategy.run(tf.reduce_sum, (batch,)), axis=None)
                if n > most:
                    break
            else:
                n = -n
            return n

        def counted(data):
            for i, batch in enumerate(data):
                pass
            return i
        """,
    )
    project.write("main.py", DISTRIBUTED)
    result = project.hooked("main.py", env={"TF_CPP_MIN_LOG_LEVEL": "3"})
    lines = result.stdout.splitlines()
    assert result.returncode == 0, result.stderr[-2000:]
    assert lines == ["True", "28"], lines
