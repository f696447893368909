"""Staging in pieces: which neighbouring statements of a group run as one graph.

A group begins as one part. When a trace of a part ends at a statement, that statement is Python from then on, and
what stands before and after it are parts of their own. A Python value that is another one at every call (a counter)
takes the statements that use it out of its part. So the parts only ever get smaller, and all decisions follow from
counts.

What stands in a loop of a statement waits for that statement where the two belong together: a loop over variables or
layers inside a step, a loop under a tape. Else it is the loop's body that is the step, and what is around it is not.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from autograph_hook.staging.effects import PRIMITIVES
from autograph_hook.staging.known import CALLS_THAT_PAY, Staging
from autograph_hook.staging.numbers import NUMBERS
from autograph_hook.staging.record import Record
from autograph_hook.staging.varying import EVERYTHING, History
from autograph_hook.transpiler.passes.plain import Unsupported
from autograph_hook.transpiler.pieces import Group, Mixed, Piece

_TELLS = "prints now and then"
MOST_VARIANTS = 4
"""Sets of names without a value that one part is traced for."""
FEW_ITERATIONS = 8
"""A loop with no more iterations each time is part of what is around it."""
MOST_ITERATIONS = 256
"""A loop with more iterations is no part of what is around it, even if it runs over objects or under a tape."""
LONGEST_WAIT = 64
"""How often what is around a loop may run before the loop's body no longer waits for it."""


UNLOOKED = 8
"""Runs of a group before its pieces are made, which costs as much as some 50 runs: the shortest warm-up."""

FREE = 6
"""Traces of a group that may be thrown away before each further one makes the next wait, twice as long each time: what
has many statements that no trace carries finds its pieces in the course of some hundred runs, or does not run often."""
LONGEST_REST = 64

INSIDE = "graphs run inside it"
"""Why statements are Python whose loops have bodies that are graphs."""


def _note_number(staging: Staging, index: int) -> None:
    """An input of a piece is a number that varies."""
    if staging.history is None:
        staging.history = History()
    staging.history.numbers.add(("argument", f"args[{index}]"))


class Part:
    """Some neighbouring statements of a group: Python, or a graph where a specialization fits."""

    __slots__ = ("end", "half", "inputs", "rare", "reason", "seen", "start", "variants", "varying", "warm")

    def __init__(
        self,
        start: int,
        end: int,
        reason: str | None = None,
        warm: bool = False,
        half: bool = False,
        rare: bool = False,
    ) -> None:
        self.start = start
        self.end = end
        self.reason = reason
        """Why it is Python; None while it may be staged."""
        self.warm = warm
        """Was it warmed up as part of a larger one?"""
        self.half = half
        """Was it cut from a larger one to find out which statement is in the way?"""
        self.rare = rare
        """Does it stand beside loops that are graphs, and run once where they run often?"""
        self.inputs: tuple[str, ...] | None = None
        self.variants: dict[frozenset[str], tuple[Piece, Staging]] = {}
        self.seen: dict[str, Any] = {}
        self.varying: dict[str, int] = {}
        """How often a Python value that comes in was another one when a call was traced."""

    def has_run(self) -> bool:
        """Has a graph run in its place?"""
        return any(staging.calls_staged for _, staging in self.variants.values())

    def is_worth_keeping(self) -> bool:
        """Has a graph run in its place so often that the next run may begin with it?"""
        return any(staging.is_worth_keeping() for _, staging in self.variants.values())

    def staged_runs(self) -> int:
        """How often a graph has run in its place."""
        return sum(staging.calls_staged for _, staging in self.variants.values())


