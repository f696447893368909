"""Transformed code on disk, beside the plain `.pyc` files and never in their place.

What holds at every moment: a file under its final name was written whole; a file is used only if its key (in
its name) and the hash of the source (in its header) are the present ones, and if nobody can write it who cannot
write the source; whatever goes wrong while reading is a miss, whatever goes wrong while writing leaves things as
they were.
"""

from __future__ import annotations

import _imp
import marshal
import os
import sys
from _frozen_importlib_external import MAGIC_NUMBER, cache_from_source

from autograph_hook import __version__, kept, log
from autograph_hook.importing.files import read_source
from autograph_hook.interrupts import is_interrupt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TAG = "autograph"
DEPENDENCIES = ("gast", "astor")
# PEP 552: the file is checked against the hash of the source. Time stamps miss an edit within the same second
# that keeps the size, and go stale on every fresh checkout.
CHECKED_HASH = b"\x03\x00\x00\x00"
_MAGIC = int.from_bytes(MAGIC_NUMBER, "little")
_HAS_SLASHES = os.sep == "/" and os.altsep is None
_OPTIMIZATION = f".opt-{sys.flags.optimize}" if sys.flags.optimize else ""
_NONE = ("", "/")
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_key: str | None = None
_is_loaded: bool | None = None


def source_hash(source: bytes) -> bytes:
    return _imp.source_hash(_MAGIC, source)


def key() -> str:
    """An alphanumeric digest of everything but the source that transformed code depends on."""
    global _key
    if _key is None:
        _key = _made_key()
    return _key


def _made_key() -> str:
    facts = [__version__, *_versions(), _transpiler()]
    return TAG + source_hash("\n".join(facts).encode("utf-8", "surrogateescape")).hex()


def is_loaded() -> bool:
    """Is the transpiler that this process has loaded the one that the key is of? Another version may have been
    installed since the program began; what it makes must not be kept under the name of the one before."""
    global _is_loaded
    if _is_loaded is None:
        try:
            _is_loaded = key() == _made_key()
        except OSError:
            _is_loaded = False
    return _is_loaded


def _versions() -> list[str]:
    """The installed versions, from the names of the directories of their metadata: importlib.metadata would cost
    more than loading a hundred modules from the cache."""
    found: dict[str, str] = {}
    for entry in sys.path:
        here = [name for name in DEPENDENCIES if name not in found and os.path.isdir(os.path.join(entry, name))]
        if here:
            try:
                names = os.listdir(entry)
            except OSError:
                continue
            for name in here:
                infos = sorted(each for each in names if each.startswith(name + "-") and each.endswith("-info"))
                found[name] = " ".join(infos) or f"in {entry}"
    return [f"{name} {found.get(name, 'missing')}" for name in DEPENDENCIES]


def _transpiler() -> str:
    """The content of the code that transforms. A version number kept by hand would be forgotten."""
    facts = []
    for directory in (os.path.join(_PACKAGE, "transpiler"),):
        for place, directories, names in os.walk(directory):
            directories[:] = sorted(name for name in directories if name != "__pycache__")
            for name in sorted(names):
                if name.endswith(".py"):
                    facts.append(f"{name} {source_hash(read_source(os.path.join(place, name))).hex()}")
    return " ".join(facts)


def path_for(source_path: str) -> str | None:
    """Where the transformed code of a source file is kept; None where this Python keeps no caches, or where our own
    files cannot be read any more."""
    tag = sys.implementation.cache_tag
    try:
        optimization = key() + ("", "o1", "o2")[sys.flags.optimize]
    except OSError:
        return None
    directory, separator, name = source_path.rpartition("/")
    if os.altsep is None and os.sep == "/" and sys.pycache_prefix is None and tag and name.endswith(".py"):
        # What cache_from_source does in this, the usual case, written out.
        return f"{directory}{separator}__pycache__/{name[:-3]}.{tag}.opt-{optimization}.pyc"
    try:
        return cache_from_source(source_path, optimization=optimization)
    except NotImplementedError:
        return None


def plain_path_for(source_path: str) -> str | None:
    """The same of plain Python's code: what cache_from_source says in the usual case, in a fraction of its time; None
    in any other."""
    tag = sys.implementation.cache_tag
    directory, _, name = source_path.rpartition("/")
    if not tag or not _HAS_SLASHES or sys.pycache_prefix is not None or directory[-1:] in _NONE or name[-3:] != ".py":
        return None
    return f"{directory}/__pycache__/{name[:-3]}.{tag}{_OPTIMIZATION}.pyc" if len(name) > 3 else None


def read(path: str, digest: bytes, source_path: str) -> Any:
    """What was written for a source of this hash, or None."""
    try:
        data = kept.read(path, source_path)
        if data is None:
            if log.wanted():
                log.decision(f"{path}: not read: more users can write there than at {source_path}")
            return None
        if data[:8] != MAGIC_NUMBER + CHECKED_HASH or data[8:16] != digest:
            return None
        # From bytes: marshal.load on a file takes ten times as long.
        return marshal.loads(memoryview(data)[16:])
    except Exception as error:
        if is_interrupt(error):
            raise
        return None


def write(path: str, digest: bytes, content: Any, source_path: str) -> bool:
    """Keep `content`. False, with nothing changed, where that cannot be done."""
    try:
        data = MAGIC_NUMBER + CHECKED_HASH + digest + marshal.dumps(content)
    except ValueError:
        return False
    return kept.write(path, data, source_path)
