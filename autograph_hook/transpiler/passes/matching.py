"""`match` whose patterns or guards may meet a tensor becomes a chain of `if`.

Before:

    match x:
        case [0, y]:
            f(y)
        case z if z > 1:
            g(z)

After:

    ag__subject_1 = x
    ag__found_1 = ag__.matched(ag__subject_1, ('sequence', (('value', lambda: 0), ('as', None, 'y')), None))
    if ag__.holds(ag__found_1):
        y = ag__.captured(ag__found_1, 'y')
        f(y)
    else:
        z = ag__subject_1
        if z > 1:
            g(z)

A pattern is a description, which the operator follows as Python does: only `subject == value` and guards can be staged
conditions. Names are bound when the whole pattern has matched, before the guard is asked. A `match` without values
and guards decides by types and structure alone and stays Python's.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from autograph_hook.transpiler.analysis.scopes import descendants, mangled
from autograph_hook.transpiler.passes.conditions import truth
from autograph_hook.transpiler.templates import (
    assign,
    at,
    constant,
    load,
    operator,
    rebuilt,
    thunk,
    tuple_of,
)


@dataclass
class Matched:
    body: list[ast.stmt]
    guarded: set[ast.stmt] = field(default_factory=set)
    """Each `if` that binds a pattern's names before a guard is asked: they are read only where it has run."""
    replaced: dict[ast.stmt, ast.stmt] = field(default_factory=dict)
    """For each statement with a `match` inside, what stands in its place."""


def lower_matches(
    body: Sequence[ast.stmt], class_name: str | None = None, plain: frozenset[int] = frozenset()
) -> Matched:
    """Lower the `match` statements of a function, but those on lines of `plain`.

    >>> tree = ast.parse('''
    ... match x:
    ...     case 1 | A.b:
    ...         f()
    ...     case {"k": v, **rest} if v:
    ...         g(v)
    ... ''')
    >>> from autograph_hook.transpiler.templates import readable
    >>> print(readable(ast.Module(lower_matches(tree.body).body, [])))
    ag__subject_1 = x
    if ag__.matches(ag__subject_1, ('or', (('value', lambda: 1), ('value', lambda: ag__.attr(A, 'b'))))):
        f()
    else:
        ag__found_2 = ag__.matched(ag__subject_1, ('mapping', lambda: ('k',), (('as', None, 'v'),), 'rest'))
        ag__case_2 = ag__.holds(ag__found_2)
        if ag__case_2:
            rest = ag__.captured(ag__found_2, 'rest')
            v = ag__.captured(ag__found_2, 'v')
            ag__case_2 = not not v
        if ag__case_2:
            g(v)
    >>> left = ast.parse('''
    ... match x:
    ...     case int(y) | [y, *_]:
    ...         f(y)
    ... ''').body
    >>> lower_matches(left).body == left
    True
    """
    lowering = _Matching(class_name, plain)
    return Matched(lowering.block(body), lowering.guarded, lowering.replaced)


