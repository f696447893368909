"""What is known of one function, or one piece: how often it was called, what it was traced for, why it is plain.

All bounds are counts. A trace is a bet that the calls to come pay for it, and what has been lost so far decides how
long the next one waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograph_hook.staging.asked import Call
from autograph_hook.staging.facts import Place
from autograph_hook.staging.guards import Guard
from autograph_hook.staging.record import Record
from autograph_hook.staging.specialization import Specialization
from autograph_hook.staging.varying import Change, History, is_another_object

MOST_SPECIALIZATIONS = 8
CALLS_FOR_ANOTHER = 200
"""So many staged calls earn one trace more, in the place of the specialization that was used least."""
CALLS_THAT_PAY = 32
"""So many staged calls earn what a trace has cost: for each operation some 300 microseconds, where a staged call saves
less than 17; with 10 operations it takes more calls, with 1000 fewer."""
CALLS_WORTH_KEEPING = 8
"""So many staged calls for each trace, besides the warm-up, and it is traced at once in the next run."""
MOST_FAILURES = 3
MOST_REFUSALS = 3
"""Kinds of calls that no trace carries, of a function that is staged for others, before no more are tried."""
SMALL = 8
"""The same where a backend is used by name, and there are kinds of calls that have only too few operations."""
MOST_LOST = 2
"""Specializations whose objects were gone before they had paid: then no inner function waits any more."""


class Staging:
    """What is known of one function."""

    __slots__ = ("__weakref__", "blocks", "calls", "calls_plain", "calls_staged", "failures", "history", "is_rare",
                 "is_recalled", "is_small", "keeps_missing", "last_guard", "line", "lost", "may_block", "name",
                 "new_objects", "passed_over", "qualifies", "reason", "record", "refusal", "refusals",
                 "specializations", "traces", "tracing", "unlooked", "warm_up", "worn_out")  # fmt: skip

    def __init__(self) -> None:
        self.calls = 0
        self.calls_plain = 0
        self.calls_staged = 0
        self.failures = 0
        self.refusals = 0
        self.refusal: str | None = None
        """Why other kinds of calls than those that are staged run plain."""
        self.warm_up = 0
        self.unlooked = 0
        """Calls of its warm-up that were not counted here."""
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
        self.new_objects = 0
        """Calls since the last trace that came with other objects than any specialization was made for."""
        self.lost = 0
        """Specializations whose objects were gone before they had paid."""
        self.worn_out = 0
        """Specializations whose objects were gone after they had paid: they are no reason not to trace for others."""
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

    def is_worth_keeping(self) -> bool:
        """Have its graphs run so often that they may be traced in its second call, if the next run is like this one?"""
        return bool(self.specializations) and self.calls_staged >= CALLS_WORTH_KEEPING * self.traces

    def forget_the_dead(self, is_owner: bool = True) -> None:
        """Drop the specializations of objects that are gone, and the graphs with them.

        Where it was a value that is gone, another one may stand in its place: the guard tells where.
        """
        gone = [each for each in self.specializations if not each.life.lasts]
        if gone:
            self.last_guard = gone[-1].guard
        if is_owner:
            self.last_guard = None
        lost = sum(each.calls < CALLS_THAT_PAY for each in gone)
        self.lost += lost
        self.worn_out += len(gone) - lost
        if self.lost >= MOST_LOST:
            self.blocks = False  # the functions that it calls are there longer than what it uses
        self.record.dropped(gone)
        self.specializations = [kept for kept in self.specializations if kept.life.lasts]

    def note_miss(self, call: Call) -> Sequence[Change]:
        """A call fits no specialization: what is otherwise than in the one that it fits best?"""
        nearest = self._missed(call)
        if not nearest:
            return ()
        if self.history is None:
            self.history = History()
        return self.history.note(nearest, call.backend)

    def _missed(self, call: Call) -> Sequence[tuple[Place, Any]]:
        guards = [specialization.guard for specialization in self.specializations]
        if self.last_guard is not None:
            guards.append(self.last_guard)
        missed = [guard.missed(call.cells, call.arguments, call.keywords) for guard in guards]
        return min((each for each in missed if each), key=len, default=())

    def is_for_new_objects(self, call: Call) -> bool:
        """Does a call come with another object than any specialization was made for, as the first one since the last
        trace? As any first call it runs as written, so that what the object builds lazily is built as its author wrote
        it."""
        are_gone = not self.specializations and self.last_guard is None
        if not self.traces or self.new_objects:
            self.new_objects = 0
        elif are_gone or any(is_another_object(*each) for each in self._missed(call)):
            self.new_objects += 1
        return self.new_objects > 0

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
        return self.traces - self.worn_out < MOST_SPECIALIZATIONS + self.calls_staged // CALLS_FOR_ANOTHER

    def add(self, specialization: Specialization) -> None:
        specialization.life.ended = self.forget_the_dead
        kept = self.specializations
        if len(kept) >= MOST_SPECIALIZATIONS:
            least = min(kept, key=lambda each: each.calls)
            kept = [each for each in kept if each is not least]
            self.record.dropped([least])
        self.specializations = [specialization, *kept]

    def has_paid(self) -> bool:
        """Has it been worth while to stage this function, for objects that are there or that were?"""
        return bool(self.specializations or self.worn_out)

    def keep_only_these(self, reason: str) -> bool:
        """Are the specializations in use so often that they are kept, and other kinds of calls run plain?"""
        if self.calls_staged < CALLS_FOR_ANOTHER // 4:
            return False
        self.refusals, self.refusal, self.line = max(MOST_REFUSALS, SMALL) + self._attempts_earned(), reason, None
        return True

    def refuses_others(self, most: int) -> bool:
        """Has no trace carried so many kinds of calls that no more are tried, until the use of those that are staged
        has earned another attempt?"""
        return self.refusals - self._attempts_earned() >= most

    def _attempts_earned(self) -> int:
        """One more after 200 staged calls, 400, 800: what such traces lose, the longer it goes on, is nothing."""
        return (self.calls_staged // CALLS_FOR_ANOTHER).bit_length()
