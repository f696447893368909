"""Constant folding: operations on literals, branches on literals, and operations that change nothing."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ..interpret import settle
from ..ir import FLOATS, INTEGERS, Block, If, Let, Lit, Op, Program, Scalar, Tensor, Var
from ..ops import TABLE
from ..walk import substitute, with_blocks


def fold(program: Program) -> Program:
    """The program with what is known computed.

    >>> from autograph_hook.backends.lantern.text import read, write
    >>> print(write(fold(read('''
    ... (program
    ...   (def f ((x f64)) (f64)
    ...     (begin
    ...       (let (one f64) 1.0)
    ...       (let (two f64) (+ one one))
    ...       (let (more bool) (> two one))
    ...       (let (y f64) (if more (begin (let (a f64) (* x two)) (tuple a)) (begin (tuple x))))
    ...       (let (z f64) (* y one))
    ...       (tuple z))))'''))))
    (program
      (def f ((x f64)) (f64)
        (begin
          (let (one f64) 1.0)
          (let (two f64) 2.0)
          (let (more bool) true)
          (let (a f64) (* x two))
          (tuple a))))
    <BLANKLINE>
    """
    return replace(program, defs=tuple(replace(d, body=_Fold({}, {}).block(d.body)) for d in program.defs))


class _Fold:
    """`literals` has what names are known to be, `same` by which other name a name is to be called."""

    def __init__(self, literals: dict[str, Lit], same: dict[str, Var]) -> None:
        self.literals = literals
        self.same = same

    def block(self, block: Block) -> Block:
        inner = _Fold(dict(self.literals), dict(self.same))
        lets = inner.lets(block)
        return Block(tuple(lets), tuple(inner.same.get(v.name, v) for v in block.results))

    def lets(self, block: Block) -> list[Let]:
        return [folded for let in block.lets for folded in self.let(let)]

    def let(self, let: Let) -> list[Let]:
        expr = substitute(let.expr, self.same)
        match expr:
            case Lit():
                self.literals[let.vars[0].name] = expr
            case Op(name="check", args=(ok,)) if ok.name in self.literals and self.literals[ok.name].value is True:
                return []
            case Op():
                return self.op(let, expr)
            case If(condition=condition, then=then, orelse=orelse) if condition.name in self.literals:
                taken = then if self.literals[condition.name].value else orelse
                spliced = self.lets(taken)
                results = (self.same.get(v.name, v) for v in taken.results)
                self.same.update((v.name, r) for v, r in zip(let.vars, results, strict=True))
                return spliced
        return [replace(let, expr=with_blocks(expr, self.block))]

    def op(self, let: Let, op: Op) -> list[Let]:
        known = [self.literals.get(a.name) for a in op.args]
        unchanged = self.unchanged(let, op, known)
        if unchanged is not None:
            self.same[let.vars[0].name] = unchanged
            return []
        literal = computed(op, known, let.vars)
        if literal is None:
            return [replace(let, expr=op)]
        self.literals[let.vars[0].name] = literal
        return [replace(let, expr=literal)]

    def unchanged(self, let: Let, op: Op, known: list[Lit | None]) -> Var | None:
        """The operand that the result is equal to, if it is known to be."""
        if len(let.vars) != 1 or not op.args:
            return None
        first = op.args[0]
        same_type = first.type == let.vars[0].type
        match op.name:
            case "cast" | "reshape" | "broadcast" if same_type:
                return first
            case "transpose" if op.attr("axes") == tuple(range(len(getattr(first.type, "shape", ())))):
                return first
            case "*" | "/" | "**" if same_type and is_number(known[1], 1):
                return first
            case "-" if same_type and is_number(known[1], 0):
                return first
            case "*" if op.args[1].type == let.vars[0].type and is_number(known[0], 1):
                return op.args[1]
            case "+" if same_type and is_number(known[1], 0) and _integral(first):
                return first
            case "+" if op.args[1].type == let.vars[0].type and is_number(known[0], 0) and _integral(first):
                return op.args[1]
            case "where" if known[0] is not None:
                chosen = op.args[1] if known[0].value else op.args[2]
                return chosen if chosen.type == let.vars[0].type else None
        return None


def _integral(var: Var) -> bool:
    """Of floats, -0.0 + 0.0 is another number."""
    return isinstance(var.type, Scalar | Tensor) and var.type.dtype in INTEGERS


def is_number(lit: Lit | None, number: int) -> bool:
    """Is it this one? -0.0 is not 0, as x - -0.0 is not always x."""
    if lit is None or isinstance(lit.value, bool) or lit.value is None:
        return False
    return lit.value == number and math.copysign(1, lit.value) > 0


def computed(op: Op, known: list[Lit | None], vars: tuple[Var, ...]) -> Lit | None:
    """What an operation on literals gives, if that is a literal; None too where it raises."""
    literals = [lit for lit in known if lit is not None]
    if TABLE[op.name].effect or len(vars) != 1 or len(literals) != len(known) or not literals:
        return None
    (type,) = (v.type for v in vars)
    if not isinstance(type, Scalar):
        return None
    try:
        with np.errstate(all="ignore"):
            value = settle(TABLE[op.name].meaning(op, *(settle(lit.value, lit.type) for lit in literals)), type)
    except (ArithmeticError, ValueError, LookupError):
        return None
    return Lit(float(value) if type.dtype in FLOATS else value, type)
