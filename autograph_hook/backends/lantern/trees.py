"""A node of a user's tree, in compiled code: a pointer to its record."""

from __future__ import annotations

import types
from typing import Any

from autograph_hook.backends.lantern.ir import BOOL, I64, Field, Var
from autograph_hook.backends.lantern.schemas import Group, Slot
from autograph_hook.backends.lantern.symbols import Array, Number, Symbol
from autograph_hook.backends.lantern.tracing import Frame, Impossible, error, session
from autograph_hook.backends.protocol import Joined, Location


def _arith(name: str, swapped: bool = False) -> Any:
    def method(self: Any, other: Any) -> Any:
        from autograph_hook.backends.lantern import arithmetic

        if isinstance(other, Tree):
            other = other.number()
        mine = self.number()
        return arithmetic.binary(name, other, mine) if swapped else arithmetic.binary(name, mine, other)

    return method


class Tree(Symbol, Joined):
    """A node, or None."""

    __slots__ = ("frame", "group", "value")
    frame: Frame | None
    group: Group
    value: Var

    def __init__(self, value: Var, frame: Frame | None, group: Group) -> None:
        object.__setattr__(self, "value", value)
        object.__setattr__(self, "frame", frame)
        object.__setattr__(self, "group", group)

    def located(self) -> tuple[Var, Frame | None]:
        return self.value, self.frame

    def __repr__(self) -> str:
        return f"<{self.group.name} {self.value}>"

    # As a value that may be None.

    def read(self, name: str = "", where: Location | None = None) -> Any:
        return self

    def passed(self, name: str = "", where: Location | None = None) -> Any:
        return self

    def returned(self) -> Any:
        return self

    def is_none(self, wanted: bool) -> Any:
        s = session()
        null = s.op("isnull", s.var(self))
        return Number(null if wanted else s.op("not", null), s.frame, True)

    def truth(self) -> Any:
        """Objects without `__bool__` or `__len__` are true; a tuple unless it is empty."""
        for key in self.group.kinds:
            if isinstance(key, type) and (hasattr(key, "__bool__") or hasattr(key, "__len__")):
                if issubclass(key, tuple):
                    continue
                raise error(f"asks for the truth of a {key.__name__}, whose class decides on it: compare it with None")
            if key == ("tuple", 0) or (not isinstance(key, type) and key[0] == "number"):
                raise error("asks for the truth of a value that may be a number or an empty tuple")
        return self.is_none(False)

    # Its kind.

    def tags(self, keys: Any) -> Any:
        """Is it of one of these kinds?"""
        s, group = session(), self.group
        keys = list(keys)
        if len(keys) == len(group.kinds):
            return self.is_none(False)
        if not keys:
            return False
        null = s.op("isnull", s.var(self))
        with s.block() as then:
            no = s.lit(False, BOOL)
        with s.block() as orelse:
            tag = self._field(Var("tag", I64))
            test = None
            for key in keys:
                one = s.op("==", tag, s.lit(group.tag(key), I64))
                test = one if test is None else s.op("or", test, one)
            assert test is not None
        (found,) = s.builder.branch(null, then.block(no), orelse.block(test), "is")
        return Number(found, s.frame, True)

    def is_instance(self, classes: Any) -> Any:
        classes = classes if isinstance(classes, tuple) else (classes,)
        if any(not isinstance(c, type) for c in classes):
            raise error("isinstance() with what is no class")
        keys = [key for key in self.group.kinds if issubclass(python_type(key), classes)]
        return self.tags(keys)

    def only_kind(self) -> Any:
        """The kind that all nodes here are of."""
        if len(self.group.kinds) != 1:
            raise error("asks for the class of a node of several: use isinstance()")
        return next(iter(self.group.kinds))

    # Its fields.

    def _field(self, field: Var) -> Var:
        s = session()
        (var,) = s.builder.bind(Field(s.var(self), field.name), (field.type,), field.name)
        s.operations += 1
        return var

    def _require(self, keys: Any, what: str) -> None:
        """Only nodes of these kinds have it."""
        if len(keys) == len(self.group.kinds):
            return
        s = session()
        holds = self.tags(keys)
        if holds is False:
            raise Impossible("AttributeError", f"no node of this tree has {what}")
        s.check(s.var(holds), "AttributeError", f"the node has no {what}")

    def field(self, name: str, keys: Any) -> Any:
        group = self.group
        self._require(keys, f"attribute {name!r}")
        places = {group.places.get((key, name)) for key in keys}
        if len(places) != 1:
            return self._either(name, keys)
        slot = group.kinds[keys[0]].slots[name]
        (place,) = places
        if place is None:
            return self.nothing(slot)
        return value_of(self._field(place), slot)

    def _either(self, name: str, keys: Any) -> Any:
        from autograph_hook.backends.lantern import branching

        first, *rest = keys
        return branching.choose(
            self.tags([first]), lambda: self.field_of(name, first), lambda: self.field(name, rest), "the attribute"
        )

    def field_of(self, name: str, key: Any) -> Any:
        slot = self.group.kinds[key].slots[name]
        place = self.group.places.get((key, name))
        return self.nothing(slot) if place is None else value_of(self._field(place), slot)

    def nothing(self, slot: Slot) -> Any:
        """The value of a field that has been None, or an empty list, in all trees so far."""
        s = session()
        null = s.op("isnull", s.var(self))
        s.check(s.op("not", null), "AttributeError", "'NoneType' object has no such attribute")
        return [] if slot.element is not None else None

    def __setattr__(self, name: str, value: Any) -> None:
        raise error(f"sets the attribute {name!r} of an object that was there before")

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, Symbol):
            raise error("an index into a tuple is known only when the code runs")
        keys = []
        for kind in self.group.kinds:
            length = _length(kind)
            if length is not None and -length <= key < length:
                keys.append(kind)
        if not keys:
            raise Impossible("IndexError", "no node of this tree has such an item")
        names = {_name(kind, key) for kind in keys}
        if len(names) != 1:
            raise error("an index from the end into tuples of several lengths")
        return self.field(names.pop(), keys)

    def length(self) -> Any:
        lengths = {_length(kind) for kind in self.group.kinds}
        if len(lengths) == 1 and None not in lengths:
            s = session()
            s.check(s.op("not", s.op("isnull", s.var(self))), "TypeError", "object of type 'NoneType' has no len()")
            return lengths.pop()
        if None in lengths:
            raise error("takes the length of what may be no tuple")
        from autograph_hook.backends.lantern import branching

        def of(kinds: list[Any]) -> Any:
            if len(kinds) == 1:
                return _length(kinds[0])
            return branching.choose(
                self.tags([kinds[0]]), lambda: _length(kinds[0]), lambda: of(kinds[1:]), "the length"
            )

        return of(list(self.group.kinds))

    def parts(self, count: int | None = None) -> list[Any]:
        """The items of a tuple."""
        kinds = [k for k in self.group.kinds if _length(k) is not None and (count is None or _length(k) == count)]
        if not kinds or (count is None and len(kinds) > 1):
            if not kinds:
                raise Impossible("TypeError", "no node of this tree can be taken apart so")
            raise error("takes a tuple apart whose length is known only when the code runs")
        length = _length(kinds[0])
        assert length is not None
        return [self.field(_name(kinds[0], k), kinds) for k in range(length)]

    def number(self) -> Any:
        """As a number, if it may be one."""
        keys = [key for key in self.group.kinds if not isinstance(key, type) and key[0] == "number"]
        if len(keys) != 1:
            raise Impossible("TypeError", "no node of this tree is a number")
        self._require(keys, "value")
        return self.field_of("value", keys[0])

    __add__, __radd__ = _arith("+"), _arith("+", True)
    __sub__, __rsub__ = _arith("-"), _arith("-", True)
    __mul__, __rmul__ = _arith("*"), _arith("*", True)
    __truediv__, __rtruediv__ = _arith("/"), _arith("/", True)
    __mod__, __floordiv__ = _arith("%"), _arith("//")
    __lt__, __le__, __gt__, __ge__ = _arith("<"), _arith("<="), _arith(">"), _arith(">=")
    __array_priority__ = 1000.0
    __array_ufunc__ = None

    def __eq__(self, other: object) -> Any:
        if other is None:
            return self.is_none(True)
        return _arith("==")(self, other)

    def __ne__(self, other: object) -> Any:
        if other is None:
            return self.is_none(False)
        return _arith("!=")(self, other)

    __hash__ = object.__hash__


