"""What comes into a program from outside of its order: Ctrl-C, and what the handler of a signal raises.

A mistake of ours, and whatever else ends a trace, is answered by running plain. These exceptions are neither: a program
that gives itself five seconds with `signal.alarm` must not go on because they ended while something was traced.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import types

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_CALL = "__call__"


def is_interrupt(error: BaseException) -> bool:
    """Is it the user's, whatever of ours was running when it was raised? For whom has caught it."""
    if isinstance(error, KeyboardInterrupt):
        return True
    # The first entry is the frame that caught it.
    entry = error.__traceback__ and error.__traceback__.tb_next
    if entry is None:
        return False
    handlers = _handlers()
    while entry is not None:
        if any(entry.tb_frame.f_code is code for code in handlers):
            return True
        entry = entry.tb_next
    return False


def is_handlers(code: types.CodeType) -> bool:
    """Does it belong to the handler of a signal?"""
    return any(code is handler for handler in _handlers())


def _handlers() -> list[types.CodeType]:
    found = (_code(_signal.getsignal(number)) for number in range(1, _signal.NSIG))
    return [code for code in found if code is not None]


def _code(handler: Any) -> types.CodeType | None:
    """The code that a handler written in Python begins with."""
    if handler is None or type(handler) is int:
        return None
    import functools

    while isinstance(handler, (functools.partial, types.MethodType)):
        handler = handler.func if isinstance(handler, functools.partial) else handler.__func__
    if not isinstance(handler, types.FunctionType):
        handler = getattr(type(handler), _CALL, None)
    return handler.__code__ if isinstance(handler, types.FunctionType) else None
