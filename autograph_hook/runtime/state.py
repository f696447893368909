"""The variables that a staged construct may change: names, attributes, items, globals, and what containers hold.

A container that is a variable keeps its identity: its content is taken out and put back, and where another variable
holds the container, a :class:`Reference` stands for it. So whoever else has the container sees what the graph made
of it.
"""

from __future__ import annotations

import contextlib
import operator
import sys
import types
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from weakref import WeakValueDictionary

from autograph_hook.backends import identity
from autograph_hook.backends.protocol import Reference
from autograph_hook.runtime.dispatch import is_of, staged
from autograph_hook.runtime.gate import gate_of
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
    """What a twin says of an attribute, an item or a global: evaluated only when the construct is staged.

    A global name is found in no other way. Attributes and items that the source does not tell of come to light while
    the construct is traced (`operators.constructs`), each at the cost of one more trace: those that it does tell of are
    known from the start.
    """

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
                return None if sets_itself(owner, self.key) else Attribute(self.label, owner, self.key)
            key = self.key()
        except (NameError, AttributeError, LookupError):
            return None
        if is_of(owner, dict) and staged(key) is None:
            return Item(self.label, owner, key)
        return Content(_of(owner, self.label.rpartition("[")[0]), owner) if type(owner) is list else None


def _of(owner: Any, name: str) -> str:
    return f"the {type(owner).__name__} {name}"


def sets_itself(owner: Any, name: str) -> bool:
    """Is it a property whose setter is enabled, and so reports what it sets?"""
    found = getattr(type(owner), name, None)
    return type(found) is property and type(found.fset) is types.FunctionType and gate_of(found.fset) is not None


def attribute_place(label: str, owner: Callable[[], Any], name: str) -> Place:
    return Place("attribute", label, owner, name)


def item_place(label: str, owner: Callable[[], Any], key: Callable[[], Any]) -> Place:
    return Place("item", label, owner, key)


def global_place(name: str) -> Place:
    return Place("global", name, None, name)


class Variables:
    """The state of one construct, as a backend sees it."""

    __slots__ = ("before", "guarded", "held", "labels", "owners", "repeats", "runs", "shared", "stand_ins", "variables")

    def __init__(self, variables: Iterable[Variable], repeats: bool = False) -> None:
        self.guarded = False
        self.repeats = repeats
        self.variables: list[Variable] = []
        self.owners: dict[int, Any] = {}
        """The containers whose content is a variable."""
        self.stand_ins: dict[int, tuple[Any, Any]] = {}
        """Containers that the backend has made, and that of the user's in whose place it has put each, if any."""
        self.before: dict[Variable, Any] = {}
        self.shared: set[Variable] = set()
        """Those whose value before, a dataclass instance, others may have as well."""
        self.held: dict[Variable, list[Any]] = {}
        """The containers, and tuples, that each variable has held."""
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
        self.held.clear()
        self.before = {}
        self.shared.clear()
        for variable in self.variables:
            value = None if isinstance(variable, Content) else variable.get()
            if is_mutable_record(value) and sys.getrefcount(value) > _ALONE:
                self.shared.add(variable)
            if type(value) in CONTAINERS or is_mutable_record(value):
                self.before[variable] = value

    def places(self) -> set[Key]:
        return {place for variable in self.variables if (place := variable.place) is not None}

    def get(self) -> tuple[Any, ...]:
        values = tuple([variable.get() for variable in self.variables])
        for variable, value in zip(self.variables, values, strict=True):
            if type(value) in (*CONTAINERS, tuple) and not isinstance(variable, Content):
                self.held.setdefault(variable, []).append(value)
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
            elif is_mutable_record(value) and value is not self.before.get(variable):
                self.stand_ins[id(value)] = value, None
                if variable in self.shared:
                    with contextlib.suppress(TypeError):  # slots without one for weak references
                        copies[id(value)] = value
            variable.set(value)

    def note_identities(self) -> None:
        """After the construct: which containers stand for others."""
        identity.note([(variable.get(), held) for variable, held in self.held.items()])
        self.held.clear()

    def alias(self, frames: Sequence[types.FrameType]) -> str | None:
        """A variable of a loop that is, after some iterations, a container that the loop changes by another name.

        `frames` are those of the program: they and the other variables tell which names there are.
        """
        for variable, held in self.held.items():
            known: set[int] = set()
            for value in held:
                if type(value) in CONTAINERS:
                    known |= identity.stand_for(value)
            for owner in known.intersection(self.owners) if len(known) > 1 else ():
                names = [each for each in self.variables if each is not variable and not isinstance(each, Content)]
                others = [each.get() for each in names]
                for frame in frames:
                    others += [value for name, value in frame.f_locals.items() if name != variable.label]
                if any(value is self.owners[owner] for value in others):
                    return variable.label
        return None

    def orders(self) -> list[list[Any]]:
        owners = {id(v.owner): v.owner for v in self.variables if isinstance(v, (Attribute, Item))}
        return [list(o if isinstance(o, dict) else getattr(o, "__dict__", ())) for o in owners.values()]

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


def is_mutable_record(value: Any) -> bool:
    """Is it an instance of a dataclass whose fields may be set?"""
    parameters = getattr(type(value), "__dataclass_params__", None)
    return parameters is not None and not parameters.frozen


_ALONE = 3
"""References to an object that only its variable has: the variable's, a name here, and the argument of the count."""

copies: WeakValueDictionary[int, Any] = WeakValueDictionary()
"""Objects, by identity, that a backend has made to stand for another one, which others have, or for a new one."""


def is_copy(value: Any) -> bool:
    return value is not None and copies.get(id(value)) is value


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
    names: Sequence[str],
    places: Sequence[Place],
    functions: Sequence[types.FunctionType | None],
    repeats: bool = False,
) -> Variables:
    """The state of a construct, from the closures of its bodies. `repeats`: is it a loop?"""
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
    return Variables(variables, repeats)


def variable_of(owner: Any, key: Any, functions: Sequence[types.FunctionType]) -> Variable:
    """The variable that an attribute, an item or the content of an object is, under the name that these functions
    have for the object."""
    if type(owner) is types.CellType:
        return Cell(_name_of_cell(owner, functions), owner)
    name = _name_of(owner, functions)
    if key is WHOLE:
        return Content(_of(owner, name) if name else f"a {type(owner).__name__}", owner)
    if is_of(owner, dict):
        is_namespace = any(function.__globals__ is owner for function in functions)
        return Item(key if is_namespace else f"{name or _dict_name(owner)}[{key!r}]", owner, key)
    return Attribute(f"{name or f'a {type(owner).__qualname__}'}.{key}", owner, key)


def _dict_name(owner: dict[Any, Any]) -> str:
    """Of a module's names, the module."""
    module = sys.modules.get(owner.get("__name__", ""))
    return f"vars({module.__name__})" if module is not None and vars(module) is owner else "a dict"


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
            if value is owner and not name.startswith("ag__"):
                return name
            for attribute, part in getattr(value, "__dict__", {}).items() if name != "ag__" else ():
                if part is owner and inner is None:
                    inner = f"{name}.{attribute}"
    return inner
