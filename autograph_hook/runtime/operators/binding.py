"""Operands and elements with `:=`: where a graph decides whether one is evaluated, the names it binds are joined."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import CodeType, FunctionType, GeneratorType
from typing import Any

from autograph_hook.runtime.state import Place, state_of
from autograph_hook.runtime.variables import Variable


class Binding:
    """An operand that is evaluated late, and binds these names and globals of the user's function."""

    __slots__ = ("function", "names", "places")

    def __init__(self, function: FunctionType, names: Sequence[str] = (), places: Sequence[Place] = ()) -> None:
        self.function = function
        self.names = names
        self.places = places

    def __call__(self) -> Any:
        return self.function()

    @property
    def __code__(self) -> CodeType:
        return self.function.__code__

    def variables(self) -> list[Variable]:
        return list(state_of(self.names, self.places, (self.function,)).variables)


class Rest(Binding):
    """What follows in a chained comparison: it binds what its operands bind."""

    __slots__ = ("compare", "operands")

    def __init__(self, compare: Callable[[], Any], operands: Sequence[Any]) -> None:
        super().__init__(function_of(operands[1]))
        self.compare = compare
        self.operands = operands

    def __call__(self) -> Any:
        return self.compare()

    def variables(self) -> list[Variable]:
        return variables_of(self.operands)


def variables_of(operands: Sequence[Any]) -> list[Variable]:
    """The variables that these operands bind, each once."""
    found: dict[str, Variable] = {}
    for operand in operands:
        if isinstance(operand, Binding):
            found.update((variable.label, variable) for variable in operand.variables())
    return list(found.values())


def function_of(operand: Any) -> FunctionType:
    """The twin's own function behind an operand."""
    function: FunctionType = operand.function if isinstance(operand, Binding) else operand
    return function


def generated(elements: Iterator[Any], body: FunctionType, names: Sequence[str]) -> Iterator[Any]:
    """The elements of a generator expression: `body(element, found)` appends what one element of its subject gives."""
    for element in elements:
        found: list[Any] = []
        body(element, found)
        yield from found


def bound_by(generator: GeneratorType[Any, Any, Any]) -> Sequence[str]:
    """The names that the elements of a generator expression bind by `:=`."""
    if generator.gi_code is not generated.__code__ or generator.gi_frame is None:
        return ()
    names: Sequence[str] = generator.gi_frame.f_locals["names"]
    return names
