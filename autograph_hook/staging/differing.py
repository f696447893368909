"""The first difference between what two runs have left: types, dtypes, shapes, bits, identities, order.

Objects that were there before both runs must be the same object. Objects that a run has made stand for each other if
they are of one class and hold the same, and each stands for one other only.
"""

from __future__ import annotations

import types
from collections.abc import Sequence
from typing import Any, NamedTuple

from autograph_hook.staging import reachable
from autograph_hook.staging.effects import PRIMITIVES, described, is_array
from autograph_hook.staging.reachable import Content, State

LONGEST = 80
"""Characters of a value in a message."""


class Difference(NamedTuple):
    where: str
    """The element of a tensor, and the part of a value; empty for the whole."""
    plain: str
    staged: str
    extent: str = ""

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        extent = f" ({self.extent})" if self.extent else ""
        return f"{where}{self.plain} plain, {self.staged} staged{extent}"


def text(value: Any) -> str:
    """A value in a message. Nothing of the user's runs."""
    shown = repr(value) if type(value) in PRIMITIVES else f"a {described(value)}"
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"


class Comparison:
    """Of a plain and a staged run. `tolerance`: by how much floating point numbers may differ."""

    def __init__(self, state: State, tolerance: float = 0.0) -> None:
        self.state = state
        self.backend = state.backend
        self.tolerance = tolerance
        self._pairs: dict[int, Any] = {}
        self._staged: dict[int, Any] = {}

    def value(self, plain: Any, staged: Any, path: str = "") -> Difference | None:
        kind = type(plain)
        if plain is staged:
            return None
        if kind is not type(staged):
            return Difference(path, _of_type(plain), _of_type(staged))
        if kind in PRIMITIVES:
            return self._primitive(plain, staged, path)
        if self._is_value(plain):
            return self._tensor(plain, staged, path)
        if id(plain) in self.state.objects or id(staged) in self.state.objects:
            return Difference(path, self._which(plain), self._which(staged))
        if id(plain) in self._pairs or id(staged) in self._staged:
            is_pair = self._pairs.get(id(plain)) is staged and self._staged.get(id(staged)) is plain
            return None if is_pair else Difference(path, "the same object twice", "another one")
        if isinstance(plain, (type, types.ModuleType)):
            return Difference(path, plain.__name__, staged.__name__)
        self._pairs[id(plain)], self._staged[id(staged)] = staged, plain
        return self._made(plain, staged, path)

    def _is_value(self, value: Any) -> bool:
        return self.backend.recognises(type(value)) and not self.backend.is_reference(value)

    def _primitive(self, plain: Any, staged: Any, path: str) -> Difference | None:
        if repr(plain) == repr(staged):
            return None
        if type(plain) is float and abs(plain - staged) <= self.tolerance * max(abs(plain), abs(staged)):
            return None
        extent = f"by {abs(plain - staged):.3g}" if type(plain) in (int, float) else ""
        return Difference(path, text(plain), text(staged), extent)

    def _tensor(self, plain: Any, staged: Any, path: str) -> Difference | None:
        found = self.backend.difference(plain, staged, self.tolerance)
        if found is None:
            return None
        element, one, other, extent = found
        return Difference(f"{element} of {path}" if element and path else element or path, one, other, extent)

    def _which(self, value: Any) -> str:
        label = self.state.labels.get(id(value)) if id(value) in self.state.objects else None
        return f"the object {label}" if label else f"a new {described(value)}"

    def _made(self, plain: Any, staged: Any, path: str) -> Difference | None:
        kind = type(plain)
        if is_array(plain):
            return self._tensor(plain, staged, path)
        if issubclass(kind, (tuple, frozenset)):
            one, other = (tuple(enumerate(kind.__iter__(value))) for value in (plain, staged))
            return self.held(one, other, path, kind)
        if kind is types.FunctionType:
            if plain.__code__ is not staged.__code__:
                return Difference(path, plain.__qualname__, staged.__qualname__)
            one, other = (tuple(enumerate(function.__closure__ or ())) for function in (plain, staged))
            return self.held(one, other, path, kind)
        if kind is types.MethodType:
            return self.value(plain.__func__, staged.__func__, path) or self.value(
                plain.__self__, staged.__self__, path
            )
        if reachable.is_mutable(plain, self.backend, self.state.is_enabled):
            return self.held(reachable.content(plain), reachable.content(staged), path, kind)
        return None

    def held(self, plain: Content, staged: Content, path: str, kind: type) -> Difference | None:
        """What two objects of this class hold."""
        by_key = {_key(key): item for key, item in staged} if len(plain) == len(staged) else {}
        keys = [_key(key) for key, _ in plain]
        if issubclass(kind, (set, frozenset)):
            if set(keys) != {_key(key) for key, _ in staged}:
                return Difference(path, _counted(plain, "elements"), _counted(staged, "others"))
            return None
        if issubclass(kind, (list, tuple)) and len(plain) != len(staged):
            return Difference(path, _counted(plain, "elements"), _counted(staged, "elements"))
        there = {_key(key) for key, _ in staged}
        for key, item in plain:
            if _key(key) not in there:
                return Difference(_inside(path, key, kind), text(item), "nothing")
        for key, item in staged:
            if _key(key) not in set(keys):
                return Difference(_inside(path, key, kind), "nothing", text(item))
        for key, item in plain:
            found = self.value(item, by_key[_key(key)], _inside(path, key, kind))
            if found is not None:
                return found
        if keys != [_key(key) for key, _ in staged] and issubclass(kind, dict):
            return Difference(f"the order of {path or 'the keys'}", text(keys[0]), text(_key(staged[0][0])))
        return None


def _key(key: Any) -> Any:
    """Keys are told apart by class and value where they are simple, else by identity."""
    if type(key) is tuple:
        return tuple(map(_key, key))
    return (type(key), key) if type(key) in PRIMITIVES else id(key)


def _of_type(value: Any) -> str:
    return f"{text(value)}, of type {described(value)}" if type(value) in PRIMITIVES else text(value)


def _counted(held: Sequence[Any], what: str) -> str:
    return f"{len(held)} {what}"


def _inside(path: str, key: Any, kind: type) -> str:
    if kind is types.CellType or key is None:
        return path
    if issubclass(kind, (dict, list, tuple)) and not path.startswith("the module's names"):
        return f"{path}[{key!r}]" if type(key) in PRIMITIVES else f"an item of {path}"
    if path.startswith("the module's names"):
        return str(key)
    return f"{path}.{key}" if path else str(key)
