"""`while` loops whose condition is a tensor.

Everything in the state that a graph can carry is a variable of the loop, Python numbers included. The body is
traced once with these variables; what it leaves in the state tells whether that was right. Where it was not
(another dtype, another shape), the loop is traced again with what was learnt. A variable without a value
before the loop is one that the body only writes, or, where it reads it in later iterations, one with a flag.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from autograph_hook.backends.protocol import UNDEFINED, Body, Location, State
from autograph_hook.backends.tensorflow import branching, list_paths, nests, private, values
from autograph_hook.backends.tensorflow.branching import MISMATCH
from autograph_hook.backends.tensorflow.maybe import Conflict, Maybe, Peel, peeling
from autograph_hook.backends.tensorflow.plan import Added, Plan, Revision
from autograph_hook.backends.tensorflow.stories import Story
from autograph_hook.errors import StagingError

Test = Callable[[], Any]


def while_loop(
    test: Test, body: Body, state: State, where: Location, limit: Any = None, surely: bool = False,
    trips: int | None = None,
) -> None:
    """`limit`: the most iterations. `surely`: is it known that there is one? `trips`: their number, where it is known.
    """
    before = state.get()
    try:
        after = _loop(test, body, state, where, limit, surely, trips)
    except BaseException:
        state.set(before)
        raise
    state.set(after)


def _loop(
    test: Test, body: Body, state: State, where: Location, limit: Any, surely: bool = False, trips: int | None = None
) -> tuple[Any, ...]:
    before = state.get()
    plan = Plan(state.labels, before, where, body, surely)
    first: Exception | None = None  # the failure to report if no other plan works either
    peels = True
    for _ in range(6 + 2 * len(before)):
        try:
            with peeling(True) if peels and plan.may_be_none() else contextlib.nullcontext():
                return _attempt(plan, test, body, state, limit, trips)
        except Revision as revision:
            plan = revision.plan
        except Added:
            if surely:
                state.set(before)
                body()
                return _loop(test, body, state, where, limit, False, None if trips is None else trips - 1)
            return _peeled(test, body, state, before, where, limit)
        except Peel:
            if not (peels and plan.may_be_none()):
                raise
            with contextlib.suppress(*MISMATCH, StagingError):
                return _peeled(test, body, state, before, where, limit)
            peels = False
        except MISMATCH as error:
            first = first or error
            better = _after_failure(plan, body, state, before)
            if better is None:
                return _last_resort(first, test, body, state, before, where, limit)
            plan = better
        state.set(before)
    raise StagingError(f"{where}: the types of the loop's variables do not settle: {', '.join(state.labels)}")


def _last_resort(
    first: Exception,
    test: Test,
    body: Body,
    state: State,
    before: tuple[Any, ...],
    where: Location,
    limit: Any,
) -> tuple[Any, ...]:
    """A first iteration that differs from the others may be what failed: peel it off, where that can help."""
    if any(value is None or value is UNDEFINED for value in before):
        with contextlib.suppress(*MISMATCH, StagingError):
            return _peeled(test, body, state, before, where, limit)
    raise first


def _attempt(
    plan: Plan, test: Test, body: Body, state: State, limit: Any, trips: int | None = None
) -> tuple[Any, ...]:
    """Trace the loop as planned; raises Revision with a better plan where this one does not hold."""
    if not private.control_flow_available():
        return _attempt_publicly(plan, test, body, state, limit)
    starts = plan.starts()
    pair = private.LoopPair(starts, limit)
    given: list[Any] = []
    after: list[Any] = []

    def traced_test(*variables: Any) -> Any:
        return _condition(test, state, plan, variables)

    def traced_body(*variables: Any) -> None:
        given.extend(plan.values(variables))
        state.set(given)
        plan.given = variables
        body()
        after.extend(state.get())

    _, graph = pair.trace(traced_test, traced_body, plan.signature())
    result = plan.compare(tuple(after))
    with graph.as_default():
        outputs = [private.capture(graph, values.as_tensor(*leaf)) for leaf in result.outputs]
        written = [private.capture(graph, values.as_tensor(*leaf)) for leaf in result.written]
    plan.check_shapes(outputs)
    for output in written:
        pair.append(values.zeros(output), output)
    shapes = [spec.shape for spec in plan.signature()] + [output.shape for output in written]
    results = pair.build(outputs, shapes)
    found = result.finish(results, lambda: pair.count > 0)
    for slot, start, end, result_value in zip(plan.slots, given, after, found, strict=True):
        list_paths.settle(slot.original, start, end, result_value, trips)
    return found


def _condition(test: Test, state: State, plan: Plan, variables: Sequence[Any]) -> Any:
    given = plan.values(variables)
    state.set(given)
    holds = values.truth(test())
    for label, before, after in zip(state.labels, given, state.get(), strict=True):
        if not values.unchanged(before, after):
            raise StagingError(
                f"{plan.where}: the loop's condition {'assigns' if label.isidentifier() else 'changes'} {label}, "
                "which a loop in a graph cannot do: do it before the loop and at the end of its body"
            )
    return tf.constant(holds) if isinstance(holds, bool) else holds


def _attempt_publicly(plan: Plan, test: Test, body: Body, state: State, limit: Any) -> tuple[Any, ...]:
    """The same with `tf.while_loop`: the body is traced once more beforehand, to know what it leaves."""
    with private.scratch_graph().as_default():
        variables = [tf.compat.v1.placeholder(spec.dtype, spec.shape) for spec in plan.signature()]
        state.set(plan.values(variables))
        plan.given = tuple(variables)
        body()
        trial = plan.compare(state.get())
        plan.check_shapes([values.as_tensor(*leaf) for leaf in trial.outputs])
        written = [values.as_tensor(*leaf) for leaf in trial.written]
    starts = [*plan.starts(), *(values.zeros(tensor) for tensor in written)]
    count = len(plan.signature())
    if trial.needs_iteration():
        starts.append(tf.constant(False))

    def traced_test(*variables: Any) -> Any:
        return _condition(test, state, plan, variables[:count])

    def traced_body(*variables: Any) -> list[Any]:
        state.set(plan.values(variables[:count]))
        plan.given = variables[:count]
        body()
        result = plan.compare(state.get())
        outputs = [values.as_tensor(*leaf) for leaf in (*result.outputs, *result.written)]
        if result.needs_iteration():
            outputs.append(tf.constant(True))
        return outputs or list(variables)

    shapes = [spec.shape for spec in plan.signature()] + [tensor.shape for tensor in written]
    shapes += [tf.TensorShape([])] * (len(starts) - len(shapes))
    if not starts:
        starts, shapes = [tf.constant(0)], [tf.TensorShape([])]
    results = tf.while_loop(
        traced_test, traced_body, starts, shape_invariants=shapes, maximum_iterations=limit
    )
    return trial.finish(list(results), lambda: results[-1])


def _after_failure(plan: Plan, body: Body, state: State, before: tuple[Any, ...]) -> Plan | None:
    """A plan with other dtypes, if the failure may have come from Python numbers having become tensors.

    Eager Python lets a number take the dtype of what it meets. So the body is tried with the numbers as they
    are: what has become of them after one iteration tells the dtype.
    """
    if plan.lacks():
        with contextlib.suppress(*MISMATCH), private.scratch_graph().as_default(), branching.leniently():
            state.set(plan.values_with_numbers())
            body()
            later = plan.with_later(state.get())
            if later is not None:
                return later
    if not plan.has_numbers() or plan.tried == 2:
        return None
    if plan.tried == 1:
        return plan.widened()
    try:
        with private.scratch_graph().as_default():
            state.set(plan.values_with_numbers())
            body()
            after = state.get()
    except MISMATCH:
        return plan.widened()
    return plan.learned(after) or plan.widened()


def _peeled(
    test: Test, body: Body, state: State, before: tuple[Any, ...], where: Location, limit: Any
) -> tuple[Any, ...]:
    """The loop with its first iteration before it, for state that the body turns from nothing into a tensor."""
    state.set(before)
    empty = [value is None or value is UNDEFINED for value in before]

    def once() -> tuple[Any, ...]:
        state.set(before)
        body()
        return (True, *state.get())

    ran, *after = branching.choose(
        test(), once, lambda: (False, *before), ("the loop ran", *state.labels), where, False, (body, None)
    )
    # The loop goes on only where the first iteration ran: there all has the value that it left.
    flags = [value if nothing and type(value) is Maybe else None for nothing, value in zip(empty, after, strict=True)]
    state.set([value if flag is None else flag.value() for flag, value in zip(flags, after, strict=True)])

    def goes_on() -> Any:
        return branching.select(ran, test, lambda: False, where)

    results = _loop(goes_on, body, state, where, limit)
    return tuple(
        [value if flag is None else _as_before(flag, value) for flag, value in zip(flags, results, strict=True)]
    )


def _as_before(flag: Maybe, value: Any) -> Any:
    """The last value of a variable that has one only if the first iteration ran."""
    if type(value) in (Maybe, Conflict) or value is None or value is UNDEFINED:
        return value
    story = flag.story
    if story is not None:
        story = Story(story.label, story.where, (flag.absent, value), story.bodies[::-1], is_loop=True)
    return Maybe(flag.absent, flag.present, *nests.flatten(value), nests.pack, story)
