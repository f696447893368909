"""Loops, reversed.

(loop ((y f64 x)) test          forward     (loop ((y f64 x) (saved (list (ptr f.saved.each)) none)) test
  (begin                          ->          (begin
    (let (z f64) (tanh y))                      (let (z f64) (tanh y))
    (tuple z)))                                 (let (one (ptr f.saved.each)) (make f.saved.each z))
                                                (let (more (list …)) (append saved one))
                                                (tuple z more)))

                                reverse     (loop ((k i64 n) (d.y f64 d.out)) (begin (let (more bool) (> k 0)) …)
                                  ->          (begin
                                                (let (last i64) (- k 1))
                                                (let (each (ptr f.saved.each)) (idx iterations last))
                                                (let (z f64) (field each z)) …
                                                (tuple last mul)))
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..ir import I64, Block, Let, List, Lit, Loop, Op, Scalar, Var
from .cotangents import acts
from .shares import Total

if TYPE_CHECKING:
    from .reverse import Reverse


class LoopReverse:
    """A loop, reversed: a loop over its iterations from the last to the first, that carries the gradients of the state
    (`carried`, by number) and those of what the body sees from outside (`targets`)."""

    def __init__(self, outer: Reverse, loop: Loop, carried: set[int]) -> None:
        self.outer = outer
        self.loop = loop
        self.carried = carried
        self.targets: tuple[Var, ...] = ()
        self.not_full: set[Var] = set()

    def settle(self) -> None:
        """Reverses the body until nothing new is to be carried."""
        while True:
            records = len(self.outer.context.records)
            self.attempt()
            state = {k for k, v in enumerate(self.loop.vars) if v in self.body.totals} | self.carried
            seen = tuple(v for v in self.body.totals if v not in self.loop.vars)
            not_full = {
                v
                for v in self.was_full
                if self.body.totals[v].var is None or self.body.gathered_or_zero(v).name not in self.body.full
            }
            if state == self.carried and set(seen) == set(self.targets) and not_full <= self.not_full:
                return
            del self.outer.context.records[records:]
            self.carried, self.targets, self.not_full = state, seen, self.not_full | not_full

    def attempt(self) -> None:
        outer, b = self.outer, self.outer.b.inner()
        self.count = b.var(I64, "k")
        self.d_state = {k: self.gradient(self.loop.vars[k]) for k in sorted(self.carried)}
        self.d_targets = {v: self.gradient(v) for v in self.targets}
        lists = {v for v in self.targets if isinstance(v.type, List) and v not in self.not_full}
        held = {v: outer.totals.get(v) for v in lists}
        self.was_full = {v for v in lists if (h := held[v]) is None or (h.var is not None and h.var.name in outer.full)}
        outer.full.update(self.d_targets[v].name for v in self.was_full)
        self.body = outer.inside(b, {v: Total(d) for v, d in self.d_targets.items()})
        self.body.run(self.loop.body, [self.d_state.get(k) for k in range(len(self.loop.vars))])

    def gradient(self, var: Var) -> Var:
        type = self.outer.cotangents.type(var.type)
        assert type is not None
        return self.outer.b.var(type, f"d.{var.name}")

    def nothing(self) -> bool:
        used = any(self.outer.wants(v) for k, v in enumerate(self.loop.inits) if k in self.carried)
        return not used and not self.targets and not acts(self.body.b.block())

    def emit(self, let: Let, ds: list[Var | None]) -> list[Let]:
        outer, body, loop = self.outer, self.body, self.loop
        outs = [body.gathered_or_zero(loop.vars[k]) for k in self.d_state]
        outs += [body.gathered_or_zero(v) for v in self.targets]
        each, made = body.record(outs, "each", loop.vars)
        forward, kept, lets = self.forward(let, made)
        b, before = outer.b, outer.b.inner()
        last = before.op("-", self.count, before.lit(1, I64))
        if made is not None:
            assert each.type == made.vars[0].type
            before.lets.append(Let((each,), Op("idx", (kept, last))))
        body.b.lets[:0] = before.lets
        test = b.inner()
        tested = test.block(test.op(">", self.count, test.lit(0, I64)))
        start = b.op("len", kept) if made is not None else kept
        inits = [ds[k] or outer.gathered_or_zero(let.vars[k]) for k in self.d_state]
        inits += [self.begin(v) for v in self.targets]
        vars = (self.count, *self.d_state.values(), *self.d_targets.values())
        reverse = Loop(vars, (start, *inits), tested, body.b.block(last, *outs))
        results = b.bind(reverse, [v.type for v in vars], "d")[1:]
        for v, d in zip(self.targets, results[len(self.d_state) :], strict=True):
            outer.totals[v] = Total(d)
            if v in self.was_full:
                outer.full.add(d.name)
        for k, d in zip(self.d_state, results, strict=False):
            outer.give(loop.inits[k], d)
        return [*lets, forward]

    def begin(self, target: Var) -> Var:
        """The gradient of what the body sees from outside, before the reverse loop."""
        held = self.outer.gathered(target)
        if held is None and target in self.was_full:
            return self.outer.filled(target, None)
        return held if held is not None else self.outer.gathered_or_zero(target)

    def forward(self, let: Let, made: Let | None) -> tuple[Let, Var, list[Let]]:
        """The forward loop, which keeps the records or, if there are none, counts; what is kept; where that begins."""
        b, loop, body = self.outer.b, self.loop, self.body
        lets = list(body.forward)
        more: Var
        if made is not None:
            element = made.vars[0]
            type: List | Scalar = List(element.type)
            begin = Let((b.var(type, "none"),), Op("list", (), (("of", element.type),)))
            so_far, more = b.var(type, "saved"), b.var(type, "saved")
            lets += [made, Let((more,), Op("append", (so_far, element)))]
        else:
            type = I64
            begin = Let((b.var(I64, "none"),), Lit(0, I64))
            so_far, more, one = b.var(I64, "count"), b.var(I64, "count"), b.var(I64, "one")
            lets += [Let((one,), Lit(1, I64)), Let((more,), Op("+", (so_far, one)))]
        kept = b.var(type, "iterations")
        block = Block(tuple(lets), (*loop.body.results, more))
        forward = Loop((*loop.vars, so_far), (*loop.inits, begin.vars[0]), loop.test, block)
        return Let((*let.vars, kept), forward, let.line), kept, [begin]
