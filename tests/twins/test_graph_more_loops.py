"""Traced, a twin gives the values that the eager run gives: more of loops."""

from __future__ import annotations

from tests.twins.graphs import same_in_graph


def test_a_name_bound_before_break_or_in_else() -> None:
    same_in_graph(
        """
        def f(x):
            for i in tf.range(5):
                if i == x:
                    y = i * 10
                    break
            else:
                y = -1
            return y
        """,
        (0,),
        (3,),
        (9,),
    )


def test_a_python_loop_left_by_a_staged_break() -> None:
    same_in_graph(
        """
        def f(x):
            out = []
            for i, v in enumerate([3, 1, 2]):
                if v > x:
                    r = i
                    break
                out.append(v)
            else:
                r = -1
            return (r, len(out) >= 0)
        """,
        (0,),
        (2,),
        (5,),
    )


def test_a_python_while_with_a_count_that_becomes_a_tensor() -> None:
    same_in_graph(
        """
        def f(x):
            n = 0
            while n < 3:
                n += 1
                if n == 2:
                    n = n + x
            return n
        """,
        (0,),
        (5,),
    )


def test_continue_in_try_and_return_in_with() -> None:
    same_in_graph(
        """
        def f(x):
            for i in tf.range(6):
                try:
                    if i == 2:
                        continue
                    if i == x:
                        break
                    x = x + 0
                finally:
                    x = x + 0
                with tf.name_scope('n'):
                    if i > 4:
                        return i * 100
            return i
        """,
        (0,),
        (4,),
        (50,),
    )


def test_walrus_in_conditions() -> None:
    same_in_graph(
        """
        def f(x):
            c = 0
            if (k := (x + 1)) > 2:
                c = k
            while (c := (c + 3)) < 10:
                pass
            return (c, k)
        """,
        (0,),
        (4,),
        (50,),
    )


def test_match_and_lambdas_in_a_staged_loop() -> None:
    same_in_graph(
        """
        def f(x):
            for i in tf.range(4):
                match 'a':
                    case 'a':
                        if i == x:
                            return i + 100
                    case _:
                        pass
                g = lambda k=i: k + i
                x = x + 0 * g()
            return x
        """,
        (2,),
        (9,),
    )


def test_tensors_that_grow() -> None:
    same_in_graph(
        """
        def f(x):
            i = 0
            r = tf.zeros([0], tf.int32)
            while i < 3:
                r = tf.concat([r, [x + i]], 0)
                i += 1
            acc = tf.zeros([0], tf.int32)
            for j in tf.range(x):
                acc = tf.concat([acc, [j]], 0)
            return (r, acc)
        """,
        (2,),
        (0,),
    )


def test_inner_python_loops_with_else() -> None:
    same_in_graph(
        """
        def f(x):
            s = 0
            for i in tf.range(3):
                for j in [1, 2, 3]:
                    if i * j == x:
                        break
                    s += j
                else:
                    s += 100
                    continue
                s += 1000
            return s
        """,
        (2,),
        (0,),
        (7,),
    )


def test_an_inner_function_with_a_staged_return() -> None:
    same_in_graph(
        """
        def f(x):

            def h(v):
                for i in tf.range(v):
                    if i > 2:
                        return i
                return -1
            a = h(x)
            b = h(x) + (h(2) if x > 3 else h(9))
            return (a, b, [h(k) for k in (1, 5)])
        """,
        (2,),
        (5,),
    )


def test_while_true_with_continue_and_break() -> None:
    same_in_graph(
        """
        def f(x):
            m = tf.Variable(1) if False else None
            k = 0 if m is None else 1
            y = x
            while True:
                y = y + 1
                if y % 3 == 0:
                    continue
                if y > 7:
                    break
                k = k + 1
            return (y, k)
        """,
        (2,),
        (5,),
    )


def test_enumerate_with_several_variables() -> None:
    same_in_graph(
        """
        def f(xs):
            best = tf.constant(-1.0)
            arg = -1
            for i, v in enumerate(xs):
                if v > best:
                    best, arg = (v, i)
            for k in tf.range(0, 10, 3):
                if k == 6:
                    break
                best += tf.cast(k, tf.float32)
            return (best, arg, k)
        """,
        ([1.0, 5.0, 2.0],),
    )


def test_datasets_of_pairs_and_batches() -> None:
    same_in_graph(
        """
        def f(x):
            ds = tf.data.Dataset.from_tensor_slices(([1, 2, 3], [4, 5, 6]))
            s = 0
            for i, (a, b) in enumerate(ds):
                if a == x:
                    break
                s += a * b
            else:
                s += 1000
            for batch in tf.data.Dataset.range(5).batch(2):
                s += tf.cast(tf.reduce_sum(batch), tf.int32)
            return s
        """,
        (2,),
        (9,),
    )


def test_while_else_with_returns() -> None:
    same_in_graph(
        """
        def f(x):
            if x > 3:
                pass
            elif x > 100:
                return x * 2
            y = 5
            if x < 0:
                return y
            while y < 20:
                if y == x:
                    return -y
                y += 1
            else:
                y += 50
            return y
        """,
        (2,),
        (9,),
        (-1,),
    )


def test_conditions_with_not_and_chains() -> None:
    same_in_graph(
        """
        def f(x):
            a = x > 1 or x < -1
            b = x > 1 and x < 5
            n = 0
            while not (n > 3 or n == x):
                n += 1
            return (a, b, n, not a, a == b, -1 < x <= 2 < 5, x if not b else -x)
        """,
        (2,),
        (0,),
        (-5,),
    )
