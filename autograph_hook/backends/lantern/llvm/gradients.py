"""What `accumulate` does: it logs addresses. When the call ends, each parameter's logs are added to its target at once.

Values do not change, so that a log need not copy them; outer products become one product of matrices, whose result is
added to the target in one pass. A target may be the parameter itself, with a negative scale: a step of descent.
"""

from __future__ import annotations

from llvmlite import ir

from autograph_hook.backends.lantern.ir import Op, Program, Scalar, Var, lets
from autograph_hook.backends.lantern.llvm import products
from autograph_hook.backends.lantern.llvm.body import Body, Shared, dtype_of, shape_of
from autograph_hook.backends.lantern.llvm.early import OPERATIONS
from autograph_hook.backends.lantern.llvm.elements import Elements
from autograph_hook.backends.lantern.llvm.emit import BIT, KINDS, LONG, POINTER, Emit, Unit, Value, kind, long
from autograph_hook.backends.lantern.llvm.errors import Failure
from autograph_hook.backends.lantern.llvm.host import SIZES
from autograph_hook.backends.lantern.llvm.memory import Arena, Slot
from autograph_hook.backends.lantern.llvm.nests import size
from autograph_hook.backends.lantern.llvm.tensors import address

COUNT, CAPACITY, ENTRIES = range(3)
"""The slots of a log. An entry is two numbers: the address of a tensor; that of another, or a place in the target."""


def logs(program: Program) -> dict[tuple[str, str, int], int]:
    """The logs that a program needs, numbered: parameter, kind, number of indices; those of early products too."""
    found: dict[tuple[str, str, int], int] = {}
    for definition in program.defs:
        for let in lets(definition.body):
            if isinstance(let.expr, Op) and (let.expr.name.startswith("accumulate") or let.expr.name in OPERATIONS):
                found.setdefault(key(let.expr), len(found))
    return found


def key(op: Op) -> tuple[str, str, int]:
    if op.name in OPERATIONS:
        return f"early {op.attr('group')}", "early", 0
    return op.args[0].name, op.name, len(op.args) - 2 if op.name == "accumulate_at" else 0


def accumulate(body: Body, op: Op) -> None:
    e, b = body.e, body.b
    value = lasting(body, op.args[1])
    if op.name == "accumulate_outer":
        other = b.ptrtoint(lasting(body, op.args[2]), LONG)
    elif op.name == "accumulate_at":
        null = ir.Constant(POINTER, None)
        other = b.ptrtoint(address(body, op.args[0], null, op.args[2:]), LONG)
    else:
        other = long(0)
    log = e.at(body.arena.pointer(Slot.LOGS), 3 * body.shared.logs[key(op)], "i64")
    done = b.call(push(e.unit), [body.context, log, b.ptrtoint(value, LONG), other])
    body.fail_if(b.not_(done), Failure.MEMORY)


def lasting(body: Body, var: Var) -> Value:
    """The address of a value that is there until the logs are read. A part of a parameter is copied, since that may be
    a target."""
    value, dtype = body.value(var), dtype_of(var.type)
    if isinstance(var.type, Scalar):
        pointer = body.space(8)
        body.e.store(value, pointer, dtype)
        return pointer
    if var.name not in body.parts_of_parameters:
        return value
    count = size(shape_of(var.type)) * SIZES[dtype]
    pointer = body.space(count)
    body.e.copy(pointer, value, count)
    return pointer


