"""What traced code may store where, so that it can be undone exactly and done again by the ordinary statement.

Nothing of the user's may run while a place is read, stored to or put back: so objects whose class decides what setting
an attribute does, and containers whose content is read or written by code of their own, end the trace beforehand. A
property with an enabled setter is another matter: its setter is called, and traced.
"""

from __future__ import annotations

import abc
import types
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from autograph_hook.staging.attributes import lookup
from autograph_hook.staging.effects import CONTAINERS, MUTATES, PRIMITIVES, described
from autograph_hook.staging.facts import Abort
from autograph_hook.staging.places import ABSENT

if TYPE_CHECKING:
    from autograph_hook.staging.trace import Trace

_KEPT_BY_NAME = ("__dict__", "__class__", "__weakref__", "__code__", "__defaults__", "__kwdefaults__", "__globals__",
                 "__closure__")  # fmt: skip


def set_attribute(trace: Trace, owner: Any, name: str, value: Any) -> bool:
    """`owner.name = value` is about to happen to an object from outside. True: it has happened, by a setter."""
    found = None if isinstance(owner, (type, types.ModuleType)) else lookup(type(owner), name)
    if found is not None and isinstance(found[1], property):
        setter = found[1].fset
        if not isinstance(setter, types.FunctionType) or not trace.host.has_twin(setter):
            raise Abort(f"sets {name!r} of {described(owner)}, a property whose setter is not enabled")
        trace.outside.fact("attribute", found[0], name, found[1])
        trace.outside.fact("attribute", found[1], "fset", setter)
        trace.host.call(setter, owner, value)
        return True
    kind, where, before = _place(trace, owner, name, "set")
    if kind == "attribute" and trace.backend.provides(_setter(type(owner))[0]):
        for each in (value, before):
            if not (type(each) in PRIMITIVES or each is ABSENT or _is_plain_tensor(trace, each)):
                raise Abort(f"sets {name!r} of {described(owner)}, which keeps track of {described(each)}")
    trace.changes.store(kind, where, name)
    return False


def _is_plain_tensor(trace: Trace, value: Any) -> bool:
    return trace.backend.is_tensor(value) or type(value).__module__.startswith("autograph_hook.staging.")


def delete_attribute(trace: Trace, owner: Any, name: str) -> None:
    """`del owner.name`"""
    kind, where, before = _place(trace, owner, name, "deleted")
    if kind != "attribute" or trace.backend.provides(_setter(type(owner))[0]):
        raise Abort(f"the attribute {name!r} is deleted of {described(owner)}")
    if before is ABSENT:
        raise Abort(f"deletes {name!r} of {described(owner)}, which has none")
    trace.attribute(owner, name)
    trace.changes.delete(kind, where, name)


def _place(trace: Trace, owner: Any, name: str, what: str) -> tuple[str, Any, Any]:
    """The kind of place that an attribute is, in what it lies, and what it holds."""
    reason = f"the attribute {name!r} is {what} of {described(owner)} that was there before"
    kind = type(owner)
    trace.require_open(reason)
    if kind is types.ModuleType and not trace.backend.provides(owner):
        return "name", vars(owner), vars(owner).get(name, ABSENT)
    if owner not in trace.outside or name in _KEPT_BY_NAME:
        raise Abort(reason)
    if isinstance(owner, type):
        # What a class has counts its names, and special methods are looked up by the interpreter itself.
        is_known = name in vars(owner) and not name.startswith("__") and not hasattr(type(vars(owner)[name]), "__get__")
        if kind not in (type, abc.ABCMeta) or trace.backend.provides(owner) or not is_known:
            raise Abort(reason)
        return "class", owner, vars(owner)[name]
    if kind in PRIMITIVES or kind in CONTAINERS or trace.backend.recognises(kind) or trace.backend.content(owner):
        raise Abort(reason)
    where, setter = _setter(kind, "__setattr__" if what == "set" else "__delattr__")
    if where is not object and not (trace.backend.provides(where) and trace.backend.sets_plainly(owner)):
        raise Abort(f"{reason}, and whose class has its own {setter}")
    found = lookup(kind, name)
    is_slot = found is not None and type(found[1]) is types.MemberDescriptorType
    if found is not None and not is_slot and hasattr(type(found[1]), "__set__"):
        raise Abort(f"{reason}, by a {described(found[1])}")
    place = trace.changes.place("attribute", owner, name)
    return "attribute", owner, place.now()


def _setter(kind: type, name: str = "__setattr__") -> tuple[type, str]:
    """The class whose method sets the attributes of an instance."""
    found = lookup(kind, name)
    assert found is not None
    return found[0], name


def set_item(trace: Trace, owner: Any, key: Any) -> bool:
    """`owner[key] = value` is about to happen to what was there before. True: it is known to be just that."""
    return _item(trace, owner, key, "an item is set", deletes=False)


def delete_item(trace: Trace, owner: Any, key: Any) -> bool:
    return _item(trace, owner, key, "an item is deleted", deletes=True)


