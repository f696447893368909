"""The structure of a value, and its leaves: what goes through branches, loops and calls.

A structure is a tuple that can be compared; its leaves are names of the program. Two values may be joined if a
structure has room for both: None and a tree, a list of known length and one of unknown length, an int and a float.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograph_hook.backends.lantern import lists, trees
from autograph_hook.backends.lantern.arithmetic import NAMES, var_of
from autograph_hook.backends.lantern.ir import BOOL, Dtype, List, Scalar, Tensor, Type, Var
from autograph_hook.backends.lantern.optional import Maybe
from autograph_hook.backends.lantern.symbols import Array, Number
from autograph_hook.backends.lantern.tracing import error, session
from autograph_hook.backends.protocol import UNDEFINED, Reference

Structure = tuple[Any, ...]


class Static:
    """A value that is the same whenever the code runs. Equal to another one of the same object or number."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Static):
            return False
        one, two = self.value, other.value
        if one is two:
            return True
        plain = isinstance(one, bool | int | float | str | np.generic)
        return plain and type(one) is type(two) and repr(one) == repr(two)

    def __hash__(self) -> int:
        return hash(type(self.value))


class Apart(Exception):
    """Two values that nothing has room for."""


def is_named_tuple(kind: type) -> bool:
    return issubclass(kind, tuple) and hasattr(kind, "_fields")


def structure(value: Any, whole: bool = False) -> Structure:
    """What a value is. `whole`: arrays that all defs see are taken for what never changes."""
    kind = type(value)
    if kind is Number:
        return ("number", value.ir.dtype, value.python)
    if kind is Array:
        if whole and value.frame is None and value.base is None:
            return ("static", Static(value))
        return ("array", value.ir.dtype, value.shape, value.others())
    if isinstance(value, trees.Tree):
        return ("tree", value.group)
    if kind is Maybe:
        return ("maybe", value.structure)
    if kind in (bool, int, float) or isinstance(value, np.generic):
        return ("constant", Static(value))
    if kind is list:
        if lists.is_staged(value):
            return ("elements", element_of(value))
        return ("list", tuple([structure(v, whole) for v in value]))
    if kind is tuple or is_named_tuple(kind):
        return ("tuple", kind, tuple([structure(v, whole) for v in value]))
    if kind is dict:
        return ("dict", tuple(map(Static, value)), tuple([structure(v, whole) for v in value.values()]))
    if kind is Reference:
        return ("reference", Static(value.owner))
    names = object_names(value)
    if names is not None:
        return ("object", kind, names, tuple(structure(getattr(value, name), whole) for name in names))
    return ("static", Static(value))


def object_names(value: Any) -> tuple[str, ...] | None:
    """The fields of an instance of a dataclass that holds symbols."""
    if isinstance(value, type) or not dataclasses.is_dataclass(value):
        return None
    names = tuple(f.name for f in dataclasses.fields(value) if hasattr(value, f.name))
    return names if any(holds_leaf(getattr(value, name)) for name in names) else None


def holds_leaf(value: Any) -> bool:
    kind = type(value)
    if kind in (Number, Array, Maybe) or isinstance(value, trees.Tree):
        return True
    if kind is list or kind is tuple or is_named_tuple(kind):
        return (kind is list and lists.is_staged(value)) or any(map(holds_leaf, value))
    if kind is dict:
        return any(map(holds_leaf, value.values()))
    return object_names(value) is not None


def types(s: Structure) -> list[Type]:
    """The types of the leaves."""
    match s:
        case ("number", dtype, _):
            return [Scalar(dtype)]
        case ("array", dtype, shape, _):
            return [Tensor(dtype, shape)]
        case ("tree", group):
            return [group.pointer]
        case ("maybe", inner):
            return [BOOL, *types(inner)]
        case ("elements", kind):
            return [List(t) for t in types(kind)]
        case ("list", parts) | ("tuple", _, parts) | ("dict", _, parts) | ("object", _, _, parts):
            return [t for part in parts for t in types(part)]
        case _:
            return []


