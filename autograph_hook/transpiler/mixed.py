"""The mixed code of a function or of a loop of a script: graphs for its pieces, Python in between.

A function that cannot be staged as a whole runs its mixed code. Every statement of it becomes a function of its own,
which shares the names of the frame through cells; a straight run of statements becomes one call, which runs the
statements one after the other, or a graph in the place of some of them.

Before:

    def train(model, batches):
        for x in batches:
            loss = step(model, x)
            losses.append(float(loss))
        return loss

After:

    def train(model, batches):
        def ag__python_2():
            nonlocal loss
            loss = step(model, x)
        def ag__python_3():
            losses.append(float(loss))
        ag__run_2 = ag__mixed.group(2, (ag__python_2, ag__python_3))
        def ag__python_1():
            nonlocal x
            for x in batches:
                ag__run_2()
        ...
        ag__run_1 = ag__mixed.group(1, (ag__python_1, ag__python_4))
        ag__run_1()
        return ag__result

A *piece* is what a graph stands for: some neighbouring statements of a group, as the twin of a function whose
arguments are the names that they read and whose results are the names that they leave.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from autograph_hook.transpiler.analysis.liveness import Liveness, Names
from autograph_hook.transpiler.analysis.scopes import FRAME_BUILTINS, descendants, kind
from autograph_hook.transpiler.analysis.variables import Known, changes
from autograph_hook.transpiler.passes.jump_names import RESULT
from autograph_hook.transpiler.passes.jumps import Lowered, lower_jumps
from autograph_hook.transpiler.passes.matching import lower_matches
from autograph_hook.transpiler.passes.plain import Plain, Unsupported
from autograph_hook.transpiler.sites import SCRIPT, Site
from autograph_hook.transpiler.templates import (
    MIXED,
    assign,
    at,
    constant,
    function,
    load,
    operator,
    parameters,
    rebuilt,
    statement,
    thunk,
    tuple_of,
)
from autograph_hook.transpiler.twins import Twin, arguments_of, body_of, compiled, declared, rewritten, signature

_LOOKS_AROUND = FRAME_BUILTINS | {
    "super", "__class__", "_getframe", "stacklevel", "currentframe", "stack", "breakpoint", "set_trace",
}  # fmt: skip
"""Names that hint at code which looks at its own frame: a statement that moved into a function is another one."""

_LOOKS_AT_MODULES = FRAME_BUILTINS | {
    "globals", "__dict__", "modules", "__main__", "getmembers", "run_path", "run_module",
}  # fmt: skip
"""Names that hint at code which may read any name of a module."""

_COSTS = (ast.Call, ast.BinOp, ast.Compare, ast.Subscript, ast.AugAssign)


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


class _LiveEverywhere(Liveness):
    """Notes what is live after every statement, not only after constructs."""

    def statement(self, node: ast.stmt, live: Names) -> Names:
        self._note(self.after, node, live)
        return super().statement(node, live)


def mix(
    tree: ast.Module,
    site: Site,
    path: str,
    optimize: int = -1,
    plain_lines: frozenset[int] = frozenset(),
    *,
    is_main: bool = False,
) -> Mixed:
    """The mixed code of one of a module's functions. Raises Unsupported with the reason for one that can have none.
    `is_main`: nobody imports names from this module."""
    future = [s for s in tree.body if isinstance(s, ast.ImportFrom) and s.module == "__future__"]
    unread = site_names(site) - _mentioned(tree, site) if is_script(site) and is_main else frozenset()
    return _Mixer(site, plain_lines).mixed(path, optimize, future, unread)


class _Mixer:
    def __init__(self, site: Site, plain_lines: frozenset[int]) -> None:
        self.site = site
        self.plain_lines = plain_lines
        body = body_of(site)
        _require_movable(body)
        outside, enclosing = declared(body)
        if enclosing or (outside and not is_script(site)):
            raise Unsupported(site.node.lineno, "it stores to a name of an enclosing function or of the module")
        self.outside = outside
        body = [node for node in body if not isinstance(node, (ast.Global, ast.Nonlocal))]
        annotations = _Annotations(is_script(site))
        body = annotations.block(body)
        self.lowered = lower_jumps(body, Plain(plain_lines))
        self.known = Known()
        self.arguments = arguments_of(site.node.args)
        names = changes(self.lowered.body, self.known).names | {RESULT}
        self.own = frozenset([*self.arguments, *names])
        for name, line in annotations.bare.items():
            if name not in self.own:
                raise Unsupported(line, f"it annotates {name}, to which it stores nothing")
        # The names of a module are there for everybody: a loop's last statement is followed by one that reads them.
        seen: list[ast.stmt] = []
        if outside:
            seen.append(at(ast.Expr(tuple_of([load(name, body[0]) for name in sorted(outside)], body[0])), body[0]))
        self.live = _LiveEverywhere([*self.lowered.body, *seen], self.lowered.ends, sorted(self.own))
        self.needed = _LiveEverywhere(self.lowered.body, self.lowered.ends, sorted(self.own)) if seen else self.live
        self.always = frozenset(self.live.captured)
        self.groups: list[Group] = []
        self.functions: list[ast.stmt] = []
        self.count = 0

    def mixed(self, path: str, optimize: int, future: list[ast.ImportFrom], unread: frozenset[str]) -> Mixed:
        body, result = self._without_return()
        run = self.block(body)
        first = body_of(self.site)[0]
        dead: list[ast.stmt] = [
            assign(name, constant(None, first), first) for name in sorted(self.own - set(self.arguments) - self.outside)
        ]
        whole = [*([at(ast.If(constant(False, first), dead, []), first)] if dead else []), *self.functions, *run]
        if self.outside:
            whole.insert(0, at(ast.Global(sorted(self.outside)), first))
        if result is not None:
            whole.append(result)
        tree = function(self.site.name, (), whole, self.site.node)
        tree.args = signature(self.site.node.args)
        problems: list[tuple[int, str]] = []
        made = compiled([Twin(self.site, tree, 0, 0)], future, path, optimize, problems)
        if self.site.number not in made:
            raise Unsupported(*problems[0])
        return Mixed(
            self.site, made[self.site.number], self.groups, self.lowered, self.own, path, optimize, self.plain_lines,
            future, unread,
        )  # fmt: skip

    def _without_return(self) -> tuple[list[ast.stmt], ast.stmt | None]:
        """The body with its last `return value` as a store; the `return` stands after all groups."""
        body = list(self.lowered.body)
        for i, node in enumerate(body):
            if isinstance(node, ast.Return):
                if isinstance(node.value, ast.Name) and node.value.id == RESULT:
                    return body[:i], node
                value = node.value if node.value is not None else constant(None, node)
                stored = assign(RESULT, value, node)
                self.live.after[stored] = frozenset({RESULT}) | self.always
                return [*body[:i], stored], at(ast.Return(load(RESULT, node)), node)
        return body, None

    def block(self, nodes: Sequence[ast.stmt], is_caught: bool = False) -> list[ast.stmt]:
        """Statements that run a block: a call of its group, or the block itself where it has nothing to stage, and
        nobody to see what it raises."""
        if not (is_caught or any(isinstance(inner, _COSTS) for node in nodes for inner in descendants(node))):
            return list(nodes)
        group = Group(len(self.groups), list(nodes))
        self.groups.append(group)
        names: list[ast.expr] = []
        for node in nodes:
            group.live.append(self.live.after[node] | self.always)
            group.needed.append(self.needed.after[node] | self.always)
            before = len(self.groups)
            made = self._function(node)
            inner = range(before, len(self.groups))
            has_loop = any(isinstance(item, (ast.For, ast.While)) for item in descendants(node))
            group.inside.append(inner if has_loop else range(0))
            for number in inner if not has_loop else ():
                self.groups[number].around = self.groups[number].around or (group.number, len(group.live) - 1)
            names.append(load(made.name, node))
        first = nodes[0]
        runtime = at(ast.Attribute(load(MIXED, first), "group", ast.Load()), first)
        arguments = [constant(group.number, first), tuple_of(names, first)]
        name = f"ag__run_{group.number}"
        self.functions.append(assign(name, at(ast.Call(runtime, arguments, []), first), first))
        return [statement(at(ast.Call(load(name, first), [], []), first), first)]

    def _function(self, node: ast.stmt) -> ast.FunctionDef:
        """One statement as a function; the blocks in it have become groups, and stand before it."""
        body = self.python(node)
        changed = changes([node], self.known).names & self.own
        declarations: list[ast.stmt] = []
        if shared := sorted(changed - self.outside):
            declarations.append(at(ast.Nonlocal(shared), node))
        if outside := sorted(changed & self.outside):
            declarations.append(at(ast.Global(outside), node))
        self.count += 1
        made = function(f"ag__python_{self.count}", (), [*declarations, body], node)
        self.functions.append(made)
        return made

    def python(self, node: ast.stmt) -> ast.stmt:
        """The statement with calls of groups in the place of its blocks."""
        if node.lineno in self.plain_lines:
            return node
        if isinstance(node, ast.If):
            orelse = self.block(node.orelse) if node.orelse else []
            return at(ast.If(node.test, self.block(node.body), orelse), node)
        if isinstance(node, (ast.For, ast.While)):
            body = self.block(node.body)
            flags = self.lowered.ends.get(node)
            if flags:
                body = [*body, _leave(flags, node)]
            return rebuilt(node, body=body)
        if isinstance(node, ast.With):
            body = self.block(node.body, is_caught=True)
            return at(ast.With(node.items, [at(ast.With([_left(node)], body), node)]), node)
        if kind(node) in ("Try", "TryStar"):
            handlers = [
                at(ast.ExceptHandler(h.type, h.name, [_caught(h), *self.block(h.body)]), h)
                for h in node.handlers  # type: ignore[attr-defined]
            ]
            parts = {
                part: self.block(getattr(node, part), is_caught=True) if getattr(node, part) else []
                for part in ("body", "orelse", "finalbody")
            }
            return rebuilt(node, handlers=handlers, **parts)
        return node


def _caught(like: ast.AST) -> ast.stmt:
    """`ag__mixed.caught()`"""
    function = at(ast.Attribute(load(MIXED, like), "caught", ast.Load()), like)
    return statement(at(ast.Call(function, [], []), like), like)


def _left(like: ast.With) -> ast.withitem:
    """`with ag__mixed:`, by which the context managers around are shown the user's tracebacks."""
    return ast.withitem(load(MIXED, like))


