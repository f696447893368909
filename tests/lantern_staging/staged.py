"""One source, run plain and by Lantern, and compared: values, their types and dtypes, exceptions."""

from __future__ import annotations

import copy
import types
from typing import Any

import numpy as np

from autograph_hook.runtime.gate import gate_of
from autograph_hook.settings import ModuleOptions
from tests.twins.both import enabled, plain

LANTERN = ModuleOptions(backend="lantern")
BEFORE = 3
"""Calls: the first is plain, the second traces."""


def module(source: str) -> types.ModuleType:
    return enabled("import numpy as np\nimport math\n" + _even(source), options=LANTERN)


def plainly(source: str) -> types.ModuleType:
    return plain("import numpy as np\nimport math\n" + _even(source))


def _even(source: str) -> str:
    import textwrap

    return textwrap.dedent(source)


def staging(function: Any) -> Any:
    gate = gate_of(getattr(function, "__func__", function))
    assert gate is not None
    return gate.staging


def outcome(function: Any, *arguments: Any) -> Any:
    try:
        return function(*arguments)
    except Exception as error:
        return error


def same(one: Any, other: Any, tolerance: float = 1e-9) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, Exception):
        return str(one) == str(other)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(same(a, b, tolerance) for a, b in zip(one, other, strict=True))
    if isinstance(one, np.ndarray):
        if one.dtype != other.dtype or one.shape != other.shape:
            return False
        tolerance = max(tolerance, 1e-6) if one.dtype == np.float32 else tolerance
        return bool(np.allclose(one, other, rtol=tolerance, atol=tolerance, equal_nan=True))
    if isinstance(one, float | np.floating):
        tolerance = max(tolerance, 1e-6) if type(one) is np.float32 else tolerance
        return bool(np.isclose(one, other, rtol=tolerance, atol=tolerance, equal_nan=True))
    return bool(one == other)


def agree(source: str, *arguments: Any, tolerance: float = 1e-9, is_staged: bool = True) -> None:
    """`f` gives the same both ways, again and again, and leaves its arguments as they should be. An argument that is a
    function is called with the module and gives the argument."""
    ours, theirs = module(source), plainly(source)
    made = [a(ours) if isinstance(a, types.FunctionType) else a for a in arguments]
    meant = [a(theirs) if isinstance(a, types.FunctionType) else copy.deepcopy(a) for a in arguments]
    wanted = outcome(theirs.f, *meant)
    for _ in range(BEFORE):
        found = outcome(ours.f, *(copy.deepcopy(made) if not is_staged else made))
        assert same(found, wanted, tolerance), (found, wanted)
    state = staging(ours.f)
    if is_staged:
        assert state.calls_staged > 0, state.reason or state.refusal
    else:
        assert not state.calls_staged


def refused(source: str, *arguments: Any) -> str:
    """`f` runs plain, with the right result; the reason."""
    ours, theirs = module(source), plainly(source)
    for _ in range(BEFORE):
        found, wanted = (outcome(m.f, *copy.deepcopy(list(arguments))) for m in (ours, theirs))
        assert same(found, wanted), (found, wanted)
    state = staging(ours.f)
    assert not state.calls_staged
    return str(state.reason or state.refusal)
