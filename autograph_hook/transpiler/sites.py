"""Which functions of a module have a gate, and what is known of each: one walk over all nodes.

A gate is for a function that may run staged: not for coroutines, for functions with nothing to stage, nor on lines
that the user keeps plain. A generator function has a twin, and no gate.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from autograph_hook.transpiler.analysis.parts import PARTS
from autograph_hook.transpiler.events import is_declaration

Function: TypeAlias = ast.FunctionDef | ast.Lambda


SCRIPT = "<module>"
"""The name of a site that is a loop of a module, not a function."""


@dataclass
class Site:
    """A function that has a gate, or a generator function."""

    number: int
    node: Function
    scopes: tuple[str, ...]
    """Kinds of the enclosing scopes and their names, outermost first: `"class C"`, `"def f"`."""
    uses_class: bool
    """Does it use `super` or `__class__` inside a class?"""
    walrus: bool
    """Is there a `:=` in it?"""
    matches: bool = False
    """Is there a `match` in it?"""
    is_generator: bool = False
    """A generator function has a twin, which only a twin that calls it reaches: no gate stands in its code."""
    declarations: bool = True
    """May there be `global` or `nonlocal` in it?"""
    body: list[ast.stmt] | ast.expr = field(default_factory=list)
    """The body without its gate."""
    free: tuple[str, ...] = ()
    """The function's free variables."""

    @property
    def first_line(self) -> int:
        """As in the function's code object: its decorators count."""
        return self.node.lineno if isinstance(self.node, ast.Lambda) else first_line_of(self.node)

    @property
    def name(self) -> str:
        return "<lambda>" if isinstance(self.node, ast.Lambda) else self.node.name

    @property
    def qualname(self) -> str:
        qualname = self.name
        for scope in reversed(self.scopes):
            kind, _, outer = scope.partition(" ")
            qualname = f"{outer}.{qualname}" if kind == "class" else f"{outer}.<locals>.{qualname}"
        return qualname

    @property
    def class_name(self) -> str | None:
        """The innermost enclosing class: private names are mangled with it."""
        for scope in reversed(self.scopes):
            kind, _, name = scope.partition(" ")
            if kind == "class":
                return name
        return None


class Walk:
    """One walk over all nodes: which functions can have a gate, and which need an analysis of their scopes."""

    def __init__(self, plain_lines: frozenset[int]) -> None:
        self.plain_lines = plain_lines
        self.sites: list[Site] = []
        self.nests: list[tuple[ast.AST, bool]] = []
        """Outermost functions that hold other scopes, and whether a class is around them."""
        self.scopes: list[str] = []
        self.depth = 0
        self.yields = self.nested = self.uses_class = self.walrus = self.matches = False
        self.declarations = self.any_walrus = False
        """Are there `global` and `nonlocal`, or `:=`, anywhere in the module?"""

    def visit(self, node: ast.AST) -> None:
        special = _SPECIAL.get(type(node))
        if special is not None:
            special(self, node)
        else:
            self.inside(node)

    def inside(self, node: ast.AST) -> None:
        visit = self.visit
        for name in PARTS[type(node)]:
            value = getattr(node, name, None)
            if value.__class__ is list:
                for item in value:
                    if isinstance(item, ast.AST):
                        visit(item)
            elif isinstance(value, ast.AST):
                visit(value)

    def _name(self, node: ast.Name) -> None:
        if node.id == "super" or node.id == "__class__":
            self.uses_class = True
            if not isinstance(node.ctx, ast.Load):
                self.nested = True  # a local of that name: only the whole analysis tells

    def _declaration(self, node: ast.AST) -> None:
        self.declarations = True

    def _walrus(self, node: ast.AST) -> None:
        self.walrus = self.any_walrus = True
        self.inside(node)

    def _match(self, node: ast.AST) -> None:
        self.matches = True
        self.inside(node)

    def _yield(self, node: ast.AST) -> None:
        self.yields = True
        self.inside(node)

    def _comprehension(self, node: ast.AST) -> None:
        self.nested = True
        self.inside(node)

    def _class(self, node: ast.ClassDef) -> None:
        self.nested = True
        for part in (*node.decorator_list, *node.bases, *node.keywords):
            self.visit(part)
        if node.lineno not in self.plain_lines:
            around = self.yields, self.nested, self.uses_class
            self.scopes.append(f"class {node.name}")
            for statement in node.body:
                self.visit(statement)
            self.scopes.pop()
            self.yields, self.nested, self.uses_class = around

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        if not isinstance(node, ast.Lambda):
            for decorator in node.decorator_list:
                self.visit(decorator)
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.visit(default)
        around = self.yields, self.uses_class, self.walrus, self.matches
        self.yields = self.nested = self.uses_class = self.walrus = self.matches = False
        if node.lineno not in self.plain_lines:
            name = "<lambda>" if isinstance(node, ast.Lambda) else node.name
            scopes = tuple(self.scopes)
            self.scopes.append(f"def {name}")
            self.depth += 1
            for part in node.body if isinstance(node.body, list) else [node.body]:
                self.visit(part)
            self.depth -= 1
            self.scopes.pop()
            in_class = any(scope.startswith("class ") for scope in scopes)
            if not self.depth and self.nested:
                self.nests.append((node, in_class))
            is_lambda = isinstance(node, ast.Lambda)
            if not isinstance(node, ast.AsyncFunctionDef) and not (is_lambda and self.yields) and not _is_trivial(node):
                uses_class = in_class and self.uses_class
                site = Site(len(self.sites), node, scopes, uses_class, self.walrus, self.matches, self.yields)
                self.sites.append(site)
        self.nested = True
        self.yields, self.walrus, self.matches = around[0], around[2], around[3]
        self.uses_class = around[1] or self.uses_class


_SPECIAL: dict[type[ast.AST], Callable[[Walk, Any], None]] = {
    ast.FunctionDef: Walk._function,
    ast.AsyncFunctionDef: Walk._function,
    ast.Lambda: Walk._function,
    ast.ClassDef: Walk._class,
    ast.ListComp: Walk._comprehension,
    ast.SetComp: Walk._comprehension,
    ast.DictComp: Walk._comprehension,
    ast.GeneratorExp: Walk._comprehension,
    ast.NamedExpr: Walk._walrus,
    ast.Match: Walk._match,
    ast.Global: Walk._declaration,
    ast.Nonlocal: Walk._declaration,
    ast.Yield: Walk._yield,
    ast.YieldFrom: Walk._yield,
    ast.Await: Walk._yield,
    ast.Name: Walk._name,
}


def first_line_of(node: ast.FunctionDef) -> int:
    """As in the function's code object: its decorators count."""
    return node.decorator_list[0].lineno if node.decorator_list else node.lineno


def _is_trivial(node: Function) -> bool:
    """Is there nothing in the function that a twin could do otherwise?"""
    if isinstance(node, ast.Lambda):
        return isinstance(node.body, ast.Constant)
    for statement in node.body:
        value = statement.value if isinstance(statement, (ast.Expr, ast.Return)) else statement
        if not (value is None or isinstance(value, (ast.Constant, ast.Pass)) or is_declaration(statement)):
            return False
    return True
