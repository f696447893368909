"""From a twin's code to a function that runs in the place of the user's."""

from __future__ import annotations

import functools
import marshal
import sys
import types
from collections.abc import Sequence
from typing import Any

from autograph_hook.runtime.gate import Gate, Module, gate_of
from autograph_hook.transpiler.gates import is_placeholder
from autograph_hook.transpiler.layout import unpacked
from autograph_hook.transpiler.sites import SCRIPT
from autograph_hook.transpiler.templates import ITEMS, THUNK

_NEW_LOCALS = 2
"""The flag of code objects that a class body does not have."""


def load_codes(module: Module) -> tuple[types.CodeType | None, ...]:
    """Unmarshal the twins of a module; functions inside them get the module's own gates."""
    codes: tuple[types.CodeType | None, ...] = marshal.loads(unpacked(module.twins))
    return tuple(
        _live(code, module, "", gate.function[0], ours=True) if code is not None else None
        for code, gate in zip(codes, module.gates, strict=True)
    )


def _live(
    code: types.CodeType, module: Module, old: str, new: str, *, ours: bool = False, between: str = ""
) -> types.CodeType:
    """The code with live gates, and with the qualified names that the plain code has: `old` is what the compiler
    called it inside the skeleton, `new` is the user's name for it. `ours`: a body or lambda that a pass has made; in
    tracebacks it bears the name of the function that it belongs to. `between` is what stands in a qualified name
    before what is defined in it, where that cannot be seen from the code."""
    is_class = not code.co_flags & _NEW_LOCALS
    between = between or ("." if is_class else ".<locals>.")
    renamed = {old: new} if is_class else {}
    constants: list[Any] = []
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            if _is_ours(constant):
                own = _COMPREHENSIONS.get(constant.co_name.rpartition("_")[0])
                constant = _live(constant, module, "", f"{new}.<locals>.{own}" if own else new, ours=True)
            elif constant.co_name.startswith("<generic parameters of "):
                # The scope of type parameters is in no qualified name.
                constant = _live(constant, module, "", new, between=between)
            else:
                ending = between + constant.co_name
                inner = _qualname(constant, code, ending)
                wanted = inner
                if inner.endswith(ending):
                    wanted = new + ending if new != SCRIPT else constant.co_name
                renamed[inner] = wanted
                constant = _live(constant, module, inner, wanted)
        elif is_placeholder(constant):
            constant = module.gates[constant[1]]
        constants.append(constant)
    constants = [renamed.get(c, c) if type(c) is str else c for c in constants]
    names: dict[str, Any] = {"co_name": new.rpartition(".")[2]} if ours else {}
    if sys.version_info >= (3, 11):
        names["co_qualname"] = new
    return code.replace(co_consts=tuple(constants), co_filename=module.path, **names)


_COMPREHENSIONS = {"ag__genexpr": "<genexpr>"}
"""What Python calls functions of its own, which are entries of tracebacks."""
if sys.version_info < (3, 12):
    _COMPREHENSIONS["ag__listcomp"] = "<listcomp>"


def _is_ours(code: types.CodeType) -> bool:
    return code.co_name.startswith("ag__") or code.co_varnames[:1] in ((THUNK,), (ITEMS,))


def _qualname(code: types.CodeType, outer: types.CodeType, ending: str) -> str:
    """The qualified name that the compiler gave; before Python 3.11 it is only among the constants."""
    if sys.version_info >= (3, 11):
        return code.co_qualname
    texts = [c for c in (*outer.co_consts, *code.co_consts[:1]) if type(c) is str and c.endswith(ending)]
    return texts[0] if texts else code.co_name


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
    return made_of(code, namespace, cells)


def live_code(code: types.CodeType, gate: Gate) -> types.CodeType:
    """Code of ours that stands for a part of a gate's function, with live gates and that function's name."""
    return _live(code, gate.module, "", gate.function[0], ours=True)


def made_of(
    code: types.CodeType, namespace: dict[str, Any], cells: types.FunctionType | None
) -> types.FunctionType:
    """A function that runs a live twin's code. `cells` closes over the free variables of the user's function."""
    if cells is None:
        return _made(code, namespace, None, (), ())
    return _made(code, cells.__globals__, None, cells.__code__.co_freevars, cells.__closure__ or ())


_OPERATORS = ("ag__",)


@functools.cache
def _operators() -> types.CellType:
    """The cell that all twins have the operators in. Nothing stores to it."""
    # Not `from … import`: that asks the builtin `hasattr`, in whose place a program may have put an enabled function.
    import autograph_hook.runtime.operators as operators

    return types.CellType(operators)


def _made(
    code: types.CodeType,
    namespace: dict[str, Any],
    like: types.FunctionType | None,
    names: Sequence[str],
    cells: Sequence[types.CellType],
) -> types.FunctionType:
    wanted = code.co_freevars
    if wanted == _OPERATORS:
        closure: tuple[types.CellType, ...] = (_operators(),)
    else:
        available = dict(zip(names, cells, strict=True))
        available["ag__"] = _operators()
        closure = tuple([available[name] for name in wanted])
    made = types.FunctionType(code, namespace, code.co_name, None, closure)
    if like is not None:
        made.__defaults__ = like.__defaults__
        made.__kwdefaults__ = like.__kwdefaults__
        made.__name__ = like.__name__
        made.__qualname__ = like.__qualname__
        made.__module__ = like.__module__
    return made
