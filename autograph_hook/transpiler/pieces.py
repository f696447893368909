"""What the pieces of a mixed code are made from: its groups of statements, and the names that each reads and leaves."""

from __future__ import annotations

import ast
import types
from collections.abc import Sequence
from dataclasses import dataclass, field

from autograph_hook.transpiler.analysis.liveness import Liveness, Names
from autograph_hook.transpiler.analysis.scopes import children, descendants, kind
from autograph_hook.transpiler.analysis.variables import Known, changes
from autograph_hook.transpiler.passes.jumps import Lowered
from autograph_hook.transpiler.passes.matching import lower_matches
from autograph_hook.transpiler.passes.plain import Plain, Unsupported
from autograph_hook.transpiler.sites import Site
from autograph_hook.transpiler.templates import assign, at, constant, load, operator, parameters, store, thunk, tuple_of
from autograph_hook.transpiler.twins import compiled, names_rebound, rewritten

_REFUSED = {
    "Try": "it catches or cleans up after exceptions, so it is staged inside",
    "TryStar": "it catches or cleans up after exceptions, so it is staged inside",
    "Import": "it imports a module",
    "ImportFrom": "it imports a module",
    "ClassDef": "it defines a class",
}

ITEMS = "ag__of_loop"
"""The argument of a chunk that holds the items."""
NO_TARGET = "ag__item"
"""The target of a chunk's loop whose body reads none."""


