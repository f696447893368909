"""From a program that fails to a small one that fails.

Statements go, a compound statement becomes one of its blocks, an expression becomes a part of itself or a literal.
"""

from __future__ import annotations

import ast
import copy
import dataclasses
import time
import warnings
from collections.abc import Callable, Iterator

from tests.fuzz.programs import Program

MOST_CHECKS = 3000
MOST_SECONDS = 240
BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
LITERALS = (0, True, "a")


def reduced(program: Program, fails: Callable[[Program], bool]) -> Program:
    """The smallest program found for which `fails` holds, as it does for this one."""
    return _Reduction(program, fails).result()


class _Reduction:
    def __init__(self, program: Program, fails: Callable[[Program], bool]) -> None:
        self.program = program
        self.fails = fails
        self.left = MOST_CHECKS
        self.end = time.monotonic() + MOST_SECONDS

    def result(self) -> Program:
        before = None
        while before != self.program and self.left > 0:
            before = self.program
            self.fewer_steps()
            self.smaller(_fewer_statements)
            self.smaller(_blocks_alone)
            self.smaller(_parts_alone)
        return self.program

    def takes(self, program: Program) -> bool:
        """Does it fail still? Then it is the one to go on from."""
        if self.left <= 0 or time.monotonic() > self.end or program == self.program:
            return False
        self.left -= 1
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(program.source, "<reduced>", "exec")
            failed = self.fails(program)
        except (SyntaxError, RecursionError):
            return False
        if failed:
            self.program = program
        return failed

    def fewer_steps(self) -> None:
        place = 0
        while place < len(self.program.steps):
            steps = self.program.steps
            if not self.takes(dataclasses.replace(self.program, steps=steps[:place] + steps[place + 1 :])):
                place += 1

    def takes_tree(self, tree: ast.Module) -> bool:
        try:
            source = ast.unparse(ast.fix_missing_locations(tree))
        except ValueError:
            return False  # a pattern or a format of which a part has gone
        return self.takes(dataclasses.replace(self.program, source=source))

    def smaller(self, changes: Callable[[ast.Module], Iterator[None]]) -> None:
        """Each of `changes` alters the tree it is given once more, and takes it back when it goes on."""
        done = -1
        while True:
            tree = ast.parse(self.program.source)
            for number, _ in enumerate(changes(tree)):
                if number <= done:
                    continue
                done = number
                if self.takes_tree(tree):
                    done -= 1
                    break
            else:
                return


def _fewer_statements(tree: ast.Module) -> Iterator[None]:
    for owner in list(ast.walk(tree)):
        if isinstance(owner, ast.If) and owner.orelse:
            body, orelse = owner.body, owner.orelse
            owner.body, owner.orelse = orelse, []
            yield
            owner.body, owner.orelse = body, orelse
        for field in BLOCKS:
            block = getattr(owner, field, None)
            if not isinstance(block, list):
                continue
            whole = list(block)
            for size in (len(whole), 4, 2, 1):
                for start in range(0, len(whole) if size else 0, max(size, 1)):
                    kept = whole[:start] + whole[start + size :]
                    if not kept and field == "body" and not isinstance(owner, ast.Module):
                        kept = [ast.Pass()]
                    block[:] = kept
                    yield
                    block[:] = whole


def _blocks_alone(tree: ast.Module) -> Iterator[None]:
    """A compound statement is replaced by one of its blocks."""
    for owner in list(ast.walk(tree)):
        for field in BLOCKS:
            block = getattr(owner, field, None)
            if not isinstance(block, list):
                continue
            whole = list(block)
            for place, statement in enumerate(whole):
                if isinstance(statement, (ast.FunctionDef, ast.ClassDef)) or not isinstance(statement, ast.stmt):
                    continue
                for inner in BLOCKS:
                    for lines in _lines(getattr(statement, inner, None)):
                        block[:] = whole[:place] + lines + whole[place + 1 :]
                        yield
                        block[:] = whole


def _lines(block: object) -> Iterator[list[ast.stmt]]:
    if isinstance(block, list) and block:
        if isinstance(block[0], ast.stmt):
            yield block
        else:
            for part in block:
                yield part.body


def _parts_alone(tree: ast.Module) -> Iterator[None]:
    """An expression is replaced by a part of itself, or by a literal."""
    for owner in list(ast.walk(tree)):
        for field, value in list(ast.iter_fields(owner)):
            if isinstance(value, ast.expr):
                for other in _simpler(value):
                    setattr(owner, field, other)
                    yield
                    setattr(owner, field, value)
            elif isinstance(value, list) and value and isinstance(value[0], (ast.expr, ast.keyword, ast.arg)):
                whole = list(value)
                for place, item in enumerate(whole):
                    value[:] = whole[:place] + whole[place + 1 :]
                    yield
                    value[:] = whole
                    for other in _simpler(item) if isinstance(item, ast.expr) else ():
                        value[place] = other
                        yield
                        value[:] = whole


def _simpler(value: ast.expr) -> Iterator[ast.expr]:
    if isinstance(getattr(value, "ctx", None), (ast.Store, ast.Del)) or isinstance(value, ast.Constant):
        return
    for part in ast.iter_child_nodes(value):
        if isinstance(part, ast.expr):
            yield copy.deepcopy(part)
    if not isinstance(value, ast.Name):
        for literal in LITERALS:
            yield ast.Constant(literal)
        yield ast.List([], ast.Load())
