"""What a function that calls itself may not do, and what it is told."""

from __future__ import annotations

import types
from pathlib import Path

import pytest

from autograph_hook.errors import StagingError
from autograph_hook.settings import ModuleOptions
from tests.recursion.programs import OFF, modules
from tests.staging.programs import Program

tf = pytest.importorskip("tensorflow")

FACTORIAL = """
def fact(n):
    if n <= 1.0:
        return 1.0
    return n * fact(n - 1.0)
"""
COUNTED = """
def f(x, depth=0):
    if tf.reduce_sum(x) > 100.0:
        return x
    return f(x + 1.0, depth + 1) + f(x + 2.0, depth + 2)
"""


def told(module: types.ModuleType, name: str, *arguments: object) -> str:
    with pytest.raises(StagingError) as caught:
        tf.function(getattr(module, name))(*arguments)
    return str(caught.value)


def test_without_the_setting_the_user_is_told_what_to_do() -> None:
    module = modules(FACTORIAL, OFF)[1]
    assert told(module, "fact", tf.constant(5.0)) == (
        f"{module.__file__}:6, in fact: fact calls itself, and whether it goes on is known only when the graph runs, so "
        "tracing it would not end (8 levels were traced): set tensorflow.recursion = true to make it a graph function "
        "that calls itself, or write a loop"
    )


def test_the_same_where_python_numbers_count_the_levels() -> None:
    assert "(25 levels were traced): set tensorflow.recursion" in told(modules(COUNTED, OFF)[1], "f", tf.constant(1.0))


def test_the_same_of_functions_that_call_each_other() -> None:
    source = """
    def f(n):
        return n if n < 0 else g(n - 1)
    def g(n):
        return n if n < 0 else f(n - 2)
    """
    assert "calls itself, and whether it goes on is known only" in told(modules(source, OFF)[1], "f", tf.constant(5))


def test_other_python_values_under_a_condition_above_are_no_endless_recursion() -> None:
    source = """
    def depth(tree):
        return 1 + max(map(depth, tree)) if tree else 0
    def total(tree, x):
        if not tree:
            return x
        if x > 0.0:
            return sum([total(branch, x - 0.5) for branch in tree])
        return x
    def f(x):
        tree = ()
        for _ in range(12):
            tree = (tree,)
        if x > 0.0:
            return total(tree, x) + depth(tree)
        return x
    """
    for x in (3.0, 30.0, -1.0):
        one, other = modules(source, OFF)
        assert tf.function(other.f)(tf.constant(x)).numpy() == one.f(tf.constant(x)).numpy()


def test_deep_python_recursion_below_a_condition_is_unrolled() -> None:
    source = """
    def power(x, n):
        return x if n == 0 else x * power(x, n - 1)
    def f(x):
        if x > 0.0:
            return power(x, 100)
        return x
    """
    one, other = modules(source, OFF)
    assert tf.function(other.f)(tf.constant(1.01)).numpy() == one.f(tf.constant(1.01)).numpy()


def test_a_python_structure_that_grows_for_ever() -> None:
    source = """
    def f(n, path=()):
        if n <= 0:
            return len(path)
        return f(n - 1, (*path, 1))
    """
    message = told(modules(source)[1], "f", tf.constant(5))
    assert "each time with other Python values, of which 25 levels were traced: give it tensors" in message


def test_without_an_end() -> None:
    source = """
    def f(n):
        if n > 0:
            return f(n - 1)
        return f(n + 1)
    """
    assert "f calls itself on every path, so it would not end when the graph runs" in told(
        modules(source)[1], "f", tf.constant(5)
    )


def test_results_that_are_not_alike() -> None:
    source = """
    def f(n):
        if n > 3:
            return "far"
        found = f(n + 1)
        return 1.0
    """
    assert "return" in told(modules(source)[1], "f", tf.constant(1))


def test_an_endless_recursion_ends_with_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    from autograph_hook.backends.tensorflow import recursion_definition

    monkeypatch.setattr(recursion_definition, "DEEPEST", 40)
    module = modules("def f(n):\n    if n == 0:\n        return n\n    return f(n - 2)\n")[1]
    with pytest.raises(tf.errors.InvalidArgumentError, match="f calls itself too deeply"):
        tf.function(module.f)(tf.constant(7))


def test_xla_is_refused_before_it_can_crash() -> None:
    module = modules(FACTORIAL)[1]
    with pytest.raises(StagingError, match=r"fact calls itself .* compiled by XLA, which knows no recursion"):
        tf.function(module.fact, jit_compile=True)(tf.constant(5.0))
    inner = tf.function(module.fact)
    assert inner(tf.constant(5.0)).numpy() == 120.0
    with pytest.raises(StagingError, match="XLA, which knows no recursion"):
        tf.function(lambda n: inner(n), jit_compile=True)(tf.constant(5.0))


def test_a_saved_model_is_refused(tmp_path: Path) -> None:
    module = modules(FACTORIAL)[1]
    whole = tf.Module()
    inner = tf.function(module.fact, input_signature=[tf.TensorSpec([], tf.float32)])
    assert inner(tf.constant(5.0)).numpy() == 120.0
    whole.outer = tf.function(lambda n: inner(n) + 1.0, input_signature=[tf.TensorSpec([], tf.float32)])
    with pytest.raises(Exception, match=r"fact calls itself .setting tensorflow.recursion., so it can be neither saved"):
        tf.saved_model.save(whole, str(tmp_path / "model"))


def test_without_the_setting_a_function_of_ours_stays_plain() -> None:
    program = Program(
        """
        def f(x):
            if tf.reduce_sum(x) > 10.0:
                return pad(x)
            return f(x * 2.0)
        """
    )
    program.calls(5, lambda module: module.f(tf.constant([1.0, 2.0])))
    program.assert_plain("f", "f calls itself, and whether it goes on is known only when the graph runs")


def test_the_same_with_the_setting_which_is_for_graphs_of_the_user_s() -> None:
    program = Program(
        """
        def f(x):
            if tf.reduce_sum(x) > 10.0:
                return pad(x)
            return f(x * 2.0) + 0.1
        """,
        recursion=True,
    )
    program.calls(5, lambda module: module.f(tf.constant([1.0, 2.0])))
    program.assert_plain("f", "only a tf.function of yours can make a graph function of that")


def test_modules_without_the_setting_keep_its_default() -> None:
    assert ModuleOptions().recursion is False
