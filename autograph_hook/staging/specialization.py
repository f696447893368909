"""One specialization of a function: a call is traced, compiled, and guarded by what the trace has read."""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from autograph_hook.errors import StagingError
from autograph_hook.staging.guards import Check, Guard, Life, copied
from autograph_hook.staging.objects import Stored
from autograph_hook.staging.printing import Printing
from autograph_hook.staging.results import Pack, Results
from autograph_hook.staging.trace import Abort, Host, Trace
from autograph_hook.transpiler import flags

FEWEST_OPERATIONS = 10
"""A graph with fewer operations, constants and inputs included, is not worth a trace.

Measured: a staged call costs 28 microseconds, an operation that runs eagerly 17. So a graph of 4 operations (one of
them the user's) loses, one of 6 gains nothing that would pay for the trace, one of 10 takes 29 against 68.
"""


class Options(Protocol):
    trace_safe: tuple[str, ...]
    strict: bool
    warm_up: str | int
    jit_compile: bool


class Call(Protocol):
    """A call that stands at an open gate, as the runtime describes it."""

    host: Host
    thread: Any
    backend: Any
    options: Options
    function: tuple[str, int, int, int]
    frame: types.FrameType
    cells: types.FunctionType | None
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    afterwards: Callable[[], None] | None
    """What is done when a staged call has succeeded."""

    def twin(self) -> types.FunctionType | None: ...

    def stored(self) -> Stored:
        """The names outside to which it stores when it has run."""


class Specialization:
    """A compiled graph, and when it may be used."""

    __slots__ = ("calls", "check", "compiled", "environment", "life", "pack", "printing")

    def __init__(
        self, check: Check, compiled: Any, pack: Pack, environment: Any, life: Life, printing: Printing | None
    ) -> None:
        self.life = life
        self.check = check
        self.compiled = compiled
        self.pack = pack
        self.environment = environment
        self.printing = printing
        self.calls = 0


def specialize(call: Call, environment: Any) -> Specialization:
    """Trace the call's twin. Raises Abort, before anything outside has changed."""
    name, _line, _size, known = call.function
    for flag, reason in _REFUSED:
        if known & flag:
            raise Abort(reason)
    twin = call.twin()
    if twin is None:
        raise Abort("it has no twin")
    backend = call.backend
    trace = Trace(call.host, backend, call.options.trace_safe, call.stored())
    life = Life()
    guard = Guard(life)
    inputs: list[Any] = []
    _guard_arguments(call, twin, trace, guard, inputs)
    packed: list[Any] = []

    def traced(symbols: Sequence[Any]) -> list[Any]:
        given = iter(symbols)
        trace.outside.given.clear()
        trace.printing = Printing()

        def copy(value: Any) -> Any:
            return copied(value, backend.tensor_test, given, trace.copies, trace.outside.given)

        arguments = [copy(value) for value in call.arguments]
        keywords = {name: copy(value) for name, value in call.keywords.items()}
        _require_apart(trace)
        before, call.thread.trace = call.thread.trace, trace
        try:
            trace.enter(twin, cells=False)
            result = twin(*arguments, **keywords)
        finally:
            call.thread.trace = before
        results = Results(trace, backend, symbols)
        packed[:] = [results.pack(result)]
        trace.printing.add_outputs(results.outputs)
        return results.outputs

    try:
        compiled = backend.compile(traced, inputs, name, call.options.jit_compile)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        abort = Abort(_reason(error, twin.__code__.co_filename), _line_in(error, twin.__code__))
        abort.name = error.name if isinstance(error, Abort) else None
        raise abort from None
    if compiled.operations < FEWEST_OPERATIONS:
        raise Abort(f"too few operations to gain ({compiled.operations})", is_small=True)
    printing = trace.printing if trace.printing else None
    if printing is not None:
        _require_order(compiled, printing, call.options)
    for fact in trace.outside.facts:
        guard.fact(fact)
    guard.distinct(id(value) for value in trace.outside.objects.values() if _may_be_given(backend, value))
    return Specialization(guard.compiled(), compiled, packed[0], environment, life, printing)


def _require_order(compiled: Any, printing: Printing, options: Options) -> None:
    """What is printed comes after all that the graph itself writes, and nothing leaves a graph that XLA runs."""
    if compiled.writes:
        raise Abort("prints both by print and by operations of the graph")
    if printing.inside and options.jit_compile:
        raise Abort("prints in a branch or loop of a graph that XLA compiles")


def _line_in(error: BaseException, code: types.CodeType) -> int | None:
    """The line of this code that ran when the error was raised."""
    entry = error.__traceback__
    while entry is not None:
        if entry.tb_frame.f_code is code:
            return entry.tb_lineno
        entry = entry.tb_next
    return None


_REFUSED = (
    (flags.STORES_OUTSIDE, "stores to a name of an enclosing function or of the module"),
    (flags.TRIES, "catches or cleans up after exceptions"),
    (flags.IMPORTS, "imports a module"),
    (flags.DEFINES_CLASS, "defines a class"),
)


def _guard_arguments(call: Call, twin: types.FunctionType, trace: Trace, guard: Guard, inputs: list[Any]) -> None:
    """Tests for the arguments and the cells; what comes in by them is outside the trace."""
    guard.call(call.arguments, call.keywords)
    for position, (text, value) in enumerate(_argument_texts(call)):
        try:
            _take_inputs(call.backend, value, inputs, trace)
            guard.argument(text, value, call.backend.tensor_test)
        except Abort as abort:
            if position < len(twin.__code__.co_varnames):
                abort.name = twin.__code__.co_varnames[position]
            raise
    for i, cell in enumerate((call.cells.__closure__ or ()) if call.cells is not None else ()):
        try:
            value = cell.cell_contents
        except ValueError as error:
            raise Abort("uses a variable of an enclosing function that has no value yet") from error
        trace.outside.cells.add(id(cell))
        trace.outside.admit(value)
        guard.tests.append(guard.seen(f"cells.__closure__[{i}].cell_contents", value))


def _require_apart(trace: Trace) -> None:
    for identity in trace.outside.given:
        if identity in trace.outside.objects:
            raise Abort("reaches an argument by another way as well")


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


def _argument_texts(call: Call) -> list[tuple[str, Any]]:
    """For each argument, the expression by which the guard finds it."""
    found = [(f"args[{i}]", value) for i, value in enumerate(call.arguments)]
    return found + [(f"kwargs[{name!r}]", value) for name, value in call.keywords.items()]


def _take_inputs(backend: Any, value: Any, inputs: list[Any], trace: Trace) -> None:
    """The tensors among the arguments, in the order in which the guard finds them; the rest comes in as it is."""
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