def attribute(tree: Tree, name: str) -> Any:
    """What the user's code reads as `tree.name`."""
    keys = [key for key, kind in tree.group.kinds.items() if isinstance(key, type) and name in kind.slots]
    if keys:
        return tree.field(name, keys)
    found = {raw for key in tree.group.kinds if isinstance(key, type) and (raw := _of_class(key, name)) is not None}
    if len(found) == 1:
        (raw,) = found
        owners = [key for key in tree.group.kinds if isinstance(key, type) and _of_class(key, name) is raw]
        tree._require(owners, f"attribute {name!r}")
        return _bound(raw, tree)
    if found:
        return Dispatch(tree, name)
    raise Impossible("AttributeError", f"no node of this tree has the attribute {name!r}")


class Dispatch:
    """A method of which each class has its own."""

    __slots__ = ("name", "tree")

    def __init__(self, tree: Tree, name: str) -> None:
        self.tree = tree
        self.name = name

    def cases(self) -> list[tuple[list[Any], Any]]:
        """Kinds and the method that they have."""
        found: list[tuple[list[Any], Any]] = []
        for key in self.tree.group.kinds:
            raw = _of_class(key, self.name) if isinstance(key, type) else None
            if raw is None:
                continue
            for keys, other in found:
                if other is raw:
                    keys.append(key)
                    break
            else:
                found.append(([key], raw))
        return found


