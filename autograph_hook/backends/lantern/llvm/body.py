"""The code of one def while it is written: names, memory, failures.

A function returns a structure: a status, which is not 0 where it failed, and its results. Scalars are values of LLVM,
tensors and records addresses, and a list is a structure: its length, its data, and the storage that the data stand
in (null for data that were given from outside).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from llvmlite import ir

from autograph_hook.backends.lantern.ir import Def, List, Program, Scalar, Tensor, Type, Var
from autograph_hook.backends.lantern.llvm.emit import (
    INT,
    KINDS,
    LONG,
    NOTHING,
    POINTER,
    Emit,
    Unit,
    Value,
    long,
    rounded,
)
from autograph_hook.backends.lantern.llvm.errors import Failure
from autograph_hook.backends.lantern.llvm.host import SIZES
from autograph_hook.backends.lantern.llvm.memory import Arena, Slot
from autograph_hook.backends.lantern.llvm.nests import Array, broadcast, size

LIST = ir.LiteralStructType([LONG, POINTER, POINTER])


def kind_of(type: Type) -> Any:
    """The type of LLVM of a value."""
    if isinstance(type, Scalar):
        return KINDS[type.dtype]
    return LIST if isinstance(type, List) else POINTER


def bytes_of(type: Type) -> int:
    """What a value takes in a record or a list."""
    if isinstance(type, Scalar):
        return SIZES[type.dtype]
    return 24 if isinstance(type, List) else 8


def result_kind(definition: Def) -> Any:
    return ir.LiteralStructType([INT, *(kind_of(result) for result in definition.results)])


def shape_of(type: Type) -> tuple[int, ...]:
    return type.shape if isinstance(type, Tensor) else ()


def dtype_of(type: Type) -> str:
    assert isinstance(type, Scalar | Tensor)
    return type.dtype


@dataclass
class Frame:
    """The memory of a block's tensors: allocated at once, where the first is needed."""

    size: Any = None  # a constant of the code, which grows as tensors are added
    pointer: Value = None


class Shared(Protocol):
    """What the code of all defs of a program shares."""

    program: Program
    unit: Unit
    globals: dict[str, int]
    logs: dict[tuple[str, str, int], int]
    functions: dict[str, Any]


class Body:
    def __init__(self, shared: Shared, definition: Def, number: int) -> None:
        self.shared = shared
        self.definition = definition
        self.number = number
        function = shared.functions[definition.name]
        self.e = Emit(shared.unit, function)
        self.b = self.e.b
        self.context = function.args[0]
        self.arena = Arena(self.e, self.context)
        self.names: dict[str, Value] = {
            param.name: argument for param, argument in zip(definition.params, function.args[1:], strict=True)
        }
        self.frames: list[Frame] = []
        self.parts_of_parameters = {param.name for param in shared.program.params}
        self.line = 0

    # Names.

    def value(self, var: Var) -> Value:
        found = self.names.get(var.name)
        if found is not None:
            return found
        place = self.e.at(self.arena.pointer(Slot.GLOBALS), self.shared.globals[var.name], "i64")
        pointer = self.b.load(place, typ=POINTER)
        return self.e.load(pointer, var.type.dtype) if isinstance(var.type, Scalar) else pointer

    def source(self, var: Var, shape: tuple[int, ...]) -> Array | Value:
        """An operand as it is read in a shape that it is broadcast to."""
        if isinstance(var.type, Tensor):
            return Array(self.value(var), var.type.dtype, broadcast(var.type.shape, shape))
        return self.value(var)

    # Memory.

    @contextmanager
    def frame(self) -> Iterator[None]:
        self.frames.append(Frame())
        yield
        self.frames.pop()

    def space(self, size: int) -> Value:
        """Memory of a size that is known now, until the call ends."""
        frame = self.frames[-1]
        if frame.pointer is None:
            frame.size = long(0)
            frame.pointer = self.allocate(frame.size)
        place = self.e.byte(frame.pointer, frame.size.constant)
        frame.size.constant += rounded(max(size, 1))
        return place

    def tensor(self, type: Type) -> Value:
        return self.space(size(shape_of(type)) * SIZES[dtype_of(type)])

    def allocate(self, size: Value) -> Value:
        """Memory of a size that is known when the code runs, a multiple of 64."""
        pointer = self.arena.allocate(size)
        self.fail_if(self.b.icmp_unsigned("==", pointer, ir.Constant(POINTER, None)), Failure.MEMORY)
        return pointer

    def read(self, pointer: Value, type: Type) -> Value:
        """A value out of a record or a list."""
        if isinstance(type, Scalar):
            return self.e.load(pointer, type.dtype)
        return self.b.load(pointer, typ=kind_of(type), align=8)

    def write(self, value: Value, pointer: Value, type: Type) -> None:
        if isinstance(type, Scalar):
            self.e.store(value, pointer, type.dtype)
        else:
            self.b.store(value, pointer, align=8)

    # Failures.

    def fail(self, failure: Failure, detail: Value | int = 0, other: Value | int = 0) -> None:
        numbers = [long(n) if isinstance(n, int) else n for n in (self.number, self.line, detail, other)]
        self.b.call(fail(self.shared.unit), [self.context, long(failure), *numbers])
        self.failed()

    def failed(self) -> None:
        """Return to the caller, which fails too."""
        kind = result_kind(self.definition)
        self.b.ret(self.b.insert_value(ir.Constant(kind, ir.Undefined), ir.Constant(INT, 1), 0))

    def fail_if(self, condition: Value, failure: Failure, detail: Value | int = 0, other: Value | int = 0) -> None:
        with self.b.if_then(condition, likely=False):
            self.fail(failure, detail, other)

    def index(self, index: Var, extent: Value | int, axis: int, of_list: bool = False) -> Value:
        """An index that may count from the end, as one that does not and is in range."""
        b = self.b
        given = self.value(index)
        if dtype_of(index.type) == "i32":
            given = b.sext(given, LONG)
        length = long(extent) if isinstance(extent, int) else extent
        wrapped = b.select(b.icmp_signed("<", given, long(0)), b.add(given, length), given)
        outside = b.icmp_unsigned(">=", wrapped, length)
        if of_list:
            self.fail_if(outside, Failure.LIST_INDEX)
        else:
            self.fail_if(outside, Failure.INDEX, given, b.or_(length, long(axis << 32)))
        return wrapped


def fail(unit: Unit) -> Any:
    """`fail(context, code, def, line, detail, other)` keeps what failed where, for the caller in Python."""
    known = "fail" in unit.module.globals
    function = unit.function("fail", NOTHING, [POINTER] + [LONG] * 5)
    if known:
        return function
    function.linkage = "internal"
    function.attributes.add("noinline")
    function.attributes.add("cold")
    e = Emit(unit, function)
    arena = Arena(e, function.args[0])
    for slot, value in zip(
        (Slot.ERROR, Slot.DEF, Slot.LINE, Slot.DETAIL, Slot.OTHER), function.args[1:], strict=True
    ):
        arena.set(slot, value)
    e.b.ret_void()
    return function
