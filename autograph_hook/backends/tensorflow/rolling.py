"""Python loops over a `range`, as one loop of the graph.

Unrolled, such a loop is as long in the graph as it is in Python. Rolled, its body is traced once, with an index that
stands for every number (`indices`). That is right only if each iteration does the same to the state: tensors become
tensors of the same dtype and shape, and everything else stays what it is. Whatever else the body does refuses the
attempt, which has then changed nothing but the state, and the loop is unrolled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from autograph_hook.backends.protocol import UNDEFINED, Location, State
from autograph_hook.backends.tensorflow import exact, nests, private, random_draws, values
from autograph_hook.backends.tensorflow.indices import Attempt, Base, Form, Index, Refused
from autograph_hook.errors import StagingError
from autograph_hook.interrupts import is_interrupt

Test = Callable[[], Any]

FEWEST = 2000
"""A loop is rolled if unrolling its remaining iterations would add more operations than this to the graph.

Measured (two operations and two constants to an iteration; one CPU): an operation costs 0.16 ms when it is traced and
0.12 ms when the graph first runs, a rolled loop 10 ms each, so that 100 operations would already be quicker to trace.
But a rolled iteration takes 3 to 5 microseconds more each time the graph runs. 2000 operations cost 0.6 s once, and
their 500 iterations, rolled, 2 ms in each call.
"""


class Again(Exception):
    """The plan was changed: trace again."""


def operations() -> int:
    """How many operations the graph that is being built has."""
    return int(tf.compat.v1.get_default_graph().version)


def weight(before: int) -> int:
    """The operations that were added since, those inside of functions included."""
    graph = tf.compat.v1.get_default_graph()
    total = 0
    for operation in graph.get_operations()[before:]:
        total += 1
        if private.holds_functions(operation):
            for name in private.function_names(operation):
                inner = private.function_graph(graph, name)
                total += operations_of(inner) if inner is not None else 0
    return total


def operations_of(graph: Any) -> int:
    return int(graph.version)


def roll(
    rest: range, added: int, body: Callable[[Any], None], test: Test | None, state: State, where: Location
) -> str | None:
    """Run the remaining iterations of a loop as one; `added` operations came from the one before. None where that is
    done; else the reason why not, and the state must be put back."""
    work = added * len(rest)
    if work <= FEWEST:
        return f"{len(rest) + 1} iterations of {added} operations"
    if tf.compat.v1.get_default_graph().seed is not None and not random_draws.are_carried():
        return "a random seed is set, and each operation that draws random numbers would draw others"
    if not private.control_flow_available():
        return "this graph takes no loops of ours"
    with exact.kept(), private.variable_scope_kept():
        try:
            return _rolled(rest, body, test, state, where)
        except Refused as refused:
            return str(refused)
        except exact.Inexact as error:
            return str(error)
        except StagingError as error:
            return str(error).removeprefix(f"{where}: ")
        except Exception as error:  # unrolled, the body may well run
            if is_interrupt(error):
                raise
            lines = str(error).strip().splitlines()
            return f"tracing it once raised {type(error).__name__}" + (f": {lines[0]}" if lines else "")


def _rolled(
    rest: range, body: Callable[[Any], None], test: Test | None, state: State, where: Location
) -> str | None:
    before = state.get()
    attempt = Attempt()
    plan = _Plan(attempt, state.labels, before)
    while True:
        try:
            after = _traced(attempt, plan, rest, body, test, state)
        except Again:
            state.set(before)
            continue
        except NameError:
            labels = [slot.label for slot in plan.slots if slot.is_overwritten]
            if not labels:
                raise
            return f"{', '.join(labels)} is a Python value that changes"
        break
    if attempt.reason is not None:
        return attempt.reason
    state.set(after)
    return None


def _traced(
    attempt: Attempt, plan: _Plan, rest: range, body: Callable[[Any], None], test: Test | None, state: State
) -> tuple[Any, ...]:
    base, low, high = Base(), min(rest[0], rest[-1]), max(rest[0], rest[-1])
    ends = (rest[0], rest[-1] + rest.step)
    wide = not all(tf.int32.min <= end <= tf.int32.max for end in ends)
    if wide and not all(tf.int64.min <= end <= tf.int64.max for end in ends):
        attempt.refuse("it counts further than a tensor can")
    dtype = tf.int64 if wide else tf.int32
    starts = plan.starts()
    pair = private.LoopPair([tf.constant(rest[0], dtype), *starts], len(rest))
    after: list[Any] = []
    is_staged = False

    def traced_test(_position: Any, *variables: Any) -> Any:
        nonlocal is_staged
        if test is None:
            return tf.constant(True)
        state.set(plan.values(variables, carried_too=True))
        holds = values.truth(test())
        is_staged = not isinstance(holds, bool)
        return holds if is_staged else tf.constant(holds)

    def traced_body(position: Any, *variables: Any) -> None:
        with tf.variable_creator_scope(_no_variables(attempt)):
            index = Index(attempt, position, low, high, lambda bases: bases[base], Form({base: 1}, 0))
            state.set(plan.values(variables))
            body(index)
            after.append(position + tf.constant(rest.step, dtype))
            after.extend(state.get())

    with tf.variable_creator_scope(_no_variables(attempt)):
        shapes = [tf.TensorSpec([], dtype), *(tf.TensorSpec(start.shape, start.dtype) for start in starts)]
        test_graph, graph = pair.trace(traced_test, traced_body, shapes)
    if attempt.reason is not None:
        raise Refused(attempt.reason)
    for each in (test_graph, graph):
        _check(attempt, each)
    last = {base: rest[-1]}
    outputs = plan.compare(after[1:], last, is_staged)
    with graph.as_default():
        captured = [private.capture(graph, values.as_tensor(leaf)) for leaf in (after[0], *outputs)]
    plan.check_shapes(captured[1:])
    results = pair.build(captured, [spec.shape for spec in shapes])
    return plan.finish(results[1:])


def _no_variables(attempt: Attempt) -> Callable[..., Any]:
    def refuse(next_creator: Callable[..., Any], **options: Any) -> Any:
        attempt.refuse(f"creates the variable {options.get('name') or 'Variable'!r}")

    return refuse


def _check(attempt: Attempt, graph: Any) -> None:
    """What one traced iteration cannot stand for."""
    from autograph_hook.backends.tensorflow.compile import seeded

    kind = seeded(graph)
    if kind is not None:
        attempt.refuse(f"draws random numbers from a seed ({kind}), in each iteration from the start")
    if not exact.is_demanded_by_caller():
        return
    for tensor in graph.external_captures:
        if random_draws.is_counter(tensor):
            continue
        is_number = tensor.dtype.is_floating or tensor.dtype.is_complex
        if tensor.dtype == tf.resource or (is_number and tensor.op.type != "Const"):
            attempt.refuse("a gradient with respect to what all iterations use would be summed in another order")


class _Slot:
    """One variable of the user's function, before the loop and after an iteration."""

    def __init__(self, label: str, before: Any) -> None:
        self.label = label
        self.before = before
        self.structure: nests.Structure = nests.LEAF
        self.leaves: list[Any] = [before]
        if _is_nest(before):
            self.structure, self.leaves = nests.flatten(before)
        self.given: Any = before
        self.is_overwritten = False
        """Does each iteration begin by giving it an index? The body must not read it before that."""
        self.carries = False
        """Is it then a tensor after the loop, because a staged `break` decides which index was the last?"""
        self.after: Any = before
        self.after_structure: nests.Structure | None = None

    def tensors(self) -> list[Any]:
        """What the graph's loop carries of it."""
        if self.is_overwritten:
            return [self.before] if self.carries else []
        return [leaf for leaf in self.leaves if _is_carried(leaf)]


