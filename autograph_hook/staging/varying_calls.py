"""Calls that are given what varies, Python numbers and NumPy arrays: only what is known to do with one what it does
with Python's value is given one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograph_hook.backends.values import Varying
from autograph_hook.staging import arrays, iterables, numbers
from autograph_hook.staging.arrays import Array
from autograph_hook.staging.numbers import Number

if TYPE_CHECKING:
    from autograph_hook.staging.trace import Trace

_KEEPING = frozenset({"append", "extend", "insert", "setdefault", "update", "__setitem__"})


def call(trace: Trace, function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    if numbers.is_expression(function, arguments, keywords):
        number: Number = next(argument for argument in arguments if type(argument) is Number)
        return number.numbers.called(function, arguments, number.place)
    asks = (function is isinstance and len(arguments) == 2) or (function is type and len(arguments) == 1)
    if asks and isinstance(arguments[0], Varying):
        return function(numbers.valued(arguments[0]), *arguments[1:])
    if trace.backend.makes_constant(function) and numbers.is_constant(arguments, keywords):
        return numbers.constant(function, arguments, keywords)
    if arrays.holds(arguments) or arrays.holds(keywords):
        if function is len and len(arguments) == 1 and type(arguments[0]) is Array:
            return arguments[0].length()
        if arrays.knows(function, arguments, keywords):
            return arrays.computed(function, arguments, keywords)
        if iterables.takes_apart(function):
            return trace.call_with_values(function, arguments, keywords)
        only_first = not arrays.holds(arguments[1:]) and not arrays.holds(keywords)
        if trace.backend.takes_arrays(function, only_first):
            arguments = tuple(map(arrays.as_tensors, arguments))
            keywords = {name: arrays.as_tensors(value) for name, value in keywords.items()}
            return trace.call(function, arguments, keywords)
    by_operators = function is print or id(function) in numbers.BY_OPERATORS
    if by_operators or _reads_attribute(function, arguments) or _keeps(trace, function):
        return trace.call_with_values(function, arguments, keywords)
    if trace.backend.takes_numbers(function):
        arguments = tuple(a if type(a) is Number else numbers.pinned(a) for a in arguments)
        keywords = {name: a if type(a) is Number else numbers.pinned(a) for name, a in keywords.items()}
        return trace.call_with_values(function, arguments, keywords)
    return trace.call_with_values(function, numbers.pinned(arguments), numbers.pinned(keywords))


def _reads_attribute(function: Any, arguments: tuple[Any, ...]) -> bool:
    return (function is getattr or function is hasattr) and bool(arguments) and isinstance(arguments[0], Varying)


def _keeps(trace: Trace, function: Any) -> bool:
    """Does it put what it is given into a container of the trace's own?"""
    owner = getattr(function, "__self__", None)
    return type(owner) in (list, dict) and trace.may_change(owner) and function.__name__ in _KEEPING
