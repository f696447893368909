"""Run the same program plain and staged, call by call, and compare what can be seen from outside."""

from __future__ import annotations

import itertools
import sys
import textwrap
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from autograph_hook.runtime.attach import attach
from autograph_hook.settings import ModuleOptions
from autograph_hook.staging.known import Staging
from autograph_hook.transpiler import transform

PADDING = """
def pad(x):
    \"\"\"More operations than the fewest that pay, with the value of x as it was.\"\"\"
    for _ in range(8):
        x = (x + 1) - 1
    return x
"""


_numbers = itertools.count()


class Program:
    """One source text as two modules: `plain`, and `hooked`, whose functions are staged after one plain call."""

    def __init__(self, source: str, warm_up: int = 1, mode: str = "auto", **options: Any) -> None:
        text = "import tensorflow as tf\nimport numpy as np\n" + PADDING + textwrap.dedent(source)
        self.path = f"<program {next(_numbers)}>"
        self.plain = types.ModuleType("plain_program")
        self.hooked = types.ModuleType("hooked_program")
        sys.modules.update(plain_program=self.plain, hooked_program=self.hooked)
        exec(compile(text, self.path, "exec"), vars(self.plain))
        payload = transform(text.encode(), self.path).payload()
        chosen = ModuleOptions(mode=mode, warm_up=warm_up, **options)
        self.code = attach(payload, "hooked_program", self.path, chosen)
        exec(self.code, vars(self.hooked))

    def both(self, act: Callable[[Any], Any]) -> Any:
        """Do the same to both modules; the results, or the exceptions, must be equal."""
        expected, found = outcome(act, self.plain), outcome(act, self.hooked)
        same(found, expected)
        return found

    def calls(self, count: int, act: Callable[[Any], Any]) -> list[Any]:
        return [self.both(act) for _ in range(count)]

    def staging(self, name: str) -> Staging:
        from autograph_hook.runtime.gate import MODULES

        module = next(m for m in (r() for r in MODULES) if m is not None and m.path == self.path)
        gate = next(gate for gate in module.gates if gate.function[0] == name)
        return gate.staging or Staging()

    def assert_staged(self, name: str, calls: int | None = None, specializations: int | None = None) -> None:
        staging = self.staging(name)
        assert staging.reason is None, staging.reason
        assert staging.calls_staged > 0, (staging.calls, staging.calls_plain)
        if calls is not None:
            assert staging.calls_staged == calls
        if specializations is not None:
            assert len(staging.specializations) == specializations

    def assert_plain(self, name: str, reason: str) -> None:
        staging = self.staging(name)
        assert staging.calls_staged == 0
        assert staging.reason is not None and reason in staging.reason, staging.reason


class Raised:
    def __init__(self, error: BaseException) -> None:
        self.error = error


def outcome(act: Callable[[Any], Any], module: types.ModuleType) -> Any:
    try:
        return act(module)
    except Exception as error:
        return Raised(error)


def same(found: Any, expected: Any) -> None:
    """Equal, of the same type, to the last bit; nothing symbolic in it."""
    if isinstance(expected, Raised) or isinstance(found, Raised):
        assert isinstance(found, Raised), (found, "expected", repr(expected.error))
        assert isinstance(expected, Raised), repr(found.error)
        assert type(found.error) is type(expected.error), (found.error, expected.error)
        if not isinstance(expected.error, tf.errors.OpError):
            assert str(found.error) == str(expected.error)
        return
    if type(expected).__module__ in ("plain_program", "hooked_program"):
        assert type(found).__qualname__ == type(expected).__qualname__
        if hasattr(expected, "__dict__") and not isinstance(expected, type):
            same(vars(found), vars(expected))
        elif isinstance(expected, tuple):
            for one, other in zip(found, expected, strict=True):
                same(one, other)
        return
    assert type(found) is type(expected), (found, expected)
    if isinstance(expected, (list, tuple)):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            same(one, other)
    elif isinstance(expected, dict):
        assert list(found) == list(expected)
        for key in expected:
            same(found[key], expected[key])
    elif isinstance(expected, tf.Variable):
        same(found.numpy(), expected.numpy())
    elif isinstance(expected, (tf.Tensor, np.ndarray)):
        assert found.dtype == expected.dtype and found.shape == expected.shape
        one, other = np.asarray(found), np.asarray(expected)
        assert one.tolist() == other.tolist() if one.dtype == object else one.tobytes() == other.tobytes(), (one, other)
    elif not callable(expected):
        assert repr(found) == repr(expected)
