"""Files that are made from a source and kept beside it: written whole or not at all, read where they may be trusted.

CPython runs a `.pyc` that lies beside its source: whoever can put one there can change the source as well. That does
not hold for every place of a cache: a directory that all may write (`PYTHONPYCACHEPREFIX=/tmp/cache`), one that
somebody else has made first, a file that somebody else owns. So a file is read only where nobody else can write it, or
its directory, than can write the source; and nothing is put where it would not be read.
"""

from __future__ import annotations

import os

allowed = True
"""May backends keep files beside a program's modules? The setting `cache` decides, for the whole process."""

_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)  # what we write is never a link
    | getattr(os, "O_NONBLOCK", 0)  # a pipe in the place of the file must not stop the program
)
_KIND, _REGULAR = 0o170000, 0o100000
_GROUP, _OTHERS, _STICKY = 0o020, 0o002, 0o1000
_WRITABLE = _GROUP | _OTHERS
_user = getattr(os, "geteuid", lambda: 0)


def read(path: str, source: str) -> bytes | None:
    """The bytes of a file that was made from this source; None where it is no more to be trusted than any other file.
    Raises OSError where there is none."""
    descriptor = os.open(path, _FLAGS)
    try:
        found = os.fstat(descriptor)
        if found.st_mode & _KIND != _REGULAR or not _is_as_safe(found, source) or not _is_place_safe(path, source):
            return None
        size = found.st_size  # all of it: a file is never written under its own name
        data = os.read(descriptor, size)
        while len(data) < size and (more := os.read(descriptor, size - len(data))):
            data += more
        return data
    finally:
        os.close(descriptor)


def write(path: str, data: bytes, source: str) -> bool:
    """Keep what was made from this source. False, with nothing changed, where that cannot be done, or where it would
    not be read."""
    temporary = f"{path}.{os.getpid()}.{os.urandom(6).hex()}"
    try:
        if not _make_place(path, source):
            return False
        _write_whole(temporary, data, (_mode(source, 0o666) | 0o200) & 0o666)
        os.replace(temporary, path)
    except BaseException as error:
        try:
            os.unlink(temporary)
        except (OSError, ValueError):
            pass
        if isinstance(error, (OSError, ValueError)):
            return False
        raise
    return True


def _write_whole(path: str, data: bytes, mode: int) -> None:
    """Whoever may read the source may read what is made of it, as for a plain `.pyc`: `mode` says who."""
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), mode)
    try:
        written = os.write(descriptor, data)
    finally:
        os.close(descriptor)
    if written != len(data):  # a full disk may take a part without an error
        raise OSError("short write")


def _make_place(path: str, source: str) -> bool:
    """Is the directory of this file, made where there is none, as safe as the source? It is opened to those to whom the
    source's directory is, and to no others, as a umask of 002 would do."""
    directory = os.path.dirname(path) or "."
    try:
        return _is_place_safe(path, source)
    except FileNotFoundError:
        os.makedirs(directory, 0o755 | _mode(os.path.dirname(source) or ".", 0), exist_ok=True)
        return _is_place_safe(path, source)


def _is_place_safe(path: str, source: str) -> bool:
    return _is_as_safe(os.stat(os.path.dirname(path) or "."), source)


def _mode(path: str, otherwise: int) -> int:
    try:
        return os.stat(path).st_mode & 0o777
    except OSError:
        return otherwise


def _is_as_safe(found: os.stat_result, source: str) -> bool:
    """Can nobody write it but those who can write the source, ourselves and the superuser?"""
    if not found.st_mode & _WRITABLE and (found.st_uid == 0 or found.st_uid == _user()):
        return True  # nearly always, without a look at the source
    owners = {_user(), 0}
    writers: set[int | None] = set()
    for path in (source, os.path.dirname(source) or ".") if source else ():
        try:
            one = os.stat(path)
        except OSError:
            continue  # a source that is gone makes nothing trusted
        owners.add(one.st_uid)
        if not one.st_mode & _STICKY:  # there, only its owner replaces a file
            writers |= _writers(one)
    return found.st_uid in owners and (None in writers or _writers(found) <= writers)


def _writers(found: os.stat_result) -> set[int | None]:
    """The groups that may write, besides the owner; None for everybody."""
    group = {found.st_gid} if found.st_mode & _GROUP else set()
    return group | ({None} if found.st_mode & _OTHERS else set())
