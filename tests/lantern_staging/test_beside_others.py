"""What is the same for all backends: verification, the report's reasons, and who may be asked at all."""

from __future__ import annotations

import subprocess
import sys
import types
from typing import Any

import numpy as np
import pytest

from autograph_hook.backends.registry import Registry
from autograph_hook.errors import VerificationError
from autograph_hook.settings import ModuleOptions
from tests.lantern_staging.staged import LANTERN, refused, staging
from tests.twins.both import enabled

SUMS = """
import numpy as np
def f(x, n):
    s = x * 2.0
    for i in range(n):
        s = s + x @ x * s - i
    return s, float(np.sum(s))
"""


def test_a_staged_call_that_does_the_same_is_verified() -> None:
    m = enabled(SUMS, options=ModuleOptions(backend="lantern", verify=2))
    x = np.random.default_rng(0).normal(size=50)
    for _ in range(4):
        m.f(x, 3)
    assert staging(m.f).calls_staged == 3


def test_verification_finds_what_differs() -> None:
    m = enabled(SUMS, options=ModuleOptions(backend="lantern", verify=2))
    x = np.ones(3)
    m.f(x, 3)
    m.f(x, 3)
    (made,) = staging(m.f).specializations
    pack = made.pack
    made.pack = lambda outputs, inputs: (pack(outputs, inputs)[0] + [0.0, 1.0, 0.0], pack(outputs, inputs)[1])
    with pytest.raises(VerificationError, match=r"f returns element \[1\] of \[0\]: .* plain, .* staged"):
        m.f(x, 3)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("given.total = s", "the attribute 'total' is set of enabled_"),
        ("given.found.append(s)", "list.append"),
        ("given.known['a'] = s", "an item is set of dict that was there before"),
    ],
)
def test_what_changes_an_object_from_outside_runs_plain(body: str, reason: str) -> None:
    m = enabled(
        f"""
import numpy as np
class Kept:
    def __init__(self):
        self.found, self.known, self.total = [], {{}}, None
given = Kept()
def f(x):
    s = x
    for i in range(12):
        s = s * x + i - x / 2
    {body}
    return s
""",
        options=LANTERN,
    )
    for _ in range(3):
        m.f(np.ones(3))
    assert not staging(m.f).calls_staged
    assert reason in staging(m.f).reason
    assert len(m.given.found) in (0, 3)


def test_a_module_of_the_users_by_the_backends_name_does_not_bring_it_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lantern", types.ModuleType("lantern"))
    registry = Registry({"lantern": "autograph_hook.backends.lantern.backend"})
    assert registry.in_use() == []
    registry.demand("lantern")
    assert [backend.name for backend in registry.in_use()] == ["lantern"]


def test_the_ninth_kind_of_arguments_is_told_with_what_varies() -> None:
    m: Any = enabled(SUMS, options=LANTERN)
    for size in range(1, 12):
        m.f(np.ones(size), 3)
    assert "x was a float64 ndarray of (" in str(staging(m.f).reason)


def test_a_global_that_is_stored_to_is_refused() -> None:
    assert "stores to a name" in refused(
        """
        total = 0.0
        def f(x):
            global total
            total = x * 2 + x * 3 - x / 4 + x * 5 + x * x - 3 * x + 1
            return total
        """,
        2.0,
    )


def test_a_module_may_name_lantern_after_another_backend_is_in_use(tmp_path: Any) -> None:
    pytest.importorskip("tensorflow")
    (tmp_path / "first.py").write_text(
        "# autograph: enable\nimport tensorflow as tf\ndef f(x):\n    for i in range(9):\n        x = tf.tanh(x) + 1.0\n    return x\n"
    )
    (tmp_path / "second.py").write_text("# autograph: enable backend=lantern\n" + SUMS)
    (tmp_path / "script.py").write_text(
        "import autograph_hook; autograph_hook.install()\n"
        "import numpy, tensorflow, first\n"
        "for _ in range(80): first.f(tensorflow.ones([2]))\n"
        "import second\n"
        "for _ in range(4): second.f(numpy.ones(3), 3)\n"
        "from autograph_hook.runtime.gate import gate_of\n"
        "print([gate_of(f).staging.calls_staged > 0 for f in (first.f, second.f)])\n"
    )
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == "[True, True]\n", done.stderr
