"""Put a gate at the start of every function of a module.

A gate is an object among a function's constants. In the tree that is compiled, and in the cache, a placeholder
stands in its place: a tuple that no program writes, which marshal keeps and the compiler does not fold away in
the one position where it is tested (`None in PLACEHOLDER` is not folded; `if PLACEHOLDER` would be).
`runtime.attach` puts the live gates in when the module is loaded.

So a gate leaves no trace in the module's namespace, in `co_names`, `co_freevars`, `locals()` or the signature.

Cost of a shut gate per call, CPython 3.11, where an empty call takes 32 ns: `None in gate` on a list subclass
+5 ns (a search in an empty list). A slotted object's attribute costs the same, but puts a name in `co_names`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from autograph_hook.transpiler.analysis.scopes import free_names, future_annotations
from autograph_hook.transpiler.events import first_line, is_declaration

MARK = "autograph_hook gate"
"""First element of a placeholder; the second is the number of the function in the module."""

Function: TypeAlias = ast.FunctionDef | ast.Lambda
Node = TypeVar("Node", bound=ast.AST)


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
        return self.node.lineno if isinstance(self.node, ast.Lambda) else _first_line_of(self.node)

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


def placeholder(number: int) -> tuple[str, int]:
    return (MARK, number)


def is_placeholder(constant: object) -> bool:
    return type(constant) is tuple and len(constant) == 2 and constant[0] == MARK


def insert_gates(tree: ast.Module, plain_lines: frozenset[int] = frozenset()) -> list[Site]:
    """Change `tree` in place; return the functions that now have a gate, and the generator functions.

    >>> tree = ast.parse('''
    ... def f(x, *, k):
    ...     "doc"
    ...     return x + k
    ... ''')
    >>> [site.qualname for site in insert_gates(tree)]
    ['f']
    >>> print(ast.unparse(tree).replace(str(placeholder(0)), 'GATE'))
    def f(x, *, k):
        \"\"\"doc\"\"\"
        if None in GATE and (None or GATE)(None, x, k=k):
            return (None or GATE)()
        return x + k

    Coroutines and functions with nothing to stage have none; a generator function has none in its code:

    >>> tree = ast.parse('''
    ... async def g(x):
    ...     await x
    ... def h(x):
    ...     pass
    ... def i(x):
    ...     yield x
    ... ''')
    >>> [(site.name, site.is_generator) for site in insert_gates(tree)]
    [('i', True)]
    >>> print(ast.unparse(tree.body[2]))
    def i(x):
        yield x

    A function on one of `plain_lines` has none either, nor has anything inside it.
    """
    walk = _Walk(plain_lines)
    for statement in tree.body:
        walk.visit(statement)
    free = free_names(walk.nests, future_annotations(tree), walk.any_walrus) if walk.nests else {}
    for site in walk.sites:
        site.declarations = walk.declarations
        _insert(site, free.get(site.node, ("__class__",) if site.uses_class else ()))
    return walk.sites


def _insert(site: Site, free: tuple[str, ...]) -> None:
    node = site.node
    site.free = free
    if site.is_generator:
        assert isinstance(node, ast.FunctionDef)
        site.body = node.body
    elif isinstance(node, ast.Lambda):
        site.body = node.body
        gate = _Gate(site, free, node.body.lineno, node.body.col_offset)
        node.body = gate.at(ast.IfExp(test=gate.test(), body=gate.result(), orelse=node.body))
    else:
        site.body = node.body
        start = 1 if _has_docstring(node) else 0
        gate = _Gate(site, free, first_line(node.body[start:], _first_line_of(node)), node.body[start].col_offset)
        statement = gate.at(ast.If(test=gate.test(), body=[gate.at(ast.Return(gate.result()))], orelse=[]))
        node.body = [*node.body[:start], statement, *node.body[start:]]


class _Walk:
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
        self.special: dict[type[ast.AST], Callable[[Any], None]] = {
            ast.FunctionDef: self._function,
            ast.AsyncFunctionDef: self._function,
            ast.Lambda: self._function,
            ast.ClassDef: self._class,
            ast.ListComp: self._comprehension,
            ast.SetComp: self._comprehension,
            ast.DictComp: self._comprehension,
            ast.GeneratorExp: self._comprehension,
            ast.NamedExpr: self._walrus,
            ast.Match: self._match,
            ast.Global: self._declaration,
            ast.Nonlocal: self._declaration,
            ast.Yield: self._yield,
            ast.YieldFrom: self._yield,
            ast.Await: self._yield,
            ast.Name: self._name,
        }

    def visit(self, node: ast.AST) -> None:
        special = self.special.get(type(node))
        if special is not None:
            special(node)
        else:
            self.inside(node)

    def inside(self, node: ast.AST) -> None:
        visit = self.visit
        for name in node._fields:
            value = getattr(node, name, None)
            if value.__class__ is list:
                for item in value:
                    if isinstance(item, ast.AST):
                        visit(item)
            elif isinstance(value, ast.AST) and value._fields:
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


class _Gate:
    """The nodes of one gate, all on the line where the function's first event is."""

    def __init__(self, site: Site, free: tuple[str, ...], line: int, column: int) -> None:
        self.function = site.node
        self.number = site.number
        self.free = free
        self.line = line
        self.column = column

    def at(self, node: Node) -> Node:
        node.lineno = node.end_lineno = self.line  # type: ignore[attr-defined]
        node.col_offset = node.end_col_offset = self.column  # type: ignore[attr-defined]
        return node

    def gate(self) -> ast.expr:
        return self.at(ast.Constant(placeholder(self.number)))  # type: ignore[arg-type]

    def name(self, name: str) -> ast.expr:
        return self.at(ast.Name(name, ast.Load()))

    def test(self) -> ast.expr:
        is_open = self.at(ast.Compare(self.at(ast.Constant(None)), [ast.In()], [self.gate()]))
        return self.at(ast.BoolOp(ast.And(), [is_open, self.take()]))

    def called(self, values: list[ast.expr], keywords: list[ast.keyword]) -> ast.expr:
        """A call of the gate; `None or` keeps the compiler from warning that a tuple is called."""
        function = self.at(ast.BoolOp(ast.Or(), [self.at(ast.Constant(None)), self.gate()]))
        return self.at(ast.Call(function, values, keywords))

    def take(self) -> ast.expr:
        """GATE(cells, argument, ...): may return True, and has the result ready then."""
        parameters = self.function.args
        values = [self.cells()]
        values += [self.name(a.arg) for a in (*parameters.posonlyargs, *parameters.args)]
        if parameters.vararg:
            values.append(self.at(ast.Starred(self.name(parameters.vararg.arg), ast.Load())))
        keywords = [self.at(ast.keyword(a.arg, self.name(a.arg))) for a in parameters.kwonlyargs]
        if parameters.kwarg:
            keywords.append(self.at(ast.keyword(None, self.name(parameters.kwarg.arg))))
        return self.called(values, keywords)

    def cells(self) -> ast.expr:
        """A function whose closure holds the cells of the user's function; None where it has none."""
        if not self.free:
            return self.at(ast.Constant(None))
        nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
        names = self.at(ast.Tuple([self.name(name) for name in self.free], ast.Load()))
        return self.at(ast.Lambda(nothing, names))

    def result(self) -> ast.expr:
        return self.called([], [])


def _first_line_of(node: ast.FunctionDef) -> int:
    """As in the function's code object: its decorators count."""
    return node.decorator_list[0].lineno if node.decorator_list else node.lineno


def _has_docstring(node: ast.FunctionDef) -> bool:
    first = node.body[0]
    return isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)


def _is_trivial(node: Function) -> bool:
    """Is there nothing in the function that a twin could do otherwise?"""
    if isinstance(node, ast.Lambda):
        return isinstance(node.body, ast.Constant)
    for statement in node.body:
        value = statement.value if isinstance(statement, (ast.Expr, ast.Return)) else statement
        if not (value is None or isinstance(value, (ast.Constant, ast.Pass)) or is_declaration(statement)):
            return False
    return True
