"""The variables that a staged construct may change: names, attributes, items and globals."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from autograph_hook.backends.protocol import UNDEFINED, Location
from autograph_hook.runtime.dispatch import staged


class Variable(Protocol):
    label: str

    def get(self) -> Any: ...

    def set(self, value: Any) -> None: ...


class Cell:
    """A name of the user's function. An empty cell is a name without a value."""

    __slots__ = ("cell", "label")

    def __init__(self, label: str, cell: types.CellType) -> None:
        self.label = label
        self.cell = cell

    def get(self) -> Any:
        try:
            return self.cell.cell_contents
        except ValueError:
            return UNDEFINED

    def set(self, value: Any) -> None:
        if value is not UNDEFINED:
            self.cell.cell_contents = value
        elif self.get() is not UNDEFINED:
            del self.cell.cell_contents


class Attribute:
    __slots__ = ("label", "name", "owner")

    def __init__(self, label: str, owner: Any, name: str) -> None:
        self.label = label
        self.owner = owner
        self.name = name

    def get(self) -> Any:
        return getattr(self.owner, self.name, UNDEFINED)

    def set(self, value: Any) -> None:
        now = self.get()
        if value is now:
            return
        if value is UNDEFINED:
            delattr(self.owner, self.name)
        else:
            setattr(self.owner, self.name, value)


class Item:
    __slots__ = ("key", "label", "owner")

    def __init__(self, label: str, owner: Any, key: Any) -> None:
        self.label = label
        self.owner = owner
        self.key = key

    def get(self) -> Any:
        try:
            return self.owner[self.key]
        except LookupError:
            return UNDEFINED

    def set(self, value: Any) -> None:
        now = self.get()
        if value is now:
            return
        if value is UNDEFINED:
            del self.owner[self.key]
        else:
            self.owner[self.key] = value


class Place:
    """What a twin says of an attribute, an item or a global: evaluated only when the construct is staged."""

    __slots__ = ("key", "kind", "label", "owner")

    def __init__(self, kind: str, label: str, owner: Callable[[], Any] | None, key: Any) -> None:
        self.kind = kind
        self.label = label
        self.owner = owner
        self.key = key

    def variable(self, namespace: dict[str, Any]) -> Variable | None:
        """The variable, or None where there is none that could be read and put back."""
        if self.kind == "global":
            return Item(self.label, namespace, self.key)
        assert self.owner is not None
        try:
            owner = self.owner()
            if self.kind == "attribute":
                return Attribute(self.label, owner, self.key)
            key = self.key()
        except (NameError, AttributeError, LookupError):
            return None
        if isinstance(owner, (dict, list)) and staged(key) is None:
            return Item(self.label, owner, key)
        return None


def attribute_place(label: str, owner: Callable[[], Any], name: str) -> Place:
    return Place("attribute", label, owner, name)


def item_place(label: str, owner: Callable[[], Any], key: Callable[[], Any]) -> Place:
    return Place("item", label, owner, key)


def global_place(name: str) -> Place:
    return Place("global", name, None, name)


class Variables:
    """The state of one construct, as a backend sees it."""

    __slots__ = ("guarded", "labels", "variables")

    def __init__(self, variables: Iterable[Variable]) -> None:
        self.guarded = False
        self.variables = list(variables)
        self.labels: Sequence[str] = [variable.label for variable in self.variables]

    def places(self) -> list[tuple[int, Any]]:
        """The attributes and items among them: an object's identity, and the name or key."""
        found: list[tuple[int, Any]] = []
        for variable in self.variables:
            if isinstance(variable, Attribute):
                found.append((id(variable.owner), variable.name))
            elif isinstance(variable, Item):
                found.append((id(variable.owner), variable.key))
        return found

    def get(self) -> tuple[Any, ...]:
        return tuple([variable.get() for variable in self.variables])

    def set(self, values: Sequence[Any]) -> None:
        for variable, value in zip(self.variables, values, strict=True):
            variable.set(value)


def state_of(
    names: Sequence[str], places: Sequence[Place], functions: Sequence[types.FunctionType | None]
) -> Variables:
    """The state of a construct, from the closures of its bodies."""
    cells: dict[str, types.CellType] = {}
    namespace: dict[str, Any] = {}
    for function in functions:
        if function is not None:
            cells.update(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
            namespace = function.__globals__
    variables: list[Variable] = [Cell(name, cells[name]) for name in names if name in cells]
    for place in places:
        variable = place.variable(namespace)
        if variable is not None:
            variables.append(variable)
    return Variables(variables)


def location_of(function: types.FunctionType | Callable[..., Any]) -> Location:
    """Where the construct stands whose body this is."""
    code = function.__code__
    return Location(code.co_filename, code.co_firstlineno, code.co_name)
