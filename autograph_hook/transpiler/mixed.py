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
from collections.abc import Sequence

from autograph_hook.transpiler.analysis.liveness import Liveness, Names
from autograph_hook.transpiler.analysis.scopes import descendants, kind
from autograph_hook.transpiler.analysis.variables import Known, changes
from autograph_hook.transpiler.movable import (
    Movable,
    is_script,
    mentioned,
    named_to_others,
    require_movable,
    site_names,
)
from autograph_hook.transpiler.passes.jump_names import RESULT
from autograph_hook.transpiler.passes.jumps import lower_jumps
from autograph_hook.transpiler.passes.plain import Plain, Unsupported
from autograph_hook.transpiler.pieces import Group, Mixed
from autograph_hook.transpiler.sites import Site
from autograph_hook.transpiler.templates import (
    MIXED,
    assign,
    at,
    constant,
    function,
    load,
    rebuilt,
    statement,
    tuple_of,
)
from autograph_hook.transpiler.twins import Twin, arguments_of, body_of, compiled, declared, names_rebound, signature

_COSTS = (ast.Call, ast.BinOp, ast.Compare, ast.Subscript, ast.AugAssign)


class _LiveEverywhere(Liveness):
    """Notes what is live after every statement, not only after constructs; and who is called with a text may read what
    it names: `frame.query("score > @limit")`."""

    def statement(self, node: ast.stmt, live: Names) -> Names:
        self._note(self.after, node, live)
        return super().statement(node, live)

    def uses(self, node: ast.AST) -> Names:
        return super().uses(node) | named_to_others(node).intersection(self.own)


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
    `is_main`: nobody imports names from this module.

    >>> from autograph_hook.transpiler.gates import insert_gates
    >>> tree = ast.parse('''
    ... def train(model, batches):
    ...     for x in batches:
    ...         loss = step(model, x)
    ...         losses.append(float(loss))
    ...     return loss
    ... ''')
    >>> mixed = mix(tree, insert_gates(tree)[0], "train.py")
    >>> for group in mixed.groups:
    ...     print([ast.unparse(node).splitlines()[0] for node in group.statements])
    ['for x in batches:', 'ag__result = loss']
    ['loss = step(model, x)', 'losses.append(float(loss))']
    >>> piece = mixed.piece(mixed.groups[1], 0, 1)
    >>> piece.inputs, piece.outputs
    (('model', 'x'), ('loss',))
    """
    future = [s for s in tree.body if isinstance(s, ast.ImportFrom) and s.module == "__future__"]
    unread = site_names(site) - mentioned(tree, site) if is_script(site) and is_main else frozenset()
    is_text = any(alias.name == "annotations" for statement in future for alias in statement.names)
    return _Mixer(site, plain_lines, is_text).mixed(path, optimize, future, unread)


class _Mixer:
    def __init__(self, site: Site, plain_lines: frozenset[int], future: bool) -> None:
        self.site = site
        self.plain_lines = plain_lines
        body = body_of(site)
        require_movable(body)
        self.outside, self.enclosing = declared(body)
        self.movable = Movable(site, future)
        body = self.movable.block(body)
        self.lowered = lower_jumps(body, Plain(plain_lines), calls_rebind=bool(names_rebound(body)))
        self.known = Known()
        self.arguments = arguments_of(site.node.args)
        names = changes(self.lowered.body, self.known).names | {RESULT}
        self.own = frozenset([*self.arguments, *names])
        users = {name for name in self.own if not name.startswith("ag__")} | {*site.free} - {"__class__"}
        self.seen = sorted(users - self.outside)
        """The names that the user's frame shows to who looks at it."""
        for name, line in self.movable.bare.items():
            if name not in self.own:
                raise Unsupported(line, f"it annotates {name}, to which it stores nothing")
        if site.uses_class and self.movable.first in names:
            raise Unsupported(site.node.lineno, "it uses super(), and stores to its first argument")
        self.live, self.needed = self._live()
        self.always = frozenset(self.live.captured)
        self.groups: list[Group] = []
        self.home: tuple[int, int] | None = None
        self.tapes = 0
        """How many tapes are around the statement at hand."""
        self.functions: list[ast.stmt] = []
        self.count = 0

    def _live(self) -> tuple[_LiveEverywhere, _LiveEverywhere]:
        """What is live after each statement, and what of it this code itself may still read.

        The names that a function declares are there for others: whoever is called, and whoever catches what is raised,
        may read them at any time. Those of a script's loop (all that it stores) count from its end on.
        """
        body, ends, own = self.lowered.body, self.lowered.ends, sorted(self.own)
        shared = sorted(self.outside | self.enclosing)
        if not is_script(self.site) or not shared:
            live = _LiveEverywhere(body, ends, own, enclosing=shared)
            return live, live
        seen = at(ast.Expr(tuple_of([load(name, body[0]) for name in shared], body[0])), body[0])
        return _LiveEverywhere([*body, seen], ends, own), _LiveEverywhere(body, ends, own)

    def mixed(self, path: str, optimize: int, future: list[ast.ImportFrom], unread: frozenset[str]) -> Mixed:
        body, result = self._without_return()
        run = self.block(body)
        first = body_of(self.site)[0]
        dead: list[ast.stmt] = [
            assign(name, constant(None, first), first)
            for name in sorted(self.own - set(self.arguments) - self.outside - self.enclosing)
        ]
        whole = [*([at(ast.If(constant(False, first), dead, []), first)] if dead else []), *self.functions, *run]
        if self.outside:
            whole.insert(0, at(ast.Global(sorted(self.outside)), first))
        if self.enclosing:
            whole.insert(0, at(ast.Nonlocal(sorted(self.enclosing)), first))
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
            future, unread, {node: name for node, (name, _) in self.movable.annotations.items()},
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
                for live in (self.live, self.needed):
                    live.after[stored] = frozenset({RESULT, *self.outside, *self.enclosing}) | self.always
                return [*body[:i], stored], at(ast.Return(load(RESULT, node)), node)
        return body, None

    def block(
        self, nodes: Sequence[ast.stmt], is_caught: bool = False, loop: ast.For | ast.While | None = None
    ) -> list[ast.stmt]:
        """Statements that run a block: a call of its group, or the block itself where it has nothing to stage, and
        nobody to see what it raises. `loop`: whose body it is."""
        inside = [inner for node in nodes for inner in descendants(node)]
        if not (is_caught or any(isinstance(inner, _COSTS) or inner in self.lowered.ends for inner in inside)):
            return [each for node in nodes for each in (node, *self.annotation(node))]
        group = Group(len(self.groups), list(nodes), home=self.home, loop=loop, is_taped=self.tapes > 0)
        self.groups.append(group)
        names: list[ast.expr] = []
        for node in nodes:
            group.live.append(self.live.after[node] | self.always)
            group.needed.append(self.needed.after[node] | self.always)
            around, self.home = self.home, (group.number, len(group.live) - 1)
            made = self._function(node)
            self.home = around
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
        self.count += 1
        whole = self._declared(node, *self._shown(node), body, *self.annotation(node))
        made = function(f"ag__python_{self.count}", (), whole, node)
        self.functions.append(made)
        return made

    def _shown(self, node: ast.stmt) -> list[ast.stmt]:
        """All names of the frame, in a place that never runs: who is called may look for any of them in the frame that
        calls (`sys._getframe(1).f_locals`), and finds those that its function names."""
        if not self.seen or not any(isinstance(inner, ast.Call) for inner in descendants(node)):
            return []
        names = tuple_of([load(name, node) for name in self.seen], node)
        return [at(ast.If(constant(False, node), [statement(names, node)], []), node)]

    def _ahead(self, node: ast.For, number: int) -> ast.expr:
        """`ag__mixed.ahead(number, items, ag__bind_number)`"""
        item = "ag__item"
        bound = self._declared(node, at(ast.Assign([node.target], load(item, node)), node))
        bind = function(f"ag__bind_{number}", (item,), bound, node)
        self.functions.append(bind)
        ahead = at(ast.Attribute(load(MIXED, node.iter), "ahead", ast.Load()), node.iter)
        return at(ast.Call(ahead, [constant(number, node.iter), node.iter, load(bind.name, node.iter)], []), node.iter)

    def _declared(self, node: ast.stmt, *body: ast.stmt) -> list[ast.stmt]:
        """Statements of a function of their own that stores what `node` stores."""
        changed = changes([node], self.known).names & self.own
        declarations: list[ast.stmt] = []
        if shared := sorted(changed - self.outside):
            declarations.append(at(ast.Nonlocal(shared), node))
        if outside := sorted(changed & self.outside):
            declarations.append(at(ast.Global(outside), node))
        return [*declarations, *body]

    def annotation(self, node: ast.stmt) -> list[ast.stmt]:
        """The statement that stores a name's annotation."""
        found = self.movable.annotations.get(node)
        return [] if found is None else [found[1]]

    def python(self, node: ast.stmt) -> ast.stmt:
        """The statement with calls of groups in the place of its blocks."""
        if node.lineno in self.plain_lines:
            return node
        if isinstance(node, ast.If):
            orelse = self.block(node.orelse) if node.orelse else []
            return at(ast.If(node.test, self.block(node.body), orelse), node)
        if isinstance(node, ast.Match):
            cases = [ast.match_case(case.pattern, case.guard, self.block(case.body)) for case in node.cases]
            return rebuilt(node, cases=cases)
        if isinstance(node, (ast.For, ast.While)):
            number = len(self.groups)
            body = self.block(node.body, loop=node)
            flags = self.lowered.ends.get(node)
            if flags:
                return rebuilt(node, body=[*body, _leave(flags, node)])
            is_group = len(self.groups) > number and not node.orelse
            if isinstance(node, ast.For) and is_group and _binds_names(node.target):
                return rebuilt(node, body=body, iter=self._ahead(node, number))
            return rebuilt(node, body=body)
        if isinstance(node, ast.With):
            tapes = _is_tape(node)
            self.tapes += tapes
            body = self.block(node.body, is_caught=True)
            self.tapes -= tapes
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


def _binds_names(target: ast.expr) -> bool:
    """Does the target of a loop store to names alone?"""
    if isinstance(target, (ast.Tuple, ast.List)):
        return all(map(_binds_names, target.elts))
    return isinstance(target, ast.Name)


def _is_tape(node: ast.With) -> bool:
    """Does it open a tape, by the name that tapes have?"""
    calls = [item.context_expr for item in node.items]
    names = [inner for call in calls for inner in descendants(call) if isinstance(inner, (ast.Name, ast.Attribute))]
    return any((inner.id if isinstance(inner, ast.Name) else inner.attr) == "GradientTape" for inner in names)


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
