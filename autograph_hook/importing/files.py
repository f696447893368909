"""Reading files in the fewest system calls: a warm import does little else."""

from __future__ import annotations

import os

_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_CHUNK = 1 << 14  # for larger ones malloc would take memory from the system, and give it back, each time
_HEAD = 1 << 12


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


def read_head(path: str) -> bytes:
    """The first bytes of the file, or all of a small one."""
    descriptor = os.open(path, _FLAGS)
    try:
        return os.read(descriptor, _HEAD)
    finally:
        os.close(descriptor)
