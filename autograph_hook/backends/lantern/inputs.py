"""What a compiled function is given: which values can be, how they are told apart, and how they get there.

An :class:`Input` says of one argument what another value must be to take its place, what stands for it while tracing,
and how it is handed to compiled code.
"""

from __future__ import annotations

import struct
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograph_hook.backends.lantern import lists, nests, schemas, trees
from autograph_hook.backends.lantern.arithmetic import NAMES
from autograph_hook.backends.lantern.flattening import Flat
from autograph_hook.backends.lantern.ir import Scalar, Type, Var
from autograph_hook.backends.lantern.llvm.values import FORMATS, address
from autograph_hook.backends.lantern.op_meanings import DTYPES
from autograph_hook.backends.lantern.outside import array_of
from autograph_hook.backends.lantern.symbols import Number
from autograph_hook.backends.lantern.tracing import Session, error

HALF = 1 << 63


class _Thread(threading.local):
    def __init__(self) -> None:
        self.flat: dict[tuple[int, int], tuple[Any, Flat]] = {}
        """Trees that were just looked at, by schema and identity."""
        self.static = False
        """Are Python's ints constants of what is traced?"""
        self.wanted: frozenset[int] = frozenset()
        """Arrays that gradients are wanted of, by identity."""
        self.containers: frozenset[int] = frozenset()
        """Containers that hold some of these."""


thread = _Thread()


class Input:
    """One argument. `types` are those of the parameters of the program that it becomes."""

    types: Sequence[Type] = ()

    def test(self, value: Any) -> bool:
        raise NotImplementedError

    def symbol(self, s: Session, name: str, params: list[Var]) -> Any:
        raise NotImplementedError

    def pack(self, value: Any, kept: list[Any]) -> bytes:
        """Its words in the block of arguments."""
        raise NotImplementedError

    def _params(self, s: Session, name: str, params: list[Var]) -> list[Var]:
        made = [Var(s.frame.names.fresh(name), type) for type in self.types]
        params += made
        return made


class NumberInput(Input):
    def __init__(self, kind: Any) -> None:
        self.kind: type = kind
        self.python = kind in schemas.NUMBERS
        dtype: Any = schemas.NUMBERS[kind][0] if self.python else NAMES[np.dtype(kind)]
        self.dtype = dtype
        self.types = [Scalar(dtype)]
        self.format = struct.Struct("=" + FORMATS[self.dtype])

    def test(self, value: Any) -> bool:
        if type(value) is int:
            return self.kind is int and -HALF <= value < HALF
        return type(value) is self.kind

    def symbol(self, s: Session, name: str, params: list[Var]) -> Any:
        return Number(self._params(s, name, params)[0], s.frame, self.python)

    def pack(self, value: Any, kept: list[Any]) -> bytes:
        return self.format.pack(value).ljust(8, b"\0")


class ArrayInput(Input):
    """A constant of the program: every def sees it."""

    def __init__(self, value: Any) -> None:
        self.dtype, self.shape = value.dtype, value.shape
        self.var: Var | None = None
        self.weight = id(value) in thread.wanted

    def test(self, value: Any) -> bool:
        return type(value) is np.ndarray and value.dtype == self.dtype and value.shape == self.shape

    def symbol(self, s: Session, name: str, params: list[Var]) -> Any:
        made = array_of(s, NAMES[self.dtype], self.shape, name, self.weight)
        self.var = made.value
        return made


class TreeInput(Input):
    def __init__(self, schema: schemas.Schema) -> None:
        self.schema = schema
        group = schema.root.group
        assert group is not None
        self.group = group.find()
        self.types = [self.group.pointer]

    def test(self, value: Any) -> bool:
        flat = self.schema.flatten(value) if value is not None else None
        if flat is None:
            return False
        if len(thread.flat) > 8:
            thread.flat.clear()
        thread.flat[self.schema.number, id(value)] = value, flat
        return True

    def symbol(self, s: Session, name: str, params: list[Var]) -> Any:
        for record in self.schema.records():
            if s.records.setdefault(record.name, record) != record:
                raise error(f"two kinds of trees have nodes of the class {record.name}")
        return trees.Tree(self._params(s, name, params)[0], s.frame, self.group)

    def flat(self, value: Any) -> Flat:
        known = thread.flat.pop((self.schema.number, id(value)), None)
        if known is not None and known[0] is value:
            return known[1]
        flat = self.schema.flatten(value)
        if flat is None:
            raise TypeError("the tree has changed")
        return flat  # type: ignore[no-any-return]

    def pack(self, value: Any, kept: list[Any]) -> bytes:
        flat = self.flat(value)
        kept.append(flat)
        return flat.held.words


