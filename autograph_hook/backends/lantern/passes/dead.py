"""Dead code: what nobody reads, does not act and cannot fail. Results of branches and variables of loops as well."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..ir import Block, Call, Def, Expr, If, Let, List, Loop, Map, Program, Ptr, Type, Var, lets
from ..walk import free
from .effects import Effects


def drop_dead(program: Program) -> Program:
    """The program without dead code.

    >>> from autograph_hook.backends.lantern.text import read, write
    >>> print(write(drop_dead(read('''
    ... (program
    ...   (def f ((x f32) (c bool)) (f32)
    ...     (begin
    ...       (let (unread f32) (exp x))
    ...       (let ((a f32) (b f32))
    ...         (if c
    ...           (begin (let (y f32) (tanh x)) (let (z f32) (neg x)) (tuple y z))
    ...           (begin (tuple x x))))
    ...       (tuple a))))'''))))
    (program
      (def f ((x f32) (c bool)) (f32)
        (begin
          (let (a f32) (if c
            (begin
              (let (y f32) (tanh x))
              (tuple y))
            (begin
              (tuple x))))
          (tuple a))))
    <BLANKLINE>
    """
    dead = _Dead(Effects(program))
    return replace(program, defs=tuple(replace(d, body=dead.block(d.body)) for d in program.defs))


class _Dead:
    def __init__(self, effects: Effects) -> None:
        self.effects = effects

    def block(self, block: Block) -> Block:
        live = {v.name for v in block.results}
        kept: list[Let] = []
        for let in reversed(block.lets):
            if not live.isdisjoint(v.name for v in let.vars) or not self.effects.is_harmless(let.expr):
                let = self.let(let, live)
                kept.append(let)
                live.update(v.name for v in free([let]))
        return Block(tuple(reversed(kept)), block.results)

    def let(self, let: Let, live: set[str]) -> Let:
        """A let that stays, with only those of its results that are live where they can be told apart."""
        wanted = [k for k, v in enumerate(let.vars) if v.name in live]
        match let.expr:
            case If(then=then, orelse=orelse):
                expr: Expr = replace(let.expr, then=self.only(then, wanted), orelse=self.only(orelse, wanted))
            case Map(body=body) if wanted:
                expr = replace(let.expr, body=self.only(body, wanted))
            case Loop():
                wanted, expr = self.loop(let.expr, set(wanted))
            case _:
                return let
        return replace(let, vars=tuple(let.vars[k] for k in wanted), expr=expr)

    def only(self, block: Block, wanted: Iterable[int]) -> Block:
        return self.block(Block(block.lets, tuple(block.results[k] for k in wanted)))

    def loop(self, loop: Loop, wanted: set[int]) -> tuple[list[int], Loop]:
        """A variable of a loop is needed if it is read after it, by the test, or for one that is needed."""
        test = self.block(loop.test)
        while True:
            kept = sorted(wanted)
            body = self.only(loop.body, kept)
            read = {v.name for b in (test, body) for v in free(b.lets, b.results)}
            more = {k for k, v in enumerate(loop.vars) if v.name in read}
            if more <= wanted:
                break
            wanted = wanted | more
        vars, inits = (tuple(vs[k] for k in kept) for vs in (loop.vars, loop.inits))
        return kept, Loop(vars, inits, test, body)


def drop_unreachable(program: Program, roots: Iterable[str]) -> Program:
    """The program without the defs that none of `roots` leads to, and the records that nothing mentions."""
    defs = {d.name: d for d in program.defs}
    reached: dict[str, Def] = {}
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached[name] = defs[name]
            waiting += [let.expr.function for let in lets(defs[name].body) if isinstance(let.expr, Call)]
    types = [v.type for v in (*program.params, *program.consts)]
    for definition in reached.values():
        types += [*(p.type for p in definition.params), *definition.results]
        types += [v.type for v in _vars(definition.body)]
    records = _mentioned(program, types)
    return replace(
        program,
        defs=tuple(d for d in program.defs if d.name in reached),
        records=tuple(r for r in program.records if r.name in records),
    )


def _vars(block: Block) -> Iterable[Var]:
    for let in lets(block):
        yield from let.vars
        yield from getattr(let.expr, "vars", ())


def _mentioned(program: Program, types: list[Type]) -> set[str]:
    """The records that these types lead to, through their fields too."""
    fields = {r.name: [f.type for f in r.fields] for r in program.records}
    found: set[str] = set()
    while types:
        match types.pop():
            case List(element=element):
                types.append(element)
            case Ptr(record=record) if record not in found:
                found.add(record)
                types += fields[record]
    return found
