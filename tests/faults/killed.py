"""A process that dies, or fails, at the n-th system call of a write into the cache."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

CALLS = ("mkdir", "stat", "open", "write", "close", "replace", "unlink")
"""The functions of `os` by which a file is kept: all that it asks of the system."""

KILLED = 77


def watch(number: int, then: Callable[[str], Any]) -> dict[str, int]:
    """From now on calls are counted, and at the `number`-th one that has to do with a kept file, `then` is done with
    its name: before the call, if the number is even, else after it."""
    seen = {"calls": 0}

    def watched(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **keywords: Any) -> Any:
            if not _is_kept(arguments):
                return real(*arguments, **keywords)
            seen["calls"] += 1
            is_this = seen["calls"] == number // 2 + 1
            if is_this and number % 2 == 0:
                then(name)
            try:
                result = real(*arguments, **keywords)
            finally:  # a call that finds nothing has been made as well
                if is_this and number % 2 == 1:
                    then(name)
            if name == "open":
                _descriptors.add(result)
            return result

        return call

    for name in CALLS:
        setattr(os, name, watched(name, getattr(os, name)))
    return seen


_descriptors: set[int] = set()


def _is_kept(arguments: tuple[Any, ...]) -> bool:
    what = arguments[0]
    return what in _descriptors if isinstance(what, int) else "__pycache__" in os.fspath(what)


def die(name: str) -> None:
    os._exit(KILLED)


def fail(error: int) -> Callable[[str], None]:
    def raised(name: str) -> None:
        raise OSError(error, os.strerror(error))

    return raised


def main(words: list[str]) -> None:
    """NUMBER [ERROR]: in a process of its own, import `pkg` from the working directory, and die or fail there."""
    number, *error = map(int, words)
    import autograph_hook

    sys.path.insert(0, os.getcwd())
    autograph_hook.install(enable=["pkg"])
    seen = watch(number, fail(*error) if error else die)
    import pkg  # type: ignore[import-not-found]

    print(pkg.f(1), seen["calls"])


if __name__ == "__main__":
    main(sys.argv[1:])
