"""Exceptions in graphs that the user's program builds: the user's lines, and nothing of ours."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("tensorflow")

import tensorflow as tf

from autograph_hook import StagingError, log
from tests.twins.both import enabled

HEAD = "import tensorflow as tf\n"


def raised(call: Callable[[], Any]) -> Exception:
    with pytest.raises(Exception) as caught:
        call()
    return caught.value


def said_of(error: Exception, path: str) -> list[tuple[int, str]]:
    """Line and function of where TensorFlow says that the operation that failed was made."""
    return [(int(line), name) for line, name in re.findall(rf'File "{path}", line (\d+), in (\S+)', str(error))]


FAILS = "tf.gather([1.0, 2.0], 7)"
WHEN_IT_RUNS = {
    "in a branch": (f"def f(x):\n    if x > 0:\n        x = x * {FAILS}\n    return x", (4, "f")),
    "in the other branch": (f"def f(x):\n    if x < 0:\n        pass\n    else:\n        x = x * {FAILS}\n    return x", (6, "f")),
    "in a while loop": (f"def f(x):\n    while x < 9:\n        x = x + 1\n        x = x * {FAILS}\n    return x", (5, "f")),
    "in the condition of a loop": (f"def f(x):\n    while (\n        x <\n        {FAILS}\n    ):\n        x = x + 1\n    return x", (5, "f")),
    "in a for loop": (f"def f(x):\n    for i in tf.range(3):\n        if i > 0:\n            x = x * {FAILS}\n    return x", (5, "f")),
    "in a callee": (f"def g(x):\n    y = x\n    return y * {FAILS}\n\ndef f(x):\n    for i in tf.range(3):\n        x = g(x)\n    return x", (4, "g")),
    "in a method": (f"class C:\n    def m(self, x):\n        if x > 0:\n            x = x * {FAILS}\n        return x\n\ndef f(x):\n    return C().m(x)", (5, "m")),
    "in a nested function": (f"def f(x):\n    def g(y):\n        return y * {FAILS}\n    return g(x)", (4, "g")),
    "in a comprehension": (f"def f(x):\n    return tf.stack([\n        x * {FAILS}\n        for i in tf.range(3)])", (4, "f")),
    "in a custom gradient": (
        f"@tf.custom_gradient\ndef g(x):\n    def back(d):\n        return d * {FAILS}\n    return x * 1.0, back\n\n"
        "def f(x):\n    with tf.GradientTape() as tape:\n        tape.watch(x)\n        y = x\n"
        "        for i in tf.range(2):\n            y = g(y)\n    return tape.gradient(y, x)", (5, "back"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WHEN_IT_RUNS)
def test_an_operation_that_fails_names_its_line_in_the_right_function_and_no_file_of_ours(name: str) -> None:
    source, place = WHEN_IT_RUNS[name]
    module = enabled(HEAD + source)
    error = raised(lambda: tf.function(module.f)(tf.constant(3.0)))
    assert isinstance(error, tf.errors.InvalidArgumentError)
    assert "/autograph_hook/" not in str(error), error
    line, function = said_of(error, module.__file__)[-1]
    assert (line, function.replace("<listcomp>", "f")) == place, error


@pytest.mark.parametrize("name", [name for name in WHEN_IT_RUNS if "gradient" not in name])
def test_so_does_one_in_a_function_of_a_dataset(name: str) -> None:
    source, (line, _) = WHEN_IT_RUNS[name]
    module = enabled(HEAD + source)
    error = raised(lambda: list(tf.data.Dataset.from_tensors(3.0).map(module.f)))
    assert isinstance(error, tf.errors.InvalidArgumentError)
    assert f"{module.__file__}:{line}, in " in str(error), error


def test_a_traceback_that_the_user_s_code_formats_holds_nothing_of_ours() -> None:
    module = enabled(HEAD + "def f(x):\n    while x < 3:\n        x = x + {}['k']\n    return x")
    error = raised(lambda: tf.function(module.f)(tf.constant(1)))
    assert type(error) is KeyError
    files = [entry.filename for entry in traceback.extract_tb(error.__traceback__)]
    assert not [file for file in files if "/autograph_hook/" in file]
    assert traceback.extract_tb(error.__traceback__)[-1].lineno == 4


def test_with_verbose_it_holds_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "verbose", True)
    module = enabled(HEAD + "def f(x):\n    return x + {}['k']")
    with tf.Graph().as_default():
        error = raised(lambda: module.f(tf.constant(1)))
    assert [entry for entry in traceback.extract_tb(error.__traceback__) if "/autograph_hook/" in entry.filename]


USER_S_OWN = """
class Own(LookupError):
    def __init__(self, code, *, extra):
        super().__init__(code)
        self.extra = extra

