"""One specialization of a function: a call is traced, compiled, and guarded by what the trace has read."""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from typing import Any

from autograph_hook.backends.values import Varying
from autograph_hook.errors import StagingError
from autograph_hook.interrupts import is_interrupt
from autograph_hook.reporting import journal
from autograph_hook.staging import watching
from autograph_hook.staging.arguments import (
    Like,
    argument_texts,
    guard_arguments,
    guard_stored_cells,
    note_tensors,
    replace_cells,
    require_apart,
    stand_in,
)
from autograph_hook.staging.asked import Call, Options
from autograph_hook.staging.changes import Changes
from autograph_hook.staging.effects import is_named_tuple
from autograph_hook.staging.facts import Again
from autograph_hook.staging.guards import Check, Copies, Given, Guard, Life, never
from autograph_hook.staging.numbers import TooMany
from autograph_hook.staging.printing import Printing
from autograph_hook.staging.results import At, Pack, Results
from autograph_hook.staging.standins import StandIns
from autograph_hook.staging.trace import Abort, Trace
from autograph_hook.staging.varying import NOTHING, Change, History
from autograph_hook.transpiler import flags

FEWEST_OPERATIONS = 12
"""A graph with fewer operations, constants and inputs included, is not worth a trace.

Measured (`python -m benchmarks calls`): a staged call costs as much as 9 of the cheapest eager operations. So a graph
of 7 operations, four of them the user's, takes twice as long as the eager run, one of 11 as long, one of 19 two thirds.
"""


class Specialization:
    """A compiled graph, and when it may be used."""

    __slots__ = (
        "calls", "changes", "check", "compiled", "environment", "guard", "life", "pack", "printing", "unverified",
        "why",
    )  # fmt: skip

    def __init__(
        self, guard: Guard, compiled: Any, pack: Pack, environment: Any, life: Life, printing: Printing | None
    ) -> None:
        self.life = life
        self.guard = guard
        self.check: Check = guard.compiled()
        self.compiled = compiled
        self.pack = pack
        self.environment = environment
        self.printing = printing
        self.calls = 0
        self.unverified = 0
        """So many of its next calls are compared with the plain run."""
        self.why: str | None = None
        """Why it was made, where that is not what had changed."""
        self.changes: Sequence[Change] = ()
        """What the call that it was made for had otherwise than the ones before."""


