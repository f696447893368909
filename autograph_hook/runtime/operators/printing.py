"""What is made to be printed: f-strings, `%`, `str()`, `float()` … inside the arguments of `print`.

The message of an `assert` is made in the same way, with None in the place of `print`.

In a speculative trace the text of a tensor is known only after the graph has run, so it is put off until then. In all
other traces, and for all other values, it is made at once, as it is written.
"""

from __future__ import annotations

import builtins
import operator
import types
from collections.abc import Callable
from typing import Any

from autograph_hook.runtime.dispatch import staged
from autograph_hook.runtime.gate import thread
from autograph_hook.runtime.operators.calls import callee
from autograph_hook.runtime.operators.reading import attr


def _trace(function: Any) -> Any:
    """The speculative trace that will carry what `function` prints."""
    return thread().trace if function is builtins.print else None


def text(function: Any, *pieces: Any) -> Any:
    """The f-string of these pieces; a list of them for the message of a check that a graph makes."""
    if function is None and not all(type(piece) is str for piece in pieces):
        return list(pieces)
    trace = _trace(function)
    if trace is not None and not all(type(piece) is str for piece in pieces):
        return trace.put_off("".join, (list(pieces),), may_fail=False)
    return "".join(pieces)


def piece(function: Any, value: Any, conversion: str, spec: Any) -> Any:
    """`{value!conversion:spec}` of an f-string."""
    if function is None and isinstance(spec, str) and staged(value) is not None:
        return value
    trace = _trace(function)
    if trace is not None and trace.must_wait(value, spec):  # a spec that waits is refused
        is_bare = type(spec) is str and not spec
        return trace.put_off(formatted, (value, conversion, spec), may_fail=not is_bare)
    return formatted(value, conversion, spec)


def formatted(value: Any, conversion: str, spec: str) -> str:
    return format(_CONVERSIONS[conversion](value) if conversion else value, spec)


_CONVERSIONS: dict[str, Callable[[Any], str]] = {"s": str, "r": repr, "a": ascii}


def percent(function: Any, template: str, values: Any) -> Any:
    """`template % values`"""
    trace = _trace(function)
    if trace is not None and trace.must_wait(values):
        return trace.put_off(operator.mod, (template, values))
    return template % values


def shown(function: Any, called: Any, *arguments: Any, **keywords: Any) -> Any:
    """`called(*arguments, **keywords)`, where it looks like a conversion."""
    trace = _trace(function)
    if trace is not None and _converts(called) and trace.must_wait(*arguments, *keywords.values()):
        is_text, is_safe = called not in _NUMBERS, called in (str, repr, ascii)
        if not is_text:
            arguments = tuple(map(trace.content_of, arguments))
        return trace.put_off(called, arguments, keywords, is_text=is_text, may_fail=not is_safe)
    return callee(called)(*arguments, **keywords)


def _converts(function: Any) -> bool:
    if type(function) is types.BuiltinFunctionType and type(function.__self__) is str:
        return function.__name__ == "format"
    return any(function is known for known in _CONVERTING)


_NUMBERS = (float, int, bool, round)
_CONVERTING = (str, repr, ascii, format, *_NUMBERS)


def shown_method(function: Any, owner: Any, name: str) -> Any:
    """`owner.name()`"""
    trace = _trace(function)
    if trace is not None and trace.must_wait(owner):
        content = trace.content_of(owner)
        return trace.put_off(operator.methodcaller(name), (content,), is_text=False, may_fail=name != "numpy")
    return callee(attr(owner, name))()
