"""Functions that the operands of an expression become where a lambda will not do.

A lambda cannot bind a name of the function, so an operand with `:=` becomes a function, defined before the statement
(`definitions`), that declares the name nonlocal: `a and (y := b)` is `ag__.and_(a, ag__.binding(ag__late_1, ("y",)))`.
The operator then joins the name as `if` does.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager

from autograph_hook.transpiler.analysis.scopes import walrus_targets
from autograph_hook.transpiler.templates import at


class LateFunctions:
    """The functions that what is rewritten needs, and the names of the user's function that they bind."""

    def __init__(self, outside: Collection[str], walrus: bool) -> None:
        self.outside = outside
        """Names that the function declares global."""
        self.walrus = walrus
        """May there be a `:=`?"""
        self.definitions: list[ast.stmt] | None = []
        """Functions that what was rewritten needs, to be defined before its statement; None where there is no place
        for any."""
        self.bound: set[str] = set()
        """Names of the function that they bind."""
        self.numbers = itertools.count(1)

    def binds(self, node: ast.expr) -> list[str]:
        """The names of the function that `:=` in an expression binds, sorted."""
        return sorted(walrus_targets(node)) if self.walrus else []

    def shared(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if name not in self.outside]

    def declared(self, names: Sequence[str], like: ast.AST) -> list[ast.stmt]:
        """Declarations in a function of ours that binds these names of the user's function."""
        shared = self.shared(names)
        outside = [name for name in names if name in self.outside]
        self.bound.update(shared)
        out: list[ast.stmt] = []
        if outside:
            out.append(at(ast.Global(outside), like))
        if shared:
            out.append(at(ast.Nonlocal(shared), like))
        return out

    def number(self) -> int:
        return next(self.numbers)

    @contextmanager
    def own_definitions(self) -> Iterator[list[ast.stmt]]:
        """What is rewritten meanwhile has its own place for definitions."""
        around = self.definitions
        found: list[ast.stmt] = []
        self.definitions = found
        try:
            yield found
        finally:
            self.definitions = around

    @contextmanager
    def without_definitions(self) -> Iterator[None]:
        around, self.definitions = self.definitions, None
        try:
            yield
        finally:
            self.definitions = around

    def taken_definitions(self) -> tuple[list[ast.stmt], set[str]]:
        """The definitions that what was rewritten needs, and the names that they bind; it is a clean start."""
        found = self.definitions or [], self.bound
        self.definitions, self.bound = [], set()
        return found
