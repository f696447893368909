"""From a twin's code to a function that runs in the place of the user's."""

from __future__ import annotations

import marshal
import types
from collections.abc import Sequence
from typing import Any

from autograph_hook.runtime.gate import Gate, Module, gate_of
from autograph_hook.transpiler.gates import is_placeholder


def load_codes(module: Module) -> tuple[types.CodeType | None, ...]:
    """Unmarshal the twins of a module; functions inside them get the module's own gates."""
    codes: tuple[types.CodeType | None, ...] = marshal.loads(module.twins)
    return tuple(_with_gates(code, module) if code is not None else None for code in codes)


def _with_gates(code: types.CodeType, module: Module) -> types.CodeType:
    constants: list[Any] = []
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            constant = _with_gates(constant, module)
        elif is_placeholder(constant):
            constant = module.gates[constant[1]]
        constants.append(constant)
    return code.replace(co_consts=tuple(constants), co_filename=module.path)


def twin_of_function(function: types.FunctionType) -> types.FunctionType | None:
    """The twin of an enabled function, with its globals, cells and defaults; None for any other function."""
    gate = gate_of(function)
    if gate is None or gate.module.options.mode == "off":
        return None
    code = gate.code()
    if code is None:
        return None
    return _made(code, function.__globals__, function, function.__code__.co_freevars, function.__closure__ or ())


def twin_at_gate(gate: Gate, cells: types.FunctionType | None, namespace: dict[str, Any]) -> types.FunctionType | None:
    """The twin of the function that stands at its gate. `cells` closes over that function's free variables."""
    code = gate.code()
    if code is None:
        return None
    if cells is None:
        return _made(code, namespace, None, (), ())
    return _made(code, cells.__globals__, None, cells.__code__.co_freevars, cells.__closure__ or ())


def _made(
    code: types.CodeType,
    namespace: dict[str, Any],
    like: types.FunctionType | None,
    names: Sequence[str],
    cells: Sequence[types.CellType],
) -> types.FunctionType:
    from autograph_hook.runtime import operators

    available = dict(zip(names, cells, strict=True))
    available["ag__"] = types.CellType(operators)
    closure = tuple(available[name] for name in code.co_freevars)
    made = types.FunctionType(code, namespace, code.co_name, None, closure)
    if like is not None:
        made.__defaults__ = like.__defaults__
        made.__kwdefaults__ = like.__kwdefaults__
        made.__qualname__ = like.__qualname__
        made.__module__ = like.__module__
    return made
