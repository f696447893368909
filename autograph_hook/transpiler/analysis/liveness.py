"""Live variables: whose present value may still be read.

The passes that lower `return`, `break` and `continue` have run, so that control flow is structured: what
remains of jumps is inside statements that stay plain, and there (as inside `try`) no store is taken to end a
name's life. A name that an inner function or a comprehension takes is live everywhere: it may be called later. So is
one that the function declares nonlocal: others read it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence

from autograph_hook.transpiler.analysis.jumps import forgotten
from autograph_hook.transpiler.analysis.parts import PARTS
from autograph_hook.transpiler.analysis.scopes import (
    COMPREHENSIONS,
    FRAME_BUILTINS,
    FUNCTIONS,
    descendants,
    kind,
    scope_of,
)
from autograph_hook.transpiler.analysis.variables import bound_names

Names = frozenset[str]
_NONE: Names = frozenset()


class Liveness:
    """The live variables after each `if`, `while` and `for`, and at the start of their bodies.

    >>> tree = ast.parse('''
    ... def f(a, b):
    ...     if a:
    ...         t = b
    ...         y = t
    ...     else:
    ...         y = 0
    ...     return y
    ... ''')
    >>> function = tree.body[0]
    >>> live = Liveness(function.body)
    >>> branch = function.body[0]
    >>> sorted(live.after[branch]), sorted(live.within[branch])
    (['y'], ['b'])
    """

    def __init__(
        self,
        body: Sequence[ast.stmt],
        ends: Mapping[ast.stmt, Sequence[str]] | None = None,
        own: Sequence[str] = (),
        jumps: bool = True,
        enclosing: Iterable[str] = (),
        swallows: bool = False,
    ) -> None:
        self.jumps = jumps
        """May there be jumps left, in statements that stay plain?"""
        self.own = own
        """The function's names, all of which `locals()` and `eval` may read."""
        self.ends = ends or {}
        """Flags that end a loop: they are read at its head."""
        self.after: dict[ast.stmt, Names] = {}
        self.within: dict[ast.stmt, Names] = {}
        """Live at the start of a body, or of either branch."""
        self.captured: set[str] = set(enclosing)
        self.comprehended: set[str] = set()
        """Names that comprehensions take."""
        self.tested: set[str] = set()
        """Names that are compared with None."""
        self.swallows = swallows
        """May a context manager take back what its body raises? Then no store in there is certain, and what raises is
        not the end. Flags, which tell whether a jump was taken, always count on that; names that are part of a
        graph's state must not."""
        self._uses: dict[int, Names] = {}
        self._kills = True
        self.block(body, _NONE)
        if self.captured:
            always = frozenset(self.captured)
            for table in (self.after, self.within):
                for node, names in table.items():
                    table[node] = names | always

    def block(self, statements: Sequence[ast.stmt], live: Names) -> Names:
        for item in reversed(statements):
            live = self.statement(item, live)
        return live

    def statement(self, node: ast.stmt, live: Names) -> Names:
        if isinstance(node, ast.If):
            self._note(self.after, node, live)
            within = self.block(node.body, live) | self.block(node.orelse, live)
            self._note(self.within, node, within)
            return within | self.uses(node.test)
        if isinstance(node, (ast.While, ast.For, ast.AsyncFor)):
            return self._loop(node, live)
        if isinstance(node, (ast.With, ast.AsyncWith)):
            uncertain = live if self.swallows else frozenset(name for name in live if name.startswith("ag__"))
            kills, self._kills = self._kills, self._kills and not self.swallows
            inner = self.block(node.body, live) | uncertain
            self._kills = kills
            for item in reversed(node.items):
                if item.optional_vars is not None:
                    inner = self._store(item.optional_vars, inner)
                if forgotten(item.context_expr) is None:  # that only stores
                    inner |= self.uses(item.context_expr)
            return inner
        if kind(node) in ("Try", "TryStar"):
            return self._try(node, live)
        if isinstance(node, ast.Match):
            inner = live
            for case in node.cases:
                inner |= self.block(case.body, live) | self.uses(case.pattern)
                if case.guard is not None:
                    inner |= self.uses(case.guard)
            return inner | self.uses(node.subject)
        if isinstance(node, ast.Return):
            return self.uses(node)
        if isinstance(node, (ast.Break, ast.Continue)):
            return live
        if isinstance(node, ast.Raise):
            return self.uses(node) if self._kills else self.uses(node) | live
        if isinstance(node, ast.Assign):
            for target in node.targets:
                live = self._store(target, live)
            return live | self.uses(node.value)
        if isinstance(node, ast.AnnAssign):
            if node.value is not None:
                live = self._store(node.target, live) | self.uses(node.value)
            return live
        if isinstance(node, ast.AugAssign):
            read = frozenset({node.target.id}) if isinstance(node.target, ast.Name) else self.uses(node.target)
            return live | read | self.uses(node.value)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            uses = self.uses(node)
            return (live - {node.name} if self._kills else live) | uses
        return live | self.uses(node)

    def _note(self, table: dict[ast.stmt, Names], node: ast.stmt, names: Names) -> None:
        table[node] = table.get(node, _NONE) | names

    def _loop(self, node: ast.While | ast.For | ast.AsyncFor, live: Names) -> Names:
        self._note(self.after, node, live)
        after = self.block(node.orelse, live) | live
        head = self.uses(node.test) if isinstance(node, ast.While) else _NONE
        at_head = after | head | frozenset(self.ends.get(node, ()))
        while True:
            kills, self._kills = self._kills, self._kills and not (self.jumps and _jumps(node.body))
            inner = self.block(node.body, at_head)
            if not isinstance(node, ast.While):
                inner = self._store(node.target, inner)
            self._kills = kills
            wider = at_head | inner
            if wider == at_head:
                break
            at_head = wider
        self._note(self.within, node, at_head)
        return at_head if isinstance(node, ast.While) else at_head | self.uses(node.iter)

    def _try(self, node: ast.stmt, live: Names) -> Names:
        kills, self._kills = self._kills, False
        inner = self.block(node.finalbody, live) | live  # type: ignore[attr-defined]
        handlers = inner
        for handler in node.handlers:  # type: ignore[attr-defined]
            handlers |= self.block(handler.body, inner)
            if handler.type is not None:
                handlers |= self.uses(handler.type)
        inner |= self.block(node.orelse, inner)  # type: ignore[attr-defined]
        result = self.block(node.body, inner | handlers)  # type: ignore[attr-defined]
        self._kills = kills
        return result

    def _store(self, target: ast.expr, live: Names) -> Names:
        """Before a store: the names bound are dead, those that the target is made of are read."""
        if self._kills:
            live -= bound_names(target)
        return live | self.uses(target)

    def uses(self, node: ast.AST) -> Names:
        """The names that evaluating a node may read. Those taken by inner scopes are noted as captured."""
        known = self._uses.get(id(node))
        if known is None:
            found: set[str] = set()
            self._collect(node, found)
            known = self._uses[id(node)] = frozenset(found)
        return known

    def _collect(self, node: ast.AST, found: set[str]) -> None:
        if isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Store):
                found.add(node.id)
            return
        name = kind(node)
        if name in FUNCTIONS or name == "ClassDef" or name in COMPREHENSIONS:
            free = scope_of(node).free
            found |= free
            if name in COMPREHENSIONS:
                self.comprehended |= free
            if name not in COMPREHENSIONS or name == "GeneratorExp":
                self.captured |= free
            if name in COMPREHENSIONS:
                for inner in descendants(node):
                    if kind(inner) in FUNCTIONS:
                        self.captured |= free
            for part in _evaluated_parts(node):
                self._collect(part, found)
            return
        if isinstance(node, ast.Constant):
            return
        if isinstance(node, ast.Compare):
            self._note_tested(node)
        elif isinstance(node, ast.Call) and _looks_at_frame(node):
            self.captured.update(self.own)
        for field_name in PARTS[type(node)]:
            value = getattr(node, field_name, None)
            if value.__class__ is list:
                for child in value:
                    if isinstance(child, ast.AST):
                        self._collect(child, found)
            elif isinstance(value, ast.AST):
                self._collect(value, found)

    def _note_tested(self, node: ast.Compare) -> None:
        parts = (node.left, *node.comparators)
        if any(isinstance(part, ast.Constant) and part.value is None for part in parts):
            self.tested.update(part.id for part in parts if isinstance(part, ast.Name))


def _looks_at_frame(node: ast.Call) -> bool:
    """Is this a call of `locals()`, of `eval` or the like?"""
    if not isinstance(node.func, ast.Name) or node.func.id not in FRAME_BUILTINS:
        return False
    return not node.args or node.func.id in ("eval", "exec")


def _evaluated_parts(node: ast.AST) -> list[ast.AST]:
    """The parts of a definition that are evaluated where it stands."""
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases, *node.keywords]
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        annotations = [node.returns] if node.returns is not None else []
        return [*node.decorator_list, node.args, *annotations]
    if isinstance(node, ast.Lambda):
        return [node.args]
    return [node.generators[0].iter]  # type: ignore[attr-defined]


def _jumps(body: Sequence[ast.stmt]) -> bool:
    """Is there a `break`, `continue` or `return` left in a body?"""
    todo: list[ast.AST] = list(body)
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.Break, ast.Continue, ast.Return)):
            return True
        if kind(node) not in FUNCTIONS and not isinstance(node, (ast.ClassDef, ast.expr)):
            todo.extend(ast.iter_child_nodes(node))
    return False
