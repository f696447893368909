"""An exception's traceback names the user's files, lines and functions, as the eager run's does."""

from __future__ import annotations

import traceback
from typing import Any

import pytest
import tensorflow as tf

from tests.twins.both import enabled, plain

HEAD = "import tensorflow as tf\n\ndef boom(x):\n    raise KeyError('boom')\n\n"

AT_TRACE_TIME: dict[str, str] = {
    "in a branch": "def f(x):\n    if x > 0:\n        y = x + 1\n        boom(y)\n    return x",
    "in the other branch": "def f(x):\n    if x < 0:\n        y = 1\n    else:\n        boom(x)\n    return x",
    "in a while loop": "def f(x):\n    while x < 5:\n        x = x + 1\n        boom(x)\n    return x",
    "in the condition of a loop": "def f(x):\n    while boom(x) > 0:\n        x = x + 1\n    return x",
    "in a for loop": "def f(x):\n    for i in tf.range(x):\n        if i < x:\n            boom(i)\n    return x",
    "in a loop over Python values": "def f(x):\n    for i in [1, 2]:\n        boom(i)\n    return x",
    "in a nested function": "def f(x):\n    def inner(y):\n        if y > 0:\n            boom(y)\n        return y\n"
    "    return inner(x)",
    "in a callee of a callee": "def g(x):\n    if x > 0:\n        x = boom(x)\n    return x\n\n"
    "def h(x):\n    return g(x) + 1\n\ndef f(x):\n    for i in tf.range(3):\n        x = h(x)\n    return x",
    "in a comprehension": "def f(x):\n    return [boom(x + i) for i in range(3)]",
    "in a lambda": "def f(x):\n    g = lambda y: boom(y)\n    return g(x)",
    "in an operand": "def f(x):\n    return x > 0 and boom(x)",
    "in a conditional expression": "def f(x):\n    return (\n        boom(x)\n        if x > 0\n        else x\n    )",
    "in a match statement": "def f(x):\n    match 1:\n        case 0:\n            pass\n        case 1:\n            boom(x)\n"
    "    return x",
    "in a with statement": "def f(x):\n    with tf.name_scope('a'):\n        if x > 0:\n            boom(x)\n    return x",
    "in a try statement": "def f(x):\n    try:\n        boom(x)\n    finally:\n        x = x + 1\n    return x",
    "raised from a handler": "def f(x):\n    try:\n        boom(x)\n    except KeyError as error:\n"
    "        raise ValueError('again') from error\n    return x",
    "in a method": "class C:\n    def m(self, x):\n        if x > 0:\n            boom(x)\n        return x\n\n"
    "    @property\n    def p(self):\n        return self.m(tf.constant(1))\n\ndef f(x):\n    return C().p",
    "of an operation": "def f(x):\n    if x > 0:\n        y = tf.zeros([2])\n        z = tf.matmul(y, y)\n    return x",
    "of Python": "def f(x):\n    for i in tf.range(3):\n        y = {}['k']\n    return x",
    "of a name without a value": "def f(x):\n    if x > 0:\n        z = undefined_name\n    return x",
}  # fmt: skip


def frames(error: BaseException | None, path: str) -> list[tuple[int, str]]:
    """The user's entries of a traceback."""
    entries = traceback.walk_tb(error.__traceback__ if error is not None else None)
    return [(line, frame.f_code.co_name) for frame, line in entries if frame.f_code.co_filename == path]


def raised(call: Any) -> BaseException:
    with pytest.raises(Exception) as caught:
        call()
    return caught.value


@pytest.mark.parametrize("name", AT_TRACE_TIME)
def test_an_exception_while_tracing_is_raised_on_the_user_s_lines(name: str) -> None:
    source = HEAD + AT_TRACE_TIME[name]
    one, other = plain(source), enabled(source)
    x = tf.constant(3)
    expected = raised(lambda: one.f(x))
    found = raised(lambda: tf.function(other.f, autograph=False)(x))
    if name != "of an operation":
        assert type(found) is type(expected) and str(found) == str(expected)
    seen, wanted = frames(found, other.__file__), frames(expected, one.__file__)
    # The function whose gate the trace came through stands there twice: at its first line, and where it was.
    assert seen[1:] == wanted, (seen, wanted)
    assert seen[0][1] == "f"


WHEN_IT_RUNS: dict[str, str] = {
    "an index in a branch": "def f(x):\n    if x > 0:\n        y = tf.gather([1, 2], x)\n        return y\n    return x",
    "an assertion in a loop": "def f(x):\n    for i in tf.range(x):\n        assert i < 2, 'bad'\n    return x",
    "a check in a callee": "def g(x):\n    tf.debugging.assert_less(x, 2)\n    return x\n\n"
    "def f(x):\n    y = x + 1\n    return g(y)",
}


@pytest.mark.parametrize("name", WHEN_IT_RUNS)
def test_an_error_when_the_graph_runs_names_the_user_s_lines(name: str) -> None:
    source = HEAD + WHEN_IT_RUNS[name]
    one, other = plain(source), enabled(source)
    x = tf.constant(5)
    wanted = frames(raised(lambda: one.f(x)), one.__file__)
    staged = tf.function(other.f, autograph=False)
    error = raised(lambda: staged(x))
    assert isinstance(error, tf.errors.InvalidArgumentError)
    line, function = wanted[-1]
    text = str(error)
    assert f'File "{other.__file__}", line {line}, in {function}' in text or f"{other.__file__}:{line}" in text, text


def test_what_we_stage_raises_with_the_eager_traceback() -> None:
    from tests.staging.programs import Program

    program = Program("""
        def g(y):
            assert tf.reduce_all(y < 5), "large"
            return y
        def f(x):
            y = pad(x)
            for i in tf.range(2):
                y = g(y)
            return y
    """)
    x = tf.constant([1.0])
    for _ in range(4):
        program.both(lambda m: m.f(x))
    expected, found = raised(lambda: program.plain.f(x * 9)), raised(lambda: program.hooked.f(x * 9))
    program.assert_staged("f")
    assert [f for f in traceback.extract_tb(found.__traceback__) if "autograph_hook" in f.filename] == []
    assert frames(found, program.path) == frames(expected, program.path)
