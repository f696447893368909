"""Calls: of enabled functions, of builtins, of everything else; `with`, `super()`, `locals()` and their like."""

from __future__ import annotations
import __future__

import builtins
import functools
import operator
import sys
import types
from collections.abc import Sequence
from typing import Any

from autograph_hook.backends.protocol import Backend, Elements, Joined
from autograph_hook.backends.registry import registry
from autograph_hook.reporting import journal
from autograph_hook.runtime.dispatch import is_of, staged, staged_among
from autograph_hook.runtime.gate import thread
from autograph_hook.runtime.locations import here
from autograph_hook.runtime.operators import noting
from autograph_hook.runtime.operators.binding import bound_by
from autograph_hook.runtime.operators.constructs import (
    about_to_call,
    about_to_change,
    about_to_set,
    fresh,
    is_tracing,
    refuse,
)
from autograph_hook.runtime.operators.containers import backend_of_lists, of_container, require_keys
from autograph_hook.runtime.operators.naming import settled
from autograph_hook.runtime.operators.reading import spread
from autograph_hook.runtime.operators.rebinding import noticed
from autograph_hook.runtime.recursion import watched
from autograph_hook.runtime.twins import twin_of_function
from autograph_hook.runtime.variables import CONTAINERS
from autograph_hook.staging.results import can_return
from autograph_hook.transpiler.generators import GENERATOR

__all__ = ["call", "callee", "context", "in_frame", "spread", "super_", "values"]


_CALL = "__call__"


def call(function: Any, /, *arguments: Any, **keywords: Any) -> Any:
    """`function(*arguments, **keywords)`, as a twin calls it."""
    return callee(function)(*arguments, **keywords)


def callee(function: Any) -> Any:
    """What a twin calls where the user's code calls `function`.

    An enabled function's twin; for a builtin that may be given staged values one that looks at its arguments; for
    all else what calls it as the trace in progress would have called it. The call itself stands in the twin, so that
    whoever looks at the frame or the module of its caller finds the user's.
    """
    function = settled(function)
    kind = type(function)
    if kind is types.FunctionType:
        twin = _twin(function)
        if twin is not None:
            return twin
    elif kind is types.MethodType:
        twin = _twin(function.__func__)
        if twin is not None:
            return types.MethodType(twin, function.__self__)
    elif kind is functools.partial:
        return functools.partial(callee(function.func), *function.args, **function.keywords)
    elif kind is types.BuiltinFunctionType:
        if type(function.__self__) in CONTAINERS:
            return functools.partial(of_container, function)
        if function in _FRAME_BUILTINS:
            return functools.partial(_frame_builtin, function, sys._getframe(1))
    elif not issubclass(kind, type):
        twin = _twin(getattr(kind, _CALL, None))
        if twin is not None:
            return types.MethodType(twin, function)
    return _outside(function, kind)


def _twin(function: Any) -> Any:
    state = thread()
    if type(function) is not types.FunctionType or state.plain:
        return None
    if state.trace is not None and function.__code__.co_flags & GENERATOR:
        return None  # when its frame ends nobody knows, so the trace judges the call of it as of any unknown function
    twin = twin_of_function(function)
    if twin is None:
        return None
    if state.trace is not None:
        state.trace.enter(twin)
    journal.enter(twin.__code__)
    if journal.collecting:
        noting.called(function, True)
    return noticed(watched(twin, function), twin)


def _outside(function: Any, kind: type) -> Any:
    """What calls a function that has no twin."""
    trace = thread().trace
    if trace is not None:
        return functools.partial(_speculative, trace, function)
    if _is_builtin(function):
        return functools.partial(_builtin, function)
    if function is getattr or function is hasattr:
        return functools.partial(_attribute, function)
    if function is setattr or function is delattr:
        return functools.partial(_changing, function)
    if kind is type or _asks_who_calls(function, kind):
        return _passed_on(function)
    if kind is types.BuiltinFunctionType and not (Elements.alive and function.__module__ != "sys"):
        return _passed_on(function)
    for backend in registry.in_use():
        if backend.tracing():
            return functools.partial(_called_by, backend, function)
    return function


def _passed_on(function: Any) -> Any:
    if journal.collecting:
        noting.called(function, noting.is_framework(function))
    return function


