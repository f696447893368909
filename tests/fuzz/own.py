"""Staging of our own: with TensorFlow, eager and plain against staged, several calls with changes between them."""

from __future__ import annotations

import collections
from typing import Any

from autograph_hook.runtime.gate import Module
from autograph_hook.runtime.mixed import MixedFunction
from autograph_hook.settings import ModuleOptions
from autograph_hook.staging import specialization
from tests.fuzz.observe import difference, run
from tests.fuzz.programs import Program, Programs, programs
from tests.fuzz.python import Enabled, numbers, plain
from tests.fuzz.tensors import HEAD, OWN

COUNTS: collections.Counter[str] = collections.Counter()
"""Programs by what became of them."""


class OwnPrograms(Programs):
    head = HEAD

    def steps(self, main: Any) -> list[str]:
        """Each kind of call comes again: only the second one may be staged."""
        found = super().steps(main)
        calls = [step for step in found if step.startswith("f(")]
        return [*calls[:1], calls[0], *found, *found]


make = programs(OWN, OwnPrograms)


def check(program: Program) -> str | None:
    path = f"<made {next(numbers)}>"
    expected = run(plain(program, path), program.steps, path)
    enabled = Enabled(program, path)
    if enabled.problems:
        return f"problems: {enabled.problems}"
    fewest, specialization.FEWEST_OPERATIONS = specialization.FEWEST_OPERATIONS, 0
    try:
        hooked, records = enabled.module(ModuleOptions(mode="auto", warm_up=1))
        found = run(hooked, program.steps, path)
    finally:
        specialization.FEWEST_OPERATIONS = fewest
    return difference(expected, found) or _count(records)


def _count(records: list[Module]) -> str | None:
    """What the report would say: were functions staged as a whole, in pieces, or not at all? A defect of ours that was
    answered by a plain run is one."""
    whole = pieces = 0
    for record in records:
        for gate in record.gates:
            if gate.staging is not None:
                whole += gate.staging.calls_staged
                if (gate.staging.reason or "").startswith("autograph_hook failed"):
                    return f"{gate.function[0]}: {gate.staging.reason}"
            if isinstance(gate.mixed, MixedFunction):
                for parts in gate.mixed.parts:
                    pieces += sum(s.calls_staged for part in parts.parts for _, s in part.variants.values())
    COUNTS["programs"] += 1
    COUNTS["staged calls"] += whole
    COUNTS["staged pieces"] += pieces
    COUNTS["programs with staged calls"] += bool(whole)
    COUNTS["programs with staged pieces only"] += bool(pieces and not whole)
    return None
