"""What earlier runs have learnt of a module, beside its transformed code: which parts of it are worth a graph.

It is read and written as transformed code is: whole or not at all, never for another source or another transpiler.
What it says changes which pieces are tried, never what a program does.
"""

from __future__ import annotations

import sys

from autograph_hook.importing import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SUFFIX = ".learnt"


class Memory:
    """The file of one module."""

    __slots__ = ("cached", "digest", "path")

    def __init__(self, cached: str, digest: bytes, path: str) -> None:
        self.cached = cached
        """The file of the transformed code."""
        self.digest = digest
        self.path = path

    def read(self) -> Any:
        """What was written last; None where there is nothing that fits."""
        return cache.read(self.cached + SUFFIX, self.digest, self.path)

    def write(self, content: Any) -> bool:
        """Keep `content`, of types that marshal knows; False where that cannot be done, or is not wanted."""
        if sys.dont_write_bytecode:
            return False
        return cache.write(self.cached + SUFFIX, self.digest, content, self.path)
