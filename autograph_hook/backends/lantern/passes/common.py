"""Common subexpressions: what was computed before is not computed again."""

from __future__ import annotations

from dataclasses import replace

from ..ir import Block, Call, Expr, Field, Let, Lit, Make, Map, Op, Program, Var
from ..ops import TABLE
from ..walk import substitute, with_blocks
from .effects import Effects


def merge_common(program: Program) -> Program:
    """The program with each expression once, in the block where it is met first and those inside it.

    >>> from autograph_hook.backends.lantern.text import read, write
    >>> print(write(merge_common(read('''
    ... (program
    ...   (def f ((x f64) (c bool)) (f64)
    ...     (begin
    ...       (let (a f64) (exp x))
    ...       (let (b f64) (exp x))
    ...       (let (r f64) (if c (begin (let (d f64) (exp x)) (let (e f64) (* b d)) (tuple e)) (begin (tuple b))))
    ...       (tuple r))))'''))))
    (program
      (def f ((x f64) (c bool)) (f64)
        (begin
          (let (a f64) (exp x))
          (let (r f64) (if c
            (begin
              (let (e f64) (* a a))
              (tuple e))
            (begin
              (tuple a))))
          (tuple r))))
    <BLANKLINE>
    """
    effects = Effects(program)
    return replace(program, defs=tuple(replace(d, body=_Common(effects, {}, {}).block(d.body)) for d in program.defs))


class _Common:
    """`seen` has the names of what was computed, `same` the name by which each name is to be called."""

    def __init__(self, effects: Effects, seen: dict[Expr, tuple[Var, ...]], same: dict[str, Var]) -> None:
        self.effects = effects
        self.seen = seen
        self.same = same

    def block(self, block: Block) -> Block:
        inner = _Common(self.effects, dict(self.seen), dict(self.same))
        lets = tuple(kept for let in block.lets if (kept := inner.let(let)) is not None)
        return Block(lets, tuple(inner.same.get(v.name, v) for v in block.results))

    def let(self, let: Let) -> Let | None:
        expr = substitute(let.expr, self.same)
        if not self.mergeable(expr):
            return replace(let, expr=expr if isinstance(expr, Map) else with_blocks(expr, self.block))
        known = self.seen.setdefault(expr, let.vars)
        if known is let.vars:
            return replace(let, expr=expr)
        self.same.update((v.name, k) for v, k in zip(let.vars, known, strict=True))
        return None

    def mergeable(self, expr: Expr) -> bool:
        match expr:
            case Op(name=name):
                return not TABLE[name].effect
            case Call(function=function):
                return function in self.effects.pure
            case Lit() | Field() | Make():
                return True
            case _:
                return False
