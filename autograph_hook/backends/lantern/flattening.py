"""Trees on their way into compiled code: one pass in Python, by a function that is written for a schema.

It looks at every node once, however often it is referred to, and returns None where the tree has something that the
schema does not know of: another class, a field of another type.
"""

from __future__ import annotations

import ctypes
import struct
from typing import Any

import numpy as np

from autograph_hook.backends.lantern.ir import List, Scalar
from autograph_hook.backends.lantern.llvm.containers import offsets
from autograph_hook.backends.lantern.llvm.values import FORMATS, Held
from autograph_hook.backends.lantern.op_meanings import DTYPES
from autograph_hook.backends.lantern.schemas import Group, Kind, Schema, Slot

TYPES = {("bool", True): "bool", ("i64", True): "int", ("f64", True): "float"}


class Flat:
    """A tree in memory: the address of its root, what must be kept, and the nodes in order, by group."""

    __slots__ = ("address", "held", "nodes")

    def __init__(self, address: int, kept: list[Any], nodes: list[tuple[Any, int, int]]) -> None:
        self.address = address
        self.nodes = nodes
        held = Held.__new__(Held)
        held.words = struct.pack("q", address)
        held.kept = kept
        self.held = held

    def node(self, address: int) -> Any:
        """The user's object that stands at an address."""
        for nodes, base, size in self.nodes:
            if nodes and base <= address < base + size * len(nodes):
                return nodes[(address - base) // size]
        return None


class _Writer:
    """Writes the function of a schema."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.names: dict[str, Any] = {
            "Flat": Flat, "ndarray": np.ndarray, "pack": struct.Struct, "np": np, "address": _address, "cells": _cells,
            "pointers": _pointers, "numbers": _numbers, "arrays": _arrays,
        }  # fmt: skip
        self.lines: list[str] = []
        self.count = 0

    def constant(self, value: Any) -> str:
        name = f"k{len(self.names)}"
        self.names[name] = value
        return name

    def write(self, indent: int, text: str) -> None:
        self.lines.append("    " * indent + text)

    def function(self) -> Any:
        schema, w = self.schema, self.write
        groups = schema.groups
        self.sizes = [offsets([v.type for v, _, _ in g.fields]) for g in groups]
        w(0, "def flatten(root):")
        w(1, "at = {}")
        w(1, "kept = []")
        for g in range(len(groups)):
            w(1, f"nodes{g} = []; out{g} = []; room{g} = room[{g}]")
            w(1, f"base{g}, buffer{g} = cells(room{g} * {max(self.sizes[g][1], 8)})")
        w(1, "kept += [" + ", ".join(f"buffer{g}" for g in range(len(groups))) + "]")
        w(1, "todo = []")
        self.pointer(1, "first", "root", schema.root.group.find() if schema.root.group else groups[0])
        w(1, "for node in todo:")
        w(2, "kind = type(node)")
        words = "if"
        for g, group in enumerate(groups):
            for key, kind in group.kinds.items():
                w(2, f"{words} {self.test(key)}:")
                words = "elif"
                self.kind(3, g, group, kind)
        w(2, "else:")
        w(3, "return None")
        for g in range(len(groups)):
            w(1, f"n = len(nodes{g})")
            w(1, f"if n > room{g}:")
            w(2, f"room[{g}] = 2 * n")
            w(2, "return flatten(root)")
            w(1, f"if n: packer({g}, n).pack_into(buffer{g}, 0, *out{g})")
        ranges = ", ".join(f"(nodes{g}, base{g}, {max(self.sizes[g][1], 8)})" for g in range(len(groups)))
        w(1, f"return Flat(first, kept, [{ranges}])")
        self.names["room"] = [16] * len(groups)
        self.names["packer"] = self.packers()
        exec(compile("\n".join(self.lines), "<autograph_hook flattener>", "exec"), self.names)
        return self.names["flatten"]

    def packers(self) -> Any:
        formats = []
        for g, group in enumerate(self.schema.groups):
            places, size = self.sizes[g]
            text, end = "", 0
            for (var, _, _), place in zip(group.fields, places, strict=True):
                code, length = _code(var.type)
                text += "x" * (place - end) + code
                end = place + length
            formats.append(text + "x" * (max(size, 8) - end))
        known: dict[tuple[int, int], struct.Struct] = {}

        def packer(group: int, count: int) -> struct.Struct:
            found = known.get((group, count))
            if found is None:
                if len(known) > 4096:
                    known.clear()
                found = known[group, count] = struct.Struct("=" + formats[group] * count)
            return found

        return packer

    def test(self, key: Any) -> str:
        if isinstance(key, type):
            return f"kind is {self.constant(key)}"
        if key[0] == "tuple":
            return f"kind is tuple and len(node) == {key[1]}"
        return f"kind is {self.number(key[1:])}"

    def number(self, key: Any) -> str:
        return TYPES.get(key) or self.constant(DTYPES[key[0]])

    def fresh(self) -> str:
        self.count += 1
        return f"v{self.count}"

    def kind(self, indent: int, g: int, group: Group, kind: Kind) -> None:
        w = self.write
        values: dict[str, str] = {}
        if not isinstance(kind.key, type) and kind.key[0] == "number":
            values[group.places[kind.key, "value"].name] = "node"
        else:
            if isinstance(kind.key, type) and not issubclass(kind.key, tuple) and kind.key.__dictoffset__:
                own = [n for n in kind.names if n not in _all_slots(kind.key)]
                w(indent, f"if len(node.__dict__) != {len(own)}: return None")
            for name, slot in kind.slots.items():
                value = self.fresh()
                item = kind.key == ("tuple", len(kind.names))
                w(indent, f"{value} = node[{name}]" if item else f"{value} = node.{name}")
                field = group.places.get((kind.key, name))
                made = self.slot(indent, value, slot)
                if field is not None:
                    values[field.name] = made
        row = []
        for var, _, _ in group.fields:
            if var.name == "tag" and group.tagged:
                row.append(str(group.tag(kind.key)))
            elif var.name in values:
                row.append(values[var.name])
            else:
                row += ["0"] * (3 if isinstance(var.type, List) else 1)
        w(indent, f"out{g} += ({', '.join(row)},)")

    def slot(self, indent: int, value: str, slot: Slot) -> str:
        """Code that checks a field; the text of what is packed."""
        w = self.write
        if slot.group is not None:
            pointer = self.fresh()
            group = slot.group.find()
            if slot.none:
                w(indent, f"if {value} is None: {pointer} = 0")
                w(indent, "else:")
                self.pointer(indent + 1, pointer, value, group)
            else:
                w(indent, f"if {value} is None: return None")
                self.pointer(indent, pointer, value, group)
            return pointer
        if slot.number is not None:
            w(indent, f"if type({value}) is not {self.number(slot.number)}: return None")
            return value
        if slot.array is not None:
            w(indent, f"if {self.other_array(value, slot)}: return None")
            made = self.fresh()
            w(indent, f"{made} = address({value}, kept)")
            return made
        if slot.element is not None:
            return self.list(indent, value, slot.element)
        w(indent, f"if {value} is not None: return None")
        return "0"

    def other_array(self, value: str, slot: Slot) -> str:
        """A test that a value is not an array of this dtype and shape."""
        assert slot.array is not None
        dtype, shape = self.constant(np.dtype(DTYPES[slot.array[0]])), self.constant(slot.array[1])
        return f"type({value}) is not ndarray or {value}.dtype != {dtype} or {value}.shape != {shape}"

    def pointer(self, indent: int, name: str, value: str, group: Group) -> None:
        """`name` becomes the address of the record of a value; one that is new is put on the list of what is left."""
        w, g = self.write, self.schema.groups.index(group)
        size = max(self.sizes[g][1], 8)
        tests = " or ".join(self._belongs(key, value) for key in group.kinds)
        w(indent, f"{name} = at.get(id({value}))")
        w(indent, f"if {name} is None:")
        w(indent + 1, f"if not ({tests}): return None")
        w(indent + 1, f"{name} = at[id({value})] = base{g} + {size} * len(nodes{g})")
        w(indent + 1, f"nodes{g}.append({value}); todo.append({value})")

    def _belongs(self, key: Any, value: str) -> str:
        if isinstance(key, type):
            return f"type({value}) is {self.constant(key)}"
        if key[0] == "tuple":
            return f"type({value}) is tuple and len({value}) == {key[1]}"
        return f"type({value}) is {self.number(key[1:])}"

    def list(self, indent: int, value: str, element: Slot) -> str:
        w = self.write
        w(indent, f"if type({value}) is not list: return None")
        length, data = self.fresh(), self.fresh()
        w(indent, f"{length} = len({value}); {data} = 0")
        type_ = element.type()
        if type_ is None:
            w(indent, f"if any(e is not None for e in {value}): return None")
            w(indent, f"if {length}: return None")
            return "0"
        w(indent, f"if {length}:")
        if element.group is not None:
            each = self.fresh()
            w(indent + 1, f"{data} = []")
            w(indent + 1, f"for e in {value}:")
            w(indent + 2, f"{each} = 0")
            if element.none:
                w(indent + 2, "if e is not None:")
                self.pointer(indent + 3, each, "e", element.group.find())
            else:
                w(indent + 2, "if e is None: return None")
                self.pointer(indent + 2, each, "e", element.group.find())
            w(indent + 2, f"{data}.append({each})")
            w(indent + 1, f"{data} = pointers({data}, kept)")
        elif element.number is not None:
            dtype = self.constant(DTYPES[element.number[0]])
            w(indent + 1, f"if any(type(e) is not {self.number(element.number)} for e in {value}): return None")
            w(indent + 1, f"{data} = numbers({value}, {dtype}, kept)")
        elif element.array is not None:
            w(indent + 1, f"if any({self.other_array('e', element)} for e in {value}): return None")
            w(indent + 1, f"{data} = arrays({value}, kept)")
        else:
            w(indent + 1, "return None")
        return f"{length}, {data}, 0"


def _all_slots(kind: type) -> set[str]:
    found: set[str] = set()
    for owner in kind.__mro__:
        slots = vars(owner).get("__slots__", ())
        found.update((slots,) if isinstance(slots, str) else slots)
    return found


def _code(type: Any) -> tuple[str, int]:
    if isinstance(type, Scalar):
        code = FORMATS[type.dtype]
        return code, struct.calcsize("=" + code)
    if isinstance(type, List):
        return "qqq", 24
    return "q", 8


def _cells(size: int) -> tuple[int, Any]:
    buffer = ctypes.create_string_buffer(size)
    return ctypes.addressof(buffer), buffer


def _address(value: Any, kept: list[Any]) -> int:
    if not value.flags.c_contiguous:
        value = np.ascontiguousarray(value)
    kept.append(value)
    return int(value.__array_interface__["data"][0])


def _pointers(values: list[int], kept: list[Any]) -> int:
    return _address(np.array(values, np.int64), kept)


def _numbers(values: list[Any], dtype: Any, kept: list[Any]) -> int:
    return _address(np.array(values, dtype), kept)


def _arrays(values: list[Any], kept: list[Any]) -> int:
    return _pointers([_address(value, kept) for value in values], kept)


def flattener(schema: Schema) -> Any:
    return _Writer(schema).function()
