"""The printed form: what is written is read back, and what cannot be read is refused with its line."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograph_hook.backends.lantern import ir
from autograph_hook.backends.lantern.ir import (
    DTYPES,
    Attr,
    Block,
    Def,
    Let,
    List,
    Lit,
    Op,
    Program,
    Ptr,
    Record,
    Scalar,
    Tensor,
    Type,
    Var,
)
from autograph_hook.backends.lantern.text import ReadError, read, write
from autograph_hook.backends.lantern.verify import check

from . import programs

NAMES = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_.']{0,6}", fullmatch=True)
SCALARS = st.sampled_from([Scalar(d) for d in DTYPES])
TENSORS = st.builds(Tensor, st.sampled_from(DTYPES), st.lists(st.integers(0, 9), min_size=1, max_size=3).map(tuple))
TYPES: st.SearchStrategy[Type] = st.recursive(
    st.one_of(SCALARS, TENSORS, st.builds(Ptr, NAMES)), lambda inner: st.builds(List, inner), max_leaves=3
)
NUMBERS = st.integers(-(2**62), 2**62)
ATTRS: st.SearchStrategy[Attr] = st.one_of(
    st.booleans(), NUMBERS, st.floats(), st.text(), TYPES, st.lists(NUMBERS, max_size=3).map(tuple)
)
KEYS = st.from_regex(r"[a-z_]{1,6}", fullmatch=True)
LITERALS = st.one_of(
    st.builds(Lit, st.booleans(), st.just(ir.BOOL)),
    st.builds(Lit, NUMBERS, st.just(ir.I64)),
    st.builds(Lit, st.floats(), st.sampled_from([ir.F32, ir.F64])),
    st.builds(Lit, st.none(), st.builds(Ptr, NAMES)),
)


@given(TYPES, st.dictionaries(KEYS, ATTRS, max_size=4), LITERALS, st.text(min_size=1), st.integers(0, 999))
def test_types_attributes_literals_paths_and_lines_are_read_back(
    type: Type, attrs: dict[str, Attr], literal: Lit, path: str, line: int
) -> None:
    x, y, c = Var("x", type), Var("y", type), Var("c", literal.type)
    lets = (Let((c,), literal, line), Let((y,), Op("any", (x, c), tuple(sorted(attrs.items()))), line))
    definition = Def("f", (x,), (type,), Block(lets, (y,)), path)
    program = Program((x_param(type),), (), (Record("R", (x, y)),), (definition,))
    assert read(write(program)) == program


@pytest.mark.parametrize(("one", "other"), [(0.0, -0.0), (1, True), (1, 1.0)])
def test_attributes_that_python_calls_equal_are_other_operations(one: Attr, other: Attr) -> None:
    x = Var("x", ir.F64)
    assert Op("clip", (x,), (("low", one),)) != Op("clip", (x,), (("low", other),))
    assert Op("clip", (x,), (("low", one),)) == Op("clip", (x,), (("low", one),))


def x_param(type: Type) -> Var:
    return Var("weight", type)


@pytest.mark.parametrize("text", programs.ALL)
def test_programs_are_read_back_and_well_formed(text: str) -> None:
    program = check(read(text))
    assert read(write(program)) == program
    assert write(read(write(program))) == write(program)


def test_the_example_of_the_documentation_is_a_program() -> None:
    assert ir.__doc__
    match = re.search(r"\n    \(program\n.*?\n\n", ir.__doc__, re.DOTALL)
    assert match
    program = check(read(match.group()))
    assert [d.name for d in program.defs] == ["cell"]


def test_every_operation_is_in_the_documentation() -> None:
    from autograph_hook.backends.lantern.ops import TABLE

    assert ir.__doc__
    words = set(re.split(r"[\s,]+", ir.__doc__))
    assert {name for name in TABLE if name not in words} == set()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(program", "line 1: this parenthesis is not closed"),
        ("(program))", "line 1: a parenthesis too many"),
        ("(program) (program)", "line 1: one expression is wanted"),
        ('(program "', "line 1: a text without end"),
        ("(begin)", "line 1: `(program …)` is wanted"),
        ("(program\n  (thing x))", "line 2: `param`, `const`, `record` or `def` is wanted"),
        ("(program (param x f16))", "line 1: a type is wanted: bool, i32, i64, f32, f64, (tensor dtype d…)"),
        ("(program (def f () ()\n (begin (let (x i64) y) (tuple))))", "line 2: `y` is no literal"),
        ("(program (def f () ()\n (begin (let (x i64) (neg y)) (tuple))))", "line 2: `y` is not bound here"),
        ("(program (def f () () (begin (let (x i64) 1 12) (tuple))))", "line 1: the line, as in `@12`, is wanted"),
        ("(program (def f () () (begin (let (x i64) (if)) (tuple))))", "line 1: `(if …)` has 0 parts"),
        ("(program (def f () () (begin (let (x i64) (sum :axis)) (tuple))))", "line 1: an attribute, as in `:axis 0`"),
    ],
)
def test_what_is_no_program_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(ReadError, match=re.escape(message)):
        read(text)
