"""Which names a scope binds, uses and takes from the scopes around it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from autograph_hook.transpiler.analysis.parts import PARTS

FUNCTIONS = frozenset({"FunctionDef", "AsyncFunctionDef", "Lambda"})
FRAME_BUILTINS = frozenset({"locals", "vars", "dir", "eval", "exec"})
"""Builtins that look at the frame that calls them."""
COMPREHENSIONS = frozenset({"ListComp", "SetComp", "DictComp", "GeneratorExp"})


def kind(node: Any) -> str:
    return type(node).__name__


def children(node: Any) -> Iterator[Any]:
    """The child nodes of a node, without operators and contexts."""
    for name in PARTS[type(node)]:
        value = getattr(node, name, None)
        if isinstance(value, list):
            for item in value:
                if isinstance(item, ast.AST):
                    yield item
        elif isinstance(value, ast.AST):
            yield value


def descendants(node: Any) -> Iterator[Any]:
    """The node and all below it. (`ast.walk` imports `collections` when it is called, which may be what is loading.)"""
    todo = [node]
    while todo:
        item = todo.pop()
        yield item
        todo.extend(children(item))


def mangled(name: str, class_name: str | None) -> str:
    """A private name as the compiler writes it inside a class.

    >>> mangled("__x", "_C"), mangled("__x__", "C"), mangled("__x", None), mangled("__x", "_")
    ('_C__x', '__x__', '__x', '__x')
    """
    if class_name is None or not name.startswith("__") or name.endswith("__") or "." in name:
        return name
    owner = class_name.lstrip("_")
    return f"_{owner}{name}" if owner else name


def has_walrus(node: ast.expr) -> bool:
    """Does evaluating the expression bind a name of the function around it?"""
    todo: list[ast.AST] = [node]
    while todo:
        item = todo.pop()
        if isinstance(item, ast.NamedExpr):
            return True
        if not isinstance(item, ast.Lambda):
            todo.extend(ast.iter_child_nodes(item))
    return False


def has_yield(node: ast.AST) -> bool:
    """Does a statement or an expression hold a `yield` of the function that it stands in?"""
    todo = [node]
    while todo:
        item = todo.pop()
        if isinstance(item, (ast.Yield, ast.YieldFrom)):
            return True
        if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)):
            todo.extend((*item.decorator_list, item.args))
        elif isinstance(item, ast.Lambda):
            todo.append(item.args)
        else:
            todo.extend(children(item))
    return False


@dataclass
class Scope:
    """The names of one function, class or comprehension."""

    bound: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    globals: set[str] = field(default_factory=set)
    nonlocals: set[str] = field(default_factory=set)
    captured: set[str] = field(default_factory=set)
    """Names that scopes inside this one take from outside themselves."""

    @property
    def locals(self) -> set[str]:
        return self.bound - self.globals - self.nonlocals

    @property
    def free(self) -> set[str]:
        """Names that come from an enclosing function, from the module or from the builtins."""
        return ((self.used | self.captured | self.nonlocals) - self.locals) - self.globals


def scope_of(node: Any, *, future_annotations: bool = False) -> Scope:
    """The scope of a function, lambda, class or comprehension, with what inner scopes take from it.

    >>> tree = ast.parse('''
    ... def f(a):
    ...     for i in a:
    ...         b = lambda x: x + a + c
    ... ''')
    >>> scope = scope_of(tree.body[0])
    >>> sorted(scope.locals), sorted(scope.captured), sorted(scope.free)
    (['a', 'b', 'i'], ['a', 'c'], ['c'])
    """
    reader = _Reader(future_annotations)
    return reader.read(node)


def future_annotations(tree: ast.Module) -> bool:
    """Does the module leave annotations unevaluated?"""
    return any(
        isinstance(s, ast.ImportFrom) and s.module == "__future__" and any(a.name == "annotations" for a in s.names)
        for s in tree.body
    )


def free_names(
    functions: Iterable[tuple[Any, bool]], future: bool = False, walrus: bool = True
) -> dict[Any, tuple[str, ...]]:
    """The free variables, in order of name, of these outermost functions and of all inside them.

    With each function comes whether a class is around it.

    >>> tree = ast.parse('''
    ... def f(a):
    ...     def g(b):
    ...         return a + b + c
    ...     return g
    ... ''')
    >>> list(free_names([(tree.body[0], False)]).values())
    [(), ('a',)]
    """
    reader = _Reader(future, walrus)
    found: dict[Any, tuple[str, ...]] = {}
    for function, in_class in functions:
        reader.walk_enclosed(function, frozenset(), in_class, found)
    return found


class _Reader:
    def __init__(self, future_annotations: bool, walrus: bool = True) -> None:
        self.walrus = walrus
        """May there be `:=` in comprehensions?"""
        self.future = future_annotations
        self.scopes: dict[int, Scope] = {}
        self.keep: list[Any] = []

    def walrus_targets(self, node: Any) -> set[str]:
        return walrus_targets(node) if self.walrus else set()

    def read(self, node: Any) -> Scope:
        known = self.scopes.get(id(node))
        if known is not None:
            return known
        scope = Scope()
        if kind(node) in FUNCTIONS:
            for parameter in _parameters(node.args):
                scope.bound.add(parameter)
            if kind(node) == "Lambda":
                self.visit(node.body, scope)
            else:
                self.visit_all(node.body, scope)
        elif kind(node) == "ClassDef":
            self.visit_all(node.body, scope)
        else:
            self._read_comprehension(node, scope)
        self.scopes[id(node)] = scope
        self.keep.append(node)
        return scope

    def visit_all(self, nodes: list[Any], scope: Scope) -> None:
        for node in nodes:
            self.visit(node, scope)

    def visit(self, node: Any, scope: Scope) -> None:
        name = kind(node)
        if name == "Name":
            if kind(node.ctx) == "Load":
                scope.used.add(node.id)
                if node.id == "super":
                    scope.used.add("__class__")
            else:
                scope.bound.add(node.id)
        elif name == "Constant":
            return
        elif name in ("FunctionDef", "AsyncFunctionDef"):
            scope.bound.add(node.name)
            self.visit_all(node.decorator_list, scope)
            inner_scope = self.read(node)
            outer = self._type_parameters(node, scope, inner_scope)
            self._visit_signature(node, scope, outer)
        elif name == "Lambda":
            self._visit_defaults(node.args, scope)
            self._take(self.read(node), scope)
        elif name == "ClassDef":
            scope.bound.add(node.name)
            self.visit_all(node.decorator_list, scope)
            self._type_parameters(node, scope, self.read(node), is_class=True)
            self.visit_all([*node.bases, *(k.value for k in node.keywords)], scope)
        elif name in COMPREHENSIONS:
            self.visit(node.generators[0].iter, scope)
            inner = self.read(node)
            self._take(inner, scope)
            scope.bound |= self.walrus_targets(node)
        elif name == "TypeAlias":
            scope.bound.add(node.name.id)
            seen = Scope()
            self.visit_all([node.value, *node.type_params], seen)
            scope.captured |= (seen.used | seen.captured) - {p.name for p in node.type_params}
        elif name == "Global":
            scope.globals.update(node.names)
        elif name == "Nonlocal":
            scope.nonlocals.update(node.names)
        elif name in ("Import", "ImportFrom"):
            for alias in node.names:
                scope.bound.add((alias.asname or alias.name).partition(".")[0])
        elif name == "ExceptHandler":
            if isinstance(node.name, str):
                scope.bound.add(node.name)
            for child in children(node):
                self.visit(child, scope)
        elif name in ("MatchAs", "MatchStar", "MatchMapping"):
            captured = node.rest if name == "MatchMapping" else node.name
            if isinstance(captured, str):
                scope.bound.add(captured)
            for child in children(node):
                self.visit(child, scope)
        elif name == "AnnAssign":
            self.visit(node.target, scope)
            if not self.future:
                self.visit(node.annotation, scope)
            if node.value is not None:
                self.visit(node.value, scope)
        else:
            for child in children(node):
                self.visit(child, scope)

    def _read_comprehension(self, node: Any, scope: Scope) -> None:
        first = True
        for generator in node.generators:
            self.visit(generator.target, scope)
            if not first:
                self.visit(generator.iter, scope)
            first = False
            self.visit_all(generator.ifs, scope)
        if kind(node) == "DictComp":
            self.visit_all([node.key, node.value], scope)
        else:
            self.visit(node.elt, scope)
        walrus = self.walrus_targets(node)
        scope.bound -= walrus
        scope.used |= walrus

    def _visit_defaults(self, arguments: Any, scope: Scope) -> None:
        self.visit_all([d for d in (*arguments.defaults, *arguments.kw_defaults) if d is not None], scope)

    def _visit_signature(self, node: Any, scope: Scope, outer: set[str]) -> None:
        self._visit_defaults(node.args, scope)
        if self.future:
            return
        annotations = [a.annotation for a in _arguments(node.args) if getattr(a, "annotation", None) is not None]
        if node.returns is not None:
            annotations.append(node.returns)
        if annotations:
            seen = Scope()
            self.visit_all(annotations, seen)
            scope.used |= seen.used - outer
            scope.captured |= seen.captured - outer

    def _type_parameters(self, node: Any, scope: Scope, inner: Scope, is_class: bool = False) -> set[str]:
        names = {p.name for p in getattr(node, "type_params", None) or ()}
        taken = set(inner.free) - names
        if is_class:
            taken.discard("__class__")
        scope.captured |= taken
        return names

    def _take(self, inner: Scope, scope: Scope) -> None:
        scope.captured |= inner.free

    def walk_enclosed(self, node: Any, enclosing: frozenset[str], in_class: bool, found: dict[Any, Any]) -> None:
        """Record the free variables of the functions in `node`; `enclosing`: names that functions around bind."""
        name = kind(node)
        if name in FUNCTIONS or name == "ClassDef":
            parameters = frozenset(p.name for p in getattr(node, "type_params", None) or ())
            around = enclosing | parameters
            for part in outside_parts(node):
                self.walk_enclosed(part, enclosing, in_class, found)
            if name == "ClassDef":
                for statement in node.body:
                    self.walk_enclosed(statement, around, True, found)
                return
            body = node.body if isinstance(node.body, list) else [node.body]
            scope = self.read(node)
            available = around | {"__class__"} if in_class else around
            found[node] = tuple(sorted(scope.free & available))
            inner = (around | frozenset(scope.locals)) - scope.globals
            for statement in body:
                self.walk_enclosed(statement, inner, in_class, found)
        elif name in COMPREHENSIONS:
            scope = self.read(node)
            inside = enclosing | frozenset(scope.locals) if enclosing is not None else enclosing
            for child in children(node):
                self.walk_enclosed(child, inside, in_class, found)
        elif name != "Constant" and name != "Name":
            for child in children(node):
                self.walk_enclosed(child, enclosing, in_class, found)


def outside_parts(node: Any) -> list[Any]:
    """The parts of a definition that are evaluated in the scope around it."""
    parts = list(getattr(node, "decorator_list", ()))
    if kind(node) == "ClassDef":
        return [*parts, *node.bases, *(k.value for k in node.keywords)]
    return parts + [d for d in (*node.args.defaults, *node.args.kw_defaults) if d is not None]


def _arguments(arguments: Any) -> list[Any]:
    found = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return found + [a for a in (arguments.vararg, arguments.kwarg) if a is not None]


def _parameters(arguments: Any) -> list[str]:
    return [a.arg if kind(a) == "arg" else a.id for a in _arguments(arguments)]


def at_once(node: Any) -> Iterator[Any]:
    """What is evaluated where a function or a class is defined."""
    yield from getattr(node, "decorator_list", ())
    if kind(node) in FUNCTIONS:
        yield from node.args.defaults
        yield from (default for default in node.args.kw_defaults if default is not None)
    else:
        yield from node.bases
        yield from (keyword.value for keyword in node.keywords)


def walrus_targets(node: Any) -> set[str]:
    """Names that `:=` in an expression, inside its comprehensions too, binds in the function around it."""
    found: set[str] = set()
    todo = [node]
    while todo:
        item = todo.pop()
        if kind(item) == "NamedExpr":
            found.add(item.target.id)
        todo.extend(at_once(item) if kind(item) in FUNCTIONS else children(item))
    return found
