"""`float(v)`, `int(v)` and `v.numpy()` of a variable are made when the graph has run, and so are numbers of arrays."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import pytest

tf = pytest.importorskip("tensorflow")

from tests.staging.programs import Program  # noqa: E402

X = [1.0, -2.0, 3.0]

PROGRAMS = {
    "a variable's number before and after a change": """
        v = tf.Variable(2.5)
        def f(x):
            v.assign_add(x[0])
            before = float(v)
            v.assign_add(1.0)
            return pad(x), before, float(v), v.numpy(), before + 1.0
    """,
    "a counter that is printed": """
        step = tf.Variable(0, dtype=tf.int64)
        def f(x):
            step.assign_add(1)
            print("step", int(step), f"{int(step):03d} {float(step):.1f}", "{}".format(step.numpy()), float(step) * 2)
            return pad(x), int(step)
    """,
    "a variable of Keras": """
        v = tf.keras.Variable(3.0, name="v")
        def f(x):
            v.assign_add(x[0])
            print(v.numpy(), f"{float(v):.2f}", int(tf.keras.ops.cast(v, "int32")))
            return pad(x), float(v), v.numpy()
    """,
    "the rate of an optimizer that decays": """
        def optimizer():
            schedule = tf.keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)
            made = tf.keras.optimizers.SGD(schedule)
            made.build([weight])
            return made
        weight = tf.Variable([1.0, 2.0, 3.0])
        class Run: pass
        run, kept = Run(), []
        run.optimizer = optimizer()
        def f(x):
            run.optimizer.apply_gradients([(pad(x), weight)])
            kept.append(float(run.optimizer.learning_rate))
            print(int(run.optimizer.iterations), run.optimizer.learning_rate.numpy())
            return weight.numpy()
    """,
    "numbers of an array": """
        kept = []
        def f(x):
            y = pad(x)
            kept.append(tf.reduce_sum(y).numpy().item())
            print(y.numpy().mean(), y[0].numpy().item())
            return y.numpy().max(), y.numpy().min(), y.numpy().sum()
    """,
}


def both(program: Program) -> None:
    def act(module: Any) -> Any:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            result = module.f(tf.constant(X))
        return result, printed.getvalue(), list(getattr(module, "kept", []))

    program.calls(5, act)


@pytest.mark.parametrize("title", PROGRAMS)
def test_it_is_the_number_that_the_eager_run_sees(title: str) -> None:
    program = Program(PROGRAMS[title])
    both(program)
    program.assert_staged("f", specializations=1)


REFUSED = {
    "float(v)": ("v = tf.Variable([1.0, 2.0])\ndef f(x): return pad(x), float(v)",
                 "makes a Python float of a tensor that is no scalar"),
    "bool(v)": ("v = tf.keras.Variable(1.0, name='v')\ndef f(x): return pad(x), bool(v)", ""),
    "a decision": ("v = tf.Variable(0)\ndef f(x):\n  v.assign_add(1)\n  return pad(x) if int(v) % 2 else x",
                   "uses a Python value of a tensor otherwise than to print or keep it"),
    "a number of several": ("def f(x): return pad(x), pad(x).numpy().item()", "can only convert an array of size 1"),
    "a number that may be none": ("v = tf.Variable(1.0)\ndef f(x): return pad(x), int(v)", "makes a Python int"),
    "with an axis": ("def f(x): return pad(x).numpy().mean(0)", "calls mean with arguments"),
    "in a branch": ("v = tf.Variable(1.0)\ndef f(x):\n  a = 0.0\n  if x[0] > 0: a = float(v)\n  return pad(x), a", ""),
}  # fmt: skip


@pytest.mark.parametrize("title", REFUSED)
def test_where_it_may_not_be_made_or_decides_the_call_is_plain(title: str) -> None:
    source, reason = REFUSED[title]
    program = Program(source)
    both(program)
    program.assert_plain("f", reason)
