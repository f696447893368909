"""Calls of what has no twin while tracing: what is called must be safe, and so must everything that it is given."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import types
from typing import TYPE_CHECKING, Any

from autograph_hook.staging import codes, effects, higher_order, iterables, numpy_calls, printing, watching
from autograph_hook.staging.arrays import Array, Method
from autograph_hook.staging.effects import CONTAINERS, MUTATES, PRIMITIVES, UNKNOWN, VALUE, VIEWS, described, name_of
from autograph_hook.staging.facts import Abort
from autograph_hook.staging.numbers import Number
from autograph_hook.transpiler.generators import GENERATOR

if TYPE_CHECKING:
    from autograph_hook.staging.trace import Trace

_BUILTINS = (types.BuiltinFunctionType, types.MethodWrapperType, types.MethodDescriptorType,
             types.WrapperDescriptorType)  # fmt: skip

_GENERATES = "calls {}, a generator, whose body runs bit by bit"


def call(trace: Trace, function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    if type(function) is printing.Late:
        return function.make(trace, arguments, keywords)
    if type(function) is Method:
        return function.call(arguments, keywords)
    if function is round and arguments and type(arguments[0]) is printing.Deferred:
        return printing.put_off(trace, round, arguments, keywords, is_text=False)
    if iterables.takes_apart(function):
        arguments = iterables.apart(trace, function, arguments)
    elif iterables.decides(trace, function, arguments, keywords):
        return iterables.decided(trace, function, arguments)
    elif iterables.looks_for_truth(trace, function, arguments, keywords):
        return iterables.found_truth(trace, function, arguments[0])
    with_sizes = tuple([trace.backend.sizes(argument) or argument for argument in arguments])
    if numpy_calls.knows(function, with_sizes, keywords):
        return numpy_calls.call(function, with_sizes, keywords)
    if effects.is_of_texts(function, arguments, keywords):
        found = function(*arguments, **keywords)
        return trace.make(found) if type(found) is list else found
    if isinstance(function, type):
        return _instance(trace, function, arguments, keywords)
    what = judge(trace, function)
    if what == "calls":
        return higher_order.call(trace, function, arguments, keywords)
    if id(function) in effects.NEED_VALUES and any(_holds_symbol(trace, argument) for argument in arguments):
        raise Abort(VALUE.format(name_of(function)))
    for argument in (*arguments, *keywords.values()) if what != "constant" else ():
        passed(trace, argument, function)
    result = function(*arguments, **keywords)
    if what == "nothing":
        return None
    if type(result) in (list, dict, set):
        if what == "pure" and _is_new(function):
            trace.make(result)
        elif what == "trusted":
            trace.foreign[id(result)] = result
    elif type(result) in VIEWS or effects.is_named_tuple(type(result)):
        trace.make(result)
    return result


def _is_new(function: Any) -> bool:
    """Is a container that it returns a new one?"""
    owner = getattr(function, "__self__", None)
    if owner is not None and type(owner) in (*CONTAINERS, *PRIMITIVES):
        return function.__name__ in effects.NEW
    return function not in (max, min)


def judge(trace: Trace, function: Any) -> str:
    """What calling it does; raises Abort where it may not be called.

    "pure" and "nothing" as a backend says it; "constant": it looks at nothing; "changed": it changes its object,
    which is ours; "calls": it calls functions that it is given; "trusted": the user says that it is safe.
    """
    kind = type(function)
    if kind is functools.partial:
        passed(trace, function.args, function)
        passed(trace, function.keywords, function)
        return judge(trace, function.func)
    if kind in _BUILTINS:
        what = effects.of_builtin(function)
        owner = getattr(function, "__self__", None)
        if what == "mutates" and trace.may_change(owner):
            return "changed"
        if what == "pure":
            if id(owner) in trace.foreign:
                raise Abort(f"reads a {described(owner)} of unknown origin")
            return what
        if kind is types.MethodWrapperType and function.__name__ == "__init__" and trace.is_ours(owner):
            return "pure"  # object.__init__, by super()
        if kind is types.MethodWrapperType and function.__name__ == "__get__" and type(owner) is types.FunctionType:
            return "constant"  # binds a method
        raise Abort((MUTATES if what == "mutates" else UNKNOWN).format(name_of(function)))
    if kind is types.MethodType and effects.is_of_named_tuple(function):
        return "pure"
    if kind is types.FunctionType and codes.is_constant(function.__code__):
        trace.outside.fact("attribute", function, "__code__", function.__code__)
        return "constant"
    if kind is types.MethodType and codes.is_constant(getattr(function.__func__, "__code__", judge.__code__)):
        return judge(trace, function.__func__)
    effect = trace.backend.effect(function)
    if effect == "own":
        if not trace.may_change(function.__self__):
            raise Abort(MUTATES.format(name_of(function)))
        return "pure"
    if effect == "state":
        watching.watch(trace, getattr(function, "__self__", function))
        return "pure"
    if effect is not None:
        return effect
    if effects.matches(effects.path_of(function), trace.safe):
        return "trusted"
    raise Abort((_GENERATES if _generates(function) else UNKNOWN).format(name_of(function)))


def _generates(function: Any) -> bool:
    """Is it a generator function, or a context manager made of one?"""
    function = getattr(function, "__func__", function)
    if type(function) is types.FunctionType and function.__globals__ is vars(contextlib):
        function = getattr(function, "__wrapped__", function)
    return type(function) is types.FunctionType and bool(function.__code__.co_flags & GENERATOR)


def passed(trace: Trace, value: Any, function: Any, depth: int = 0) -> None:
    """Code that we do not trace is about to get this: it must be able to do no harm with it."""
    kind = type(value)
    if kind in PRIMITIVES or kind in (Number, Array, object):
        return
    if trace.backend.recognises(kind) or effects.is_immutable(value):
        return
    if kind in CONTAINERS or trace.backend.content(value) is not None or effects.is_named_tuple(kind):
        if depth > 12:
            raise Abort(f"passes {described(value)} to {name_of(function)}, nested too deeply")
        trace.changes.read(value)
        for element in value.values() if isinstance(value, dict) else value:
            passed(trace, element, function, depth + 1)
    elif kind is slice:
        for part in (value.start, value.stop, value.step):
            passed(trace, part, function, depth + 1)
    elif isinstance(value, type):
        if value not in effects.SAFE_TYPES and not trace.backend.provides(value):
            raise Abort(f"passes the class {value.__qualname__} to {name_of(function)}")
    elif kind in (types.FunctionType, types.MethodType):
        if not trace.host.has_twin(getattr(value, "__func__", value)):
            judge(trace, value)
    elif kind in _BUILTINS or kind is functools.partial:
        judge(trace, value)
    elif trace.is_ours(value) and (effects.is_iterator(value) or kind in VIEWS):
        return
    elif trace.backend.is_object(value):
        watching.watch(trace, value)
    elif not trace.backend.provides(value):
        raise Abort(f"passes {described(value)} to {name_of(function)}")


def require_same_of_symbols(trace: Trace, tensor: Any, kind: Any) -> None:
    """`isinstance(tensor, kind)` must say the same of a symbolic tensor as of an eager one; what is a bool here may
    be a Python bool there.
    """
    if kind in effects.CONVERSIONS and getattr(tensor.dtype, "name", "") == "bool":
        raise Abort(f"asks whether a tensor is a {kind.__name__}")
    if kind in effects.SAFE_TYPES or (type(kind) is type and not trace.backend.provides(kind)):
        return
    if trace.backend.provides(kind) and trace.backend.holds_symbols(kind):
        return
    raise Abort(f"asks whether a tensor is a {getattr(kind, '__qualname__', kind)}")


def _holds_symbol(trace: Trace, value: Any) -> bool:
    if type(value) in (list, tuple):
        return any(map(trace.backend.is_symbolic, value))
    return trace.backend.is_symbolic(value) or effects.is_iterator(value)


def _instance(trace: Trace, kind: type, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    if kind in effects.SAFE_TYPES or kind is functools.partial or trace.backend.effect(kind) is not None:
        if kind in printing.NUMBERS and len(arguments) == 1 and not keywords:
            content = printing.content(trace, kind, arguments[0])
            if printing.may_wait(trace, content):
                return printing.number(trace, kind, content)
        if kind in effects.CONVERSIONS and any(map(trace.backend.is_symbolic, arguments)):
            raise Abort(f"makes a Python {kind.__name__} of a tensor")
        if kind is range and any(map(trace.backend.is_symbolic, arguments)):
            raise Abort("counts with range() to a tensor, which gives Python numbers: use tf.range")
        for argument in (*arguments, *keywords.values()):
            if not (kind is str and type(argument) in (int, float)):
                passed(trace, argument, kind)
        made = kind(*arguments, **keywords)
        return made if type(made) in PRIMITIVES else trace.make(made)
    if effects.matches(effects.path_of(kind), trace.safe):
        return kind(*arguments, **keywords)
    if hasattr(kind, "__del__"):
        raise Abort(f"makes an instance of {kind.__module__}.{kind.__qualname__}, which acts when it goes: __del__")
    initialise: Any = getattr(kind, "__init__")  # noqa: B009
    plain_new = getattr(kind, "__new__") is object.__new__ and type(kind) is type  # noqa: B009
    if issubclass(kind, BaseException) and initialise in (BaseException.__init__, Exception.__init__):
        return kind(*arguments, **keywords)
    plain_set: Any = getattr(kind, "__setattr__")  # noqa: B009
    if effects.makes_named_tuple(kind):
        trace.outside.kind(kind)
        maker: Any = getattr(kind, "__new__")  # noqa: B009
        trace.outside.facts.add("attribute", kind, "__new__", maker)
        trace.outside.defaults(maker)
        return trace.make(kind(*arguments, **keywords))
    if plain_new and effects.makes_dataclass(kind):
        return _dataclass(trace, kind, initialise, arguments, keywords)
    if plain_new and plain_set is object.__setattr__ and not trace.outside.kind(kind):
        if trace.host.has_twin(initialise):
            _class_fact(trace, kind, "__init__")
            made = trace.make(object.__new__(kind))
            trace.host.call(initialise, made, *arguments, **keywords)
            return made
        if initialise is object.__init__ and not arguments and not keywords:
            return trace.make(kind())
    raise Abort(f"makes an instance of {kind.__module__}.{kind.__qualname__}")


def _dataclass(trace: Trace, kind: type, initialise: Any, arguments: Any, keywords: dict[str, Any]) -> Any:
    after = getattr(kind, "__post_init__", None)
    if after is not None and not trace.host.has_twin(after):
        raise Abort(f"makes an instance of {kind.__module__}.{kind.__qualname__}, whose __post_init__ is not enabled")
    trace.outside.kind(kind)
    for name in ("__init__", "__post_init__")[: 1 + (after is not None)]:
        _class_fact(trace, kind, name)
    trace.outside.defaults(initialise)
    made = trace.make(object.__new__(kind))
    initialise(made, *arguments, **keywords)
    return made


def replaced(trace: Trace, value: Any, /, **changes: Any) -> Any:
    """`dataclasses.replace`"""
    kind = type(value)
    if isinstance(value, type) or not effects.makes_dataclass(kind):
        raise Abort(f"replaces fields of {described(value)}")
    for field in dataclasses.fields(kind):
        if field.init and field.name not in changes:
            changes[field.name] = trace.attribute(value, field.name)
        elif not field.init and field.name in changes:
            raise Abort(f"replaces the field {field.name!r} of {described(value)}, which it does not take")
    return _instance(trace, kind, (), changes)


def _class_fact(trace: Trace, kind: type, name: str) -> None:
    for owner in kind.__mro__:
        if name in vars(owner):
            trace.outside.fact("attribute", owner, name, vars(owner)[name])
            return
