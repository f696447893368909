"""One def, reversed: block by block, from the last let to the first.

The reverse of a block may use what the block bound. What it does use is put into the activation record of the block,
and read back where the reverse begins:

    (begin                                        (begin
      (let (y f32) (tanh x))            forward     (let (y f32) (tanh x))
      (tuple y))                         ->         (let (saved (ptr f.saved)) (make f.saved y))
                                                    (tuple y saved))

                                        reverse   (begin
                                         ->         (let (y f32) (field saved y))
                                                    (let (mul f32) (* y y)) …
                                                    (tuple mul.2))

A branch has a record of its own, null where the other was taken; a loop has a list of one record for each iteration;
a call has the record of its callee.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from ..build import Builder, Names
from ..ir import Block, Call, Def, Expr, Field, If, Let, Lit, Loop, Make, Op, Ptr, Record, Var
from ..ops import TABLE
from ..walk import free
from .activity import Activity
from .cotangents import Cotangents, acts
from .loops import LoopReverse
from .shares import Shares, Total


@dataclass
class Context:
    """What all blocks of a def share."""

    definition: Def
    names: Names
    cotangents: Cotangents
    activity: Activity
    weights: frozenset[Var]
    defs: dict[str, Def]
    forward_names: dict[str, str]
    reverse_names: dict[str, str]
    saved_names: dict[str, str]
    records: list[Record] = field(default_factory=list)
    full: set[str] = field(default_factory=set)

    @property
    def active(self) -> set[str]:
        return self.activity.names[self.definition.name]


def both(context: Context) -> tuple[Def, Def]:
    """The forward and the reverse function of a def."""
    definition, cotangents = context.definition, context.cotangents
    results = context.activity.results[definition.name]
    saved_name = context.saved_names[definition.name]
    b = Builder(context.names)
    ds: list[Var | None] = [None] * len(definition.results)
    for k in results:
        type = cotangents.type(definition.results[k])
        assert type is not None
        ds[k] = b.var(type, f"d{k}")
    reverse = Reverse(context, b, {})
    reverse.run(definition.body, ds)
    wanted = [definition.params[k] for k in context.activity.params(definition)]
    outs = tuple(reverse.gathered_or_zero(p) for p in wanted)
    saved = b.var(Ptr(saved_name), "saved")
    fields = reverse.load(saved, outs, definition.params)
    context.records.append(Record(saved_name, fields))
    maker = Builder(context.names)
    made = maker.make(saved_name, *fields, hint="saved")
    body = Block((*reverse.forward, *maker.lets), (*definition.body.results, made))
    forward = replace(
        definition,
        name=context.forward_names[definition.name],
        results=(*definition.results, made.type),
        body=body,
    )
    params = (saved, *(d for d in ds if d is not None))
    types = tuple(v.type for v in outs)
    name = context.reverse_names[definition.name]
    return forward, Def(name, params, types, Block(tuple(b.lets), outs), definition.path)


class Reverse(Shares):
    """Reverses one block. Afterwards `b` has the reverse and `forward` the lets that stand for the block's own."""

    def __init__(self, context: Context, b: Builder, totals: dict[Var, Total]) -> None:
        super().__init__(b, context.cotangents, context.active, context.weights, context.full, totals)
        self.context = context
        self.forward: list[Let] = []

    def inside(self, b: Builder, totals: dict[Var, Total]) -> Reverse:
        """For a block inside of this one."""
        return Reverse(self.context, b, totals)

    def run(self, block: Block, ds: Sequence[Var | None]) -> None:
        for var, d in zip(block.results, ds, strict=True):
            if d is not None:
                self.give(var, d)
        for let in reversed(block.lets):
            self.b.line = let.line
            self.forward[:0] = self.let(let)

    def let(self, let: Let) -> list[Let]:
        match let.expr:
            case Make():
                self.make(let.vars[0], let.expr)
            case If() | Loop() | Call() | Op() | Field():
                ds = [self.take(v) for v in let.vars]
                if any(d is not None for d in ds):
                    return self.reversed(let, ds)
        return [let]

    def reversed(self, let: Let, ds: list[Var | None]) -> list[Let]:
        expr = let.expr
        match expr:
            case Op():
                derivative = TABLE[expr.name].derivative
                assert derivative is not None  # else its results are not active
                derivative(self, expr, let.vars, ds)
            case Field(record=record, name=name):
                assert ds[0] is not None
                self.give_field(record, name, ds[0])
            case Call():
                return self.call(let, expr, ds)
            case If():
                return self.branches(let, expr, ds)
            case Loop():
                return self.loop(let, expr, ds)
        return [let]

    # Activation records.

    def load(self, record: Var, results: Iterable[Var], also: Sequence[Var] = ()) -> tuple[Var, ...]:
        """Reads back, from `record`, what the reverse uses of what the block bound; those are its fields. What is
        bound to a literal is bound to it again."""
        bound: dict[Var, Expr | None] = dict.fromkeys(also)
        for let in self.forward:
            bound.update((v, let.expr) for v in let.vars)
        used = [v for v in free(self.b.lets, results) if v in bound]
        literals = [Let((v,), expr) for v in used if isinstance(expr := bound[v], Lit)]
        fields = tuple(v for v in used if not isinstance(bound[v], Lit))
        self.b.lets[:0] = [*literals, *(Let((v,), Field(record, v.name)) for v in fields)]
        return fields

    def record(self, results: Iterable[Var], hint: str, also: Sequence[Var] = ()) -> tuple[Var, Let | None]:
        """The record of an inner block and the let that makes it, if it has any fields; the reverse reads it as the
        variable given back."""
        name = self.cotangents.names.fresh(f"{self.context.saved_names[self.context.definition.name]}.{hint}")
        var = self.b.var(Ptr(name), hint)
        fields = self.load(var, results, also)
        if not fields:
            return var, None
        self.context.records.append(Record(name, fields))
        return var, Let((self.b.var(Ptr(name), "saved"),), Make(name, fields))

    # Records of the program.

    def make(self, var: Var, made: Make) -> None:
        total = self.totals.pop(var, None)
        if total is None:
            return
        fields = self.cotangents.fields(made.record)
        names = [f.name for f in self.cotangents.program.record(made.record).fields]
        shares = dict(total.fields)
        if total.var is not None:
            zero, given = self.b.inner(), self.b.inner()
            zeros = zero.block(*(self.cotangents.zero(zero, f.type) for f in fields))
            loaded = given.block(*(given.field(total.var, f) for f in fields))
            parts = self.b.branch(self.op("isnull", total.var), zeros, loaded, "d")
            for f, part in zip(fields, parts, strict=True):
                shares[f.name] = self.cotangents.add(self.b, shares[f.name], part) if f.name in shares else part
        for name, d in shares.items():
            self.give(made.args[names.index(name)], d)

    def call(self, let: Let, call: Call, ds: list[Var | None]) -> list[Let]:
        context = self.context
        callee = context.defs[call.function]
        given = [
            d if d is not None else self.gathered_or_zero(let.vars[k])
            for k, d in enumerate(ds)
            if k in context.activity.results[callee.name]
        ]
        wanted = context.activity.params(callee)
        saved = self.b.var(Ptr(context.saved_names[callee.name]), "saved")
        types = [t for k in wanted if (t := self.cotangents.type(callee.params[k].type)) is not None]
        outs = self.b.call(context.reverse_names[callee.name], types, saved, *given, hint="d")
        for k, d in zip(wanted, outs, strict=True):
            self.give(call.args[k], d)
        return [Let((*let.vars, saved), Call(context.forward_names[callee.name], call.args), let.line)]

    # Branches.

    def branches(self, let: Let, branch: If, ds: list[Var | None]) -> list[Let]:
        sides = []
        for block in (branch.then, branch.orelse):
            side = self.inside(self.b.inner(), dict(self.totals))
            side.run(block, ds)
            sides.append(side)
        changed = [v for side in sides for v in side.totals if side.totals[v] != self.totals.get(v)]
        targets = tuple(dict.fromkeys(changed))
        outs = [tuple(side.gathered_or_zero(v) for v in targets) for side in sides]
        if not targets and not any(acts(side.b.block()) for side in sides):
            return [let]
        records = [side.record(out, hint) for side, out, hint in zip(sides, outs, ("then", "else"), strict=True)]
        reverse = [side.b.block(*out) for side, out in zip(sides, outs, strict=True)]
        results = self.b.branch(branch.condition, reverse[0], reverse[1], "d")
        for k, (target, d) in enumerate(zip(targets, results, strict=True)):
            self.totals[target] = Total(d)
            if all(out[k].name in self.full for out in outs):
                self.full.add(d.name)
        blocks = (branch.then, branch.orelse)
        forward = [self.side(k, sides[k], block, records) for k, block in enumerate(blocks)]
        kept = tuple(var for var, made in records if made is not None)
        return [Let((*let.vars, *kept), If(branch.condition, forward[0], forward[1]), let.line)]

    def side(self, number: int, side: Reverse, block: Block, records: list[tuple[Var, Let | None]]) -> Block:
        """The forward block of one branch, with the records of both: null for the other's."""
        lets, results = list(side.forward), list(block.results)
        for k, (var, made) in enumerate(records):
            if made is None:
                continue
            if k == number:
                lets.append(made)
                results.append(made.vars[0])
            else:
                assert isinstance(var.type, Ptr)
                null = self.b.var(var.type, "null")
                lets.append(Let((null,), Lit(None, var.type)))
                results.append(null)
        return Block(tuple(lets), tuple(results))

    # Loops.

    def loop(self, let: Let, loop: Loop, ds: list[Var | None]) -> list[Let]:
        tried = LoopReverse(self, loop, {k for k, d in enumerate(ds) if d is not None})
        tried.settle()
        if tried.nothing():
            return [let]
        return tried.emit(let, ds)
