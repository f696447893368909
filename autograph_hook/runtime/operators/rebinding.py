"""Names that a function binds outside of itself: `global` and `nonlocal`.

Python stores to such a name without asking anybody. Inside a staged branch or loop that is a change like any other
(`constructs`), so what a function that is called there has stored is looked at when it returns: if the name is no
variable of the construct, it gets its old value back, and the construct is traced again with it.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

from autograph_hook.runtime.operators.constructs import about_to_set, is_tracing
from autograph_hook.runtime.variables import WHOLE, Cell, Item
from autograph_hook.staging import codes


def noticed(call: Callable[..., Any], twin: types.FunctionType) -> Callable[..., Any]:
    """What is called for `call`, which runs this twin."""
    if not is_tracing():
        return call
    seen = codes.look(twin.__code__)
    if not seen.global_stores and not seen.stored:
        return call
    return functools.partial(_noticed, call, twin, seen)


def _noticed(
    call: Callable[..., Any], twin: types.FunctionType, seen: codes.Seen, /, *arguments: Any, **keywords: Any
) -> Any:
    names = _names(twin, seen)
    before = [name.get() for name in names]
    try:
        result = call(*arguments, **keywords)
    except Exception:
        _notice(names, before)  # the body may go on behind a handler
        raise
    _notice(names, before)
    return result


def _notice(names: list[Item | Cell], before: list[Any]) -> None:
    for name, old in zip(names, before, strict=True):
        new = name.get()
        if new is not old:
            name.set(old)
            about_to_set(new, name.owner, WHOLE if isinstance(name, Cell) else name.key)
            name.set(new)


def _names(twin: types.FunctionType, seen: codes.Seen) -> list[Item | Cell]:
    """The names that it may store to."""
    namespace = twin.__globals__
    found: list[Item | Cell] = [Item(name, namespace, name) for name in sorted(seen.global_stores)]
    cells = zip(twin.__code__.co_freevars, twin.__closure__ or (), strict=True)
    return [*found, *(Cell(name, cell) for name, cell in cells if name in seen.stored)]
