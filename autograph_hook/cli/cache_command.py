"""`autograph-hook cache info|clean PATH...`: the transformed code that is kept."""

from __future__ import annotations

import os
import sys

from autograph_hook.cli.options import UsageError, plain_words
from autograph_hook.importing.cache import TAG, key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MACHINE_CODE = ".lantern"
USAGE = "autograph-hook cache info|clean PATH..."


def command(words: list[str]) -> int:
    plain_words(words, USAGE)
    if len(words) < 2 or words[0] not in ("info", "clean"):
        raise UsageError(f"cache needs 'info' or 'clean', and the files or directories to look at.\nusage: {USAGE}")
    action, *paths = words
    files = list(kept(paths))
    if action == "clean":
        return _clean(files)
    used = [path for path in files if _is_current(path)]
    machine_code = [path for path in files if path.endswith(MACHINE_CODE)]
    others = len(files) - len(used) - len(machine_code)
    print(f"{len(files)} files, {sum(map(os.path.getsize, files)) / 1024:.0f} KiB")
    print(f"{len(used)} made by this version, {others} by others, which this one does not read")
    if machine_code:
        print(f"{len(machine_code)} of machine code by Lantern")
    return 0


def _clean(files: list[str]) -> int:
    failed = 0
    for path in files:
        try:
            os.unlink(path)
        except OSError as error:
            failed += 1
            print(f"{path}: cannot be removed: {error.strerror}", file=sys.stderr)
    print(f"{len(files) - failed} files removed")
    return 1 if failed else 0


def kept(paths: Iterable[str]) -> Iterator[str]:
    """The files of transformed code at and below these paths, wherever this Python keeps its caches."""
    for path in paths:
        if not os.path.exists(path):
            raise UsageError(f"there is no file or directory {path!r}.")
        if sys.pycache_prefix:
            path = os.path.join(sys.pycache_prefix, os.path.abspath(path).lstrip(os.sep))
        if os.path.isdir(path):
            for place, _, names in os.walk(path):
                yield from (os.path.join(place, name) for name in sorted(names) if _is_ours(name))
        else:
            directory, file = os.path.split(path)
            if not sys.pycache_prefix:
                directory = os.path.join(directory, "__pycache__")
            stem = file.removesuffix(".py") + "."
            names = sorted(os.listdir(directory)) if os.path.isdir(directory) else []
            yield from (os.path.join(directory, name) for name in names if name.startswith(stem) and _is_ours(name))


def _is_ours(name: str) -> bool:
    return (f".opt-{TAG}" in name and ".pyc" in name) or name.endswith(MACHINE_CODE)


def _is_current(path: str) -> bool:
    return f".{sys.implementation.cache_tag}.opt-{key()}" in os.path.basename(path)
