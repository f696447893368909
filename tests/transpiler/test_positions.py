"""What a twin raises stands on the user's line, at the user's columns, in a function of the user's name."""

from __future__ import annotations

import ast
import marshal
import sys
import textwrap
import traceback
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from autograph_hook.runtime import operators
from autograph_hook.runtime.errors import user_frames
from autograph_hook.transpiler import transform
from tests.twins.both import enabled, plain

PROGRAM = textwrap.dedent("""
    class Box:
        def fail(self, depth):
            for i in range(3):
                while True:
                    if i == depth:
                        with open("/dev/null"):
                            return self.values[
                                i
                            ]
                    break
            else:
                return [1 // (j - 1) for j in range(3)]

    def by_call(x):
        if x:
            y = (x and
                 int("1") + int("a"))
        return y

    def by_operator(x):
        while x > 0:
            x -= 1
            if x == 1:
                z = x + None
        return x

    def by_raise(x):
        try:
            for i in range(x):
                if i == 1:
                    raise ValueError(
                        "here")
        finally:
            x = 0

    def by_assert(x):
        if x:
            assert not x, "never"

    def by_item(x):
        d = {}
        if x:
            d["a"]["b"] += x
    """)


def entries(module: types.ModuleType, call: Callable[[], Any]) -> list[Any]:
    try:
        with user_frames():
            call()
    except Exception as error:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == module.__file__]
        found: list[Any] = [type(error)]
        for frame in frames:
            place = (frame.name, frame.lineno)
            if found[-1] != place:  # a body is a function of its own under the same name
                found.append(place)
        return found
    raise AssertionError("nothing was raised")


@pytest.mark.parametrize("name", ["by_call", "by_operator", "by_raise", "by_assert", "by_item"])
def test_a_traceback_has_the_user_s_lines(name: str) -> None:
    one, other = plain(PROGRAM), enabled(PROGRAM)
    expected = entries(one, lambda: getattr(one, name)(3))
    found = entries(other, lambda: operators.call(getattr(other, name), 3))
    assert found[0] == expected[0]
    assert found[-1] == expected[-1]
    assert {entry[0] for entry in found[1:]} == {name}


def test_a_traceback_through_methods_and_comprehensions_ends_where_the_plain_one_does() -> None:
    one, other = plain(PROGRAM), enabled(PROGRAM)
    for depth in (0, 9):
        expected = entries(one, lambda: one.Box().fail(depth))  # noqa: B023
        found = entries(other, lambda: operators.call(other.Box().fail, depth))  # noqa: B023
        assert (found[0], found[-1]) == (expected[0], expected[-1])


def codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from codes(constant)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="columns are kept from Python 3.11 on")
def test_every_instruction_of_a_twin_has_a_place_of_the_source() -> None:
    tree = ast.parse(PROGRAM)
    places = {
        (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset)
        for node in ast.walk(tree)
        if hasattr(node, "lineno")
    }
    lines = {place[0] for place in places} | {place[1] for place in places}
    for twin in marshal.loads(transform(PROGRAM.encode(), "positions.py").twins):
        for code in codes(twin):
            for line, end, *_ in code.co_positions():
                assert line is None or {line, end} <= lines, code
