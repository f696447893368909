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
from autograph_hook.transpiler.layout import packed, without_placeholders


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
        code, layout = without_placeholders(self.code)
        problems = tuple(map(tuple, self.problems))
        return (code, layout, len(self.functions), marshal.dumps(self.functions), packed(self.twins), problems)


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

