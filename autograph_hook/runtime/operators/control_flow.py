"""`if`, `while`, `for`, `assert`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

from autograph_hook.reporting import journal
from autograph_hook.reporting.journal import STAGED
from autograph_hook.runtime.dispatch import staged
from autograph_hook.runtime.locations import here, location_of
from autograph_hook.runtime.operators import acting, noting, rolled
from autograph_hook.runtime.operators.constructs import refuse, traced
from autograph_hook.runtime.operators.reading import read_whole
from autograph_hook.runtime.state import Place, Variables, state_of
from autograph_hook.runtime.variables import WHOLE


def if_(
    test: Any,
    body: FunctionType | None,
    orelse: FunctionType | None,
    names: Sequence[str],
    inside: Sequence[str],
    places: Sequence[Place],
    guarded: bool = False,
) -> None:
    """`if test: body() else: orelse()`

    `names` are joined after the branches; `inside` are names whose value is of no use afterwards, so each branch
    finds them as they were and leaves them so. `guarded`: a name that has no value on one side is not read where
    that side was taken.
    """
    backend = staged(test)
    if journal.collecting:
        noting.decided("if", test, backend, location_of(body or orelse))  # type: ignore[arg-type]
    if backend is None:
        if test:
            if body is not None:
                body()
        elif orelse is not None:
            orelse()
        return
    state = state_of(names, places, (body, orelse))
    state.guarded = guarded
    kept = state_of(inside, (), (body, orelse)) if inside else None
    where = location_of(body or orelse)  # type: ignore[arg-type]
    taken, other = _branch(body, kept), _branch(orelse, kept)
    traced(state, (body, orelse), lambda: backend.cond(test, taken, other, state, where))


def _branch(body: Callable[[], None] | None, kept: Variables | None) -> Callable[[], None]:
    if body is None:
        return _nothing
    if kept is None:
        return body

    def restored() -> None:
        before = kept.get()
        try:
            body()
        finally:
            kept.set(before)

    return restored


def _nothing() -> None:
    return None


def while_(test: FunctionType, body: FunctionType, names: Sequence[str], places: Sequence[Place]) -> None:
    """`while test(): body()`; the graph takes over when the test becomes staged, be it in a later iteration."""
    count = 0
    while True:
        before = acting.mark()
        holds = test()
        backend = staged(holds)
        if backend is not None:
            state = state_of(names, places, (body, test), repeats=True)
            rolled.note(location_of(body), "while", STAGED, "a graph loop")
            loop = functools.partial(backend.while_loop, test, body, state, location_of(body))
            if acting.acted_since(before, backend):
                first = functools.partial(_first, body, loop)
                loop = functools.partial(backend.cond, holds, first, _nothing, state, location_of(body))
            traced(state, (body, test), loop)
            return
        if not holds:
            if journal.collecting:
                noting.unrolled("while", holds, location_of(body), count)
            return
        count += 1
        body()


def _first(body: Callable[[], None], loop: Callable[[], None]) -> None:
    body()
    loop()


def for_(
    subject: Any, body: FunctionType, test: FunctionType | None, names: Sequence[str], places: Sequence[Place]
) -> None:
    """`for element in subject: body(element)`; `test`, asked after each iteration, may end the loop."""
    backend = staged(subject)
    if backend is not None and backend.is_iterable(subject):
        state = state_of(names, places, (body, test), repeats=True)
        rolled.note(location_of(body), "for", STAGED, "a graph loop")
        begun = backend.subject(subject)
        loop = functools.partial(backend.for_each, begun, body, test, state, location_of(body))
        traced(state, (body, test), loop)
        if type(subject) is list and (id(subject), WHOLE) in state.places():
            refuse(
                f"{location_of(body)}: the loop changes the list that it goes over, whose length is known only when "
                "the graph runs: loop over a copy of it, or use a `while` loop"
            )
        return
    roll = rolled.begin(subject)
    elements = iter(read_whole(subject) if roll is None else subject)
    if journal.collecting and roll is None:
        noting.unrolled("for", subject, location_of(body))
    for element in elements:
        body(element)
        if test is not None:
            goes_on = test()
            backend = staged(goes_on)
            if backend is None and not goes_on:
                return
        if roll is not None:
            if roll.finish(body, test, names, places):
                return
            roll = None
        if test is not None and backend is not None:
            _rest(elements, body, test, names, places)
            return


def _rest(
    elements: Any, body: FunctionType, test: FunctionType, names: Sequence[str], places: Sequence[Place]
) -> None:
    """The remaining iterations of a Python loop that a staged condition may have ended: each under that condition."""
    for element in elements:
        goes_on = test()
        backend = staged(goes_on)
        if backend is None:
            if not goes_on:
                return
            body(element)
        else:
            state = state_of(names, places, (body, test))
            step = functools.partial(body, element)
            branch = functools.partial(backend.cond, goes_on, step, _nothing, state, location_of(body))
            traced(state, (body, test), branch)


def assert_(holds: Any, message: Callable[[], Any] | None) -> None:
    """`assert holds, message()`"""
    backend = staged(holds)
    if journal.collecting:
        noting.decided("assert", holds, backend)
    if backend is not None:
        backend.check(holds, message, here())
    elif not holds:
        raise AssertionError(message()) if message is not None else AssertionError
