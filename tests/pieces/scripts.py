"""Run the text of a script plain and hooked, in this process, and compare all that it leaves behind."""

from __future__ import annotations

import contextlib
import io
import itertools
import textwrap
import traceback
import types
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from autograph_hook.runtime.attach import attach
from autograph_hook.runtime.errors import whole_functions
from autograph_hook.runtime.gate import MODULES, Module
from autograph_hook.runtime.mixed import MixedFunction
from autograph_hook.settings import ModuleOptions
from autograph_hook.transpiler import transform

_numbers = itertools.count()
HEAD = "import numpy as np\nimport tensorflow as tf\n"


class Outcome:
    """What a run of a script can be seen to have done."""

    def __init__(self, printed: str, error: list[str], names: dict[str, Any]) -> None:
        self.printed = printed
        self.error = error
        self.names = names


def same_script(source: str, warm_up: Any = 2, name: str = "__main__", future: bool = False) -> Module:
    """The script prints, raises and leaves the same, hooked and plain. Returns what is known of the hooked module."""
    text = ("from __future__ import annotations\n" if future else "") + HEAD + textwrap.dedent(source)
    path = f"<script {next(_numbers)}>"
    plain = types.ModuleType("script")
    expected = _outcome(compile(text, path, "exec", dont_inherit=True), plain, path)
    hooked = types.ModuleType("script")
    transformed = transform(text.encode(), path)
    assert not transformed.problems, transformed.problems
    options = ModuleOptions(mode="auto", warm_up=warm_up)
    code = attach(transformed.payload(), name, path, options, lambda: (text.encode(), frozenset()))
    found = _outcome(code, hooked, path)
    assert found.printed == expected.printed
    assert found.error == expected.error
    assert set(found.names) == set(expected.names)
    for name, value in expected.names.items():
        assert _equal(found.names[name], value), (name, found.names[name], value)
    module = next(m for m in (r() for r in reversed(MODULES)) if m is not None and m.path == path)
    _kept.append(hooked)
    return module


_kept: list[types.ModuleType] = []


def _outcome(code: types.CodeType, module: types.ModuleType, path: str) -> Outcome:
    printed = io.StringIO()
    error: list[str] = []
    module.__dict__["__file__"] = path
    with contextlib.redirect_stdout(printed):
        try:
            exec(code, vars(module))
        except Exception as raised:
            entries = traceback.extract_tb(whole_functions(raised, raised.__traceback__))
            lines = [f"{entry.name}:{entry.lineno}" for entry in entries if entry.filename == path]
            error = [type(raised).__name__, str(raised), *lines]
    return Outcome(printed.getvalue(), error, {k: _shown(v) for k, v in vars(module).items() if not k.startswith("__")})


def _equal(one: Any, other: Any) -> bool:
    """Equal, but for the last bits of numbers: the gradient of a graph may add up in another order."""
    if type(one) is not type(other):
        return False
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_equal(value, other[key]) for key, value in one.items())
    return one == pytest.approx(other, rel=2e-6) if isinstance(one, float) else bool(one == other)


def _shown(value: Any) -> Any:
    """A value in a form that can be compared, its type included."""
    if isinstance(value, (tf.Tensor, tf.Variable)):
        value = value.numpy()
        return "tensor", str(value.dtype) if hasattr(value, "dtype") else "", value.tolist()
    if isinstance(value, np.ndarray):
        return "array", str(value.dtype), value.tolist()
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [_shown(item) for item in value]
    if isinstance(value, dict):
        return "dict", {key: _shown(item) for key, item in value.items()}
    if isinstance(value, float):
        return "float", value
    if isinstance(value, (int, str, bytes, bool, type(None))):
        return type(value).__name__, repr(value)
    return type(value).__name__


def staged_runs(module: Module) -> dict[int, int]:
    """For each source line at which a piece begins: how often a graph ran in its place."""
    found: dict[int, int] = {}
    for gate in module.gates:
        if isinstance(gate.mixed, MixedFunction):
            for parts in gate.mixed.parts:
                for part in parts.parts:
                    line = parts.group.statements[part.start].lineno
                    found[line] = sum(staging.calls_staged for _, staging in part.variants.values())
    return found
