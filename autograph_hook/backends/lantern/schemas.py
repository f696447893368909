"""What the user's trees are made of: one record for all kinds of objects that stand in the same places.

A kind is a class, or the tuples of one length, or, in a place that also has others, a kind of number. A record has a
tag where there are several kinds, and the fields of all of them. A schema only grows: what it says of a tree it also
says of a smaller one, so that code is made again only for a tree that has something new.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from autograph_hook.backends.lantern.arithmetic import NAMES
from autograph_hook.backends.lantern.ir import I64, List, Ptr, Record, Scalar, Tensor, Type, Var

NUMBERS: dict[type, tuple[str, bool]] = {bool: ("bool", True), int: ("i64", True), float: ("f64", True)}
LEAVES = (bool, int, float, np.generic, np.ndarray)
MOST = 100_000
"""Objects that are looked at."""


class NoSchema(Exception):
    """A value that is no tree of data."""


class Slot:
    """What stands in one place: a field, or the elements of a list."""

    __slots__ = ("array", "constant", "element", "group", "none", "number")

    def __init__(self) -> None:
        self.none = False
        self.number: tuple[str, bool] | None = None
        self.array: tuple[Any, tuple[int, ...]] | None = None
        self.element: Slot | None = None
        self.group: Group | None = None
        self.constant: Any = None

    @property
    def boxed(self) -> bool:
        """Is it a number that may be None, or another kind?"""
        return self.number is not None and (self.none or self.group is not None)

    def type(self) -> Type | None:
        """None where there is nothing but None."""
        if self.group is not None:
            return self.group.find().pointer
        if self.number is not None:
            return Scalar(self.number[0])  # type: ignore[arg-type]
        if self.array is not None:
            return Tensor(*self.array)
        if self.element is not None:
            inner = self.element.type()
            return None if inner is None else List(inner)
        return None


class Kind:
    """Objects of one class, tuples of one length, or numbers of one dtype."""

    def __init__(self, key: Any, names: tuple[str, ...]) -> None:
        self.key = key
        self.names = names
        self.slots = {name: Slot() for name in names}


class Group:
    """The kinds that stand in the same places: one record."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.kinds: dict[Any, Kind] = {}
        self.name = ""
        self.other: Group | None = None
        self.fields: list[tuple[Var, Any, Slot]] = []
        self.places: dict[tuple[Any, str], Var] = {}

    def find(self) -> Group:
        group = self
        while group.other is not None:
            group = group.other
        return group

    @property
    def pointer(self) -> Ptr:
        return Ptr(self.name)

    @property
    def tagged(self) -> bool:
        return len(self.kinds) > 1

    def tag(self, key: Any) -> int:
        return list(self.kinds).index(key)

    def __repr__(self) -> str:
        return f"<{self.name}>"


def key_of(value: Any) -> Any:
    kind = type(value)
    if kind is tuple:
        return ("tuple", len(value))
    return kind


def names_of(value: Any) -> tuple[str, ...]:
    """The fields of an object; raises where it is no object of data."""
    kind = type(value)
    if kind is tuple:
        return tuple(map(str, range(len(value))))
    fields = getattr(kind, "_fields", None)
    if isinstance(value, tuple) and fields is not None:
        return tuple(fields)
    if not kind.__flags__ & (1 << 9) or isinstance(value, type) or callable(value) or hasattr(kind, "__getattr__"):
        raise NoSchema
    if isinstance(value, list | dict | set | str | BaseException | np.ndarray):
        raise NoSchema
    names = [n for owner in kind.__mro__ for n in _slots(owner)]
    namespace = getattr(value, "__dict__", {})
    return tuple(n for n in [*names, *namespace] if hasattr(value, n))


def _slots(owner: type) -> tuple[str, ...]:
    slots = vars(owner).get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(s for s in slots if s[:2] != "__")


def read(value: Any, name: str) -> Any:
    if type(value) is tuple:
        return value[int(name)]
    return getattr(value, name)


