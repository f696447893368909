"""What an error says of a variable that two paths left with two values: both values, and the lines they are from.

Nothing is looked up before an error needs it.
"""

from __future__ import annotations

import ast
import dis
import functools
import linecache
import os
import types
from collections.abc import Iterator, Sequence
from typing import Any

from autograph_hook.backends.protocol import UNDEFINED, Location
from autograph_hook.backends.tensorflow import values

RESULT = ("ag__result", "ag__return")
"""How the label of the value of a lowered `return` begins."""

PACKAGE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))) + os.sep
_STORES = frozenset({"STORE_DEREF", "STORE_FAST", "STORE_NAME", "STORE_GLOBAL"})
_DELETES = frozenset({"DELETE_DEREF", "DELETE_FAST", "DELETE_NAME", "DELETE_GLOBAL"})


class Story:
    """How a variable came to have two values.

    `sides` are the values, `bodies` the functions that left them: None for what was there before the construct.
    """

    __slots__ = ("are_objects", "bodies", "calls", "is_loop", "label", "texts", "where")

    def __init__(
        self, label: str, where: Location, sides: Sequence[Any], bodies: Sequence[Any], is_loop: bool = False
    ) -> None:
        self.label = label
        self.where = where
        self.texts = [values.describe(side) if side is not UNDEFINED else "without a value" for side in sides]
        self.calls = all(isinstance(side, (types.FunctionType, types.MethodType, type)) for side in sides)
        """Are both functions or classes?"""
        self.are_objects = len(set(self.texts)) == 1 and self.texts[0].startswith("an instance of ")
        """Are both objects of one class, which no graph takes apart?"""
        self.bodies = bodies
        self.is_loop = is_loop

    @property
    def is_result(self) -> bool:
        return self.label.startswith(RESULT)

    def line(self, side: int) -> int | None:
        """The line that last gave the variable its value on that side."""
        return last_line(self.bodies[side], self.label)

    def two(self) -> str:
        """Both values and their lines."""
        if self.is_loop:
            after = self._from(1)
            return f"is {self.texts[0]} before the loop and {self.texts[1]} after an iteration{after}"
        if self.is_result:
            return " and ".join(self.texts[side] + self._returned(side) for side in (0, 1))
        first, second = (
            self.texts[side] + (self._from(side) or self._before()) for side in (0, 1)
        )
        return f"is {first} and {second}"

    def _before(self) -> str:
        """Where a value is from that neither body gave; an expression has its values from nowhere else."""
        return f" from before line {self.where.line}" if self.label.partition(".")[0].isidentifier() else ""

    def _from(self, side: int) -> str:
        line = self.line(side)
        return "" if line is None else f" from line {line}"

    def _returned(self, side: int) -> str:
        """Where the function returns the value of a side: in the line of a `return`, or at its end."""
        line, other = self.line(side), self.line(1 - side)
        returns = _returns(self.where)
        if line in returns or (line is not None and not returns):
            return f" in line {line}"
        rest = [str(found) for found in returns if found != other]
        if line is None and rest:
            return f" in line {' or '.join(rest)}"
        return " where it ends without `return`" if self.texts[side] == "None" and returns else ""

    def why(self) -> str:
        if self.is_loop:
            return "how often the loop runs is known only when the graph runs"
        return "which of the two is known only when the graph runs"

    def text(self) -> str:
        """The whole sentence of a conflict."""
        if self.is_result:
            return (
                f"{self.where}: the function returns {self.two()}, and {self.why()}: "
                "return values of one kind on every path"
            )
        places = "throughout" if self.is_loop else "on both paths"
        advice = f"give it values of one type and structure {places}"
        if self.are_objects:
            advice = "set the attributes of one object there, or make its class a dataclass or a named tuple"
        if self.calls:
            advice = "call each where it is chosen, and keep what it returns"
        return f"{self.where}: {self.label} {self.two()}, and {self.why()}: {advice}"


def _returns(where: Location) -> list[int]:
    """The lines of the `return` statements of the function that this place is in; none without its source."""
    try:
        tree = ast.parse("".join(linecache.getlines(where.path)))
    except SyntaxError:
        return []
    around = [
        node
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.name == where.function
        and node.lineno <= where.line <= (node.end_lineno or 0)
    ]
    todo: list[ast.AST] = list(max(around, key=lambda node: node.lineno).body) if around else []
    found = []
    for node in todo:
        if isinstance(node, ast.Return):
            found.append(node.lineno)
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            todo.extend(ast.iter_child_nodes(node))
    return sorted(found)


def last_line(body: Any, label: str) -> int | None:
    """The last line of a construct's body that gives the variable a value or deletes it; None where none does."""
    lines = [line for code in _codes(body) for line in _lines(code, label)]
    return max(lines, default=None)


def _codes(body: Any) -> Iterator[types.CodeType]:
    """The user's code that a body runs: what is called may be wrapped by functions of this package."""
    if isinstance(body, functools.partial):
        yield from _codes(body.func)
    elif isinstance(body, types.FunctionType):
        if not body.__code__.co_filename.startswith(PACKAGE):
            yield body.__code__
            return
        for cell in body.__closure__ or ():
            try:
                content = cell.cell_contents
            except ValueError:
                continue
            if isinstance(content, (types.FunctionType, functools.partial)):
                yield from _codes(content)


def _lines(code: types.CodeType, label: str) -> Iterator[int]:
    spans = list(code.co_lines())
    for instruction in dis.get_instructions(code):
        if instruction.argval == label and instruction.opname in _STORES | _DELETES:
            yield from (line for start, end, line in spans if line and start <= instruction.offset < end)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType) and label in constant.co_freevars:
            yield from _lines(constant, label)
