"""What a graph's values are needed for is made when it has run, and still at the line of the user's that makes it.

Python finds in the running frame the file and the line that a warning names, its module, which filters go by, and the
registry of what has been said there before. So such a value is made in a frame that has them all from the user's line.
"""

from __future__ import annotations

import builtins
import sys
import types
import warnings
from collections.abc import Callable, Sequence
from typing import Any


class Line:
    """The line of the user's that runs now."""

    __slots__ = ("_code", "_module")

    def __init__(self) -> None:
        frame: types.FrameType | None = sys._getframe(1)
        while frame is not None and str(frame.f_globals.get("__name__")).startswith("autograph_hook."):
            frame = frame.f_back
        assert frame is not None
        self._module = frame.f_globals.get("__name__")
        self._code = _called.__code__.replace(
            co_filename=frame.f_code.co_filename, co_firstlineno=frame.f_lineno, co_name=frame.f_code.co_name
        )

    def call(self, function: Callable[..., Any], arguments: Sequence[Any], keywords: dict[str, Any]) -> Any:
        """`function(*arguments, **keywords)`, there."""
        # Keeping the names themselves would keep the module: code objects are not seen by the garbage collector.
        names = getattr(sys.modules.get(str(self._module)), "__dict__", None)
        if type(names) is not dict:  # run from no module, or from what is put in the place of one
            names = {"__name__": self._module, "__builtins__": builtins}
        return types.FunctionType(self._code, names)(function, arguments, keywords)


# On one line, which is the frame's then.
_called = lambda function, arguments, keywords: function(*arguments, **keywords)  # noqa: E731


def tried(build: Callable[[Sequence[Any]], Any], content: Sequence[Any]) -> None:
    """Build a value to see whether that may fail, without a word. A warning that is an error counts as failing."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        build(content)
        return
    is_error = _warnings_are_errors() or "raise" in numpy.geterr().values()
    with numpy.errstate(all="raise" if is_error else "ignore"):
        build(content)


def _warnings_are_errors() -> bool:
    """Might a filter make an error of what NumPy warns of?"""
    return any(entry[0] == "error" and issubclass(RuntimeWarning, entry[2]) for entry in warnings.filters)
