"""Odd and large sources: transformed, or left plain with a reason; never an exception of ours."""

from __future__ import annotations

import ast
import marshal

import pytest

from autograph_hook.runtime import operators
from autograph_hook.transpiler import show, transform
from autograph_hook.transpiler.passes.jumps import Plain
from autograph_hook.transpiler.passes.statements import Statements
from tests.twins.both import enabled, same_in_python


def twins(source: str, **options: frozenset[int]) -> list[bool]:
    return [twin is not None for twin in marshal.loads(transform(source.encode(), "x.py", **options).twins)]


@pytest.mark.parametrize("source", [b"def f(:\n  pass", b"\xff\xfe", b"def f():\n    return x\n  y", b"\x00", b"x = '"])
def test_what_is_not_python_raises_what_python_raises(source: bytes) -> None:
    with pytest.raises((SyntaxError, ValueError)) as expected:
        compile(source, "x.py", "exec", dont_inherit=True)
    with pytest.raises(type(expected.value)) as found:
        transform(source, "x.py")
    assert str(found.value) == str(expected.value)


def test_a_jump_out_of_finally_in_a_plain_loop_costs_the_twin_with_a_reason() -> None:
    source = b"def f(x):\n    for i in x:\n        try:\n            g(i)\n        finally:\n            return i\n"
    transformed = transform(source, "x.py", plain_lines=frozenset({2}))
    assert marshal.loads(transformed.twins) == (None,)
    (problem,) = transformed.problems
    assert problem.line == 3
    assert problem.text == "f has no twin: a jump out of `finally` in a loop that stays plain"


def test_functions_too_deep_for_the_compiler_cost_only_their_own_twin() -> None:
    deep = (
        "def deep(n):\n" + "".join(f"    if n == {i}:\n        return {i}\n" for i in range(3000)) + "    return -1\n"
    )
    source = deep + "def shallow(n):\n    if n:\n        return 1\n    return 2\n"
    transformed = transform(source.encode(), "x.py")
    deep_twin, shallow_twin = marshal.loads(transformed.twins)
    assert shallow_twin is not None
    assert deep_twin is not None or "deep has no twin" in transformed.problems[0].text


def test_a_statement_that_no_pass_knows_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a statement of a later Python would be."""

    class Later(ast.Global):
        pass

    node = ast.copy_location(Later(["x"]), ast.parse("x").body[0])
    known = Statements(None, None, Plain(), False)  # type: ignore[arg-type]
    monkeypatch.setattr(ast, "Global", type("Other", (ast.stmt,), {}))
    assert known.statement(node, None) == [node]  # type: ignore[arg-type]


def test_a_function_on_a_plain_line_has_neither_gate_nor_twin() -> None:
    source = "def f(x):\n    return x + 1\ndef g(x):\n    return x + 1\n"
    assert twins(source) == [True, True]
    assert twins(source, plain_lines=frozenset({1})) == [True]


def test_a_loop_on_a_plain_line_stays_a_loop() -> None:
    source = "def f(n):\n    t = 0\n    for i in range(n):\n        if i == 3:\n            break\n        t += i\n    return t\n"
    assert "for_" in show(source.encode(), "x.py")[1]
    module = enabled(source, plain_lines=frozenset({3}))
    assert [operators.call(module.f, n) for n in (0, 2, 9)] == [0, 1, 3]


@pytest.mark.parametrize("line", [3, 4, 5])
def test_jumps_out_of_plain_loops(line: int) -> None:
    source = (
        "def f(n):\n    t = 0\n    for i in range(n):\n        while t < 50:\n            if i == 3:\n"
        "                return t\n            t += i + 1\n            if t % 4 == 0:\n                break\n"
        "            if t % 7 == 0:\n                continue\n            t += 1\n        t += 2\n    return -t\n"
    )
    module = enabled(source, plain_lines=frozenset({line}))
    names: dict[str, object] = {}
    exec(source, names)
    for n in range(8):
        assert operators.call(module.f, n) == names["f"](n)  # type: ignore[operator]


def test_optimized_code_drops_assertions() -> None:
    source = b"def f(x):\n    assert x\n    return x\n"
    assert "assert_" in show(source, "x.py")[1]
    assert "assert_" not in show(source, "x.py", optimize=1)[1]


def test_a_source_with_a_byte_order_mark_an_encoding_and_windows_lines() -> None:
    for source in (
        b"\xef\xbb\xbfdef f(x):\r\n    return x + 1\r\n",
        b"# coding: latin-1\ndef f(x):\n    return '\xe9' + x\n",
    ):
        assert len(marshal.loads(transform(source, "x.py").twins)) == 1


def test_names_that_a_loop_condition_binds_are_the_function_s() -> None:
    same_in_python(
        """
        def f(n):
            while (x := n) and (y := x - 1) >= 0:
                n -= 1
            return x, y, n
        """,
        (1,),
        (5,),
    )


def test_a_plain_loop_stores_to_targets_of_every_kind() -> None:
    source = "def f(n):\n    q = [0, 0]\n    for q[0], q[1] in [(1, n)]:\n        pass\n    return q\n"
    assert operators.call(enabled(source, plain_lines=frozenset({3})).f, 5) == [1, 5]