def givens(s: Structure) -> list[int]:
    """Of each leaf: may it be an array that the code was given?"""
    match s:
        case ("array", _, _, given):
            return [given]
        case ("maybe", inner):
            return [0, *givens(inner)]
        case ("elements", kind):
            return givens(kind)
        case ("list", parts) | ("tuple", _, parts) | ("dict", _, parts) | ("object", _, _, parts):
            return [g for part in parts for g in givens(part)]
        case _:
            return [0] * len(types(s))


def as_given(s: Structure) -> Structure:
    """The structure of an argument: its arrays may be anybody's."""
    match s:
        case ("array", dtype, shape, _):
            return ("array", dtype, shape, 1)
        case ("maybe", inner) | ("elements", inner):
            return (s[0], as_given(inner))
        case ("list", parts) | ("tuple", _, parts) | ("dict", _, parts) | ("object", _, _, parts):
            return (*s[:-1], tuple(map(as_given, parts)))
        case _:
            return s


def general(s: Structure) -> Structure:
    """The same with numbers in the place of constants: which ones they are may change."""
    match s:
        case ("constant", Static(value=value)):
            return number_of(value)
        case ("list", parts):
            return ("list", tuple(map(general, parts)))
        case ("tuple", kind, parts):
            return ("tuple", kind, tuple(map(general, parts)))
        case ("dict", keys, parts):
            return ("dict", keys, tuple(map(general, parts)))
        case ("object", kind, names, parts):
            return ("object", kind, names, tuple(map(general, parts)))
        case _:
            return s


def number_of(value: Any) -> Structure:
    if isinstance(value, np.generic):
        if value.dtype not in NAMES:
            raise Apart
        return ("number", NAMES[value.dtype], False)
    return ("number", {bool: "bool", int: "i64", float: "f64"}[type(value)], True)


def join(one: Structure, other: Structure) -> Structure:
    """A structure with room for both. Raises Apart."""
    if one == other:
        return one
    kinds = one[0], other[0]
    if set(kinds) <= {"number", "constant"}:
        return _numbers(*[number_of(s[1].value) if s[0] == "constant" else s for s in (one, other)])
    none = ("static", Static(None))
    if none in (one, other):
        some = other if one == none else one
        if some[0] in ("tree", "maybe"):
            return some
        return ("maybe", general(some))
    if "maybe" in kinds:
        return ("maybe", join(*[s[1] if s[0] == "maybe" else general(s) for s in (one, other)]))
    if "tree" in kinds and set(kinds) & {"number", "constant"}:
        tree, other = (one, other) if kinds[0] == "tree" else (other, one)
        boxed = [key for key in tree[1].kinds if not isinstance(key, type) and key[0] == "number"]
        if len(boxed) != 1:
            raise Apart
        return join(("number", *boxed[0][1:]), other)
    if kinds == ("tree", "tree"):
        raise Apart
    if set(kinds) <= {"list", "elements"}:
        if kinds == ("list", "list") and len(one[1]) == len(other[1]):
            try:
                return ("list", tuple(map(join, one[1], other[1])))
            except Apart:
                pass
        return ("elements", _element([*_of_list(one), *_of_list(other)]))
    if kinds == ("array", "array") and one[1:3] == other[1:3]:
        return (*one[:3], max(one[3], other[3]))
    if kinds[0] != kinds[1] or kinds[0] not in ("tuple", "dict", "object") or one[1:-1] != other[1:-1]:
        raise Apart
    if len(one[-1]) != len(other[-1]):
        raise Apart
    return (*one[:-1], tuple(map(join, one[-1], other[-1])))


def _of_list(s: Structure) -> list[Structure]:
    return [s[1]] if s[0] == "elements" else list(s[1])


def _element(parts: Sequence[Structure]) -> Structure:
    if not parts:
        raise Apart
    found = general(parts[0])
    for part in parts[1:]:
        found = join(found, general(part))
    _require_listable(found)
    return found


def element(lists: Sequence[Structure]) -> Structure:
    """What the elements of lists of these structures have in common."""
    return _element([part for s in lists for part in _of_list(s)])


def element_of(values: Sequence[Any]) -> Structure:
    """What the elements of a list have in common."""
    return _element([part.kind if type(part) is lists.Elements else structure(part) for part in values])


