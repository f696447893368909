"""Calls: of enabled functions, of builtins, of everything else; `with`, `super()`, `locals()` and their like."""

from __future__ import annotations

import builtins
import functools
import sys
import types
from collections.abc import Callable, Sequence
from typing import Any

from autograph_hook.backends.registry import registry
from autograph_hook.runtime.dispatch import staged_among
from autograph_hook.runtime.errors import user_frames
from autograph_hook.runtime.gate import thread
from autograph_hook.runtime.operators.reading import spread
from autograph_hook.runtime.twins import twin_of_function

__all__ = ["call", "context", "in_frame", "spread", "super_"]


def call(function: Any, /, *arguments: Any, **keywords: Any) -> Any:
    """`function(*arguments, **keywords)`

    An enabled function runs as its twin; a builtin that is given staged values is the backend's; all else is
    called as the trace in progress would have called it.
    """
    kind = type(function)
    if kind is types.MethodType:
        twin = _twin(function.__func__)
        if twin is not None:
            with user_frames():
                return twin(function.__self__, *arguments, **keywords)
    elif kind is types.FunctionType:
        twin = _twin(function)
        if twin is not None:
            with user_frames():
                return twin(*arguments, **keywords)
    elif kind is functools.partial and isinstance(function.func, (types.FunctionType, types.MethodType)):
        if not isinstance(function, type) and kind.__call__ is functools.partial.__call__:
            return call(function.func, *function.args, *arguments, **{**function.keywords, **keywords})
    elif function in _FRAME_BUILTINS_SET if kind is types.BuiltinFunctionType else False:
        return _frame_builtin(function, arguments, keywords, sys._getframe(1))
    elif not isinstance(function, type):
        twin = _twin(getattr(kind, "__call__", None))
        if twin is not None:
            with user_frames():
                return twin(function, *arguments, **keywords)
    with user_frames():
        return _call_outside(function, arguments, keywords)


def _twin(function: Any) -> types.FunctionType | None:
    state = thread()
    if type(function) is not types.FunctionType or state.plain:
        return None
    twin = twin_of_function(function)
    if twin is not None and state.trace is not None:
        state.trace.enter(twin)
    return twin


def _call_outside(function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """Call what has no twin."""
    trace = thread().trace
    if trace is not None:
        return trace.call(function, arguments, keywords)
    if _is_builtin(function):
        backend = staged_among(arguments) or _staged_inside(arguments)
        if backend is not None:
            other = backend.builtin(function)
            if other is not None:
                return other(*arguments, **keywords)
    for backend in registry.in_use():
        if backend.tracing():
            return backend.call(function, arguments, keywords)
    return function(*arguments, **keywords)


def _is_builtin(function: Any) -> bool:
    try:
        return function in _BUILTINS
    except TypeError:  # not hashable
        return False


def _staged_inside(arguments: Sequence[Any]) -> Any:
    """A backend of a value inside a list or tuple: `sum(tensors)`, `max([a, b])`."""
    for argument in arguments:
        if type(argument) in (list, tuple):
            backend = staged_among(argument)
            if backend is not None:
                return backend
    return None


_BUILTINS = frozenset(
    {
        print, len, range, enumerate, zip, map, filter, int, float, bool, complex, abs, min, max, sum, any, all,
        sorted, reversed, round, divmod, pow, iter, next,
    }
)  # fmt: skip

_FRAME_BUILTINS_SET = frozenset({locals, vars, dir, eval, exec, globals})


def _frame_builtin(
    function: Callable[..., Any], arguments: tuple[Any, ...], keywords: dict[str, Any], frame: types.FrameType
) -> Any:
    """A builtin that looks at the frame that calls it, called under another name."""
    if function is globals:
        return frame.f_globals
    if function is locals or (function is vars and not arguments):
        return _user_names(frame.f_locals)
    if function is dir and not arguments:
        return sorted(_user_names(frame.f_locals))
    if function in (eval, exec) and len(arguments) == 1:
        return function(arguments[0], frame.f_globals, _user_names(frame.f_locals))
    return function(*arguments, **keywords)


def _user_names(names: Any) -> dict[str, Any]:
    return {name: value for name, value in names.items() if not name.startswith("ag__")}


def in_frame(function: Any, names: Sequence[str], cells: Any, *arguments: Any) -> Any:
    """`locals()`, `eval(text)` and their like, as the user's function would see its frame.

    `cells` closes over all names of the function; those that have a value are its locals.
    """
    if function not in (builtins.locals, builtins.vars, builtins.dir, builtins.eval, builtins.exec):
        return call(function, *arguments)
    if arguments and function not in (eval, exec):
        return function(*arguments)
    if len(arguments) > 1 and arguments[1] is not None:
        return function(*arguments)
    found: dict[str, Any] = {}
    by_name = dict(zip(cells.__code__.co_freevars, cells.__closure__ or (), strict=True))
    for name in names:
        try:
            found[name] = by_name[name].cell_contents
        except (KeyError, ValueError):
            continue
    if function in (eval, exec):
        given = arguments[2] if len(arguments) > 2 else None
        return function(arguments[0], cells.__globals__, found if given is None else given)
    return sorted(found) if function is dir else found


def super_(function: Any, owner: Any, first: Any) -> Any:
    """`super()` in a method whose class is `owner`."""
    return function(owner, first) if function is super else call(function)


def context(manager: Any) -> Any:
    """The context manager of a `with` statement."""
    trace = thread().trace
    if trace is not None:
        trace.context(manager)
    return manager


