"""`while` and `for` as loops of the program.

The body is traced with a name for each leaf of the state. What it leaves tells whether that was right: a variable that
is still the same object is none of the loop's; one of another type makes the loop be traced again with room for both.
So are arrays that the body changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograph_hook.backends.lantern import iterating, nests
from autograph_hook.backends.lantern.branching import described, truth_of
from autograph_hook.backends.lantern.ir import I64, Loop, Var
from autograph_hook.backends.lantern.optional import Conflict
from autograph_hook.backends.lantern.symbols import Array, Number
from autograph_hook.backends.lantern.tracing import NeedsStatic, Unknown, error, session
from autograph_hook.backends.protocol import UNDEFINED, Body, Location, State

MOST = 16
SHORT = 64
"""Iterations that may be unrolled where the index must be known."""


def while_loop(test: Callable[[], Any], body: Body, state: State, where: Location) -> None:
    _Loop(state, where).run(lambda index: test(), lambda index: body(), None)


def for_each(
    subject: Any, body: Callable[[Any], None], test: Callable[[], Any] | None, state: State, where: Location
) -> None:
    walk: iterating.Walk = subject
    if walk.known is not None and walk.known <= iterating.UNROLLED:
        return _unrolled(walk, body, test, state, where)
    before, mark = state.get(), session().mark()
    try:
        _Loop(state, where).run(_goes_on(test), lambda index: body(walk.element(index)), walk)
    except NeedsStatic:
        if walk.known is None or walk.known > SHORT:
            raise
        state.set(before)
        session().back_to(mark)
        _unrolled(walk, body, test, state, where)


def _goes_on(test: Callable[[], Any] | None) -> Callable[[Any], Any]:
    return lambda index: True if test is None else test()


def _unrolled(walk: iterating.Walk, body: Any, test: Callable[[], Any] | None, state: State, where: Location) -> None:
    from autograph_hook.backends.lantern import branching

    assert walk.known is not None
    for k in range(walk.known):
        if test is not None and k:
            goes_on = test()
            if isinstance(goes_on, bool):
                if not goes_on:
                    return
            else:
                element = walk.element(k)
                branching.cond(goes_on, lambda element=element: body(element), lambda: None, state, where)  # type: ignore[misc]
                continue
        body(walk.element(k))


class _Again(Exception):
    """The loop must be traced with other structures."""


class _Loop:
    def __init__(self, state: State, where: Location) -> None:
        self.state = state
        self.where = where
        self.before = state.get()
        self.structures: list[Any] = []
        """Of each variable: its structure; None where it keeps its value."""
        self.arrays: dict[int, Any] = {}
        self.late: set[int] = set()
        """Variables without a value before the loop."""
        for value in self.before:
            self.structures.append(self._first(value))

    def _first(self, value: Any) -> Any:
        if value is UNDEFINED or isinstance(value, Array | Conflict):
            return None
        try:
            found = nests.general(nests.structure(value))
        except nests.Apart:
            return None
        return None if found[0] in ("static", "reference") else found

    def run(
        self, test: Callable[[Any], Any], body: Callable[[Any], None], walk: iterating.Walk | None
    ) -> None:
        s = session()
        s.repeats = True
        mark = s.mark()
        for _ in range(MOST):
            try:
                return self.attempt(test, body, walk)
            except _Again:
                s.back_to(mark)
            except _Skip:
                s.back_to(mark)
                return None
            except BaseException:
                self.state.set(self.before)
                raise
            finally:
                if s.builder is not mark[1]:
                    s.builder = mark[1]
        raise error("the types of what this loop changes do not settle")

    def attempt(self, test: Callable[[Any], Any], body: Callable[[Any], None], walk: iterating.Walk | None) -> None:
        s, state = session(), self.state
        inits: list[Var] = []
        if walk is not None:
            count = walk.count()
            inits.append(s.lit(0, I64))
        for value, structure in zip(self.before, self.structures, strict=True):
            if structure is not None:
                inits += nests.leaves(value, structure)
        inits += [s.var(array) for array in self.arrays.values()]
        vars = tuple(s.builder.var(init.type, init.name.rstrip("0123456789.") or "x") for init in inits)
        with s.block() as tests, s.scope():
            index = self.enter(vars, walk is not None)
            given = state.get()
            goes_on = test(index)
            if walk is not None:
                inside = s.op("<", vars[0], count)
                holds = inside if goes_on is True else s.op("and", inside, truth_of(goes_on))
            else:
                holds = truth_of(goes_on)
            if any(one is not other for one, other in zip(state.get(), given, strict=True) if type(one) is not list):
                raise error("the condition of a loop changes a variable")
            tested = tests.block(holds)
        with s.block() as bodies, s.scope() as scope:
            index = self.enter(vars, walk is not None)
            given = state.get()
            try:
                body(index)
            except Unknown:
                state.set(self.before)
                raise _Skip from None
            after = state.get()
            self.compare(given, after)
            for key, (array, _) in scope.saved.items():
                if key not in self.arrays:
                    self.arrays[key] = array
                    raise _Again
            results: list[Var] = []
            if walk is not None:
                results.append(s.op("+", vars[0], s.lit(1, I64)))
            for value, structure in zip(after, self.structures, strict=True):
                if structure is not None:
                    results += nests.leaves(value, structure)
            results += [array.value for array in self.arrays.values()]
            block = bodies.block(*results)
        found = iter(s.builder.bind(Loop(vars, tuple(inits), tested, block), [v.type for v in vars], "out"))
        if walk is not None:
            last = next(found)
            if any(not self.state.labels[k].startswith("ag__") for k in self.late):
                s.check(s.op(">", last, s.lit(0, I64)), "RuntimeError", "a name has no value: the loop has not run")
        state.set([
            value if structure is None else nests.build(structure, found)
            for value, structure in zip(self.before, self.structures, strict=True)
        ])  # fmt: skip
        for array in self.arrays.values():
            array.change(next(found))

    def enter(self, vars: Sequence[Var], indexed: bool) -> Any:
        """The state in an iteration. Returns the index."""
        s = session()
        left = iter(vars)
        index = Number(next(left), s.frame, True) if indexed else None
        self.state.set([
            value if structure is None else nests.build(structure, left)
            for value, structure in zip(self.before, self.structures, strict=True)
        ])  # fmt: skip
        for array in self.arrays.values():
            array.change(next(left))
        return index

    def compare(self, given: Sequence[Any], after: Sequence[Any]) -> None:
        again = False
        for k, (before, value) in enumerate(zip(given, after, strict=True)):
            if before is value:
                continue
            structure = self.structures[k]
            label = self.state.labels[k]
            try:
                if isinstance(value, Conflict) or value is UNDEFINED:
                    raise nests.Apart
                found = nests.general(nests.structure(value))
                if structure is None and before is UNDEFINED:
                    self.late.add(k)
                    wanted = found
                elif structure is None:
                    wanted = nests.join(nests.general(nests.structure(before)), found)
                else:
                    wanted = nests.join(structure, found)
            except nests.Apart:
                if isinstance(value, Conflict):
                    value.read()
                if label.startswith("ag__") and value is UNDEFINED:
                    continue
                raise error(
                    f"{label} is {described(self.before[k])} before the loop and {described(value)} after an iteration"
                ) from None
            if wanted[0] in ("static", "reference") and structure is None:
                if nests.Static(before) == nests.Static(value):
                    continue
                raise error(f"{label} is another {type(value).__name__} in each iteration")
            if wanted != structure:
                self.structures[k] = wanted
                again = True
        if again:
            raise _Again


class _Skip(Unknown):
    """The body calls what is not known yet: as if the loop had no iterations."""
