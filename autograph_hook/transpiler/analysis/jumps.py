"""Which jumps statements hold."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from autograph_hook.transpiler.analysis.scopes import descendants, has_walrus
from autograph_hook.transpiler.templates import RUNTIME

RETURN, JUMP, ODD = 1, 2, 4
_KINDS: dict[type[ast.AST], int] = {ast.Return: RETURN, ast.Break: JUMP, ast.Continue: JUMP}
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
"""Statements in which no jump of those around them can stand."""
UNLESS_RAISED = "unless_raised"
"""The operator, a context manager, that unsets flags of jumps: see `forgotten`."""
_BLOCKS = ("body", "orelse", "handlers", "finalbody", "cases")


class Jumps:
    """Which jumps statements hold, outside of inner functions, with what else a pass on jumps takes apart.

    `calls_rebind`: a call may bind names of this function.

    >>> loop = ast.parse("while a:\\n    if b:\\n        return c").body[0]
    >>> Jumps(False).held(loop) == RETURN
    True
    """

    def __init__(self, calls_rebind: bool) -> None:
        self.calls_rebind = calls_rebind
        self.known: dict[ast.AST, int] = {}

    def held(self, node: ast.AST) -> int:
        """The jumps, and ODD for loops with `else` or a condition that binds a name or is always true."""
        known = self.known.get(node)
        if known is None:
            known = _KINDS.get(type(node), 0)
            if not isinstance(node, SCOPES):
                for name in _BLOCKS:
                    for inner in getattr(node, name, ()):
                        known |= self.held(inner)
                if isinstance(node, (ast.For, ast.While)) and node.orelse:
                    known |= ODD
                if isinstance(node, ast.While) and (is_true(node.test) or self.binds(node.test)):
                    known |= ODD
            self.known[node] = known
        return known

    def binds(self, test: ast.expr) -> bool:
        """May evaluating a loop's condition bind a name of the function?"""
        return has_walrus(test) or (self.calls_rebind and any(isinstance(n, ast.Call) for n in descendants(test)))


def is_true(test: ast.expr) -> bool:
    """Is this the condition of a loop that only a jump can end?"""
    return isinstance(test, ast.Constant) and bool(test.value)


def forgotten(manager: ast.expr) -> ast.Tuple | None:
    """The flags that an exception unsets in `with ag__.unless_raised(lambda: (flag, flag)):`"""
    if isinstance(manager, ast.Call) and isinstance(manager.func, ast.Attribute) and manager.func.attr == UNLESS_RAISED:
        is_ours = isinstance(manager.func.value, ast.Name) and manager.func.value.id == RUNTIME
        flags = manager.args[0].body if is_ours and isinstance(manager.args[0], ast.Lambda) else None
        return flags if isinstance(flags, ast.Tuple) else None
    return None


def own_jump(body: Sequence[ast.stmt], kinds: tuple[type[ast.stmt], ...] = (ast.Break, ast.Continue)) -> bool:
    """Do these statements hold a jump of the loop that they stand in?"""
    todo: list[ast.AST] = list(body)
    while todo:
        item = todo.pop()
        if isinstance(item, kinds):
            return True
        if isinstance(item, (ast.For, ast.While)):
            todo.extend(item.orelse)
        elif not isinstance(item, (*SCOPES, ast.expr)):
            todo.extend(ast.iter_child_nodes(item))
    return False
