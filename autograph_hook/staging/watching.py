"""Objects of a framework that hold much Python state: layers, optimizers, metrics.

The framework's own code reads that state without our seeing it, and stores in it. So such an object is watched as a
whole from the moment when the trace first uses it: its state is one guard, what the trace has changed is put back, and
what its calls leave on it for their callers is left again by each staged call, with real values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from autograph_hook.staging.facts import Abort

if TYPE_CHECKING:
    from autograph_hook.staging.results import Pack, Results
    from autograph_hook.staging.trace import Trace


def watch(trace: Trace, owner: Any) -> None:
    """A method of this object is about to be called, or a property to be read. What the trace has made is not watched
    itself: what it was given has been."""
    if trace.is_ours(owner):
        return
    trace.is_put_back = False
    if trace.objects is None:
        trace.objects = trace.backend.objects(trace.host.has_twin)
    added = trace.objects.add(owner)
    if isinstance(added, str):
        raise Abort(added)
    for kind, name, method in added.methods:
        trace.outside.fact("attribute", kind, name, method)
    for function in added.functions:
        trace.outside.admit(function)


def read(trace: Trace, owner: Any, name: str) -> Any:
    """A property of the framework's."""
    watch(trace, owner)
    if trace.is_ours(owner):
        return getattr(owner, name)
    assert trace.objects is not None
    found = trace.objects.read(owner, name)
    if isinstance(found, str):
        raise Abort(found)
    (value,) = found
    if type(value) in (list, dict):
        trace.make(value)
    elif not trace.backend.is_symbolic(value):
        trace.outside.admit(value)
    return value


def ended(trace: Trace) -> None:
    """The trace is over, in whatever way: nothing of it is left on the objects."""
    if trace.objects is not None and not trace.is_put_back:
        trace.stored = trace.objects.undo()
        trace.is_put_back = True


def leaving(trace: Trace, results: Results, pack: Pack) -> Pack:
    """`pack`, with what the calls leave on the objects."""
    left: list[tuple[Callable[[list[Any]], None], Pack]] = []
    for leave, values in trace.objects.left() if trace.objects is not None else ():
        trace.make(values)
        left.append((leave, results.pack(values)))
    if not left:
        return pack

    def packed(outputs: Sequence[Any], inputs: Sequence[Any]) -> Any:
        for leave, values in left:
            leave(values(outputs, inputs))
        return pack(outputs, inputs)

    return packed
