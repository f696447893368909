"""Staging in pieces: which neighbouring statements of a group run as one graph.

A group begins as one part. When a trace of a part ends at a statement, that statement is Python from then on, and
what stands before and after it are parts of their own. A Python value that is another one at every call (a counter)
takes the statements that use it out of its part. So the parts only ever get smaller, and all decisions follow from
counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograph_hook.staging import outermost
from autograph_hook.staging.effects import PRIMITIVES
from autograph_hook.transpiler.passes.plain import Unsupported
from autograph_hook.transpiler.pieces import Group, Mixed, Piece

MOST_VARIANTS = 4
"""Sets of names without a value that one part is traced for."""


class Part:
    """Some neighbouring statements of a group: Python, or a graph where a specialization fits."""

    __slots__ = ("end", "inputs", "reason", "seen", "start", "variants", "varying", "warm")

    def __init__(self, start: int, end: int, reason: str | None = None, warm: bool = False) -> None:
        self.start = start
        self.end = end
        self.reason = reason
        """Why it is Python; None while it may be staged."""
        self.warm = warm
        """Was it warmed up as part of a larger one?"""
        self.inputs: tuple[str, ...] | None = None
        self.variants: dict[frozenset[str], tuple[Piece, outermost.Staging]] = {}
        self.seen: dict[str, Any] = {}
        self.varying: dict[str, int] = {}
        """How often a Python value that comes in was another one when a call was traced."""


class Parts:
    """The parts of one group of a mixed code, for all frames that run it."""

    def __init__(self, mixed: Mixed, group: Group) -> None:
        self.mixed = mixed
        self.group = group
        self.parts: tuple[Part, ...] = (Part(0, len(group.statements)),)
        self.runs = 0

    def inputs(self, part: Part) -> tuple[str, ...]:
        """The names that a part reads."""
        if part.inputs is None:
            part.inputs = self.mixed.inputs(self.group, part.start, part.end)
        return part.inputs

    def lines(self, part: Part) -> tuple[int, int]:
        """The first and the last line of a part."""
        nodes = self.group.statements[part.start : part.end]
        return nodes[0].lineno, max(node.end_lineno or node.lineno for node in nodes)

    def piece(self, part: Part, unbound: frozenset[str]) -> tuple[Piece, outermost.Staging] | None:
        """The piece of a part, when these names have no value yet; None where it has none."""
        found = part.variants.get(unbound)
        if found is not None:
            return found
        if len(part.variants) >= MOST_VARIANTS:
            return None
        try:
            piece = self.mixed.piece(self.group, part.start, part.end, unbound)
        except Unsupported as problem:
            self.split(part, problem.line, problem.reason)
            return None
        staging = outermost.Staging()
        if part.warm:
            staging.skip_warm_up()
        staging.may_block = not self.mixed.loops(self.group, part.start, part.end)
        part.variants[unbound] = piece, staging
        return piece, staging

    def is_staged_inside(self, part: Part, groups: Sequence[Parts]) -> bool:
        """Do graphs run in the blocks of a part's statements? Then these stay Python: what is inside is warmer."""
        inside = [number for i in range(part.start, part.end) for number in self.group.inside[i]]
        if not any(groups[number].is_staged() for number in inside):
            return False
        at = [i for i in range(part.start, part.end) if any(groups[n].is_staged() for n in self.group.inside[i])]
        self._replace(part, self._around(part, at, "graphs run inside it"))
        return True

    def waits(self, groups: Sequence[Parts]) -> bool:
        """May this group still run as a piece of what it stands in?"""
        if self.group.around is None:
            return False
        number, index = self.group.around
        return any(part.start <= index < part.end and part.reason is None for part in groups[number].parts)

    def is_staged(self) -> bool:
        """Has a graph run in the place of one of its parts?"""
        return any(staging.calls_staged for part in self.parts for _, staging in part.variants.values())

    def gave_up(self, part: Part, staging: outermost.Staging) -> None:
        """Staging has given up a part: the statement that ended the trace is Python, the others are tried again."""
        assert staging.reason is not None
        if staging.keeps_missing and any(part.varying.values()):
            name = max(part.varying, key=lambda item: part.varying[item])
            self._without(part, name, f"{name} is another Python value each time")
        elif staging.name is not None:
            self._without(part, staging.name, staging.reason)
        elif staging.is_small:
            self._replace(part, [Part(part.start, part.end, staging.reason)])
        else:
            self.split(part, staging.line, staging.reason)

    def split(self, part: Part, line: int | None, reason: str) -> None:
        index = self._statement(part, line)
        if index is not None:
            self._replace(part, self._around(part, [index], reason))
        elif part.end - part.start > 1:
            middle = (part.start + part.end) // 2
            self._replace(part, [Part(part.start, middle, warm=True), Part(middle, part.end, warm=True)])
        else:
            self._replace(part, [Part(part.start, part.end, reason)])

    def note_inputs(self, part: Part, names: Sequence[str], values: Sequence[Any]) -> None:
        """A call is about to be traced with these values: which of Python's are others than last time?"""
        for name, value in zip(names, values, strict=True):
            if type(value) not in PRIMITIVES:
                part.seen.pop(name, None)  # kept, it would outlive its time
                continue
            if name in part.seen and part.seen[name] != value:
                part.varying[name] = part.varying.get(name, 0) + 1
            part.seen[name] = value

    def _without(self, part: Part, name: str, reason: str) -> None:
        """The statements that use a name are Python."""
        using = [i for i in range(part.start, part.end) if name in self.mixed.uses(self.group, i)]
        if using:
            self._replace(part, self._around(part, using, reason))
        else:
            self._replace(part, [Part(part.start, part.end, reason)])

    def _around(self, part: Part, plain: list[int], reason: str) -> list[Part]:
        """The part without the statements `plain`, which are Python for this reason."""
        found: list[Part] = []
        start = part.start
        for index in plain:
            if index > start:
                found.append(Part(start, index, warm=True))
            found.append(Part(index, index + 1, reason))
            start = index + 1
        if start < part.end:
            found.append(Part(start, part.end, warm=True))
        return found

    def _statement(self, part: Part, line: int | None) -> int | None:
        """The statement of a part that stands on a line."""
        if line is None:
            return None
        for index in range(part.start, part.end):
            if line in self.mixed.lines(self.group, index):
                return index
        return None

    def _replace(self, part: Part, by: list[Part]) -> None:
        found: list[Part] = []
        for other in self.parts:
            found += by if other is part else [other]
        self.parts = tuple(found)
