"""Making the mixed code of a function: from its source, when it is first wanted."""

from __future__ import annotations

import ast
import inspect
import sys
import types
from threading import RLock
from weakref import WeakKeyDictionary

from autograph_hook.backends.protocol import Backend
from autograph_hook.runtime.gate import Gate, Module
from autograph_hook.runtime.memory import recall
from autograph_hook.runtime.mixed import MixedFunction
from autograph_hook.runtime.owners import departing
from autograph_hook.runtime.twins import live_code
from autograph_hook.staging.trace import Host
from autograph_hook.transpiler.gates import insert_gates
from autograph_hook.transpiler.mixed import mix
from autograph_hook.transpiler.module import uncollected
from autograph_hook.transpiler.passes.plain import Unsupported
from autograph_hook.transpiler.sites import SCRIPT, Site

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def mixed_function(gate: Gate, host: Host, may_stage: Callable[[], Backend | None]) -> MixedFunction | None:
    """The mixed code of a gate's function; None where it has none: `gate.mixed` says why."""
    mixed = gate.mixed
    if mixed is None:
        try:
            mixed = _made(gate, host, may_stage)
        except Unsupported as problem:
            mixed = problem.reason
        except (OSError, SyntaxError, ValueError, RecursionError) as error:
            mixed = f"its source cannot be read again: {error}"
        gate.mixed = mixed
    return mixed if isinstance(mixed, MixedFunction) else None


def _made(gate: Gate, host: Host, may_stage: Callable[[], Backend | None]) -> MixedFunction:
    module = gate.module
    with uncollected():
        tree, sites, plain_lines = _read(module)
        mixed = mix(tree, sites[gate.number], module.path, -1, plain_lines, is_main=module.name == "__main__")
    code: types.CodeType = live_code(mixed.code, gate)
    if gate.function[0] == SCRIPT:
        code = _of_module(code)
    made = MixedFunction(gate, mixed, code, host, may_stage)
    recall(made)
    return made


def _of_module(code: types.CodeType) -> types.CodeType:
    """The statements of a script: the locals of their frames are the module's names, for whoever is called and looks
    there. Not of a statement with variables of its own (those of its comprehensions, from Python 3.12 on), which would
    come and go among the module's names."""
    constants = [
        constant.replace(co_flags=constant.co_flags & ~_OF_FUNCTION)
        if isinstance(constant, types.CodeType) and not constant.co_varnames
        else constant
        for constant in code.co_consts
    ]
    return code.replace(co_consts=tuple(constants))


_OF_FUNCTION = inspect.CO_OPTIMIZED | inspect.CO_NEWLOCALS

_Read = tuple[ast.Module, list[Site], frozenset[int]]

MOST_READ = 4
"""Modules whose trees are kept: reading one costs as much as the mixed code of twenty of its functions, and a program
that calls one of them for the first time is likely to call others. A thousand lines take some 3 MB."""
_kept: WeakKeyDictionary[Module, _Read] = WeakKeyDictionary()
"""The one that was wanted last stands last."""
_lock = RLock()


def _departed(module: Module) -> None:
    """The module goes."""
    with _lock:
        _kept.pop(module, None)


departing.append(_departed)


def _read(module: Module) -> _Read:
    """The tree of a module, with its gates and its functions, and its lines that stay plain."""
    with _lock:
        found = _kept.pop(module, None)
        if found is None:
            if module.source is None:
                raise Unsupported(0, "its source is in no file")
            source, plain_lines = module.source()
            tree = ast.parse(source, module.path)
            found = tree, insert_gates(tree, plain_lines), plain_lines
        while len(_kept) >= MOST_READ:
            del _kept[next(iter(_kept))]
        _kept[module] = found
    return found


MOST_NESTED = 8
"""Calls in pieces inside one another; what is called inside of so many runs as it is written. Each takes some ten
frames where a plain call takes one: a recursion that runs in pieces all the way would end at a tenth of its depth."""
_FRAMES = 9


def is_nested() -> bool:
    """Is this inside of so many calls in pieces? Told by the stack: a count would be wrong after an interrupt, and
    where greenlets take turns."""
    try:
        sys._getframe(MOST_NESTED * _FRAMES)
    except ValueError:
        return False
    nested = 0
    frame: types.FrameType | None = sys._getframe()
    while frame is not None:
        nested += frame.f_code is _RUN
        frame = frame.f_back
    return nested >= MOST_NESTED


_RUN = MixedFunction.run.__code__
