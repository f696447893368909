"""The advice of the report: each kind on a program that shows it, with the line that it is about."""

from __future__ import annotations

import sys
import textwrap
import types
from typing import Any

import pytest

pytest.importorskip("tensorflow")

import numpy as np
import tensorflow as tf

from autograph_hook.reporting import advice
from tests.reporting.reported import FIRST, Reported, collecting

__all__ = ["collecting"]
X = [1.0, 2.0, 3.0]


ELSEWHERE = """
def helper(x):
    return x * 2

class Foreign:
    scale = 2.0

    def __repr__(self):
        return str(self.scale)
"""


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that is not enabled."""
    module = types.ModuleType("elsewhere")
    exec(ELSEWHERE, vars(module))
    monkeypatch.setitem(sys.modules, "elsewhere", module)


@pytest.fixture(autouse=True)
def all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report gives the most valuable advice; modules of other tests may have more to gain."""
    monkeypatch.setattr(advice, "MOST", 1_000_000)


def steps(count: int = 5) -> Any:
    return lambda program: [program.step(tf.constant(X)) for _ in range(count)]


def only(found: Reported, line: int, *words: str) -> str:
    texts = [text for at, text in found.advice if at == line]
    assert len(texts) == 1, (found.advice, found.functions["step"])
    for word in words:
        assert word in texts[0], texts[0]
    return texts[0]


def test_a_statement_between_two_graphs_is_to_be_moved_behind_them() -> None:
    source = """
    kept = {}
    def step(x):
        x = pad(x)
        kept[float(x[0])] = 1
        y = pad(x)
        return y
    """
    found = Reported(source, steps(60), samples={4: 0.5})
    last = found.functions["step"]["end"]
    only(found, 4, f"`kept[float(x[0])] = 1` splits step: depends on Python value of a tensor as a key; move it after line {last}")
    assert next(each for each in found.report.advice if each["file"] == found.path)["gain"] == 0.5


def test_a_statement_that_later_ones_need_is_not_to_be_moved() -> None:
    source = """
    kept = {}
    def step(x):
        x = pad(x)
        y = kept.setdefault(float(x[0]), 1.0)
        x = pad(x) * y
        return x
    """
    found = Reported(source, steps(60))
    assert "move it" not in only(found, 4, "so it splits step: compute it with tf operations")


