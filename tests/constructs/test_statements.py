"""`del`, annotations, starred targets, classes, decorators, `global` and `nonlocal`, `with` and `try` in the twin."""

from __future__ import annotations

import pytest

from autograph_hook.errors import StagingError
from tests.twins.both import enabled, plain, same_in_python


def test_definitions_and_targets_of_every_kind() -> None:
    same_in_python(
        """
        def f(n):
            x: int = 3
            d = {'a': 1, 'b': 2}
            if n:
                del d['a']
                y: float
                k: str = 'k'
                a, *b, (c, *e) = [1, 2, 3, (4, 5)]
            else:
                del x
                (q): int = 5
            class C:
                z = n
                if n: w = 3
                def m(self): return self.z
            def deco(fn):
                return lambda *a: ('decorated', fn(*a))
            if n > 1:
                @deco
                def g(u): return u + n
            else:
                def g(u): return u
            kept = sorted((k, v) for k, v in locals().items() if k not in ('C', 'deco', 'g'))
            return kept, C().m(), hasattr(C, 'w'), g(3)
        """,
        (0,),
        (1,),
        (2,),
    )


def test_they_carry_tensors_through_branches() -> None:
    from tests.twins.graphs import same_in_graph

    same_in_graph(
        """
        G = 0
        def f(x, n):
            global G
            G = n
            if x > 0:
                y: float = x * 2
                a, *b, (c, *e) = x, x + 1, x + 2, (x + 3, x + 4)
                t = 1.
                del t
                G = x
            else:
                y = -x
                a, b, c, e = x, [x, x], x, [x]
            z = 0.
            def inner(k):
                nonlocal z
                if k > 0:
                    z = z + k
                else:
                    z = z - k
                return z
            def deco(fn):
                return lambda *a: fn(*a) * 2.
            @deco
            def g(u):
                if u > 1.: return u
                return u * 3.
            class C:
                v = x
                def m(self):
                    if self.v > 0: return self.v
                    return -self.v
            for i in range(3):
                inner(x)
            return y, a, b, c, e, z, G, g(x), C().m(), inner(n)
        """,
        (1.0, 2.0),
        (-1.0, 3.0),
    )


def test_try_and_with_stand_around_and_inside_what_a_graph_decides() -> None:
    from tests.twins.graphs import same_in_graph

    same_in_graph(
        """
        import contextlib
        @contextlib.contextmanager
        def cm(x):
            try:
                yield x + 1
            finally:
                pass
        def f(x):
            with cm(x) as y:
                if x > 0:
                    try:
                        r = y * 2
                    except ValueError:
                        r = y
                    else:
                        r = r + 1
                    finally:
                        r = r * 2
                else:
                    with cm(y) as w:
                        r = w
            try:
                for i in tf.range(3):
                    if r > 10: return r
                    r = r + 1
            finally:
                k = 1
            return r * k
        """,
        (1.0,),
        (-1.0,),
        (9.0,),
    )


def test_what_a_branch_raises_while_it_is_traced_cannot_be_caught_around_it() -> None:
    tf = pytest.importorskip("tensorflow")
    module = enabled(
        """
        def f(x):
            y = x
            try:
                if x > 0:
                    y = y + 1
                    raise KeyError('no')
            except KeyError:
                return y
        """
    )
    with pytest.raises(StagingError, match=r":8, in f: this `except` would catch KeyError.*known only when the graph"):
        tf.function(module.f)(tf.constant(-5))


def test_a_symbolic_tensor_in_an_f_string_is_what_tensorflow_writes() -> None:
    tf = pytest.importorskip("tensorflow")
    source = "import tensorflow as tf\ndef f(x):\n    return tf.constant(f'{x} {x.shape!r:>5}')\n"
    ours, theirs = enabled(source).f, plain(source).f
    expected = tf.function(theirs, autograph=False)(tf.constant(1))
    assert tf.function(ours)(tf.constant(1)).numpy() == expected.numpy()