@dataclass
class Group:
    """A straight run of statements."""

    number: int
    statements: list[ast.stmt]
    live: list[Names] = field(default_factory=list)
    """The names that are live after each statement."""
    needed: list[Names] = field(default_factory=list)
    """Those that this code itself may still read."""
    home: tuple[int, int] | None = None
    """The group and the statement in which it stands."""
    loop: ast.For | ast.While | None = None
    """The loop whose body it is."""
    is_taped: bool = False
    """Does a tape around it, in this code, record what it does?"""

    def targets(self) -> Names:
        """The names that its loop gives a value in each iteration."""
        if not isinstance(self.loop, ast.For):
            return frozenset()
        return frozenset(node.id for node in descendants(self.loop.target) if isinstance(node, ast.Name))


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

    annotated: dict[ast.stmt, str]
    """The names that statements of a script annotate: pieces leave the annotation out."""

    def lines(self, group: Group, index: int) -> range:
        """The source lines of a statement."""
        node = group.statements[index]
        return range(node.lineno, (node.end_lineno or node.lineno) + 1)

    def refused(self, group: Group, index: int) -> str | None:
        """Why no graph can stand for a statement, whatever it does when it runs."""
        todo: list[ast.AST] = [group.statements[index]]
        while todo:
            node = todo.pop()
            if kind(node) in _REFUSED:
                return _REFUSED[kind(node)]
            if isinstance(node, ast.stmt) and not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                todo.extend(child for child in children(node) if not isinstance(child, ast.expr))
        return None

    def tells(self, group: Group, index: int) -> bool:
        """Is it an `if` that prints, and does nothing otherwise: what a program tells its user now and then?"""
        node = group.statements[index]
        return (
            isinstance(node, ast.If)
            and not node.orelse
            and any(
                isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id == "print"
                for inner in descendants(node)
            )
        )

    def uses(self, group: Group, index: int) -> Names:
        """The names that a statement may read or store."""
        node = group.statements[index]
        inside = Liveness((), self.lowered.ends, sorted(self.own))
        stored = self.stores(group, index)
        return stored | inside.block([node], stored) | inside.captured

    def stores(self, group: Group, index: int) -> Names:
        """The names that a statement may store."""
        return _stored(group.statements[index : index + 1])

    def assigns(self, group: Group, index: int, name: str) -> bool:
        """Has the name another value behind this statement, whatever it had before?"""
        node = group.statements[index]
        return isinstance(node, ast.Assign) and any(
            isinstance(inner, ast.Name) and inner.id == name and isinstance(inner.ctx, ast.Store)
            for target in node.targets
            for inner in descendants(target)
        )

    def inputs(self, group: Group, start: int, end: int) -> tuple[str, ...]:
        """The names of the frame that the statements from `start` up to `end` may read before they store them."""
        nodes = group.statements[start:end]
        inside = Liveness((), self.lowered.ends, sorted(self.own))
        live = inside.block(nodes, frozenset(self.outputs(group, start, end)))
        return tuple(sorted((live | inside.captured) & self.own))

    def outputs(self, group: Group, start: int, end: int) -> tuple[str, ...]:
        """The names that these statements may store and somebody may read later."""
        return tuple(sorted(_stored(group.statements[start:end]) & self.own & group.live[end - 1]))

    def inside(self, group: Group, index: int) -> list[int]:
        """The numbers of the groups that are in loops of a statement."""
        found = []
        for other in self.groups:
            inner, in_loop = other, False
            while inner.home is not None and inner.home != (group.number, index):
                in_loop |= inner.loop is not None
                inner = self.groups[inner.home[0]]
            if inner.home is not None and (in_loop or inner.loop is not None):
                found.append(other.number)
        return found

    def crossing(self, group: Group, start: int, end: int) -> list[int]:
        """How many names that a `with` binds (a tape, most often) are bound before and used after each place between
        these statements."""
        bound = [
            frozenset(
                inner.id
                for node in descendants(group.statements[i])
                if isinstance(node, ast.With)
                for item in node.items
                if item.optional_vars is not None
                for inner in descendants(item.optional_vars)
                if isinstance(inner, ast.Name)
            )
            for i in range(start, end)
        ]
        used = [self.uses(group, i) for i in range(start, end)]
        none: Names = frozenset()
        return [
            len(none.union(*bound[:i]) & none.union(*used[i:]) & group.live[start + i - 1])
            for i in range(1, end - start)
        ]

    def loops(self, group: Group, start: int, end: int) -> bool:
        """Is there a loop among these statements or in them?"""
        nodes = group.statements[start:end]
        return any(isinstance(inner, (ast.For, ast.While)) for node in nodes for inner in descendants(node))

    def piece(self, group: Group, start: int, end: int, unbound: Names = frozenset(), *more: str) -> Piece:
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
        now = {node: matched.replaced.get(node, node) for node in [*self.lowered.ends, *self.lowered.guarded]}
        ends = {now[loop]: flags for loop, flags in self.lowered.ends.items()}
        lowered = Lowered(body, ends, {now[node] for node in self.lowered.guarded} | matched.guarded)
        site = Site(0, self.site.node, self.site.scopes, uses_class=False, walrus=True, body=body, free=self.site.free)
        inputs += more
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
        stored = _stored(nodes) & self.own
        below = [inner for node in nodes for inner in descendants(node)]
        mentioned = frozenset(inner.id for inner in below if isinstance(inner, ast.Name))
        annotated = frozenset(self.annotated[inner] for inner in below if inner in self.annotated)
        return Piece(codes[0], tuple(inputs), outputs, stored, twin.size, twin.flags, mentioned, annotated)

    def chunk(self, group: Group) -> Piece:
        """Some iterations of a loop as one function, which is given the items of its targets last. Raises Unsupported
        where it has no twin."""
        assert isinstance(group.loop, ast.For)
        end = len(group.statements)
        targets = tuple(sorted(group.targets().intersection(self.inputs(group, 0, end))))
        names: list[ast.expr] = [store(name, group.loop) for name in targets or (NO_TARGET,)]
        target = at(ast.Tuple(names, ast.Store()), group.loop)
        loop = at(ast.For(target, load(ITEMS, group.loop), group.statements, []), group.loop)
        whole = Group(group.number, [loop], [group.live[end - 1]], [group.needed[end - 1]])
        piece = self.piece(whole, 0, 1, frozenset(targets), ITEMS)
        piece.targets = targets
        piece.stored |= group.targets()
        return piece

    def names(self, names: Sequence[str], like: ast.AST) -> ast.expr:
        return tuple_of([constant(name, like) for name in names], like)


def _stored(nodes: Sequence[ast.stmt]) -> Names:
    """The names that these statements store, and those that functions store which they define."""
    return frozenset(changes(nodes, Known()).names | names_rebound(nodes))


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
    mentioned: frozenset[str]
    """All names in its text."""
    annotated: frozenset[str]
    """The names whose annotations must have been stored before it may run."""
    targets: tuple[str, ...] = ()
    """Of a chunk: the targets of the loop that its items are for, in their order."""
