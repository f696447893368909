"""The Python state around a call: every object that can be reached from it, and what each of them holds.

    state = State(roots, backend, is_enabled)
    ...                                # something runs
    after = state.look()               # what each object holds now
    state.put_back()                   # each holds again what it held

Nothing of the user's runs for it: contents are read and written below the classes' own methods. Objects of the
standard library and of frameworks that are no containers are taken as they are, but for those in which a framework
keeps Python state.
"""

from __future__ import annotations

import argparse
import collections
import functools
import sys
import types
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final
from weakref import WeakKeyDictionary

from autograph_hook.staging.effects import PRIMITIVES, is_array

MOST = 200_000
"""Objects of one state. What lies further away is not looked at."""

Content = tuple[tuple[Any, Any], ...]
"""What an object holds: keys and values, in order."""

_SLOT_ABSENT: Final = object()
_OPENED: tuple[type, ...] = (types.SimpleNamespace, argparse.Namespace)
_KEPT = frozenset({"__dict__", "__weakref__"})


class State:
    def __init__(
        self, roots: Iterable[tuple[str, Any]], backend: Any, is_enabled: Callable[[Any], bool],
        variables: Iterable[Any] = (),
    ) -> None:
        self.backend = backend
        self.is_enabled = is_enabled
        self.labels: dict[int, str] = {}
        self.objects: dict[int, Any] = {}
        """In the order in which they were found. Kept alive, so that no identity is used twice."""
        self.before: dict[int, Content] = {}
        self._walk(roots)
        for variable in variables:
            self._keep(variable, f"variable {backend.name_of(variable)!r}")

    def _walk(self, roots: Iterable[tuple[str, Any]]) -> None:
        waiting = collections.deque(roots)
        while waiting and len(self.objects) < MOST:
            label, value = waiting.popleft()
            if type(value) in PRIMITIVES or id(value) in self.labels:
                continue
            self.labels[id(value)] = label
            if self.backend.is_reference(value):
                self._keep(value, label)
                continue
            if is_mutable(value, self.backend, self.is_enabled):
                self._keep(value, label)
            waiting.extend(parts(value, label, self.backend, self.is_enabled))

    def _keep(self, value: Any, label: str) -> None:
        if id(value) not in self.objects:
            self.labels[id(value)] = label
            self.objects[id(value)] = value
            self.before[id(value)] = self._held(value)

    def _held(self, value: Any) -> Content:
        if self.backend.is_reference(value):
            return ((None, self.backend.held(value)),)
        return content(value)

    def look(self) -> dict[int, Content]:
        """What each object holds now."""
        return {identity: self._held(value) for identity, value in self.objects.items()}

    def changed(self) -> list[int]:
        """The objects that hold something else now."""
        return [i for i, value in self.objects.items() if not self._is_same(value, self.before[i], self._held(value))]

    def _is_same(self, value: Any, one: Content, other: Content) -> bool:
        if self.backend.is_reference(value):
            held = one[0][1], other[0][1]
            return held[0] is held[1] or (None not in held and self.backend.difference(*held, 0.0) is None)
        if is_array(value):
            return bool(one[0][1].tobytes() == other[0][1].tobytes())
        return len(one) == len(other) and all(
            this[1] is that[1] and (this[0] is that[0] or this[0] == that[0])
            for this, that in zip(one, other, strict=True)
        )

    def put_back(self) -> None:
        for identity in self.changed():
            value, held = self.objects[identity], self.before[identity]
            if self.backend.is_reference(value):
                self.backend.hold(value, held[0][1])
            else:
                restore(value, held)


def is_mutable(value: Any, backend: Any, is_enabled: Callable[[Any], bool]) -> bool:
    """Is it an object that holds others, and may hold others later?"""
    kind = type(value)
    if issubclass(kind, (list, dict, set, collections.deque)) or kind is types.CellType or is_array(value):
        return True
    if kind is types.FunctionType or kind is types.ModuleType:
        return not backend.provides(value) and not str(vars(value).get("__name__")).startswith("autograph_hook.")
    return _is_enabled_class(value, is_enabled) or _is_opened(value, backend)


def _is_enabled_class(value: Any, is_enabled: Callable[[Any], bool]) -> bool:
    return isinstance(value, type) and is_enabled(type.__getattribute__(value, "__module__"))


def _is_opened(value: Any, backend: Any) -> bool:
    kind: Any = type(value)
    if issubclass(kind, (type, types.FunctionType, types.ModuleType)) or kind.__module__ == "builtins":
        return False
    if kind in _OPENED:
        return True
    if backend.provides(value) or backend.recognises(kind):
        return bool(backend.keeps_state(value))
    top = str(kind.__module__).partition(".")[0]
    if top in sys.stdlib_module_names or top in ("numpy", "autograph_hook"):
        return False
    return _namespace(value) is not None or bool(_slots(kind))


