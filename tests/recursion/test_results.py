"""A function that calls itself on a tensor condition gives in a graph what it gives eagerly."""

from __future__ import annotations

import pytest

from tests.recursion.programs import modules, same
from tests.twins.graphs import numbers

tf = pytest.importorskip("tensorflow")


def test_factorial_with_a_python_number_on_the_path_that_ends() -> None:
    same(
        """
        def f(n):
            if n <= 1.0:
                return 1.0
            return n * f(n - 1.0)
        """,
        (5.0,), (1.0,), (12.0,),
    )  # fmt: skip


def test_two_calls_of_itself_in_one_expression() -> None:
    same(
        """
        def f(n):
            if n < 2:
                return n
            return f(n - 1) + f(n - 2)
        """,
        (0,), (1,), (11,),
    )  # fmt: skip


def test_as_a_conditional_expression_in_a_lambda() -> None:
    same("f = lambda n: n if n < 2 else f(n - 1) + f(n - 2)", (10,))


def test_power_by_squaring_with_three_paths() -> None:
    same(
        """
        def f(x, n):
            if n == 0:
                return 1.0
            if n % 2 == 0:
                return f(x * x, n // 2)
            return x * f(x, n - 1)
        """,
        (1.5, 0), (1.5, 1), (1.5, 13), (1.5, 16),
    )  # fmt: skip


def test_its_own_result_as_its_argument() -> None:
    same(
        """
        def f(m, n):
            if m == 0:
                return n + 1
            if n == 0:
                return f(m - 1, 1)
            return f(m - 1, f(m, n - 1))
        """,
        (0, 3), (1, 2), (2, 3),
    )  # fmt: skip


def test_two_functions_that_call_each_other() -> None:
    same(
        """
        def is_even(n):
            if n == 0:
                return True
            return is_odd(n - 1)
        def is_odd(n):
            if n == 0:
                return False
            return is_even(n - 1)
        def f(n):
            return is_even(n), is_odd(n)
        """,
        (0,), (7,), (10,),
    )  # fmt: skip


def test_three_functions_in_a_ring_with_different_results() -> None:
    same(
        """
        def a(n):
            if n <= 0:
                return 0.5
            first, second = b(n - 1)
            return first + second
        def b(n):
            return c(n, 1), 2.0
        def c(n, m):
            if n > 100:
                return -1.0
            return a(n - m) * 1.5
        f = a
        """,
        (0,), (7,), (12,),
    )  # fmt: skip


TREE = """
    left = tf.constant([1, -1, 3, -1, -1])
    right = tf.constant([2, -1, 4, -1, -1])
    value = tf.constant([1.0, 2.0, 3.0, 4.0, 5.0])
    """


def test_a_tree_in_index_tensors() -> None:
    same(
        TREE
        + """
    def f(i):
        if left[i] < 0:
            return value[i]
        return value[i] + f(left[i]) + f(right[i])
        """,
        (0,), (2,), (3,),
    )  # fmt: skip


def test_tensors_of_the_function_around_it() -> None:
    same(
        """
        def f(left, right, value):
            doubled = value * 2.0
            def total(i):
                if left[i] < 0:
                    return doubled[i]
                return doubled[i] + total(left[i]) + total(right[i])
            return total(0)
        """,
        (tf.constant([1, -1, 3, -1, -1]), tf.constant([2, -1, 4, -1, -1]), tf.constant([1.0, 2.0, 3.0, 4.0, 5.0])),
    )


def test_several_results_and_nested_ones() -> None:
    same(
        """
        def f(n):
            if n <= 0:
                return (n, {"total": 0, "parts": [1.0, n]})
            count, rest = f(n - 1)
            return count + n, {"total": rest["total"] + 2, "parts": [rest["parts"][0] * 0.5, rest["parts"][1] + 1]}
        """,
        (0,), (1,), (6,),
    )  # fmt: skip