REASONS = {
    "a value in a condition": ("return pad(x) if float(pad(x)[0]) > 0 else -x", "needs the value of a tensor while step runs"),
    "a value by numpy": ("x = pad(x) * pad(x).numpy().sum()", "needs the value of a tensor while step runs"),
    "the time": ("time.perf_counter()", "measure around the call of step"),
    "a file": ("open(os.devnull).close()", "reads or writes outside"),
    "a generator of the framework": ("x = x + draws.normal([3])", "calls Generator.normal, which no graph of ours repeats"),
    "Python's random numbers": ("x = x + random.random()", "draws a random number of Python's"),
    "a module that is not enabled": ("x = helper(x)", "calls elsewhere.helper, which is not enabled, so it splits step: enable its module"),
    "a generator": ("x = x + sum(parts(x))", "calls the generator reported_program.parts, which runs bit by bit"),
    "an instance of a class that is not enabled": ("x = x + fractions.Fraction(1).numerator", "makes an instance of fractions.Fraction"),
    "an exception": ("if x[0] > 9: raise ValueError('large')", "raises ValueError, which a graph of ours does only in an assertion"),
    "an import": ("import math", "import at the top of the file"),
    "a class": ("class C: pass", "so step runs plain: define it outside"),
    "an object that changes": ("numbers.sort()", "changes an object from outside"),
    "an array that changes": ("array[0] += 1", "make it a tensor or a tf.Variable"),
    "NumPy": ("x = x + np.isfinite(x)", "calls numpy.isfinite, and NumPy has no graphs, so it splits step: use the function of tf"),
    "a type": ("x = x if type(x) is int else pad(x)", "asks a tensor for its Python type"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REASONS)
def test_what_a_statement_does_that_no_graph_can_is_said_with_what_to_do(kind: str) -> None:
    statement, text = REASONS[kind]
    source = f"""
import fractions, os, random, time
from elsewhere import helper
numbers, array, draws = [3, 2], np.zeros(3), tf.random.Generator.from_seed(1)
def parts(x): yield x
def step(x):
    x = pad(x)
    {statement}
    return pad(x)
"""
    only(Reported(source, steps()), 7, f"`{statement}` ", text)


WHOLE = {
    "a seed of its own": ("x = x + tf.random.normal([3], seed=3)", "draws random numbers with their own seed"),
}
NAMED = {
    "a queue": ("queue.append(x)", "uses a collections.deque from outside"),
    "a lock": ("with lock: x = x + 1", "takes a lock, which no graph does"),
    "a class that is not enabled": ("x = x * foreign.scale", "uses an instance of elsewhere.Foreign, which is not enabled"),
    "an iterator": ("x = x + next(numbers)", "uses a range_iterator from outside"),
    "a logger": ("log.warning('now')", "writes to a log, which no graph does"),
}
WITH_NAMES = """
import collections, elsewhere, logging, threading
queue, numbers, lock, log = collections.deque(), iter(range(100)), threading.Lock(), logging.getLogger("advice")
foreign = elsewhere.Foreign()
def step(x):
    {}
    return pad(x)
"""


@pytest.mark.parametrize("kind", WHOLE)
def test_what_a_function_uses_that_no_graph_can_is_said_at_the_function(kind: str) -> None:
    statement, text = WHOLE[kind]
    only(Reported(WITH_NAMES.format(statement), steps()), 4, "`def step(x):` ", text, "so step runs plain")


@pytest.mark.parametrize("kind", NAMED)
def test_what_a_statement_does_with_a_name_that_no_graph_can_is_said_at_the_statement(kind: str) -> None:
    statement, text = NAMED[kind]
    only(Reported(WITH_NAMES.format(statement), steps()), 5, f"`{statement}`", text, "so step is not one graph")


def test_a_loop_that_is_too_long_to_unroll_is_to_be_one_of_the_graph() -> None:
    source = """
    def step(x):
        for i in range(6000):
            if i % 2:
                x = x + 1
            else:
                x = x - 1
        return x
    """
    only(Reported(source, steps(2)), 2, "`for i in range(6000):` unrolls", "loop over tf.range")


def test_a_tape_around_the_call_is_said() -> None:
    def act(program: Any) -> None:
        for _ in range(5):
            with tf.GradientTape() as tape:
                x = tf.constant(X)
                tape.watch(x)
                program.step(x)

    only(Reported("def step(x):\n    return pad(x)\n", act), 1, "is watched by a gradient tape of its caller")


VARYING = {
    "a text": ("'a' * i", "s.value changed", "it is text"),
    "a list": ("[1.0] * (i + 1)", "s.value changed", "a graph is made for each number of elements that inner reads"),
    "a class": ("type('C', (), {})", "s.value changed", "it is an object"),
}


@pytest.mark.parametrize("kind", VARYING)
def test_what_is_another_value_each_time_is_said_where_it_is_read(kind: str) -> None:
    value, *words = VARYING[kind]
    source = f"""
class Settings:
    pass
s = Settings()
def step(x, i):
    s.value = {value}
    return inner(x)
def inner(x):
    x = pad(x)
    return x if not s.value else x + 1
"""

    def act(program: Any) -> None:
        for i in range(5):
            program.s.value = eval(value, {"i": i})
            program.inner(tf.constant(X))

    found = Reported(source, act)
    texts = [text for at, text in found.advice if at == 9]
    assert len(texts) == 1 and all(word in texts[0] for word in words), (found.advice, found.functions["inner"])


def test_a_choice_that_a_python_value_has_made_for_good_is_said() -> None:
    source = """
    class Settings:
        on = True
    s = Settings()
    def step(x):
        if not s.on:
            x = -x
        if x is None:
            return x
        return x + 1
    """
    found = Reported(source, lambda program: tf.function(program.step, autograph=False)(tf.constant(X)))
    assert found.advice == [(
        5, "`if not s.on:` was decided once, because `s.on` is a Python bool: if it is to follow the data, make it a tensor"
    )]  # fmt: skip


def test_a_choice_of_our_own_graphs_is_guarded_and_needs_no_advice() -> None:
    source = """
    flag = True
    def step(x):
        if flag:
            x = -x
        return pad(x)
    """
    found = Reported(source, steps())
    assert found.functions["step"]["status"] == "staged" and not found.advice


def test_a_module_that_is_not_enabled_and_called_while_graphs_are_built_is_named() -> None:
    source = """
    from elsewhere import helper
    def step(x):
        for i in range(3):
            x = helper(x)
        return x
    """
    found = Reported(source, lambda program: tf.function(program.step, autograph=False)(tf.constant(X)))
    only(found, 4, "the module elsewhere is not enabled, and step called it 3 times while graphs were built")


def test_what_takes_the_most_time_stands_first() -> None:
    source = textwrap.dedent(
        """
        import time
        def step(x):
            time.time()
            return pad(x)
        """
    )
    Reported(source, steps(), samples={3: 0.01})
    second = Reported(source, steps(), samples={3: 99.0})
    gains = [each["gain"] or 0.0 for each in second.report.advice]
    assert gains == sorted(gains, reverse=True)
    assert second.report.advice[0]["file"] == second.path


def test_random_numbers_of_numpy_are_to_be_drawn_elsewhere() -> None:
    source = """
    def step(x):
        rng = np.random.default_rng(0)
        return pad(x) * rng.normal()
    """
    found = Reported(source, steps())
    only(found, 3, "draws a random number of NumPy's, which a graph would keep", "use tf.random, or draw where step is called")
    assert "uses numpy.random.default_rng, which draws random numbers of NumPy's" in found.functions["step"]["reason"]


def test_the_programs_own_layers_are_no_calls_into_a_module_that_is_not_enabled() -> None:
    source = """
    class Layer(tf.keras.layers.Layer):
        def call(self, x):
            return pad(x)
    layer = Layer()
    def step(x, a):
        return layer(x) + a.astype(np.float32)
    """
    array = np.ones([3])
    found = Reported(source, lambda program: [program.step(tf.constant(X), array) for _ in range(4)])
    assert found.advice == []
    assert found.functions["step"]["calls_staged"] > 0
    assert not any("autograph_hook" in s["construct"] for s in found.functions["step"]["statements"])


def test_a_number_that_a_branch_on_a_tensor_counts_is_to_be_a_tensor() -> None:
    source = """
    class Counts:
        clipped = 0
    counts = Counts()
    def step(x):
        x = pad(x)
        if tf.norm(x) > 1:
            counts.clipped += 1
        return pad(x)
    """
    text = only(Reported(source, steps()), 6, "so it splits step")
    assert "makes counts.clipped a Python value that depends on a tensor" in text
    assert "make counts.clipped a tensor, or a tf.Variable, from the beginning" in text


def test_a_branch_in_whose_body_a_graph_runs_is_said_to_stay_python() -> None:
    source = """
    class Counts:
        clipped = 0
    counts = Counts()
    def step(x):
        x = pad(x)
        if tf.norm(x) > 1:
            counts.clipped += 1
            x = pad(x)
        assert float(x[0]) < 100
        return pad(x)
    """
    found = Reported(source, steps(80))
    assert any(s["line"] == FIRST + 7 and s["decision"] == "staged" for s in found.functions["step"]["statements"])
    only(found, 6, "make counts.clipped a tensor, or a tf.Variable, from the beginning")


def test_advice_for_a_script_does_not_speak_of_its_caller() -> None:
    source = """
    x, kept = tf.constant([1.0, 2.0, 3.0]), open(os.devnull, "w")
    for step in range(60):
        y = pad(x)
        kept.write(str(step))
        x = pad(y)
    """
    found = Reported("import os\n" + textwrap.dedent(source), lambda program: None)
    assert only(found, 6, "reads or writes a file").endswith(
        "so it splits the script: do it outside the loop, or collect in a list what is to be written"
    )


def test_two_kinds_of_values_are_said_where_they_meet() -> None:
    source = """
    def step(x):
        x = pad(x)
        parts = tuple(tf.unstack(x))
        if tf.norm(x) > 1:
            parts = [part / 2 for part in parts]
        return pad(tf.stack(parts))
    """
    found = Reported(source, steps())
    only(found, 4, "parts is a list of 3", "give it values of one type and structure on both paths")
    assert [at for at, _ in found.advice] == [4]


MODEL = """
weight = tf.Variable([1.0, 2.0, 3.0])
def model(x):
    y = pad(weight)
    for i in range(2):
        y = pad(y * x[[0, 1, 2], i])
    return y
def step(x):
    with tf.GradientTape() as tape:
        y = model(x)
    gradient = tape.gradient(y, weight)
    return pad(gradient)
"""


def test_what_ran_plain_because_of_a_callee_counts_for_what_stands_in_the_callee() -> None:
    array = np.ones((3, 2), np.float32)
    found = Reported(MODEL, lambda program: [program.step(array) for _ in range(80)], samples={5: 0.25, 9: 2.0})
    text = only(found, 5, "uses a NumPy array whose content may change", "make it a tensor or a tf.Variable")
    entry = next(each for each in found.report.advice if each["text"] == text and each["file"] == found.path)
    assert entry["gain"] == 2.25
    assert {at for at, _ in found.advice} == {5, 10}


def test_a_gradient_of_what_ran_plain_is_not_said_to_be_a_cause() -> None:
    array = np.ones((3, 2), np.float32)
    found = Reported(MODEL, lambda program: [program.step(array) for _ in range(80)])
    only(found, 10, "differentiates what ran plain under the tape")
