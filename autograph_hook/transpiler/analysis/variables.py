"""What a run of statements changes: names, and attributes and items of names."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from autograph_hook.transpiler.analysis.parts import PARTS
from autograph_hook.transpiler.analysis.scopes import COMPREHENSIONS, FUNCTIONS, at_once, descendants, kind


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


@dataclass
class Known:
    """What is known of the statements of one function."""

    walrus: bool = True
    """May there be a `:=`? If not, no expression that is evaluated needs to be looked at."""
    table: dict[ast.stmt, Changes] = field(default_factory=dict)
    """Changes of statements that were looked at before."""


def changes(statements: Iterable[ast.stmt], known: Known | None = None) -> Changes:
    """The names that the statements bind or delete in their own scope, and the simple places that they store to.

    With `known`, no statement of a tree is looked at twice, however often it is asked about.

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
    if known is None:
        known = Known()
    for item in statements:
        _add(item, found, known)
    return found


def _add(node: ast.stmt, found: Changes, known: Known) -> None:
    """The changes of a statement: those of the statements in it, and of its own expressions."""
    own = known.table.get(node)
    if own is None:
        own = known.table[node] = Changes()
        inner = _storing_parts(node, known.walrus)
        if inner is None:
            _visit(node, own)
        else:
            for part in inner:
                if isinstance(part, ast.stmt):
                    _add(part, own, known)
                else:
                    _visit(part, own)
    found.names |= own.names
    for label, place in own.places.items():
        found.places.setdefault(label, place)


def _storing_parts(node: ast.stmt, walrus: bool) -> list[ast.AST] | None:
    """The parts of a statement that may store: statements and targets, and with `walrus` what is evaluated. None:
    all of it."""
    evaluated: list[ast.AST]
    stored: list[ast.AST]
    if isinstance(node, ast.Assign):
        stored, evaluated = [*node.targets], [node.value]
    elif isinstance(node, ast.AugAssign):
        stored, evaluated = [node.target], [node.value]
    elif isinstance(node, (ast.Expr, ast.Return)):
        stored, evaluated = [], [node.value] if node.value is not None else []
    elif isinstance(node, (ast.If, ast.While)):
        stored, evaluated = [*node.body, *node.orelse], [node.test]
    elif isinstance(node, (ast.For, ast.AsyncFor)):
        stored, evaluated = [node.target, *node.body, *node.orelse], [node.iter]
    elif isinstance(node, (ast.With, ast.AsyncWith)):
        stored, evaluated = [*node.items, *node.body], []
    else:
        return None
    return [*evaluated, *stored] if walrus else stored


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
        for part in at_once(node):
            _visit(part, found)
        return
    elif name in COMPREHENSIONS:
        for inner in descendants(node):
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
    for field_name in PARTS[type(node)]:
        value = getattr(node, field_name, None)
        if value.__class__ is list:
            for child in value:
                if isinstance(child, ast.AST):
                    _visit(child, found)
        elif isinstance(value, ast.AST):
            _visit(value, found)


def _place(node: ast.Attribute | ast.Subscript) -> Place | None:
    names: set[str] = set()
    if not _simple(node.value, names):
        return None
    if isinstance(node, ast.Subscript) and not _simple_key(node.slice, names):
        return None
    return Place(ast.unparse(node), node, frozenset(names))


def _simple(node: ast.expr, names: set[str]) -> bool:
    """Names, and attributes and simple items of them: reading them twice does no harm."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        if isinstance(node, ast.Subscript) and not _simple_key(node.slice, names):
            return False
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


def bound_names(target: ast.expr) -> set[str]:
    """The names that a store to a target binds."""
    if isinstance(target, ast.Name):
        return {target.id}
    if isinstance(target, (ast.Tuple, ast.List)):
        return set().union(*map(bound_names, target.elts))
    return bound_names(target.value) if isinstance(target, ast.Starred) else set()