def push(unit: Unit) -> Value:
    """`push(context, log, first, second)` adds an entry; false where there is no memory."""
    known = "push" in unit.module.globals
    function = unit.function("push", BIT, [POINTER, POINTER, LONG, LONG])
    if known:
        return function
    function.linkage = "internal"
    context, log, first, second = function.args
    e = Emit(unit, function)
    b, arena = e.b, Arena(e, context)
    count = e.load(e.at(log, COUNT, "i64"), "i64")
    with b.if_then(b.icmp_signed("==", count, e.load(e.at(log, CAPACITY, "i64"), "i64")), likely=False):
        wanted = b.add(b.shl(count, long(1)), long(64))
        fresh = arena.allocate(b.shl(wanted, long(4)))
        with b.if_then(b.icmp_unsigned("==", fresh, ir.Constant(POINTER, None)), likely=False):
            b.ret(ir.Constant(BIT, 0))
        e.copy(fresh, b.load(e.at(log, ENTRIES, "i64"), typ=POINTER), b.shl(count, long(4)))
        e.store(wanted, e.at(log, CAPACITY, "i64"), "i64")
        b.store(fresh, e.at(log, ENTRIES, "i64"))
    entry = e.at(b.load(e.at(log, ENTRIES, "i64"), typ=POINTER), b.shl(count, long(1)), "i64")
    e.store(first, entry, "i64")
    e.store(second, e.at(entry, 1, "i64"), "i64")
    e.store(b.add(count, long(1)), e.at(log, COUNT, "i64"), "i64")
    b.ret(ir.Constant(BIT, 1))
    return function


def settle(e: Emit, context: Value, shared: Shared) -> None:
    """Add all logs to the targets."""
    b, arena = e.b, Arena(e, context)
    table, scale = arena.pointer(Slot.LOGS), e.load(arena.slot(Slot.SCALE), "f64")
    fresh = b.icmp_signed("!=", arena.get(Slot.FRESH), long(0))
    for k, param in enumerate(shared.program.params):
        dtype, shape = dtype_of(param.type), shape_of(param.type)
        mine = [name for name in shared.logs if name[0] == param.name]
        target = b.load(e.at(arena.pointer(Slot.TARGETS), k, "i64"), typ=POINTER)
        with b.if_then(b.icmp_unsigned("!=", target, ir.Constant(POINTER, None))):
            factor = scale if dtype == "f64" else b.fptrunc(scale, KINDS[dtype]) if dtype == "f32" else None
            over: Value = fresh
            if [name[1] for name in mine] == ["accumulate_outer"]:
                log = e.at(table, 3 * shared.logs[mine[0]], "i64")
                nothing = b.icmp_signed("==", e.load(log, "i64"), long(0))
                clears = b.and_(fresh, nothing)
            else:
                clears, over = fresh, ir.Constant(BIT, 0)
            with b.if_then(clears):
                e.clear(target, size(shape) * SIZES[dtype])
            for name in mine:
                log = e.at(table, 3 * shared.logs[name], "i64")
                count = e.load(log, "i64")
                entries = b.load(e.at(log, ENTRIES, "i64"), typ=POINTER)
                with b.if_then(b.icmp_signed(">", count, long(0))):
                    _add(e, param, name, [target, entries, count, factor], over)


def _add(e: Emit, param: Var, name: tuple[str, str, int], given: list[Value], over: Value) -> None:
    dtype, shape = dtype_of(param.type), shape_of(param.type)
    if name[1] == "accumulate_outer":
        if size(shape):
            kernel = products.add_outer_products(e.unit, dtype, *shape)
            e.b.call(kernel, [*given, over])
    else:
        e.b.call(add_all(e.unit, dtype, size(shape[name[2] :])), given)


def add_all(unit: Unit, dtype: str, count: int) -> Value:
    """`f(target, entries, n, scale)`: for each entry, so many elements are added at its place in the target."""

    def write(e: Emit, target: Value, entries: Value, number: Value, scale: Value) -> None:
        elements = Elements(e, dtype)
        with e.loop(number) as loop:
            entry = e.at(entries, e.b.shl(loop.index, long(1)), "i64")
            source = e.b.load(entry, typ=POINTER)
            begin = e.byte(target, e.load(e.at(entry, 1, "i64"), "i64"))

            def some(index: Value, lanes: int, filled: int) -> None:
                place = e.at(begin, index, dtype)
                value = e.load(e.at(source, index, dtype), dtype, lanes, filled)
                old = e.load(place, dtype, lanes, filled)
                e.store(elements.add(old, e.b.fmul(e.splat(scale, lanes), value)), place, dtype, lanes, filled)

            e.vectors(count, e.host.lanes(dtype), some)

    return unit.kernel(f"add_all_{dtype}_{count}", [POINTER, POINTER, LONG, kind(dtype)], write)
