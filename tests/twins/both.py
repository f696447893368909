"""One source, two modules: plain Python, and transformed, whose functions are called as twins."""

from __future__ import annotations

import itertools
import textwrap
import types
from collections.abc import Callable
from typing import Any

from autograph_hook.runtime import operators
from autograph_hook.runtime.attach import attach
from autograph_hook.settings import ModuleOptions
from autograph_hook.transpiler import transform

_numbers = itertools.count()
TRACED = ModuleOptions(mode="traced")


def plain(source: str) -> types.ModuleType:
    """The module as Python runs it."""
    source = textwrap.dedent(source)
    module = types.ModuleType(f"plain_{next(_numbers)}")
    path = module.__dict__["__file__"] = f"{module.__name__}.py"
    exec(compile(source, path, "exec", dont_inherit=True), module.__dict__)
    return module


def enabled(
    source: str, plain_lines: frozenset[int] = frozenset(), options: ModuleOptions = TRACED, path: str = ""
) -> types.ModuleType:
    """The module with gates and twins."""
    source = textwrap.dedent(source)
    module = types.ModuleType(f"enabled_{next(_numbers)}")
    path = path or f"{module.__name__}.py"
    transformed = transform(source.encode(), path, plain_lines=plain_lines)
    assert not transformed.problems, transformed.problems
    module.__dict__["__file__"] = path
    exec(attach(transformed.payload(), module.__name__, path, options), module.__dict__)
    return module


def outcome(call: Callable[[], Any]) -> tuple[str, Any]:
    """What a call returns or raises, in a form that can be compared."""
    try:
        return "returned", call()
    except Exception as error:
        return type(error).__name__, str(error)


def same_in_python(source: str, *calls: tuple[Any, ...], function: str = "f") -> None:
    """The twin does with Python values what the plain function does. Each call is a tuple of arguments."""
    one, other = plain(source), enabled(source)
    for arguments in calls or ((),):
        expected = outcome(lambda: getattr(one, function)(*arguments))  # noqa: B023
        found = outcome(lambda: operators.call(getattr(other, function), *arguments))  # noqa: B023
        assert found == expected, (arguments, found, expected)
