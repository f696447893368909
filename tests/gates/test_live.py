"""A twin belongs to the running program: it sees what the module, the class and the function are now."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

tf = pytest.importorskip("tensorflow")

import autograph_hook  # noqa: E402
from autograph_hook.runtime import entry  # noqa: E402
from tests.twins.both import enabled  # noqa: E402


def staged(function: Any, *arguments: Any) -> Any:
    """What a new trace gives."""
    return tf.function(function)(*arguments).numpy().item()


def test_a_twin_sees_globals_and_methods_as_they_are_now() -> None:
    entry.start()
    module = enabled(
        """
        LIMIT = 3

        def helper(x):
            return x

        class Box:
            def get(self, x):
                return x + 1

        def f(x):
            if x > LIMIT:
                return helper(x)
            return Box().get(x)
        """
    )
    two, five = tf.constant(2), tf.constant(5)
    assert (staged(module.f, two), staged(module.f, five)) == (3, 5)
    module.LIMIT = 1
    module.helper = lambda x: x * 100
    assert staged(module.f, two) == 200
    module.LIMIT = 9
    module.Box.get = lambda self, x: x * 1000
    assert staged(module.f, two) == 2000


def test_a_twin_has_the_function_s_present_defaults() -> None:
    module = enabled(
        """
        def g(x, k=1, *, m=1):
            if x > 0:
                return x + k * 10 + m
            return x

        def f(x):
            return g(x)
        """
    )
    assert staged(module.f, tf.constant(1)) == 12
    module.g.__defaults__ = (2,)
    module.g.__kwdefaults__ = {"m": 5}
    assert staged(module.f, tf.constant(1)) == 26


def test_a_function_with_another_function_s_code_runs_that_code() -> None:
    module = enabled(
        "def g(x):\n    if x > 0:\n        return x\n    return -x\ndef h(x):\n    if x > 0:\n        return x * 7\n    return x\ndef f(x):\n    return g(x)\n"
    )
    module.g.__code__ = module.h.__code__
    assert staged(module.f, tf.constant(2)) == 14


def test_old_functions_live_on_after_a_reload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    text = """
        # autograph: enable mode=traced
        import itertools
        def make(k):
            def inner(x):
                if x > 0:
                    return x * k + FACTOR
                return x
            return inner
        FACTOR = {factor}
    """
    path = tmp_path / "reloaded_by_test.py"
    path.write_text(textwrap.dedent(text.format(factor=1)))
    monkeypatch.syspath_prepend(tmp_path)
    finders = [finder for finder in sys.meta_path if "pytest" not in type(finder).__module__]
    monkeypatch.setattr(sys, "meta_path", finders)  # pytest's own rewriting would take the module
    with autograph_hook.install():
        module = importlib.import_module("reloaded_by_test")
        old = module.make(10)
        assert staged(old, tf.constant(2)) == 21
        path.write_text(textwrap.dedent(text.format(factor=2)).replace("* k", "* k * 2"))
        importlib.reload(module)
    assert any(type(constant).__name__ == "Gate" for constant in old.__code__.co_consts)
    assert staged(old, tf.constant(2)) == 22
    assert staged(module.make(10), tf.constant(2)) == 42
    del sys.modules["reloaded_by_test"]


def test_a_cell_that_changes_between_traces_is_seen() -> None:
    module = enabled(
        """
        def make():
            k = 1
            def bump():
                nonlocal k
                k += 1
            def f(x):
                if x > 0:
                    return x * k
                return x
            return bump, f
        """
    )
    bump, f = module.make()
    assert staged(f, tf.constant(5)) == 5
    bump()
    assert staged(f, tf.constant(5)) == 10


def test_no_twin_runs_in_the_eager_parts_of_a_trace() -> None:
    module = enabled(
        """
        def eager(x):
            return int(x) if x > 0 else -int(x)
        """
    )

    @tf.function
    def run(x: Any) -> Any:
        with tf.init_scope():
            inside = module.eager(tf.constant(-3))
        called = tf.py_function(lambda value: module.eager(value), [x], tf.int32)
        return called + inside

    assert run(tf.constant(-4)).numpy() == 7


def test_any_name_can_be_a_keyword_argument_at_an_open_gate() -> None:
    entry.start()
    module = enabled(
        "def f(**named):\n    return sorted(named.items())\ndef g(*, self=1, gate=2):\n    return self + gate\n"
    )
    assert module.f(self=1, gate=2, arguments=3) == [("arguments", 3), ("gate", 2), ("self", 1)]
    assert module.g(self=5) == 7
    assert staged(lambda x: x * module.g(self=3), tf.constant(2)) == 10
