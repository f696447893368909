"""Build pieces of tree; every new node has the location of the statement or expression that it came from.

The passes work on `ast` trees. gast would hide differences between Pythons, but on its own takes about twice as
long as parsing and compiling (0.9 s there and 1.0 s back for 84 modules of the standard library that compile in
0.1 s and parse in 0.2 s), and between Python 3.10 and 3.13 there is little left to hide.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

Node = TypeVar("Node", bound=ast.AST)

RUNTIME = "ag__"
"""The name by which a twin reaches the operators; all names that begin with it are ours."""

MIXED = "ag__mixed"
"""The name by which mixed code reaches what runs its groups."""

_LOAD = ast.Load()
_STORE = ast.Store()


def at(node: Node, like: ast.AST) -> Node:
    """Give a node the location of another."""
    node.lineno = like.lineno  # type: ignore[attr-defined]
    node.col_offset = like.col_offset  # type: ignore[attr-defined]
    node.end_lineno = like.end_lineno  # type: ignore[attr-defined]
    node.end_col_offset = like.end_col_offset  # type: ignore[attr-defined]
    return node


def rebuilt(node: Node, **changed: Any) -> Node:
    """A new node like this one, with some other parts."""
    fields = {name: getattr(node, name, None) for name in node._fields}
    kind: Any = type(node)
    made: Node = kind(**{**fields, **changed})
    return at(made, node)


def load(name: str, like: ast.AST) -> ast.Name:
    return at(ast.Name(name, _LOAD), like)


def store(name: str, like: ast.AST) -> ast.Name:
    return at(ast.Name(name, _STORE), like)


def constant(value: object, like: ast.AST) -> ast.Constant:
    return at(ast.Constant(value), like)  # type: ignore[arg-type]


def tuple_of(items: Sequence[ast.expr], like: ast.AST) -> ast.Tuple:
    return at(ast.Tuple(list(items), _LOAD), like)


def strings(names: Iterable[str], like: ast.AST) -> ast.Tuple:
    return tuple_of([constant(name, like) for name in names], like)


def operator(name: str, like: ast.AST, *arguments: ast.expr) -> ast.Call:
    """`ag__.name(arguments)`"""
    function = at(ast.Attribute(load(RUNTIME, like), name, _LOAD), like)
    # Where a method's name spans lines, the compiler takes the last one for the call's: debuggers would stop there.
    function.end_lineno, function.end_col_offset = function.lineno, function.col_offset
    return at(ast.Call(function, list(arguments), []), like)


def assign(name: str, value: ast.expr, like: ast.AST) -> ast.Assign:
    return at(ast.Assign([store(name, like)], value), like)


def statement(value: ast.expr, like: ast.AST) -> ast.Expr:
    return at(ast.Expr(value), like)


def parameters(names: Sequence[str], like: ast.AST) -> ast.arguments:
    return ast.arguments(
        posonlyargs=[at(ast.arg(name), like) for name in names], args=[], kwonlyargs=[], kw_defaults=[], defaults=[]
    )


THUNK = "ag__none"
"""The parameter by which a lambda of ours is told from the user's."""


def thunk(body: ast.expr, like: ast.AST) -> ast.Lambda:
    """`lambda: body`, which is compiled as `lambda *ag__none: body`."""
    arguments = parameters((), like)
    arguments.vararg = at(ast.arg(THUNK), like)
    return at(ast.Lambda(arguments, body), like)


EACH = {"GeneratorExp": "ag__genexpr_", "ListComp": "ag__listcomp_"}
"""How functions begin that are what Python has a function of its own for, until 3.12 for lists, too."""
ITEMS = "ag__items"
"""The parameter of a function of ours that is given what a comprehension runs over."""


def lambda_of(parameter: str, body: ast.expr, like: ast.AST) -> ast.Lambda:
    """`lambda parameter: body`; the parameter's name is one of ours."""
    arguments = ast.arguments(
        posonlyargs=[], args=[at(ast.arg(parameter), like)], kwonlyargs=[], kw_defaults=[], defaults=[]
    )
    return at(ast.Lambda(arguments, body), like)


def readable(tree: ast.AST) -> str:
    """Source text in which our own lambdas have no parameter."""
    return ast.unparse(tree).replace(f"lambda *{THUNK}: ", "lambda: ")


def function(name: str, arguments: Sequence[str], body: list[ast.stmt], like: ast.AST) -> ast.FunctionDef:
    """`def name(arguments): body`"""
    node = ast.FunctionDef(name=name, args=parameters(arguments, like), body=body, decorator_list=[])
    node.type_params = []  # type: ignore[attr-defined]  # wanted from Python 3.12 on
    return at(node, like)