def f(x):
    for i in tf.range(2):
        try:
            {}["k"]
        except KeyError as error:
            raised = Own(7, extra=[error])
            raise raised from error
    return x
"""


def test_an_exception_of_the_user_s_is_the_object_that_was_raised_with_its_cause() -> None:
    module = enabled(HEAD + USER_S_OWN)
    with tf.Graph().as_default():  # `tf.function` itself raises what it passes on `from None`
        error = raised(lambda: module.f(tf.constant(1)))
    assert type(error) is module.Own
    assert error.args == (7,) and error.extra == [error.__cause__] and type(error.__cause__) is KeyError


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("    return [abs, len][x]", "an index that is known only when the graph runs picks from elements of different kinds: the function abs, the function len"),
        ("    x = tf.ones(x)\n    return list(x)", "the elements of a tensor of shape (None,) cannot be listed"),
        ("    def g(y):\n        return [min, max][y]\n    return g(x)", "an index that is known only when the graph runs picks from elements of different kinds"),
    ],
)
def test_an_error_of_ours_begins_with_the_place(body: str, says: str) -> None:
    module = enabled(f"{HEAD}def f(x):\n{body}")
    error = raised(lambda: tf.function(module.f)(tf.constant(1)))
    line = 2 + len(body.splitlines()) - body.endswith("g(x)")
    assert type(error) is StagingError
    assert str(error).startswith(f"{module.__file__}:{line}, in {'g' if 'def g' in body else 'f'}: {says}"), error


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("tf.constant(n)", "tf.constant() makes no tensor of a tensor"),
        ("divmod(n, 2)", "TensorFlow has no such operation on tensors"),
        ("3 << n", "TensorFlow has no such operation on tensors"),
        ("len('a' if x[0] > 0 else 'key')", "a tensor without dimensions has no length"),
        ("('a' if x[0] > 0 else 'key')[::1]", "a tensor without dimensions has no slices"),
        ("n + 0.5", "an operation takes tensors and numbers of one dtype"),
        ("set().union(x)", "Python goes over the elements of a tensor"),
        ("__import__('operator').truth(x[0])", "Python asks for the truth of a tensor"),
    ],
)
def test_what_a_graph_does_not_do_with_a_number_that_became_a_tensor_is_told_with_its_line(line: str, says: str) -> None:
    module = enabled(f"{HEAD}def f(x):\n    n = 2\n    if x[0] > 0:\n        n = 3\n    return {line}")
    error = raised(lambda: tf.function(module.f)(tf.constant([1.0, 2.0])))
    assert f"{module.__file__}:6, in f: {says}" in str(error), error


def test_what_eager_execution_says_too_stays_as_it_is_and_gets_a_note() -> None:
    module = enabled(HEAD + "def f(x):\n    return {}[x]")
    eager = raised(lambda: module.f(tf.constant(1)))
    found = raised(lambda: tf.function(module.f)(tf.constant(1)))
    assert type(found) is type(eager) is TypeError and str(found) == str(eager)
    assert not getattr(eager, "__notes__", [])
    assert f"{module.__file__}:3, in f: a tensor cannot be a key" in "".join(getattr(found, "__notes__", [])) or (
        not hasattr(found, "add_note")
    )


def test_code_that_asks_whether_there_is_a_value_is_told_that_there_is_none() -> None:
    module = enabled(HEAD + "def f(x):\n    return hasattr(x, 'numpy'), getattr(x, 'numpy', None) is None")
    assert tuple(map(bool, tf.function(module.f)(tf.constant(1)))) == (False, True)


@pytest.mark.parametrize(
    ("construct", "place", "name"),
    [
        ("    if x > 0:\n        kept.append(n)", 4, "a list, which changes at {file}:4, in f,"),
        ("    while x > 0:\n        kept.append(n)\n        x = x - 1", 4, "a list"),
    ],
)
def test_a_list_that_an_earlier_graph_has_changed_is_refused_where_it_is_used(construct: str, place: int, name: str) -> None:
    module = enabled(f"{HEAD}kept = []\ndef f(x, n):\n{construct}\n    return x")
    staged = tf.function(module.f)
    staged(tf.constant(1.0), 1)
    error = raised(lambda: staged(tf.constant(1.0), 2))
    assert isinstance(error, StagingError)
    assert str(error).startswith(f"{module.__file__}:{place}, in f: {name.format(file=module.__file__)} was kept by"), error
