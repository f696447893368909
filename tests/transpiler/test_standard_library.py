"""The standard library as a sample of real code: gates change nothing that can be seen, and twins can be built."""

from __future__ import annotations

import ast
import dis
import glob
import marshal
import os
import types
import warnings
from typing import Any

import pytest

from autograph_hook.transpiler import transform
from autograph_hook.transpiler.gates import insert_gates, is_placeholder
from autograph_hook.transpiler.sites import SCRIPT

ROOT = os.path.dirname(os.__file__)
FILES = [
    name for name in sorted(glob.glob(f"{ROOT}/*.py") + glob.glob(f"{ROOT}/*/*.py")) if "site-packages" not in name
]
PROLOGUE = ("RESUME", "MAKE_CELL", "COPY_FREE_VARS")


def described(code: types.CodeType) -> tuple[Any, ...]:
    has_body = code.co_flags & 3 == 3 and not code.co_flags & 0x2A0
    lines = (line for start, _, line in code.co_lines() if line and dis.opname[code.co_code[start]] not in PROLOGUE)
    first = next(lines, None) if has_body else None
    return (
        code.co_name,
        code.co_firstlineno,
        code.co_freevars,
        code.co_cellvars,
        code.co_varnames,
        code.co_names,
        first,
    )


def all_codes(code: types.CodeType) -> list[tuple[Any, ...]]:
    """Of a code object and those inside it that it uses, without the function of the cells that a gate has. CPython
    3.10 keeps a constant that only dead code mentions, or not, by where it stands among the others."""
    found = [described(code)]
    of_gate = any(is_placeholder(constant) for constant in code.co_consts) and bool(code.co_freevars)
    codes = [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    used = {id(each.argval) for each in dis.get_instructions(code)} if codes else set()
    for constant in codes:
        if id(constant) in used:
            if of_gate and constant.co_name == "<lambda>":
                of_gate = False
                continue
            found += all_codes(constant)
    return found


@pytest.mark.parametrize("part", range(4))
def test_gates_cannot_be_seen_in_code_objects(part: int) -> None:
    count = 0
    for path in FILES[part::48]:
        with open(path, "rb") as file:
            source = file.read()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                tree = ast.parse(source, path)
                plain = compile(tree, path, "exec", dont_inherit=True)
            except (SyntaxError, ValueError):
                continue
            count += len(insert_gates(tree))
            gated = compile(tree, path, "exec", dont_inherit=True)
        for one, other in zip(all_codes(plain), all_codes(gated), strict=True):
            if one[-1] is not None:
                assert one == other, path
            else:
                assert one[:-1] == other[:-1], path
    assert count > 100


def test_twins_are_built_for_real_code() -> None:
    with_twin = without = 0
    for path in FILES[::60]:
        with open(path, "rb") as file:
            source = file.read()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                transformed = transform(source, path)
            except (SyntaxError, ValueError):
                continue
        pairs = zip(marshal.loads(transformed.twins), transformed.functions, strict=True)
        twins = [twin for twin, function in pairs if function[0] != SCRIPT]  # a script's loop has pieces, and no twin
        with_twin += sum(twin is not None for twin in twins)
        without += sum(twin is None for twin in twins)
        assert len(transformed.problems) == sum(twin is None for twin in twins), path
    assert with_twin > 300
    assert without <= with_twin / 100
