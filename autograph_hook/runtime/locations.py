"""Where in the user's source something stands: for messages."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from typing import Any

from autograph_hook.backends.protocol import Location


def here() -> Location:
    """The line of the user's that has called an operator."""
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None and str(frame.f_globals.get("__name__")).startswith("autograph_hook."):
        frame = frame.f_back
    assert frame is not None
    return Location(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)


def location_of(function: types.FunctionType | Callable[..., Any]) -> Location:
    """Where the construct stands whose body this is."""
    code = function.__code__
    return Location(code.co_filename, code.co_firstlineno, code.co_name)