class ListInput(Input):
    """A list of numbers, of arrays of one type, of trees, or of tuples of these."""

    def __init__(self, parts: Sequence[Input]) -> None:
        self.parts = parts
        """Of an element; several for a tuple."""
        self.is_tuple = False

    def test(self, value: Any) -> bool:
        if type(value) is not list or len(value) > 1_000_000:
            return False
        if not self.is_tuple:
            test = self.parts[0].test
            return all(map(test, value))
        count = len(self.parts)
        return all(
            type(v) is tuple and len(v) == count and all(p.test(x) for p, x in zip(self.parts, v, strict=True))
            for v in value
        )

    def kind(self, s: Session) -> Any:
        kinds = [_structure(part, s) for part in self.parts]
        return ("tuple", tuple, tuple(kinds)) if self.is_tuple else kinds[0]

    def symbol(self, s: Session, name: str, params: list[Var]) -> Any:
        from autograph_hook.backends.lantern.ir import List

        kind = self.kind(s)
        self.types = [List(t) for t in nests.types(kind)]
        made = self._params(s, name, params)
        return [lists.Elements(kind, [lists.Handle(var, s.frame) for var in made])]

    def pack(self, value: Any, kept: list[Any]) -> bytes:
        columns = list(zip(*value, strict=True)) if self.is_tuple else [value]
        if self.is_tuple and not value:
            columns = [()] * len(self.parts)
        words = b""
        for part, column in zip(self.parts, columns, strict=True):
            words += struct.pack("qqq", len(column), _column(part, column, kept), 0)
        return words


def _structure(part: Input, s: Session) -> Any:
    if isinstance(part, NumberInput):
        return ("number", part.dtype, part.python)
    if isinstance(part, ArrayInput):
        return ("array", NAMES[part.dtype], part.shape, 1)
    assert isinstance(part, TreeInput)
    for record in part.schema.records():
        s.records.setdefault(record.name, record)
    return ("tree", part.group)


def _column(part: Input, column: Sequence[Any], kept: list[Any]) -> int:
    if not column:
        return 0
    if isinstance(part, NumberInput):
        found = np.array(column, DTYPES[part.dtype])
    elif isinstance(part, ArrayInput):
        rows = [dense(v) for v in column]
        kept.append(rows)
        found = np.array([address(row) for row in rows], np.int64)
    else:
        assert isinstance(part, TreeInput)
        flats = [part.flat(v) for v in column]
        kept.append(flats)
        found = np.array([flat.address for flat in flats], np.int64)
    kept.append(found)
    return address(found)


def dense(value: Any) -> Any:
    return value if value.flags.c_contiguous else np.ascontiguousarray(value)


def input_of(value: Any) -> Input | None:
    """How a value can be an input; None where it cannot."""
    kind = type(value)
    if id(value) in thread.containers:
        return None
    if kind in schemas.NUMBERS:
        if kind is not float and thread.static:
            return None
        return NumberInput(kind) if kind is not int or -HALF <= value < HALF else None
    if kind is np.ndarray:
        return ArrayInput(value) if value.dtype in NAMES and value.shape else None
    if isinstance(value, np.generic):
        return NumberInput(kind) if value.dtype in NAMES and kind in DTYPES.values() else None
    if kind is list:
        return _list_input(value)
    if value is None or isinstance(value, str | bytes | dict | set | type):
        return None
    if schemas.is_tree(value):
        try:
            return TreeInput(schemas.schema_of(value))
        except (schemas.NoSchema, RecursionError):
            return None
    return None


def _list_input(value: list[Any]) -> Input | None:
    if not value:
        return None
    first = value[0]
    if type(first) is tuple and not schemas.is_tree(first):
        if not first:
            return None
        alike = [v for v in value if type(v) is tuple and len(v) == len(first)]
        parts = [_part(x, [v[k] for v in alike]) for k, x in enumerate(first)]
        if any(part is None for part in parts):
            return None
        made = ListInput([part for part in parts if part is not None])
        made.is_tuple = True
    else:
        part = _part(first, value)
        if part is None:
            return None
        made = ListInput([part])
    return made if made.test(value) else None


def _part(value: Any, others: Sequence[Any]) -> Input | None:
    if value is None or type(value) is list:
        return None
    static, thread.static = thread.static, False
    try:
        found = input_of(value)
        if isinstance(found, TreeInput):
            for other in others:
                if type(other) is type(value):
                    found = input_of(other)
                    if found is None:
                        return None
        return found
    finally:
        thread.static = static
