"""Reading attributes while tracing: no code runs that is not traced, and what was read is a fact.

A fact is looked at again before each staged call, so it must be one that can be looked at: a value in the object
or its class. A property is not read but called, as its twin; what it reads are the facts.
"""

from __future__ import annotations

import collections
import enum
import inspect
import types
from typing import TYPE_CHECKING, Any

from autograph_hook.backends.values import Varying
from autograph_hook.staging import codes, effects, printing, watching
from autograph_hook.staging.arrays import Array
from autograph_hook.staging.effects import CONTAINERS, PRIMITIVES, described
from autograph_hook.staging.facts import Abort
from autograph_hook.staging.numbers import Number
from autograph_hook.staging.places import ABSENT, Place

if TYPE_CHECKING:
    from autograph_hook.staging.trace import Trace

_MISSING: Any = object()
_TUPLE: Any = collections.namedtuple("_TUPLE", "a")
_OF_CLASSES = frozenset({"__name__", "__qualname__", "__module__", "__doc__", "__mro__", "__bases__", "__dict__"})
_OF_OBJECTS = frozenset({"__class__", "__dict__", "__doc__", "__module__"})
_SLOTS = (types.MemberDescriptorType, types.GetSetDescriptorType, type(_TUPLE.a))
_FUNCTIONS = (types.FunctionType, classmethod, staticmethod, types.BuiltinFunctionType, types.MethodDescriptorType,
              types.WrapperDescriptorType)  # fmt: skip

_ELEMENTS = ("trainable_variables", "variables", "non_trainable_variables")
"""Properties of a framework's base classes that collect variables: their elements are looked at again."""


def read(trace: Trace, owner: Any, name: str) -> Any:
    if type(owner) is Array:
        return owner.read(name)
    if type(owner) is Number:
        owner = owner.pin()
    kind = type(owner)
    if kind in PRIMITIVES or kind in CONTAINERS:
        return getattr(owner, name)
    if kind is printing.Deferred:
        if name in printing.OF_ARRAYS:
            return printing.Late(owner, name)
        raise Abort(f"reads {name!r} of a Python value of a tensor")
    if name == "numpy" and (array := printing.array_of_variable(trace, owner)) is not None:
        return array
    if trace.backend.is_symbolic(owner) or (trace.backend.recognises(kind) and not isinstance(owner, type)):
        reason = trace.backend.refusal(owner, name)
        if trace.backend.is_truth(owner):
            reason = f"reads {name!r} of a Python bool that depends on a tensor"
        if name == "numpy" and printing.may_wait(trace, owner):
            return printing.Late(owner, name)
        if reason is not None:
            raise Abort(reason)
        return getattr(owner, name)
    if trace.changes and trace.changes.is_settled(vars(owner) if isinstance(owner, types.ModuleType) else owner, name):
        return _changed(owner, name)
    if isinstance(owner, types.ModuleType):
        return _of_module(trace, owner, name)
    if isinstance(owner, type):
        return _of_class(trace, owner, name)
    if kind is super:
        return _of_super(trace, owner, name)
    if isinstance(owner, enum.Enum) and (name not in ("name", "value") or not effects.is_plain_member(owner)):
        raise Abort(f"reads {name!r} of a member of an enumeration")
    if trace.backend.content(owner) is not None or effects.is_immutable(owner) or trace.backend.is_constant(owner):
        return getattr(owner, name)
    return _of_object(trace, owner, kind, name)


def has(trace: Trace, owner: Any, name: str) -> bool:
    """`hasattr(owner, name)`"""
    kind = type(owner)
    if isinstance(owner, Varying):
        return hasattr(owner.value, name)  # its type is a fact
    if trace.backend.recognises(kind):
        if trace.backend.refusal(owner, name) is not None:
            raise Abort(f"asks whether {described(owner)} has {name!r}")
        return True
    its_own = lookup(kind, "__getattr__") is not None or _finds_its_own(kind)
    if its_own and not isinstance(owner, (type, types.ModuleType)):
        raise Abort(f"asks whether {described(owner)} has {name!r}")
    if inspect.getattr_static(owner, name, _MISSING) is _MISSING:
        if not trace.is_ours(owner) and not trace.changes.is_settled(owner, name):
            trace.outside.require_settled("missing", owner, name)
            trace.outside.facts.add("missing", owner, name, None)
        return False
    read(trace, owner, name)
    return True


def lookup(kind: type, name: str) -> tuple[type, Any] | None:
    """Where in the classes of an object a name is defined, and what stands there."""
    for owner in kind.__mro__:
        namespace = vars(owner)
        if name in namespace:
            return owner, namespace[name]
    return None


def _finds_its_own(kind: type) -> bool:
    """Does a class have a `__getattribute__` written in Python?"""
    found = lookup(kind, "__getattribute__")
    return found is None or not isinstance(found[1], types.WrapperDescriptorType)


def _changed(owner: Any, name: str) -> Any:
    """An attribute to which this trace has stored, or which it has deleted."""
    is_there = name in vars(owner) if isinstance(owner, type) else Place("attribute", owner, name).now() is not ABSENT
    if not is_there and not isinstance(owner, types.ModuleType) and lookup(type(owner), name) is not None:
        raise Abort(f"reads {name!r} of the class of {described(owner)}, after it has deleted that of the object")
    return getattr(owner, name)


