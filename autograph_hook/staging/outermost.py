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

import os
import types
from _thread import allocate_lock
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any, NamedTuple
from weakref import ref

from autograph_hook import log
from autograph_hook.interrupts import is_interrupt
from autograph_hook.staging import by_name, candidates
from autograph_hook.staging.asked import Call, Options
from autograph_hook.staging.guards import all_tensors
from autograph_hook.staging.known import (
    CALLS_THAT_PAY,
    MOST_FAILURES,
    MOST_REFUSALS,
    MOST_SPECIALIZATIONS,
    SMALL,
    Staging,
)
from autograph_hook.staging.record import FIRST, GONE, SETTINGS
from autograph_hook.staging.specialization import Specialization, refused, specialize
from autograph_hook.staging.trace import Abort
from autograph_hook.staging.varying import Change, History

INNER = 64
"""Calls of a function inside itself that run plain, where a backend is used by name."""
PATIENCE = 8
"""An inner function waits for an outer one this many times its own warm-up."""

NOT_TAKEN, SHUT, TAKEN = 0, 1, 2
"""What a gate does: let the function run plain; that, and shut; or return the result."""

WATCHED = "a gradient tape outside watches the call"

ENDS_TRACES = frozenset({"float", "numpy", "item", "open", "time", "perf_counter", "monotonic", "input"})
"""Names that hint at something no trace carries: a function that uses one keeps no inner function waiting."""


__all__ = ["NOT_TAKEN", "SHUT", "TAKEN", "Call", "Options", "enter"]

_lock = allocate_lock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_lock._at_fork_reinit)  # type: ignore[attr-defined]
_candidates: dict[int, tuple[ref[types.CodeType], ref[Staging]]] = {}
"""By the identity of their code, which is looked for in whole stacks: its hash is made of all that is in it."""


def _is_candidate(code: types.CodeType, staging: Staging) -> None:
    number = id(code)

    def gone(_: object, candidates: dict[int, Any] = _candidates, number: int = number) -> None:
        candidates.pop(number, None)

    # Of what is known of the function, too: code of a function that is gone may be kept by the framework.
    _candidates[number] = ref(code, gone), ref(staging, gone)


def enter(call: Call, staging: Staging) -> int:
    """Decide on a call; TAKEN means that the result lies on the thread's stack."""
    if staging.reason is not None:
        return SHUT
    backend = call.backend
    environment = backend.environment() if staging.specializations else None
    for specialization in staging.specializations:
        if specialization.environment == environment and specialization.life.lasts:
            inputs = specialization.check(call.cells, call.arguments, call.keywords)
            if inputs is not None:
                return _answer(call, staging, specialization, inputs)
    manner = _manner(call)
    if staging.refuses_others(manner.most_refusals) or not manner.is_candidate(call, staging):
        staging.calls_plain += 1
        return NOT_TAKEN
    staging.calls += 1
    if staging.calls == 1:
        staging.warm_up = 1 if staging.is_recalled else max(1, _warm_up(call, staging) - staging.unlooked)
        reason = refused(call.function[3])
        if reason is not None:
            # Known beforehand: it must keep nothing waiting that is in it.
            staging.give_up(reason)
            staging.calls_plain += 1
            return NOT_TAKEN
    elif staging.calls == 2:
        staging.blocks = staging.may_block and not ENDS_TRACES & _names_in(call.frame.f_code)
        _is_candidate(call.frame.f_code, staging)
    if staging.calls <= staging.warm_up or manner.waits(call, staging):
        staging.calls_plain += 1
        return NOT_TAKEN
    if not staging.specializations:
        environment = backend.environment()
    if environment is None or (manner.rests and call.options.warm_up == "auto" and staging.rests()):
        staging.calls_plain += 1
        return NOT_TAKEN
    if _is_watched(call, staging):
        return NOT_TAKEN
    return _specialize(call, staging, environment)


def _is_watched(call: Call, staging: Staging, compiled: Any = None, inputs: Sequence[Any] = ()) -> bool:
    """Would a gradient tape see that the call is one operation? Then it runs plain."""
    if not call.backend.is_watched(compiled, inputs):
        return False
    staging.refusal = WATCHED
    staging.calls_plain += 1
    return True


def is_candidate(call: Call, staging: Staging) -> bool:
    """Is it a call that its backend may compile?"""
    return _manner(call).is_candidate(call, staging)


