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
from typing import Any

from autograph_hook import log
from autograph_hook.staging.specialization import Call, Options, Specialization, specialize
from autograph_hook.staging.trace import Abort

MOST_SPECIALIZATIONS = 8
MOST_FAILURES = 3
MOST_REFUSALS = 3
"""Kinds of calls that no trace carries, of a function that is staged for others, before no more are tried."""
PATIENCE = 8
"""An inner function waits for an outer one this many times its own warm-up."""

NOT_TAKEN, SHUT, TAKEN = 0, 1, 2
"""What a gate does: let the function run plain; that, and shut; or return the result."""

ENDS_TRACES = frozenset({"float", "numpy", "item", "open", "time", "perf_counter", "monotonic", "input"})
"""Names that hint at something no trace carries: a function that uses one keeps no inner function waiting."""


class Staging:
    """What is known of one function."""

    __slots__ = ("blocks", "calls", "calls_plain", "calls_staged", "failures", "is_small", "keeps_missing", "line",
                 "may_block", "name",
                 "qualifies", "reason", "refusal", "refusals", "specializations", "tracing", "warm_up")  # fmt: skip

    def __init__(self) -> None:
        self.calls = 0
        self.calls_plain = 0
        self.calls_staged = 0
        self.failures = 0
        self.refusals = 0
        self.refusal: str | None = None
        """Why other kinds of calls than those that are staged run plain."""
        self.warm_up = 0
        self.qualifies: bool | None = None
        self.blocks = False
        self.reason: str | None = None
        self.line: int | None = None
        """Where in the function its last trace ended."""
        self.name: str | None = None
        """The name whose value its last trace did not take."""
        self.may_block = True
        """May the functions that it calls wait for it?"""
        self.keeps_missing = False
        self.is_small = False
        self.specializations: list[Specialization] = []
        self.tracing = False

    def give_up(self, reason: str) -> None:
        """The function is plain from now on."""
        self.reason = reason
        self.specializations = []
        self.blocks = False


    def skip_warm_up(self) -> None:
        """It has been warmed up as a part of something larger."""
        self.calls = 1

    def forget_the_dead(self) -> None:
        """Drop the specializations of objects that are gone, and the graphs with them."""
        self.specializations = [kept for kept in self.specializations if kept.life.lasts]


__all__ = ["NOT_TAKEN", "SHUT", "TAKEN", "Call", "Options", "Staging", "enter"]

_lock = allocate_lock()
_candidates: dict[types.CodeType, Staging] = {}


def enter(call: Call, staging: Staging) -> int:
    """Decide on a call; TAKEN means that the result lies on the thread's stack."""
    if staging.reason is not None:
        return SHUT
    backend = call.backend
    environment = backend.environment()
    for specialization in staging.specializations:
        if specialization.environment == environment and specialization.life.lasts:
            inputs = specialization.check(call.cells, call.arguments, call.keywords)
            if inputs is not None:
                return _run(call, staging, specialization, inputs)
    if staging.refusals >= MOST_REFUSALS or not is_candidate(call, staging):
        staging.calls_plain += 1
        return NOT_TAKEN
    staging.calls += 1
    if staging.calls == 1:
        staging.warm_up = _warm_up(call)
    elif staging.calls == 2:
        staging.blocks = staging.may_block and not ENDS_TRACES & _names_in(call.frame.f_code)
        _candidates[call.frame.f_code] = staging
    if staging.calls <= staging.warm_up or _waits(call, staging) or environment is None:
        staging.calls_plain += 1
        return NOT_TAKEN
    return _specialize(call, staging, environment)


def is_candidate(call: Call, staging: Staging) -> bool:
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
    except (AttributeError, TypeError):  # TypeError: a class between it and its own has another `__dict__`
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
        if specialization.printing is None:
            outputs = specialization.compiled(inputs)
        else:
            outputs, call.afterwards = specialization.printing.run(specialization.compiled, inputs)
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
    outcome = _try_to_specialize(call, staging, environment)
    if log.wanted():
        name, line, *_ = call.function
        decision = f"plain: {staging.reason or staging.refusal}"
        if outcome == TAKEN:
            decision = f"staged, specialization {len(staging.specializations)}"
        log.decision(f"{call.frame.f_code.co_filename}:{line}: {name}: {decision}")
    return outcome


def _try_to_specialize(call: Call, staging: Staging, environment: Any) -> int:
    with _lock:
        busy, staging.tracing = staging.tracing, True
    if busy:
        staging.calls_plain += 1
        return NOT_TAKEN
    try:
        if len(staging.specializations) >= MOST_SPECIALIZATIONS:
            staging.keeps_missing = True
            staging.give_up(f"more than {MOST_SPECIALIZATIONS} kinds of calls: its guards keep missing")
            staging.calls_plain += 1
            return NOT_TAKEN
        specialization = specialize(call, environment)
        specialization.life.ended = staging.forget_the_dead
        staging.specializations = [specialization, *staging.specializations]
    except Abort as abort:
        staging.refusals += 1
        if staging.specializations:
            staging.refusal = abort.reason
            staging.calls_plain += 1
            return NOT_TAKEN
        staging.line, staging.is_small, staging.name = abort.line, abort.is_small, abort.name
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
