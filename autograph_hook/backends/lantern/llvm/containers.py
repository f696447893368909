"""Lists and records.

A list's storage begins with the number of elements that are in use and the number that there is room for; then come
the elements. `append` uses the free room if nobody has done so yet, that is if the list ends where the use ends: so a
list that grows by one at a time is copied seldom, and an older list still has its own elements.
"""

from __future__ import annotations

from llvmlite import ir

from autograph_hook.backends.lantern.ir import Field, List, Make, Op, Ptr, Scalar, Tensor, Type
from autograph_hook.backends.lantern.llvm.body import LIST, Body, bytes_of, shape_of
from autograph_hook.backends.lantern.llvm.elements import Elements
from autograph_hook.backends.lantern.llvm.emit import ALIGNMENT, POINTER, Value, long
from autograph_hook.backends.lantern.llvm.errors import Failure
from autograph_hook.backends.lantern.llvm.nests import Array, dense, each

HEADER = ALIGNMENT


def element_type(type: Type) -> Type:
    assert isinstance(type, List)
    return type.element


def parts(body: Body, value: Value) -> list[Value]:
    """Length, data and storage."""
    return [body.b.extract_value(value, k) for k in range(3)]


def made(body: Body, length: Value, data: Value, storage: Value) -> Value:
    value: Value = ir.Constant(LIST, ir.Undefined)
    for k, part in enumerate((length, data, storage)):
        value = body.b.insert_value(value, part, k)
    return value


def room(body: Body, element: Type, length: Value, capacity: Value) -> tuple[Value, Value]:
    """Storage for so many elements, of which `length` are in use: the data, and the storage."""
    b, e = body.b, body.e
    body.fail_if(b.icmp_unsigned(">", capacity, long(1 << 40)), Failure.MEMORY)
    needed = b.add(b.mul(capacity, long(bytes_of(element))), long(HEADER + ALIGNMENT - 1))
    storage = body.allocate(b.and_(needed, long(-ALIGNMENT)))
    e.store(length, storage, "i64")
    e.store(capacity, e.at(storage, 1, "i64"), "i64")
    return e.byte(storage, HEADER), storage


def cell(body: Body, data: Value, index: Value | int, element: Type) -> Value:
    number = long(index) if isinstance(index, int) else index
    return body.e.byte(data, body.b.mul(number, long(bytes_of(element))))


def make_list(body: Body, op: Op, type: Type) -> Value:
    element, count = element_type(type), long(len(op.args))
    if not op.args:
        null = ir.Constant(POINTER, None)
        return made(body, long(0), null, null)
    data, storage = room(body, element, count, count)
    for k, arg in enumerate(op.args):
        body.write(body.value(arg), cell(body, data, k, element), element)
    return made(body, count, data, storage)


def fill(body: Body, op: Op, type: Type) -> Value:
    b, element = body.b, element_type(type)
    count, value = (body.value(arg) for arg in op.args)
    count = b.select(b.icmp_signed("<", count, long(0)), long(0), count)
    data, storage = room(body, element, count, count)
    with body.e.loop(count) as loop:
        body.write(value, cell(body, data, loop.index, element), element)
    return made(body, count, data, storage)


def append(body: Body, op: Op, type: Type) -> Value:
    b, e, element = body.b, body.e, element_type(type)
    given, value = (body.value(arg) for arg in op.args)
    length, data, storage = parts(body, given)

    look, grow, write = (body.e.function.append_basic_block(name) for name in ("look", "grow", "write"))
    b.cbranch(b.icmp_unsigned("==", storage, ir.Constant(POINTER, None)), grow, look)

    b.position_at_end(look)
    used, capacity = e.load(storage, "i64"), e.load(e.at(storage, 1, "i64"), "i64")
    last = b.icmp_unsigned("==", data, e.byte(storage, HEADER))
    free = b.and_(b.and_(b.icmp_signed("==", used, length), b.icmp_signed("<", length, capacity)), last)
    b.cbranch(free, write, grow)

    b.position_at_end(grow)
    wanted = b.add(b.shl(length, long(1)), long(4))
    new_data, new_storage = room(body, element, length, wanted)
    e.copy(new_data, data, b.mul(length, long(bytes_of(element))))
    grown = b.block
    b.branch(write)

    b.position_at_end(write)
    final_data, final_storage = b.phi(POINTER), b.phi(POINTER)
    for phi, old, new in ((final_data, data, new_data), (final_storage, storage, new_storage)):
        phi.add_incoming(old, look)
        phi.add_incoming(new, grown)
    following = b.add(length, long(1))
    e.store(following, final_storage, "i64")
    body.write(value, cell(body, final_data, length, element), element)
    return made(body, following, final_data, final_storage)


