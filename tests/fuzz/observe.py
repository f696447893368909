"""What can be seen of a module and its calls from outside, in a form that can be compared.

Values are described with types and to the last bit; containers and objects of the program's own also by which of them
are the same one, over everything that is described together.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import struct
import sys
import traceback
import types
from dataclasses import dataclass
from typing import Any

from autograph_hook.runtime.errors import whole_functions

MODULE = "made_program"
HEAD_PATH = "<head>"
"""The file of what all programs have in common."""


@dataclass(frozen=True)
class Seen:
    """What one step was seen to do."""

    step: str
    outcome: Any
    printed: str


class Describe:
    """Descriptions of values; one that has been described before is only referred to."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.met: dict[int, int] = {}
        self.kept: list[Any] = []

    def __call__(self, value: Any) -> Any:
        kind = type(value)
        if kind is str:
            return "str", re.sub(r"\b0x[0-9a-f]+", "0x", value)  # where an object lies in memory
        if kind in (int, bool, type(None), bytes, complex):
            return kind.__name__, value
        if kind is float:
            return "float", struct.pack(">d", value).hex(), repr(value)
        if hasattr(value, "numpy") or kind.__module__ == "numpy":
            return self.array(value)
        if isinstance(value, type) and value.__module__ == MODULE:
            return "class", value.__qualname__, [(k, self(v)) for k, v in vars(value).items() if k == "scale"]
        if isinstance(value, (types.FunctionType, types.MethodType, type, types.ModuleType, types.GeneratorType)):
            return kind.__name__, getattr(value, "__qualname__", None)
        if isinstance(value, tuple):
            return kind.__qualname__, [self(item) for item in value], self.attributes(value)
        number = self.met.get(id(value))
        if number is not None:
            return "met before", number
        self.met[id(value)] = len(self.met)
        self.kept.append(value)
        name = kind.__qualname__
        if isinstance(value, dict):
            return name, [(self(key), self(item)) for key, item in value.items()], self.attributes(value)
        if isinstance(value, list):
            return name, [self(item) for item in value], self.attributes(value)
        if isinstance(value, (set, frozenset)):
            return name, sorted(repr(self(item)) for item in value)
        if isinstance(value, BaseException):
            return self.error(value)
        return name, self.attributes(value)

    def attributes(self, value: Any) -> Any:
        return [(name, self(item)) for name, item in getattr(value, "__dict__", {}).items()]

    def array(self, value: Any) -> Any:
        name = type(value).__name__
        symbolic = hasattr(value, "numpy") and not hasattr(value, "_numpy") and name in ("SymbolicTensor", "Tensor")
        if symbolic:
            return "symbolic"
        number = value.numpy() if hasattr(value, "numpy") else value
        if not hasattr(number, "tobytes"):
            return name, repr(number)
        return name, str(number.dtype), number.shape, number.tobytes().hex(), repr(number)

    def error(self, error: BaseException | None, depth: int = 0) -> Any:
        """Its type, arguments and lines, and those of the errors before it."""
        if error is None or depth > 3:
            return None
        lines = [
            (entry.name, entry.lineno)
            for entry in traceback.extract_tb(whole_functions(error, _without_this(error.__traceback__)))
            if entry.filename in (self.path, HEAD_PATH)
        ]
        if isinstance(error, UnboundLocalError) and sys.version_info[:2] == (3, 11):
            lines = lines[:-1]  # there it gives the line of the statement before, if that stores a name
        return (
            type(error).__qualname__, [self(a) for a in error.args], lines, error.__suppress_context__,
            self.error(error.__cause__, depth + 1), self.error(error.__context__, depth + 1),
        )  # fmt: skip


def _without_this(entry: types.TracebackType | None) -> types.TracebackType | None:
    """The traceback without entries of this package, one of which stands for the hook's own way into a twin."""
    kept = []
    while entry is not None:
        if not entry.tb_frame.f_code.co_filename.startswith(_HERE):
            kept.append(entry)
        entry = entry.tb_next
    if not kept:
        return None  # a group that `except*` has made has none
    for this, following in zip(kept, [*kept[1:], None], strict=True):
        this.tb_next = following
    return kept[0]


_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep


def run(module: types.ModuleType, steps: tuple[str, ...], path: str) -> list[Any]:
    """Take the steps; what each was seen to do, and in the end the state of the module and all results together."""
    names = vars(module)
    seen: list[Any] = []
    results: list[Any] = []
    for step in steps:
        printed = io.StringIO()
        outcome: Any = None
        is_call = step.startswith("f(")
        code = compile(step, "<step>", "eval" if is_call else "exec")
        with contextlib.redirect_stdout(printed):
            try:
                value = eval(code, names)
                outcome = "gave", Describe(path)(value)
                results.append(value)
            except Exception as error:
                outcome = "raised", Describe(path).error(error)
        state = Describe(path)
        seen.append(Seen(step, outcome, printed.getvalue()))
        seen.append([(name, state(value)) for name, value in names.items() if name in STATE])
    whole = Describe(path)
    seen.append(("results", whole(results)))
    seen.append(("state", [(name, whole(value)) for name, value in names.items() if name in STATE]))
    return seen


STATE = ("LOG", "N", "GL", "GD", "GB", "V", "W", "K", "Box", "Sub")
"""The names of a module that make its state."""


def _is_too_deep(seen: Any) -> bool:
    return isinstance(seen, Seen) and seen.outcome[0] == "raised" and seen.outcome[1][0] == "RecursionError"


def difference(expected: list[Any], found: list[Any]) -> str | None:
    """The first thing that was seen to differ, None if nothing was. How deep a program comes that calls itself without
    end, and so what it has done by then, nobody promises."""
    for one, other in zip(expected, found, strict=True):
        if _is_too_deep(one) and _is_too_deep(other):
            return None
        if one != other:
            return f"plain:  {one}\nhooked: {other}"
    return None