def _warm_up(call: Call, staging: Staging) -> int:
    """Plain calls before the first trace."""
    wanted = call.options.warm_up
    if isinstance(wanted, int):
        return max(1, wanted)
    return max(CALLS_THAT_PAY if staging.is_rare else 1, _manner(call).warm_up(call))


def _by_size(call: Call) -> int:
    """After so many calls a trace is likely to pay: many for a small function, few for a large one."""
    return min(64, 8 + 200 // max(1, call.function[2]))


def _names_in(code: types.CodeType) -> frozenset[str]:
    return frozenset(code.co_names)


def _waits(call: Call, staging: Staging) -> bool:
    """Is an outer function on the stack that will take this one with it?"""
    if staging.calls > PATIENCE * staging.warm_up:
        return False
    frame = call.frame.f_back
    while frame is not None:
        found = _candidates.get(id(frame.f_code))
        outer = found[1]() if found is not None else None
        if outer is not None and outer.blocks and outer.reason is None and outer is not staging:
            return True
        frame = frame.f_back
    return False


def _waits_by_name(call: Call, staging: Staging) -> bool:
    """Inside itself a function may be given small parts of what it was called with first."""
    return (staging.calls <= INNER and _calls_itself(call)) or _waits(call, staging)


def _calls_itself(call: Call) -> bool:
    """Is the function running already?"""
    code, frame = call.frame.f_code, call.frame.f_back
    while frame is not None:
        if frame.f_code is code:
            return True
        frame = frame.f_back
    return False


class Manner(NamedTuple):
    """How the functions for one kind of backend are taken up."""

    specialize: Callable[[Call, Any, History], Specialization]
    is_candidate: Callable[[Call, Staging], bool]
    warm_up: Callable[[Call], int]
    waits: Callable[[Call, Staging], bool]
    """Does it run plain for now?"""
    rests: bool
    """Do traces that have not paid yet put off others?"""
    most_refusals: int
    most_small: int
    """Kinds of calls with too few operations before the function is given up."""


_SPECULATIVE = Manner(specialize, candidates.meets_backend, _by_size, _waits, True, MOST_REFUSALS, 0)
_BY_NAME = Manner(
    specialize=lambda call, environment, _: by_name.specialize(call, environment),
    is_candidate=lambda call, staging: True,
    warm_up=lambda call: 1,
    waits=_waits_by_name,
    rests=False,
    most_refusals=SMALL,
    most_small=SMALL,
)


def _manner(call: Call) -> Manner:
    return _BY_NAME if call.backend.only_by_name else _SPECULATIVE


def _run(call: Call, staging: Staging, specialization: Specialization, inputs: list[Any]) -> int:
    if _is_watched(call, staging, specialization.compiled, all_tensors(inputs)):
        return NOT_TAKEN
    if specialization.unverified:
        return _verify(call, staging, specialization, inputs)
    try:
        if specialization.printing is None:
            outputs = specialization.compiled(inputs)
        else:
            outputs, call.afterwards = specialization.printing.run(specialization.compiled, inputs)
    except MemoryError:
        call.has_run = True  # it may have
        raise
    except Exception as error:
        if is_interrupt(error):
            call.has_run = True  # it may have
            raise
        return _has_failed(staging, error)
    call.has_run = True
    specialization.calls += 1
    staging.calls_staged += 1
    call.thread.results.append(specialization.pack(outputs, inputs))
    return TAKEN


def _has_failed(staging: Staging, error: BaseException) -> int:
    """The operations that may fail come before those that change state, so nothing has changed: the plain run raises
    the exception that the user's program expects."""
    staging.failures += 1
    if staging.failures > MOST_FAILURES:
        staging.give_up(f"staged calls failed {staging.failures} times, last with {type(error).__name__}")
    staging.calls_plain += 1
    return NOT_TAKEN


def _verify(call: Call, staging: Staging, specialization: Specialization, inputs: list[Any]) -> int:
    """A staged call beside the plain run, whose result the program gets."""
    from autograph_hook.staging import verification

    if not call.backend.repeats(specialization.compiled):
        specialization.unverified = 0
        log.decision(f"{call.frame.f_code.co_filename}: {call.function[0]}: not verified: it draws without a seed")
        return _run(call, staging, specialization, inputs)
    alone = call.host.claim()
    if alone is None:  # others would see what is put back
        staging.calls_plain += 1
        return NOT_TAKEN
    specialization.unverified -= 1
    call.has_run = True
    try:
        result = verification.verified(call, specialization, inputs)
    except verification.Failed as failed:
        return _has_failed(staging, failed.error)
    finally:
        del alone
    specialization.calls += 1
    staging.calls_staged += 1
    call.thread.results.append(result)
    return TAKEN


def _timed(call: Call, staging: Staging, specialization: Specialization, inputs: list[Any]) -> int:
    start = perf_counter()
    outcome = _run(call, staging, specialization, inputs)
    if outcome == TAKEN:
        record = staging.record
        record.seconds_staged = (record.seconds_staged or 0.0) + perf_counter() - start
    return outcome


_answer = _run


def measure() -> None:
    """From now on the time that staged calls take is measured."""
    global _answer
    _answer = _timed


def _made(call: Call, staging: Staging, environment: Any, changes: Sequence[Change]) -> Specialization:
    """A specialization for this call, with what the report says of it."""
    start = perf_counter()
    try:
        made = _manner(call).specialize(call, environment, staging.history or History())
    finally:
        staging.record.seconds_tracing += perf_counter() - start
    if not staging.record.made(staging.specializations):
        made.why = FIRST
    elif not changes:
        is_other = any(kept.environment != environment for kept in staging.specializations)
        made.why = SETTINGS if is_other else GONE
    made.changes = changes
    made.unverified = call.options.verify
    call.backend.made(made.compiled, call.function[0])
    return made


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
    busy = True
    try:
        with _lock:
            busy, staging.tracing = staging.tracing, True
        if busy:
            staging.calls_plain += 1
            return NOT_TAKEN
        if _manner(call).rests and call.options.warm_up == "auto" and staging.is_for_new_objects(call):
            staging.calls_plain += 1
            return NOT_TAKEN
        changes = staging.note_miss(call)
        stuck = staging.history.stuck() if call.may_shrink and staging.history is not None else None
        if stuck is not None:
            # Smaller without the statement that reads it.
            staging.line, staging.name = stuck.line, None
            staging.give_up(f"reads what changes all the time: {stuck}")
            staging.calls_plain += 1
            return NOT_TAKEN
        if not staging.may_trace():
            often = staging.history.reason() if staging.history is not None else ""
            reason = f"more than {MOST_SPECIALIZATIONS} kinds of calls" + (f": {often}" if often else "")
            staging.keeps_missing = True
            if not staging.keep_only_these(reason):
                staging.give_up(reason)
            staging.calls_plain += 1
            return NOT_TAKEN
        staging.traces += 1
        specialization = _made(call, staging, environment, changes)
        staging.add(specialization)
    except Abort as abort:
        if abort.is_passing:
            # Nothing is known against the function: it is tried again after as many calls as it has had.
            staging.warm_up = 2 * staging.calls
            staging.calls_plain += 1
            return NOT_TAKEN
        staging.refusals += 1
        if staging.has_paid():
            staging.refusal, staging.line = abort.reason, abort.line
            staging.calls_plain += 1
            return NOT_TAKEN
        if staging.is_recalled:
            # What an earlier run has learnt does not hold: it is warmed up as if nothing were known.
            staging.is_recalled, staging.warm_up = False, _warm_up(call, staging)
            staging.calls_plain += 1
            return NOT_TAKEN
        if abort.is_small and staging.refusals < _manner(call).most_small:
            staging.traces -= 1  # these have a bound of their own
            staging.calls_plain += 1
            return NOT_TAKEN
        staging.line, staging.is_small, staging.name = abort.line, abort.is_small, abort.name
        staging.give_up(abort.reason)
        staging.calls_plain += 1
        return NOT_TAKEN
    except Exception as error:  # a mistake of ours is no reason for the user's program to fail
        if is_interrupt(error):
            raise
        staging.give_up(f"staging failed with {type(error).__name__}: {error}")
        staging.calls_plain += 1
        return NOT_TAKEN
    finally:
        if not busy:
            staging.tracing = False
    inputs = specialization.check(call.cells, call.arguments, call.keywords)
    if inputs is None:
        # What was read while tracing is already otherwise: nothing to rely on.
        staging.give_up("what it reads changes while it runs")
        staging.calls_plain += 1
        return NOT_TAKEN
    return _answer(call, staging, specialization, inputs)
