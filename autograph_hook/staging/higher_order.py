"""Functions of a framework that call functions of the user's in a graph: `tf.map_fn`, `tf.cond`, `tf.while_loop` …

Eagerly such a function is called for each element, and what it returns is taken as it is; in a graph it is traced
once, and returns tensors. So it must do nothing but compute tensors from tensors: Python values that it returns, and
changes of what was there before, end the trace.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from autograph_hook.staging.effects import CONTAINERS, PRIMITIVES, described, name_of
from autograph_hook.staging.facts import Abort

if TYPE_CHECKING:
    from autograph_hook.staging.trace import Trace


def call(trace: Trace, function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    given = [_argument(trace, function, argument) for argument in arguments]
    named = {
        name: value if trace.backend.is_option(name) and _is_option(trace, value) else _argument(trace, function, value)
        for name, value in keywords.items()
    }
    before, trace.frozen = trace.frozen, frozenset(trace.made)
    try:
        result = function(*given, **named)
    finally:
        trace.frozen = before
    return _made(trace, result)


def _is_option(trace: Trace, value: Any) -> bool:
    return type(value) in PRIMITIVES or trace.backend.is_constant(value)


def _argument(trace: Trace, function: Any, value: Any) -> Any:
    """Tensors as they are; a function of the user's that says when it returns something else than tensors."""
    kind = type(value)
    if trace.backend.is_tensor(value) or trace.backend.is_constant(value) or kind is str or value is None:
        return value
    if kind in (types.FunctionType, types.MethodType):
        if not trace.host.has_twin(getattr(value, "__func__", value)):
            raise Abort(f"passes {name_of(value)}, which is not enabled, to {name_of(function)}")
        return _checked(trace, value)
    if kind in (list, tuple):
        trace.iteration(value)
        return kind([_argument(trace, function, item) for item in value])
    if kind is dict:
        trace.iteration(value)
        return {key: _argument(trace, function, item) for key, item in value.items()}
    raise Abort(f"passes {described(value)} to {name_of(function)}")


def _checked(trace: Trace, function: Any) -> Callable[..., Any]:
    def checked(*arguments: Any) -> Any:
        for argument in arguments:
            _made(trace, argument)
        result = trace.host.call(function, *arguments)
        _require_tensors(trace, result)
        return result

    return checked


def _require_tensors(trace: Trace, value: Any) -> None:
    if type(value) in (list, tuple, dict):
        for item in value.values() if isinstance(value, dict) else value:
            _require_tensors(trace, item)
    elif not trace.backend.is_tensor(value) or trace.backend.is_truth(value):
        raise Abort(f"a function that a graph calls returns {described(value)}, which the graph would make a tensor")


def _made(trace: Trace, value: Any) -> Any:
    """The containers that the framework has made are of this trace."""
    if type(value) in CONTAINERS:
        for item in value.values() if isinstance(value, dict) else value:
            _made(trace, item)
        if not isinstance(value, tuple):
            trace.make(value)
    return value