def test_a_python_number_that_changes_from_call_to_call() -> None:
    same(
        """
        def f(n, depth=0):
            if n <= 1:
                return depth
            return f(n // 2, depth + 1)
        """,
        (1,), (3,), (70000,),
    )  # fmt: skip


def test_a_shape_that_changes_from_call_to_call() -> None:
    same(
        """
        def f(x):
            if tf.reduce_sum(x) > 20.0:
                return x
            return f(tf.concat([x, x], 0))
        """,
        (tf.constant([1.0]),), (tf.constant([0.01, 0.02]),),
    )  # fmt: skip


def test_calls_in_a_loop_over_children() -> None:
    same(
        """
        first = tf.constant([1, 3, 4, 4, 4])
        last = tf.constant([3, 4, 4, 4, 4])
        def f(i):
            total = tf.cast(i, tf.float32)
            for child in tf.range(first[i], last[i]):
                total += 2.0 * f(child)
            return total
        """,
        (0,), (1,), (4,),
    )  # fmt: skip


def test_a_call_in_the_test_of_a_loop() -> None:
    same(
        """
        def f(n):
            if n <= 1:
                return n
            i = 0
            while f(n - 2) + i < n:
                i += 1
            return i
        """,
        (1,), (5,), (6,),
    )  # fmt: skip


def test_short_circuits() -> None:
    same(
        """
        def f(n):
            return n == 0 or (n > 1 and f(n - 2))
        """,
        (0,), (1,), (8,), (9,),
    )  # fmt: skip


def test_methods_and_attributes() -> None:
    same(
        """
        class Scale:
            def __init__(self):
                self.by = tf.Variable(3.0)
            def times(self, n):
                if n <= 0:
                    return tf.constant(1.0)
                return self.by * self.times(n - 1)
        f = Scale().times
        """,
        (0,), (4,),
    )  # fmt: skip


def test_keywords_and_defaults() -> None:
    same(
        """
        def f(n, *, step=1, scale=2.0):
            if n <= 0:
                return scale
            return scale * f(n - step, scale=scale, step=step)
        """,
        (0,), (5,),
    )  # fmt: skip


def test_tensorflow_s_own_cond() -> None:
    same("def f(n):\n    return tf.cond(n <= 1.0, lambda: 1.0, lambda: n * f(n - 1.0))\n", (1.0,), (5.0,))


def test_nothing_is_returned_and_a_variable_is_changed_in_order() -> None:
    one, other = modules(
        """
        log = tf.Variable(0)
        def f(n):
            if n > 0:
                log.assign(log * 2 + n)
                f(n - 1)
                log.assign(log * 3 - n)
        """
    )
    one.f(tf.constant(4))
    tf.function(other.f)(tf.constant(4))
    assert other.log.numpy() == one.log.numpy()


def test_new_shapes_are_traced_anew() -> None:
    one, other = modules(
        """
        def f(x):
            if tf.reduce_sum(x) > 10.0:
                return x
            return f(x * 2.0) + 1.0
        """
    )
    staged = tf.function(other.f)
    for x in (tf.constant(1.0), tf.constant([1.0, 2.0]), tf.ones([2, 3]), tf.constant(3.0)):
        assert numbers(staged(x)) == numbers(one.f(x))
    assert staged.experimental_get_tracing_count() == 3


def test_in_a_dataset() -> None:
    _, other = modules(
        """
        def f(n):
            if n <= 1:
                return n * 0 + 1
            return n * f(n - 1)
        """
    )
    assert list(tf.data.Dataset.range(1, 6).map(other.f).as_numpy_iterator()) == [1, 2, 6, 24, 120]


def test_python_values_that_decide_are_unrolled() -> None:
    same(
        """
        def walk(tree, x):
            if not tree:
                return x
            if x > 3.0:
                return walk(tree[0], x - 1.0) * 2.0
            return walk(tree[1], x + 2.0) + 1.0
        def f(x):
            return walk(((), ((((), ()), ()), ())), x)
        """,
        (1.0,), (2.0,), (9.0,),
    )  # fmt: skip
