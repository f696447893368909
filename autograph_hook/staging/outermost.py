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
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any, NamedTuple

from autograph_hook import log
from autograph_hook.staging import by_name
from autograph_hook.staging.guards import Guard, all_tensors
from autograph_hook.staging.record import FIRST, GONE, SETTINGS, Record
from autograph_hook.staging.specialization import Call, Options, Specialization, refused, specialize
from autograph_hook.staging.trace import Abort
from autograph_hook.staging.varying import Change, History

MOST_SPECIALIZATIONS = 8
CALLS_FOR_ANOTHER = 200
"""So many staged calls earn one trace more, in the place of the specialization that was used least."""
CALLS_THAT_PAY = 32
"""So many staged calls earn what a trace has cost: for each operation some 300 microseconds, where a staged call saves
less than 17; with 10 operations it takes more calls, with 1000 fewer."""
MOST_FAILURES = 3
MOST_REFUSALS = 3
"""Kinds of calls that no trace carries, of a function that is staged for others, before no more are tried."""
SMALL = 8
"""The same where a backend is used by name, and there are kinds of calls that have only too few operations."""
INNER = 64
"""Calls of a function inside itself that run plain, where a backend is used by name."""
MOST_LOST = 2
"""Specializations whose objects were gone before they had paid: then no inner function waits any more."""
PATIENCE = 8
"""An inner function waits for an outer one this many times its own warm-up."""

NOT_TAKEN, SHUT, TAKEN = 0, 1, 2
"""What a gate does: let the function run plain; that, and shut; or return the result."""

WATCHED = "a gradient tape outside watches the call"

ENDS_TRACES = frozenset({"float", "numpy", "item", "open", "time", "perf_counter", "monotonic", "input"})
"""Names that hint at something no trace carries: a function that uses one keeps no inner function waiting."""


class Staging:
    """What is known of one function."""

    __slots__ = ("blocks", "calls", "calls_plain", "calls_staged", "failures", "history", "is_rare",
                 "is_recalled", "is_small", "keeps_missing", "last_guard", "line", "lost", "may_block", "name",
                 "passed_over", "qualifies", "reason", "record", "refusal", "refusals", "specializations", "traces",
                 "tracing", "warm_up")  # fmt: skip

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
        self.is_rare = False
        """Does it run seldom, beside what runs often? Then it has to show first that a trace will pay."""
        self.is_recalled = False
        """Was it staged in an earlier run? Then it is warmed up by one call."""
        self.specializations: list[Specialization] = []
        self.tracing = False
        self.history: History | None = None
        """What was seen to vary, once something has."""
        self.last_guard: Guard | None = None
        """That of a specialization whose objects are gone: it tells what is otherwise now."""
        self.traces = 0
        self.passed_over = 0
        """Calls since the last trace that fit no specialization."""
        self.lost = 0
        """Specializations whose objects were gone before they had paid."""
        self.record = Record()

    def give_up(self, reason: str) -> None:
        """The function is plain from now on."""
        self.record.dropped(self.specializations)
        self.reason = reason
        self.specializations = []
        self.blocks = False

    def has_failed(self) -> bool:
        """Was it given up for calls that failed, not for what it does?"""
        return self.failures > MOST_FAILURES

    def skip_warm_up(self) -> None:
        """It has been warmed up as a part of something larger."""
        self.calls = 1

    def forget_the_dead(self, is_owner: bool = True) -> None:
        """Drop the specializations of objects that are gone, and the graphs with them.

        Where it was a value that is gone, another one may stand in its place: the guard tells where.
        """
        gone = [each for each in self.specializations if not each.life.lasts]
        if gone:
            self.last_guard = gone[-1].guard
        if is_owner:
            self.last_guard = None
        self.lost += sum(each.calls < CALLS_THAT_PAY for each in gone)
        if self.lost >= MOST_LOST:
            self.blocks = False  # the functions that it calls are there longer than what it uses
        self.record.dropped(gone)
        self.specializations = [kept for kept in self.specializations if kept.life.lasts]

    def note_miss(self, call: Call) -> Sequence[Change]:
        """A call fits no specialization: what is otherwise than in the one that it fits best?"""
        guards = [specialization.guard for specialization in self.specializations]
        if self.last_guard is not None:
            guards.append(self.last_guard)
        missed = [guard.missed(call.cells, call.arguments, call.keywords) for guard in guards]
        nearest = min((each for each in missed if each), key=len, default=None)
        if nearest is not None:
            if self.history is None:
                self.history = History()
            return self.history.note(nearest, call.backend)
        return ()

    def rests(self) -> bool:
        """Is this call to be passed over, since the traces made so far have not paid yet? The second waits for one call
        more that fits none, the third for three, and so on: a program that makes new objects all the time, each of them
        in use for a few calls, is not traced for each of them. Those whose objects went count twice.
        """
        unpaid = self.traces - self.calls_staged // CALLS_THAT_PAY
        if unpaid <= 0:
            return False
        self.passed_over += 1
        if self.passed_over < 1 << min(unpaid + self.lost, MOST_SPECIALIZATIONS):
            return True
        self.passed_over = 0
        return False

    def may_trace(self) -> bool:
        """Is there room for one specialization more, or is one earned by the use of the others?"""
        return self.traces < MOST_SPECIALIZATIONS + self.calls_staged // CALLS_FOR_ANOTHER

    def add(self, specialization: Specialization) -> None:
        specialization.life.ended = self.forget_the_dead
        kept = self.specializations
        if len(kept) >= MOST_SPECIALIZATIONS:
            least = min(kept, key=lambda each: each.calls)
            kept = [each for each in kept if each is not least]
            self.record.dropped([least])
        self.specializations = [specialization, *kept]

    def keep_only_these(self, reason: str) -> bool:
        """Are the specializations in use so often that they are kept, and other kinds of calls run plain?"""
        if self.calls_staged < CALLS_FOR_ANOTHER // 4:
            return False
        self.refusals, self.refusal, self.line = max(MOST_REFUSALS, SMALL), reason, None
        return True