class Parts:
    """The parts of one group of a mixed code, for all frames that run it."""

    def __init__(self, mixed: Mixed, group: Group, by_counts: bool = False) -> None:
        """`by_counts`: how long it is warmed up has not been fixed by the user."""
        self.mixed = mixed
        self.group = group
        self.by_counts = by_counts
        self.unlooked = UNLOOKED if by_counts else 0
        """So many runs are a part of its warm-up in which nobody looks at it."""
        self.thrown_away = 0
        """Traces that ended in nothing."""
        self.again = 0
        """Nothing new is traced before it has run so often."""
        self.runs = 0
        self.is_recalled = False
        """Are its parts those of an earlier run? Then they are warmed up by one run."""
        self.over_objects: bool | None = None
        """It is the body of a loop: does that go over variables, layers and the like, each of them another object?"""
        self.chunks_left: str | None = None
        """Why no graph stands for some iterations at a time."""
        self._chunk: tuple[Piece, Staging] | None = None
        self._inside: dict[int, list[int]] = {}
        self.record = Record()
        """What the traces and graphs of parts took that have been replaced by smaller ones."""
        self.parts = self._first_parts()

    def _first_parts(self) -> tuple[Part, ...]:
        """All in one, but for the statements that no graph can stand for."""
        found: list[Part] = []
        for index in range(len(self.group.statements)):
            reason = self.mixed.refused(self.group, index)
            if reason is None and found and found[-1].reason is None:
                found[-1].end = index + 1
            else:
                found.append(Part(index, index + 1, reason))
        return tuple(self._without_telling(found)) if self._is_apart() else tuple(found)

    def _is_apart(self) -> bool:
        """Would each run of the group be a graph of its own? Not if some iterations at a time may be one."""
        return not isinstance(self.group.loop, ast.For) or self.chunks_left is not None

    def _without_telling(self, parts: Sequence[Part]) -> list[Part]:
        """What is printed now and then at the end of a part needs no graph: it would be a kind of call of its own, and
        what decides when is most often a number that is another one each time."""
        found: list[Part] = []
        for part in parts:
            end = part.end
            is_open = part.reason is None and not part.has_run()
            while is_open and end > part.start and self.mixed.tells(self.group, end - 1):
                end -= 1
            if end == part.end:
                found.append(part)
                continue
            if end > part.start:
                found.append(Part(part.start, end, warm=part.warm, half=part.half, rare=part.rare))
            found += (Part(index, index + 1, _TELLS) for index in range(end, part.end))
        return found

    def kept(self, longest: int) -> tuple[tuple[int, int, str | None, bool], ...] | None:
        """The parts, for the next run: begin, end, reason, and whether it begins with a graph. None where it is not
        known."""
        if not self.runs:
            return None
        return tuple(
            (part.start, part.end, reason and reason[:longest], reason is None and part.is_worth_keeping())
            for part in self.parts
            for reason in (part.reason,)
        )

    def recall(self, kept: tuple[Any, ...]) -> None:
        """Begin with the parts that an earlier run has ended with."""
        try:
            found = [Part(start, end, reason, warm=bool(is_warm)) for start, end, reason, is_warm in kept]
            ends = [0, *(part.end for part in found)]
        except (TypeError, ValueError):
            return
        whole = all(part.start == end < part.end for part, end in zip(found, ends, strict=False))
        if whole and ends[-1] == len(self.group.statements):
            self.parts, self.is_recalled = tuple(found), any(part.warm for part in found)

    def is_cold(self) -> bool:
        """Has it run so seldom that it is Python without a question?"""
        return self.runs <= (1 if self.is_recalled else self.unlooked)

    def rests(self) -> bool:
        """Is nothing new traced in this run, since so many traces have been thrown away?"""
        return self.runs < self.again

    def _throw_away(self) -> None:
        self.thrown_away += 1
        if self.by_counts and self.thrown_away > FREE:
            self.again = self.runs + min(1 << (self.thrown_away - FREE), LONGEST_REST)

    def inputs(self, part: Part) -> tuple[str, ...]:
        """The names that a part reads."""
        if part.inputs is None:
            part.inputs = self.mixed.inputs(self.group, part.start, part.end)
        return part.inputs

    def lines(self, part: Part) -> tuple[int, int]:
        """The first and the last line of a part."""
        nodes = self.group.statements[part.start : part.end]
        return nodes[0].lineno, max(node.end_lineno or node.lineno for node in nodes)

    def piece(self, part: Part, unbound: frozenset[str]) -> tuple[Piece, Staging] | None:
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
        staging = Staging()
        staging.unlooked = self.unlooked
        if part.warm:
            staging.skip_warm_up()
        staging.is_rare = part.rare
        staging.may_block = not self.mixed.loops(self.group, part.start, part.end)
        for i, name in enumerate(piece.inputs):
            if part.varying.get(name) and type(part.seen.get(name)) in NUMBERS:
                _note_number(staging, i)
        part.variants[unbound] = piece, staging
        return piece, staging

    def is_staged_inside(self, part: Part, groups: Sequence[Parts]) -> bool:
        """Do graphs run in long loops of a part's statements? Then these stay Python: what is inside is warmer."""
        at = [
            i
            for i in range(part.start, part.end)
            if any(groups[n].is_staged() and not groups[n].is_part_of(self) for n in self._groups_inside(i))
        ]
        if at:
            self._replace(part, self._around(part, at, INSIDE, rare=True))
        return bool(at)

    def _groups_inside(self, index: int) -> list[int]:
        if index not in self._inside:
            self._inside[index] = self.mixed.inside(self.group, index)
        return self._inside[index]

    def is_part_of(self, outer: Parts) -> bool:
        """Do the loops in which it stands belong to what is around them?"""
        iterations = self.runs / max(1, outer.runs)
        belongs = self.group.is_taped or bool(self.over_objects)
        return iterations <= (MOST_ITERATIONS if belongs else FEW_ITERATIONS)

    def note_targets(self, targets: Sequence[Any], is_value: Callable[[Any], bool]) -> None:
        """These are what the loop has put into its names."""
        self.over_objects = any(
            type(value) not in PRIMITIVES and type(value) not in (list, tuple, dict) and not is_value(value)
            for value in targets
        )

    def waits(self, groups: Sequence[Parts]) -> bool:
        """May this group still run as a piece of what it stands in?"""
        if self.group.home is None:
            return False
        number, index = self.group.home
        home = groups[number]
        if any(part.start <= index < part.end and 2 * part.staged_runs() > home.runs for part in home.parts):
            return True  # what runs now is the rare call that no graph fits
        if self.group.loop is not None:
            belongs = self.group.is_taped or self.over_objects
            if not belongs or home.runs > LONGEST_WAIT or not self.is_part_of(home):
                return False
        return any(part.start <= index < part.end and part.reason is None for part in home.parts)

    def is_staged(self) -> bool:
        """Has a graph run in the place of one of its parts?"""
        return any(part.has_run() for part in self.parts)

    def is_seasoned(self, runs: int, for_each: int, most: int) -> bool:
        """Has the whole group run so often as one graph, at least `for_each` times its operations, that its next runs
        may be one as well?"""
        if self.chunks_left is not None or len(self.parts) != 1 or self.parts[0].reason is not None:
            return False
        return any(
            kept.calls >= max(runs, for_each * kept.compiled.operations) and kept.compiled.operations <= most
            for _, staging in self.parts[0].variants.values()
            for kept in staging.specializations
        )

    def chunk(self) -> tuple[Piece, Staging] | None:
        """Some iterations of the loop as one piece."""
        if self._chunk is None:
            try:
                piece = self.mixed.chunk(self.group)
            except Unsupported as problem:
                self.leave_chunks(problem.reason)
                return None
            staging = Staging()
            staging.skip_warm_up()
            staging.qualifies = True
            self._chunk = piece, staging
        return self._chunk

    def chunk_runs(self) -> int:
        """How often a graph has stood for some iterations."""
        return self._chunk[1].calls_staged if self._chunk is not None else 0

    def stagings(self) -> Iterator[tuple[str, Staging]]:
        """What is known of each piece, with the lines that it stands for."""
        for part in self.parts:
            first, last = self.lines(part)
            for _, staging in part.variants.values():
                yield f"line {first}: " if first == last else f"lines {first} to {last}: ", staging
        if self._chunk is not None and self.group.loop is not None:
            yield f"iterations of line {self.group.loop.lineno}: ", self._chunk[1]

    def leave_chunks(self, reason: str) -> None:
        """Each iteration is a graph of its own from now on."""
        if self.chunks_left is None:
            self.parts = tuple(self._without_telling(self.parts))
        self.chunks_left, self._chunk = reason, None

    def gave_up(self, part: Part, staging: Staging) -> None:
        """Staging has given up a part: the statement that ended the trace is Python, the others are tried again."""
        assert staging.reason is not None
        self._throw_away()
        if self.is_recalled and not part.has_run():
            # What was learnt does not hold here.
            self.parts, self.is_recalled = self._first_parts(), False
            return
        varying = self._to_blame(part, staging) if staging.keeps_missing else None
        if varying is not None:
            self._without(part, varying, f"{varying} is another Python value each time")
        elif staging.name is not None:
            self._without(part, staging.name, staging.reason)
        elif staging.is_small:
            self._replace(part, [Part(part.start, part.end, staging.reason)])
        else:
            self.split(part, staging.line, staging.reason)

    def _to_blame(self, part: Part, staging: Staging) -> str | None:
        """The name whose Python value changes most often, of those that no graph takes as they come."""
        carried: set[str] = set()
        if staging.history is not None and staging.history.most == EVERYTHING:
            known = staging.history.numbers
            pieces = [piece for piece, kept in part.variants.values() if kept is staging]
            names = enumerate(pieces[0].inputs if pieces else ())
            carried = {name for i, name in names if ("argument", f"args[{i}]") in known}
        often = {name: times for name, times in part.varying.items() if name not in carried}
        return max(often, key=lambda name: often[name], default=None)

    def leave(self, part: Part, reason: str) -> None:
        """A part is Python from now on."""
        self._replace(part, [Part(part.start, part.end, reason)])

    def refused(self, part: Part, staging: Staging) -> None:
        """A part has graphs, but no trace carries this call. If such calls are not rare, the statement in the way is
        Python from now on, where what stands before and after it can be graphs of their own."""
        self._throw_away()
        index = self._statement(part, staging.line)
        is_rare = staging.calls_staged >= CALLS_THAT_PAY * staging.refusals
        if index is None or part.end - part.start == 1 or (is_rare and staging.refusals == 1):
            return
        crossing = [0, *self.mixed.crossing(self.group, part.start, part.end), 0]
        if not crossing[index - part.start] and not crossing[index - part.start + 1]:
            assert staging.refusal is not None
            self._replace(part, self._around(part, [index], staging.refusal))

    def split(self, part: Part, line: int | None, reason: str) -> None:
        index = self._statement(part, line)
        if index is not None:
            self._replace(part, self._around(part, [index], reason))
        elif part.end - part.start > 1:
            middle = self._cut(part)
            halves = [Part(part.start, middle, warm=True, half=True), Part(middle, part.end, warm=True, half=True)]
            self._replace(part, halves)
        else:
            self._replace(part, [Part(part.start, part.end, reason)])
            if part.half:
                self._join_halves()

    def _cut(self, part: Part) -> int:
        """Where to cut a part in two: near the middle, and where no tape is read behind it."""
        crossing = self.mixed.crossing(self.group, part.start, part.end)
        middle = (part.end - part.start) // 2
        best = min(range(1, part.end - part.start), key=lambda i: (crossing[i - 1], abs(i - middle)))
        return part.start + best

    def _join_halves(self) -> None:
        """The statement that was in the way is found: what was cut on the way to it is one again."""
        found: list[Part] = []
        for part in self.parts:
            if part.half and part.reason is None and found and found[-1].half and found[-1].reason is None:
                found[-1] = Part(found[-1].start, part.end, warm=True, half=True)
            else:
                found.append(part)
        for part in found:
            part.half = False
        self.parts = tuple(found)

    def note_inputs(
        self, part: Part, names: Sequence[str], values: Sequence[Any], staging: Staging | None = None
    ) -> None:
        """These values come in: which of Python's are others than last time? Numbers that were so while a part was
        warmed up need not be facts of its first trace."""
        for i, (name, value) in enumerate(zip(names, values, strict=True)):
            if type(value) not in PRIMITIVES:
                part.seen.pop(name, None)  # kept, it would outlive its time
                continue
            if name in part.seen and part.seen[name] != value:
                part.varying[name] = part.varying.get(name, 0) + 1
                if staging is not None and type(value) in NUMBERS and type(part.seen[name]) is type(value):
                    _note_number(staging, i)
            part.seen[name] = value

    def _without(self, part: Part, name: str, reason: str) -> None:
        """The statements that use what a name has when the part begins are Python."""
        using = []
        for i in range(part.start, part.end):
            if name in self.mixed.uses(self.group, i):
                using.append(i)
            if self.mixed.assigns(self.group, i, name):
                break
        if using:
            self._replace(part, self._around(part, using, reason))
        else:
            self._replace(part, [Part(part.start, part.end, reason)])

    def _around(self, part: Part, plain: list[int], reason: str, rare: bool = False) -> list[Part]:
        """The part without the statements `plain`, which are Python for this reason. What is rare is not warm yet."""
        found: list[Part] = []
        start = part.start
        for index in plain:
            if index > start:
                found.append(Part(start, index, warm=not rare, rare=rare))
            found.append(Part(index, index + 1, reason))
            start = index + 1
        if start < part.end:
            found.append(Part(start, part.end, warm=not rare, rare=rare))
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
        self.parts = tuple(self._without_telling(found))
        for other in self.parts:
            if not other.seen and not other.variants and other.reason is None and part.seen:
                names = self.inputs(other)
                other.seen = {name: part.seen[name] for name in names if name in part.seen}
                other.varying = {name: part.varying[name] for name in names if name in part.varying}
        for _, staging in part.variants.values():
            self.record.add(staging.record)
