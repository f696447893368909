"""A call has come to an open gate, and a framework is loaded."""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Callable, Sequence
from typing import Any

from autograph_hook.backends import identity
from autograph_hook.backends.protocol import Backend, Elements
from autograph_hook.backends.registry import registry, serves
from autograph_hook.errors import VerificationError, warn
from autograph_hook.interrupts import is_handlers, is_interrupt
from autograph_hook.reporting import graphs, journal
from autograph_hook.runtime import beside, memory, operators, threads
from autograph_hook.runtime import gate as gates
from autograph_hook.runtime.debugging import is_kept
from autograph_hook.runtime.errors import gave_up, traced, user_frames
from autograph_hook.runtime.gate import Gate
from autograph_hook.runtime.mixed import MixedFunction
from autograph_hook.runtime.mixing import is_nested, mixed_function
from autograph_hook.runtime.operators.naming import returned
from autograph_hook.runtime.operators.rebinding import noticed
from autograph_hook.runtime.recursion import watched
from autograph_hook.runtime.twins import twin_at_gate
from autograph_hook.staging import outermost
from autograph_hook.staging.known import Staging
from autograph_hook.staging.objects import NOTHING_STORED, Stored
from autograph_hook.staging.trace import Abort, Host
from autograph_hook.transpiler.flags import IMPORTS, LOOPS, STORES_OUTSIDE, TRIES
from autograph_hook.transpiler.generators import GENERATOR
from autograph_hook.transpiler.sites import SCRIPT

_backends: list[Backend] = []
_started = False


def start(arrived: Sequence[str] = ()) -> None:
    """Take the backends whose frameworks are imported into use: their traces open the gates from now on. Of
    `arrived` the import has just ended."""
    global _started
    registry.arrived.update(arrived)
    if not _started:
        _started = True
        registry.on_load(_use)
        registry.first_trace()
    registry.in_use()


def _use(backend: Backend) -> None:
    _backends.append(backend)
    backend.watch(gates.trace_began, _trace_ended)
    if graphs.directory:
        backend.write_graphs(graphs.directory)
    backend.own(_is_ours)
    gates.open_all()
    if gates.collects:
        from autograph_hook.runtime.collecting import begin

        begin(_backends)


def backends() -> list[Backend]:
    """Those in use."""
    return _backends


def _trace_ended() -> None:
    if identity.is_noted() and not _tracing():
        identity.clear()


def _is_ours(function: Any) -> bool:
    """Is a function that a graph is built of none of the framework's business?"""
    if _has_twin(function):
        return True
    gate = gates.gate_of(function) if getattr(function, "__code__", None) is not None else None
    return gate is not None and is_kept(gate)


def _has_twin(function: Any) -> bool:
    """Is this a function whose twin will run while a graph is built?"""
    if gates.thread().plain or getattr(function, "__code__", None) is None:
        return False
    gate = gates.gate_of(function)
    return gate is not None and gate.module.options.mode != "off" and gate.code() is not None


def _tracing() -> bool:
    """Does this thread build a graph?"""
    try:
        for backend in _backends:  # noqa: SIM110 - a generator would cost as much as the question
            if backend.tracing():
                return True
        return False
    except (MemoryError, RecursionError):
        raise
    except Exception as error:
        if is_interrupt(error):
            raise
        return _tracing_without_the_failing()


def _tracing_without_the_failing() -> bool:
    """The same; a backend that cannot say it is not used any more."""
    for backend in list(_backends):
        try:
            if backend.tracing():
                return True
        except Exception as error:
            if is_interrupt(error):
                raise
            _backends.remove(backend)
            what = f"{type(error).__name__}: {error}"
            warn(f"the backend {backend.name!r} of autograph_hook fails, so what it would stage runs plain: {what}")
    return False


def _is_watched() -> bool:
    """Is a debugger or a line or branch tool active? It must see what the user wrote, so nothing is staged."""
    if sys.gettrace() is not None:
        return True
    if sys.version_info >= (3, 12):
        tools = sys.monitoring
        shown = tools.events.LINE | getattr(tools.events, "BRANCH", 0)
        return any(tools.get_tool(number) is not None and _shows(tools, number, shown) for number in range(6))
    return False


def _shows(tools: Any, number: int, events: int) -> bool:
    """Is a tool told of these events, be it in some functions only? A debugger asks for its own breakpoints' code
    alone, so that it is one counts."""
    return number == tools.DEBUGGER_ID or bool(tools.get_events(number) & events) or number == tools.COVERAGE_ID


class _Host:
    """What staging needs of the runtime."""

    def call(self, function: Any, /, *arguments: Any, **keywords: Any) -> Any:
        return operators.call(function, *arguments, **keywords)

    def has_twin(self, function: Any) -> bool:
        is_function = type(function) is types.FunctionType and not function.__code__.co_flags & GENERATOR
        return is_function and _has_twin(function)

    def claim(self) -> object | None:
        return threads.claim()


HOST = _Host()


