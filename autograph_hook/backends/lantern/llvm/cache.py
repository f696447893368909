"""Object code kept in files.

What must hold: a file is found again only by the same program on an equal machine with equal versions, of LLVM and of
this package; a file that is not whole, or not ours, is a miss; a file is never seen half written; and where nothing
can be written, everything works without.
"""

from __future__ import annotations

import functools
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from autograph_hook import __version__
from autograph_hook.backends.lantern.ir import Program
from autograph_hook.backends.lantern.llvm.host import Host
from autograph_hook.backends.lantern.text import write

MAGIC = b"lantern\n"
DIGEST = 32


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
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def cached(directory: Path | None, name: str, make: Callable[[], bytes]) -> bytes:
    """The code of that name: out of the directory, else made and put there."""
    if directory is None:
        return make()
    path = directory / f"{name}.lantern"
    found = read(path)
    if found is None:
        found = make()
        keep(path, found)
    return found


def read(path: Path) -> bytes | None:
    """The code in a file; None where there is none that is whole."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    start = len(MAGIC) + DIGEST
    code = content[start:]
    whole = content[:start] == MAGIC + hashlib.sha256(code).digest()
    return code if whole else None


def keep(path: Path, code: bytes) -> None:
    """Write the file, all at once."""
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:16]}")
        with os.fdopen(handle, "wb") as file:
            file.write(MAGIC + hashlib.sha256(code).digest() + code)
        os.replace(temporary, path)
    except OSError:
        if temporary is not None:
            try:
                os.unlink(temporary)
            except OSError:
                pass
