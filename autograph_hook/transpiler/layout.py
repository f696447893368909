"""The form in which a transformed module is kept, made for being read: most programs load it many times, and want few
of its twins, or none.

Where the gates belong is written down, so that loading searches for nothing. What held their places is taken out: a
tuple in each function would be made only to be thrown away. The twins are packed: they are twice as long as the plain
code, and reading them would take longer than anything else.
"""

from __future__ import annotations

import types
import zlib

from autograph_hook.transpiler.gates import is_placeholder

Row = bytes | tuple[int, ...]
"""Small numbers, one after the other."""

Layout = tuple[Row, Row, tuple[tuple[int, "Layout"], ...]]
"""Where the gates belong in a code object and in those inside it. Of its own gates: index among the constants, number
of the gate. Of the functions in it that hold one gate and no other function with one: their index, the gate's number,
its index among their constants. Of all others: their index and layout."""

_FASTEST = 1


def without_placeholders(code: types.CodeType) -> tuple[types.CodeType, Layout | None]:
    """The code with None where the gates belong, and its layout; None where there is no gate."""
    own: list[int] = []
    leaves: list[int] = []
    inner: list[tuple[int, Layout]] = []
    constants = list(code.co_consts)
    for i, constant in enumerate(constants):
        if isinstance(constant, types.CodeType):
            constants[i], inside = without_placeholders(constant)
            if inside is not None:
                gates, *others = inside
                if len(gates) == 2 and not any(others):
                    leaves += (i, gates[1], gates[0])
                else:
                    inner.append((i, inside))
        elif is_placeholder(constant):
            own += (i, constant[1])
            constants[i] = None
    if not own and not leaves and not inner:
        return code, None
    return code.replace(co_consts=tuple(constants)), (_row(own), _row(leaves), tuple(inner))


def _row(numbers: list[int]) -> Row:
    return bytes(numbers) if max(numbers, default=0) < 256 else tuple(numbers)


def packed(twins: bytes) -> bytes:
    return zlib.compress(twins, _FASTEST)


def unpacked(twins: bytes) -> bytes:
    return zlib.decompress(twins)
