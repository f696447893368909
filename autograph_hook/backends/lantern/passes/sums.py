"""Sums as trees: the addends of nested `+` of which nobody reads the inner ones."""

from __future__ import annotations

from collections.abc import Iterator

from ..ir import Block, Let, Op, Var
from ..walk import free


def args(let: Let) -> tuple[Var, ...]:
    assert isinstance(let.expr, Op)
    return let.expr.args


def is_sum(let: Let) -> bool:
    """A sum of two of the same type, without broadcasting."""
    return isinstance(let.expr, Op) and let.expr.name == "+" and all(a.type == let.vars[0].type for a in args(let))


class Sums:
    """The sums of a block. `once` has the lets whose one result is read once, by an operation of the block."""

    def __init__(self, block: Block) -> None:
        reads: dict[str, int] = {}
        for let in block.lets:
            whole = isinstance(let.expr, Op)
            for var in args(let) if whole else free([let]):
                reads[var.name] = reads.get(var.name, 0) + (1 if whole else 2)
        for var in block.results:
            reads[var.name] = 2
        self.once = {
            let.vars[0].name: let for let in block.lets if len(let.vars) == 1 and reads.get(let.vars[0].name) == 1
        }
        self.inner = {a.name for let in block.lets if is_sum(let) for a in args(let) if self.inner_sum(a)}

    def inner_sum(self, var: Var) -> Let | None:
        let = self.once.get(var.name)
        return let if let is not None and is_sum(let) else None

    def is_root(self, let: Let) -> bool:
        return is_sum(let) and let.vars[0].name not in self.inner

    def addends(self, let: Let) -> Iterator[Var]:
        """What a sum adds up, from left to right."""
        for var in args(let):
            inner = self.inner_sum(var)
            if inner is None:
                yield var
            else:
                yield from self.addends(inner)

    def names(self, let: Let) -> Iterator[str]:
        """The sums inside a sum."""
        for var in args(let):
            inner = self.inner_sum(var)
            if inner is not None:
                yield var.name
                yield from self.names(inner)
