"""Which statements may move into functions of their own, and what else can be seen of a module's names."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from autograph_hook.transpiler.analysis.scopes import FRAME_BUILTINS, descendants
from autograph_hook.transpiler.passes.plain import Unsupported
from autograph_hook.transpiler.sites import SCRIPT, Site
from autograph_hook.transpiler.templates import at, rebuilt
from autograph_hook.transpiler.twins import body_of, declared

_LOOKS_AROUND = FRAME_BUILTINS | {
    "super", "__class__", "_getframe", "stacklevel", "currentframe", "stack", "breakpoint", "set_trace",
}  # fmt: skip
"""Names that hint at code which looks at its own frame: a statement that moved into a function is another one."""

_LOOKS_AT_MODULES = FRAME_BUILTINS | {
    "globals", "__dict__", "modules", "__main__", "getmembers", "run_path", "run_module",
}  # fmt: skip
"""Names that hint at code which may read any name of a module."""


class Annotations:
    """Stores to annotated names as plain stores: what is declared nonlocal cannot be annotated. In a function such an
    annotation does nothing."""

    def __init__(self, is_script: bool) -> None:
        self.is_script = is_script
        self.bare: dict[str, int] = {}
        """Names that are annotated without a value, and the lines."""

    def block(self, nodes: Sequence[ast.stmt]) -> list[ast.stmt]:
        return [self.statement(node) for node in nodes]

    def statement(self, node: ast.stmt) -> ast.stmt:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            if self.is_script:
                raise Unsupported(node.lineno, f"it annotates {node.target.id}, a name of the module")
            if node.value is not None:
                return at(ast.Assign([node.target], node.value), node)
            self.bare[node.target.id] = node.lineno
            return at(ast.Pass(), node)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            return node
        changed: dict[str, list[Any]] = {}
        for name in ("body", "orelse", "finalbody", "handlers", "cases"):
            inner = getattr(node, name, None)
            if inner:
                changed[name] = [self.statement(p) if isinstance(p, ast.stmt) else self.part(p) for p in inner]
        return rebuilt(node, **changed) if changed else node

    def part(self, node: Any) -> Any:
        if isinstance(node, ast.match_case):
            return ast.match_case(node.pattern, node.guard, self.block(node.body))
        return rebuilt(node, body=self.block(node.body))


def require_movable(body: Sequence[ast.stmt]) -> None:
    for node in body:
        for inner in descendants(node):
            name = inner.id if isinstance(inner, ast.Name) else inner.attr if isinstance(inner, ast.Attribute) else None
            name = inner.arg if isinstance(inner, ast.keyword) else name
            if name in _LOOKS_AROUND:
                raise Unsupported(inner.lineno, f"it uses {name}, which looks at the function that it stands in")


def site_names(site: Site) -> frozenset[str]:
    """The names that a loop of a module stores."""
    return frozenset(declared(body_of(site))[0])


def mentioned(tree: ast.Module, site: Site) -> frozenset[str]:
    """The names that a module mentions outside of one of its loops, be it as a text."""
    inside = {id(node) for statement in body_of(site) for node in descendants(statement)}
    found: set[str] = set()
    for node in descendants(tree):
        name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None
        if name in _LOOKS_AT_MODULES:
            return site_names(site)
        if id(node) in inside:
            continue
        if name is not None:
            found.add(name)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return frozenset(found)


def is_script(site: Site) -> bool:
    """Is it a loop of a module, not a function?"""
    return site.name == SCRIPT
