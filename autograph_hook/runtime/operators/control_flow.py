"""`if`, `while`, `for`, `assert`."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

from autograph_hook.backends.protocol import Location
from autograph_hook.runtime.dispatch import staged
from autograph_hook.runtime.operators.constructs import entered
from autograph_hook.runtime.operators.reading import read_whole
from autograph_hook.runtime.state import Place, Variables, location_of, state_of


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
    with entered(state, kept):
        backend.cond(test, _branch(body, kept), _branch(orelse, kept), state, where)


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
    while True:
        holds = test()
        backend = staged(holds)
        if backend is not None:
            state = state_of(names, places, (body, test))
            with entered(state):
                backend.while_loop(test, body, state, location_of(body))
            return
        if not holds:
            return
        body()


def for_(
    subject: Any, body: FunctionType, test: FunctionType | None, names: Sequence[str], places: Sequence[Place]
) -> None:
    """`for element in subject: body(element)`; `test`, asked after each iteration, may end the loop."""
    backend = staged(subject)
    if backend is not None and backend.is_iterable(subject):
        state = state_of(names, places, (body, test))
        with entered(state):
            backend.for_each(subject, body, test, state, location_of(body))
        return
    elements = iter(read_whole(subject))
    for element in elements:
        body(element)
        if test is None:
            continue
        goes_on = test()
        backend = staged(goes_on)
        if backend is not None:
            _rest(elements, body, test, names, places)
            return
        if not goes_on:
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
            with entered(state):
                backend.cond(goes_on, functools.partial(body, element), _nothing, state, location_of(body))


def assert_(holds: Any, message: Callable[[], Any] | None) -> None:
    """`assert holds, message()`"""
    backend = staged(holds)
    if backend is not None:
        caller = sys._getframe(1)
        where = Location(caller.f_code.co_filename, caller.f_lineno, caller.f_code.co_name)
        backend.check(holds, message, where)
    elif not holds:
        raise AssertionError(message()) if message is not None else AssertionError