__all__ = ["NOT_TAKEN", "SHUT", "TAKEN", "Call", "Options", "Staging", "enter"]

_lock = allocate_lock()
_candidates: dict[int, tuple[types.CodeType, Staging]] = {}
"""By the identity of their code, which is looked for in whole stacks: its hash is made of all that is in it."""


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
    if staging.refusals >= manner.most_refusals or not manner.is_candidate(call, staging):
        staging.calls_plain += 1
        return NOT_TAKEN
    staging.calls += 1
    if staging.calls == 1:
        staging.warm_up = 1 if staging.is_recalled else _warm_up(call, staging)
        reason = refused(call.function[3])
        if reason is not None:
            # Known beforehand: it must keep nothing waiting that is in it.
            staging.give_up(reason)
            staging.calls_plain += 1
            return NOT_TAKEN
    elif staging.calls == 2:
        staging.blocks = staging.may_block and not ENDS_TRACES & _names_in(call.frame.f_code)
        _candidates[id(call.frame.f_code)] = call.frame.f_code, staging
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


def _meets_backend(call: Call, staging: Staging) -> bool:
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
    if (kind is list or isinstance(value, tuple)) and depth < 2:
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
        if found is not None:
            outer = found[1]
            if outer.blocks and outer.reason is None and outer is not staging:
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


_SPECULATIVE = Manner(specialize, _meets_backend, _by_size, _waits, True, MOST_REFUSALS, 0)
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
    except Exception as error:
        return _has_failed(staging, error)
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
    if call.host.others_run():  # they would see what is put back
        staging.calls_plain += 1
        return NOT_TAKEN
    specialization.unverified -= 1
    try:
        result = verification.verified(call, specialization, inputs)
    except verification.Failed as failed:
        return _has_failed(staging, failed.error)
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
    with _lock:
        busy, staging.tracing = staging.tracing, True
    if busy:
        staging.calls_plain += 1
        return NOT_TAKEN
    try:
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
        if staging.specializations:
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
    return _answer(call, staging, specialization, inputs)
