"""What a run of statements changes: names, and attributes and items of names."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from autograph_hook.transpiler.analysis.scopes import COMPREHENSIONS, FUNCTIONS, kind


@dataclass(frozen=True)
class Place:
    """An attribute or item that is stored to, whose base and key are simple enough to be read twice."""

    label: str
    node: ast.Attribute | ast.Subscript
    names: frozenset[str]
    """The names that its base and its key are made of."""


@dataclass
class Changes:
    names: set[str] = field(default_factory=set)
    places: dict[str, Place] = field(default_factory=dict)


def changes(statements: Iterable[ast.stmt]) -> Changes:
    """The names that the statements bind or delete in their own scope, and the simple places that they store to.

    >>> found = changes(ast.parse('''
    ... if a:
    ...     x, (y, self.z) = f()
    ...     d["k"] += 1
    ...     d[g()] = 2
    ... ''').body)
    >>> sorted(found.names), sorted(found.places)
    (['x', 'y'], ["d['k']", 'self.z'])
    """
    found = Changes()
    for item in statements:
        _visit(item, found)
    return found


def _visit(node: ast.AST, found: Changes) -> None:
    name = kind(node)
    if name == "Name":
        if not isinstance(node.ctx, ast.Load):  # type: ignore[attr-defined]
            found.names.add(node.id)  # type: ignore[attr-defined]
        return
    if name == "Constant":
        return
    if isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
        place = _place(node)
        if place is not None:
            found.places.setdefault(place.label, place)
    elif name in FUNCTIONS or name == "ClassDef":
        if name != "Lambda":
            found.names.add(node.name)  # type: ignore[attr-defined]
        return
    elif name in COMPREHENSIONS:
        for inner in ast.walk(node):
            if isinstance(inner, ast.NamedExpr):
                found.names.add(inner.target.id)
        return
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        for alias in node.names:
            found.names.add((alias.asname or alias.name).partition(".")[0])
        return
    elif isinstance(node, ast.ExceptHandler):
        if node.name:
            found.names.add(node.name)
    elif isinstance(node, ast.AnnAssign):
        if node.value is None:
            return
        _visit(node.target, found)
        _visit(node.value, found)
        return
    elif name in ("MatchAs", "MatchStar"):
        if node.name:  # type: ignore[attr-defined]
            found.names.add(node.name)  # type: ignore[attr-defined]
    elif name == "MatchMapping" and node.rest:  # type: ignore[attr-defined]
        found.names.add(node.rest)  # type: ignore[attr-defined]
    for child in ast.iter_child_nodes(node):
        _visit(child, found)


def _place(node: ast.Attribute | ast.Subscript) -> Place | None:
    names: set[str] = set()
    if not _simple(node.value, names):
        return None
    if isinstance(node, ast.Subscript) and not _simple_key(node.slice, names):
        return None
    return Place(ast.unparse(node), node, frozenset(names))


def _simple(node: ast.expr, names: set[str]) -> bool:
    """Names and attributes of names: reading them twice does no harm."""
    while isinstance(node, ast.Attribute):
        node = node.value
    if isinstance(node, ast.Name):
        names.add(node.id)
        return True
    return False


def _simple_key(node: ast.expr, names: set[str]) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
    if isinstance(node, ast.Constant):
        return True
    return _simple(node, names)