def _item(trace: Trace, owner: Any, key: Any, what: str, deletes: bool) -> bool:
    kind = type(owner)
    trace.require_open(f"{what} of {described(owner)} that was there before")
    if kind is dict:
        _dictionary(trace, owner)
        if deletes:
            trace.changes.fetch(owner, key)
            if key not in owner:
                raise Abort("deletes an item that a dict does not have")
            trace.changes.delete("item", owner, key)
        else:
            trace.outside.key(key)
            trace.changes.store("item", owner, key)
    elif kind is list:
        trace.changes.list_(owner)
        trace.changes.read(owner)
    else:
        raise Abort(f"{what} of {described(owner)} that was there before")
    return True


def _dictionary(trace: Trace, owner: dict[Any, Any]) -> None:
    """A dictionary is about to change."""
    if id(owner) in trace.namespaces:
        raise Abort("changes the __dict__ of an object")
    trace.changes.dict_(owner)


_ADDING = {"append": 1, "extend": 1, "clear": 0}
"""Methods of a list for which its content does not matter, and how many arguments they have."""


def method(
    trace: Trace, owner: Any, name: str, arguments: Sequence[Any], keywords: dict[str, Any], inside: bool
) -> str:
    """A method that changes a container from outside is about to be called: "carried", if it may be, "noted", if it is
    called when the graph has run. `inside`: in a branch or loop of the graph?"""
    kind = type(owner)
    reason = MUTATES.format(f"{kind.__name__}.{name}")
    trace.require_open(reason)
    for argument in arguments:
        if type(argument) in CONTAINERS:
            trace.iteration(argument)
    if keywords and not (kind is dict and name == "update"):
        raise Abort(reason)
    if kind is list:
        _of_list(trace, owner, name, arguments, reason)
        return "carried"
    if kind is dict:
        _of_dict(trace, owner, name, arguments, keywords, reason)
        return "carried"
    if kind is set and name in ("add", "discard") and len(arguments) == 1 and not inside:
        trace.outside.key(arguments[0])
        trace.changes.call(owner, name, tuple(arguments))
        return "noted"
    raise Abort(reason)


def _of_list(trace: Trace, owner: list[Any], name: str, arguments: Sequence[Any], reason: str) -> None:
    if name == "extend" and len(arguments) == 1 and type(arguments[0]) not in (list, tuple):
        raise Abort(reason)
    if name in ("sort", "__init__"):
        raise Abort(reason)
    trace.changes.list_(owner)
    if _ADDING.get(name) != len(arguments):
        trace.changes.read(owner)


def _of_dict(
    trace: Trace, owner: dict[Any, Any], name: str, arguments: Sequence[Any], keywords: dict[str, Any], reason: str
) -> None:
    _dictionary(trace, owner)
    changes = trace.changes
    if name in ("setdefault", "pop") and arguments:
        changes.fetch(owner, arguments[0])
        if name == "pop" and arguments[0] in owner:
            changes.delete("item", owner, arguments[0])
        elif name == "setdefault" and arguments[0] not in owner:
            trace.outside.key(arguments[0])
            changes.store("item", owner, arguments[0])
    elif name == "update" and all(type(given) is dict for given in arguments[:1]) and len(arguments) <= 1:
        for key in (*(arguments[0] if arguments else ()), *keywords):
            trace.outside.key(key)
            changes.store("item", owner, key)
    elif name in ("clear", "popitem"):
        changes.read(owner)
        for key in list(owner) if name == "clear" else list(owner)[-1:]:
            changes.delete("item", owner, key)
    else:
        raise Abort(reason)


def variables(trace: Trace, found: Iterable[Any]) -> None:
    """The variables of a branch or loop of the graph are about to be read, and stored to: those from outside are facts,
    and changes."""
    for variable in found:
        owner = getattr(variable, "owner", None)
        if owner is None or not trace.is_from_outside(owner):
            continue
        key: Any = getattr(variable, "key", getattr(variable, "name", None))
        if type(owner) is types.CellType:
            trace.cell(owner)
            trace.changes.place("cell", owner, None)
        elif type(owner) in (list, set) or (type(owner) is dict and key is None):
            _whole(trace, owner)
        elif type(owner) is dict and trace.is_namespace(owner):
            if key in owner and not trace.changes.is_settled(owner, key):
                trace.outside.fact("global", owner, key, owner[key])
            trace.changes.place("name", owner, key)
        elif type(owner) is dict:
            _dictionary(trace, owner)
            trace.changes.fetch(owner, key)
            trace.changes.place("item", owner, key)
        else:
            _attribute_variable(trace, owner, key)


def _whole(trace: Trace, owner: Any) -> None:
    trace.require_open(f"changes a {described(owner)} that was there before")
    if type(owner) is set:
        raise Abort("changes a set in a branch or loop of the graph")
    if type(owner) is list:
        trace.changes.list_(owner)
        trace.changes.read(owner)
    else:
        _dictionary(trace, owner)
        trace.changes.read(owner)
        for key in list(owner):
            trace.changes.place("item", owner, key)


def _attribute_variable(trace: Trace, owner: Any, name: str) -> None:
    kind, where, before = _place(trace, owner, name, "set")
    if before is ABSENT and lookup(type(owner), name) is not None and not isinstance(owner, type):
        raise Abort(f"sets {name!r} of {described(owner)}, which its class has, in a branch or loop of the graph")
    if before is not ABSENT:
        trace.attribute(owner, name)
    else:
        trace.has_attribute(owner, name)
    trace.changes.place(kind, where, name)
