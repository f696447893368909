"""What happens at an open gate outside any trace: run a specialization, make one, or let the function run plain.

Each function goes through these states, by counts only, so that two runs of one program do the same:

1. *plain*, while it is warming up: the first call runs as written, so that what is built lazily is built as the
   author wrote it; then as many calls as the size of the function says;
2. *traced*: a speculative trace. Whatever it meets that it cannot carry ends it before it happens, and the function
   is plain from then on, with the reason in the report;
3. *staged*: compiled specializations, picked by their guards; a call that fits none is traced anew, up to a bound.

The outermost function is staged, not those that it calls. So while an outer function that may itself be staged is
warming up, an inner one waits for it, but not for ever.
"""

from __future__ import annotations

import types
from _thread import allocate_lock
from collections.abc import Sequence
from typing import Any, Protocol

from autograph_hook.staging.guards import Check, Guard, copied
from autograph_hook.staging.results import Pack, Results
from autograph_hook.staging.trace import Abort, Host, Trace
from autograph_hook.transpiler import flags

MOST_SPECIALIZATIONS = 8
MOST_FAILURES = 3
FEWEST_OPERATIONS = 16
"""A graph with fewer operations costs as much to call as they cost one by one."""
PATIENCE = 8
"""An inner function waits for an outer one this many times its own warm-up."""

NOT_TAKEN, SHUT, TAKEN = 0, 1, 2
"""What a gate does: let the function run plain; that, and shut; or return the result."""

ENDS_TRACES = frozenset({"print", "float", "numpy", "item", "open", "time", "perf_counter", "monotonic", "input"})
"""Names that hint at something no trace carries: a function that uses one keeps no inner function waiting."""


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

    def twin(self) -> types.FunctionType | None: ...


class Specialization:
    """A compiled graph, and when it may be used."""

    __slots__ = ("calls", "check", "compiled", "environment", "pack")

    def __init__(self, check: Check, compiled: Any, pack: Pack, environment: Any) -> None:
        self.check = check
        self.compiled = compiled
        self.pack = pack
        self.environment = environment
        self.calls = 0


class Staging:
    """What is known of one function."""

    __slots__ = ("blocks", "calls", "calls_plain", "calls_staged", "failures", "qualifies", "reason",
                 "specializations", "tracing", "warm_up")  # fmt: skip

    def __init__(self) -> None:
        self.calls = 0
        self.calls_plain = 0
        self.calls_staged = 0
        self.failures = 0
        self.warm_up = 0
        self.qualifies: bool | None = None
        self.blocks = False
        self.reason: str | None = None
        self.specializations: list[Specialization] = []
        self.tracing = False

    def give_up(self, reason: str) -> None:
        """The function is plain from now on."""
        self.reason = reason
        self.specializations = []
        self.blocks = False


_lock = allocate_lock()
_candidates: dict[types.CodeType, Staging] = {}


def enter(call: Call, staging: Staging) -> int:
    """Decide on a call; TAKEN means that the result lies on the thread's stack."""
    if staging.reason is not None:
        return SHUT
    backend = call.backend
    environment = backend.environment()
    for specialization in staging.specializations:
        if specialization.environment == environment:
            inputs = specialization.check(call.cells, call.arguments, call.keywords)
            if inputs is not None:
                return _run(call, staging, specialization, inputs)
    if not _is_candidate(call, staging):
        staging.calls_plain += 1
        return NOT_TAKEN
    staging.calls += 1
    if staging.calls == 1:
        staging.warm_up = _warm_up(call)
    elif staging.calls == 2:
        staging.blocks = not ENDS_TRACES & _names_in(call.frame.f_code)
        _candidates[call.frame.f_code] = staging
    if staging.calls <= staging.warm_up or _waits(call, staging) or environment is None:
        staging.calls_plain += 1
        return NOT_TAKEN
    return _specialize(call, staging, environment)


def _is_candidate(call: Call, staging: Staging) -> bool:
    """Is it given values of the backend, or does it name something that is the backend's?"""
    if staging.qualifies is None:
        names = call.frame.f_globals
        staging.qualifies = any(
            call.backend.provides(names[name]) for name in call.frame.f_code.co_names if name in names
        )
    return staging.qualifies or any(_holds_value(call.backend, value) for value in _given(call))


def _given(call: Call) -> list[Any]:
    values = [*call.arguments, *call.keywords.values()]
    for cell in (call.cells.__closure__ or ()) if call.cells is not None else ():
        try:
            values.append(cell.cell_contents)
        except ValueError:
            continue
    return values


def _holds_value(backend: Any, value: Any, depth: int = 0) -> bool:
    kind = type(value)
    if backend.recognises(kind):
        return True
    if kind in (list, tuple) and depth < 2:
        return any(_holds_value(backend, item, depth + 1) for item in value[:4])
    if kind is dict and depth < 2:
        return any(_holds_value(backend, item, depth + 1) for item in list(value.values())[:4])
    return not depth and any(backend.recognises(type(item)) for item in _attributes(value))


