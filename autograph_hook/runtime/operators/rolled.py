"""Long Python loops over a `range` in a graph: one iteration as Python runs it, the rest as one loop of the graph.

The decision goes by counts: of iterations, and of the operations that one iteration added. An attempt to trace the
body once for all iterations is watched as a trace of our own is: what would be seen from outside ends it before it
happens, and the loop is unrolled as if nothing had been tried.
"""

from __future__ import annotations

import types
from collections.abc import Sequence
from typing import Any

from autograph_hook.backends.protocol import Backend, Location
from autograph_hook.backends.registry import registry
from autograph_hook.reporting import journal
from autograph_hook.runtime.dispatch import staged_among
from autograph_hook.runtime.gate import thread
from autograph_hook.runtime.locations import location_of
from autograph_hook.runtime.operators.constructs import traced
from autograph_hook.runtime.state import Place, state_of
from autograph_hook.runtime.twins import twin_of_function
from autograph_hook.staging import codes
from autograph_hook.staging.trace import Abort, Trace

SHORTEST = 17
"""Shorter loops are unrolled, whatever is in them."""


def begin(subject: Any) -> Roll | None:
    """What decides on a loop over this subject, if there is anything to decide."""
    if type(subject) is not range or len(subject) < SHORTEST:
        return None
    for backend in registry.in_use():
        if backend.tracing():
            return Roll(backend, subject)
    return None


class Roll:
    """A loop over a long range, one iteration of which is about to run."""

    def __init__(self, backend: Backend, subject: range) -> None:
        self.backend = backend
        self.rest = subject[1:]
        self.before = backend.operations()
        trace = thread().trace
        if trace is not None:
            trace.step()

    def finish(
        self, body: types.FunctionType, test: types.FunctionType | None, names: Sequence[str], places: Sequence[Place]
    ) -> bool:
        """Run the remaining iterations, if they can run as one. False: nothing has happened."""
        where = location_of(body)
        reason = self._reason(body, test, names, places, where)
        if reason is None:
            note(where, "for", journal.STAGED, "rolled into one graph loop")
            return True
        note(where, "for", journal.PYTHON, f"unrolled: {reason}", "range")
        trace = thread().trace
        if trace is not None:
            trace.iteration(self.rest)
        return False

    def _reason(
        self,
        body: types.FunctionType,
        test: types.FunctionType | None,
        names: Sequence[str],
        places: Sequence[Place],
        where: Location,
    ) -> str | None:
        added = self.backend.weight(self.before)
        refused = _refused(body.__code__)
        if refused is not None:
            return f"it {refused}"
        state = state_of(names, places, (body, test), repeats=True)
        own = thread().trace
        watch = _Watch(own if own is not None else _Trial(self.backend), self.backend)
        tried = False

        def run() -> str | None:
            nonlocal tried
            if tried:
                raise Abort("changes what is no variable of the function")
            tried = True
            reason: str | None = "it was given up"
            before = state.get()
            try:
                reason = self.backend.roll(self.rest, added, body, test, state, where)
            finally:
                if reason is not None:
                    state.set(before)
            return reason

        thread().trace = watch
        watch.inner.closed = "in a loop that is traced once"
        try:
            with journal.attempt() as notes:
                reason: str | None = traced(state, (body, test), run)
                notes.has_failed = reason is not None
            return reason
        except Abort as abort:
            return f"it {abort.reason}"
        finally:
            watch.inner.closed = None
            thread().trace = own


_LOOK_AT_FRAMES = frozenset({"breakpoint", "dir", "eval", "exec", "globals", "locals", "vars"})


def _refused(code: types.CodeType) -> str | None:
    """What can be seen in the code of a body that must run for every iteration."""
    seen = codes.look(code)
    names = _LOOK_AT_FRAMES.intersection(seen.globals)
    if seen.global_stores:
        return "stores to a name of the module"
    if names:
        return f"uses {min(names)}, which looks at the frame that calls it"
    return seen.reason


def note(where: Location, construct: str, decision: str, reason: str, value: str | None = None) -> None:
    journal.note(where.path, where.line, where.function, construct, decision, reason, value)


class _Watch:
    """The trace in which a loop's body is tried: as the trace around it, and strict about the loop's index."""

    def __init__(self, inner: Any, backend: Backend) -> None:
        self.inner = inner
        self.backend = backend

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def attribute(self, owner: Any, name: str) -> Any:
        return getattr(owner, name) if isinstance(owner, int) else self.inner.attribute(owner, name)

    def call(self, function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        if function is isinstance and isinstance(arguments[0], int):
            return isinstance(*arguments)
        if function is print:
            raise Abort("prints")
        given = self.backend.with_index(function, arguments, keywords)
        if given is not None:
            function, arguments, keywords = given
        return self.inner.call(function, arguments, keywords)


class _Host:
    """What a trial needs of the runtime."""

    def call(self, function: Any, /, *arguments: Any, **keywords: Any) -> Any:
        from autograph_hook.runtime.operators.calls import call

        return call(function, *arguments, **keywords)

    def claim(self) -> None:
        return None

    def has_twin(self, function: Any) -> bool:
        return type(function) is types.FunctionType and twin_of_function(function) is not None


class _Unguarded:
    """Nothing that a trial reads is a fact: the graph is somebody else's, who says when it is traced again."""

    def __init__(self) -> None:
        self.facts = self
        self.cells: set[int] = set()
        self.given: set[int] = set()

    def __contains__(self, value: Any) -> bool:
        return True

    def ignore(self, *what: Any) -> None:
        return None

    admit = add = require_settled = require_own = defaults = ignore

    def fact(self, kind: str, owner: Any, key: Any, value: Any, is_used: bool = True) -> Any:
        return value

    def kind(self, kind: type) -> bool:
        return False


class _Trial(Trace):
    """A trace of a loop's body in a graph that somebody else builds.

    It differs from a trace of our own in what it lets pass: all that builds operations. It is stricter about changes:
    only what was made in this attempt may change.
    """

    def __init__(self, backend: Backend) -> None:
        super().__init__(_Host(), backend, ())
        self.outside: Any = _Unguarded()

    def step(self, count: int = 1) -> None:
        return None

    def is_ours(self, value: Any) -> bool:
        return id(value) in self.made

    def enter(self, function: types.FunctionType, cells: bool = True) -> None:
        refused = _refused(function.__code__)
        if refused is not None:
            raise Abort(f"calls {function.__code__.co_name}, which {refused}")
        super().enter(function, cells)

    def attribute(self, owner: Any, name: str) -> Any:
        kind = type(owner)
        if self.backend.recognises(kind) or (self.backend.provides(owner) and not isinstance(owner, type)):
            return getattr(owner, name)
        return super().attribute(owner, name)

    def iteration(self, value: Any) -> None:
        if not self.backend.recognises(type(value)):
            super().iteration(value)

    def call(self, function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        if function is len and len(arguments) == 1 and not self.backend.recognises(type(arguments[0])):
            return super().call(function, arguments, keywords)
        if function is isinstance or (function is type and len(arguments) == 1):
            return function(*arguments)
        if isinstance(function, (types.BuiltinFunctionType, type)) and function is not print:
            backend = staged_among(arguments)
            other = backend.builtin(function) if backend is not None else None
            if other is not None:
                return other(*arguments, **keywords)
        if self.backend.is_traceable(function):
            return self._result(function(*arguments, **keywords))
        return super().call(function, arguments, keywords)

    def _result(self, value: Any) -> Any:
        return self.make(value) if type(value) in (list, dict, set) else value

