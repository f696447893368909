"""The arguments of `print`: texts and numbers that are made of values only to be shown.

| in the source, inside `print(…)` | in the twin |
|---|---|
| `f"a {x:.3f}"` | `ag__.text(print, "a ", ag__.piece(print, x, "", ".3f"))` |
| `"%d" % x` | `ag__.percent(print, "%d", x)` |
| `str(x)` | `ag__.shown(print, str, x)` |
| `round(float(x), 2)` | `ag__.shown(print, round, ag__.shown(print, float, x), 2)` |
| `"{}".format(x)` | `ag__.shown(print, "{}".format, x)` |
| `x.numpy()`, `x.item()` | `ag__.shown_method(print, x, "numpy")` … |

The f-string of an `assert`'s message is made in the same way, with `None` in the place of `print`. Everywhere else they
stay as they are. The pieces of a text are made one by one, in Python's order; `print` is passed
on so that a function of the user's that bears that name is given the texts themselves.

>>> from autograph_hook.transpiler.passes.expressions import Expressions
>>> from autograph_hook.transpiler.templates import readable
>>> def show(text):
...     print(readable(Expressions(None, None, ())(ast.parse(text).body[0].value)))
>>> show("print(f'loss {loss:.3f}', x, end='')")
ag__.callee(print)(ag__.text(print, 'loss ', ag__.piece(print, loss, '', '.3f')), x, end='')
>>> show("print('%d %s' % (n, str(x)))")
ag__.callee(print)(ag__.percent(print, '%d %s', (n, ag__.shown(print, str, x))))
>>> show("print(x.numpy(), g(f'{x}'))")
ag__.callee(print)(ag__.shown_method(print, x, 'numpy'), ag__.callee(g)(f'{x}'))
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from autograph_hook.transpiler.templates import at, constant, load, operator, rebuilt

CONVERSIONS = frozenset({"str", "repr", "ascii", "format", "float", "int", "bool", "round"})
METHODS = frozenset({"numpy", "item"})

Rewrite = Callable[[ast.expr], ast.expr]


def is_print(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == "print"


def shown(node: ast.expr, rewrite: Rewrite) -> ast.expr:
    """What is printed, its texts made by operators; `rewrite` is for all else."""
    if isinstance(node, ast.JoinedStr):
        return _text(node, rewrite)
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Mod)):
        return _joined(node, rewrite)
    if isinstance(node, ast.Call):
        return _called(node, rewrite) or rewrite(node)
    return rewrite(node)


def message(node: ast.JoinedStr, rewrite: Rewrite) -> ast.expr:
    """The message of an `assert`. Tensors in it stay tensors, for the check to show."""
    return operator("text", node, constant(None, node), *(_piece(part, rewrite, constant(None, node), rewrite)
                                                          for part in node.values))  # fmt: skip


def _text(node: ast.JoinedStr, rewrite: Rewrite) -> ast.expr:
    def inner(value: ast.expr) -> ast.expr:
        return shown(value, rewrite)

    pieces = [_piece(part, rewrite, load("print", node), inner) for part in node.values]
    return operator("text", node, load("print", node), *pieces)


def _piece(node: ast.expr, rewrite: Rewrite, function: ast.expr, inner: Rewrite) -> ast.expr:
    if not isinstance(node, ast.FormattedValue):
        return node
    conversion = chr(node.conversion) if node.conversion >= 0 else ""
    spec: ast.expr = constant("", node)
    if isinstance(node.format_spec, ast.JoinedStr):
        parts = node.format_spec.values
        is_fixed = len(parts) == 1 and isinstance(parts[0], ast.Constant)
        spec = parts[0] if is_fixed else _text(node.format_spec, rewrite)
    return operator("piece", node, function, inner(node.value), constant(conversion, node), spec)


def _joined(node: ast.BinOp, rewrite: Rewrite) -> ast.expr:
    if isinstance(node.op, ast.Add):
        return at(ast.BinOp(shown(node.left, rewrite), node.op, shown(node.right, rewrite)), node)
    if not _is_text(node.left):
        return rewrite(node)
    values = node.right
    if isinstance(values, ast.Tuple):
        given = rebuilt(values, elts=[shown(value, rewrite) for value in values.elts])
        return operator("percent", node, load("print", node), node.left, given)
    return operator("percent", node, load("print", node), node.left, shown(values, rewrite))


def _called(node: ast.Call, rewrite: Rewrite) -> ast.expr | None:
    function = node.func
    if any(isinstance(argument, ast.Starred) for argument in node.args):
        return None
    if isinstance(function, ast.Attribute) and function.attr in METHODS and not node.args and not node.keywords:
        owner = shown(function.value, rewrite)
        return operator("shown_method", node, load("print", node), owner, constant(function.attr, node))
    is_format = isinstance(function, ast.Attribute) and function.attr == "format" and _is_text(function.value)
    if not is_format and not (isinstance(function, ast.Name) and function.id in CONVERSIONS):
        return None
    call = operator("shown", node, load("print", node), function, *(shown(a, rewrite) for a in node.args))
    call.keywords = [at(ast.keyword(k.arg, shown(k.value, rewrite)), k) for k in node.keywords]
    return call


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