def parts(
    value: Any, label: str, backend: Any, is_enabled: Callable[[Any], bool]
) -> Iterable[tuple[str, Any]]:
    """What can be reached from an object, with its names."""
    kind = type(value)
    if issubclass(kind, dict):
        for key, item in list(dict.items(value)):
            yield (f"{label}[{key!r}]" if type(key) in PRIMITIVES else f"an item of {label}"), item
    elif issubclass(kind, (list, tuple, collections.deque)):
        yield from ((f"{label}[{i}]", item) for i, item in enumerate(kind.__iter__(value)))
    elif kind is types.CellType:
        yield from ((label, item) for _, item in content(value))
    elif kind is types.MethodType:
        yield label, value.__self__
        yield label, value.__func__
    elif kind is types.FunctionType:
        yield from zip(value.__code__.co_freevars, value.__closure__ or (), strict=True)
        if is_enabled(value.__module__):
            yield from names_of(value.__globals__)
    elif kind is functools.partial:
        yield label, value.func
        yield from parts(value.args, label, backend, is_enabled)
        yield from parts(value.keywords, label, backend, is_enabled)
    elif kind is types.ModuleType:
        if is_enabled(types.ModuleType.__getattribute__(value, "__name__")):
            yield from names_of(vars(value))[1:]
    elif issubclass(kind, (set, frozenset)):
        yield from ((f"an element of {label}", item) for item in kind.__iter__(value))
    if _is_enabled_class(value, is_enabled) or _is_opened(value, backend):
        yield from ((f"{label}.{name}", item) for name, item in content(value) if name not in _KEPT)
        yield "", kind


def names_of(namespace: dict[str, Any]) -> list[tuple[str, Any]]:
    """A module's names: the dictionary itself, then what it holds."""
    return [("the module's names", namespace), *((str(name), value) for name, value in list(namespace.items()))]


def content(value: Any) -> Content:
    """What an object holds, of the kinds that `is_mutable` knows."""
    kind = type(value)
    if issubclass(kind, dict):
        return (*dict.items(value), *_attributes(value))
    if issubclass(kind, (list, collections.deque)):
        base = list if issubclass(kind, list) else collections.deque
        return (*enumerate(base.__iter__(value)), *_attributes(value))
    if issubclass(kind, set):
        return (*((item, item) for item in set.__iter__(value)), *_attributes(value))
    if kind is types.CellType:
        try:
            return ((None, value.cell_contents),)
        except ValueError:
            return ()
    if is_array(value):
        return ((None, value.copy()),)
    if isinstance(value, type):
        return tuple((name, item) for name, item in vars(value).items() if name not in _KEPT)
    return tuple(_attributes(value))


def _attributes(value: Any) -> list[tuple[str, Any]]:
    found = list((_namespace(value) or {}).items())
    kind: Any = type(value)
    for name, slot in _slots(kind):
        try:
            found.append((name, slot.__get__(value, type(value))))
        except AttributeError:
            continue
    return found


def _namespace(value: Any) -> dict[str, Any] | None:
    try:
        found = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return None
    return found if type(found) is dict else None


_slotted: WeakKeyDictionary[Any, bool] = WeakKeyDictionary()
"""Has a class slots? Not which: they hold the class."""


def _slots(kind: Any) -> tuple[tuple[str, Any], ...]:
    if _slotted.get(kind) is False:
        return ()
    found = tuple(
        (name, slot)
        for owner in kind.__mro__
        for name, slot in vars(owner).items()
        if type(slot) is types.MemberDescriptorType and owner.__module__ != "builtins"
    )
    _slotted[kind] = bool(found)
    return found


def restore(value: Any, held: Content) -> None:
    """Give an object what it held."""
    kind = type(value)
    if issubclass(kind, (list, collections.deque)):
        items = [item for key, item in held if type(key) is int]
        base: Any = list if issubclass(kind, list) else collections.deque
        base.clear(value)
        base.extend(value, items)
        _restore_attributes(value, [(key, item) for key, item in held if type(key) is str])
    elif issubclass(kind, dict):
        own = _attributes(value)
        base = collections.OrderedDict if issubclass(kind, collections.OrderedDict) else dict
        base.clear(value)
        for key, item in held[: len(held) - len(own)]:
            base.__setitem__(value, key, item)
    elif issubclass(kind, set):
        own = _attributes(value)
        set.clear(value)
        set.update(value, [item for _, item in held[: len(held) - len(own)]])
    elif kind is types.CellType:
        if held:
            value.cell_contents = held[0][1]
        else:
            del value.cell_contents
    elif is_array(value):
        value[...] = held[0][1]
    elif isinstance(value, type):
        _restore_class(value, dict(held))
    else:
        _restore_attributes(value, held)


def _restore_class(value: type, held: dict[Any, Any]) -> None:
    for name, item in list(vars(value).items()):
        if name not in held and name not in _KEPT:
            type.__delattr__(value, name)
        elif name in held and held[name] is not item:
            type.__setattr__(value, name, held[name])
    for name, item in held.items():
        if name not in vars(value):
            type.__setattr__(value, name, item)


def _restore_attributes(value: Any, held: Sequence[tuple[Any, Any]]) -> None:
    kind: Any = type(value)
    slots = dict(_slots(kind))
    kept = dict(held)
    namespace = _namespace(value)
    if namespace is not None:
        items = {name: item for name, item in held if name not in slots}
        for name in [name for name in namespace if name not in items]:
            del namespace[name]
        namespace.update(items)
        if list(namespace) != list(items):
            namespace.clear()
            namespace.update(items)
    for name, slot in slots.items():
        now = next((item for key, item in _attributes(value) if key == name), _SLOT_ABSENT)
        if name in kept:
            slot.__set__(value, kept[name])
        elif now is not _SLOT_ABSENT:
            slot.__delete__(value)
