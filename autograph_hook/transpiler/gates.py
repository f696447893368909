"""Put a gate at the start of every function of a module.

A gate is an object among a function's constants. In the tree that is compiled, and in the cache, a placeholder
stands in its place: a tuple that no program writes, which marshal keeps and the compiler does not fold away in
the one position where it is tested (`1 in PLACEHOLDER` is not folded; `if PLACEHOLDER` would be).
`runtime.attach` puts the live gates in when the module is loaded.

So a gate leaves no trace in the module's namespace, in `co_names`, `co_freevars`, `locals()` or the signature.

Cost of a shut gate per call, CPython 3.11, where an empty call takes 23 ns: `1 in gate` on an array subclass
+5 ns (a search in an empty array). A slotted object's attribute costs the same, but puts a name in `co_names`.
"""

from __future__ import annotations

import ast
from typing import TypeVar

from autograph_hook.transpiler.analysis.scopes import descendants, free_names, future_annotations
from autograph_hook.transpiler.analysis.variables import changes
from autograph_hook.transpiler.events import first_line
from autograph_hook.transpiler.sites import SCRIPT, Site, Walk, first_line_of
from autograph_hook.transpiler.templates import at, parameters

MARK = "autograph_hook gate"
"""First element of a placeholder; the second is the number of the function in the module."""

Node = TypeVar("Node", bound=ast.AST)


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
        if 1 in GATE and (None or GATE)(None, x, k=k):
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
    walk = Walk(plain_lines)
    for statement in tree.body:
        walk.visit(statement)
    loops = _loops(tree.body, plain_lines)
    free = free_names(walk.nests, future_annotations(tree), walk.any_walrus) if walk.nests else {}
    for site in walk.sites:
        site.declarations = walk.declarations
        _insert(site, free.get(site.node, ("__class__",) if site.uses_class else ()))
    for block, index in loops:
        walk.sites.append(_insert_before_loop(block, index, len(walk.sites)))
    return walk.sites


def _loops(body: list[ast.stmt], plain_lines: frozenset[int]) -> list[tuple[list[ast.stmt], int]]:
    """The outermost loops of a module that call something: the block that each stands in, and where."""
    found: list[tuple[list[ast.stmt], int]] = []
    for i, node in enumerate(body):
        if node.lineno in plain_lines:
            continue
        if isinstance(node, (ast.For, ast.While)):
            if any(isinstance(inner, ast.Call) for part in node.body for inner in descendants(part)):
                found.append((body, i))
        elif isinstance(node, (ast.If, ast.With, ast.Try)):
            for name in ("body", "orelse", "finalbody"):
                found += _loops(getattr(node, name, []), plain_lines)
    return found


def _insert_before_loop(block: list[ast.stmt], index: int, number: int) -> Site:
    """Before:

        for x in xs: f(x)

    After:

        if 1 in GATE and (None or GATE)(None):
            (None or GATE)()
        else:
            for x in xs: f(x)
    """
    loop = block[index]
    stored = sorted(changes([loop]).names)
    body: list[ast.stmt] = [loop]
    if stored:
        body.insert(0, at(ast.Global(stored), loop))
    function = ast.FunctionDef(name=SCRIPT, args=parameters((), loop), body=body, decorator_list=[])
    function.type_params = []  # type: ignore[attr-defined]
    site = Site(number, at(function, loop), (), uses_class=False, walrus=True, matches=True, body=body)
    gate = _Gate(site, (), loop.lineno)
    block[index] = gate.at(ast.If(gate.test(), [gate.at(ast.Expr(gate.result()))], [loop]))
    return site


def _insert(site: Site, free: tuple[str, ...]) -> None:
    node = site.node
    site.free = free
    if site.is_generator:
        assert isinstance(node, ast.FunctionDef)
        site.body = node.body
    elif isinstance(node, ast.Lambda):
        site.body = node.body
        gate = _Gate(site, free, node.body.lineno)
        node.body = gate.at(ast.IfExp(test=gate.test(), body=gate.result(), orelse=node.body))
    else:
        site.body = node.body
        start = 1 if _has_docstring(node) else 0
        gate = _Gate(site, free, first_line(node.body[start:], first_line_of(node)))
        statement = gate.at(ast.If(test=gate.test(), body=[gate.at(ast.Return(gate.result()))], orelse=[]))
        node.body = [*node.body[:start], statement, *node.body[start:]]


class _Gate:
    """The nodes of one gate, all on the line where the function's first event is. They have no columns: there is
    nothing of theirs in that line that a traceback could underline."""

    def __init__(self, site: Site, free: tuple[str, ...], line: int) -> None:
        self.function = site.node
        self.number = site.number
        self.free = free
        self.line = line

    def at(self, node: Node) -> Node:
        node.lineno = node.end_lineno = self.line  # type: ignore[attr-defined]
        node.col_offset = node.end_col_offset = -1  # type: ignore[attr-defined]
        return node

    def gate(self) -> ast.expr:
        return self.at(ast.Constant(placeholder(self.number)))  # type: ignore[arg-type]

    def name(self, name: str) -> ast.expr:
        return self.at(ast.Name(name, ast.Load()))

    def test(self) -> ast.expr:
        is_open = self.at(ast.Compare(self.at(ast.Constant(1)), [ast.In()], [self.gate()]))
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


def _has_docstring(node: ast.FunctionDef) -> bool:
    first = node.body[0]
    return isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