class _Varying:
    """A compiled graph that takes more than the arguments, or among whose outputs are Python numbers: the guard has
    found both."""

    def __init__(self, compiled: Any, places: Sequence[int | None] | None) -> None:
        self.compiled = compiled
        self.places = places
        """For each output: which of the graph's it is; None for the next number."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.compiled, name)

    def __call__(self, inputs: list[Any]) -> list[Any]:
        assert isinstance(inputs, Given)
        captures = inputs.captures
        outputs: list[Any] = self.compiled(inputs) if captures is None else self.compiled(inputs, captures)
        if self.places is None:
            return outputs
        numbers = iter(inputs.numbers)
        return [next(numbers) if place is None else outputs[place] for place in self.places]


MOST_UNREAD = 32
"""Containers that one function adds to."""


def specialize(call: Call, environment: Any, history: History) -> Specialization:
    """Trace the call's twin. Raises Abort, before anything outside has changed.

    What was seen to vary is no fact; where a trace cannot carry that, less of it is tried.
    """
    known = call.function[3]
    reason = refused(known)
    if reason is not None:
        raise Abort(reason)
    twin = call.twin()
    if twin is None:
        raise Abort("it has no twin")
    unread: dict[int, Any] = {}
    while True:
        try:
            return _at_some_level(call, environment, twin, history, unread)
        except Again as again:
            if id(again.container) in unread or len(unread) >= MOST_UNREAD:
                raise
            unread[id(again.container)] = again.container


def _at_some_level(
    call: Call, environment: Any, twin: types.FunctionType, history: History, unread: dict[int, Any]
) -> Specialization:
    for level in history.levels():
        try:
            made = _with_open_lists(call, environment, twin, history, level, unread)
        except Again:
            raise
        except Abort as abort:
            if level == NOTHING or abort.is_passing:
                raise
            continue
        history.most = level if level != NOTHING or history.levels() == [NOTHING] else NOTHING
        return made
    raise Abort("nothing was tried")


def _with_open_lists(
    call: Call, environment: Any, twin: types.FunctionType, history: History, level: int, unread: dict[int, Any]
) -> Specialization:
    """Lists that are others each time come in without what they hold; where that is not to be, with it."""
    copied = history.copied
    history.opened = set()
    try:
        with journal.attempt():
            return _traced(call, environment, twin, history, level, unread)
    except Again:
        raise
    except Abort as abort:
        if not history.opened or abort.is_passing:
            raise
    history.copied = copied | history.opened
    try:
        with journal.attempt():
            return _traced(call, environment, twin, history, level, unread)
    except Abort:
        history.copied = copied  # it was not they that were in the way
        raise


def _traced(
    call: Call,
    environment: Any,
    twin: types.FunctionType,
    history: History,
    level: int,
    unread: dict[int, Any],
) -> Specialization:
    trace = Trace(call.host, call.backend, call.options.trace_safe, call.stored())
    try:
        return _by(trace, call, environment, twin, history, level, unread)
    finally:
        try:
            trace.put_back()  # again: what did so has been interrupted, perhaps
        finally:
            trace.claim = None
            trace.end()


def _by(
    trace: Trace,
    call: Call,
    environment: Any,
    twin: types.FunctionType,
    history: History,
    level: int,
    unread: dict[int, Any],
) -> Specialization:
    name = call.function[0]
    backend = call.backend
    life = Life()
    guard = Guard(life)
    guard.unread = unread
    trace.changes = Changes(trace, unread)
    trace.outside.is_unread = trace.changes.admit
    stand_ins = StandIns(backend, guard, trace.outside.facts, history, level)
    stand_ins.admit, stand_ins.open = trace.outside.admit, trace.open
    guard.is_open = stand_ins.is_open_argument
    stand_ins.texts = trace.texts
    stand_ins.is_alone = trace.is_alone
    trace.outside.stand_ins = stand_ins
    inputs: list[Like] = []
    guard_arguments(call, twin, trace, guard, inputs, stand_ins)
    guard.is_open = never  # with it, all that the trace has met would live on
    packed: list[Any] = []
    outputs: list[Any] = []

    def traced(symbols: Sequence[Any]) -> list[Any]:
        trace.outside.given.clear()
        trace.printing = Printing()
        copies = Copies(backend.tensor_test, iter(symbols), trace.copies, trace.outside.given)
        copies.stand_in = lambda text, value: stand_in(stand_ins, text, value)
        copies.unread, copies.originals, copies.texts = unread, trace.originals, trace.texts
        copies.is_open, copies.open = stand_ins.is_open_argument, trace.open
        texts = argument_texts(call)
        made = [copies.copy(text, value) for text, value in texts]
        for copy in trace.copies.values():
            if ("argument", trace.texts[id(copy)]) in history.containers:
                trace.given_anew.add(id(copy))
            if is_named_tuple(type(copy)):
                trace.make(copy)
                trace.outside.kind(type(copy))
        count = len(call.arguments)
        arguments, keywords = made[:count], dict(zip(call.keywords, made[count:], strict=True))
        note_tensors(backend, stand_ins, [value for _, value in texts], guard.inputs, symbols)
        require_apart(trace)
        try:
            before, call.thread.trace = call.thread.trace, trace
            try:
                trace.begin(unread)
                replace_cells(call, stand_ins)
                trace.outside.facts.code = twin.__code__
                trace.enter(twin, cells=False)
                result = twin(*arguments, **keywords)
            finally:
                call.thread.trace = before
            results = Results(trace, backend, symbols)
            pack = watching.leaving(trace, results, results.pack(result))
            packed[:] = [_changing(pack, trace.changes.replay(results.pack))]
        finally:
            trace.changes.undo()
            watching.ended(trace)
        if trace.stored is not None:
            raise Abort(trace.stored)
        trace.printing.add_outputs(results.outputs)
        backend.require_plain_uses([symbol for _, _, symbol in stand_ins.numbers.inputs])
        outputs[:] = results.outputs
        return [output for output in outputs if not isinstance(output, (Varying, At))]

    problem: Abort | None = None
    try:
        compiled = backend.compile(traced, inputs, name, call.options.jit_compile)
    except Again:
        raise
    except TooMany:
        problem = Abort("makes too many numbers of those that vary")
    except BaseException as error:
        if is_interrupt(error):
            raise
        problem = abort_of(error, twin.__code__)
    finally:
        stand_ins.restore()
    if problem is not None:
        # Not from there, and not kept here: with the error's frames the user's objects would live on in a circle.
        try:
            raise problem
        finally:
            del problem
    if compiled.operations < FEWEST_OPERATIONS:
        raise Abort(f"too few operations to gain ({compiled.operations})", is_small=True)
    printing = trace.printing if trace.printing else None
    if printing is not None:
        require_order(compiled, printing, call.options)
    for fact in trace.outside.facts:
        guard.fact(fact, stand_ins.label(fact.kind, fact.owner, fact.key))
    guard_stored_cells(call, trace, guard)
    _take_more(backend, guard, stand_ins, compiled, trace)
    if trace.objects is not None:
        guard.objects(trace.objects)
    guard.distinct(id(value) for value in trace.outside.objects.values() if _may_be_given(backend, value))
    compiled = _varying(guard, compiled, outputs)
    return Specialization(guard, compiled, packed[0], environment, life, printing)


def _take_more(backend: Any, guard: Guard, stand_ins: StandIns, compiled: Any, trace: Trace) -> None:
    """What the graph takes besides the arguments, found by the guard in each call."""
    more = [*stand_ins.added, *stand_ins.numbers.inputs, *stand_ins.numbers.made]
    if not more:
        return
    if any(id(value) in trace.outside.objects for _, value, _ in more):
        raise Abort("reaches a tensor that varies by another way as well")
    captures = list(map(guard.constant, compiled.captures))
    for text, value, symbol in more:
        place = backend.place_of(compiled, value)
        if place is None:
            continue  # nothing in the graph depends on it
        captures[place] = text
        stand_ins.positions[id(symbol)] = place
    guard.captures = captures
    guard.apart = [text for text, _, _ in stand_ins.added]
    guard.containers += stand_ins.containers


def _varying(guard: Guard, compiled: Any, outputs: Sequence[Any]) -> Any:
    """The compiled graph, called with all that the guard finds."""
    if not any(isinstance(output, (Varying, At)) for output in outputs):
        return _Varying(compiled, None) if guard.captures else compiled
    places: list[int | None] = []
    count = 0
    for output in outputs:
        if isinstance(output, (Varying, At)):
            guard.numbers.append(f"({output.text})")
            places.append(None)
        else:
            places.append(count)
            count += 1
    return _Varying(compiled, places)


def _changing(pack: Pack, replay: Callable[[Sequence[Any], Sequence[Any]], None] | None) -> Pack:
    """The result of a call, after the changes that the call makes."""
    if replay is None:
        return pack

    def packed(outputs: Sequence[Any], inputs: Sequence[Any]) -> Any:
        result = pack(outputs, inputs)
        replay(outputs, inputs)
        return result

    return packed


def require_order(compiled: Any, printing: Printing, options: Options) -> None:
    """What is printed comes after all that the graph itself writes, and nothing leaves a graph that XLA runs."""
    if compiled.writes:
        raise Abort("prints both by print and by operations of the graph")
    if printing.inside and options.jit_compile:
        raise Abort("prints in a branch or loop of a graph that XLA compiles")


def abort_of(error: BaseException, code: types.CodeType) -> Abort:
    """What has ended a trace of this code, told in the user's words."""
    problem = Abort(_reason(error, code.co_filename), _line_in(error, code))
    if isinstance(error, Abort):
        problem.name, problem.is_passing = error.name, error.is_passing
        if problem.line is None:
            problem.line = error.line
    return problem


