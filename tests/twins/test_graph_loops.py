"""Traced, a twin gives the values that the eager run gives: jumps and loops."""

from __future__ import annotations

import pytest

pytest.importorskip("tensorflow")

from tests.twins.graphs import same_in_graph


def test_a_loop_over_a_range_leaves_its_names_behind() -> None:
    same_in_graph(
        """
        def f(n):
            last = -1
            i = -1
            for i in tf.range(n):
                last = i * 2
            return (last, i)
        """,
        (0,),
        (3,),
    )


def test_a_loop_binds_a_name_in_its_condition() -> None:
    same_in_graph(
        """
        def f(n):
            while (x := (n * 2)) > 4:
                if x == 10:
                    break
                n -= 1
            else:
                x = x + 100
            return (x, n)
        """,
        (1,),
        (4,),
        (8,),
    )


def test_for_with_else_and_return() -> None:
    same_in_graph(
        """
        def f(n):
            for i in tf.range(n):
                if i == 3:
                    return i * 10
            else:
                return n - 1
            return n
        """,
        (1,),
        (8,),
    )


def test_nested_loops_with_every_jump() -> None:
    same_in_graph(
        """
        def f(n):
            s = 0
            for i in tf.range(n):
                for j in tf.range(n):
                    if j == 2:
                        break
                    if i == 3:
                        return s * 1000 + i * 10 + j
                    while True:
                        n += 1
                        if n % 3 == 0:
                            break
                        if n > 50:
                            return s
                    s += j
                else:
                    n += 10
                    continue
                if i > 5:
                    break
                s += 1
            else:
                s += 500
            return s + n
        """,
        (0,),
        (1,),
        (2,),
        (3,),
        (10,),
    )


def test_a_python_loop_with_staged_jumps() -> None:
    same_in_graph(
        """
        def f(x):
            total = 0
            for i in range(5):
                if i > x:
                    break
                total += i
            for v in [1, 2, 3]:
                if v == x:
                    continue
                total += v * 10
            k = 0
            while k < 3:
                k += 1
                if x > k:
                    total += 100
            return (total, k)
        """,
        (0,),
        (2,),
        (9,),
    )


def test_a_tensor_array_is_written_and_read() -> None:
    same_in_graph(
        """
        def f(xs):
            ta = tf.TensorArray(tf.float32, size=0, dynamic_size=True)
            n = 0
            for x in xs:
                if x < 0:
                    continue
                ta = ta.write(n, x * 2)
                n += 1
            s = 0.0
            for y in ta.stack():
                s += y
            return (ta.stack(), n, s)
        """,
        ([1.0, -2.0, 3.0],),
    )


def test_datasets_iterators_ragged_tensors_and_zip() -> None:
    same_in_graph(
        """
        def f(n):
            ds = tf.data.Dataset.range(tf.cast(n, tf.int64))
            s = tf.constant(0, tf.int64)
            for x in ds:
                if x == 2:
                    continue
                if x == 6:
                    break
                s += x
            it = iter(tf.data.Dataset.range(10))
            for y in it:
                if y > 3:
                    break
            z = next(it)
            r = 0
            for row in tf.ragged.constant([[1, 2], [], [3]]):
                r += tf.reduce_sum(row)
            for i, (a, b) in enumerate(zip(tf.range(3), tf.range(10, 13))):
                r += i * a * b
            return (s, z, r)
        """,
        (4,),
        (9,),
    )


def test_try_and_with_around_staged_conditions() -> None:
    same_in_graph(
        """
        def f(x):
            for i in range(3):
                try:
                    if x > 0:
                        y = x + i
                    else:
                        y = x - i
                finally:
                    x = x + 1
            with tf.name_scope('a'):
                if x > 4:
                    z = y
                else:
                    z = -y
            return z
        """,
        (0,),
        (5,),
        (-9,),
    )


def test_continue_and_return_in_a_while_loop() -> None:
    same_in_graph(
        """
        def f(x):
            a, b = (x, x + 1)
            while a < 20:
                a, b = (b, a + b)
                if b % 5 == 0:
                    continue
                if b % 7 == 0:
                    return (a, b, 1)
            return (a, b, 0)
        """,
        (1,),
        (3,),
        (30,),
    )


def test_elif_chains_with_returns_in_some_branches() -> None:
    same_in_graph(
        """
        def f(x):
            if x > 1:
                if x > 2:
                    return x
                elif x > 5:
                    pass
                y = 1
            elif x == 0:
                raise_later = 1
                y = 2
            else:
                y = 3
                return x - 100
            z = y + x
            return z
        """,
        (0,),
        (1,),
        (2,),
        (3,),
    )


def test_a_name_bound_on_one_path_of_the_body() -> None:
    same_in_graph(
        """
        def f(x):
            for i in tf.range(5):
                if i < x:
                    y = i
                else:
                    continue
                z = y + 1
                x += 0 * z
            return x
        """,
        (0,),
        (2,),
    )


def test_while_true_with_a_return() -> None:
    same_in_graph(
        """
        def f(x):
            while True:
                x += 1
                if x > 5:
                    return x
        """,
        (0,),
        (20,),
    )


def test_while_with_else_and_break() -> None:
    same_in_graph(
        """
        def f(x):
            while x < 3:
                x += 1
                tmp = x * 2
                if tmp > 4:
                    break
            else:
                return x * 1000
            return x
        """,
        (0,),
        (20,),
    )


def test_a_condition_of_python_and_tensor() -> None:
    same_in_graph(
        """
        def f(x):
            i = 0
            while i < 10 and x < 50:
                i += 1
                if i % 2:
                    continue
                x += i
                if x > 40:
                    break
            return (i, x)
        """,
        (0,),
        (20,),
        (39,),
    )
