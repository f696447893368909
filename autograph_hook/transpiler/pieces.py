"""What the pieces of a mixed code are made from: its groups of statements, and the names that each reads and leaves."""

from __future__ import annotations

import ast
import types
from collections.abc import Sequence
from dataclasses import dataclass, field

from autograph_hook.transpiler.analysis.liveness import Liveness, Names
from autograph_hook.transpiler.analysis.scopes import descendants
from autograph_hook.transpiler.analysis.variables import Known, changes
from autograph_hook.transpiler.passes.jumps import Lowered
from autograph_hook.transpiler.passes.matching import lower_matches
from autograph_hook.transpiler.passes.plain import Plain, Unsupported
from autograph_hook.transpiler.sites import Site
from autograph_hook.transpiler.templates import assign, at, constant, load, operator, parameters, thunk, tuple_of
from autograph_hook.transpiler.twins import compiled, rewritten


@dataclass
class Group:
    """A straight run of statements."""

    number: int
    statements: list[ast.stmt]
    live: list[Names] = field(default_factory=list)
    """The names that are live after each statement."""
    needed: list[Names] = field(default_factory=list)
    """Those that this code itself may still read."""
    inside: list[range] = field(default_factory=list)
    """The numbers of the groups that are in loops of each statement."""
    around: tuple[int, int] | None = None
    """The group and the statement in which it stands, when that is no loop: it runs no oftener than that."""


@dataclass
class Mixed:
    """The mixed code of one function, and what its pieces are made from."""

    site: Site
    code: types.CodeType
    """Takes the function's arguments; among its free variables are `ag__mixed` and those of the function."""
    groups: list[Group]
    lowered: Lowered
    own: frozenset[str]
    """The names of the frame."""
    path: str
    optimize: int
    plain_lines: frozenset[int]
    future: list[ast.ImportFrom]
    unread: frozenset[str]
    """Names of the frame that are there for everybody, but which nothing outside of this code is seen to read. Where
    this code does not read it either, such a name may keep an older value, when no graph can return the new one."""

    def lines(self, group: Group, index: int) -> range:
        """The source lines of a statement."""
        node = group.statements[index]
        return range(node.lineno, (node.end_lineno or node.lineno) + 1)

    def uses(self, group: Group, index: int) -> Names:
        """The names that a statement may read or store."""
        node = group.statements[index]
        inside = Liveness((), self.lowered.ends, sorted(self.own))
        stored = frozenset(changes([node], Known()).names)
        return stored | inside.block([node], stored) | inside.captured

    def inputs(self, group: Group, start: int, end: int) -> tuple[str, ...]:
        """The names of the frame that the statements from `start` up to `end` may read before they store them."""
        nodes = group.statements[start:end]
        inside = Liveness((), self.lowered.ends, sorted(self.own))
        live = inside.block(nodes, frozenset(self.outputs(group, start, end)))
        return tuple(sorted((live | inside.captured) & self.own))

    def outputs(self, group: Group, start: int, end: int) -> tuple[str, ...]:
        """The names that these statements may store and somebody may read later."""
        return tuple(sorted(changes(group.statements[start:end], Known()).names & self.own & group.live[end - 1]))

    def loops(self, group: Group, start: int, end: int) -> bool:
        """Is there a loop among these statements or in them?"""
        nodes = group.statements[start:end]
        return any(isinstance(inner, (ast.For, ast.While)) for node in nodes for inner in descendants(node))

    def piece(self, group: Group, start: int, end: int, unbound: Names = frozenset()) -> Piece:
        """The statements from `start` up to `end` as one function, when the names `unbound` have no value yet.
        Raises Unsupported where it has no twin."""
        nodes = group.statements[start:end]
        outputs = self.outputs(group, start, end)
        inputs = [name for name in self.inputs(group, start, end) if name not in unbound]
        last = nodes[-1]
        values = operator(
            "values",
            last,
            self.names(outputs, last),
            thunk(tuple_of([load(name, last) for name in outputs], last), last),
            self.names(sorted(self.unread.intersection(outputs) - group.needed[end - 1]), last),
        )
        matched = lower_matches(nodes, self.site.class_name, self.plain_lines)
        body = [*matched.body, at(ast.Return(values), last)]
        lowered = Lowered(body, self.lowered.ends, self.lowered.guarded | matched.guarded)
        site = Site(0, self.site.node, self.site.scopes, uses_class=False, walrus=True, body=body, free=self.site.free)
        given = parameters(inputs, last)
        twin = rewritten(
            site, lowered, given, dict.fromkeys(inputs, False), Plain(self.plain_lines), self.optimize > 0
        )
        if unbound:
            # A store that never runs makes them names of the function all the same.
            dead: list[ast.stmt] = [assign(name, constant(None, last), last) for name in sorted(unbound)]
            twin.tree.body.insert(0, at(ast.If(constant(False, last), dead, []), last))
        problems: list[tuple[int, str]] = []
        codes = compiled([twin], self.future, self.path, self.optimize, problems)
        if 0 not in codes:
            raise Unsupported(*problems[0])
        stored = changes(nodes, Known()).names & self.own
        return Piece(codes[0], tuple(inputs), outputs, frozenset(stored), twin.size, twin.flags)

    def names(self, names: Sequence[str], like: ast.AST) -> ast.expr:
        return tuple_of([constant(name, like) for name in names], like)


@dataclass
class Piece:
    code: types.CodeType
    """Takes the values of `inputs` by position; `ag__` and the function's free variables are its own."""
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    stored: frozenset[str]
    """All names of the frame that it may store or delete."""
    size: int
    flags: int
