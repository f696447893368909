"""Jumps out of `finally`, and the `else` of loops that stay plain."""

from __future__ import annotations

import pytest

from autograph_hook.runtime import operators
from tests.twins.both import enabled, plain, same_in_python


def test_each_jump_out_of_finally_replaces_the_one_before() -> None:
    same_in_python(
        """
        def f(n):
            out = []
            for i in range(n):
                try:
                    if i == 1: continue
                    if i == 2: break
                    if i == 5: return 'returned'
                    out.append(1 / (i - 3))
                except ZeroDivisionError: out.append('handled')
                finally:
                    out.append(('finally', i))
                    if i == 2: continue
                    if i == 4: break
                    if n > 7: return out
            else: out.append('else')
            return out
        """,
        *((n,) for n in range(9)),
    )


@pytest.mark.parametrize(
    "body",
    [
        "try: return 1\n    finally: return 2",
        "try: 1 / 0\n    finally: return 'swallowed'",
        "while True:\n        try: return 'no'\n        finally: break\n    return 'after'",
        "for i in [1, 2]:\n        try: break\n        finally:\n            for j in [1]: continue\n"
        "    else: return 'else'\n    return 'left'",
        "for i in range(3):\n        try: raise ValueError(i)\n        except ValueError:\n            try: continue\n"
        "            finally: i = 9\n        finally:\n            if i == 9: break\n    return i",
    ],
)
def test_a_jump_out_of_finally_wins(body: str) -> None:
    same_in_python(f"def f():\n    {body}\n")


def test_an_exception_raised_in_finally_is_not_held_back() -> None:
    same_in_python(
        """
        def f(n):
            try:
                try: return 1
                finally:
                    if n: raise KeyError('x')
            finally:
                for i in range(3):
                    if i == n: return ('inner', i)
        """,
        (0,),
        (1,),
        (7,),
    )


def test_a_graph_decides_on_a_return_in_finally() -> None:
    from tests.twins.graphs import same_in_graph

    same_in_graph(
        """
        def f(x):
            i = 0
            for i in tf.range(5):
                try:
                    x = x + 1
                    if x > 6: break
                finally:
                    x = x + 1
                    if x > 4:
                        return x
            return -x
        """,
        (0,),
        (2,),
        (-50,),
    )


@pytest.mark.parametrize("n", [0, 2, 3, 5, 9])
def test_a_plain_loop_with_break_return_and_else(n: int) -> None:
    source = """
        def f(n):
            for j in range(2):
                for i in range(n):
                    if i == 2 and n == 3: break
                    if i == 4: return ('returned', i)
                else:
                    if n == 2: break
                    return 'else'
            return ('end', j)
        """
    twin = enabled(source, plain_lines=frozenset({4}))
    assert operators.call(twin.f, n) == plain(source).f(n)
