"""`if` and conditional expressions whose condition is a tensor.

Both branches are traced, each once. What they left in the state is then joined variable by variable: what is
the same object on both sides stays that object; what a graph can carry becomes an output of both branches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from autograph_hook.backends.protocol import UNDEFINED, Body, Location, State
from autograph_hook.backends.tensorflow import nests, private, promotion, values
from autograph_hook.errors import StagingError

Values = tuple[Any, ...]

# The value of a lowered `return`: guarded by a flag, so where a path has none nobody reads it.
GUARDED = ("ag__result", "ag__return")


def cond(predicate: Any, body: Body, orelse: Body, state: State, where: Location) -> None:
    before = state.get()

    def branch(run: Body) -> Callable[[], Values]:
        def values_after() -> Values:
            state.set(before)
            run()
            return state.get()

        return values_after

    try:
        after = choose(predicate, branch(body), branch(orelse), state.labels, where, state.guarded)
    except BaseException:
        state.set(before)
        raise
    state.set(after)


def select(predicate: Any, body: Callable[[], Any], orelse: Callable[[], Any], where: Location) -> Any:
    labels = ("the value of the conditional expression",)
    return choose(predicate, lambda: (body(),), lambda: (orelse(),), labels, where)[0]


def choose(
    predicate: Any,
    body: Callable[[], Values],
    orelse: Callable[[], Values],
    labels: Sequence[str],
    where: Location,
    guarded: bool = False,
) -> Values:
    """The values of `body()` or `orelse()`, as the predicate decides when the graph runs."""
    holds = values.truth(predicate)
    if isinstance(holds, bool):
        return body() if holds else orelse()
    if not private.control_flow_available():
        return _choose_publicly(holds, body, orelse, labels, where, guarded)
    results: dict[Callable[[], Values], Values] = {}

    def keep(run: Callable[[], Values]) -> Callable[[], None]:
        def traced() -> None:
            results[run] = run()

        return traced

    pair = private.BranchPair(holds, keep(body), keep(orelse))
    plan = Join(labels, results[body], results[orelse], where, guarded)
    outputs = tuple(plan.outputs(side, graph) for side, graph in enumerate(pair.graphs))
    return plan.finish(pair.build((outputs[0], outputs[1])))


def _choose_publicly(
    holds: Any,
    body: Callable[[], Values],
    orelse: Callable[[], Values],
    labels: Sequence[str],
    where: Location,
    guarded: bool,
) -> Values:
    """The same with `tf.cond`: the branches are traced once more beforehand, to know how they join."""
    trials = []
    for run in (body, orelse):
        with private.scratch_graph().as_default():
            trials.append(run())
    plan = Join(labels, trials[0], trials[1], where, guarded)

    def again(side: int, run: Callable[[], Values]) -> Callable[[], list[Any]]:
        def traced() -> list[Any]:
            return Join(
                labels, *((run(), trials[1]) if side == 0 else (trials[0], run())), where, guarded
            ).tensors(side)

        return traced

    result = tf.cond(holds, again(0, body), again(1, orelse))
    return plan.finish(list(result) if isinstance(result, (list, tuple)) else [result])


class Join:
    """How the values that two branches left become one."""

    def __init__(
        self, labels: Sequence[str], body: Values, orelse: Values, where: Location, guarded: bool
    ) -> None:
        self.where = where
        self.guarded = guarded
        # (body's leaf, orelse's leaf, their dtype, what makes a placeholder)
        self.leaves: list[tuple[Any, Any, Any, Any]] = []
        self.slots: list[tuple[nests.Structure, list[Any]] | None] = []
        self.kept: list[Any] = []
        for label, one, other in zip(labels, body, orelse, strict=True):
            self._join(label, one, other)

    def _join(self, label: str, one: Any, other: Any) -> None:
        if values.same(one, other):
            self._keep(one)
            return
        if one is UNDEFINED or other is UNDEFINED:
            if not self.guarded and not label.startswith(GUARDED):
                self._keep(UNDEFINED)
                return
            present = other if one is UNDEFINED else one
            structure, leaves = nests.flatten(present)
            holes: list[Any] = [UNDEFINED] * len(leaves)
            pairs = (
                list(zip(holes, leaves, strict=True))
                if one is UNDEFINED
                else list(zip(leaves, holes, strict=False))
            )
        else:
            pair = promotion.alike(one, other)
            if pair is None:
                raise self._error(label, one, other)
            one_structure, ones = nests.flatten(pair[0])
            other_structure, others = nests.flatten(pair[1])
            merged = nests.merge(one_structure, other_structure)
            assert merged is not None
            structure = merged
            pairs = list(zip(ones, nests.align(one_structure, other_structure, others), strict=True))
        makers = nests.placeholders(structure)
        recipe = [
            self._leaf(label, *pair, one, other, maker) for pair, maker in zip(pairs, makers, strict=True)
        ]
        self.slots.append((structure, recipe))
        self.kept.append(None)

    def _keep(self, value: Any) -> None:
        self.slots.append(None)
        self.kept.append(value)

    def _leaf(self, label: str, one: Any, other: Any, whole: Any, whole_other: Any, maker: Any) -> Any:
        """The index of an output, or the constant that stands on both sides."""
        if one is UNDEFINED or other is UNDEFINED:
            present = other if one is UNDEFINED else one
            if not values.has_zeros(present):
                return Constant(present)
            dtype = values.dtype_of(present)
        elif values.same(one, other):
            return Constant(one)
        elif isinstance(one, values.CARRIED) and isinstance(other, values.CARRIED):
            dtype = values.common_dtype(one, other)
            if dtype is None:
                raise self._error(label, whole, whole_other, one, other)
        else:
            raise self._error(label, whole, whole_other, one, other)
        self.leaves.append((one, other, dtype, maker))
        return len(self.leaves) - 1

    def tensors(self, side: int) -> list[Any]:
        """The outputs of one branch, made in the graph that is being built."""
        made = []
        for one, other, dtype, maker in self.leaves:
            mine, theirs = (one, other) if side == 0 else (other, one)
            if mine is not UNDEFINED:
                made.append(values.as_tensor(mine, dtype))
            else:
                made.append(values.zeros(theirs) if maker is None else maker())
        return made

    def outputs(self, side: int, graph: Any) -> list[Any]:
        if not self.leaves:
            return []
        with graph.as_default():
            return [private.capture(graph, tensor) for tensor in self.tensors(side)]

    def finish(self, tensors: Sequence[Any]) -> Values:
        """The joined values, from the outputs of the operation."""
        joined = []
        for kept, slot in zip(self.kept, self.slots, strict=True):
            if slot is None:
                joined.append(kept)
                continue
            structure, recipe = slot
            leaves = [part.value if isinstance(part, Constant) else tensors[part] for part in recipe]
            joined.append(nests.pack(structure, iter(leaves)))
        return tuple(joined)

    def _error(
        self, label: str, one: Any, other: Any, leaf: Any = None, other_leaf: Any = None
    ) -> StagingError:
        one_text, other_text = values.describe(one), values.describe(other)
        if label.startswith(GUARDED):
            what = "the function returns"
            advice = "return values of one kind on every path"
            if one is None or other is None:
                value = other_text if one is None else one_text
                return StagingError(
                    f"{self.where}: the function returns None on one path and {value} on the other, "
                    f"and which one is known only when the graph runs: {advice}"
                )
            return StagingError(
                f"{self.where}: {what} {one_text} on one path and {other_text} on the other: {advice}"
            )
        inside = ""
        if leaf is not None and leaf is not one:
            inside = f" (in it {values.describe(leaf)} and {values.describe(other_leaf)})"
        return StagingError(
            f"{self.where}: {label} is {one_text} after the main branch and {other_text} after the "
            f"other{inside}, "
            "and which branch runs is known only when the graph runs: give it values of one type and "
            "structure in both branches"
        )


class Constant:
    """A leaf that is no output: the same Python value in both branches."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value
