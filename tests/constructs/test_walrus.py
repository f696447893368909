"""`:=` wherever an expression may stand: the twin binds what Python binds, and joins what a graph decides."""

from __future__ import annotations

import pytest

from autograph_hook.errors import StagingError
from tests.twins.both import same_in_python


def test_late_operands_bind_only_where_they_are_evaluated() -> None:
    same_in_python(
        """
        def f(a, b, n):
            log = []
            def g(x):
                log.append(x)
                return x
            if g(a) and (y := g(b)) > 2:
                log.append(('y', y))
            z = g(a) or (w := g(b)) or (w := 5)
            t = (u := 1) if a else (u := 2)
            v = 0 < a < (q := g(n)) < 10
            d = {'k': 1}
            d['k'] += (r := 7)
            return log, z, t, u, v, d, r, sorted(locals())
        """,
        (0, 1, 3),
        (1, 3, 5),
        (2, 9, 4),
    )


def test_the_message_of_an_assertion_binds() -> None:
    same_in_python(
        """
        def f(n):
            try:
                assert n, (m := 'message')
            except AssertionError as error:
                return m, str(error)
            return n
        """,
        (0,),
        (1,),
    )


def test_globals_and_names_of_enclosing_functions_are_bound() -> None:
    same_in_python(
        """
        g = 0
        def f(a):
            k = 0
            def inner(b):
                global g
                nonlocal k
                return b and (g := b) and (k := b + 1)
            return inner(a), g, k
        """,
        (0,),
        (3,),
    )


def test_a_while_condition_binds_in_every_iteration() -> None:
    same_in_python(
        """
        def f(n):
            out = []
            while (m := n - 1) > 0 and (p := m):
                n -= 1
                out.append(p)
            return n, m, out
        """,
        (0,),
        (4,),
    )


def test_names_bound_in_an_operand_that_a_graph_decides_on_are_joined() -> None:
    from tests.twins.graphs import same_in_graph

    same_in_graph(
        """
        def f(a, b):
            if a > 0 and (y := a + b) > 2.0:
                return y
            return b
        """,
        (1.0, 2.0),
        (-1.0, 2.0),
        (1.0, 0.5),
    )
    same_in_graph(
        """
        def f(a, b):
            t = (u := a) if a > b else (u := b * 2)
            v = a < b < (q := a + b) < 10.
            k = 0.
            if v:
                k = q
            return t, u, v, k
        """,
        (1.0, 2.0),
        (3.0, 2.0),
    )


def test_a_graph_loop_binds_in_its_condition() -> None:
    from tests.twins.graphs import same_in_graph

    same_in_graph(
        """
        def f(a):
            s = 0.
            while (d := a - s) > 1.0 and (e := d / 2.) > .1:
                s = s + e
            return s, d
        """,
        (10.0,),
        (0.5,),
    )


def test_a_function_that_a_loop_condition_calls_binds() -> None:
    from tests.twins.graphs import same_in_graph

    same_in_graph(
        """
        def f(a, n):
            k = 0
            def step():
                nonlocal k
                k += 1
                return k
            t = a
            while step() < n:
                t = t + 1.
            return t, k
        """,
        (10.0, 4),
        (0.5, 1),
    )


def test_a_condition_that_a_set_comprehension_cannot_stage_is_refused_on_its_line() -> None:
    tf = pytest.importorskip("tensorflow")
    from tests.twins.both import enabled

    module = enabled("def f(x):\n    return {k for k in range(3) if (x > k) and (z := k) < 9}\n")
    with pytest.raises(StagingError, match=r":2, in .*: a condition that is known only when the graph runs") as caught:
        tf.function(module.f)(tf.constant(1))
    assert "comprehension" in str(caught.value)
