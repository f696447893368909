"""Transform one module: the plain code with gates, and the twins as bytes."""

from __future__ import annotations

import ast
import contextlib
import gc
import marshal
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from autograph_hook.transpiler.gates import insert_gates, is_placeholder
from autograph_hook.transpiler.generators import generator_numbers, marked


class Problem(NamedTuple):
    """Something that was left plain: a line of the source, and why."""

    line: int
    text: str


@dataclass(frozen=True)
class Transformed:
    """What a module became."""

    code: types.CodeType
    """The module's plain code, with placeholders for the gates."""
    functions: tuple[tuple[str, int, int, int], ...]
    """For each gate: qualified name, line, number of operations in the source, flags of `Flag`."""
    twins: bytes
    """`marshal.dumps` of a tuple: for each gate the twin's code, or None."""
    problems: tuple[Problem, ...]

    def payload(self) -> tuple[object, ...]:
        """What a cache keeps, in types that marshal knows: the input of `runtime.attach.attach`."""
        problems = tuple(map(tuple, self.problems))
        return (self.code, layout(self.code), len(self.functions), marshal.dumps(self.functions), self.twins, problems)


def transform(
    source: bytes, path: str, *, optimize: int = -1, plain_lines: frozenset[int] = frozenset()
) -> Transformed:
    """Transform the source of a module.

    `path` is the file's name in the code objects, `optimize` as in `compile`. Functions, and statements that can
    be staged, on one of `plain_lines` stay plain. Raises what `compile` raises for source that is not valid.
    """
    with uncollected():
        return _transformed(ast.parse(source, path), path, optimize, plain_lines)


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Trees are many small objects that all live to the end: collecting meanwhile costs a fifth, beside a framework a
    multiple, and frees nothing."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _transformed(tree: ast.Module, path: str, optimize: int, plain_lines: frozenset[int]) -> Transformed:
    sites = insert_gates(tree, plain_lines)
    code = compile(tree, path, "exec", dont_inherit=True, optimize=optimize)
    if not sites:
        return Transformed(code, (), marshal.dumps(()), ())
    code = marked(code, generator_numbers(sites))
    from autograph_hook.transpiler.twins import build_twins

    built = build_twins(tree, sites, path, optimize, plain_lines)
    names = qualified_names(code, len(sites))
    functions = tuple(
        (names.get(site.number, site.qualname), site.node.lineno, size, flags)
        for site, size, flags in zip(sites, built.sizes, built.flags, strict=True)
    )
    return Transformed(code, functions, marshal.dumps(built.codes), tuple(Problem(*p) for p in built.problems))


def layout(code: types.CodeType) -> tuple[int, int, tuple[tuple[int, object], ...]] | None:
    """Where the gates are in the constants of a code object and of those inside it; None where there is none.

    A triple: the gate's index among the constants (-1: none), the gate's number, and for each constant that is
    code and holds gates: its index and its layout. A module may have gates besides, before its loops: for each its
    index and its number. It saves a search at each load.
    """
    index, number = -1, -1
    inner: list[tuple[int, object]] = []
    for i, constant in enumerate(code.co_consts):
        if isinstance(constant, types.CodeType):
            inside = layout(constant)
            if inside is not None:
                inner.append((i, inside))
        elif is_placeholder(constant):
            if index >= 0:
                inner.append((index, number))
            index, number = i, constant[1]
    if index < 0 and not inner:
        return None
    return (index, number, tuple(inner))


def qualified_names(code: types.CodeType, count: int) -> dict[int, str]:
    """The compiler's own qualified names, where this Python keeps them (3.11 and later)."""
    found: dict[int, str] = {}
    todo: list[types.CodeType] = [code]
    while todo and len(found) < count:
        item = todo.pop()
        for constant in item.co_consts:
            if isinstance(constant, types.CodeType):
                todo.append(constant)
            elif is_placeholder(constant):
                name = getattr(item, "co_qualname", None)
                if name is not None:
                    found[constant[1]] = name
    return found

