"""`and`, `or`, `not`, `if … else`, chained comparisons, `in`. Operands are evaluated as late as Python does."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from autograph_hook.backends.protocol import Backend
from autograph_hook.runtime.dispatch import staged, staged_among
from autograph_hook.runtime.operators.constructs import entered
from autograph_hook.runtime.state import location_of

Thunk = Callable[[], Any]


def not_(value: Any) -> Any:
    backend = staged(value)
    return not value if backend is None else backend.not_(value)


def and_(value: Any, *others: Thunk) -> Any:
    for i, other in enumerate(others):
        backend = staged(value)
        if backend is not None:
            return _and(backend, value, other, others[i + 1 :])
        if not value:
            return value
        value = other()
    return value


def _and(backend: Backend, value: Any, other: Thunk, rest: tuple[Thunk, ...]) -> Any:
    return _select(backend, value, lambda: and_(other(), *rest), lambda: value, other)


def or_(value: Any, *others: Thunk) -> Any:
    for i, other in enumerate(others):
        backend = staged(value)
        if backend is not None:
            return _or(backend, value, other, others[i + 1 :])
        if value:
            return value
        value = other()
    return value


def _or(backend: Backend, value: Any, other: Thunk, rest: tuple[Thunk, ...]) -> Any:
    return _select(backend, value, lambda: value, lambda: or_(other(), *rest), other)


def if_exp(test: Any, body: Thunk, orelse: Thunk) -> Any:
    backend = staged(test)
    if backend is None:
        return body() if test else orelse()
    return _select(backend, test, body, orelse, body)


def _select(backend: Backend, test: Any, body: Thunk, orelse: Thunk, like: Thunk) -> Any:
    """The value of one of two operands; `like` tells where it stands."""
    with entered():
        return backend.select(test, body, orelse, location_of(like))


def compare(left: Any, *operators: Any) -> Any:
    """`left < a <= b …`: `operators` are symbols and thunks in turn."""
    right = operators[1]()
    result = _COMPARE[operators[0]](left, right)
    if len(operators) == 2:
        return result
    return and_(result, lambda: compare(right, *operators[2:]))


def contains(element: Any, container: Any) -> Any:
    """`element in container`"""
    backend = staged(container) or staged(element)
    if backend is None and isinstance(container, (list, tuple)):
        backend = staged_among(container)
    return element in container if backend is None else backend.contains(container, element)


_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "is": operator.is_,
    "is not": operator.is_not,
    "in": contains,
    "not in": lambda element, container: not_(contains(element, container)),
}