def _attributes(value: Any) -> list[Any]:
    """The values in an object's dictionary, without running code of its own."""
    try:
        namespace = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return []
    return list(namespace.values()) if type(namespace) is dict else []


def _warm_up(call: Call) -> int:
    """Plain calls after which a trace is likely to pay: many for a small function, few for a large one."""
    wanted = call.options.warm_up
    if isinstance(wanted, int):
        return max(1, wanted)
    return min(64, 8 + 200 // max(1, call.function[2]))


def _names_in(code: types.CodeType) -> frozenset[str]:
    return frozenset(code.co_names)


def _waits(call: Call, staging: Staging) -> bool:
    """Is an outer function on the stack that will take this one with it?"""
    if staging.calls > PATIENCE * staging.warm_up:
        return False
    frame = call.frame.f_back
    while frame is not None:
        outer = _candidates.get(frame.f_code)
        if outer is not None and outer.blocks and outer.reason is None and outer is not staging:
            return True
        frame = frame.f_back
    return False


def _run(call: Call, staging: Staging, specialization: Specialization, inputs: list[Any]) -> int:
    try:
        outputs = specialization.compiled(inputs)
    except Exception as error:
        # The operations that may fail come before those that change state, so nothing has changed: the plain run
        # raises the exception that the user's program expects.
        staging.failures += 1
        if staging.failures > MOST_FAILURES:
            staging.give_up(f"staged calls failed {staging.failures} times, last with {type(error).__name__}")
        staging.calls_plain += 1
        return NOT_TAKEN
    specialization.calls += 1
    staging.calls_staged += 1
    call.thread.results.append(specialization.pack(outputs, inputs))
    return TAKEN


def _specialize(call: Call, staging: Staging, environment: Any) -> int:
    with _lock:
        busy, staging.tracing = staging.tracing, True
    if busy:
        staging.calls_plain += 1
        return NOT_TAKEN
    try:
        if len(staging.specializations) >= MOST_SPECIALIZATIONS:
            staging.give_up(f"more than {MOST_SPECIALIZATIONS} kinds of calls: its guards keep missing")
            staging.calls_plain += 1
            return NOT_TAKEN
        specialization = _traced(call, environment)
        staging.specializations = [specialization, *staging.specializations]
    except Abort as abort:
        staging.give_up(abort.reason)
        staging.calls_plain += 1
        return NOT_TAKEN
    except Exception as error:  # a mistake of ours is no reason for the user's program to fail
        staging.give_up(f"staging failed with {type(error).__name__}: {error}")
        staging.calls_plain += 1
        return NOT_TAKEN
    finally:
        staging.tracing = False
    inputs = specialization.check(call.cells, call.arguments, call.keywords)
    if inputs is None:
        # What was read while tracing is already otherwise: nothing to rely on.
        staging.give_up("what it reads changes while it runs")
        staging.calls_plain += 1
        return NOT_TAKEN
    return _run(call, staging, specialization, inputs)


def _traced(call: Call, environment: Any) -> Specialization:
    """Trace the call's twin. Raises Abort, before anything outside has changed."""
    name, _line, _size, known = call.function
    for flag, reason in _REFUSED:
        if known & flag:
            raise Abort(reason)
    twin = call.twin()
    if twin is None:
        raise Abort("it has no twin")
    backend = call.backend
    trace = Trace(call.host, backend, call.options.trace_safe)
    guard = Guard()
    inputs: list[Any] = []
    _guard_arguments(call, trace, guard, inputs)
    packed: list[Any] = []

    def traced(symbols: Sequence[Any]) -> list[Any]:
        given = iter(symbols)
        trace.outside.given.clear()

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
        return results.outputs

    try:
        compiled = backend.compile(traced, inputs, name, call.options.jit_compile)
    except (Abort, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise Abort(_reason(error)) from None
    if compiled.operations < FEWEST_OPERATIONS:
        raise Abort(f"too few operations to gain ({compiled.operations})")
    for fact in trace.outside.facts:
        guard.fact(fact)
    guard.distinct(id(value) for value in trace.outside.objects.values() if _may_be_given(backend, value))
    return Specialization(guard.compiled(), compiled, packed[0], environment)


_REFUSED = (
    (flags.STORES_OUTSIDE, "stores to a name of an enclosing function or of the module"),
    (flags.TRIES, "catches or cleans up after exceptions"),
    (flags.IMPORTS, "imports a module"),
    (flags.DEFINES_CLASS, "defines a class"),
)


def _guard_arguments(call: Call, trace: Trace, guard: Guard, inputs: list[Any]) -> None:
    """Tests for the arguments and the cells; what comes in by them is outside the trace."""
    guard.call(call.arguments, call.keywords)
    for text, value in _argument_texts(call):
        _take_inputs(call.backend, value, inputs, trace)
        guard.argument(text, value, call.backend.tensor_test)
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


def _reason(error: BaseException) -> str:
    text = str(error).strip().splitlines()
    return f"tracing raised {type(error).__name__}" + (f": {text[0]}" if text else "")


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
