"""Activity: which values depend on something whose gradient is wanted, in a way that has a derivative.

    (def f ((x f32) (n i64)) (f32)        f is wanted with respect to x
      (begin
        (let (y f32) (* x x))             active
        (let (k f32) (cast n :dtype f32)) not: it depends on an integer only
        (let (z f32) (* y k))             active
        (tuple z)))

Parameters of the program always are. A def is looked at once: a parameter is active if it is in any call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..ir import Block, Call, Def, Expr, Field, If, Loop, Make, Op, Program, Var, operands
from ..ops import TABLE
from .cotangents import Cotangents


@dataclass
class Activity:
    """For each def that is reached: the active names, parameters among them, and the active results by number."""

    names: dict[str, set[str]] = field(default_factory=dict)
    results: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def params(self, definition: Def) -> tuple[int, ...]:
        """The active parameters, by number."""
        active = self.names.get(definition.name, set())
        return tuple(k for k, p in enumerate(definition.params) if p.name in active)


def find(program: Program, cotangents: Cotangents, wanted: Mapping[str, Iterable[int]]) -> Activity:
    """The activity of the defs that those in `wanted`, with their wanted parameters, reach."""
    defs = {d.name: d for d in program.defs}
    activity = Activity()
    for name, numbers in wanted.items():
        activity.names[name] = {defs[name].params[k].name for k in numbers}
        activity.results[name] = ()
    walker = _Walker(program, cotangents, activity, defs)
    while walker.changed:
        walker.changed = False
        for name in list(activity.names):
            walker.definition(defs[name])
    return activity


class _Walker:
    def __init__(self, program: Program, cotangents: Cotangents, activity: Activity, defs: dict[str, Def]) -> None:
        self.cotangents = cotangents
        self.activity = activity
        self.defs = defs
        self.weights = {v.name for v in program.params}
        self.changed = True
        self.names: set[str] = set()

    def definition(self, definition: Def) -> None:
        self.names = self.activity.names[definition.name]
        before = len(self.names)
        self.block(definition.body)
        found = tuple(k for k, v in enumerate(definition.body.results) if self.active(v))
        if len(self.names) != before or found != self.activity.results[definition.name]:
            self.changed = True
        self.activity.results[definition.name] = found

    def active(self, var: Var) -> bool:
        return var.name in self.names or var.name in self.weights

    def mark(self, var: Var, true: bool) -> None:
        if true and self.cotangents.type(var.type) is not None:
            self.names.add(var.name)

    def block(self, block: Block) -> None:
        for let in block.lets:
            for var, true in zip(let.vars, self.results(let.expr, len(let.vars)), strict=True):
                self.mark(var, true)

    def results(self, expr: Expr, count: int) -> Iterable[bool]:
        match expr:
            case Call(function=function, args=args):
                return self.call(self.defs[function], args)
            case If(then=then, orelse=orelse):
                self.block(then)
                self.block(orelse)
                return [self.active(a) or self.active(b) for a, b in zip(then.results, orelse.results, strict=True)]
            case Loop():
                return self.loop(expr)
            case Op(name=name) if TABLE[name].derivative is None:
                return [False] * count
            case Op() | Field() | Make():
                return [any(map(self.active, operands(expr)))] * count
            case _:
                return [False] * count

    def call(self, callee: Def, args: tuple[Var, ...]) -> list[bool]:
        if callee.name not in self.activity.names:
            self.changed = True
        known = self.activity.names.setdefault(callee.name, set())
        found = self.activity.results.setdefault(callee.name, ())
        for param, arg in zip(callee.params, args, strict=True):
            typed = self.cotangents.type(param.type) is not None
            if typed and self.active(arg) and param.name not in known:
                known.add(param.name)
                self.changed = True
        return [k in found for k in range(len(callee.results))]

    def loop(self, loop: Loop) -> list[bool]:
        for var, init in zip(loop.vars, loop.inits, strict=True):
            self.mark(var, self.active(init))
        while True:
            before = len(self.names)
            self.block(loop.body)
            for var, result in zip(loop.vars, loop.body.results, strict=True):
                self.mark(var, self.active(result))
            if len(self.names) == before:
                return [self.active(v) for v in loop.vars]