def extend(body: Body, op: Op, type: Type) -> Value:
    b, e, element = body.b, body.e, element_type(type)
    first, second = (parts(body, body.value(arg)) for arg in op.args)
    length = b.add(first[0], second[0])
    data, storage = room(body, element, length, length)
    e.copy(data, first[1], b.mul(first[0], long(bytes_of(element))))
    e.copy(cell(body, data, first[0], element), second[1], b.mul(second[0], long(bytes_of(element))))
    return made(body, length, data, storage)


def sublist(body: Body, op: Op, type: Type) -> Value:
    """A view: lists do not change. It has no storage to append to."""
    b, element = body.b, element_type(type)
    length, data, _ = parts(body, body.value(op.args[0]))

    def bound(given: Value) -> Value:
        wrapped = b.select(b.icmp_signed("<", given, long(0)), b.add(given, length), given)
        wrapped = b.select(b.icmp_signed("<", wrapped, long(0)), long(0), wrapped)
        return b.select(b.icmp_signed(">", wrapped, length), length, wrapped)

    start, stop = (bound(body.value(arg)) for arg in op.args[1:])
    count = b.sub(stop, start)
    count = b.select(b.icmp_signed("<", count, long(0)), long(0), count)
    return made(body, count, cell(body, data, start, element), ir.Constant(POINTER, None))


def length(body: Body, op: Op) -> Value:
    return body.b.extract_value(body.value(op.args[0]), 0)


def element(body: Body, op: Op) -> Value:
    type = element_type(op.args[0].type)
    count, data, _ = parts(body, body.value(op.args[0]))
    number = body.index(op.args[1], count, 0, of_list=True)
    return body.read(cell(body, data, number, type), type)


def copied(body: Body, value: Value, type: Type) -> Value:
    """The list in storage of its own."""
    element = element_type(type)
    count, old, _ = parts(body, value)
    data, storage = room(body, element, count, count)
    body.e.copy(data, old, body.b.mul(count, long(bytes_of(element))))
    return made(body, count, data, storage)


def changed(body: Body, op: Op, type: Type, reused: bool) -> Value:
    """`update` and `add_at`: of a copy, unless nobody else sees the operand any more."""
    e, element = body.e, element_type(type)
    count, data, storage = parts(body, body.value(op.args[0]))
    number = body.index(op.args[2], count, 0, of_list=True)
    value = body.value(op.args[1])
    if not reused:
        count, data, storage = parts(body, copied(body, body.value(op.args[0]), type))
    place = cell(body, data, number, element)
    if op.name == "add_at":
        held = body.read(place, element)
        assert isinstance(element, Scalar | Tensor)
        elements = Elements(e, element.dtype)
        if isinstance(element, Scalar):
            value = elements.add(held, value)
        else:
            shape = shape_of(element)
            total = body.tensor(element)
            arrays = [Array(pointer, element.dtype, dense(shape)) for pointer in (held, value, total)]
            each(e, shape, arrays[:2], arrays[2:], lambda values: [elements.add(*values)])
            value = total
    body.write(value, place, element)
    return made(body, count, data, storage)


# Records.


def offsets(types: list[Type]) -> tuple[list[int], int]:
    """Where the fields of a record stand, and its size.

    >>> from autograph_hook.backends.lantern.ir import BOOL, F64, I32
    >>> offsets([BOOL, I32, F64])
    ([0, 4, 8], 16)
    """
    places, end = [], 0
    for type in types:
        align = min(bytes_of(type), 8)
        end = -(-end // align) * align
        places.append(end)
        end += bytes_of(type)
    return places, end


def make(body: Body, expr: Make) -> Value:
    fields = body.shared.program.record(expr.record).fields
    places, size = offsets([field.type for field in fields])
    record = body.space(size)
    for field, place, arg in zip(fields, places, expr.args, strict=True):
        body.write(body.value(arg), body.e.byte(record, place), field.type)
    return record


def field(body: Body, expr: Field) -> Value:
    type = expr.record.type
    assert isinstance(type, Ptr)
    fields = body.shared.program.record(type.record).fields
    number = next(k for k, field in enumerate(fields) if field.name == expr.name)
    pointer = body.value(expr.record)
    before = 0
    for record in body.shared.program.records:
        if record.name == type.record:
            break
        before += len(record.fields)
    null = body.b.icmp_unsigned("==", pointer, ir.Constant(POINTER, None))
    body.fail_if(null, Failure.NULL, before + number)
    place = offsets([field.type for field in fields])[0][number]
    return body.read(body.e.byte(pointer, place), fields[number].type)


def is_null(body: Body, op: Op) -> Value:
    return body.b.icmp_unsigned("==", body.value(op.args[0]), ir.Constant(POINTER, None))