def _line_in(error: BaseException, code: types.CodeType) -> int | None:
    """The line of this code that ran when the error, or what it was raised from, was raised."""
    cause: BaseException | None = error
    while cause is not None:
        entry = cause.__traceback__
        while entry is not None:
            if entry.tb_frame.f_code is code:
                return entry.tb_lineno
            entry = entry.tb_next
        cause = cause.__cause__ or cause.__context__
    return None


_REFUSED = (
    (flags.TRIES, "catches or cleans up after exceptions"),
    (flags.IMPORTS, "imports a module"),
    (flags.DEFINES_CLASS, "defines a class"),
)


def refused(known: int) -> str | None:
    """Why no function with these flags is staged as a whole."""
    return next((reason for flag, reason in _REFUSED if known & flag), None)


def _may_be_given(backend: Any, value: Any) -> bool:
    return type(value) in (list, dict) or backend.tensor_test(value) is not None


def _reason(error: BaseException, path: str) -> str:
    """What in the user's function is in the way, with its line where the text does not name one."""
    text = (str(error).strip().splitlines() or [""])[0]
    if not isinstance(error, (Abort, StagingError)) or not text:
        text = f"tracing raised {type(error).__name__}" + (f": {text}" if text else "")
    line = _line(error, path)
    return text if line is None or path in text else f"{text} (line {line})"


def _line(error: BaseException, path: str) -> int | None:
    """The last line of the user's file that the trace came to."""
    cause = error.__cause__ if error.__cause__ is not None else error
    found = None
    frame = cause.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == path:
            found = frame.tb_lineno
        frame = frame.tb_next
    return found


