"""What stays Python's: statements that are kept plain, and constructs that no pass knows."""

from __future__ import annotations

import ast
from typing import NamedTuple

from autograph_hook.transpiler.analysis.scopes import has_yield


class Unsupported(Exception):
    """A construct that no pass knows: the function has no twin. Holds a line and the reason."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


class Plain(NamedTuple):
    """Which statements stay Python's."""

    lines: frozenset[int] = frozenset()
    """Those on lines that the user has marked."""
    yields: bool = False
    """In a generator those that hold a `yield`."""

    def has(self, node: ast.stmt) -> bool:
        return node.lineno in self.lines or (self.yields and has_yield(node))

    def __bool__(self) -> bool:
        return bool(self.lines) or self.yields
