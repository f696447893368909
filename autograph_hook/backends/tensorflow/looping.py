"""`while` loops whose condition is a tensor.

Everything in the state that a graph can carry is a variable of the loop, Python numbers included. The body is
traced once with these variables; what it leaves in the state tells whether that was right. Where it was not
(another dtype, another shape), the loop is traced again with what was learnt. A variable without a value
before the loop is one that the body only writes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from autograph_hook.backends.protocol import UNDEFINED, Body, Location, State
from autograph_hook.backends.tensorflow import branching, private, values
from autograph_hook.backends.tensorflow.plan import Plan, Revision
from autograph_hook.errors import StagingError

Test = Callable[[], Any]

# How TensorFlow says that dtypes, shapes or kinds do not fit; NameError is Python's word for what has no
# value yet.
MISMATCH = (TypeError, ValueError, NameError, tf.errors.OpError)


def while_loop(test: Test, body: Body, state: State, where: Location, limit: Any = None) -> None:
    before = state.get()
    try:
        after = _loop(test, body, state, where, limit)
    except BaseException:
        state.set(before)
        raise
    state.set(after)


def _loop(test: Test, body: Body, state: State, where: Location, limit: Any) -> tuple[Any, ...]:
    before = state.get()
    plan = Plan(state.labels, before, where)
    first: Exception | None = None  # the failure to report if no other plan works either
    for _ in range(4 + 2 * len(before)):
        try:
            return _attempt(plan, test, body, state, limit)
        except Revision as revision:
            if revision.peel:
                return _peeled(test, body, state, before, where, limit)
            plan = revision.plan
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


def _attempt(plan: Plan, test: Test, body: Body, state: State, limit: Any) -> tuple[Any, ...]:
    """Trace the loop as planned; raises Revision with a better plan where this one does not hold."""
    if not private.control_flow_available():
        return _attempt_publicly(plan, test, body, state, limit)
    starts = plan.starts()
    pair = private.LoopPair(starts, limit)
    after: list[Any] = []

    def traced_test(*variables: Any) -> Any:
        return _condition(test, state, plan, variables)

    def traced_body(*variables: Any) -> None:
        state.set(plan.values(variables))
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
    if result.needs_iteration:
        results = _require_iteration(pair.count > 0, results, result.needs_iteration, plan.where)
    return result.finish(results)


def _require_iteration(ran: Any, results: list[Any], labels: list[str], where: Location) -> list[Any]:
    """Python would say that the name has no value; a graph can only say it when it runs."""
    message = _did_not_run(labels, where)
    with tf.control_dependencies([tf.debugging.Assert(ran, [message])]):
        return [tf.identity(tensor) for tensor in results]


def _condition(test: Test, state: State, plan: Plan, variables: Sequence[Any]) -> Any:
    given = plan.values(variables)
    state.set(given)
    holds = values.truth(test())
    for label, before, after in zip(state.labels, given, state.get(), strict=True):
        if before is not after and label.isidentifier():
            raise StagingError(
                f"{plan.where}: the loop's condition assigns {label}, "
                "which a loop in a graph cannot do: assign it before the loop and at the end of its body"
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

    def traced_test(*variables: Any) -> Any:
        return _condition(test, state, plan, variables[:count])

    def traced_body(*variables: Any) -> list[Any]:
        state.set(plan.values(variables[:count]))
        plan.given = variables[:count]
        body()
        result = plan.compare(state.get())
        outputs = [values.as_tensor(*leaf) for leaf in (*result.outputs, *result.written)]
        return outputs or list(variables)

    shapes = [spec.shape for spec in plan.signature()] + [tensor.shape for tensor in written]
    if not starts:
        starts, shapes = [tf.constant(0)], [tf.TensorShape([])]
    results = tf.while_loop(
        traced_test, traced_body, starts, shape_invariants=shapes, maximum_iterations=limit
    )
    return trial.finish(list(results))


def _after_failure(plan: Plan, body: Body, state: State, before: tuple[Any, ...]) -> Plan | None:
    """A plan with other dtypes, if the failure may have come from Python numbers having become tensors.

    Eager Python lets a number take the dtype of what it meets. So the body is tried with the numbers as they
    are: what has become of them after one iteration tells the dtype.
    """
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
    """The loop with its first iteration before it, for state that the body turns from nothing into a tensor.
    """
    state.set(before)
    empty = [value is None or value is UNDEFINED for value in before]
    # What is guarded may be missing on one side: here the check below is the guard.
    labels = [
        f"{branching.GUARDED[0]} {label}" if nothing else label
        for label, nothing in zip(state.labels, empty, strict=True)
    ]

    def once() -> tuple[Any, ...]:
        state.set(before)
        body()
        return (True, *state.get())

    def never() -> tuple[Any, ...]:
        return (
            False,
            *(UNDEFINED if nothing else value for value, nothing in zip(before, empty, strict=True)),
        )

    ran, *after = branching.choose(test(), once, never, ("the loop ran", *labels), where)
    missing = [
        label
        for label, nothing, value in zip(state.labels, empty, after, strict=True)
        if nothing and value is not None and value is not UNDEFINED and not label.startswith("ag__")
    ]
    if isinstance(ran, tf.Tensor) and missing:
        message = _did_not_run(missing, where)
        with tf.control_dependencies([tf.debugging.Assert(ran, [message])]):
            after = [tf.identity(value) if isinstance(value, tf.Tensor) else value for value in after]
    state.set(tuple(after))
    return _loop(test, body, state, where, limit)


def _did_not_run(labels: list[str], where: Location) -> str:
    return f"{where}: the loop did not run, so {', '.join(labels)} has no value"