def _is_nest(value: Any) -> bool:
    if isinstance(value, (list, tuple, dict)):
        return type(value) in (list, tuple, dict) or hasattr(type(value), "_fields")
    return isinstance(value, (tf.TensorArray, tf.RaggedTensor, tf.SparseTensor, tf.IndexedSlices))


def _is_carried(leaf: Any) -> bool:
    return isinstance(leaf, tf.Tensor) and leaf.dtype != tf.resource


class _Plan:
    def __init__(self, attempt: Attempt, labels: Sequence[str], before: Sequence[Any]) -> None:
        self.attempt = attempt
        self.slots = [_Slot(label, value) for label, value in zip(labels, before, strict=True)]

    def starts(self) -> list[Any]:
        return [tf.convert_to_tensor(tensor) for slot in self.slots for tensor in slot.tensors()]

    def values(self, tensors: Sequence[Any], carried_too: bool = False) -> tuple[Any, ...]:
        """The state at the start of an iteration."""
        given = iter(tensors)
        state = []
        for slot in self.slots:
            mine = [next(given) for _ in slot.tensors()]
            if slot.is_overwritten:
                slot.given = mine[0] if mine and carried_too else UNDEFINED
            elif mine:
                own = iter(mine)
                leaves = [next(own) if _is_carried(leaf) else leaf for leaf in slot.leaves]
                slot.given = nests.pack(slot.structure, iter(leaves))
            state.append(slot.given)
        return tuple(state)

    def compare(self, after: Sequence[Any], last: dict[Base, int], is_staged: bool) -> list[Any]:
        """The outputs of an iteration; raises Again or Refused where this plan is not right."""
        outputs: list[Any] = []
        for slot, value in zip(self.slots, after, strict=True):
            if type(value) is Index:
                outputs += self._index(slot, value, last, is_staged)
            elif slot.is_overwritten:
                self.attempt.refuse(f"{slot.label} is a Python int in some iterations only")
            else:
                outputs += self._compare(slot, value)
        return outputs

    def _index(self, slot: _Slot, value: Index, last: dict[Base, int], is_staged: bool) -> list[Any]:
        if is_staged and (slot.before is UNDEFINED or exact.is_demanded()):
            self.attempt.refuse(f"{slot.label} is a Python int that depends on where the loop is left")
        if not slot.is_overwritten or slot.carries != is_staged:
            slot.is_overwritten, slot.carries = True, is_staged
            raise Again
        if is_staged:
            return [value]
        try:
            slot.after = value.evaluate(last)
        except KeyError:
            self.attempt.refuse(f"{slot.label} depends on the index of a loop around it")
        return []

    def _compare(self, slot: _Slot, value: Any) -> list[Any]:
        carried = slot.tensors()
        if value is slot.given or values.same(value, slot.given):
            slot.after = slot.before
            return [leaf for leaf in nests.flatten(value)[1] if _is_carried(leaf)] if carried else []
        if value is UNDEFINED or slot.before is UNDEFINED or not (_is_nest(value) or isinstance(value, tf.Tensor)):
            self._changes(slot)
        if exact.is_demanded_by_caller() and isinstance(slot.before, (list, dict)):
            self._changes(slot)
        structure, leaves = nests.flatten(value) if _is_nest(value) else (nests.LEAF, [value])
        merged = nests.merge(slot.structure, structure)
        if merged is None:
            self._changes(slot)
        leaves = nests.align(slot.structure, structure, leaves)
        outputs = []
        for before, leaf in zip(slot.leaves, leaves, strict=True):
            if _is_carried(before) and _is_carried(leaf):
                if leaf.dtype != before.dtype:
                    self.attempt.refuse(f"{slot.label} changes its dtype from {before.dtype.name} to {leaf.dtype.name}")
                outputs.append(leaf)
            elif not values.same(before, leaf):
                self._changes(slot)
        slot.after_structure = structure
        return outputs

    def _changes(self, slot: _Slot) -> None:
        self.attempt.refuse(f"{slot.label} is a Python value that changes")

    def check_shapes(self, outputs: Sequence[Any]) -> None:
        for start, output in zip(self.starts(), outputs, strict=True):
            if start.shape.rank != output.shape.rank or (
                start.shape.rank is not None and start.shape.as_list() != output.shape.as_list()
            ):
                self.attempt.refuse(f"a tensor changes its shape from {start.shape} to {output.shape}")

    def finish(self, results: Sequence[Any]) -> tuple[Any, ...]:
        given = iter(results)
        state = []
        for slot in self.slots:
            mine = [next(given) for _ in slot.tensors()]
            if slot.is_overwritten:
                state.append(mine[0] if slot.carries else slot.after)
            elif not mine or slot.after_structure is None:
                state.append(slot.before)
            else:
                own = iter(mine)
                leaves = [next(own) if _is_carried(leaf) else leaf for leaf in slot.leaves]
                state.append(nests.pack(slot.structure, iter(leaves)))
        return tuple(state)
