"""Reading files in the fewest system calls: a warm import does little else."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_CHUNK = 1 << 14  # for larger ones malloc would take memory from the system, and give it back, each time
_FEW, _MORE = 1 << 9, 1 << 12


def read_source(path: str) -> bytes:
    """The bytes of the file. A file object would cost as much again as the reading."""
    descriptor = os.open(path, _FLAGS)
    try:
        data = os.read(descriptor, _CHUNK)
        while more := os.read(descriptor, len(data) or 1):  # as much again
            data += more
        return data
    finally:
        os.close(descriptor)


def may_begin(path: str, may_hold: Callable[[bytes], bool]) -> bool:
    """What `may_hold` says of the first bytes of the file; where it says yes of a few, what it says of some more."""
    descriptor = os.open(path, _FLAGS)
    try:
        head = os.read(descriptor, _FEW)
        return may_hold(head) and may_hold(head + os.read(descriptor, _MORE))
    finally:
        os.close(descriptor)
