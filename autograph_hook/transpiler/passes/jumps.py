"""Lower `return`, `break` and `continue` to values and flags, so that control flow is structured.

Before:

    if a:
        return x
    return y

After:

    if a:
        ag__result = x
    else:
        ag__result = y
    return ag__result

What follows a branch that always leaves is moved into the other branch; only where that is not possible is a
flag kept, and what follows is guarded by it. A loop that may be left early ends when one of its flags is set:
the pass returns, for each such loop, the names of these flags. `else` of a loop becomes an `if` on the flags.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from autograph_hook.transpiler.analysis.jumps import JUMP, ODD, RETURN, UNLESS_RAISED, Jumps, is_true, own_jump
from autograph_hook.transpiler.analysis.scopes import kind
from autograph_hook.transpiler.passes.jump_names import RESULT, RETURNED, none_of, pruned
from autograph_hook.transpiler.passes.plain import Plain, Unsupported
from autograph_hook.transpiler.templates import assign, at, constant, load, operator, rebuilt, thunk, tuple_of

_MOST_DOUBLED = 64
"""A branch is lowered a second time when what follows moves into it: in a deep nest that could go on for ever."""

_NO_FLAGS: frozenset[str] = frozenset()
_NOTHING_PLAIN = Plain()


@dataclass
class Lowered:
    body: list[ast.stmt]
    ends: dict[ast.stmt, tuple[str, ...]] = field(default_factory=dict)
    """For each loop that may be left early, the flags that end it."""
    guarded: set[ast.stmt] = field(default_factory=set)
    """Each `if` that sets a flag, or that stands under one. A name that it leaves without a value on one side is
    read only where the flag says that the other side was taken."""


def lower_jumps(body: Sequence[ast.stmt], plain: Plain = _NOTHING_PLAIN, *, calls_rebind: bool = False) -> Lowered:
    """Lower the jumps in a function's body. Loops of `plain` keep their `break` and `continue`. `calls_rebind`: a call
    may bind names of this function, and so may a loop's condition that calls something.

    >>> tree = ast.parse('''
    ... for x in xs:
    ...     if x > 0:
    ...         break
    ...     f(x)
    ... ''')
    >>> lowered = lower_jumps(tree.body)
    >>> print(ast.unparse(ast.Module(lowered.body, [])))
    ag__break_1 = False
    for x in xs:
        ag__break_1 = False
        if x > 0:
            ag__break_1 = True
        else:
            f(x)
    >>> list(lowered.ends.values())
    [('ag__break_1',)]
    """
    lowering = _Lowering(plain, calls_rebind)
    returns = any(lowering.jumps.held(s) & RETURN for s in body if not isinstance(s, ast.Return))
    if not returns:
        block = lowering.block(list(body), _Context(False, None))
        return Lowered(pruned(block.body, lowering.read), lowering.ends, lowering.guards)
    last = body[-1]
    whole = [*body, at(ast.Return(constant(None, last)), last)]
    block = lowering.block(whole, _Context(True, None))
    result: list[ast.stmt] = [assign(RETURNED, constant(False, body[0]), body[0]), *block.body]
    result.append(at(ast.Return(load(RESULT, last)), last))
    return Lowered(pruned(result, lowering.read), lowering.ends, lowering.guards)


class _Context(NamedTuple):
    returns: bool
    """Are returns lowered?"""
    loop: _Loop | None
    returned: str = RETURNED
    """The flag that a `return` sets."""


class _Loop(NamedTuple):
    plain: bool
    broken: str
    continued: str


class _Block(NamedTuple):
    body: list[ast.stmt]
    flags: frozenset[str]
    """Flags that may be set when the block has run, and stop what follows it."""
    leaves: bool
    """Does every path through the block leave it for good?"""


class _Lowering:
    def __init__(self, plain: Plain, calls_rebind: bool) -> None:
        self.plain = plain
        self.jumps = Jumps(calls_rebind)
        self.numbers = itertools.count(1)
        self.read: set[str] = set()
        self.ends: dict[ast.stmt, tuple[str, ...]] = {}
        self.guards: set[ast.stmt] = set()
        self.doubled = 0

    def block(self, statements: list[ast.stmt], context: _Context) -> _Block:
        out: list[ast.stmt] = []
        for i, node in enumerate(statements):
            jump = self.jump(node, context)
            if jump is not None:
                return _Block([*out, *jump.body], jump.flags, True)
            if isinstance(node, ast.Raise):
                return _Block([*out, node], _NO_FLAGS, True)
            if not self.must_change(node, context):
                out.append(node)
                continue
            rest = statements[i + 1 :]
            if isinstance(node, ast.If):
                first, rest = self.branches(node, rest, context)
            else:
                first = self.compound(node, context)
            out.extend(first.body)
            if first.leaves or not rest:
                return _Block(out, first.flags, first.leaves)
            after = self.block(rest, context)
            if first.flags and after.body:
                out.append(self.guarded(first.flags, after.body, rest[0]))
            else:
                out.extend(after.body)
            return _Block(out, first.flags | after.flags, after.leaves)
        return _Block(out, _NO_FLAGS, False)

    def must_change(self, node: ast.stmt, context: _Context) -> bool:
        """Must this statement be taken apart?"""
        wanted = RETURN | JUMP | ODD if context.returns else JUMP | ODD
        return bool(self.jumps.held(node) & wanted)

    def jump(self, node: ast.stmt, context: _Context) -> _Block | None:
        """What stands for a jump, when `node` is one that is lowered here."""
        if isinstance(node, ast.Return) and context.returns:
            value = node.value if node.value is not None else constant(None, node)
            body: list[ast.stmt] = [assign(RESULT, value, node), assign(context.returned, constant(True, node), node)]
            if context.loop is not None and context.loop.plain:
                body.append(at(ast.Break(), node))
            return _Block(body, frozenset({context.returned}), True)
        loop = context.loop
        if loop is None or loop.plain:
            return _Block([node], _NO_FLAGS, True) if isinstance(node, (ast.Break, ast.Continue)) else None
        if isinstance(node, ast.Break):
            return _Block([assign(loop.broken, constant(True, node), node)], frozenset({loop.broken}), True)
        if isinstance(node, ast.Continue):
            return _Block([assign(loop.continued, constant(True, node), node)], frozenset({loop.continued}), True)
        return None

    def branches(
        self, node: ast.If, rest: list[ast.stmt], context: _Context
    ) -> tuple[_Block, list[ast.stmt]]:
        """An `if` with what follows it: moved into a branch where the other one leaves."""
        body = self.block(node.body, context)
        if body.leaves and body.flags and rest:
            orelse = self.block([*node.orelse, *rest], context)
            rest = []
        else:
            orelse = self.block(node.orelse, context)
            if orelse.leaves and orelse.flags and rest and not body.leaves and self.doubled < _MOST_DOUBLED:
                self.doubled += 1
                body = self.block([*node.body, *rest], context)
                rest = []
        new = at(ast.If(node.test, body.body or [at(ast.Pass(), node)], orelse.body), node)
        leaves = body.leaves and orelse.leaves
        if (body.flags or orelse.flags) and not leaves:
            self.guards.add(new)
        return _Block([new], body.flags | orelse.flags, leaves), rest

    def compound(self, node: ast.stmt, context: _Context) -> _Block:
        if isinstance(node, (ast.For, ast.While)):
            return self.loop(node, context)
        if isinstance(node, ast.With):
            inner = self.block(node.body, context)
            items = _forgetting(node, inner.flags) if inner.flags else node.items
            # What follows runs where the context manager takes back an exception.
            return _Block([at(ast.With(items, inner.body), node)], inner.flags, False)
        if kind(node) in ("Try", "TryStar"):
            return self.try_(node, context)
        if isinstance(node, ast.Match):
            blocks = [self.block(case.body, context) for case in node.cases]
            cases = [ast.match_case(c.pattern, c.guard, b.body) for c, b in zip(node.cases, blocks, strict=True)]
            last = node.cases[-1]
            total = last.guard is None and isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None
            leaves = total and all(block.leaves for block in blocks)
            flags = frozenset().union(*(block.flags for block in blocks))
            return _Block([at(ast.Match(node.subject, cases), node)], flags, leaves)
        raise Unsupported(node.lineno, f"a jump inside {kind(node)}")

    def loop(self, node: ast.For | ast.While, context: _Context) -> _Block:
        number = next(self.numbers)
        is_plain = self.plain.has(node)
        own = _Loop(is_plain, f"ag__break_{number}", f"ag__continue_{number}")
        inner = self.block(node.body, context._replace(loop=own))
        body = list(inner.body)
        test = node.test if isinstance(node, ast.While) else None
        done: list[str] = []
        if test is not None and not is_plain and self.jumps.binds(test):
            # A graph cannot bind names in a loop's condition, so the body evaluates it.
            done = [f"ag__done_{number}"]
            stop = assign(done[0], constant(True, test), test)
            body = [at(ast.If(test, body, [stop]), node)]
            test = constant(True, test)
        # A graph loop would otherwise join the flag of `break` with what it was, although the body finds it unset.
        for flag in (own.continued, own.broken):
            if flag in inner.flags:
                body.insert(0, assign(flag, constant(False, node.body[0]), node.body[0]))
        flags = [flag for flag in (own.broken, context.returned) if flag in inner.flags]
        # A plain loop is left by a real `break`, for a `return` too: its `else` is Python's.
        last = self.block(node.orelse, context) if node.orelse else _Block([], _NO_FLAGS, False)
        orelse = last.body if is_plain else []
        if isinstance(node, ast.For):
            new: ast.For | ast.While = at(ast.For(node.target, node.iter, body, orelse), node)
        else:
            assert test is not None
            new = at(ast.While(test, body, orelse), node)
        out: list[ast.stmt] = [assign(flag, constant(False, node), node) for flag in done]
        if own.broken in flags:
            out.append(assign(own.broken, constant(False, node), node))
        out.append(new)
        if (flags or done) and not is_plain:
            self.ends[new] = (*done, *flags)
            self.read.update(flags)
        returned = frozenset({context.returned}) & inner.flags
        if test is not None and not done and is_true(test) and not own_jump(node.body, (ast.Break,)):
            return _Block(out, returned, True)
        if not node.orelse or is_plain:
            return _Block(out, returned | last.flags, False)
        if flags:
            out.append(self.guarded(frozenset(flags), last.body, node.orelse[0]))
        else:
            out.extend(last.body)
        return _Block(out, returned | last.flags, last.leaves and not (set(flags) - {context.returned}))

    def try_(self, node: Any, context: _Context) -> _Block:
        body = self.block(node.body, context)
        orelse = self.block(node.orelse, context)
        blocks = [self.block(handler.body, context) for handler in node.handlers]
        # A jump that was on its way does not count where a `finally` or a context manager has raised in its place.
        reset = [assign(flag, constant(False, node), node) for flag in sorted(body.flags) if _has_endings(node.body)]
        handlers = [
            at(ast.ExceptHandler(h.type, h.name, [*reset, *b.body]), h)
            for h, b in zip(node.handlers, blocks, strict=True)
        ]
        last = orelse.body
        if body.flags and last:
            last = [self.guarded(body.flags, last, node.orelse[0])]
        new = rebuilt(node, body=body.body, handlers=handlers, orelse=last)
        flags = body.flags.union(orelse.flags, *(block.flags for block in blocks))
        leaves = (body.leaves or orelse.leaves) and all(block.leaves for block in blocks)
        if any(self.jumps.held(s) & (RETURN | JUMP) for s in node.finalbody):
            return self.finally_(node, _Block([new], flags, leaves), context)
        return _Block([rebuilt(new, finalbody=self.block(node.finalbody, context).body)], flags, leaves)

    def finally_(self, node: Any, whole: _Block, context: _Context) -> _Block:
        """A `finally` with jumps: where one is taken, no other and no exception that was on its way counts.

        Its jumps set flags of their own, which replace the others at its end. An exception is held back by a context
        manager around the statement, which asks whether any of them is set:

            ag__break_2 = False
            with ag__.unless_left(lambda: ag__.not_(ag__break_2)):
                try:
                    ...
                finally:
                    ag__break_2 = True
                    if ag__break_2:
                        ag__break_1 = True
                        ag__returned = False
        """
        loop, number = context.loop, next(self.numbers)
        if loop is not None and loop.plain:
            raise Unsupported(node.lineno, "a jump out of `finally` in a loop that stays plain")
        outer = [context.returned] if loop is None else [context.returned, loop.broken, loop.continued]
        own = [f"{RETURNED}_{number}", f"ag__break_{number}", f"ag__continue_{number}"][: len(outer)]
        inner_loop = None if loop is None else _Loop(False, own[1], own[2])
        last = self.block(node.finalbody, context._replace(loop=inner_loop, returned=own[0]))
        set_here = [(mine, theirs) for mine, theirs in zip(own, outer, strict=True) if mine in last.flags]
        final = list(last.body)
        for mine, theirs in set_here:
            others = [flag for flag in outer if flag != theirs and flag in whole.flags]
            stores: list[ast.stmt] = [assign(theirs, constant(True, node), node)]
            stores += [assign(flag, constant(False, node), node) for flag in others]
            final.append(at(ast.If(load(mine, node), stores, []), node))
        (new,) = whole.body
        new = rebuilt(new, finalbody=final)
        flags = whole.flags | {theirs for _, theirs in set_here}
        if not set_here:
            return _Block([new], flags, whole.leaves or last.leaves)
        names = [mine for mine, _ in set_here]
        self.read.update(names)
        manager = operator("unless_left", node, thunk(none_of(names, node), node))
        out: list[ast.stmt] = [assign(name, constant(False, node), node) for name in names]
        out.append(at(ast.With([ast.withitem(manager, None)], [new]), node))
        return _Block(out, flags, whole.leaves or last.leaves)

    def guarded(self, flags: frozenset[str], body: list[ast.stmt], like: ast.stmt) -> ast.stmt:
        """`if not (flag or ...): body`"""
        self.read |= flags
        new = at(ast.If(none_of(sorted(flags), like), body, []), like)
        self.guards.add(new)
        return new


def _forgetting(node: ast.With, flags: frozenset[str]) -> list[ast.withitem]:
    """The items of a `with` statement whose body may jump, which sets flags.

    A jump that was on its way does not count where a `finally` or a context manager inside of one of these has raised
    in its place, and that one has taken back the exception:

        with a, ag__.unless_raised(lambda: (ag__returned,)), b:
    """
    items: list[ast.withitem] = []
    for item in node.items:
        items.append(item)
        if item is not node.items[-1] or _has_endings(node.body):
            names = tuple_of([load(flag, node) for flag in sorted(flags)], node)
            items.append(ast.withitem(operator(UNLESS_RAISED, node, thunk(names, node)), None))
    return items


def _has_endings(statements: Sequence[ast.stmt]) -> bool:
    """Is there anything in them that runs when they are left?"""
    nodes = [node for statement in statements for node in ast.walk(statement)]
    return any(isinstance(node, ast.With) or getattr(node, "finalbody", None) for node in nodes)
