"""The names that stand for jumps: flags, and the value that a function returns."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence

from autograph_hook.transpiler.analysis.jumps import SCOPES, forgotten
from autograph_hook.transpiler.templates import at, load, operator, thunk

RESULT = "ag__result"
RETURNED = "ag__returned"


def none_of(flags: Sequence[str], like: ast.AST) -> ast.expr:
    """`ag__.not_(flag)`, or of several `ag__.not_(ag__.or_(flag, lambda: flag))`"""
    test: ast.expr = load(flags[-1], like)
    for flag in reversed(flags[:-1]):
        test = operator("or_", like, load(flag, like), thunk(test, like))
    return operator("not_", like, test)


def pruned(statements: list[ast.stmt], read: Collection[str]) -> list[ast.stmt]:
    """Without the flags that nobody reads."""
    kept: list[ast.stmt] = []
    for node in statements:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name.startswith(("ag__break_", "ag__continue_", RETURNED)) and name not in read:
                continue
        elif isinstance(node, ast.With):
            node.items[:] = [item for item in node.items if not _names_none(item, read)]
        for part in ("body", "orelse", "finalbody"):
            inner = getattr(node, part, None)
            if isinstance(inner, list) and not isinstance(node, SCOPES):
                shorter = pruned(inner, read)
                if part == "body" and not shorter:
                    shorter = [at(ast.Pass(), node)]
                setattr(node, part, shorter)
        for part in ("handlers", "cases"):
            for item in getattr(node, part, ()):
                item.body = pruned(item.body, read) or [at(ast.Pass(), node)]
        kept.append(node)
    return kept


def _names_none(item: ast.withitem, read: Collection[str]) -> bool:
    """Has an item whose flags are unset by an exception none of them that anybody reads? The others go."""
    names = forgotten(item.context_expr)
    if names is None:
        return False
    names.elts[:] = [name for name in names.elts if isinstance(name, ast.Name) and name.id in read]
    return not names.elts