class _Matching:
    def __init__(self, class_name: str | None, plain: frozenset[int]) -> None:
        self.class_name = class_name
        self.plain = plain
        self.numbers = itertools.count(1)
        self.subjects = 0
        self.guarded: set[ast.stmt] = set()
        self.replaced: dict[ast.stmt, ast.stmt] = {}

    def block(self, statements: Sequence[ast.stmt]) -> list[ast.stmt]:
        out: list[ast.stmt] = []
        for node in statements:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                out.append(node)
                continue
            node = self.inside(node)
            if isinstance(node, ast.Match) and node.lineno not in self.plain and _may_be_staged(node):
                out += self.match(node)
            else:
                out.append(node)
        return out

    def inside(self, node: Any) -> Any:
        """The node with the blocks in it lowered; itself where there is nothing to lower."""
        changed: dict[str, Any] = {}
        for name in ("body", "orelse", "finalbody", "handlers", "cases"):
            parts = getattr(node, name, None)
            if parts:
                new = [self.inside(p) for p in parts] if name in ("handlers", "cases") else self.block(parts)
                if new != parts:
                    changed[name] = new
        if not changed:
            return node
        if isinstance(node, ast.match_case):
            return ast.match_case(node.pattern, node.guard, changed["body"])
        new = rebuilt(node, **changed)
        self.replaced[node] = new
        return new

    def match(self, node: ast.Match) -> list[ast.stmt]:
        self.subjects += 1
        subject = f"ag__subject_{self.subjects}"
        return [assign(subject, node.subject, node), *self.cases(node.cases, subject)]

    def cases(self, cases: list[ast.match_case], subject: str) -> list[ast.stmt]:
        if not cases:
            return []
        case, *others = cases
        like = case.pattern
        names = _captures(case.pattern)
        number = next(self.numbers)
        found, holds = f"ag__found_{number}", f"ag__case_{number}"
        out: list[ast.stmt] = []
        stores: list[ast.stmt] = []
        if _is_irrefutable(case.pattern):
            stores = [assign(name, load(subject, like), like) for name in names]
            if case.guard is None:
                return [*stores, *case.body]
            return [*stores, at(ast.If(case.guard, case.body, self.cases(others, subject)), like)]
        arguments = load(subject, like), self.pattern(case.pattern)
        if not names and case.guard is None:
            test: ast.expr = operator("matches", like, *arguments)
            return [at(ast.If(test, case.body, self.cases(others, subject)), like)]
        out.append(assign(found, operator("matched", like, *arguments), like))
        test = operator("holds", like, load(found, like))
        for name in names:
            stores.append(assign(name, operator("captured", like, load(found, like), constant(name, like)), like))
        if case.guard is None:
            return [*out, at(ast.If(test, [*stores, *case.body], self.cases(others, subject)), like)]
        asked = assign(holds, _truth(case.guard), case.guard)
        bound: ast.stmt = at(ast.If(load(holds, like), [*stores, asked], []), like)
        self.guarded.add(bound)
        chosen: ast.stmt = at(ast.If(load(holds, like), case.body, self.cases(others, subject)), like)
        return [*out, assign(holds, test, like), bound, chosen]

    def pattern(self, node: Any) -> ast.expr:
        """The description of a pattern: a tuple that begins with its kind."""
        if isinstance(node, ast.MatchValue):
            return self.described(node, "value", thunk(self.value(node.value), node))
        if isinstance(node, ast.MatchSingleton):
            return self.described(node, "singleton", constant(node.value, node))
        if isinstance(node, ast.MatchSequence):
            star = next((i for i, p in enumerate(node.patterns) if isinstance(p, ast.MatchStar)), None)
            return self.described(node, "sequence", self.all(node.patterns, node), constant(star, node))
        if isinstance(node, ast.MatchStar):
            return self.described(node, "as", constant(None, node), constant(node.name, node))
        if isinstance(node, ast.MatchMapping):
            keys = thunk(tuple_of([self.value(key) for key in node.keys], node), node)
            return self.described(node, "mapping", keys, self.all(node.patterns, node), constant(node.rest, node))
        if isinstance(node, ast.MatchClass):
            names = tuple_of([constant(mangled(n, self.class_name), node) for n in node.kwd_attrs], node)
            parts = self.all(node.patterns, node), names, self.all(node.kwd_patterns, node)
            return self.described(node, "class", thunk(self.value(node.cls), node), *parts)
        if isinstance(node, ast.MatchOr):
            return self.described(node, "or", self.all(node.patterns, node))
        assert isinstance(node, ast.MatchAs)
        inner: ast.expr = constant(None, node) if node.pattern is None else self.pattern(node.pattern)
        return self.described(node, "as", inner, constant(node.name, node))

    def described(self, node: ast.AST, name: str, *parts: ast.expr) -> ast.expr:
        return tuple_of([constant(name, node), *parts], node)

    def all(self, patterns: Sequence[ast.pattern], like: ast.AST) -> ast.expr:
        return tuple_of([self.pattern(pattern) for pattern in patterns], like)

    def value(self, node: ast.expr) -> ast.expr:
        """A literal, a name, or an attribute of one."""
        if isinstance(node, ast.Attribute):
            return operator("attr", node, self.value(node.value), constant(mangled(node.attr, self.class_name), node))
        return node


def _may_be_staged(node: ast.Match) -> bool:
    return any(case.guard is not None or _holds_value(case.pattern) for case in node.cases)


def _holds_value(pattern: ast.pattern) -> bool:
    """A value that a tensor may be equal to, or None, which a subject may be on some paths."""
    return any(
        isinstance(part, ast.MatchValue) or (isinstance(part, ast.MatchSingleton) and part.value is None)
        for part in descendants(pattern)
    )


def _is_irrefutable(pattern: ast.pattern) -> bool:
    if isinstance(pattern, ast.MatchOr):
        return any(map(_is_irrefutable, pattern.patterns))
    return isinstance(pattern, ast.MatchAs) and (pattern.pattern is None or _is_irrefutable(pattern.pattern))


def _captures(pattern: ast.pattern) -> list[str]:
    """The names that a pattern binds, each once."""
    found: dict[str, None] = {}
    for part in descendants(pattern):
        name = part.rest if isinstance(part, ast.MatchMapping) else getattr(part, "name", None)
        if name is not None and isinstance(part, (ast.MatchMapping, ast.MatchAs, ast.MatchStar)):
            found[name] = None
    return sorted(found)


def _truth(guard: ast.expr) -> ast.expr:
    """Whether a guard holds, for which each of its parts is asked once."""
    if isinstance(guard, (ast.BoolOp, ast.IfExp)) or (isinstance(guard, ast.Compare) and len(guard.ops) > 1):
        return truth(guard)
    return at(ast.UnaryOp(ast.Not(), at(ast.UnaryOp(ast.Not(), guard), guard)), guard)