def _of_module(trace: Trace, owner: types.ModuleType, name: str) -> Any:
    namespace = vars(owner)
    if name in namespace:
        value = namespace[name]
    elif trace.backend.provides(owner):
        value = getattr(owner, name)
    else:
        raise Abort(f"reads {name!r} of the module {namespace.get('__name__')}, which has it made")
    return trace.outside.fact("attribute", owner, name, value)


def _of_class(trace: Trace, owner: type, name: str) -> Any:
    found = lookup(owner, name)
    if found is None:
        if name not in _OF_CLASSES or name == "__dict__":
            raise Abort(f"reads {name!r} of the class {owner.__qualname__}, which its own class has")
    elif not _is_plain(found[1]) and not isinstance(found[1], (*_FUNCTIONS, property, *_SLOTS)):
        if not effects.is_immutable(value := getattr(owner, name)):
            raise Abort(f"reads {name!r} of the class {owner.__qualname__}, which is a {described(found[1])}")
        return value
    value = getattr(owner, name)
    trace.outside.fact("attribute", owner, name, value)
    return value


def _of_super(trace: Trace, owner: Any, name: str) -> Any:
    value = getattr(owner, name)
    if not isinstance(value, (types.MethodType, types.BuiltinMethodType, types.MethodWrapperType)):
        raise Abort(f"reads {name!r} by super()")
    function = getattr(value, "__func__", None)
    for kind in type(owner.__self__).__mro__:
        if function is not None and vars(kind).get(name) is function:
            trace.outside.fact("attribute", kind, name, function)
            return value
    if function is None and getattr(object, name, None) is not None:
        return value
    raise Abort(f"reads {name!r} by super()")


def _of_object(trace: Trace, owner: Any, kind: type, name: str) -> Any:
    provided = trace.backend.provides(owner)
    if _finds_its_own(kind):
        raise Abort(f"reads {name!r} of {described(owner)}, whose attributes are found by its own code")
    ours = trace.is_ours(owner)
    if not ours:
        trace.outside.admit(owner)
    found = lookup(kind, name)
    if found is not None and trace.changes.is_settled(found[0], name):
        return getattr(owner, name)
    raw = found[1] if found is not None else _MISSING
    if name in _OF_OBJECTS:
        value = getattr(owner, name)
        if name == "__dict__" and not ours:
            if any(place.owner is owner for place in trace.changes.places.values()):
                raise Abort(f"reads the __dict__ of {described(owner)}, which it has changed")
            trace.namespaces[id(value)] = value
        if not ours:
            trace.outside.fact("attribute", owner, name, value)
        return value
    if isinstance(raw, property):
        assert found is not None
        return _of_property(trace, owner, found[0], name, raw, ours)
    namespace = getattr(owner, "__dict__", None) or {}
    if isinstance(raw, _SLOTS) or (name in namespace and not hasattr(type(raw), "__set__")):
        value = getattr(owner, name)
        return value if ours else trace.outside.fact("attribute", owner, name, value)
    if found is None:
        if effects.is_attribute_dict(kind) and not ours:
            return trace.outside.fact("attribute", owner, name, getattr(owner, name))
        if lookup(kind, "__getattr__") is not None:
            raise Abort(f"reads {name!r} of {described(owner)}, which has it made")
        return getattr(owner, name)  # raises
    if not _is_plain(raw) and not isinstance(raw, _FUNCTIONS) and not provided:
        raise Abort(f"reads {name!r} of {described(owner)}, which is a {described(raw)}")
    if provided and not isinstance(raw, _FUNCTIONS):
        raise Abort(f"reads {name!r} of {described(owner)}")
    value = getattr(owner, name)
    if ours:
        trace.outside.fact("attribute", found[0], name, getattr(found[0], name))
        trace.outside.facts.add("size", kind, None, len(vars(kind)))
    else:
        trace.outside.fact("attribute", owner, name, value)
    return value


def _of_property(trace: Trace, owner: Any, where: type, name: str, raw: property, ours: bool) -> Any:
    get = trace.backend.undecorated(raw.fget)
    if isinstance(get, types.FunctionType) and (trace.host.has_twin(get) or codes.is_constant(get.__code__)):
        trace.outside.fact("attribute", where, name, raw)
        trace.outside.fact("attribute", raw, "fget", raw.fget)
        return trace.host.call(get, owner)
    if trace.backend.provides(where) and trace.backend.may_read(owner, name):
        return watching.read(trace, owner, name)
    if trace.backend.provides(where) and name in _ELEMENTS and not ours:
        value = getattr(owner, name)
        if type(value) is tuple and all(trace.backend.recognises(type(item)) for item in value):
            trace.outside.admit(value)
            same = trace.backend.same_variables(owner, name, value)
            trace.outside.facts.add("elements", owner, name, same)
            return value
    raise Abort(f"reads the property {name!r} of {described(owner)}, which is not enabled")


def _is_plain(raw: Any) -> bool:
    """A value that a class holds, not something that makes one."""
    return not hasattr(type(raw), "__get__")
