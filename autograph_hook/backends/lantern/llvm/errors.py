"""What compiled code reports when it fails, and the exception that says so."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum

from autograph_hook.backends.lantern.ir import Def, Op, Program, lets


class Failure(IntEnum):
    """Codes of failures; 0 is none. Most come with a detail or two."""

    MEMORY = 1
    RECURSION = 2
    INDEX = 3  # the index; the axis and size
    LIST_INDEX = 4
    DIVISION = 5
    MODULO = 6
    POWER = 7
    OVERFLOW = 8
    EMPTY_MAX = 9
    EMPTY_MIN = 10
    EMPTY_ARGMAX = 11
    EMPTY_ARGMIN = 12
    NULL = 13  # the number of the field's name among all of the program
    NAN = 14
    INFINITE = 15
    CHECK = 16  # the number of the check among all of the program


PLAIN: dict[Failure, tuple[type[Exception], str]] = {
    Failure.MEMORY: (MemoryError, "no memory is left for the values of a compiled function"),
    Failure.RECURSION: (RecursionError, "maximum recursion depth exceeded"),
    Failure.LIST_INDEX: (IndexError, "list index out of range"),
    Failure.DIVISION: (ZeroDivisionError, "integer division or modulo by zero"),
    Failure.MODULO: (ZeroDivisionError, "integer modulo by zero"),
    Failure.POWER: (ValueError, "Integers to negative integer powers are not allowed."),
    Failure.OVERFLOW: (OverflowError, "the result is too large for an integer"),
    Failure.EMPTY_MAX: (ValueError, "zero-size array to reduction operation maximum which has no identity"),
    Failure.EMPTY_MIN: (ValueError, "zero-size array to reduction operation minimum which has no identity"),
    Failure.EMPTY_ARGMAX: (ValueError, "attempt to get argmax of an empty sequence"),
    Failure.EMPTY_ARGMIN: (ValueError, "attempt to get argmin of an empty sequence"),
    Failure.NAN: (ValueError, "cannot convert float NaN to integer"),
    Failure.INFINITE: (OverflowError, "cannot convert float infinity to integer"),
}

CHECKED: dict[str, type[Exception]] = {
    kind.__name__: kind
    for kind in (
        ArithmeticError, AssertionError, AttributeError, IndexError, KeyError, OverflowError, RuntimeError, TypeError,
        ValueError, ZeroDivisionError,
    )
}  # fmt: skip


def checks(program: Program) -> list[Op]:
    """The checks of a program: code names one by its place."""
    return [op for _, op in _ops(program) if op.name == "check"]


def _ops(program: Program) -> Iterator[tuple[Def, Op]]:
    for definition in program.defs:
        for let in lets(definition.body):
            if isinstance(let.expr, Op):
                yield definition, let.expr


def field_names(program: Program) -> list[str]:
    """The names of all fields of all records: code names one by its place."""
    return [field.name for record in program.records for field in record.fields]


def exception(program: Program, code: int, detail: int, other: int) -> Exception:
    """The exception for a failure.

    >>> from autograph_hook.backends.lantern.ir import Program
    >>> exception(Program((), (), (), ()), Failure.INDEX, 7, 1 << 32 | 5)
    IndexError('index 7 is out of bounds for axis 1 with size 5')
    """
    failure = Failure(code)
    if failure is Failure.INDEX:
        size, axis = other & 0xFFFFFFFF, other >> 32
        return IndexError(f"index {detail} is out of bounds for axis {axis} with size {size}")
    if failure is Failure.NULL:
        return AttributeError(f"'NoneType' object has no attribute '{field_names(program)[detail]}'")
    if failure is Failure.CHECK:
        op = checks(program)[detail]
        return CHECKED[str(op.attr("error"))](op.attr("message"))
    kind, text = PLAIN[failure]
    return kind(text)
