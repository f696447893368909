"""The plain run of a staged call, for verification: the user's function, or the statements that a piece stands for."""

from __future__ import annotations

import types
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from autograph_hook.backends.protocol import UNDEFINED
from autograph_hook.runtime.gate import MODULES
from autograph_hook.runtime.plain import plain
from autograph_hook.staging.reachable import names_of
from autograph_hook.transpiler.pieces import ITEMS

if TYPE_CHECKING:
    from autograph_hook.runtime.entry import _Call
    from autograph_hook.runtime.mixed import _PieceCall


class _Beside:
    def is_enabled(self, name: Any) -> bool:
        """Is a module of this name enabled, and loaded?"""
        modules = (reference() for reference in list(MODULES))
        return any(module is not None and module.name == name for module in modules)


class Function(_Beside):
    """A call of a function of the user's, at its gate."""

    returns = True

    def __init__(self, call: _Call) -> None:
        self.call = call

    def place(self) -> tuple[str, str, int]:
        """File, function and line."""
        name, line, *_ = self.call.function
        return self.call.gate.module.path, name, line

    def roots(self) -> list[tuple[str, Any]]:
        """From where all is reached that the call may read or change."""
        call = self.call
        names = call.frame.f_code.co_varnames
        given = [(names[i] if i < len(names) else "an argument", value) for i, value in enumerate(call.arguments)]
        return [*given, *call.keywords.items(), *_cells(call.cells), *names_of(call.frame.f_globals)]

    def ignored(self) -> frozenset[int]:
        """Objects that may hold something else afterwards, since nobody reads it."""
        return frozenset()

    def put(self, result: Any) -> None:
        """The staged call has returned this."""

    def plain(self) -> Any:
        """Run it as it is written."""
        call = self.call
        code = call.frame.f_code
        closure = dict(_cells(call.cells))
        cells = tuple(closure[name] for name in code.co_freevars)
        function = types.FunctionType(code, call.frame.f_globals, code.co_name, None, cells)
        with plain():
            return function(*call.arguments, **call.keywords)


class Statements(_Beside):
    """A piece: its statements run in the frame, and leave what they compute in its names."""

    returns = False

    def __init__(self, call: _PieceCall) -> None:
        self.call = call
        self.frame = call.run.frame

    def place(self) -> tuple[str, str, int]:
        gate = self.frame.function.gate
        return gate.module.path, gate.function[0], self.call.run.parts.lines(self.call.part)[0]

    def roots(self) -> list[tuple[str, Any]]:
        names = list(self.frame.names.items())
        return [*names, *_cells(self.call.cells), *names_of(self.frame.namespace)]

    def ignored(self) -> frozenset[int]:
        outputs = self.call.piece.outputs
        return frozenset(id(cell) for name, cell in self.frame.names.items() if name not in outputs)

    def put(self, result: Any) -> None:
        self.call.run.put(self.call.piece, result)

    def plain(self) -> Any:
        call, run = self.call, self.call.run
        with plain():
            for values in call.arguments[-1] if call.piece.inputs[-1:] == (ITEMS,) else [()]:
                for name, value in zip(call.piece.targets, values, strict=False):  # without targets there is a None
                    run.set(name, value)
                for i in range(call.part.start, call.part.end):
                    run.functions[i]()
        values = {name: run.get(name) for name in call.piece.outputs}
        return {name: value for name, value in values.items() if value is not UNDEFINED}, ()


def _cells(function: types.FunctionType | None) -> Iterable[tuple[str, types.CellType]]:
    if function is None:
        return ()
    return zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
