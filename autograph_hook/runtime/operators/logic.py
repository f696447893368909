"""`and`, `or`, `not`, `if … else`, chained comparisons, `in`. Operands are evaluated as late as Python does."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from autograph_hook.backends.protocol import Backend
from autograph_hook.runtime.dispatch import staged, staged_among
from autograph_hook.runtime.operators import containers
from autograph_hook.runtime.operators.binding import Rest, function_of, variables_of
from autograph_hook.runtime.operators.constructs import traced
from autograph_hook.runtime.operators.naming import is_, is_not
from autograph_hook.runtime.state import Variables, location_of
from autograph_hook.runtime.variables import Value

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
    return _select(backend, value, lambda: and_(other(), *rest), lambda: value, (other, *rest))


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
    return _select(backend, value, lambda: value, lambda: or_(other(), *rest), (other, *rest))


def if_exp(test: Any, body: Thunk, orelse: Thunk) -> Any:
    backend = staged(test)
    if backend is None:
        return body() if test else orelse()
    return _select(backend, test, body, orelse, (body, orelse))


def _select(backend: Backend, test: Any, body: Thunk, orelse: Thunk, operands: tuple[Thunk, ...]) -> Any:
    """The value of one of two operands; `operands` are the functions that the twin gave."""
    functions = [function_of(operand) for operand in operands]
    changed, where = Variables(variables_of(operands)), location_of(functions[0])
    binds = bool(changed.variables)

    def chosen() -> Any:
        if not changed.variables:
            return backend.select(test, body, orelse, where)
        value = Value("the value of the conditional expression")
        state = Variables((value, *changed.variables))
        # A name that one side leaves without a value is read where the other was taken: the expression tells.
        state.guarded = binds
        backend.cond(test, lambda: value.set(body()), lambda: value.set(orelse()), state, where)
        return value.get()

    return traced(changed, functions, chosen)


def compare(left: Any, *operators: Any) -> Any:
    """`left < a <= b …`: `operators` are symbols and thunks in turn."""
    right = operators[1]()
    result = _COMPARE[operators[0]](left, right)
    if len(operators) == 2:
        return result
    return and_(result, Rest(lambda: compare(right, *operators[2:]), operators[2:]))


def contains(element: Any, container: Any) -> Any:
    """`element in container`"""
    if type(container) is dict and staged(element) is None:
        containers.require_keys(container, (element,))
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
    "is": is_,
    "is not": is_not,
    "in": contains,
    "not in": lambda element, container: not_(contains(element, container)),
}

