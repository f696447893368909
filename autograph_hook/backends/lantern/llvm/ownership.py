"""Which `update` and `add_at` may change their operand in place: those after which nobody sees it any more.

A block *owns* a value if it is in memory that no other name leads to. What an operation with new memory makes is
owned, what an update in place gives is owned again, and so is what a loop carries if every round gives back what it
owns: then a table that is filled in nested loops is copied once, before the outermost. A value ceases to be owned where
something keeps it or a part of it: a record, a list, a call, a view, a second name.

    (let (t (list i64)) (fill n zero))                              t is owned
    (loop ((i i64 zero) (u (list i64) t)) …                         t is not read later: u is owned
      (let (w (list i64)) (update u v i)) … (tuple j w))            u is not read later: in place; w is given back
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from autograph_hook.backends.lantern.ir import (
    Block,
    Call,
    Def,
    Expr,
    If,
    Let,
    List,
    Loop,
    Make,
    Op,
    Tensor,
    Var,
    blocks,
    operands,
)
from autograph_hook.backends.lantern.llvm.early import OPERATIONS
from autograph_hook.backends.lantern.ops import TABLE

FRESH = frozenset(("update", "add_at", "fill", "list", "extend", "place", "outer", "stack", "concatenate", "transpose"))
"""Operations whose result is in memory of its own; so are tensors that are broadcast or element-wise results."""

READING = frozenset(("len", "matmul", "dot", "sum", "mean", "max", "min", "argmax", "argmin", "outer", "place"))
"""Operations that keep nothing of their operands; so are the element-wise ones."""

NEW = ""
"""The origin of a value that is owned and is not what a loop carries."""


@dataclass
class Ownership:
    """`in_place` has the ids of operations; `changed` the origins of what they change; `carried` the loop variables
    that are changed so, and whether each round gives back the same memory; `copied` those of them that begin as a
    copy."""

    in_place: set[int] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    carried: dict[str, bool] = field(default_factory=dict)
    copied: set[str] = field(default_factory=set)

    def add(self, other: Ownership) -> None:
        self.in_place |= other.in_place
        self.changed |= other.changed
        self.carried.update(other.carried)
        self.copied |= other.copied


def ownership(definition: Def) -> Ownership:
    found = Ownership()
    _Block(definition.body, {}, found).results()
    return found


class _Block:
    """Follows a block. `owned` maps the names that are owned to their origin."""

    def __init__(self, block: Block, owned: dict[str, str], found: Ownership) -> None:
        self.block = block
        self.owned = dict(owned)
        self.found = found
        self.last: dict[str, int] = {}
        for k, let in enumerate(block.lets):
            self.last.update((name, k) for name in reads(let.expr))
        self.last.update((var.name, len(block.lets)) for var in block.results)

    def results(self) -> list[str | None]:
        """The origins of the results; None for one that is not owned."""
        for k, let in enumerate(self.block.lets):
            self.let(k, let)
        count = Counter(var.name for var in self.block.results)
        return [self.owned.get(var.name) if count[var.name] == 1 else None for var in self.block.results]

    def let(self, k: int, let: Let) -> None:
        expr = let.expr
        passing = {name: self.owned[name] for name in reads(expr) if name in self.owned and self.last[name] == k}
        for name in kept(expr, frozenset(passing)):
            self.owned.pop(name, None)
            passing.pop(name, None)
        if isinstance(expr, If):
            sides = [_Block(side, passing, self.found).results() for side in (expr.then, expr.orelse)]
            for var, first, second in zip(let.vars, *sides, strict=True):
                if first is not None and second is not None:
                    self.owned[var.name] = first if first == second else NEW
        elif isinstance(expr, Loop):
            self.loop(let, expr, passing)
        elif isinstance(expr, Op) and len(let.vars) == 1 and expr.name not in OPERATIONS:
            name, var = expr.args[0].name if expr.args else "", let.vars[0]
            if expr.name in ("update", "add_at") and name in passing:
                self.found.in_place.add(id(expr))
                self.found.changed.add(passing[name])
                self.owned[var.name] = passing[name]
            elif expr.name in FRESH or (isinstance(var.type, Tensor) and _is_new(expr)):
                self.owned[var.name] = NEW

    def loop(self, let: Let, loop: Loop, passing: dict[str, str]) -> None:
        """Assume that all is owned; what a round does not give back is not, and then the rest is looked at again."""
        lists_and_tensors = [k for k, var in enumerate(loop.vars) if isinstance(var.type, List | Tensor)]
        tested = {name for inner in loop.test.lets for name in kept(inner.expr, frozenset())}
        owned = [k for k in lists_and_tensors if loop.vars[k].name not in tested]
        while True:
            trial = Ownership()
            start = {loop.vars[k].name: loop.vars[k].name for k in owned}
            origins = _Block(loop.body, start, trial).results()
            given_back = [k for k in owned if origins[k] in (NEW, loop.vars[k].name)]
            if given_back == owned:
                break
            owned = given_back
        self.found.add(trial)
        inside = {name for block in blocks(loop) for inner in block.lets for name in reads(inner.expr)}
        count = Counter(init.name for init in loop.inits)
        for k in owned:
            name, init, result = loop.vars[k].name, loop.inits[k].name, let.vars[k].name
            moved = init in passing and count[init] == 1 and init not in inside
            if name in trial.changed:
                self.found.carried[name] = origins[k] == name
                if moved:
                    self.found.changed.add(passing[init])
                else:
                    self.found.copied.add(name)
                self.owned[result] = passing[init] if moved and origins[k] == name else NEW
            elif moved:
                self.owned[result] = NEW


def _is_new(op: Op) -> bool:
    return TABLE[op.name].elementwise or op.name == "broadcast"


def reads(expr: Expr) -> set[str]:
    """The names that an expression reads, in inner blocks too."""
    found = {var.name for var in operands(expr)}
    for inner in blocks(expr):
        found |= {var.name for var in inner.results}
        for let in inner.lets:
            found |= reads(let.expr)
    return found


def kept(expr: Expr, moved: frozenset[str]) -> set[str]:
    """The names that may be seen by another name after this expression. Of those that it is the last to read
    (`moved`), giving them on keeps nothing."""
    found: set[str] = set()
    if isinstance(expr, Op):
        found = _kept_by(expr)
    elif isinstance(expr, If | Loop):
        if isinstance(expr, Loop):
            found |= {init.name for init in expr.inits} - moved
        for inner in blocks(expr):
            found |= {var.name for var in inner.results} - moved
            for let in inner.lets:
                found |= kept(let.expr, moved)
    else:
        found = reads(expr) if isinstance(expr, Make | Call) else set()
    return found


def _kept_by(op: Op) -> set[str]:
    if op.name in OPERATIONS:
        return set()
    table = TABLE[op.name]
    if table.elementwise or op.name in READING:
        return set()
    if op.name == "idx" and (isinstance(op.args[0].type, List) or _is_whole(op)):
        return set()
    if op.name in ("update", "add_at"):
        return _names(op.args[1:])
    return _names(op.args)


def _is_whole(op: Op) -> bool:
    """Do the indices of a tensor lead to a number?"""
    type = op.args[0].type
    return isinstance(type, Tensor) and len(op.args) - 1 == len(type.shape)


def _names(args: tuple[Var, ...]) -> set[str]:
    return {arg.name for arg in args}
