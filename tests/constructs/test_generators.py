"""Generator functions: a twin that only twins reach, and plain code that nobody can tell from Python's."""

from __future__ import annotations

import types

import pytest

from autograph_hook.errors import StagingError
from autograph_hook.runtime.gate import Gate
from tests.twins.both import enabled, plain, same_in_python

GENERATORS = '''
def gen(n):
    "doc"
    for i in range(n):
        if i == 2: continue
        if i == 6: break
        got = yield i
        if got:
            yield ('got', got)
    else:
        yield 'else'
    try:
        while (k := (yield 'while')):
            s = 0
            for j in range(10):
                if j > k: break
                s += j
            yield s
            if s > 5: return s
    except KeyError as e:
        yield ('caught', str(e))
    finally:
        yield 'finally'
    a = n and (yield 'late')
    b = (yield 'one') if a else (yield 'two')
    assert True, (yield 'never')
    return (a, b)
def empty():
    return
    yield
def outer(n):
    def inner():
        x = yield from gen(n)
        yield ('result', x)
    return (yield from inner())
def f(n):
    out = [list(empty()), gen.__doc__]
    g = outer(n)
    try:
        out += [next(g), g.send(5), g.send(None), g.send(3), g.send(4), g.throw(KeyError('q'))]
        for i in range(5):
            out.append(g.send(i))
        g.close()
    except (StopIteration, KeyError, RuntimeError) as e:
        out.append(repr(e))
    return out
'''


def test_send_throw_close_and_yield_from() -> None:
    same_in_python(GENERATORS, (0,), (2,), (9,))


def test_the_plain_code_is_that_of_python_but_for_one_constant() -> None:
    ours, theirs = enabled(GENERATORS).gen.__code__, plain(GENERATORS).gen.__code__
    assert ours.co_code == theirs.co_code
    assert (ours.co_names, ours.co_varnames, ours.co_freevars) == (
        theirs.co_names, theirs.co_varnames, theirs.co_freevars)  # fmt: skip
    extra = ours.co_consts[len(theirs.co_consts) :]
    assert ours.co_consts[: len(theirs.co_consts)] == theirs.co_consts
    assert [type(constant) for constant in extra] == [Gate]


def test_a_generator_that_nobody_traces_runs_its_plain_code() -> None:
    frame = enabled(GENERATORS).gen(1).gi_frame
    assert isinstance(frame, types.FrameType)
    assert "ag__" not in frame.f_code.co_freevars


def test_constructs_without_a_yield_are_staged() -> None:
    from tests.twins.graphs import same_in_graph

    same_in_graph(
        """
        def halves(x, n):
            for i in range(n):
                if x > 2.:
                    x = x / 2.
                else:
                    x = x * 3.
                s = 0.
                for j in tf.range(5):
                    if tf.cast(j, tf.float32) > x: break
                    s += 1.
                yield x, s
            return x
        def f(x):
            t = 0.
            for h, s in halves(x, 4):
                t = t + h * s
            return t, [h for h, s in halves(x, 2)], sum(h for h, _ in halves(x, 3))
        """,
        (1.0,),
        (9.0,),
    )


@pytest.mark.parametrize(
    "body",
    [
        "if x > 0:\n        yield x\n    yield 2",
        "while x > 0:\n        yield x",
        "for i in range(3):\n        if x > i: break\n        yield x",
        "y = x > 0 and (yield x)",
        "if x > 0: return\n    yield x",
    ],
)
def test_a_condition_of_the_graph_around_a_yield_is_refused_on_its_line(body: str) -> None:
    tf = pytest.importorskip("tensorflow")
    module = enabled(f"def g(x):\n    {body}\ndef f(x):\n    return list(g(x))\n")
    with pytest.raises(StagingError, match=r":[23], in g: a condition .* around a `yield`"):
        tf.function(module.f)(tf.constant(1))