def _asks_who_calls(function: Any, kind: type) -> bool:
    """Does it take its caller's module or line from the frame that calls it? Then no frame of ours may be that one."""
    if issubclass(kind, type):
        return kind.__module__ == "enum"
    if kind is types.MethodType:
        function = function.__func__
    if type(function) is not types.FunctionType:
        return False
    module = function.__globals__.get("__name__")
    return module == "logging" or (module, function.__name__) in _ASK_WHO_CALLS


_ASK_WHO_CALLS = frozenset({
    ("collections", "namedtuple"), ("typing", "NamedTuple"), ("typing", "TypedDict"), ("dataclasses", "make_dataclass"),
    ("inspect", "currentframe"), ("inspect", "stack"),
})  # fmt: skip


def _speculative(trace: Any, function: Any, /, *arguments: Any, **keywords: Any) -> Any:
    arguments, keywords = _settled(arguments, keywords)
    about_to_call(function, arguments)
    if trace.named is not None:
        other = trace.named.standing_for(function, arguments, trace.host.call)
        if other is not None:
            trace.step()
            result = other(*arguments, **keywords)
            return trace.make(result) if type(result) in CONTAINERS or hasattr(type(result), "__next__") else result
    backend = backend_of_lists(arguments, keywords)
    if backend is not None:
        trace.step()
        other = backend.builtin(function) if _is_builtin(function) and function is not print else None
        if journal.collecting:
            noting.called(function, True)
        return other(*arguments, **keywords) if other else backend.call(function, arguments, keywords)
    result = trace.call(function, arguments, keywords)
    if journal.collecting:
        noting.called(function, function is print or trace.is_staged(result) or noting.is_framework(function))
    return result