def _require_listable(s: Structure) -> None:
    if s[0] in ("list", "dict", "object"):
        raise Apart
    for part in s[-1] if s[0] == "tuple" else ():
        _require_listable(part)


_RANK = {"i64": 1, "f64": 2}


def _numbers(one: Structure, other: Structure) -> Structure:
    (_, a, a_python), (_, b, b_python) = one, other
    if "bool" in (a, b) and a != b:
        raise Apart
    if a_python and b_python:
        return ("number", a if _RANK.get(a, 0) >= _RANK.get(b, 0) else b, True)
    if a_python or b_python:
        strong, weak = (b, a) if a_python else (a, b)
        if strong[0] == "i" and weak == "f64":
            raise Apart
        return ("number", strong, False)
    if a != b:
        raise Apart
    return ("number", a, False)


def leaves(value: Any, s: Structure) -> list[Var]:
    """The leaves of a value as this structure has them; lets that are needed go to the present block."""
    trace = session()
    match s:
        case ("number", dtype, _):
            if isinstance(value, trees.Tree):
                value = value.number()
            return [var_of(0 if value is UNDEFINED else value, dtype)]
        case ("array", dtype, shape, _):
            if value is UNDEFINED:
                return [trace.op("broadcast", trace.lit(_zero(dtype), Scalar(dtype)), shape=shape)]
            return [trace.var(value)]
        case ("tree", group):
            if value is UNDEFINED or value is None:
                return [trace.lit(None, group.pointer)]
            return [trace.var(value)]
        case ("maybe", inner):
            if value is None or value is UNDEFINED:
                return [trace.lit(False, BOOL), *leaves(UNDEFINED, inner)]
            if type(value) is Maybe:
                return [trace.var(value.present), *leaves(value.content, inner)]
            return [trace.lit(True, BOOL), *leaves(value, inner)]
        case ("elements", kind):
            if value is UNDEFINED:
                value = []
            return [trace.var(part) for part in lists.whole_as(value, kind).handles]
        case ("list", parts) | ("tuple", _, parts):
            given = [UNDEFINED] * len(parts) if value is UNDEFINED else value
            return [v for part, item in zip(parts, given, strict=True) for v in leaves(item, part)]
        case ("dict", _, parts):
            given = [UNDEFINED] * len(parts) if value is UNDEFINED else value.values()
            return [v for part, item in zip(parts, given, strict=True) for v in leaves(item, part)]
        case ("object", _, names, parts):
            given = [UNDEFINED if value is UNDEFINED else getattr(value, name) for name in names]
            return [v for part, item in zip(parts, given, strict=True) for v in leaves(item, part)]
        case _:
            return []


def _zero(dtype: Dtype) -> Any:
    return False if dtype == "bool" else 0 if dtype[0] == "i" else 0.0


OTHER = "that is another one on another path, or in another iteration"


def build(s: Structure, vars: Iterator[Var], fixed: str | None = OTHER) -> Any:
    """A value of this structure with these leaves."""
    frame = session().frame
    match s:
        case ("number", _, python):
            return Number(next(vars), frame, python)
        case ("array", _, _, given):
            array = Array(next(vars), frame, fixed)
            array.given = given
            return array
        case ("tree", group):
            return trees.Tree(next(vars), frame, group)
        case ("maybe", inner):
            present = Number(next(vars), frame, True)
            return Maybe(present, build(inner, vars, fixed), inner)
        case ("elements", kind):
            return [lists.Elements(kind, [lists.Handle(next(vars), frame) for _ in types(kind)])]
        case ("constant", Static(value=value)) | ("static", Static(value=value)) | ("reference", Static(value=value)):
            return value
        case ("list", parts):
            return [build(part, vars, fixed) for part in parts]
        case ("tuple", kind, parts):
            made = [build(part, vars, fixed) for part in parts]
            return tuple(made) if kind is tuple else tuple.__new__(kind, made)
        case ("dict", keys, parts):
            return {key.value: build(part, vars, fixed) for key, part in zip(keys, parts, strict=True)}
        case ("object", kind, names, parts):
            instance = object.__new__(kind)
            for name, part in zip(names, parts, strict=True):
                object.__setattr__(instance, name, build(part, vars, fixed))
            return instance
    raise error(f"a value of the kind {s[0]} is not known")
