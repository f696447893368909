"""The variables that a staged construct may change: names, attributes, items, globals, and what containers hold.

A container that is a variable keeps its identity: its content is taken out and put back, and where another variable
holds the container, a :class:`Reference` stands for it. So whoever else has the container sees what the graph made
of it.
"""

from __future__ import annotations

import operator
import types
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from autograph_hook.backends.protocol import Location, Reference
from autograph_hook.runtime.dispatch import staged
from autograph_hook.runtime.variables import (
    CONTAINERS,
    WHOLE,
    Attribute,
    Cell,
    Content,
    Item,
    Key,
    Variable,
)


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
        if isinstance(owner, dict) and staged(key) is None:
            return Item(self.label, owner, key)
        return Content(_of(owner, self.label.rpartition("[")[0]), owner) if type(owner) is list else None


def _of(owner: Any, name: str) -> str:
    return f"the {type(owner).__name__} {name}"


def attribute_place(label: str, owner: Callable[[], Any], name: str) -> Place:
    return Place("attribute", label, owner, name)


def item_place(label: str, owner: Callable[[], Any], key: Callable[[], Any]) -> Place:
    return Place("item", label, owner, key)


def global_place(name: str) -> Place:
    return Place("global", name, None, name)


class Variables:
    """The state of one construct, as a backend sees it."""

    __slots__ = ("before", "guarded", "labels", "owners", "runs", "stand_ins", "variables")

    def __init__(self, variables: Iterable[Variable]) -> None:
        self.guarded = False
        self.variables: list[Variable] = []
        self.owners: dict[int, Any] = {}
        """The containers whose content is a variable."""
        self.stand_ins: dict[int, tuple[Any, Any]] = {}
        """Containers that the backend has made, and that of the user's in whose place it has put each, if any."""
        self.before: dict[Variable, Any] = {}
        self.runs = 0
        """How often values were put in: each time, a body is run anew."""
        self.adopt(variables)

    def adopt(self, variables: Iterable[Variable]) -> None:
        """Take these in as well. No attribute, item or content is two variables, whatever names lead to it."""
        places = self.places()
        for variable in variables:
            place = variable.place
            if place is None or place not in places:
                self.variables.append(variable)
                if place is not None:
                    places.add(place)
            if isinstance(variable, Content):
                self.owners[id(variable.owner)] = variable.owner
        self.variables = [v for v in self.variables if not isinstance(v, Item) or id(v.owner) not in self.owners]
        self.labels: Sequence[str] = [variable.label for variable in self.variables]
        self.stand_ins.clear()
        self.before = {
            v: value for v in self.variables if not isinstance(v, Content) and type(value := v.get()) in CONTAINERS
        }

    def places(self) -> set[Key]:
        return {place for variable in self.variables if (place := variable.place) is not None}

    def get(self) -> tuple[Any, ...]:
        values = tuple([variable.get() for variable in self.variables])
        return tuple(map(self._referring, values)) if self.owners else values

    def set(self, values: Sequence[Any]) -> None:
        self.runs += 1
        for variable, value in zip(self.variables, values, strict=True):
            if self.owners:
                value = _resolved(value)
            if type(value) in CONTAINERS and not isinstance(variable, Content):
                before = self.before.get(variable)
                if value is not before:
                    self.stand_ins[id(value)] = value, before if type(value) is type(before) else None
            variable.set(value)

    def _referring(self, value: Any) -> Any:
        """The value with references to the containers that are variables themselves."""
        kind = type(value)
        if id(value) in self.owners and kind in CONTAINERS:
            return Reference(value, value.copy())
        if kind is list or kind is tuple:
            parts = [self._referring(part) for part in value]
        elif kind is dict:
            parts = [self._referring(part) for part in value.values()]
        else:
            return value
        return _rebuilt(value, parts)


def _resolved(value: Any) -> Any:
    """The value with containers where references stand."""
    kind = type(value)
    if kind is Reference:
        return value.owner
    if kind is list or kind is tuple:
        return _rebuilt(value, [_resolved(part) for part in value])
    if kind is dict:
        return _rebuilt(value, [_resolved(part) for part in value.values()])
    return value


def _rebuilt(value: Any, parts: list[Any]) -> Any:
    """A list, tuple or dictionary with other parts; itself where they are the same."""
    if type(value) is dict:
        if all(map(operator.is_, parts, value.values())):
            return value
        return dict(zip(value, parts, strict=True))
    return value if all(map(operator.is_, parts, value)) else type(value)(parts)


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


def variable_of(owner: Any, key: Any, functions: Sequence[types.FunctionType]) -> Variable:
    """The variable that an attribute, an item or the content of an object is, under the name that these functions
    have for the object."""
    if isinstance(owner, types.CellType):
        return Cell(_name_of_cell(owner, functions), owner)
    name = _name_of(owner, functions)
    if key is WHOLE:
        return Content(_of(owner, name) if name else f"a {type(owner).__name__}", owner)
    if isinstance(owner, dict):
        return Item(f"{name or 'a dict'}[{key!r}]", owner, key)
    return Attribute(f"{name or f'a {type(owner).__qualname__}'}.{key}", owner, key)


def _name_of_cell(cell: types.CellType, functions: Sequence[types.FunctionType]) -> str:
    for function in functions:
        for name, other in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            if other is cell:
                return name
    return "a tensor"


def _name_of(owner: Any, functions: Sequence[types.FunctionType]) -> str | None:
    inner = None
    for function in functions:
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            try:
                value = cell.cell_contents
            except ValueError:
                continue
            if value is owner:
                return name
            for attribute, part in getattr(value, "__dict__", {}).items() if name != "ag__" else ():
                if part is owner and inner is None:
                    inner = f"{name}.{attribute}"
    return inner


def location_of(function: types.FunctionType | Callable[..., Any]) -> Location:
    """Where the construct stands whose body this is."""
    code = function.__code__
    return Location(code.co_filename, code.co_firstlineno, code.co_name)
