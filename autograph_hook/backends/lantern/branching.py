"""`if` and conditional expressions whose condition is known only when the code runs: both sides become blocks.

What a side leaves in the state are the results of its block. Arrays that a side changes are results, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograph_hook.backends.lantern import nests, trees
from autograph_hook.backends.lantern.arithmetic import truth
from autograph_hook.backends.lantern.build import Builder
from autograph_hook.backends.lantern.ir import Var
from autograph_hook.backends.lantern.lists import is_staged, length
from autograph_hook.backends.lantern.optional import Conflict, Maybe
from autograph_hook.backends.lantern.symbols import Numeric
from autograph_hook.backends.lantern.tracing import Impossible, Unknown, session
from autograph_hook.backends.protocol import UNDEFINED, Body, Location, State

Values = Sequence[Any]
RESULT = ("ag__result", "ag__return")


def truth_of(value: Any) -> Var:
    """The truth of any staged value."""
    if isinstance(value, trees.Tree):
        return session().var(value.truth())
    if isinstance(value, Maybe | Conflict):
        value.truth()
    if is_staged(value):
        value = length(value)
    if isinstance(value, Numeric):
        return truth(value)
    from autograph_hook.backends.lantern.ir import BOOL

    return session().lit(bool(value), BOOL)


class Side:
    """One side of an `if`, traced."""

    def __init__(self, run: Callable[[], Values]) -> None:
        s = session()
        self.changed: dict[int, tuple[Any, Var]] = {}
        self.values: Values | None = None
        self.impossible: Impossible | None = None
        with s.block() as self.builder, s.scope() as scope:
            try:
                self.values = run()
            except Unknown:
                return
            except Impossible as impossible:
                self.impossible = impossible
                return
            for key, (array, _) in scope.saved.items():
                self.changed[key] = array, array.value


def cond(predicate: Any, body: Body, orelse: Body, state: State, where: Location) -> None:
    before = state.get()

    def side(run: Body) -> Callable[[], Values]:
        def values() -> Values:
            state.set(before)
            run()
            return state.get()

        return values

    try:
        after = join(truth_of(predicate), side(body), side(orelse), state.labels, state.guarded)
    except BaseException:
        state.set(before)
        raise
    state.set(after)


def select(predicate: Any, body: Callable[[], Any], orelse: Callable[[], Any], where: Location) -> Any:
    return choose(predicate, body, orelse, "the value of the conditional expression")


def choose(predicate: Any, body: Callable[[], Any], orelse: Callable[[], Any], label: str) -> Any:
    if isinstance(predicate, bool):
        return body() if predicate else orelse()
    return join(truth_of(predicate), lambda: (body(),), lambda: (orelse(),), (label,), False)[0]


def join(
    holds: Var, body: Callable[[], Values], orelse: Callable[[], Values], labels: Sequence[str], guarded: bool
) -> list[Any]:
    s = session()
    known = s.literal_of(holds)
    if known is not None:
        return list((body if known else orelse)())
    sides = [Side(body), Side(orelse)]
    if sides[0].values is None and sides[1].values is None:
        raise Unknown if None in (sides[0].impossible, sides[1].impossible) else sides[0].impossible or Unknown
    for one, other in (sides, sides[::-1]):
        if other.values is None:
            if other.impossible is not None:
                fits = holds if other is sides[1] else s.op("not", holds)
                s.check(fits, other.impossible.kind, other.impossible.text)
            # What the other side gives is known once this one is: the def is traced again.
            assert one.values is not None
            s.builder.lets += one.builder.lets
            for array, value in one.changed.values():
                array.change(value)
            return list(one.values)
    plans = [
        _plan(one, other, label, guarded)
        for one, other, label in zip(sides[0].values or (), sides[1].values or (), labels, strict=True)
    ]
    arrays = {key: array for side in sides for key, (array, _) in side.changed.items()}
    results = []
    for which, side in enumerate(sides):
        with _inside(side.builder):
            made: list[Var] = []
            for plan in plans:
                if isinstance(plan, tuple):
                    made += nests.leaves(plan[1][which], plan[0])
            for key, array in arrays.items():
                made.append(side.changed[key][1] if key in side.changed else s.var(array))
            results.append(made)
    blocks = [side.builder.block(*made) for side, made in zip(sides, results, strict=True)]
    if not results[0] and not any(block.lets for block in blocks):
        found: tuple[Var, ...] = ()
    else:
        found = s.builder.branch(holds, blocks[0], blocks[1])
    vars = iter(found)
    joined = [nests.build(plan[0], vars) if isinstance(plan, tuple) else plan.value for plan in plans]
    for array in arrays.values():
        array.change(next(vars))
    return joined


class _inside:
    """Lets go to a block that was left before."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder

    def __enter__(self) -> None:
        s = session()
        self.outer, s.builder = s.builder, self.builder

    def __exit__(self, *_: object) -> None:
        session().builder = self.outer


def _plan(one: Any, other: Any, label: str, guarded: bool) -> Any:
    """The structure with room for both and both values, or the value that both are."""
    if one is other:
        return nests.Static(one)
    if UNDEFINED in (one, other) if type(one) is type(UNDEFINED) or type(other) is type(UNDEFINED) else False:
        some = other if one is UNDEFINED else one
        if guarded or label.startswith(RESULT):
            try:
                s = nests.general(nests.structure(some))
            except nests.Apart:
                return nests.Static(Conflict(_text(label, one, other)))
            if s[0] == "static":
                return nests.Static(some)
            return s, (one, other)
        if label.startswith("ag__"):
            return nests.Static(UNDEFINED)
        return nests.Static(Conflict(f"{label} has no value where the branch is not taken: give it one before"))
    if isinstance(one, Conflict) or isinstance(other, Conflict):
        return nests.Static(one if isinstance(one, Conflict) else other)
    try:
        s = nests.join(nests.structure(one), nests.structure(other))
    except nests.Apart:
        return nests.Static(Conflict(_text(label, one, other)))
    if s[0] in ("static", "constant", "reference"):
        return s[1]
    return s, (one, other)


def _text(label: str, one: Any, other: Any) -> str:
    what = "the result" if label.startswith(RESULT) else label
    return f"{what} is {described(one)} on one path and {described(other)} on another"


def described(value: Any) -> str:
    if value is UNDEFINED:
        return "without a value"
    if isinstance(value, Numeric):
        if value.shape:
            return f"an array of {value.dtype} of shape {value.shape}"
        return f"a {value.dtype}"
    if isinstance(value, trees.Tree):
        return f"a {value.group.name}"
    if value is None or isinstance(value, bool | int | float | str):
        return repr(value)
    return f"a {type(value).__name__}"
