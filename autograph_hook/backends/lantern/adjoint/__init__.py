"""Reverse-mode differentiation, from programs to programs.

For each def `f` that takes part, two more are made:

    f.fwd: arguments -> results, f.saved                 what f does, and the activation record of doing it
    f.rev: f.saved, gradients of results -> gradients    of the active arguments

so that recursion, mutual recursion, loops and branches are the same ones, walked back. The gradients of the program's
parameters are not results: `accumulate` and its kin add them up, products of matrix and vector as rows of an outer
product each, which a backend may collect and multiply at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from autograph_hook.errors import AutographError

from ..build import Builder, Names, names_of
from ..ir import Def, Program, Scalar, Var
from ..passes.fuse import unfuse
from . import activity as activities
from .cotangents import Cotangents
from .reverse import Context, both


class NotDifferentiable(AutographError):
    """A gradient is asked for that does not exist."""


@dataclass(frozen=True)
class Adjoint:
    """A program with the forward and reverse functions of some defs: their names, by the names of the defs."""

    program: Program
    forward: dict[str, str]
    reverse: dict[str, str]
    activity: activities.Activity
    cotangents: Cotangents


def differentiate(program: Program, wanted: Mapping[str, Iterable[int]]) -> Adjoint:
    """The forward and reverse functions of these defs, with respect to these of their parameters (by number), and of
    the defs that they call. A def no result of which depends on anything wanted has none."""
    program = unfuse(program)
    cotangents = Cotangents(program)
    activity = activities.find(program, cotangents, wanted)
    taking_part = [d for d in program.defs if activity.results.get(d.name)]
    names = {d.name: d for d in program.defs}
    forward, reverse, saved = (
        {d.name: cotangents.names.fresh(f"{d.name}.{word}") for d in taking_part} for word in ("fwd", "rev", "saved")
    )
    weights = frozenset(program.params)
    defs, records = list(program.defs), list(program.records)
    for definition in taking_part:
        taken = names_of(program, definition)
        context = Context(definition, taken, cotangents, activity, weights, names, forward, reverse, saved)
        defs += both(context)
        records += context.records
    whole = replace(program, defs=(*defs, *cotangents.defs), records=(*records, *cotangents.records()))
    return Adjoint(whole, forward, reverse, activity, cotangents)


def value_and_grad(program: Program, name: str, wrt: Iterable[int] = ()) -> Program:
    """The program with a def `name.grad`, which takes what `name` takes and returns its results and then the gradients
    of the first of them, which must be a float scalar, with respect to the parameters numbered in `wrt`. It is the last
    def; where its name is taken, it has another. `cotangents` says what the gradient of a list or a record is.

    >>> from autograph_hook.backends.lantern.interpret import Interpreter
    >>> from autograph_hook.backends.lantern.text import read
    >>> cube = '''(program (def cube ((x f64)) (f64) (begin
    ...   (let (square f64) (* x x))
    ...   (let (y f64) (* square x))
    ...   (tuple y))))'''
    >>> [float(v) for v in Interpreter(value_and_grad(read(cube), "cube", [0])).run("cube.grad", 2.0)]
    [8.0, 12.0]
    """
    definition = program.function(name)
    if not definition.results or definition.results[0] not in (Scalar("f32"), Scalar("f64")):
        first = definition.results[0] if definition.results else "nothing"
        raise NotDifferentiable(f"the gradient is that of a float; the first result of {name} is {first}")
    wanted = tuple(wrt)
    for k in wanted:
        param = definition.params[k]
        if Cotangents(program).type(param.type) is None:
            raise NotDifferentiable(f"parameter {param} of {name} is {param.type}, which has no gradient")
    adjoint = differentiate(program, {name: wanted})
    return replace(adjoint.program, defs=(*adjoint.program.defs, _entry(adjoint, definition, wanted)))


def _entry(adjoint: Adjoint, definition: Def, wanted: tuple[int, ...]) -> Def:
    """`name.grad`: forward, then back from 1 for the first result and zero for the others."""
    whole, activity, cotangents = adjoint.program, adjoint.activity, adjoint.cotangents
    b = Builder(Names(v.name for v in (*whole.params, *whole.consts, *definition.params)))
    active = activity.results.get(definition.name, ())
    found: dict[int, Var] = {}
    if 0 in active:
        forward = whole.function(adjoint.forward[definition.name])
        reverse = whole.function(adjoint.reverse[definition.name])
        *results, saved = b.call(forward.name, forward.results, *definition.params)
        seeds = []
        for k, seed in zip(active, reverse.params[1:], strict=True):
            assert isinstance(definition.results[0], Scalar)
            seeds.append(cotangents.zero(b, seed.type) if k else b.lit(1.0, definition.results[0], "one"))
        gradients = b.call(reverse.name, reverse.results, saved, *seeds, hint="d")
        found = dict(zip(activity.params(definition), gradients, strict=True))
    else:
        results = list(b.call(definition.name, definition.results, *definition.params))
    outs = []
    for k in wanted:
        type = cotangents.type(definition.params[k].type)
        assert type is not None
        outs.append(found[k] if k in found else cotangents.zero(b, type))
    body = b.block(*results, *outs)
    name = cotangents.names.fresh(f"{definition.name}.grad")
    return Def(name, definition.params, tuple(v.type for v in body.results), body, definition.path)
