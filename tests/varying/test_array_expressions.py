"""What NumPy computes of an array is computed anew in each staged call, by NumPy."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.staging.programs import Program

STAGED: dict[str, str] = {
    "another dtype": "def f(a): return pad(tf.constant(a.astype(np.float64))), a.astype('int32')",
    "arithmetic": "def f(a): return pad(tf.constant(a / 255. - 0.5)) * (2 ** a)",
    "with tensors": "def f(a): return pad(0.9 * tf.ones([2]) * (1 - a.astype(np.float32)))",
    "new axes": "def f(a): return pad(tf.constant(a[None])) + tf.constant(a[..., None, 0])",
    "a function": "def f(a): return pad(tf.convert_to_tensor(np.expand_dims(a, axis=0)))",
    "a list of arrays": "def f(a): return pad(tf.constant(np.stack([a, a * 2])))",
    "an element": "def f(a): return pad(tf.ones([2])) * a[0, 0]",
    "an element that decides": "def f(a):\n  x = pad(tf.ones([2]))\n  if a[0, 0] > 2: x = x * 2\n  return x",
    "elements that decide": "def f(a): return pad(tf.ones([2])) * (2 if a[0, 0] > 1 and not a[1, 1] > 3 else 1)",
    "a Python number": "def f(a): return pad(tf.ones([2])) * float(a[0, 0]) + a[0, 1].item()",
    "a loop": "def f(a):\n  x = tf.ones([2])\n  for r in a: x = pad(x) + r\n  return x",
    "rows in pairs": "def f(a):\n  x = tf.ones([2])\n  for r, s in zip(a[:-1], a[1:]): x = pad(x) + (r - s)\n"
    "  return x",
    "rows with numbers": "def f(a):\n  x = tf.ones([2])\n  for i, r in enumerate(a): x = pad(x) + r * i\n  return x",
    "a sum in Python": "def f(a):\n  t = 0.\n  for r in a: t += r[0]\n  return pad(tf.ones([2])) * t",
    "reduced": "def f(a): return pad(tf.ones([2])) * a.sum() / a.mean(axis=0) + np.linalg.norm(a)",
    "transposed": "def f(a): return pad(tf.constant(a.T))",
    "returned": "def f(a):\n  b = a * 2\n  return pad(tf.constant(b)), b, b is b, a[0], a[0, 0], a.sum()",
    "chosen": "def f(a): return pad(tf.constant(np.where(a > 1, a, 0.))) + np.clip(a, 0.5, 2.)",
    "the larger": "def f(a): return pad(tf.ones([2])) * max(a[0, 0], 1.5)",
    "an index": "w = tf.range(90.)\ndef f(a): return pad(w[a.argmax()])",
    "attributes asked for": "def f(a): return pad(tf.ones([2])) * (1 if hasattr(a, 'shape') else 2), "
    "getattr(a, 'text', 3), hasattr(a, 'value'), hasattr(a[0, 0], 'dtype')",
    "under a tape": "w = tf.Variable(tf.ones([2, 2]))\ndef f(a):\n  with tf.GradientTape() as t:\n"
    "    l = tf.reduce_sum((pad(a.astype(np.float32) @ w) - a[:, ::-1]) ** 2)\n  return t.gradient(l, w)",
    "a layer": "d = tf.keras.layers.Dense(3, kernel_initializer='ones')\nd.build((None, 2))\n"
    "def f(a): return pad(d(a)) + pad(d(a[::-1].astype('float64')))",
    "itself": "def f(a):\n  b = np.asarray(a)\n  return pad(tf.constant(b)), b is a, b, np.array(a) is a",
    "printed": "def f(a):\n  print(a[0, 0], f'{a.max():.2f}')\n  return pad(tf.constant(a))",
}
PLAIN: dict[str, tuple[str, str]] = {
    "a warning": ("def f(a): return pad(tf.constant(a / 0.))", "computes with NumPy what raises FloatingPointError"),
    "a change": ("def f(a):\n  b = a * 2\n  b += 1\n  return pad(tf.constant(b))", "changes a NumPy array in place"),
    "a change of an element": ("def f(a):\n  b = a * 2\n  b[0] = 1\n  return pad(tf.constant(b))", ""),
    "the truth of many": ("def f(a): return pad(tf.ones([2])) * (2 if (a > 1) else 1)", "otherwise than as a tensor"),
    "a place for the result": ("c = np.zeros([4, 2], 'f')\ndef f(a): return pad(tf.constant(np.add(a, 1, out=c[:len(a)])"
    " if len(a) < 5 else a)), c.copy()", ""),
    "a place for the sum": ("c = np.zeros([2], 'f')\ndef f(a): return pad(tf.constant(a.sum(0, None, c))), c.tolist()", ""),
    "an array of objects": ("def f(a): return pad(tf.ones([2])), a.astype(object)", "otherwise than as a tensor"),
}


def both(program: Program) -> None:
    """Other numbers, a change in place, and other lengths."""
    for i in range(6):
        array = np.arange(8, dtype=np.float32).reshape(4, 2) * 0.4 + i * 0.3 + 0.1
        program.both(lambda m, array=array: m.f(array))
        array[1:] *= 1.5
        program.both(lambda m, array=array: m.f(array))
    for n in (3, 5, 4, 6):
        array = np.arange(2 * n, dtype=np.float32).reshape(n, 2) * 0.4 + 0.1
        program.both(lambda m, array=array: m.f(array))


@pytest.mark.parametrize("name", STAGED)
def test_what_is_computed_of_an_array_is_computed_in_each_call(name: str, capsys: Any) -> None:
    program = Program(STAGED[name])
    both(program)
    program.assert_staged("f")
    assert program.staging("f").calls_staged >= 10


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_what_cannot_be_computed_again_runs_plain(name: str) -> None:
    source, reason = PLAIN[name]
    program = Program(source)
    both(program)
    program.assert_plain("f", reason)


def test_numpy_warns_where_the_plain_run_does() -> None:
    program = Program("def f(a, b): return pad(tf.constant(a / b))")
    a = np.ones([2], np.float32)
    program.calls(4, lambda m: m.f(a, np.float32(2)))
    program.assert_staged("f")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        program.both(lambda m: m.f(a, np.float32(0)))
    assert [(w.category, w.filename, w.lineno) for w in caught] == [(RuntimeWarning, program.path, 9)] * 2


def test_what_numpy_raises_is_what_the_plain_run_raises() -> None:
    program = Program("def f(a, b): return pad(tf.constant(a + b))")
    program.calls(4, lambda m: m.f(np.ones([2]), np.ones([2])))
    for shape in ([3], [2], [5, 5]):
        program.both(lambda m, shape=shape: m.f(np.ones([2]), np.ones(shape)))
    program.assert_staged("f")


def test_a_number_of_numpy_that_changes_is_an_input() -> None:
    program = Program("""
        class Mean:
            def __init__(self): self.value = np.float32(0.5)
            def update(self, new): self.value = self.value * 0.9 + new * 0.1
        mean, scale = Mean(), np.float64(1.0)

        def f(x):
            mean.update(tf.reduce_sum(x).numpy())
            return pad(x) * tf.cast(scale, tf.float32), scale + 1
    """)

    def act(i: int) -> Any:
        def on(m: Any) -> Any:
            m.scale = np.float64(1.0 + i % 5)
            return m.f(tf.ones([3]) * i), m.mean.value

        return on

    for i in range(30):
        program.both(act(i))
    program.assert_staged("f")
    assert program.staging("f").calls_staged > 20
    assert len(program.staging("f").specializations) <= 4


def test_an_array_of_a_class_of_the_users_computes_with_the_users_code_once_a_call() -> None:
    program = Program("""
        class Counted(np.ndarray):
            count = 0
            def __array_ufunc__(self, ufunc, method, *inputs, **options):
                Counted.count += 1
                plain = [np.asarray(each) for each in inputs]
                return getattr(ufunc, method)(*plain, **options)
            def __getitem__(self, key):
                Counted.count += 1
                return np.asarray(self)[key]

        def f(a): return pad(tf.constant(a + 1)) * a[0]
        def g(a): return pad(tf.ones([3])) * np.add(np.ones([3]), a)
    """)

    def act(m: Any) -> Any:
        counted = np.arange(3.0).view(m.Counted)
        return m.f(counted), m.g(counted), m.Counted.count

    program.calls(6, act)


def test_a_function_that_a_program_puts_in_the_place_of_numpys_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    program = Program("def f(a): return pad(tf.constant(np.mean(a))), np.mean(a)")
    array = np.arange(4.0)
    program.calls(4, lambda m: m.f(array))
    program.assert_staged("f")
    called: list[int] = []
    monkeypatch.setattr(np, "mean", lambda a: called.append(1) or a[0])
    program.calls(3, lambda m: m.f(array))
    assert len(called) == 12
