"""Names that a function stores to outside of itself, called from a branch or loop of a graph."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("tensorflow")

import tensorflow as tf

from autograph_hook.errors import StagingError
from tests.staging.programs import Program
from tests.twins.both import enabled
from tests.twins.graphs import same_in_graph

HEAD = """
N = 0
LAST = None
def inc(k=1):
    global N
    N = N + k
    return N
def last(x):
    global LAST
    LAST = x
def failing():
    inc(5)
    raise KeyError(1)
class Point:
    @property
    def p(self): return inc()
    def __add__(self, other):
        inc()
        return other
POINT = Point()
def counter():
    n = 0
    def step(x):
        nonlocal n
        n = n + 1
        return x * 2
    return step, lambda: n
STEP, COUNT = counter()
"""

BODIES = {
    "a loop": "while x[0] < 10.0:\n        x = x * 2\n        inc()",
    "a loop in a loop": "while x[0] < 10.0:\n        if x[1] > 2.0: inc(2)\n        x = x * 2",
    "a branch that is not taken": "if x[0] > 100.0: inc()",
    "a branch": "if x[0] < 100.0: inc()\n    else: inc(7)",
    "a tensor": "while x[0] < 10.0:\n        x = x * 2\n        last(x)",
    "a handler": "if x[0] > 2.0:\n        try: failing()\n        except KeyError: x = x + 1",
    "a conditional expression": "x = x * inc() if x[0] > 2.0 else x",
    "and": "if x[0] > 2.0 and inc() > 0 or x[1] > 50.0: x = x + 1",
    "elements": "for v in x:\n        if v > 1.5: inc()",
    "a long range": "for i in range(60):\n        x = tf.tanh(x) * 1.5\n        inc()",
    "a property and an operator": "if x[0] > 2.0:\n        POINT.p\n        x = POINT + x",
    "a name of an enclosing function": "while x[0] < 10.0: x = STEP(x)",
    "a condition": "while x[0] < 100.0 and inc() < 5: x = x * 2",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_name_that_a_called_function_stores_has_the_value_of_the_eager_run(body: str) -> None:
    program = Program(f"{HEAD}\ndef f(x):\n    {body}\n    return pad(x)")

    def act(module: Any) -> Any:
        results = [module.f(tf.constant(given)) for given in ([1.0, 2.0], [3.0, 1.0])]
        return results, module.N, module.LAST, module.COUNT()

    program.calls(4, act)


@pytest.mark.parametrize("name", ["a loop", "a branch", "a branch that is not taken", "a loop in a loop", "elements"])
def test_in_a_graph_of_the_user_s_it_is_a_variable_of_the_branch_or_loop(name: str) -> None:
    source = f"{HEAD}\ndef f(x):\n    inc(0)\n    {BODIES[name]}\n    return x, N"
    same_in_graph(source, (tf.constant([1.0, 2.0]),))


def test_a_condition_of_a_graph_that_calls_such_a_function_is_refused_with_its_line() -> None:
    module = enabled(f"import tensorflow as tf\n{HEAD}\ndef f(x):\n    {BODIES['a condition']}\n    return x")
    with pytest.raises(StagingError, match=r"in f: the loop's condition assigns N, which a loop in a graph cannot do"):
        tf.function(module.f)(tf.constant([1.0, 2.0]))


def test_an_object_that_a_called_function_makes_once_for_all_is_kept_from_the_trace() -> None:
    module = enabled(
        "import tensorflow as tf\nMADE = None\n"
        "def made():\n    global MADE\n    if MADE is None: MADE = tf.Module('abc')\n    return MADE\n"
        "def f(x):\n    if x > 0.0: x = x * len(made().name)\n    return x"
    )
    assert float(tf.function(module.f)(tf.constant(2.0))) == 6.0
    assert isinstance(module.MADE, tf.Module)
