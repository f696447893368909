"""A loop that begins with `if …: break` tests that in its condition.

Before:

    while a:
        if b:
            break
        f()

After:

    while a and not b:
        f()

Python evaluates the same in the same order. In a graph the rest of the body would be a branch under a flag that every
iteration hands on: a condition of the loop costs less. A loop's condition in a graph must not change anything, and a
name that has no value yet is nothing that it can carry. So this is done only where the test plainly changes nothing,
and what it reads has a value before the loop.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from autograph_hook.transpiler.analysis.scopes import descendants, has_walrus
from autograph_hook.transpiler.templates import at, rebuilt

_BUILTINS = frozenset({"abs", "bool", "len", "max", "min"})
_HARMLESS = (
    ast.Name,
    ast.Constant,
    ast.Attribute,
    ast.Subscript,
    ast.Slice,
    ast.Tuple,
    ast.List,
    ast.Compare,
    ast.BoolOp,
    ast.UnaryOp,
    ast.BinOp,
    ast.Call,
    ast.keyword,
)
_BLOCKS = (ast.If, ast.While, ast.For, ast.With)


def without_leading_breaks(
    body: Sequence[ast.stmt], given: Sequence[str], plain: frozenset[int] = frozenset()
) -> list[ast.stmt]:
    """A function's statements with the leading breaks of loops in their conditions.

    `given` are the names that have a value at the start or come from enclosing functions. Loops and breaks on lines of
    `plain` stay.

    >>> tree = ast.parse('''
    ... x = start
    ... while n < limit:
    ...     if tf.norm(x) < small or n > other:
    ...         break
    ...     x = f(x)
    ... while True:
    ...     if y > 1 or f(y):
    ...         break
    ...     y = f(y)
    ... ''')
    >>> print(ast.unparse(ast.Module(without_leading_breaks(tree.body, ()), [])))
    x = start
    while n < limit and (not (tf.norm(x) < small or n > other)):
        x = f(x)
    while True:
        if y > 1 or f(y):
            break
        y = f(y)
    """
    return _LeadingBreaks(body, given, plain).block(body, set(given))


class _LeadingBreaks:
    def __init__(self, body: Sequence[ast.stmt], given: Sequence[str], plain: frozenset[int]) -> None:
        self.body = body
        self.given = given
        self.plain = plain
        self.own: set[str] | None = None

    def block(self, statements: Sequence[ast.stmt], defined: set[str]) -> list[ast.stmt]:
        """The statements anew; `defined` are the names that have a value before them."""
        out = []
        defined = set(defined)
        for node in statements:
            if isinstance(node, _BLOCKS):
                node = self.compound(node, defined)
            elif isinstance(node, (ast.Assign, ast.AnnAssign)):
                if node.value is not None:
                    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                    defined.update(_names(targets))
            elif isinstance(node, ast.Delete):
                defined.difference_update(_names(node.targets))
            out.append(node)
        return out

    def compound(self, node: ast.stmt, defined: set[str]) -> ast.stmt:
        if isinstance(node, ast.While):
            node = self.loop(node, defined)
        parts = {}
        for name in ("body", "orelse"):
            old = getattr(node, name, [])
            new = self.block(old, defined)
            if any(one is not other for one, other in zip(old, new, strict=True)):
                parts[name] = new
        return rebuilt(node, **parts) if parts else node

    def loop(self, loop: ast.While, defined: set[str]) -> ast.While:
        tests = [] if isinstance(loop.test, ast.Constant) and loop.test.value else [loop.test]
        body = loop.body
        while len(body) > 1 and self.breaks(body[0]) and self.may_move(body[0].test, loop, defined):  # type: ignore[attr-defined]
            test = body[0].test  # type: ignore[attr-defined]
            tests.append(at(ast.UnaryOp(ast.Not(), test), test))
            body = body[1:]
        if body is loop.body:
            return loop
        test = tests[0] if len(tests) == 1 else at(ast.BoolOp(ast.And(), tests), loop.test)
        return at(ast.While(test, body, []), loop)

    def breaks(self, node: ast.stmt) -> bool:
        """Is this `if …: break`, and nothing else?"""
        return (
            isinstance(node, ast.If)
            and not node.orelse
            and len(node.body) == 1
            and isinstance(node.body[0], ast.Break)
            and node.lineno not in self.plain
        )

    def may_move(self, test: ast.expr, loop: ast.While, defined: set[str]) -> bool:
        if loop.orelse or loop.lineno in self.plain or has_walrus(loop.test):
            return False
        changed, altered, deleted = _changes(loop.body)
        for node in descendants(test):
            if not isinstance(node, _HARMLESS) or (isinstance(node, ast.Call) and not self.is_outside(node.func)):
                return False
            if isinstance(node, ast.Name):
                name = node.id
                if name in altered or name in deleted or (name in changed and name not in defined):
                    return False
        return True

    def is_outside(self, function: ast.expr) -> bool:
        """Is this a function of a module, as far as one can see: no function or method of what the user has here?"""
        if isinstance(function, ast.Name):
            return function.id in _BUILTINS and function.id not in self.locals()
        if not isinstance(function, ast.Attribute):
            return False
        while isinstance(function, ast.Attribute):
            function = function.value
        return isinstance(function, ast.Name) and function.id not in self.locals()

    def locals(self) -> set[str]:
        if self.own is None:
            changed, _, _ = _changes(self.body)
            self.own = changed.union(self.given)
        return self.own


def _names(targets: Sequence[ast.expr]) -> Iterator[str]:
    for target in targets:
        if isinstance(target, ast.Name):
            yield target.id
        elif isinstance(target, (ast.Tuple, ast.List)):
            yield from _names(target.elts)
        elif isinstance(target, ast.Starred):
            yield from _names([target.value])


def _changes(body: Sequence[ast.stmt]) -> tuple[set[str], set[str], set[str]]:
    """The names that statements bind, those of which they change a part, and those that they delete."""
    changed: set[str] = set()
    altered: set[str] = set()
    deleted: set[str] = set()
    for statement in body:
        for node in descendants(statement):
            context = getattr(node, "ctx", None)
            if context is None or isinstance(context, ast.Load):
                continue
            if isinstance(node, ast.Name):
                (deleted if isinstance(context, ast.Del) else changed).add(node.id)
                continue
            while isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
                node = node.value
            if isinstance(node, ast.Name):
                altered.add(node.id)
    return changed, altered, deleted