def _settled(arguments: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments for code that has no twin."""
    return tuple(map(settled, arguments)), {key: settled(value) for key, value in keywords.items()}


def _called_by(backend: Backend, function: Any, /, *arguments: Any, **keywords: Any) -> Any:
    arguments, keywords = _settled(arguments, keywords)
    if journal.collecting:
        noting.called(function, noting.is_framework(function))
    return fresh(backend.call(function, arguments, keywords))


def _builtin(function: Any, /, *arguments: Any, **keywords: Any) -> Any:
    """A builtin is the backend's where it is given a staged value."""
    if arguments:
        require_keys(arguments[0])
    arguments, keywords = _settled(arguments, keywords)
    if len(arguments) == 1 and type(arguments[0]) is types.GeneratorType:
        if function is any or function is all:
            return _one_decides(function, arguments[0], function is any)
        if id(function) in _OF_ALL:
            return _builtin(function, list(arguments[0]), **keywords)
    backend = staged_among(arguments) or _staged_inside(arguments)
    if backend is not None:
        if _is_builtin(keywords.get("key")):
            keywords["key"] = callee(keywords["key"])
        other = backend.builtin(function)
        if other is not None:
            if journal.collecting:
                noting.called(function, True)
            return other(*arguments, **keywords)
    if journal.collecting:
        noting.called(function, False)
    return function(*arguments, **keywords)


def _attribute(function: Any, /, owner: Any, *arguments: Any) -> Any:
    """`getattr` or `hasattr`: whether there is such an attribute must not depend on the graph."""
    owner = settled(owner)
    if function is getattr or len(arguments) != 1:
        found = function(owner, *arguments)
    else:
        try:
            found = getattr(owner, *arguments)
        except AttributeError:
            return False
    if is_of(found, Joined) and (function is hasattr or len(arguments) > 1) and found.is_undefined():
        refuse(
            f"{here()}: whether the object has the attribute {arguments[0]!r} is known only when the graph runs, "
            "because one path sets it and another does not: set it on both"
        )
    if function is hasattr:
        return True
    return found.passed() if is_of(found, Joined) else found


def _changing(function: Any, /, owner: Any, *arguments: Any) -> Any:
    """`setattr` or `delattr`, of which the staged constructs around must know."""
    owner = settled(owner)
    if is_tracing() and arguments:
        if function is setattr and len(arguments) == 2:
            about_to_set(arguments[1], owner, arguments[0])
        else:
            about_to_change(owner, arguments[0])
    return function(owner, *arguments)


def _one_decides(function: Any, elements: Any, decisive: bool) -> Any:
    """`any` or `all` of a generator: elements are made up to the first that Python knows to be `decisive`."""
    made = []
    for element in elements:
        made.append(element)
        if staged(element) is None:
            if bool(element) is decisive:
                return decisive
        elif names := bound_by(elements):
            refuse(
                f"{here()}: which element decides {function.__name__}() is known only when the graph runs, and with it "
                f"what {', '.join(names)} is, which each element binds by `:=`: write it as a loop"
            )
    return _builtin(function, made)


def _is_builtin(function: Any) -> bool:
    return id(function) in _BUILTINS  # not by hash and equality: those may be the user's code


def _staged_inside(arguments: Sequence[Any]) -> Any:
    """A backend of a value inside a list or tuple: `sum(tensors)`, `max([a, b])`."""
    for argument in arguments:
        if type(argument) in (list, tuple):
            backend = staged_among(argument)
            if backend is not None:
                return backend
    return None


_BUILTINS = frozenset(
    id(function)
    for function in (
        print, len, range, enumerate, zip, map, filter, int, float, bool, complex, abs, min, max, sum, any, all,
        sorted, reversed, round, divmod, pow, iter, next, list, tuple,
    )
)  # fmt: skip

_OF_ALL = frozenset(id(function) for function in (min, max, sorted))
"""Those that look at all elements before they decide."""

_FRAME_BUILTINS = frozenset({locals, vars, dir, eval, exec})


def _frame_builtin(function: Any, frame: types.FrameType, /, *arguments: Any, **keywords: Any) -> Any:
    """A builtin that looks at the frame that calls it, called under another name."""
    if function is locals or (function is vars and not arguments):
        return _user_names(frame.f_locals)
    if function is dir and not arguments:
        return sorted(_user_names(frame.f_locals))
    if function in (eval, exec):
        return _evaluated(function, frame.f_code, frame.f_globals, _user_names(frame.f_locals), arguments, keywords)
    return function(*arguments, **keywords)


def _evaluated(
    function: Any,
    caller: types.CodeType,
    namespace: dict[str, Any],
    names: dict[str, Any],
    arguments: tuple[Any, ...],
    keywords: dict[str, Any],
) -> Any:
    """`eval` or `exec` as called by the code `caller`, whose `from __future__` imports hold for the text."""
    if not arguments:
        return function(**keywords)
    text, *given = arguments
    if isinstance(text, (str, bytes, bytearray)):
        text = text.lstrip(" \t") if function is eval and isinstance(text, str) else text
        text = compile(text, "<string>", function.__name__, caller.co_flags & _FUTURE, dont_inherit=True)
    if not keywords and all(value is None for value in given[:1]):
        local = given[1] if len(given) > 1 and given[1] is not None else names
        return function(text, namespace, local)
    return function(text, *given, **keywords)


_FUTURE = functools.reduce(
    operator.or_, (getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)
)
"""The flags of code objects that `from __future__` imports set."""


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
    found: dict[str, Any] = {}
    by_name = dict(zip(cells.__code__.co_freevars, cells.__closure__ or (), strict=True))
    for name in names:
        try:
            found[name] = by_name[name].cell_contents
        except (KeyError, ValueError):
            continue
    if function in (eval, exec):
        return _evaluated(function, cells.__code__, cells.__globals__, found, arguments, {})
    return sorted(found) if function is dir else found


def values(names: Sequence[str], cells: Any, unread: Sequence[str]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Those of the names that have a value, with it, and those of `unread` whose value no graph can return. `cells`
    closes over them all."""
    trace = thread().trace
    by_name = dict(zip(cells.__code__.co_freevars, cells.__closure__ or (), strict=True))
    found: dict[str, Any] = {}
    kept: list[str] = []
    for name in names:
        try:
            value = by_name[name].cell_contents
        except ValueError:
            continue
        if name in unread and trace is not None and not can_return(trace, value):
            kept.append(name)
        else:
            found[name] = value
    return found, tuple(kept)


def super_(function: Any, owner: Any, first: Any) -> Any:
    """`super()` in a method whose class is `owner`."""
    return function(owner, first) if function is super else callee(function)()


def context(manager: Any) -> Any:
    """The context manager of a `with` statement."""
    trace = thread().trace
    if trace is not None:
        trace.context(manager)
    return manager
