"""`if` and conditional expressions whose condition is a tensor.

Both branches are traced, each once. What they left in the state is then joined variable by variable: what is
the same object on both sides stays that object; what a graph can carry becomes an output of both branches; what is
there on one side only is a `Maybe`, and what nothing can join a `Conflict`: errors only where they are read.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from autograph_hook.backends.protocol import UNDEFINED, Body, Joined, Location, State
from autograph_hook.backends.tensorflow import exact, list_paths, nests, private, promotion, stories, straight, values
from autograph_hook.backends.tensorflow.maybe import Conflict, Maybe, knowing
from autograph_hook.backends.tensorflow.stories import Story

Values = tuple[Any, ...]

# The value of a lowered `return`: guarded by a flag, so where a path has none nobody reads it.
GUARDED = stories.RESULT

# How TensorFlow says that dtypes, shapes or kinds do not fit; NameError is Python's word for what has no
# value yet.
MISMATCH = (TypeError, ValueError, NameError, AttributeError, tf.errors.OpError)


def cond(predicate: Any, body: Body, orelse: Body, state: State, where: Location) -> None:
    before = state.get()

    def branch(run: Body, holds: bool) -> Callable[[], Values]:
        def values_after() -> Values:
            state.set(narrowed(before, predicate, holds))
            run()
            return state.get()

        return values_after

    try:
        after = choose(
            predicate, branch(body, True), branch(orelse, False), state.labels, where, state.guarded, (body, orelse)
        )
    except BaseException:
        state.set(before)
        raise
    state.set(after)


def select(predicate: Any, body: Callable[[], Any], orelse: Callable[[], Any], where: Location) -> Any:
    labels = ("the value of the conditional expression",)

    def operand(run: Callable[[], Any], holds: bool) -> Callable[[], Values]:
        def value() -> Values:
            found = run()
            if type(predicate) is Maybe and found is predicate and holds:
                return (found.value(),)  # `a or b` is `a` only where there is one
            return (found.settled() if type(found) is Maybe else found,)

        return value

    return choose(predicate, operand(body, True), operand(orelse, False), labels, where, bodies=(body, orelse))[0]


def narrowed(before: Values, predicate: Any, holds: bool) -> Values:
    """The values where the predicate is so: what a Maybe is, is known where the condition asks for just that."""
    return tuple([value.narrowed(predicate, holds) if type(value) is Maybe else value for value in before])


class _Thread(threading.local):
    lenient = False


_thread = _Thread()


@contextlib.contextmanager
def leniently() -> Iterator[None]:
    """While a loop's body is tried without the values that only later iterations have: a branch that cannot do
    without them is one that the first iteration does not take.
    """
    before, _thread.lenient = _thread.lenient, True
    try:
        yield
    finally:
        _thread.lenient = before


def _possible(run: Callable[[], Values]) -> bool:
    try:
        with private.scratch_graph().as_default():
            run()
    except MISMATCH:
        return False
    return True


def _known_in(predicate: Any, run: Callable[[], Values], holds: bool) -> Callable[[], Values]:
    """The branch, which runs only where the predicate is so."""

    def known() -> Values:
        with knowing(predicate, holds):
            return run()

    return known


def choose(
    predicate: Any,
    body: Callable[[], Values],
    orelse: Callable[[], Values],
    labels: Sequence[str],
    where: Location,
    guarded: bool = False,
    bodies: Sequence[Any] = (None, None),
) -> Values:
    """The values of `body()` or `orelse()`, as the predicate decides when the graph runs.

    `bodies` are the functions of the user's that they run, for messages.
    """
    holds = values.truth(predicate)
    if isinstance(holds, bool):
        return body() if holds else orelse()
    if _thread.lenient:
        possible = _possible(body), _possible(orelse)
        if possible != (True, True):
            return body() if possible[0] else orelse()
    body, orelse = _known_in(holds, body, True), _known_in(holds, orelse, False)
    join = _Joins(labels, where, guarded, bodies, holds)
    if not private.control_flow_available():
        return _choose_publicly(holds, body, orelse, join)
    results: dict[Callable[[], Values], Values] = {}

    def keep(run: Callable[[], Values]) -> Callable[[], None]:
        def traced() -> None:
            results[run] = run()

        return traced

    pair = private.BranchPair(holds, keep(body), keep(orelse))
    plan = join(results[body], results[orelse])
    outputs = tuple(plan.outputs(side, graph) for side, graph in enumerate(pair.graphs))
    chosen = straight.choice(pair, (outputs[0], outputs[1]))
    return plan.finish(pair.build((outputs[0], outputs[1])) if chosen is None else chosen)


def _choose_publicly(holds: Any, body: Callable[[], Values], orelse: Callable[[], Values], join: _Joins) -> Values:
    """The same with `tf.cond`: the branches are traced once more beforehand, to know how they join."""
    trials = []
    for run in (body, orelse):
        with private.scratch_graph().as_default():
            trials.append(run())
    plan = join(trials[0], trials[1])

    def again(side: int, run: Callable[[], Values]) -> Callable[[], list[Any]]:
        def traced() -> list[Any]:
            return join(*((run(), trials[1]) if side == 0 else (trials[0], run()))).tensors(side)

        return traced

    result = tf.cond(holds, again(0, body), again(1, orelse))
    return plan.finish(list(result) if isinstance(result, (list, tuple)) else [result])


class _Joins(NamedTuple):
    """What is known of a construct before its branches are traced."""

    labels: Sequence[str]
    where: Location
    guarded: bool
    bodies: Sequence[Any]
    holds: Any

    def __call__(self, body: Values, orelse: Values) -> Join:
        return Join(self, body, orelse)


class _Apart(Exception):
    """Two leaves that no tensor can stand for."""


class Join:
    """How the values that two branches left become one."""

    def __init__(self, construct: _Joins, body: Values, orelse: Values) -> None:
        self.construct = construct
        # (body's leaf, orelse's leaf, their dtype, what makes a placeholder)
        self.leaves: list[tuple[Any, Any, Any, Any]] = []
        self.slots: list[tuple[nests.Structure, list[Any]] | None] = []
        self.kept: list[Any] = []
        for label, one, other in zip(construct.labels, body, orelse, strict=True):
            if values.same(one, other):
                self._keep(one)
                continue
            count = len(self.leaves)
            try:
                joined = Conflict not in (type(one), type(other)) and self._join(label, one, other)
            except _Apart:
                joined = False
            if not joined:
                del self.leaves[count:]
                self._keep(Conflict(self._story(label, one, other)))

    def _story(self, label: str, one: Any, other: Any) -> Story:
        earlier = one if type(one) is Conflict else other
        if type(earlier) is Conflict:
            return earlier.story
        return Story(label, self.construct.where, (one, other), self.construct.bodies)

    def _join(self, label: str, one: Any, other: Any) -> bool:
        if one is UNDEFINED or other is UNDEFINED:
            if self.construct.guarded or label.startswith(GUARDED):
                self._fill(one, other)
                return True
            if label.startswith("ag__"):
                self._keep(UNDEFINED)
                return True
        pair = promotion.alike(one, other)
        if pair is None:
            return False
        list_paths.name(pair, label, self.construct.where)
        one_structure, ones = nests.flatten(pair[0])
        other_structure, others = nests.flatten(pair[1])
        structure = nests.merge(one_structure, other_structure)
        assert structure is not None
        for optional in nests.optionals(structure):
            optional.story = optional.story or self._story(label, one, other)
        others = nests.align(one_structure, other_structure, others)
        makers = nests.placeholders(structure)
        flags = nests.flags(structure)
        recipe = []
        for place, (left, right, maker) in enumerate(zip(ones, others, makers, strict=True)):
            if place < flags and isinstance(left, bool) and isinstance(right, bool) and left is not right:
                holds = self.construct.holds
                recipe.append(Constant(holds if left else tf.logical_not(holds, name="otherwise")))
            else:
                recipe.append(self._leaf(left, right, maker))
        self._add(structure, recipe)
        return True

    def _fill(self, one: Any, other: Any) -> None:
        """Zeros where there is no value, as nobody reads them."""
        structure, leaves = nests.flatten(other if one is UNDEFINED else one)
        recipe: list[Any] = []
        for leaf, maker in zip(leaves, nests.placeholders(structure), strict=True):
            if not isinstance(leaf, Joined) and values.has_zeros(leaf):
                left, right = (UNDEFINED, leaf) if one is UNDEFINED else (leaf, UNDEFINED)
                recipe.append(self._output(left, right, values.dtype_of(leaf), maker))
            else:
                recipe.append(Constant(leaf))
        self._add(structure, recipe)

    def _keep(self, value: Any) -> None:
        self.slots.append(None)
        self.kept.append(value)

    def _add(self, structure: nests.Structure, recipe: list[Any]) -> None:
        self.slots.append((structure, recipe))
        self.kept.append(None)

    def _leaf(self, one: Any, other: Any, maker: Any) -> Any:
        """The index of an output, or the constant that stands on both sides."""
        if values.same(one, other):
            return Constant(one)
        if isinstance(one, Joined) or isinstance(other, Joined):
            raise _Apart
        dtype = None
        if isinstance(one, values.CARRIED) and isinstance(other, values.CARRIED):
            dtype = values.common_dtype(one, other)
        if dtype is None or _changes_dtype(one, other):
            raise _Apart
        return self._output(one, other, dtype, maker)

    def _output(self, one: Any, other: Any, dtype: Any, maker: Any) -> int:
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


def _changes_dtype(one: Any, other: Any) -> bool:
    """Eager, each path has its own dtype: a trace of ours may not make them one."""
    tensors = (tf.Tensor, values.Later)
    return exact.is_demanded() and isinstance(one, tensors) and isinstance(other, tensors) and one.dtype != other.dtype


class Constant:
    """A leaf that is no output: the same Python value in both branches."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value
