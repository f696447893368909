"""Specializations for a backend that is used only by name.

It compiles whole programs, its inputs are more than tensors (numbers, lists, trees), and its compiled functions read
the arrays of the surroundings anew in each call. So a trace for it is simpler than one of `specialization.py`: nothing
but its inputs varies, and whatever would change an object from outside ends it.

    W = np.ones(3)          captured: the guard finds the array that W names then, and hands it to the compiled code
    def f(x): ...           x may be a number, an array, a list of these, a tree: the backend's own test is the guard
"""

from __future__ import annotations

import types
from collections.abc import Sequence
from typing import Any

from autograph_hook.interrupts import is_interrupt
from autograph_hook.staging.arguments import argument_texts, cells_of, require_apart
from autograph_hook.staging.asked import Traceable
from autograph_hook.staging.effects import is_named_tuple
from autograph_hook.staging.facts import Abort
from autograph_hook.staging.guards import Copies, Guard, Life, PlacedTest, TensorTest, Varies, never
from autograph_hook.staging.printing import Printing
from autograph_hook.staging.results import Results
from autograph_hook.staging.specialization import Specialization, abort_of, refused, require_order
from autograph_hook.staging.standins import label_of
from autograph_hook.staging.trace import Trace
from autograph_hook.transpiler import flags

FEWEST_OPERATIONS = 10
"""A program with fewer operations is not worth a trace: a call of compiled code costs as much as some of NumPy's."""
UNCHANGED = "which no compiled function carries"


def specialize(call: Traceable, environment: Any) -> Specialization:
    """Trace the call's twin. Raises Abort, before anything outside has changed."""
    if call.function[3] & flags.STORES_OUTSIDE:
        raise Abort("stores to a name of an enclosing function or of the module")
    reason = refused(call.function[3])
    if reason is not None:
        raise Abort(reason)
    twin = call.twin()
    if twin is None:
        raise Abort("it has no twin")
    try:
        return _traced(call, environment, twin)
    except Abort as abort:
        if not call.backend.try_again(abort):
            raise
        with call.backend.with_constants():
            return _traced(call, environment, twin)


def _traced(call: Traceable, environment: Any, twin: types.FunctionType) -> Specialization:
    trace = Trace(call.host, call.backend, call.options.trace_safe, call.stored())
    trace.closed = UNCHANGED
    try:
        return _by(trace, call, environment, twin)
    finally:
        trace.end()


def _by(trace: Trace, call: Traceable, environment: Any, twin: types.FunctionType) -> Specialization:
    backend, life = call.backend, Life()
    guard = CapturingGuard(life, backend.tensor_test)
    inputs: list[Any] = []
    _guard_arguments(call, twin, trace, guard, inputs)
    packed: list[Any] = []

    def traced(symbols: Sequence[Any]) -> list[Any]:
        trace.outside.given.clear()
        trace.printing = Printing()
        copies = _Copies(backend.tensor_test, iter(symbols), trace.copies, trace.outside.given)
        made = [copies.copy(text, value) for text, value in argument_texts(call)]
        count = len(call.arguments)
        require_apart(trace)
        before, call.thread.trace = call.thread.trace, trace
        try:
            trace.outside.facts.code = twin.__code__
            trace.enter(twin, cells=False)
            running = backend.prepared(twin)
            result = running(*made[:count], **dict(zip(call.keywords, made[count:], strict=True)))
        finally:
            call.thread.trace = before
        results = Results(trace, backend, symbols)
        packed[:] = [results.pack(result)]
        trace.printing.add_outputs(results.outputs)
        return results.outputs

    try:
        compiled = backend.compile(traced, inputs, call.function[0], call.options.jit_compile)
    except BaseException as error:
        if is_interrupt(error):
            raise
        abort = abort_of(error, twin.__code__)
        abort.cause = error
        raise abort from None
    finally:
        trace.changes.undo()
    if trace.changes:
        raise Abort("changes what was there before")
    if compiled.operations < FEWEST_OPERATIONS:
        raise Abort(f"too few operations to gain ({compiled.operations})", is_small=True)
    printing = trace.printing if trace.printing else None
    if printing is not None:
        require_order(compiled, printing, call.options)
    guard.captured = {id(array): array for array in compiled.captured}
    for fact in trace.outside.facts:
        guard.fact(fact, label_of(fact.kind, fact.owner, fact.key))
    guard.take_captured()
    return Specialization(guard, compiled, packed[0], environment, life, printing)


def _guard_arguments(call: Traceable, twin: types.FunctionType, trace: Trace, guard: Guard, inputs: list[Any]) -> None:
    """Tests for the arguments and the cells; what comes in by them is outside the trace."""
    guard.call(call.arguments, call.keywords)
    tensor_test = call.backend.tensor_test
    names = twin.__code__.co_varnames
    labels = [*names[: len(call.arguments)], *call.keywords]
    for position, (text, value) in enumerate(argument_texts(call)):
        label = labels[position] if position < len(labels) else text
        try:
            _take_inputs(call.backend, value, inputs, trace)
            guard.argument(text, value, lambda _, value: tensor_test(value), label)
        except Abort as abort:
            if position < len(names):
                abort.name = names[position]
            raise
    for _, place, value in cells_of(call, trace):
        trace.outside.admit(value)
        guard.test(guard.seen(place.text, value), place)


def _take_inputs(backend: Any, value: Any, inputs: list[Any], trace: Trace) -> None:
    """The inputs among the arguments, in the order in which the guard finds them; the rest comes in as it is."""
    if backend.tensor_test(value) is not None:
        inputs.append(value)
    elif type(value) in (list, tuple):
        for item in value:
            _take_inputs(backend, item, inputs, trace)
    elif type(value) is dict:
        for item in value.values():
            _take_inputs(backend, item, inputs, trace)
    else:
        trace.outside.admit(value)


class CapturingGuard(Guard):
    """Finds the arrays that the compiled code takes from outside, too: what their names, cells and attributes hold in
    a call."""

    def __init__(self, life: Life, tensor_test: TensorTest) -> None:
        super().__init__(life)
        self.tensor_test = tensor_test
        self.captured: dict[int, Any] = {}
        """The arrays that were there when it was traced, by identity."""
        self.texts: dict[int, str] = {}
        """The expression that finds each of them."""

    def take_captured(self) -> None:
        """The compiled function takes them after its inputs."""
        self.inputs += [self.texts.get(key) or self.constant(array) for key, array in self.captured.items()]

    def seen(self, text: str, value: Any) -> str:
        if id(value) not in self.captured:
            return super().seen(text, value)
        known = self.texts.setdefault(id(value), text)
        # Another array may take its place, the same one wherever it was the same.
        return f"{self.constant(self.tensor_test(value))}({text})" if known == text else f"{text} is {known}"

    def argument(self, text: str, value: Any, tensor_test: PlacedTest, label: str, varies: Varies = never) -> None:
        if is_named_tuple(type(value)) and tensor_test(text, value) is None:
            self.test(self.seen(text, value))
        else:
            super().argument(text, value, tensor_test, label, varies)


class _Copies(Copies):
    """Arguments as the twin gets them. One object may be given in several places: the backend sees to that."""

    def copy(self, text: str, value: Any) -> Any:
        if self.tensor_test(value) is not None:
            symbol = next(self.symbols)
            if type(symbol) is list:
                self.copies[id(symbol)] = symbol
            return symbol
        return value if is_named_tuple(type(value)) else super().copy(text, value)
