"""Which reads of names may find no value, or None: what definitions reach them.

The passes that lower jumps have run. Of the values of a name only this is told apart: none, None, any other. What a
call returns, what a parameter is given and what is unpacked counts as possibly None where the function tests that
name against None. A join of None or of no value with another value is the only thing that such a read need be
prepared for; so a name that is certainly one of the three is of no interest.

Where there may be no value at all is of interest for another reason: Python says so in other words where a name is read
that belongs to a function around, as in the bodies that the passes make.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from autograph_hook.transpiler.analysis.jumps import forgotten
from autograph_hook.transpiler.analysis.scopes import COMPREHENSIONS, FUNCTIONS, at_once, kind, scope_of, walrus_targets
from autograph_hook.transpiler.analysis.variables import bound_names

UNDEFINED, NONE, VALUE, TAKEN_BACK = 1, 2, 4, 8
"""`TAKEN_BACK`: no value either, but only where a context manager has taken back what was raised before the store. A
graph cannot go on there, so nothing is joined."""

INLINED = ("ListComp", "SetComp", "DictComp") if sys.version_info >= (3, 12) else ()
"""Comprehensions that are no functions of their own: in the others Python says itself that a name of a function around
has no value."""

State = dict[str, int]
Uses = Callable[[ast.AST], frozenset[str]]


class Reads(NamedTuple):
    """Name nodes, and the targets of augmented assignments and `del`."""

    uncertain: set[ast.AST]
    """More than one of these may reach them: no value, None, another value."""
    unbound: set[ast.AST]
    """There may be no value."""


def uncertain_reads(
    body: Sequence[ast.stmt],
    parameters: Mapping[str, bool],
    names: Collection[str],
    uses: Uses,
    tested: Collection[str] = (),
    walrus: bool = True,
    deleted: Collection[str] = (),
) -> Reads:
    """The reads of the function's own `names` that are not certain to find a value other than None.

    `parameters` tells of each whether its default is None; `uses` gives the names that an expression reads; `tested`
    are the names that the function compares with None. `walrus`: may there be a `:=`? Functions inside delete those
    that are `deleted`, at any time.

    >>> tree = ast.parse('''
    ... def f(c, h=None):
    ...     a = c
    ...     if c:
    ...         y = a
    ...         h = a
    ...     return y, h, a
    ... ''')
    >>> function = tree.body[0]
    >>> uses = lambda node: frozenset(n.id for n in ast.walk(node) if isinstance(n, ast.Name))
    >>> found = uncertain_reads(function.body, {"c": False, "h": True}, {"a", "c", "h", "y"}, uses)
    >>> [node.id for node in ast.walk(function) if node in found.uncertain]
    ['y', 'h']
    >>> [node.id for node in found.unbound]
    ['y']
    """
    start = dict.fromkeys(names, UNDEFINED)
    for name, default_is_none in parameters.items():
        start[name] = NONE | VALUE if default_is_none or name in tested else VALUE
    flow = _Flow(uses, frozenset(tested), walrus, frozenset(deleted))
    flow.block(body, start)
    return flow.found


class _Flow:
    """Runs over the statements in order. A state is None where control does not come."""

    def __init__(self, uses: Uses, tested: frozenset[str], walrus: bool, deleted: frozenset[str]) -> None:
        self.uses = uses
        self.walrus = walrus
        self.tested = tested
        self.deleted = deleted
        self.found = Reads(set(), set())
        self.leaving: list[tuple[list[State], list[State]]] = []
        """For each loop around: the states at its `break` and at its `continue` statements."""
        self.interrupted: list[State] = []
        """For each `try` around: all that its names were."""

    def block(self, statements: Iterable[ast.stmt], state: State | None) -> State | None:
        for node in statements:
            if state is None:
                return None
            state = self.statement(node, state)
        return state

    def statement(self, node: ast.stmt, state: State) -> State | None:
        if isinstance(node, ast.If):
            self.read(node.test, state)
            return _either(self.block(node.body, dict(state)), self.block(node.orelse, dict(state)))
        if isinstance(node, (ast.While, ast.For, ast.AsyncFor)):
            return self._loop(node, state)
        if isinstance(node, ast.Assign):
            self.read(node.value, state)
            for target in node.targets:
                self.read(target, state)
                self._store(target, node.value, state)
        elif isinstance(node, ast.AnnAssign):
            if node.value is not None:
                self.read(node.value, state)
                self.read(node.target, state)
                self._store(node.target, node.value, state)
        elif isinstance(node, ast.AugAssign):
            self.read(node.value, state)
            if isinstance(node.target, ast.Name):
                self._note(node.target, state)
                self._set(node.target.id, VALUE, state)
            else:
                self.read(node.target, state)
        elif isinstance(node, ast.Delete):
            for target in node.targets:
                self.read(target, state)
                if isinstance(target, ast.Name) and self._may_be_unbound(target, state):
                    self.found.unbound.add(target)
                for name in bound_names(target):
                    self._set(name, UNDEFINED, state)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                if forgotten(item.context_expr) is None:
                    self.read(item.context_expr, state)
                if item.optional_vars is not None:
                    self._store(item.optional_vars, None, state)
            return self._with(node, state)
        elif kind(node) in ("Try", "TryStar"):
            return self._try(node, state)
        elif isinstance(node, ast.Match):
            return self._match(node, state)
        elif isinstance(node, (ast.Break, ast.Continue)):
            if self.leaving:
                self.leaving[-1][isinstance(node, ast.Continue)].append(state)
            return None
        elif isinstance(node, (ast.Return, ast.Raise)):
            self.read(node, state)
            return None
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for part in at_once(node):
                self.read(part, state)
            self._set(node.name, VALUE, state)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                self._set((alias.asname or alias.name).partition(".")[0], VALUE, state)
        else:
            self.read(node, state)
        return state

    def _loop(self, node: ast.While | ast.For | ast.AsyncFor, state: State) -> State | None:
        if not isinstance(node, ast.While):
            self.read(node.iter, state)
        while True:
            head = dict(state)
            if isinstance(node, ast.While):
                self.read(node.test, head)
            after = dict(head)
            if not isinstance(node, ast.While):
                self._store(node.target, None, head)
            self.leaving.append(([], []))
            end = self.block(node.body, head)
            broken, continued = self.leaving.pop()
            again: State | None = state
            for other in (end, *continued):
                again = _either(again, other)
            if again is None or again == state:
                break
            state = again
        last = self.block(node.orelse, after)
        for other in broken:
            last = _either(last, other)
        return last

    def _with(self, node: ast.With | ast.AsyncWith, state: State) -> State:
        self.interrupted.append(dict(state))
        end = self.block(node.body, dict(state))
        # The names' values wherever an exception may have been raised.
        anywhere = self.interrupted.pop()
        if end is None:
            end = {name: kinds & ~UNDEFINED for name, kinds in anywhere.items()}
        lost = {name: TAKEN_BACK for name, kinds in anywhere.items() if kinds & _LACKING}
        return {name: kinds | lost.get(name, 0) for name, kinds in end.items()}

    def _try(self, node: ast.stmt, state: State) -> State | None:
        self.interrupted.append(dict(state))
        self.interrupted.append(dict(state))
        end = self.block(node.body, dict(state))  # type: ignore[attr-defined]
        caught = self.interrupted.pop()
        end = self.block(node.orelse, end)  # type: ignore[attr-defined]
        for handler in node.handlers:  # type: ignore[attr-defined]
            start = dict(caught)
            if handler.type is not None:
                self.read(handler.type, start)
            if handler.name:
                self._set(handler.name, VALUE, start)
            done = self.block(handler.body, start)
            if done is not None and handler.name:
                self._set(handler.name, UNDEFINED, done)
            end = _either(end, done)
        # It may run after any part of the others; what follows it does only after their ends.
        self.block(node.finalbody, self.interrupted.pop())  # type: ignore[attr-defined]
        return self.block(node.finalbody, end)  # type: ignore[attr-defined]

    def _match(self, node: ast.Match, state: State) -> State | None:
        self.read(node.subject, state)
        end: State | None = state
        for case in node.cases:
            inner = dict(state)
            for part in ast.walk(case.pattern):
                name = getattr(part, "name", None) or getattr(part, "rest", None)
                if isinstance(name, str):
                    self._set(name, VALUE, inner)
            if case.guard is not None:
                self.read(case.guard, inner)
            end = _either(end, self.block(case.body, inner))
        return end

    # Stores

    def _store(self, target: ast.expr, value: ast.expr | None, state: State) -> None:
        if isinstance(target, ast.Name):
            self._set(target.id, self._kinds(value, target.id, state), state)
        elif isinstance(target, (ast.Tuple, ast.List)):
            parts: Sequence[ast.expr | None] = [None] * len(target.elts)
            if isinstance(value, ast.Tuple) and len(value.elts) == len(target.elts):
                parts = value.elts
            for inner, part in zip(target.elts, parts, strict=True):
                self._store(inner, part, state)
        elif isinstance(target, ast.Starred):
            self._store(target.value, None, state)

    def _set(self, name: str, kinds: int, state: State) -> None:
        if name in state:
            state[name] = kinds
            for seen in self.interrupted:
                seen[name] = seen.get(name, 0) | kinds

    def _kinds(self, value: ast.expr | None, name: str, state: State) -> int:
        """What a value may be that is given to a name."""
        if isinstance(value, ast.Constant):
            return NONE if value.value is None else VALUE
        if isinstance(value, ast.Name):
            return (state.get(value.id, VALUE) & ~_LACKING) or VALUE
        if isinstance(value, ast.IfExp):
            return self._kinds(value.body, name, state) | self._kinds(value.orelse, name, state)
        if isinstance(value, ast.NamedExpr):
            return self._kinds(value.value, name, state)
        if isinstance(value, ast.BoolOp):
            last = self._kinds(value.values[-1], name, state)
            if isinstance(value.op, ast.Or):
                return last | VALUE
            return last | (NONE & self._kinds(value.values[0], name, state)) | VALUE
        could_be = value is None or isinstance(value, (ast.Call, ast.Attribute, ast.Subscript))
        return NONE | VALUE if could_be and name in self.tested else VALUE

    # Reads

    def read(self, node: ast.AST, state: State) -> None:
        """Note the uncertain reads among those that evaluating a node makes."""
        for name in self.uses(node):
            if name in self.deleted or state.get(name, VALUE) not in (NONE, VALUE):
                self._look(node, state, frozenset())
                break
        if self.walrus:
            for name in walrus_targets(node):
                self._set(name, state.get(name, 0) | VALUE, state)

    def _look(self, node: ast.AST, state: State, hidden: frozenset[str], inlined: bool = True) -> None:
        name = kind(node)
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load) and node.id not in hidden:
                self._note(node, state, inlined)
            return
        if name in FUNCTIONS:
            for part in at_once(node):
                self._look(part, state, hidden, inlined)
            return
        if name in COMPREHENSIONS:
            self._look(node.generators[0].iter, state, hidden, inlined)  # type: ignore[attr-defined]
            hidden |= frozenset(scope_of(node).bound)
            inlined = inlined and name in INLINED
        for child in ast.iter_child_nodes(node):
            self._look(child, state, hidden, inlined)

    def _note(self, node: ast.Name, state: State, inlined: bool = True) -> None:
        if _is_uncertain(state.get(node.id, VALUE)):
            self.found.uncertain.add(node)
        if inlined and self._may_be_unbound(node, state):
            self.found.unbound.add(node)

    def _may_be_unbound(self, node: ast.Name, state: State) -> bool:
        return node.id in self.deleted or bool(state.get(node.id, VALUE) & _LACKING)


_LACKING = UNDEFINED | TAKEN_BACK


def _is_uncertain(kinds: int) -> bool:
    kinds &= ~TAKEN_BACK
    return kinds & kinds - 1 != 0


def _either(one: State | None, other: State | None) -> State | None:
    if one is None or other is None:
        return other if one is None else one
    return {name: kinds | other[name] for name, kinds in one.items()}
