"""NumPy arrays are inputs, whatever is in them, and a change in place is never missed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.staging.programs import Program

USES: dict[str, str] = {
    "a product": "w = tf.Variable(tf.ones([2, 3]) * 0.3)\ndef f(a): return pad(tf.constant(a) @ w)",
    "a function": "def f(a): return pad(tf.reduce_sum(a, axis=0))",
    "converted": "def f(a): return pad(tf.convert_to_tensor(a, dtype=tf.float32)) * 2",
    "cast": "def f(a): return pad(tf.cast(a, tf.float64)) * 2",
    "an operator": "def f(a): return pad(tf.ones([2])) * a + a * tf.ones([2])",
    "a slice": "def f(a): return pad(tf.constant(a[1:3])) + a[:2] * tf.ones([2])",
    "a row": "def f(a): return pad(tf.constant(a[0])) * tf.constant(a[1], tf.float32)",
    "its shape": "def f(a): return pad(tf.zeros(a.shape)) + a.shape[0] + len(a) + a.ndim, a.dtype, a.size",
    "returned": "def f(a): return pad(tf.constant(a)), a",
    "passed on": "def g(a): return tf.constant(a) * 2\ndef f(a): return tf.identity(pad(g(a)) + g(a[:1]))",
    "isinstance": "def f(a): return pad(tf.constant(a)) if isinstance(a, np.ndarray) else a",
    "a loss": "def f(a): return pad(tf.nn.softmax_cross_entropy_with_logits(labels=a, logits=tf.nn.relu(a)))",
    "under a tape": "w = tf.Variable(tf.ones([2, 3]) * 0.3)\ndef f(a):\n  with tf.GradientTape() as t:\n"
    "    y = tf.reduce_mean(pad(tf.constant(a) @ w) ** 2)\n  return t.gradient(y, w)",
}


@pytest.mark.parametrize("name", USES)
def test_an_array_that_is_given_is_an_input(name: str) -> None:
    program = Program(USES[name])
    for i in range(8):
        array = np.arange(8, dtype=np.float32).reshape(4, 2) * 0.1 + i
        program.both(lambda m, array=array: m.f(array))
        array[1:] *= 1.5
        program.both(lambda m, array=array: m.f(array))
    program.assert_staged("f")
    assert len(program.staging("f").specializations) == 1


BATCHES: dict[str, str] = {
    "batches of a global array": "a = np.arange(80, dtype=np.float32).reshape(40, 2)\n"
    "def f(i): return pad(tf.constant(a[i:i + 4])) * 2",
    "rows": "a = np.arange(80, dtype=np.float32).reshape(40, 2)\ndef f(i): return pad(tf.constant(a[i])) * 2",
    "an attribute": "class C: pass\nc = C(); c.a = np.ones([40, 2], np.float32)\n"
    "def f(i): return pad(tf.constant(c.a[i:i + 3])) + i",
}


@pytest.mark.parametrize("name", BATCHES)
def test_slices_of_an_array_from_outside_are_inputs(name: str) -> None:
    program = Program(BATCHES[name])
    for i in [*range(0, 40, 2), 38, 39, 3]:
        program.both(lambda m, i=i: m.f(i))
        program.both(lambda m, i=i: ((m.a if hasattr(m, "a") else m.c.a).__setitem__(i, -1.0), None)[1])
    program.assert_staged("f")
    assert len(program.staging("f").specializations) <= 4


ANYTHING: dict[str, str] = {
    "printed": "def f(a):\n  print(a)\n  return pad(tf.constant(a))",
    "its truth": "def f(a): return pad(tf.constant(a)) * (2 if a.any() else 1), bool(a[0, 0])",
    "an element": "def f(a): return pad(tf.constant(a)) * float(a[0, 0]) + a[1, 1]",
    "arithmetic": "def f(a): return pad(tf.constant(a / 2 + 1)) * (a * a)",
    "a method": "def f(a): return pad(tf.constant(a.astype(np.float64))), a.sum(), a.tolist()",
    "a loop": "def f(a): return [pad(tf.constant(row)) for row in a]",
    "a change": "def f(a):\n  a[0] = 7\n  a += 1\n  return pad(tf.constant(a))",
    "another dtype": "w = tf.ones([2, 2])\ndef f(a): return pad(tf.ones([2])), tf.matmul(a.astype(np.float64), w)",
    "float64 with float32": "def f(a): return pad(tf.ones([2])) * np.float64(2) + tf.ones([2]) * a[0]",
    "an index array": "def f(a): return pad(tf.constant(a[[0, 1]])), a[a > 0.2]",
    "compared": "def f(a): return pad(tf.cast(tf.constant(a) > a[0], tf.float32)), a is a, a is None",
    "stacked": "def f(a): return pad(tf.stack([a, a])), tf.concat([a, tf.ones([1, 2])], 0)",
}


@pytest.mark.parametrize("name", ANYTHING)
def test_whatever_is_done_with_an_array_gives_what_python_gives(name: str, capsys: Any) -> None:
    program = Program(ANYTHING[name])
    for i in range(6):
        for shape in (4, 4, 3):
            array = np.arange(shape * 2, dtype=np.float32).reshape(shape, 2) * 0.1 + i
            program.both(lambda m, array=array: m.f(array.copy()))


def test_arrays_of_other_lengths_share_a_graph() -> None:
    program = Program("def f(a): return pad(tf.reduce_mean(tf.constant(a), 0)) * 2")
    for n in [4, 4, 4, 3, 5, 6, 7, 8, 9, 10, 11, 12]:
        program.both(lambda m, n=n: m.f(np.ones([n, 2], np.float32) * n))
    program.assert_staged("f")
    assert len(program.staging("f").specializations) <= 2


def test_arrays_of_other_dtypes_are_told_apart() -> None:
    program = Program("def f(a): return pad(tf.cast(a, tf.float32)), tf.constant(a)")
    for dtype in ("float32", "float64", "int32", "int64", "uint8", "float32", "bool"):
        for _ in range(3):
            program.both(lambda m, dtype=dtype: m.f(np.ones([3], dtype)))
    program.both(lambda m: m.f(np.ones([3], np.float32).view(np.matrix)))
    assert isinstance(program.staging("f").calls_staged, int) and tf.executing_eagerly()