def _leave(flags: Sequence[str], like: ast.stmt) -> ast.stmt:
    """`if flag or flag: break`"""
    tests: list[ast.expr] = [load(flag, like) for flag in flags]
    test = tests[0] if len(tests) == 1 else at(ast.BoolOp(ast.Or(), tests), like)
    return at(ast.If(test, [at(ast.Break(), like)], []), like)


class _Annotations:
    """Stores to annotated names as plain stores: what is declared nonlocal cannot be annotated. In a function such an
    annotation does nothing."""

    def __init__(self, is_script: bool) -> None:
        self.is_script = is_script
        self.bare: dict[str, int] = {}
        """Names that are annotated without a value, and the lines."""

    def block(self, nodes: Sequence[ast.stmt]) -> list[ast.stmt]:
        return [self.statement(node) for node in nodes]

    def statement(self, node: ast.stmt) -> ast.stmt:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            if self.is_script:
                raise Unsupported(node.lineno, f"it annotates {node.target.id}, a name of the module")
            if node.value is not None:
                return at(ast.Assign([node.target], node.value), node)
            self.bare[node.target.id] = node.lineno
            return at(ast.Pass(), node)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            return node
        changed: dict[str, list[Any]] = {}
        for name in ("body", "orelse", "finalbody", "handlers", "cases"):
            inner = getattr(node, name, None)
            if inner:
                changed[name] = [self.statement(p) if isinstance(p, ast.stmt) else self.part(p) for p in inner]
        return rebuilt(node, **changed) if changed else node

    def part(self, node: Any) -> Any:
        if isinstance(node, ast.match_case):
            return ast.match_case(node.pattern, node.guard, self.block(node.body))
        return rebuilt(node, body=self.block(node.body))


def _require_movable(body: Sequence[ast.stmt]) -> None:
    for node in body:
        for inner in descendants(node):
            name = inner.id if isinstance(inner, ast.Name) else inner.attr if isinstance(inner, ast.Attribute) else None
            name = inner.arg if isinstance(inner, ast.keyword) else name
            if name in _LOOKS_AROUND:
                raise Unsupported(inner.lineno, f"it uses {name}, which looks at the function that it stands in")


def site_names(site: Site) -> frozenset[str]:
    """The names that a loop of a module stores."""
    return frozenset(declared(body_of(site))[0])


def _mentioned(tree: ast.Module, site: Site) -> frozenset[str]:
    """The names that a module mentions outside of one of its loops, be it as a text."""
    inside = {id(node) for statement in body_of(site) for node in descendants(statement)}
    found: set[str] = set()
    for node in descendants(tree):
        name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None
        if name in _LOOKS_AT_MODULES:
            return site_names(site)
        if id(node) in inside:
            continue
        if name is not None:
            found.add(name)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return frozenset(found)


def is_script(site: Site) -> bool:
    """Is it a loop of a module, not a function?"""
    return site.name == SCRIPT
