"""`and`, `or`, `not`, `if … else`, chained comparisons, `in`. Operands are evaluated as late as Python does."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from autograph_hook.backends import identity
from autograph_hook.backends.protocol import Backend
from autograph_hook.reporting import journal
from autograph_hook.runtime.dispatch import is_of, staged, staged_among
from autograph_hook.runtime.gate import thread
from autograph_hook.runtime.locations import here, location_of
from autograph_hook.runtime.operators import containers, noting
from autograph_hook.runtime.operators.binding import Rest, function_of, variables_of
from autograph_hook.runtime.operators.constructs import refuse, traced
from autograph_hook.runtime.operators.naming import is_, is_not
from autograph_hook.runtime.state import Variables
from autograph_hook.runtime.variables import Value
from autograph_hook.staging.trace import Abort

Thunk = Callable[[], Any]


def not_(value: Any) -> Any:
    backend = staged(value)
    if journal.collecting:
        noting.decided("not", value, backend)
    return not value if backend is None else backend.not_(value)


def and_(value: Any, *others: Thunk) -> Any:
    return _and(value, others, False)


def both(value: Any, *others: Thunk) -> Any:
    """`value and …` as a condition: what is false was asked, and False stands for it, which it costs nothing to ask."""
    return _and(value, others, True)


def _and(value: Any, others: tuple[Thunk, ...], is_condition: bool) -> Any:
    for i, other in enumerate(others):
        backend = staged(value)
        if journal.collecting:
            noting.decided("and", value, backend)
        if backend is not None:
            return _staged_and(backend, value, other, others[i + 1 :])
        if not value:
            return False if is_condition else value
        value = other()
    return value


def _staged_and(backend: Backend, value: Any, other: Thunk, rest: tuple[Thunk, ...]) -> Any:
    return _select(backend, value, lambda: and_(other(), *rest), lambda: value, (other, *rest))


def or_(value: Any, *others: Thunk) -> Any:
    return _or(value, others, False)


def either(value: Any, *others: Thunk) -> Any:
    """`value or …` as a condition."""
    return _or(value, others, True)


def _or(value: Any, others: tuple[Thunk, ...], is_condition: bool) -> Any:
    for i, other in enumerate(others):
        backend = staged(value)
        if journal.collecting:
            noting.decided("or", value, backend)
        if backend is not None:
            return _staged_or(backend, value, other, others[i + 1 :])
        if value:
            return True if is_condition else value
        value = other()
    return value


def _staged_or(backend: Backend, value: Any, other: Thunk, rest: tuple[Thunk, ...]) -> Any:
    return _select(backend, value, lambda: value, lambda: or_(other(), *rest), (other, *rest))


def if_exp(test: Any, body: Thunk, orelse: Thunk) -> Any:
    backend = staged(test)
    if journal.collecting:
        noting.decided("conditional expression", test, backend)
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
            found: list[Any] = []
            made = backend.select(test, _noting(body, found), _noting(orelse, found), where)
            identity.note([(made, found)])
            return made
        value = Value("the value of the conditional expression")
        state = Variables((value, *changed.variables))
        # A name that one side leaves without a value is read where the other was taken: the expression tells.
        state.guarded = binds
        backend.cond(test, lambda: value.set(body()), lambda: value.set(orelse()), state, where)
        return value.get()

    return traced(changed, functions, chosen)


def _noting(operand: Thunk, values: list[Any]) -> Thunk:
    def noted() -> Any:
        values.append(operand())
        return values[-1]

    return noted


def compare(left: Any, *operators: Any) -> Any:
    """`left < a <= b …`: `operators` are symbols and thunks in turn."""
    return _compare(left, operators, False)


def ordered(left: Any, *operators: Any) -> Any:
    """`left < a <= b …` as a condition."""
    return _compare(left, operators, True)


def _compare(left: Any, operators: Sequence[Any], is_condition: bool) -> Any:
    right = operators[1]()
    result = _COMPARE[operators[0]](left, right)
    if len(operators) == 2:
        return result
    if journal.collecting:
        noting.decided("comparison", result, staged(result))
    return _and(result, (Rest(lambda: _compare(right, operators[2:], is_condition), operators[2:]),), is_condition)


def contains(element: Any, container: Any) -> Any:
    """`element in container`"""
    if type(container) is dict and staged(element) is None:
        containers.require_keys(container, (element,))
    trace = thread().trace
    if trace is not None and staged(element) is None and is_of(container, dict, set):
        trace.looks_for(element, container)
        return element in container
    backend = staged(container) or staged(element)
    if backend is not None and is_of(container, dict, set, frozenset) and thread().trace is not None:
        raise Abort(f"looks for a tensor in a {type(container).__name__}, which needs its hash")
    if backend is None and is_of(container, list, tuple):
        backend = staged_among(container)
    if journal.collecting:
        noting.decided("in", container, backend)
    return element in container if backend is None else backend.contains(container, element)


def equal(left: Any, right: Any) -> Any:
    """`left == right`"""
    if type(right) is list and staged(right) is not None:
        left, right = right, left
    backend = containers.backend_of_lists((left, right), {})
    if backend is None:
        return left == right
    if type(left) is not list or type(right) is not list or staged(left) is None or right:
        _refuse_lists()
    return backend.not_(left)


def _refuse_lists() -> None:
    refuse(
        f"{here()}: a list whose length is known only when the graph runs is compared: compare its length with len(), "
        "or its elements with tf.stack()"
    )


def unequal(left: Any, right: Any) -> Any:
    """`left != right`"""
    return left != right if containers.backend_of_lists((left, right), {}) is None else not_(equal(left, right))


def _ordered(order: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def ordered(left: Any, right: Any) -> Any:
        if containers.backend_of_lists((left, right), {}) is not None:
            _refuse_lists()
        return order(left, right)

    return ordered


less, less_equal = _ordered(operator.lt), _ordered(operator.le)
greater, greater_equal = _ordered(operator.gt), _ordered(operator.ge)

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": equal,
    "!=": unequal,
    "<": less,
    "<=": less_equal,
    ">": greater,
    ">=": greater_equal,
    "is": is_,
    "is not": is_not,
    "in": contains,
    "not in": lambda element, container: not_(contains(element, container)),
}

