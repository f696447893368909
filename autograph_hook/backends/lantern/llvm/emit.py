"""Writing LLVM code: types, constants, vectors with masked tails, and loops.

An :class:`Emit` writes one function. Its value types are the dtypes of the intermediate representation, alone or in
vectors of some lanes (`lanes=1`: alone). A bool is an `i1` as a value and a byte in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

from llvmlite import ir

from autograph_hook.backends.lantern.llvm.host import SIZES, Host

Value: TypeAlias = Any  # a value of LLVM: llvmlite has no types
Kind: TypeAlias = Any  # a type of LLVM

BIT, BYTE, INT, LONG = ir.IntType(1), ir.IntType(8), ir.IntType(32), ir.IntType(64)
POINTER = ir.PointerType()
NOTHING = ir.VoidType()
KINDS: dict[str, Kind] = {"bool": BIT, "i32": INT, "i64": LONG, "f32": ir.FloatType(), "f64": ir.DoubleType()}
STORED: dict[str, Kind] = {**KINDS, "bool": BYTE}
ALIGNMENT = 64


def kind(dtype: str, lanes: int = 1) -> Kind:
    return KINDS[dtype] if lanes == 1 else ir.VectorType(KINDS[dtype], lanes)


def suffix(of: Kind) -> str:
    """The type as it stands in the name of an intrinsic."""
    if isinstance(of, ir.VectorType):
        return f"v{of.count}{suffix(of.element)}"
    if isinstance(of, ir.FloatType):
        return "f32"
    if isinstance(of, ir.DoubleType):
        return "f64"
    return "p0" if isinstance(of, ir.PointerType) else f"i{of.width}"


def long(value: int) -> Value:
    return ir.Constant(LONG, value)


def rounded(size: int) -> int:
    """Bytes that memory is given out for so many."""
    return -(-size // ALIGNMENT) * ALIGNMENT


class Unit:
    """A module under construction."""

    def __init__(self, host: Host, name: str = "lantern") -> None:
        self.host = host
        self.module: Any = ir.Module(name)
        self.module.triple = host.triple

    def function(self, name: str, result: Kind, arguments: Sequence[Kind]) -> Any:
        """The function of that name, declared if it is not there yet."""
        found = self.module.globals.get(name)
        return found or ir.Function(self.module, ir.FunctionType(result, arguments), name)

    def kernel(self, name: str, arguments: Sequence[Kind], write: Callable[..., None]) -> Any:
        """An internal function without results whose pointers do not overlap, written by `write(emit, *arguments)` if
        it is not there yet."""
        if name in self.module.globals:
            return self.module.globals[name]
        function = self.function(name, NOTHING, arguments)
        function.linkage = "internal"
        function.attributes.add("nounwind")
        for argument in function.args:
            if isinstance(argument.type, ir.PointerType):
                argument.add_attribute("noalias")
        emit = Emit(self, function)
        write(emit, *function.args)
        emit.b.ret_void()
        return function


class Loop:
    """A loop that is being written: its index and what it carries from one round to the next."""

    def __init__(self, index: Value, values: list[Value]) -> None:
        self.index = index
        self.values = values
        self.following: list[Value] | None = None

    def next(self, values: Sequence[Value]) -> None:
        """What the next round begins with; after the loop, `values` are the last ones."""
        self.following = list(values)


class Emit:
    """Writes one function."""

    def __init__(self, unit: Unit, function: Any) -> None:
        self.unit = unit
        self.host = unit.host
        self.function = function
        self.b = ir.IRBuilder(function.append_basic_block("entry"))

    # Values.

    def constant(self, of: Kind, value: float | int | bool) -> Value:
        element = of.element if isinstance(of, ir.VectorType) else of
        single = float(value) if isinstance(element, (ir.FloatType, ir.DoubleType)) else int(value)
        return ir.Constant(of, [single] * of.count if isinstance(of, ir.VectorType) else single)

    def splat(self, value: Value, lanes: int) -> Value:
        if lanes == 1:
            return value
        of = ir.VectorType(value.type, lanes)
        first = self.b.insert_element(ir.Constant(of, ir.Undefined), value, ir.Constant(INT, 0))
        return self.b.shuffle_vector(
            first, ir.Constant(of, ir.Undefined), ir.Constant(ir.VectorType(INT, lanes), [0] * lanes)
        )

    def intrinsic(self, name: str, result: Kind, arguments: Sequence[Value], over: Kind | None = None) -> Value:
        full = f"llvm.{name}.{suffix(result if over is None else over)}"
        return self.b.call(self.unit.function(full, result, [a.type for a in arguments]), arguments)

    def fma(self, x: Value, y: Value, z: Value) -> Value:
        """x * y + z, on floats with one rounding."""
        element = x.type.element if isinstance(x.type, ir.VectorType) else x.type
        if isinstance(element, ir.IntType):
            return self.b.add(self.b.mul(x, y), z)
        return self.intrinsic("fma", x.type, [x, y, z])

    # Memory.

    def at(self, pointer: Value, index: Value | int, dtype: str) -> Value:
        """The address of an element."""
        number = long(index) if isinstance(index, int) else index
        return self.b.gep(pointer, [number], source_etype=STORED[dtype])

    def byte(self, pointer: Value, offset: Value | int) -> Value:
        number = long(offset) if isinstance(offset, int) else offset
        return self.b.gep(pointer, [number], source_etype=BYTE)

    def mask(self, lanes: int, count: int) -> Value:
        return ir.Constant(ir.VectorType(BIT, lanes), [int(lane < count) for lane in range(lanes)])

    def load(self, pointer: Value, dtype: str, lanes: int = 1, count: int | None = None) -> Value:
        """The elements at an address; only the first `count` are read, the others are 0."""
        stored = STORED[dtype] if lanes == 1 else ir.VectorType(STORED[dtype], lanes)
        align = SIZES[dtype]
        if count is None or count >= lanes:
            value = self.b.load(pointer, typ=stored, align=align)
        else:
            name = f"llvm.masked.load.{suffix(stored)}.p0"
            function = self.unit.function(name, stored, [POINTER, ir.VectorType(BIT, lanes), stored])
            value = self.b.call(function, [pointer, self.mask(lanes, count), self.constant(stored, 0)])
        return self.b.icmp_unsigned("!=", value, self.constant(stored, 0)) if dtype == "bool" else value

    def store(self, value: Value, pointer: Value, dtype: str, lanes: int = 1, count: int | None = None) -> None:
        stored = STORED[dtype] if lanes == 1 else ir.VectorType(STORED[dtype], lanes)
        if dtype == "bool":
            value = self.b.zext(value, stored)
        if count is None or count >= lanes:
            self.b.store(value, pointer, align=SIZES[dtype])
        else:
            name = f"llvm.masked.store.{suffix(stored)}.p0"
            function = self.unit.function(name, NOTHING, [stored, POINTER, ir.VectorType(BIT, lanes)])
            self.b.call(function, [value, pointer, self.mask(lanes, count)])

    def copy(self, target: Value, source: Value, size: Value | int) -> None:
        number = long(size) if isinstance(size, int) else size
        function = self.unit.function("llvm.memcpy.p0.p0.i64", NOTHING, [POINTER, POINTER, LONG, BIT])
        self.b.call(function, [target, source, number, ir.Constant(BIT, 0)])

    def clear(self, target: Value, size: Value | int) -> None:
        number = long(size) if isinstance(size, int) else size
        function = self.unit.function("llvm.memset.p0.i64", NOTHING, [POINTER, BYTE, LONG, BIT])
        self.b.call(function, [target, ir.Constant(BYTE, 0), number, ir.Constant(BIT, 0)])

    # Control flow.

    @contextmanager
    def loop(
        self, count: Value | int, step: int = 1, values: Sequence[Value] = (), start: Value | int = 0
    ) -> Iterator[Loop]:
        """`for index in range(start, count, step)`."""
        end = long(count) if isinstance(count, int) else count
        begin = long(start) if isinstance(start, int) else start
        before = self.b.block
        head = self.function.append_basic_block("head")
        body = self.function.append_basic_block("body")
        after = self.function.append_basic_block("after")
        self.b.branch(head)
        self.b.position_at_end(head)
        index = self.b.phi(LONG)
        index.add_incoming(begin, before)
        carried = [self.b.phi(value.type) for value in values]
        for phi, value in zip(carried, values, strict=True):
            phi.add_incoming(value, before)
        self.b.cbranch(self.b.icmp_signed("<", index, end), body, after)
        self.b.position_at_end(body)
        loop = Loop(index, list(carried))
        yield loop
        following = self.b.add(index, long(step), flags=("nsw",))
        index.add_incoming(following, self.b.block)
        for phi, value in zip(carried, loop.following or carried, strict=True):
            phi.add_incoming(value, self.b.block)
        self.b.branch(head)
        self.b.position_at_end(after)
        loop.values = list(carried)

    def vectors(
        self, count: int, lanes: int, body: Callable[[Value, int, int], None], unrolled: int = 4
    ) -> None:
        """Call `body(index, lanes, filled)` for `count` elements, in vectors of `lanes`, of which the last may be
        filled in part."""
        whole = count // lanes * lanes
        if whole > unrolled * lanes:
            with self.loop(whole, lanes) as loop:
                body(loop.index, lanes, lanes)
        else:
            for index in range(0, whole, lanes):
                body(long(index), lanes, lanes)
        if count - whole == 1:
            body(long(whole), 1, 1)
        elif count > whole:
            body(long(whole), lanes, count - whole)