class _Call:
    """A call at an open gate, for staging."""

    __slots__ = (
        "afterwards", "arguments", "backend", "cells", "frame", "function", "gate", "has_run", "host", "keywords",
        "options", "thread",
    )  # fmt: skip

    def __init__(
        self, gate: Gate, backend: Backend, frame: types.FrameType, values: tuple[Any, ...], keywords: dict[str, Any]
    ) -> None:
        self.gate = gate
        self.host: Host = HOST
        self.thread = gates.thread()
        self.backend = backend
        self.options: outermost.Options = gate.module.options
        self.function = gate.function
        self.frame = frame
        self.cells: types.FunctionType | None = values[0]
        self.arguments = values[1:]
        self.keywords = keywords
        self.afterwards: Callable[[], None] | None = None
        self.has_run = False

    @property
    def may_shrink(self) -> bool:
        return False

    def twin(self) -> types.FunctionType | None:
        return twin_at_gate(self.gate, self.cells, self.frame.f_globals)

    def stored(self) -> Stored:
        return NOTHING_STORED

    def beside(self) -> beside.Function:
        return beside.Function(self)


def enter(gate: Gate, values: tuple[Any, ...], keywords: dict[str, Any]) -> bool:
    """Run the twin if this thread builds a graph, else let staging decide. True: the result is ready.

    `values` are the function of the cells and the positional arguments.
    """
    frame = sys._getframe(2)
    thread = gates.thread()
    if _tracing():
        if any(type(value) is types.FrameType for value in values) and is_handlers(frame.f_code):
            # A signal has come meanwhile: what its handler does is no part of the graph.
            thread.results.append(_Call(gate, _backends[0], frame, values, keywords).beside().plain())
            return True
        twin = twin_at_gate(gate, values[0], frame.f_globals)
        if twin is None:
            if thread.trace is not None:
                raise Abort(f"calls {gate.function[0]}, which has no twin")
            return False
        if thread.trace is not None:
            thread.trace.enter(twin)
        journal.enter(twin.__code__)
        with traced(_backends):
            result = returned(noticed(watched(twin, gate), twin)(*values[1:], **keywords))
        if Elements.alive and thread.trace is None:
            for backend in _backends:
                backend.leave(result)
        thread.results.append(result)
        return True
    if gate.module.options.mode != "auto" or _is_watched():
        gates.shut(gate)
        return False
    staging = gate.staging
    if staging is None:
        staging = gate.staging = memory.staging_of(gate)
    if threads.takes_turns():
        staging.refusal = threads.TURNS
        staging.calls_plain += 1
        gates.shut(gate)
        return False
    for backend in _backends:
        if not serves(backend, gate.module.options.backend):
            continue
        call = _Call(gate, backend, frame, values, keywords)
        try:
            is_script = gate.function[0] == SCRIPT
            outcome = outermost.SHUT if is_script else outermost.enter(call, staging)
        except VerificationError:
            raise
        except Exception as error:
            if call.has_run or is_interrupt(error):
                raise
            gave_up(gate, staging, error)
            outcome = outermost.SHUT
        if outcome == outermost.TAKEN:
            if call.afterwards is not None:
                _finish(call.afterwards)
            return True
        if _wants_pieces(gate, staging, call):
            mixed = mixed_function(gate, HOST, functools.partial(_may_stage, gate))
            if mixed is not None and staging.reason is not None and mixed.is_spent():
                outcome = outermost.SHUT
            elif mixed is not None and is_nested():
                return False
            elif mixed is not None:
                staging.may_block = staging.blocks = False  # its pieces do not wait for it
                mixed.stands_for(frame.f_code)
                with user_frames():
                    thread.results.append(mixed.run(values[0], frame.f_globals, values[1:], keywords))
                return True
        if outcome == outermost.SHUT:
            gates.shut(gate)
            return False
    _count(gate, staging)
    return False


def _wants_pieces(gate: Gate, staging: Staging, call: _Call) -> bool:
    """Is this a call that is not staged as a whole, of a function whose pieces may be?"""
    if gate.function[0] == SCRIPT:
        return outermost.is_candidate(call, staging)
    if staging.reason is not None:
        has_place = staging.line is not None or staging.name is not None
        return has_place or bool(gate.function[3] & (_IN_PIECES | LOOPS))
    # Its first call may be its only one, or as long as a program; if its loops are short, it is left to what is tried
    # with the whole function.
    mixed = gate.mixed
    is_long = staging.calls == 1 or (isinstance(mixed, MixedFunction) and mixed.is_long(staging.calls))
    return bool(gate.function[3] & LOOPS and staging.calls) and is_long


_IN_PIECES = TRIES | IMPORTS | STORES_OUTSIDE


def _may_stage(gate: Gate) -> Backend | None:
    """The backend that pieces of a gate's function are staged for; None while they must run as they are written."""
    if gates.thread().plain or _tracing() or _is_watched() or threads.takes_turns():
        return None
    for backend in _backends:
        if serves(backend, gate.module.options.backend):
            return backend
    return None


def _finish(afterwards: Callable[[], None]) -> None:
    """Print what the staged call has printed. What that raises is the user's: a closed file, an interrupt."""
    try:
        with user_frames():
            afterwards()
    except BaseException:
        gates.thread().results.pop()
        raise


def _count(gate: Gate, staging: Staging) -> None:
    """Shut the gate of a function that meets no backend's value; note the first one that does."""
    if staging.calls:
        if not gate.module.handles_values:
            gate.module.handles_values = True
            gates.open_module(gate.module)
        return
    gate.calls += 1
    if gate.calls >= gates.PATIENCE:
        gates.shut(gate)
