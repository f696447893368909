"""What passes share: what a block reads from outside, and replacing names in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from .ir import Block, Call, Expr, Field, If, Let, Lit, Loop, Make, Map, Op, Var, blocks, operands


def free(lets: Iterable[Let], results: Iterable[Var] = ()) -> dict[Var, None]:
    """What is read but not bound, in the order of first use; the program's parameters and constants too."""
    bound: set[str] = set()
    found: dict[Var, None] = {}

    def read(vars: Iterable[Var]) -> None:
        found.update((v, None) for v in vars if v.name not in bound)

    for let in lets:
        expr = let.expr
        read(operands(expr))
        own = {v.name for v in expr.vars} if isinstance(expr, Loop | Map) else set()
        for block in blocks(expr):
            read(v for v in free(block.lets, block.results) if v.name not in own)
        bound.update(v.name for v in let.vars)
    read(results)
    return found


def with_operands(expr: Expr, change: Callable[[Var], Var]) -> Expr:
    """The expression with other operands; its blocks stay."""
    match expr:
        case Op() | Make() | Call() | Map():
            return replace(expr, args=tuple(map(change, expr.args)))
        case Field():
            return replace(expr, record=change(expr.record))
        case If():
            return replace(expr, condition=change(expr.condition))
        case Loop():
            return replace(expr, inits=tuple(map(change, expr.inits)))
        case Lit():
            return expr


def with_blocks(expr: Expr, change: Callable[[Block], Block]) -> Expr:
    """The expression with other blocks inside."""
    match expr:
        case If():
            return replace(expr, then=change(expr.then), orelse=change(expr.orelse))
        case Loop():
            return replace(expr, test=change(expr.test), body=change(expr.body))
        case Map():
            return replace(expr, body=change(expr.body))
        case _:
            return expr


def substitute(expr: Expr, names: Mapping[str, Var]) -> Expr:
    """The expression with other names for what it reads, inside its blocks too."""
    if not names:
        return expr

    def change(var: Var) -> Var:
        return names.get(var.name, var)

    def block(inner: Block) -> Block:
        lets = tuple(replace(let, expr=substitute(let.expr, names)) for let in inner.lets)
        return Block(lets, tuple(map(change, inner.results)))

    return with_blocks(with_operands(expr, change), block)
