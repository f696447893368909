"""Long Python loops over a `range` become one loop of the graph where that gives what unrolling gives."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from autograph_hook.backends.tensorflow import rolling
from autograph_hook.reporting import journal
from tests.twins.both import enabled

from .decided import WORK, Run, X, vector


@pytest.fixture(autouse=True)
def _few_operations_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rolling, "FEWEST", 60)


def rolled(body: str, *arguments: Any, head: str = "", tail: str = "return x", count: str = "range(20)") -> Run:
    lines = "\n".join(f"        {line}" for line in body.strip("\n").split("\n"))
    names = ", ".join(["x", "y", "z"][: max(1, len(arguments))])
    source = f"def f({names}):\n    {head}\n    for i in {count}:\n{lines}\n    {tail}\n"
    return Run(source, *(arguments or (X,)))


def test_a_sum_over_the_index() -> None:
    rolled("x = work(x) + x * i").assert_rolled()


def test_the_index_is_not_used() -> None:
    rolled("x = work(x)").assert_rolled()


@pytest.mark.parametrize(
    "count", ["range(5, 30)", "range(90, 20, -3)", "range(-10, 10)", "range(0, 150, 7)", "range(3000000000, 3000000020)"]
)
def test_every_kind_of_range(count: str) -> None:
    rolled("x = work(x) + tf.cast(x > i, tf.float32) + x * i", count=count).assert_rolled()


def test_the_loops_variable_keeps_its_last_value_as_a_python_int() -> None:
    run = rolled("x = work(x); j = 2 * i + 1; k = i % 7", tail="return x, i, j, k").assert_rolled()
    assert run.results[1:] == (19, 39, 5)


def test_elements_of_a_tensor() -> None:
    rolled("y = y * 0.5 + x[i] - x[-1 - i] + x[i + 1 - 1]; z = work(z)", vector(20), X, X, tail="return y, z").assert_rolled()


def test_slices_whose_length_is_the_same_each_time() -> None:
    x = tf.reshape(vector(80), [20, 4])
    run = rolled("y = y + x[i, :2]; y = work(y + x[i:i + 1, 2:][0])", x, tf.zeros([2]), tail="return y")
    run.assert_rolled()
    rolled("y = work(y) + x[i * 4 : (i + 1) * 4]", vector(80), tf.zeros([4]), tail="return y").assert_rolled()


def test_slices_whose_length_depends_on_the_index_are_unrolled() -> None:
    rolled("y = work(y) + tf.reduce_sum(x[:i])", vector(20), X, tail="return y").assert_unrolled("length")
    rolled("y = work(y) + tf.reduce_sum(x[i:i + 5])", vector(20), X, tail="return y").assert_unrolled("slice")


def test_an_index_out_of_bounds_is_the_error_of_the_unrolled_loop() -> None:
    with pytest.raises(Exception, match="out of bounds"):
        rolled("y = work(y) + x[i]", vector(19), X, tail="return y")


def test_arithmetic_of_indices_does_not_overflow() -> None:
    rolled("n = (i * 100000 * 100000 - 7) // 3 % 1000; x = work(x) + n").assert_rolled()
    rolled("n = -i * 3 + (-5 - i) // -4 + i % -3; x = work(x) + x * n").assert_rolled()


def test_the_index_takes_the_dtype_that_an_int_takes() -> None:
    for dtype in (tf.float16, tf.bfloat16, tf.float32, tf.float64, tf.int64, tf.uint8, tf.complex64):
        rolled("x = busy(x) * 0 + i", tf.cast(1, dtype)).assert_rolled()
    rolled("x = work(x) + tf.cast(i, tf.float32) + tf.reduce_sum(tf.one_hot(i, 5))").assert_rolled()
    rolled("x = work(x) + tf.constant(i, tf.float32) + tf.multiply(x, i) / (i + 1) - i / (x + 1)").assert_rolled()


def test_comparisons_that_the_bounds_decide_are_pythons() -> None:
    run = rolled("n = 1 if i > 0 else 2\nx = work(x) * n\nif i >= 20:\n    n = None", tail="return x").assert_rolled()
    assert "If" not in str({op.type for op in run.concrete.graph.get_operations()})


def test_comparisons_of_the_index_choose_between_tensors() -> None:
    rolled("if i % 2 == 0:\n    x = work(x)\nelse:\n    x = busy(x) + 1").assert_rolled()
    rolled("x = work(x) if i != 5 and not i == 7 else x + 1").assert_rolled()
    rolled("x = work(x)\nif 3 < i <= 15:\n    x = x + i").assert_rolled()


def test_python_values_that_the_index_chooses_are_unrolled() -> None:
    rolled("if i % 2 == 0:\n    n = 0.1\nelse:\n    n = 0.2\nx = work(x) * (n * 3)").assert_unrolled("Python value")
    rolled("n = 0.1 if i % 2 == 0 else 0.3\nx = work(x) * n").assert_unrolled("Python value")


def test_what_needs_the_number_itself_is_unrolled() -> None:
    rolled("x = work(x) * [1.0, 2.0][i % 2]").assert_unrolled("picks from a Python sequence")
    rolled("x = work(x) * {0: 1.0, 1: 2.0}[i % 2]").assert_unrolled("key")
    rolled("x = work(x) + float(i)").assert_unrolled("float")
    rolled("x = work(x) + len(str(i))").assert_unrolled("str")
    rolled("x = work(x) + len(f'{i}')").assert_unrolled("text")
    rolled("x = work(x) * (i / 3)").assert_unrolled("truediv")
    rolled("x = work(x) * (0.1 * i)").assert_unrolled("float")
    rolled("x = work(x) * (2 ** i % 3)").assert_unrolled("pow")
    rolled("x = work(x) + (1 if i else 2)").assert_unrolled("truth")
    rolled("x = work(x) + sum(range(i % 3))").assert_unrolled("range")
    rolled("x = work(x) + tf.zeros([i % 3 + 1])[0]").assert_unrolled("zeros")
    rolled("x = work(x) + np.float32(i)").assert_unrolled("float32")
    rolled("x = work(x) + np.float32(0.5) * i").assert_unrolled("float32")
    rolled("x = work(x) + i.bit_length()").assert_unrolled("bit_length")
    rolled("x = work(x) + tf.reduce_sum(x[..., None], axis=i % 1)").assert_rolled()
    rolled("x = work(x) + min(i, 5)").assert_unrolled("min")


def test_the_identity_of_the_index_is_unrolled() -> None:
    rolled("n = i\nx = work(x) + (1 if n is i else 2)").assert_same()
    rolled("n = i\nm = i + 0\nx = work(x) + (1 if n is m else 2)").assert_same()


def test_an_index_is_an_int_for_isinstance() -> None:
    rolled("x = work(x) + (1 if isinstance(i, int) and i is not None and i != 'a' else 2)").assert_rolled()


def test_python_values_that_the_body_changes_are_unrolled() -> None:
    rolled("x = work(x); n += 1", head="n = 0", tail="return x, n").assert_unrolled("n is a Python value that changes")
    rolled("x = work(x); n = n + 'a'", head="n = ''", tail="return x, n").assert_unrolled("n is a Python value")
    rolled("x = work(x); a, b = b, a", head="a, b = 1, 2", tail="return x, a").assert_unrolled("Python value")
    rolled("x = work(x); n = (x, i)", tail="return n").assert_unrolled("n is")


def test_what_the_body_reads_of_the_last_iteration_is_that() -> None:
    rolled("x = work(x) + last * 2; last = i", head="last = -1", tail="return x, last").assert_unrolled("")
    rolled("x = work(x) + last * 2; last = x * i", head="last = 0.0", tail="return x, last").assert_rolled()


def test_shapes_that_grow_are_unrolled() -> None:
    rolled("x = tf.concat([x, work(x)[:1]], 0)", tf.zeros([2])).assert_unrolled("shape")


def test_effects_happen_as_often_as_unrolled() -> None:
    run = Run(
        """
        seen = []
        class Box: pass
        box = Box(); box.n = 0
        table = {}
        def f(x):
            for i in range(20):
                x = work(x)
                seen.append(i)
            for i in range(20):
                x = work(x)
                box.n = box.n + 1
            for i in range(20):
                x = work(x)
                table[i] = i
            return x
        """,
        X,
    ).assert_unrolled("")
    assert all(decision.startswith("unrolled") for decision in run.decisions)
    assert run.enabled.seen == list(range(20))
    assert run.enabled.box.n == 20
    assert run.enabled.table == {i: i for i in range(20)}


def test_prints_happen_as_often_as_unrolled(capsys: Any) -> None:
    source = "def f(x):\n    for i in range(20):\n        x = work(x)\n        print('step')\n    return x\n"
    Run(source, X).assert_unrolled("print")
    assert capsys.readouterr().out.count("step") == 40


def test_a_function_that_nobody_knows_is_called_for_each_iteration() -> None:
    calls: list[int] = []
    run_with = "def f(x):\n    for i in range(20):\n        x = work(x)\n        note.append\n        notify()\n    return x\n"
    module = enabled(WORK + run_with)
    vars(module).update(note=calls, notify=lambda: calls.append(1))
    tf.function(module.f, autograph=False).get_concrete_function(X)
    assert len(calls) == 20


def test_variables_are_created_once() -> None:
    source = """
    made = []
    def make():
        if len(made) < 2:
            made.append(tf.Variable(1.0))
        return made[-1]
    def f(x):
        for i in range(20):
            x = work(x) + make()
        return x
    """
    module = enabled(WORK + textwrap.dedent(source))
    tf.function(module.f, autograph=False)(X)
    assert len(module.made) == 2


def test_assignments_to_variables_are_made_in_order() -> None:
    source = """
    v = tf.Variable(1.0)
    def f(x):
        v.assign(1.0)
        for i in range(20):
            v.assign(work(v) + v * 0.5 + x)
            x = work(x) + v
        return x, v.read_value()
    """
    Run(source, X).assert_rolled()


def test_tensor_arrays_are_read_and_written_at_the_index() -> None:
    rolled(
        "x = work(x)\narray = array.write(i, x + i)",
        head="array = tf.TensorArray(tf.float32, 20)",
        tail="return x, array.stack()",
    ).assert_rolled()


def test_break_under_a_staged_condition() -> None:
    body = "x = x + 0.25 + work(x) * 0\nif x > 3.0:\n    break"
    run = Run(
        "def f(x):\n    for i in range(20):\n        "
        + body.replace("\n", "\n        ")
        + "\n    else:\n        x = -x\n    return x, tf.cast(i, tf.int32)\n",
        X,
    )
    run.assert_rolled()
    Run("def f(x):\n    for i in range(20):\n        x = work(x) + 0.25\n        if x > 1e9:\n            break\n    else:\n        x = -x\n    return x\n", X).assert_rolled()


def test_continue_and_return_under_staged_conditions() -> None:
    source = """
    def f(x):
        for i in range(20):
            x = work(x) + i
            if x > 30.0:
                return x * 2
            if x < 5.0:
                continue
            x = x - 1
        return x
    """
    Run(source, X).assert_rolled()


def test_a_break_in_python_is_unrolled() -> None:
    rolled("x = work(x)\nif i == 12:\n    break", tail="return x, i").assert_unrolled("")


def test_gradients_are_those_of_the_unrolled_loop() -> None:
    source = """
    def f(x, w):
        with tf.GradientTape() as tape:
            tape.watch([x, w])
            y = x
            for i in range(20):
                y = tf.tanh(work(y) * w[i % 4] + x * (i + 1) / 20)
            loss = y * y
        return loss, tape.gradient(loss, [x, w])
    """
    run = Run(source, X, tf.constant([0.1, 0.2, 0.3, 0.4]))
    assert run.decisions[0] == "rolled into one graph loop"
    np.testing.assert_allclose(run.found[0], run.eager[0], rtol=1e-4)
    gradient = run.results[1]
    eager = run.eager[1]
    for one, other in zip(run.found[1:], eager, strict=True):
        np.testing.assert_allclose(tf.convert_to_tensor(one), tf.convert_to_tensor(other), rtol=1e-4, atol=1e-6)
    assert len(gradient) == 2


def test_random_numbers_from_a_seed_are_those_of_the_unrolled_loop() -> None:
    run = rolled("x = work(x) + tf.random.uniform([], seed=3)")
    assert "seed" in run.decisions[0]


def test_a_random_seed_of_the_program_leaves_loops_unrolled() -> None:
    tf.random.set_seed(7)
    try:
        run = rolled("x = work(x)")
    finally:
        from tensorflow.python.eager import context

        context.context()._set_global_seed(None)
    assert "seed" in run.decisions[0]


def test_random_numbers_without_a_seed_are_drawn_in_each_iteration() -> None:
    run = rolled("x = tf.random.uniform([]) + work(x) * 0\narray = array.write(i, x)",
                 head="array = tf.TensorArray(tf.float32, 20)", tail="return array.stack()")
    assert run.decisions == ["rolled into one graph loop"]
    assert len(set(run.found[0].numpy().tolist())) > 15


def test_loops_inside_loops() -> None:
    source = """
    def f(x):
        y = tf.zeros([4, 3])
        for i in range(20):
            for j in range(18):
                x = work(x) + i * j
                y = y * 0.9 + x * (i + j)
        return x, y, i, j
    """
    run = Run(source, X).assert_same()
    assert run.decisions[0] == "rolled into one graph loop"


def test_a_rolled_loop_inside_a_graph_loop_and_a_branch() -> None:
    source = """
    def f(x):
        for k in tf.range(3):
            if x > -100.0:
                for i in range(20):
                    x = work(x) * 0.1 + i
        return x
    """
    run = Run(source, X).assert_same()
    assert run.decisions == ["a graph loop", "rolled into one graph loop"]


def test_short_loops_and_small_bodies_are_unrolled() -> None:
    rolled("x = x + 1.0").assert_unrolled("20 iterations of 2 operations")
    assert rolled("x = work(x)", count="range(5)").decisions == []


def test_a_callee_that_is_enabled_is_part_of_the_body() -> None:
    source = """
    class Cell:
        def __init__(self): self.w = tf.constant(0.5)
        @property
        def weight(self): return self.w
        def __call__(self, x, i): return work(x) * self.weight + step(i)
    def step(i):
        return i * 2 if i < 100 else None
    def f(x):
        cell = Cell()
        for i in range(20):
            x = cell(x, i)
        return x
    """
    Run(source, X).assert_rolled()


def test_keras_layers_in_the_body() -> None:
    keras = pytest.importorskip("keras")
    layer = keras.layers.Dense(3, activation="tanh")
    cell = keras.layers.GRUCell(3)
    x = tf.ones([2, 3])
    layer(x), cell(x, [x])
    module = enabled("def f(x):\n    for i in range(20):\n        x = layer(x)\n        x, _ = cell(x, [x])\n    return x\n")
    vars(module).update(layer=layer, cell=cell)
    found = tf.function(module.f, autograph=False)(x)
    for _ in range(20):
        x = layer(x)
        x, _ = cell(x, [x])
    np.testing.assert_allclose(found, x, rtol=1e-4)
    assert [str(entry) for entry in journal.entries(module.__file__)] == ["rolled into one graph loop"]
