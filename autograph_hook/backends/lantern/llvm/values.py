"""Python's values as compiled code sees them, and back.

Numbers stand by themselves, arrays by address, lists by length and address, records (`interpret.Instance`) by address;
records are laid out one after the other, each once however often it is referred to, without recursion.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograph_hook.backends.lantern.interpret import Instance, settle
from autograph_hook.backends.lantern.ir import FLOATS, List, Program, Ptr, Scalar, Tensor, Type
from autograph_hook.backends.lantern.llvm.body import bytes_of
from autograph_hook.backends.lantern.llvm.containers import offsets
from autograph_hook.backends.lantern.op_meanings import DTYPES

FORMATS = {"bool": "?", "i32": "i", "i64": "q", "f32": "f", "f64": "d"}
PLAIN: dict[str, type] = {"bool": bool, "i32": int, "i64": int, "f32": np.float32, "f64": float}


def array(value: Any, type: Tensor) -> Any:
    """A dense array of that dtype and shape."""
    if value.__class__ is np.ndarray and value.dtype == DTYPES[type.dtype] and value.flags.c_contiguous:
        found = value
    else:
        found = np.asarray(value, DTYPES[type.dtype], order="C")
    if found.shape != type.shape:
        raise ValueError(f"an array of shape {found.shape} was given where the code was made for {type.shape}")
    return found


def number(value: Any, type: Scalar) -> bytes:
    """A number, converted if it is of another type; OverflowError if it does not fit."""
    if value.__class__ is not PLAIN[type.dtype]:
        value = settle(value, type)
    try:
        return struct.pack(FORMATS[type.dtype], value)
    except struct.error:
        raise OverflowError(f"{value} does not fit into {type}") from None


def address(found: Any) -> int:
    """Where an array's elements are."""
    pointer: int = found.__array_interface__["data"][0]
    return pointer


class Layout:
    """Where the records of a program have their fields."""

    def __init__(self, program: Program) -> None:
        self.fields = {record.name: record.fields for record in program.records}
        self.places = {name: offsets([f.type for f in fields]) for name, fields in self.fields.items()}


class Held:
    """An argument that is laid out once for many calls: a list or a tree that does not change."""

    def __init__(self, layout: Layout, value: Any, type: Type) -> None:
        given = Given(layout)
        self.words = given.words(value, type)
        self.kept = given.kept


class Given:
    """Values on their way into compiled code. What they are in must be kept until the code has returned."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.kept: list[Any] = []
        self.known: dict[int, int] = {}  # the addresses of records, by identity
        self.pending: list[tuple[Instance, int, Any]] = []

    def words(self, value: Any, type: Type) -> bytes:
        """The value as it stands in a block of arguments, in a record or in a list."""
        words = self._words(value, type)
        while self.pending:
            instance, offset, buffer = self.pending.pop()
            fields = self.layout.fields[instance.record]
            for field, place in zip(fields, self.layout.places[instance.record][0], strict=True):
                content = self._words(instance.fields[field.name], field.type)
                buffer[offset + place : offset + place + len(content)] = np.frombuffer(content, np.uint8)
        return words

    def _words(self, value: Any, type: Type) -> bytes:
        if isinstance(type, Scalar):
            return number(value, type)
        if isinstance(type, Tensor):
            return struct.pack("q", self.keep(array(value, type)))
        if isinstance(type, Ptr):
            return struct.pack("q", self.record(value))
        return struct.pack("qqq", len(value), self.elements(value, type.element), 0)

    def keep(self, found: Any) -> int:
        self.kept.append(found)
        return address(found)

    def elements(self, values: Sequence[Any], type: Type) -> int:
        if isinstance(type, Scalar):
            return self.keep(array(values, Tensor(type.dtype, (len(values),))))
        if isinstance(type, Tensor):
            rows = [array(value, type) for value in values]
            self.kept.append(rows)
            return self.keep(np.array([address(row) for row in rows], np.int64))
        content = b"".join(self._words(value, type) for value in values)
        return self.keep(np.frombuffer(content, np.uint8).copy())

    def record(self, value: Instance | None) -> int:
        if value is None:
            return 0
        found = self.known.get(id(value))
        if found is None:
            buffer = np.zeros(max(self.layout.places[value.record][1], 8), np.uint8)
            found = self.known[id(value)] = self.keep(buffer)
            self.kept.append(value)
            self.pending.append((value, 0, buffer))
        return found


class Taken:
    """Values on their way out of compiled code, copied before its memory is used again."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.known: dict[tuple[int, str], Instance] = {}
        self.pending: list[tuple[Instance, int]] = []

    def value(self, pointer: int, type: Type) -> Any:
        """The value that stands at an address."""
        value = self._value(pointer, type)
        while self.pending:
            instance, start = self.pending.pop()
            fields = self.layout.fields[instance.record]
            for field, place in zip(fields, self.layout.places[instance.record][0], strict=True):
                instance.fields[field.name] = self._value(start + place, field.type)
        return value

    def _value(self, pointer: int, type: Type) -> Any:
        if isinstance(type, Scalar):
            (found,) = struct.unpack(FORMATS[type.dtype], ctypes.string_at(pointer, bytes_of(type)))
            return DTYPES[type.dtype](found) if type.dtype in FLOATS else found
        if isinstance(type, List):
            length, data = ctypes.c_int64.from_address(pointer).value, ctypes.c_int64.from_address(pointer + 8).value
            step = bytes_of(type.element)
            return [self._value(data + k * step, type.element) for k in range(length)]
        target = ctypes.c_int64.from_address(pointer).value
        if isinstance(type, Tensor):
            count = int(np.prod(type.shape)) * np.dtype(DTYPES[type.dtype]).itemsize
            return np.frombuffer(ctypes.string_at(target, count), DTYPES[type.dtype]).reshape(type.shape).copy()
        if not target:
            return None
        instance = self.known.get((target, type.record))
        if instance is None:
            instance = self.known[target, type.record] = Instance(type.record)
            self.pending.append((instance, target))
        return instance
