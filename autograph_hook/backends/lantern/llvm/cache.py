"""Object code kept in files.

What must hold: a file is found again only by the same program on an equal machine with equal versions, of LLVM and of
this package; a file that is not whole, or not ours, or that others may write, is a miss; a file is never seen half
written; and where nothing can be written, everything works without.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from autograph_hook import __version__, kept
from autograph_hook.backends.lantern.ir import Program
from autograph_hook.backends.lantern.llvm.host import Host
from autograph_hook.backends.lantern.text import write

MAGIC = b"lantern\n"
DIGEST = 32
ENDING = ".lantern"

MOST = 64
"""Files that are kept for one source file."""


@functools.cache
def own_digest() -> str:
    """Of the code generator itself: its code decides what comes out."""
    digest = hashlib.sha256(__version__.encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        try:
            digest.update(path.read_bytes())
        except OSError:  # the version must do
            digest.update(path.name.encode())
    return digest.hexdigest()


def key(program: Program, entries: Iterable[str], host: Host) -> str:
    """The name of the file."""
    parts = (write(program), "\n".join(entries), host.identity(), own_digest())
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]


def cached(directory: Path | None, name: str, make: Callable[[], bytes], source: str = "") -> bytes:
    """The code of that name: out of the directory, else made and put there, beside what is kept of its source file.
    Where Python is told to write no bytecode, code is read and not written."""
    if directory is None:
        return make()
    path = directory / f"{stem(source)}.{name}{ENDING}"
    found = read(path, source)
    if found is None:
        found = make()
        if not sys.dont_write_bytecode and keep(path, found, source):
            clear(directory, stem(source))
    return found


def stem(source: str) -> str:
    return Path(source).stem or "program"


def read(path: Path, source: str = "") -> bytes | None:
    """The code in a file; None where there is none that is whole, or none that may be trusted as its source is."""
    try:
        content = kept.read(str(path), source) or b""
    except OSError:
        return None
    start = len(MAGIC) + DIGEST
    code = content[start:]
    whole = content[:start] == MAGIC + hashlib.sha256(code).digest()
    return code if whole else None


def keep(path: Path, code: bytes, source: str = "") -> bool:
    """Write the file, all at once."""
    return kept.write(str(path), MAGIC + hashlib.sha256(code).digest() + code, source)


def clear(directory: Path, stem: str) -> None:
    """Of one source file, the newest are kept: an edit of it leaves those of the old text behind."""
    found: list[tuple[float, str]] = []
    with contextlib.suppress(OSError):
        for entry in os.scandir(directory):
            if entry.name.startswith(f"{stem}.") and entry.name.endswith(ENDING):
                found.append((entry.stat().st_mtime, entry.path))
        for _, path in sorted(found)[:-MOST]:
            os.unlink(path)