class Schema:
    """The groups of a kind of trees. Not to be changed once `finish` has been called."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.kinds: dict[Any, tuple[Kind, Group]] = {}
        self.boxes: dict[tuple[str, bool], Group] = {}
        self.root = Slot()
        self.groups: list[Group] = []
        self.flatten: Any = None

    # Growing.

    def include(self, root: Any) -> None:
        todo: list[Any] = []
        seen: set[int] = set()
        self._see(self.root, root, todo)
        for value in todo:
            if id(value) in seen:
                continue
            seen.add(id(value))
            if len(seen) > MOST:
                raise NoSchema
            names = names_of(value)
            kind, _ = self._kind(value, names)
            if kind.names != names:
                for name in names:
                    kind.slots.setdefault(name, Slot())
                if set(kind.names) != set(names):
                    raise NoSchema
            for name in names:
                self._see(kind.slots[name], read(value, name), todo)

    def _kind(self, value: Any, names: tuple[str, ...]) -> tuple[Kind, Group]:
        key = key_of(value)
        if key not in self.kinds:
            group = Group(self)
            group.kinds[key] = Kind(key, names)
            self.kinds[key] = group.kinds[key], group
        return self.kinds[key]

    def _see(self, slot: Slot, value: Any, todo: list[Any]) -> None:
        kind = type(value)
        if value is None:
            slot.none = True
            if slot.array is not None or slot.element is not None:
                raise NoSchema
        elif kind in NUMBERS:
            self._number(slot, NUMBERS[kind])
        elif isinstance(value, np.generic):
            if value.dtype not in NAMES:
                raise NoSchema
            self._number(slot, (NAMES[value.dtype], False))
        elif kind is np.ndarray:
            if value.dtype not in NAMES or not value.shape:
                raise NoSchema
            self._only(slot, "array")
            found = (NAMES[value.dtype], value.shape)
            if slot.array not in (None, found) or slot.none:
                raise NoSchema
            slot.array = found
        elif kind is list:
            self._only(slot, "element")
            if slot.none:
                raise NoSchema
            if slot.element is None:
                slot.element = Slot()
            for item in value:
                self._see(slot.element, item, todo)
            if slot.element.boxed:
                raise NoSchema
        else:
            self._only(slot, "group")
            names = names_of(value)
            _, group = self._kind(value, names)
            slot.group = self._united(slot.group, group)
            todo.append(value)
        if slot.boxed:
            assert slot.number is not None
            slot.group = self._united(slot.group, self._box(slot.number))

    def _only(self, slot: Slot, what: str) -> None:
        for other in ("array", "element", "group"):
            if other != what and getattr(slot, other) is not None:
                raise NoSchema
        if what != "group" and slot.number is not None:
            raise NoSchema

    def _number(self, slot: Slot, found: tuple[str, bool]) -> None:
        self._only(slot, "group") if slot.number is None else None
        if slot.array is not None or slot.element is not None:
            raise NoSchema
        if slot.number not in (None, found):
            raise NoSchema
        slot.number = found

    def _box(self, number: tuple[str, bool]) -> Group:
        key = ("number", *number)
        if key not in self.kinds:
            group, kind = Group(self), Kind(key, ("value",))
            kind.slots["value"].number = number
            group.kinds[key] = kind
            self.kinds[key] = kind, group
        return self.kinds[key][1]

    def _united(self, one: Group | None, other: Group) -> Group:
        other = other.find()
        if one is None:
            return other
        one = one.find()
        if one is not other:
            one.kinds.update(other.kinds)
            other.other = one
            for key in other.kinds:
                self.kinds[key] = self.kinds[key][0], one
        return one

    # Finished.

    def finish(self) -> None:
        for _, group in self.kinds.values():
            if group.find() not in self.groups:
                self.groups.append(group.find())
        for k, group in enumerate(self.groups):
            first = next((key.__name__ for key in group.kinds if isinstance(key, type)), "Tuple")
            group.name = f"{first}.{k}" if any(first == g.name.partition(".")[0] for g in self.groups[:k]) else first
        for group in self.groups:
            self._fields(group)

    def _fields(self, group: Group) -> None:
        taken: dict[tuple[str, Type], list[Var]] = {}
        if group.tagged:
            group.fields.append((Var("tag", I64), None, Slot()))
        names = {"tag"}
        for key, kind in group.kinds.items():
            used: set[str] = set()
            for name, slot in kind.slots.items():
                type = slot.type()
                if type is None:
                    continue
                same = next((v for v in taken.get((name, type), []) if v.name not in used), None)
                if same is None:
                    text = name if name not in names else f"{name}.{len(names)}"
                    same = Var(text, type)
                    names.add(text)
                    taken.setdefault((name, type), []).append(same)
                    group.fields.append((same, key, slot))
                used.add(same.name)
                group.places[key, name] = same
        if not group.fields:
            group.fields.append((Var("nothing", I64), None, Slot()))

    def records(self) -> list[Record]:
        return [Record(group.name, tuple(var for var, _, _ in group.fields)) for group in self.groups]

    def signature(self) -> Any:
        return tuple(
            (g.name, tuple((v, str(k), s.none) for v, k, s in g.fields), tuple(map(str, g.kinds))) for g in self.groups
        )


_known: dict[Any, Schema] = {}
_lock = threading.Lock()


def is_tree(value: Any) -> bool:
    """Is it data that refers to data of its own kind, or has room for it? Others are what functions belong to."""
    kind = type(value)
    if kind is tuple:
        nested = any(type(v) is tuple for v in value)
        return _all_leaves(value) and (nested or any(v is None for v in value))
    try:
        names = names_of(value)
    except NoSchema:
        return False
    values = [read(value, name) for name in names]
    if (names and kind in _known) or any(type(v) is kind or v is None for v in values):
        return True
    if any(type(v) is list and not all(isinstance(x, LEAVES) for x in v) for v in values):
        return True
    return not any(isinstance(v, np.ndarray | list | dict | str) or callable(v) for v in values) and bool(values)


def _all_leaves(value: Any) -> bool:
    """Has a nest of tuples numbers, None, or arrays together with None only?"""
    todo, none, arrays = [value], False, False
    for one in todo:
        for part in one:
            if type(part) is tuple:
                todo.append(part)
            elif part is None:
                none = True
            elif isinstance(part, np.ndarray):
                arrays = True
            elif not isinstance(part, bool | int | float | np.generic):
                return False
            if len(todo) > 64:
                return none or not arrays
    return none or not arrays


def schema_of(value: Any) -> Schema:
    """The schema of a tree: one that is known, if it has room for it. Raises NoSchema."""
    key = "tuple" if type(value) is tuple else type(value)
    known = _known.get(key)
    if known is not None and fits(known, value) is not None:
        return known
    with _lock:
        made = grown(known, value)
        _known[key] = made
        return made


_samples: dict[int, list[Any]] = {}


def grown(known: Schema | None, value: Any) -> Schema:
    from autograph_hook.backends.lantern import flattening

    for base in (known, None):
        schema = Schema(len(_samples))
        try:
            if base is not None:
                _copy(base, schema)
            schema.include(value)
        except NoSchema:
            if base is None:
                raise
            continue
        schema.finish()
        schema.flatten = flattening.flattener(schema)
        _samples[schema.number] = []
        return schema
    raise NoSchema


def _copy(base: Schema, schema: Schema) -> None:
    """The same kinds and slots, to grow."""
    groups = {id(g): Group(schema) for g in base.groups}
    kinds: dict[Any, Kind] = {}
    for g in base.groups:
        for key, kind in g.kinds.items():
            made = kinds[key] = Kind(key, kind.names)
            groups[id(g)].kinds[key] = made
            schema.kinds[key] = made, groups[id(g)]

    def copied(slot: Slot) -> Slot:
        new = Slot()
        new.none, new.number, new.array = slot.none, slot.number, slot.array
        new.element = copied(slot.element) if slot.element is not None else None
        new.group = groups[id(slot.group.find())] if slot.group is not None else None
        return new

    for g in base.groups:
        for key, kind in g.kinds.items():
            kinds[key].slots = {name: copied(slot) for name, slot in kind.slots.items()}
    schema.root = copied(base.root)


def fits(schema: Schema, value: Any) -> Any:
    """The tree as compiled code sees it; None where the schema has no room for it."""
    return schema.flatten(value)
