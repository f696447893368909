"""From templates to text: expressions and simple statements, in a scope that knows which names have a value."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.fuzz.choices import Choices
from tests.fuzz.grammar import Dialect

KINDS = "int|float|bool|str|list|dict|opt|tuple|box|vec|scal|tint|tbool|vecs"
TEMPLATE = re.compile(rf"(\$call_|[$@=!])({KINDS}|cond)(2?)\b|\?([uvwfgc])\b")


@dataclass(frozen=True)
class Function:
    """What a caller must know."""

    name: str
    parameters: Sequence[tuple[str, str]]
    """Name and kind."""
    result: str


@dataclass
class Scope:
    """What a statement may refer to."""

    level: int = 0
    """How many functions are around."""
    bound: dict[str, str] = field(default_factory=dict)
    """The names that have a value, with their kinds."""
    maybe: dict[str, str] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)
    """The names that belong to this function, or that it declares."""
    functions: list[Function] = field(default_factory=list)
    result: str = ""
    """The kind that it returns; empty: there is nothing to return from here."""
    loops: int = 0
    """How many loops of this function are around."""
    yields: bool = False
    live: bool = True
    """Can the end of the block be reached?"""

    def inner(self) -> Scope:
        made = copy.copy(self)
        made.bound, made.maybe = dict(self.bound), dict(self.maybe)
        made.own, made.functions = set(self.own), list(self.functions)
        return made

    def bind(self, name: str, kind: str) -> None:
        self.bound[name] = kind
        self.own.add(name)
        self.maybe.pop(name, None)

    def unbind(self, name: str) -> None:
        self.maybe[name] = self.bound.pop(name)

    def join(self, paths: Sequence[Scope]) -> None:
        """Go on behind statements of which one has run."""
        ends = [path for path in paths if path.live]
        self.live = bool(ends)
        bound = dict(ends[0].bound) if ends else dict(self.bound)
        for end in ends[1:]:
            bound = {name: kind for name, kind in bound.items() if name in end.bound}
        for path in paths:
            self.own |= path.own
            self.maybe.update(path.maybe)
            self.maybe.update(path.bound)
        self.bound = bound
        self.maybe = {name: kind for name, kind in self.maybe.items() if name not in bound}


class Writer:
    surprises = 2
    """In a hundred names, so many that may have no value."""
    definitions = 12
    """In a hundred simple statements, so many of the dialect's definitions."""

    def __init__(self, choices: Choices, dialect: Dialect) -> None:
        self.choices = choices
        self.dialect = dialect
        self.made = 0

    def fresh(self, stem: str) -> str:
        self.made += 1
        return f"{stem}{self.made}"

    def names(self, kind: str, scope: Scope) -> Sequence[str]:
        """What a function may call its variables of one kind: functions inside others have names of their own."""
        names = self.dialect.names[kind]
        return names if not scope.level else [f"{name}{scope.level}" for name in names]

    def target(self, kind: str, scope: Scope) -> str:
        """A name to assign to."""
        declared = [n for n in sorted(scope.own) if scope.bound.get(n, scope.maybe.get(n)) == kind]
        return self.choices.pick([*self.names(kind, scope), *(n for n in declared if n not in self.names(kind, scope))])

    def atom(self, kind: str, scope: Scope) -> str:
        if self.choices.chance(self.surprises):
            unsure = [name for name, other in scope.maybe.items() if other == kind]
            if unsure:
                return self.choices.pick(unsure)
        bound = [name for name, other in scope.bound.items() if other == kind]
        return self.choices.pick(bound or self.dialect.leaves[kind])

    def expression(self, kind: str, scope: Scope, depth: int = 2) -> str:
        choices = self.choices
        if kind == "cond":
            return self.condition(scope, depth)
        if depth > 0 and choices.chance(60):
            return self.fill(choices.pick(self.dialect.expressions[kind]), scope, depth - 1)
        if choices.chance(30):
            return choices.pick(self.dialect.leaves[kind])
        return self.atom(kind, scope)

    def condition(self, scope: Scope, depth: int = 2) -> str:
        """What decides an `if` or a loop."""
        return self.fill(self.choices.pick(self.dialect.conditions), scope, depth)

    def fill(self, template: str, scope: Scope, depth: int = 2) -> str:
        """The template with everything in place; names that it assigns to are bound only if it is a statement's start."""
        own: dict[str, str] = {}
        inner = scope
        if "?" in template and TEMPLATE.search(template):
            inner = scope.inner()
            for letter in "uvwfgc":
                if f"?{letter}" in template:
                    own[letter] = self.fresh(letter)

        def atoms(found: re.Match[str]) -> str:
            sign, kind, _, letter = found.groups()
            if letter:
                return own[letter]
            if sign == "@":
                return self.atom(kind, scope)
            return found[0]

        def others(found: re.Match[str]) -> str:
            sign, kind, _, _ = found.groups()
            if sign == "$":
                return self.expression(kind, inner, depth)
            if sign == "$call_":
                return self.call(kind, inner, depth)
            if sign == "!":
                return self.changed(kind, scope)
            name = self.target(kind, scope)
            if name not in scope.bound:
                scope.maybe[name] = kind
            scope.own.add(name)
            return name

        text = TEMPLATE.sub(atoms, template)
        for letter, name in own.items():
            if letter in "uvw":
                inner.bound[name] = "int"
        return TEMPLATE.sub(others, text)

    def changed(self, kind: str, scope: Scope) -> str:
        """A name whose value is there, to assign to once more."""
        bound = [name for name, other in scope.bound.items() if other == kind and name in scope.own]
        if bound:
            return self.choices.pick(bound)
        raise LookupError(kind)

    def call(self, kind: str, scope: Scope, depth: int) -> str:
        """A call of one of the program's functions, in one of the ways to write it."""
        suited = [function for function in scope.functions if function.result == kind]
        if not suited:
            return self.atom(kind, scope)
        function = self.choices.pick(suited)
        values = [self.expression(each, scope, depth - 1) for _, each in function.parameters]
        manner = self.choices.below(4) if values else 0
        first, name = ", ".join(values[:-1]), function.parameters[-1][0] if values else ""
        if manner == 1:
            last = f"{name}={values[-1]}"
        elif manner == 2:
            last = f"*[{values[-1]}]"
        elif manner == 3:
            last = f"**{{{name!r}: {values[-1]}}}"
        else:
            last = values[-1] if values else ""
        return f"{function.name}({', '.join(part for part in (first, last) if part)})"

    def simple(self, scope: Scope) -> str:
        """A simple statement."""
        choices = self.choices
        if self.dialect.definitions and choices.chance(self.definitions):
            template = choices.pick(self.dialect.definitions)
            if scope.yields and "finally:" in template:
                template = "pass"  # a generator's loops stay Python's, and no jump out of `finally` leaves them
        elif choices.chance(50):
            kind = choices.pick(self.dialect.assigned)
            template = f"={kind} = ${kind}"
        else:
            template = choices.pick(self.dialect.statements)
        try:
            text = self.fill(template, scope)
        except LookupError:
            text = self.fill("=int = $int", scope)
        self.settle(text, scope)
        return text

    def settle(self, text: str, scope: Scope) -> None:
        """The names that a simple statement assigns to are bound after it."""
        for name in assigned(text):
            if name in scope.maybe:
                scope.bind(name, scope.maybe[name])


def assigned(text: str) -> Iterator[str]:
    """The names that certainly have a value after statements."""
    for statement in ast.parse(text).body:
        targets: Sequence[ast.expr] = []
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        for target in targets:
            for part in ast.walk(target):
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                    yield part.id
