"""Traced, a twin gives the values that the eager run gives: state of every kind."""

from __future__ import annotations

from tests.twins.graphs import same_in_graph


def test_returns_in_some_branches() -> None:
    same_in_graph(
        """
        def f(x):
            if x > 0:
                if x > 5:
                    return x
                z = x
            else:
                z = -x
            return z + 1
        """,
        (0,),
        (3,),
        (9,),
    )


def test_variables_that_are_swapped() -> None:
    same_in_graph(
        """
        def f(x):
            a = 0
            b = 1
            while b < x:
                a, b = (b, a + b)
                a = a + 0
            return (a, b)
        """,
        (0,),
        (50,),
    )


def test_a_python_int_that_becomes_a_float() -> None:
    same_in_graph(
        """
        def f(x):
            s = 0
            for i in tf.range(x):
                s += 0.5
            return s * 1.0
        """,
        (3,),
    )


def test_attributes_and_items_of_items() -> None:
    same_in_graph(
        """
        class A:
            pass

        def f(x):
            o = A()
            o.v = x
            o.l = {'a': [x, 0]}
            for i in tf.range(3):
                o.v += i
                o.l['a'][1] += 1
                o.l['b'] = o.v
            return (o.v, o.l['a'][1], o.l['b'])
        """,
        (3,),
    )


def test_a_global_name() -> None:
    same_in_graph(
        """
        N = 0

        def f(x):
            global N
            N = 0
            for i in tf.range(x):
                if i % 2 == 0:
                    continue
                N = N + i
            return N
        """,
        (3,),
        (6,),
    )


def test_a_name_that_an_inner_function_rebinds() -> None:
    same_in_graph(
        """
        def f(x):
            t = x

            def add(k):
                nonlocal t
                t = t + k
                return t
            for i in tf.range(3):
                if add(i) > 5:
                    break
            return t
        """,
        (3,),
        (6,),
    )


def test_a_name_that_is_none_at_first() -> None:
    same_in_graph(
        """
        def f(x):
            best = None
            for i in tf.range(4):
                v = (i - x) * (i - x)
                if best is None:
                    best = v
                elif v < best:
                    best = v
            return best
        """,
        (3,),
        (6,),
    )


def test_dictionaries_and_tuples_in_branches() -> None:
    same_in_graph(
        """
        def f(x):
            y = x
            if x > 0:
                y += 1
                z = 'pos'
            else:
                y -= 1
                z = 'pos'
            d = dict(a=y)
            if x > 1:
                d['a'] += 5
            elif x > -1:
                d['a'] -= 5
            t = (d['a'], y) if x > 0 else (y, d['a'])
            u, (v, *w) = (t[0], (t[1], 1, 2))
            return (t, u, v, w, d)
        """,
        (2,),
        (0,),
        (-3,),
    )


def test_recursion_through_staged_branches() -> None:
    same_in_graph(
        """
        def g(x, depth):
            if depth == 0:
                return x
            if x > 10:
                return g(x - 3, depth - 1)
            else:
                return g(x + 7, depth - 1)

        def f(x):
            return g(x, 4)
        """,
        (2,),
        (20,),
    )


def test_nests_returned_from_either_branch() -> None:
    same_in_graph(
        """
        def f(x):
            if x > 3:
                return {'a': x, 'b': [x, 1]}
            return {'a': -x, 'b': [x, 2]}
        """,
        (2,),
        (9,),
    )
