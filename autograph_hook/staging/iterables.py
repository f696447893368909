"""Python's builtins that go over tensors, in a speculative trace: `enumerate`, `zip`, `reversed`, `sum`, `min` …

Eagerly they take the tensor apart, element by element: `xs[0]`, `xs[1]` … So does the trace, which knows how many there
are. What they make of the elements is then Python's business again; only `any`, `all`, `min` and `max` ask for truths,
and leave that to the backend.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from autograph_hook.staging.arrays import Array
from autograph_hook.staging.effects import OVER_ALL, OVER_THE_FIRST, PRIMITIVES, VALUE, is_immutable
from autograph_hook.staging.facts import Abort

if TYPE_CHECKING:
    from autograph_hook.staging.trace import Trace

MOST_ELEMENTS = 256
"""Of one tensor: each is an operation of its own."""

_TO_THE_LAST = frozenset(map(id, (zip, map, *OVER_ALL)))
_TAKE_APART = _TO_THE_LAST | frozenset(
    map(id, (enumerate, reversed, list, tuple, sum, filter, functools.reduce, *OVER_THE_FIRST))
)
_FIRST_IS_FUNCTION = frozenset(map(id, (map, filter, functools.reduce)))
_ASK = frozenset(map(id, (any, all)))
_DECIDE = _ASK | frozenset(map(id, (min, max)))


def takes_apart(function: Any) -> bool:
    return id(function) in _TAKE_APART


def decides(trace: Trace, function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> bool:
    """Is it one of those that ask for truths, and given what holds symbols?"""
    if id(function) not in _DECIDE or keywords or not arguments:
        return False
    given = arguments if len(arguments) > 1 else arguments[0]
    if type(given) in (list, tuple):
        return any(map(trace.backend.is_symbolic, given))
    return trace.backend.is_symbolic(given)


def decided(trace: Trace, function: Any, arguments: tuple[Any, ...]) -> Any:
    given: Any = arguments if len(arguments) > 1 else arguments[0]
    if type(given) is list:
        trace.iteration(given)
    return trace.backend.decided(function, elements(trace, given, function))


def looks_for_truth(trace: Trace, function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> bool:
    """Is it `any` or `all` of what a generator expression gives, or another iterator that was made here?"""
    if id(function) not in _ASK or len(arguments) != 1 or keywords:
        return False
    return hasattr(type(arguments[0]), "__next__") and trace.may_change(arguments[0])


def found_truth(trace: Trace, function: Any, iterator: Any) -> bool:
    """Goes on until the answer is known, as Python does, so long as Python values give it."""
    for element in iterator:
        trace.step()
        if type(element) not in PRIMITIVES and not is_immutable(element):
            raise Abort(VALUE.format(function.__name__))
        if bool(element) is (function is any):
            return function is any
    return function is all


def apart(trace: Trace, function: Any, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arguments, with lists of their elements in the place of tensors that are gone over."""
    first = 1 if id(function) in _FIRST_IS_FUNCTION else 0
    # `sum` starts with its second argument, `enumerate` counts from it.
    last = len(arguments) if id(function) in _TO_THE_LAST else first + 1
    return tuple([
        elements(trace, value, function) if first <= place < last and _is_whole(trace, value) else value
        for place, value in enumerate(arguments)
    ])  # fmt: skip


def _is_whole(trace: Trace, value: Any) -> bool:
    return type(value) is Array or _is_tensor(trace, value)


def _is_tensor(trace: Trace, value: Any) -> bool:
    return trace.backend.is_symbolic(value) and trace.backend.is_tensor(value)


def elements(trace: Trace, value: Any, function: Any) -> Any:
    """The elements of a tensor or an array as the eager run takes them; any other value itself."""
    if type(value) is Array:
        return trace.make(value.elements())
    if not _is_tensor(trace, value):
        return value
    if value.shape.rank is None or (value.shape.rank and value.shape[0] is None):
        raise Abort(f"calls {function.__name__}() of a tensor whose length is known only when the graph runs")
    if value.shape.rank == 0:
        raise Abort(f"calls {function.__name__}() of a tensor that has no elements to go over")
    count = int(value.shape[0])
    if count > MOST_ELEMENTS:
        raise Abort(f"calls {function.__name__}() of a tensor of {count} elements, which would be unrolled: use tf")
    trace.step(count)
    return trace.make([value[i] for i in range(count)])
