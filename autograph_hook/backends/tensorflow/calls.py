"""Calls out of a twin, and keeping TensorFlow's own conversion off enabled functions."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Mapping
from typing import Any

from autograph_hook.backends.tensorflow import private

PACKAGE = "autograph_hook."


def call(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """Call a function that is not enabled, as the running trace would have called it without us.

    In a trace that was begun with TensorFlow's AutoGraph that is with its conversion, which leaves
    TensorFlow's own functions, builtins and classes alone; in any other, as it is.
    """
    kind = type(function)
    if (
        kind is types.BuiltinFunctionType
        or kind is type
        or _is_left_alone(function)
        or not private.converting()
    ):
        return function(*args, **kwargs)
    return private.converted_call(function, args, kwargs)


def _is_left_alone(function: Any) -> bool:
    """TensorFlow's conversion leaves its own functions and NumPy's alone: no need to ask it each time. An event loop
    runs as it is, as coroutines do.
    """
    module = getattr(function, "__module__", None)
    return isinstance(module, str) and module.partition(".")[0] in ("tensorflow", "numpy", "asyncio")


def own(has_twin: Callable[[Any], bool]) -> None:
    def is_ours(function: Any) -> bool:
        if has_twin(function):
            return True
        first = underlying(function)
        return has_twin(first) or _is_of_this_package(first)

    private.leave_alone(is_ours)


def _is_of_this_package(function: Any) -> bool:
    """By the globals: `functools.wraps` copies a function's `__module__` to its wrapper."""
    namespace = getattr(function, "__globals__", None)
    return namespace is not None and str(namespace.get("__name__")).startswith(PACKAGE)


def underlying(function: Any) -> Any:
    """The Python function that a call of this object runs first."""
    while isinstance(function, functools.partial):
        function = function.func
    if isinstance(function, types.MethodType):
        return function.__func__
    if isinstance(function, (types.FunctionType, type)):
        return function
    called = type.__getattribute__(type(function), "__call__") if callable(function) else None
    return called if isinstance(called, types.FunctionType) else function
