"""How often Python asks the operands of `and` and `or` for their truth: what can be seen of an object that notes it.

A condition (`if`, `while`, `assert`, the first part of a conditional expression, …) asks each part once. Where the
value is wanted, `a and b or c` asks a false `a` once or twice, by the version of Python.
"""

from __future__ import annotations

import ast
import sys

from autograph_hook.transpiler.templates import at, constant

ASKS_ONCE = sys.version_info < (3, 12)
"""Is an operand of `and` or `or` that is `and` or `or` itself asked once, where the value is wanted?"""


def flat(node: ast.BoolOp) -> list[ast.expr]:
    """The operands of `(a and b) and c`: those of an operand that is the same operator, unless it is the last.

    >>> [ast.unparse(part) for part in flat(ast.parse("(a and b) and (c or d) and (e and f)").body[0].value)]
    ['a', 'b', 'c or d', 'e and f']
    """
    found: list[ast.expr] = []
    for value in node.values[:-1]:
        found += flat(value) if isinstance(value, ast.BoolOp) and type(value.op) is type(node.op) else [value]
    return [*found, node.values[-1]]


def truth(node: ast.expr) -> ast.expr:
    """`True if condition else False`: nobody asks the parts that have decided it again."""
    return at(ast.IfExp(node, constant(True, node), constant(False, node)), node)
