"""Whole programs: a head with what all of them use, helpers, a function `f`, and the steps that call it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.fuzz.blocks import Blocks, indented
from tests.fuzz.choices import Choices
from tests.fuzz.grammar import PYTHON, Dialect
from tests.fuzz.head import HEAD
from tests.fuzz.writer import Function, Scope


@dataclass(frozen=True)
class Program:
    """Its text, and what is done with the module, one step after the other: calls, and changes of its state."""

    source: str
    steps: tuple[str, ...]
    head: str = HEAD
    """What is run in the same module before it."""

    def __str__(self) -> str:
        return f"{self.source}\n\n# The steps:\n" + "\n".join(f"#   {step}" for step in self.steps) + "\n"

    __repr__ = __str__


class Programs(Blocks):
    """Writes programs of one dialect."""

    head = HEAD
    shown: Mapping[str, str] = {}
    """By kind: what `f` returns of a name, where that is not its value."""

    def program(self) -> Program:
        functions: list[Function] = []
        parts = []
        for number in range(2):
            function, text = self.module_function(f"h{number}", functions, 1)
            parts.append(text)
            functions.append(function)
        main, text = self.module_function("f", functions, self.dialect.depth)
        parts.append(text)
        if self.dialect.definitions and self.choices.chance(8):
            parts.insert(0, "from __future__ import annotations")
        return Program("\n\n".join(parts), tuple(self.steps(main)), self.head)

    def module_function(self, name: str, callees: list[Function], depth: int) -> tuple[Function, str]:
        choices = self.choices
        kinds = [choices.pick(list(self.dialect.arguments)) for _ in range(1 + choices.below(3))]
        parameters: list[tuple[str, str]] = []
        for kind in kinds:
            free = [n for n in self.dialect.names[kind] if n not in dict(parameters)]
            if free:
                parameters.append((free[0], kind))
        function = Function(name, tuple(parameters), choices.pick(self.dialect.assigned))
        scope = Scope(functions=list(callees), result=function.result)
        for each, kind in parameters:
            scope.bind(each, kind)
        names, lines = ", ".join(n for n, _ in parameters), []
        if self.dialect.effects and choices.chance(20):
            lines.append("global N")
            scope.bind("N", "int")
        if choices.chance(15):
            # It calls itself with less fuel; a lambda keeps the number of arguments.
            lines.append(f"again = lambda {names}: {name}({names}, fuel=fuel - 1)")
            lines.append(f"if fuel <= 0:\n    return {self.expression(function.result, scope, 1)}")
            scope.functions.append(Function("again", tuple(parameters), function.result))
            names += ", fuel=2"
        lines += self.block(scope, depth, 6)
        if scope.live:
            if name == "f":
                shown = [self.shown.get(kind, "{0}").format(n) for n, kind in scope.bound.items() if n != "N"]
                lines.append(f"return {self.expression(function.result, scope)}, {', '.join(shown)}")
            else:
                lines.append(f"return {self.expression(function.result, scope)}")
        return function, "\n".join([f"def {name}({names}):", *indented("\n".join(lines).split("\n"))])

    def steps(self, main: Function) -> list[str]:
        choices = self.choices
        found = []
        for number in range(2 + choices.below(3)):
            if number and choices.chance(50):
                found.append(choices.pick(self.dialect.changes))
            values = [choices.pick(self.dialect.arguments[kind]) for _, kind in main.parameters]
            found.append(f"f({', '.join(values)})")
        return found


def programs(
    dialect: Dialect = PYTHON, writer: Callable[[Choices, Dialect], Programs] = Programs
) -> Callable[[Choices], Program]:
    """What makes programs of a dialect."""
    return lambda choices: writer(choices, dialect).program()
