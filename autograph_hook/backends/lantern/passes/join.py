"""Joining: a sum of parts placed side by side is their concatenation. Such sums are what slices leave in an adjoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..build import Builder, Names, names_of
from ..ir import Block, Let, Op, Program, Tensor, Var
from ..walk import with_blocks
from .sums import Sums


def join(program: Program) -> Program:
    """The program with `concatenate` for sums of `place` that fill the whole.

    >>> from autograph_hook.backends.lantern.text import read, write
    >>> print(write(join(read('''
    ... (program
    ...   (def f ((x (tensor f64 3)) (y (tensor f64 2)) (z (tensor f64 5))) ((tensor f64 5))
    ...     (begin
    ...       (let (a (tensor f64 5)) (place y :shape (5) :size (2) :start (3) :step (1)))
    ...       (let (s (tensor f64 5)) (+ a z))
    ...       (let (b (tensor f64 5)) (place x :shape (5) :size (3) :start (0) :step (1)))
    ...       (let (t (tensor f64 5)) (+ s b))
    ...       (tuple t))))'''))))
    (program
      (def f ((x (tensor f64 3)) (y (tensor f64 2)) (z (tensor f64 5))) ((tensor f64 5))
        (begin
          (let (joined (tensor f64 5)) (concatenate x y :axis 0))
          (let (t (tensor f64 5)) (+ z joined))
          (tuple t))))
    <BLANKLINE>
    """
    defs = tuple(replace(d, body=_Join(names_of(program, d)).block(d.body)) for d in program.defs)
    return replace(program, defs=defs)


class _Join:
    def __init__(self, names: Names) -> None:
        self.names = names

    def block(self, block: Block) -> Block:
        sums = Sums(block)
        done: list[Let] = []
        gone: set[str] = set()
        for let in block.lets:
            inner = replace(let, expr=with_blocks(let.expr, self.block))
            done += self.root(inner, sums, gone) if sums.is_root(let) else [inner]
        return Block(tuple(let for let in done if not any(v.name in gone for v in let.vars)), block.results)

    def root(self, let: Let, sums: Sums, gone: set[str]) -> list[Let]:
        addends = list(sums.addends(let))
        placed = [a for a in addends if a.name in sums.once and _is_place(sums.once[a.name])]
        ops = [op for a in placed if isinstance(op := sums.once[a.name].expr, Op)]
        for axis in range(len(let.vars[0].type.shape) if isinstance(let.vars[0].type, Tensor) else 0):
            order = sorted(ops, key=lambda op: _numbers(op, "start")[axis])
            if len(order) > 1 and _tile(order, axis):
                break
        else:
            return [let]
        gone.update(sums.names(let))
        gone.update(a.name for a in placed)
        b = Builder(self.names, let.line)
        rest = [a for a in addends if a not in placed]
        joined = Op("concatenate", tuple(op.args[0] for op in order), (("axis", axis),))
        if not rest:
            return [replace(let, expr=joined)]
        (last,) = b.bind(joined, (let.vars[0].type,), "joined")
        return self.added(b, rest, last, let)

    @staticmethod
    def added(b: Builder, rest: Sequence[Var], last: Var, let: Let) -> list[Let]:
        """The other addends, then what was joined."""
        total = rest[0]
        for addend in rest[1:]:
            total = b.op("+", total, addend)
        return [*b.lets, replace(let, expr=Op("+", (total, last)))]


def _is_place(let: Let) -> bool:
    """Of neighbours, in order."""
    op = let.expr
    return isinstance(op, Op) and op.name == "place" and all(step == 1 for step in _numbers(op, "step"))


def _numbers(op: Op, name: str) -> tuple[int, ...]:
    value = op.attr(name)
    assert isinstance(value, tuple)
    return value


def _tile(ops: Sequence[Op], axis: int) -> bool:
    """Do these, one after the other along this axis, fill the whole?"""
    end, shape = 0, _numbers(ops[0], "shape")
    for op in ops:
        starts, sizes = _numbers(op, "start"), _numbers(op, "size")
        others = [k for k in range(len(shape)) if k != axis]
        if starts[axis] != end or any(starts[k] or sizes[k] != shape[k] for k in others):
            return False
        end += sizes[axis]
    return end == shape[axis]