def dispatched(function: Dispatch, call: Any, given: Any, named: Any) -> Any:
    """Call the method that the node's class has."""
    from autograph_hook.backends.lantern import branching

    tree, cases = function.tree, function.cases()

    def of(left: list[tuple[list[Any], Any]]) -> Any:
        keys, raw = left[0]
        if len(left) == 1:
            tree._require([k for case in cases for k in case[0]], f"method {function.name!r}")
            return call(_bound(raw, tree), *given, **named)
        return branching.choose(
            tree.tags(keys), lambda: call(_bound(raw, tree), *given, **named), lambda: of(left[1:]), "the result"
        )

    return of(cases)


def _of_class(kind: type, name: str) -> Any:
    for owner in kind.__mro__:
        if name in vars(owner) and not isinstance(vars(owner)[name], types.MemberDescriptorType):
            return vars(owner)[name]
    return None


def _bound(raw: Any, tree: Tree) -> Any:
    if isinstance(raw, types.FunctionType):
        return types.MethodType(raw, tree)
    if isinstance(raw, staticmethod):
        return raw.__func__
    if isinstance(raw, bool | int | float | str | None):
        return raw
    raise error(f"reads an attribute of a class that is a {type(raw).__name__}")


def python_type(key: Any) -> type:
    if isinstance(key, type):
        return key
    if key[0] == "tuple":
        return tuple
    from autograph_hook.backends.lantern.op_meanings import DTYPES
    from autograph_hook.backends.lantern.symbols import PYTHON

    return PYTHON[key[1]] if key[2] else DTYPES[key[1]]


def _length(kind: Any) -> int | None:
    if isinstance(kind, type):
        return len(kind._fields) if issubclass(kind, tuple) else None  # type: ignore[attr-defined]
    return kind[1] if kind[0] == "tuple" else None


def _name(kind: Any, key: int) -> str:
    length = _length(kind)
    assert length is not None
    place = key % length
    return kind._fields[place] if isinstance(kind, type) else str(place)  # type: ignore[attr-defined]


def value_of(var: Var, slot: Slot) -> Any:
    """The symbol of what was read from a field."""
    from autograph_hook.backends.lantern import lists, nests

    frame = session().frame
    if slot.group is not None:
        return Tree(var, frame, slot.group.find())
    if slot.number is not None:
        return Number(var, frame, slot.number[1])
    if slot.array is not None:
        return Array(var, frame, "that was there before")
    assert slot.element is not None
    kind = structure_of(slot.element)
    return [lists.Elements(kind, [lists.Handle(var, frame)])] if nests else None


def structure_of(slot: Slot) -> Any:
    if slot.group is not None:
        return ("tree", slot.group.find())
    if slot.number is not None:
        return ("number", *slot.number)
    if slot.array is not None:
        return ("array", *slot.array, 1)
    raise error("a list of lists in a tree")
