"""Traced, a twin gives the values that the eager run gives: state, logic, calls."""

from __future__ import annotations

import pytest

pytest.importorskip("tensorflow")

from tests.twins.graphs import same_in_graph


def test_logic_comparisons_and_assertions() -> None:
    same_in_graph(
        """
        def g(x):
            if x > 3:
                return x * 2
            return -x

        def f(x):
            a = 1 < x < 5 and x != 3
            b = x > 4 or not x > 1
            c = x if a else g(x)
            d = a and b or c > 2
            assert x < 100, ('too big', x)
            return (a, b, c, d, g(x + 1))
        """,
        (0,),
        (3,),
        (4,),
        (9,),
    )


def test_attributes_and_items_as_state() -> None:
    same_in_graph(
        """
        class M:
            __scale = 2

            def __init__(self):
                self.total = tf.constant(0)
                self.d = {'k': tf.constant(1)}
                self.h = [tf.constant(0), tf.constant(5)]

            def step(self, x):
                if x > 0:
                    self.total += x * self.__scale
                    self.d['k'] = self.d['k'] + x
                else:
                    self.h[0] = self.h[0] - x
                return self.total

            def __call__(self, x):
                self.step(x)
                while self.total < 10:
                    if x > 0:
                        self.total += x
                    else:
                        self.h[0] += 2
                    self.h[1] += 1
                    if self.h[0] > 3:
                        break
                return (self.total, self.d['k'], self.h)

        def f(x):
            m = M()
            return m(x)
        """,
        (3,),
        (-2,),
    )


def test_closures_lambdas_and_comprehensions() -> None:
    same_in_graph(
        """
        def f(x):

            def inner():
                nonlocal x
                if x > 2:
                    x = x - 1
                else:
                    x = x + 1
                return x
            y = inner()
            fns = [lambda k=k: x + k for k in range(3)]
            return (y, x, [h() for h in fns], [i * x for i in range(3) if i], {k: x for k in 'ab'}, sum((v for v in [x, y])))
        """,
        (0,),
        (5,),
    )


def test_match_lists_and_dictionaries() -> None:
    same_in_graph(
        """
        def f(x):
            match x.shape.rank:
                case 0:
                    if x > 1:
                        r = x
                    else:
                        r = -x
                case _:
                    r = tf.reduce_sum(x)
            xs = [1, 2]
            ys = xs
            ys += [x]
            t = tf.zeros([3], tf.int32)
            d = {}
            if x > 0:
                d['a'] = x
            else:
                d['a'] = 0
            return (r, xs, d)
        """,
        (0,),
        (5,),
    )


def test_functions_and_imports_under_a_staged_condition() -> None:
    same_in_graph(
        """
        def f(x):
            if x > 0:

                def g(v):
                    return v * 2
                w = g(x)
            else:

                def g(v):
                    return v * 3
                w = g(x)
            if x > 3:
                import math
                w = w + int(math.floor(2.5))
            tmp = w
            del tmp
            return w
        """,
        (1,),
        (5,),
        (-2,),
    )


def test_recursion_and_conditional_expressions() -> None:
    same_in_graph(
        """
        def fact(n, acc=1):
            return acc if n == 0 else fact(n - 1, acc * n)

        def collatz(x):
            n = 0
            while x != 1:
                x = x // 2 if x % 2 == 0 else 3 * x + 1
                n += 1
            return n

        def f(x):
            return (fact(5) + x, collatz(x))
        """,
        (1,),
        (7,),
    )


def test_a_nest_as_state() -> None:
    same_in_graph(
        """
        def f(x):
            r = []
            for i in range(4):
                r.append(i)
                if i == 2:
                    break
            else:
                r.append('e')
            state = (x, {'a': x, 'b': [x, x]})
            while state[0] < 5:
                a, d = state
                state = (a + 1, {'a': d['a'] * 2, 'b': [d['b'][1], a]})
            return (r, state)
        """,
        (1,),
        (7,),
    )


def test_a_nonlocal_name_is_changed_in_a_staged_loop() -> None:
    same_in_graph(
        """
        def f(x):
            out = 0

            def go(k):
                nonlocal out
                for i in tf.range(k):
                    out += i
                    if out > 10:
                        return out
                return -1
            r = go(x)
            return (r, out)
        """,
        (2,),
        (9,),
    )


def test_python_lists_indexed_by_tensors_and_unpacking() -> None:
    same_in_graph(
        """
        def f(x):
            q = tf.constant([1, 2, 3])
            s = 0
            for i in range(len(q)):
                s += q[i]
            for e in q[::2]:
                s += e
            i = x
            l = [10, 20, 30]
            v = l[i]
            c = x in [1, 2] or x not in (0, 5)
            a, *b = q
            return (s, v, c, a, b)
        """,
        (0,),
        (2,),
    )


def test_keyword_arguments_and_star_arguments() -> None:
    same_in_graph(
        """
        def h(x, *, k=3, **kw):
            if x > k:
                return x
            return kw.get('z', k) * tf.ones_like(x)

        def f(x):
            return (h(x), h(x, k=10), h(x, z=7, k=100), (lambda a, *b, **c: a if a > 2 else b[0])(x, x + 50))
        """,
        (0,),
        (20,),
    )


def test_logic_over_mixtures() -> None:
    same_in_graph(
        """
        def f(x):
            a = x if x > 0 else None if x.shape.rank else -x
            y = (x > 1) == (x < 5)
            z = not x > 1
            w = x > 1 and x.shape.rank == 0
            v = x.shape.rank == 1 or x > 2
            u = None or x
            return (a, y, z, w, v, u)
        """,
        (0,),
        (3,),
    )
