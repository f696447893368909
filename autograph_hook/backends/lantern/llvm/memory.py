"""The memory of a call: an arena that grows by chunks, is emptied when the next call begins, and belongs to a context.

A context is a block of 64-bit slots, which compiled code is given as its first argument. A thread has one of its own,
shared by all compiled programs; while a call is running it is taken away, so that a call made meanwhile in the same
thread (by a finalizer, say) finds another. Blocks of memory begin at multiples of 64 bytes.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from enum import IntEnum
from typing import Any

from llvmlite import ir

from autograph_hook.backends.lantern.llvm.emit import (
    ALIGNMENT,
    INT,
    LONG,
    NOTHING,
    POINTER,
    Emit,
    Unit,
    Value,
    long,
)
from autograph_hook.backends.lantern.llvm.objects import ALLOCATE, RELEASE

CHUNK = 1 << 20
KEPT = 1 << 28
"""Bytes of the smallest chunk, and of the largest arena that is kept for the next call."""

MARGIN = 1 << 18
LARGEST_STACK = 1 << 26
"""Bytes of the native stack that are left to kernels and to the C library, and that are used at most."""


class Slot(IntEnum):
    """What a context holds."""

    FREE = 0  # where the next block begins
    END = 1  # of the current chunk
    CHUNK = 2  # the current chunk, 0 before the first block
    FIRST = 3  # the first chunk, 0 if there is none
    RESERVED = 4  # bytes in all chunks
    STACK = 5  # the native stack may not grow below this address
    ERROR = 6
    DEF = 7
    LINE = 8
    DETAIL = 9
    OTHER = 10
    GLOBALS = 11  # the table of parameters and constants
    TARGETS = 12  # the table of what gradients are added to
    SCALE = 13  # … after they are multiplied with this double
    FRESH = 14  # 1: targets are overwritten
    LOGS = 15  # the table of logs, three slots each


class Header(IntEnum):
    """What a chunk begins with."""

    NEXT = 0
    START = 1
    END = 2


HEADER = 32


class Arena:
    """Writes the code of one function that deals with memory."""

    def __init__(self, e: Emit, context: Value) -> None:
        self.e = e
        self.context = context

    def slot(self, slot: int) -> Value:
        return self.e.at(self.context, int(slot), "i64")

    def get(self, slot: int) -> Value:
        return self.e.load(self.slot(slot), "i64")

    def pointer(self, slot: int) -> Value:
        return self.e.b.load(self.slot(slot), typ=POINTER)

    def set(self, slot: int, value: Value | int) -> None:
        self.e.store(long(value) if isinstance(value, int) else value, self.slot(slot), "i64")

    def allocate(self, size: Value) -> Value:
        """A block of so many bytes, a multiple of 64; null where there is no memory."""
        return self.e.b.call(allocate(self.e.unit), [self.context, size])

    def mark(self) -> list[Value]:
        """The state of the arena, for `release`."""
        return [self.get(slot) for slot in (Slot.FREE, Slot.END, Slot.CHUNK)]

    def release(self, mark: list[Value]) -> None:
        """Everything that was allocated since is free again."""
        for slot, value in zip((Slot.FREE, Slot.END, Slot.CHUNK), mark, strict=True):
            self.set(slot, value)


def _function(unit: Unit, name: str, result: Any, arguments: list[Any]) -> tuple[Any, bool]:
    """The internal function, and whether it is still to be written."""
    known = name in unit.module.globals
    function = unit.function(name, result, arguments)
    if not known:
        function.linkage = "internal"
        function.attributes.add("nounwind")
    return function, not known


def allocate(unit: Unit) -> Any:
    """`allocate(context, size)`: the short way, where the chunk has room."""
    function, new = _function(unit, "allocate", POINTER, [POINTER, LONG])
    if not new:
        return function
    function.attributes.add("alwaysinline")
    context, size = function.args
    e = Emit(unit, function)
    b, arena = e.b, Arena(e, context)
    begin = arena.get(Slot.FREE)
    left = b.sub(arena.get(Slot.END), begin)
    room = b.icmp_unsigned("<=", size, left)
    with b.if_then(room, likely=True):
        arena.set(Slot.FREE, b.add(begin, size))
        b.ret(b.inttoptr(begin, POINTER))
    b.ret(b.call(_grow(unit), [context, size]))
    return function


def _grow(unit: Unit) -> Any:
    """`grow(context, size)`: goes on to the next chunk that is large enough, or gets one."""
    function, new = _function(unit, "grow", POINTER, [POINTER, LONG])
    if not new:
        return function
    function.attributes.add("noinline")
    function.attributes.add("cold")
    context, size = function.args
    e = Emit(unit, function)
    b, arena = e.b, Arena(e, context)
    entry = b.block
    search, look, use, get = (function.append_basic_block(name) for name in ("search", "look", "use", "get"))
    current = arena.get(Slot.CHUNK)
    link = b.select(b.icmp_signed("==", current, long(0)), arena.slot(Slot.FIRST), b.inttoptr(current, POINTER))
    b.branch(search)
    b.position_at_end(search)
    place = b.phi(POINTER)  # where the address of the next chunk stands
    place.add_incoming(link, entry)
    chunk = b.load(place, typ=POINTER)
    b.cbranch(b.icmp_unsigned("==", chunk, ir.Constant(POINTER, None)), get, look)

    b.position_at_end(look)
    room = b.sub(_header(e, chunk, Header.END), _header(e, chunk, Header.START))
    place.add_incoming(chunk, look)
    b.cbranch(b.icmp_unsigned("<=", size, room), use, search)

    b.position_at_end(get)
    with b.if_then(b.icmp_unsigned(">", size, long(1 << 46))):
        b.ret(ir.Constant(POINTER, None))
    wanted = b.add(size, long(HEADER + ALIGNMENT))
    reserved = arena.get(Slot.RESERVED)
    for least in (long(CHUNK), reserved):
        wanted = b.select(b.icmp_unsigned("<", wanted, least), least, wanted)
    fresh = b.call(unit.function(ALLOCATE, POINTER, [LONG]), [wanted])
    with b.if_then(b.icmp_unsigned("==", fresh, ir.Constant(POINTER, None))):
        b.ret(ir.Constant(POINTER, None))
    address = b.ptrtoint(fresh, LONG)
    start = b.and_(b.add(address, long(HEADER + ALIGNMENT - 1)), long(-ALIGNMENT))
    for field, value in ((Header.NEXT, long(0)), (Header.START, start), (Header.END, b.add(address, wanted))):
        e.store(value, e.at(fresh, int(field), "i64"), "i64")
    b.store(fresh, place)
    arena.set(Slot.RESERVED, b.add(reserved, wanted))
    got = b.block
    b.branch(use)

    b.position_at_end(use)
    used = b.phi(POINTER)
    used.add_incoming(chunk, look)
    used.add_incoming(fresh, got)
    begin = _header(e, used, Header.START)
    arena.set(Slot.CHUNK, b.ptrtoint(used, LONG))
    arena.set(Slot.END, _header(e, used, Header.END))
    arena.set(Slot.FREE, b.add(begin, size))
    b.ret(b.inttoptr(begin, POINTER))
    return function


def _header(e: Emit, chunk: Value, field: Header) -> Value:
    return e.load(e.at(chunk, int(field), "i64"), "i64")


def begin(unit: Unit) -> Any:
    """`begin(context)`: empties the arena. Several chunks, or a very large one, are given back, and the next one gets
    their size: a program that runs again and again soon has a single chunk."""
    function, new = _function(unit, "begin", NOTHING, [POINTER])
    if not new:
        return function
    (context,) = function.args
    e = Emit(unit, function)
    b, arena = e.b, Arena(e, context)
    for slot in (Slot.FREE, Slot.END, Slot.CHUNK, Slot.ERROR):
        arena.set(slot, 0)
    # Where the stack's end is not known, so much is taken to be left that any thread has it.
    frame = b.ptrtoint(b.call(unit.function("llvm.frameaddress.p0", POINTER, [INT]), [ir.Constant(INT, 0)]), LONG)
    with b.if_then(b.icmp_signed("==", arena.get(Slot.STACK), long(0))):
        arena.set(Slot.STACK, b.sub(frame, long(MARGIN)))
    first = arena.get(Slot.FIRST)
    with b.if_then(b.icmp_signed("==", first, long(0))):
        b.ret_void()
    second = _header(e, b.inttoptr(first, POINTER), Header.NEXT)
    large = b.icmp_unsigned(">", arena.get(Slot.RESERVED), long(KEPT))
    with b.if_then(b.or_(b.icmp_signed("!=", second, long(0)), large)):
        before, loop = b.block, function.append_basic_block("free")
        done = function.append_basic_block("freed")
        b.branch(loop)
        b.position_at_end(loop)
        chunk = b.phi(LONG)
        chunk.add_incoming(first, before)
        pointer = b.inttoptr(chunk, POINTER)
        following = _header(e, pointer, Header.NEXT)
        b.call(unit.function(RELEASE, NOTHING, [POINTER]), [pointer])
        chunk.add_incoming(following, loop)
        b.cbranch(b.icmp_signed("!=", following, long(0)), loop, done)
        b.position_at_end(done)
        arena.set(Slot.FIRST, 0)
        size = arena.get(Slot.RESERVED)
        size = b.select(large, long(0), size)
        arena.set(Slot.RESERVED, 0)
        with b.if_then(b.icmp_signed("!=", size, long(0))):
            b.call(_grow(unit), [context, b.and_(b.sub(size, long(HEADER + ALIGNMENT)), long(-ALIGNMENT))])
            arena.set(Slot.FREE, 0)
            arena.set(Slot.END, 0)
            arena.set(Slot.CHUNK, 0)
    b.ret_void()
    return function


class Context:
    """A context, as Python sees it. Its memory is given back with it."""

    def __init__(self) -> None:
        self.slots = (ctypes.c_int64 * len(Slot))()
        self.address = ctypes.addressof(self.slots)
        self.slots[Slot.STACK] = stack_limit()
        self.results: Any = (ctypes.c_int64 * 0)()
        self.results_address = 0

    def reserve(self, words: int) -> None:
        """Room for so many words of results."""
        if len(self.results) < words:
            self.results = (ctypes.c_int64 * max(words, 64))()
            self.results_address = ctypes.addressof(self.results)

    @property
    def reserved(self) -> int:
        """Bytes that the arena holds, used or not."""
        return int(self.slots[Slot.RESERVED])

    def __del__(
        self, release: Any = ctypes.pythonapi.PyMem_RawFree, at: Any = ctypes.c_int64.from_address,
        pointer: Any = ctypes.c_void_p, first: int = int(Slot.FIRST), following: int = 8 * Header.NEXT,
    ) -> None:  # fmt: skip
        # Module globals may be gone when the last context goes.
        chunk, self.slots[first] = self.slots[first], 0
        while chunk:
            chunk, freed = at(chunk + following).value, chunk
            release(pointer(freed))


class Contexts(threading.local):
    """The contexts of a thread that are not in use."""

    def __init__(self) -> None:
        self.idle: list[Context] = []

    def take(self) -> Context:
        return self.idle.pop() if self.idle else Context()

    def put(self, context: Context) -> None:
        self.idle.append(context)


CONTEXTS = Contexts()


def stack_limit() -> int:
    """The address that this thread's stack may grow down to; 0 where that cannot be known."""
    try:
        low, size = stack()
    except (OSError, AttributeError):
        return 0
    if not low:
        return 0
    # A stack without limit is not relied upon beyond what is usual; of a small one, little is left to others.
    return max(low, low + size - LARGEST_STACK) + min(MARGIN, size // 4)


def stack() -> tuple[int, int]:
    """The lowest address of this thread's stack and its size; zeros where the system does not say."""
    low, size = ctypes.c_void_p(), ctypes.c_size_t()
    if sys.platform == "win32":
        high = ctypes.c_size_t()
        ctypes.windll.kernel32.GetCurrentThreadStackLimits(ctypes.byref(size), ctypes.byref(high))
        return size.value, high.value - size.value
    library = ctypes.CDLL(None)
    library.pthread_self.restype = ctypes.c_void_p
    thread = ctypes.c_void_p(library.pthread_self())
    if sys.platform == "darwin":
        library.pthread_get_stackaddr_np.restype = ctypes.c_void_p
        library.pthread_get_stacksize_np.restype = ctypes.c_size_t
        count = int(library.pthread_get_stacksize_np(thread))
        return int(library.pthread_get_stackaddr_np(thread)) - count, count
    attributes = (ctypes.c_char * 256)()
    if library.pthread_getattr_np(thread, attributes):
        return 0, 0
    failed = library.pthread_attr_getstack(attributes, ctypes.byref(low), ctypes.byref(size))
    library.pthread_attr_destroy(attributes)
    return (0, 0) if failed else (low.value or 0, size.value)
