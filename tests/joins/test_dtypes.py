"""Two dtypes become one where that keeps every value of both; a number takes the dtype of the tensor that it meets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from autograph_hook.errors import StagingError
from tests.joins.test_names import staged
from tests.staging.programs import Program

DTYPES = (
    "bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "bfloat16", "float16", "float32",
    "float64", "complex64", "complex128",
)  # fmt: skip

COMMON = {
    "int8": {"bfloat16", "int16", "int32", "int64", "float16", "float32", "float64", "complex64", "complex128"},
    "uint8": {
        "int16", "uint16", "int32", "uint32", "int64", "uint64", "bfloat16", "float16", "float32", "float64", "complex64",
        "complex128",
    },
    "int16": {"int32", "int64", "float32", "float64", "complex64", "complex128"},
    "uint16": {"int32", "uint32", "int64", "uint64", "float32", "float64", "complex64", "complex128"},
    "int32": {"int64", "float64", "complex128"},
    "uint32": {"int64", "uint64", "float64", "complex128"},
    "bfloat16": {"float32", "float64", "complex64", "complex128"},
    "float16": {"float32", "float64", "complex64", "complex128"},
    "float32": {"float64", "complex64", "complex128"},
    "float64": {"complex128"},
    "complex64": {"complex128"},
}  # fmt: skip
"""For each dtype the wider ones that hold all its values."""

JOIN = """
def f(p, a, b):
    y = a
    if p:
        y = b
    return y
"""


def _edges(dtype: str) -> Any:
    """The values of a dtype that are the first to be lost, as a tensor."""
    kind = tf.as_dtype(dtype)
    if kind == tf.bool:
        return tf.constant([True])
    if kind.is_complex:
        return tf.constant([1 - 2j], kind)
    edges = [kind.min, kind.max] if kind.is_integer else [kind.min, kind.max, 1 + 2.0**-7]
    return tf.constant(np.array(edges, kind.as_numpy_dtype))


@pytest.mark.parametrize("one", DTYPES)
def test_tensors_of_two_dtypes(one: str) -> None:
    function = staged(JOIN)
    for other in DTYPES:
        wide = one if one == other else other if other in COMMON.get(one, ()) else None
        wide = wide or (one if one in COMMON.get(other, ()) else None)
        left, right = _edges(one), _edges(other)
        if wide is None:
            with pytest.raises(StagingError, match=f"{other} tensor .* and an? {one} tensor"):
                function(tf.constant(True), left, right)
            continue
        for p, given in ((True, right), (False, left)):
            got = function(tf.constant(p), left, right)
            assert got.dtype == wide
            kept = tf.cast(got, given.dtype) if given.dtype != tf.bool else got
            assert np.array_equal(kept.numpy(), given.numpy()), (one, other)


@pytest.mark.parametrize(
    ("number", "dtype", "joined"),
    [
        (2, tf.int64, tf.int64), (2, tf.float16, tf.float16), (2, tf.complex64, tf.complex64), (2, tf.int8, tf.int8),
        (1.5, tf.float32, tf.float32), (1.5, tf.float64, tf.float64), (1.5, tf.bfloat16, tf.bfloat16),
        (1.5, tf.complex64, tf.complex64), (1j, tf.complex128, tf.complex128), (True, tf.bool, tf.bool),
        (1.5, tf.int32, None), (1j, tf.float32, None), (2, tf.bool, None), (True, tf.int32, None), (1.5, tf.string, None),
    ],
)  # fmt: skip
def test_a_python_number_and_a_tensor(number: Any, dtype: Any, joined: Any) -> None:
    function = staged(f"""
    def f(p, x):
        y = {number!r}
        if p:
            y = x
        return y
    """)
    x = tf.constant("a") if dtype == tf.string else tf.cast(tf.constant(1), dtype)
    if joined is None:
        with pytest.raises(StagingError, match=r"y is an? .* tensor .* and the Python"):
            function(tf.constant(True), x)
        return
    for p, value in ((True, x.numpy()), (False, number)):
        got = function(tf.constant(p), x)
        assert got.dtype == joined
        assert got.numpy() == value


@pytest.mark.parametrize(
    ("one", "other", "joined"),
    [("1", "2.5", tf.float32), ("1", "2j", tf.complex128), ("1.5", "2j", tf.complex128), ("True", "2", None),
     ("np.int64(1)", "2", tf.int64), ("np.float64(1)", "2.5", tf.float64), ("np.float32(1)", "x", tf.float32),
     ("np.ones(2, np.int64)", "np.ones(2, np.int32)", tf.int64), ("'a'", "'b'", tf.string), ("'a'", "1", None)],
)  # fmt: skip
def test_python_and_numpy_values(one: str, other: str, joined: Any) -> None:
    function = staged(f"""
    import numpy as np
    def f(p, x):
        if p:
            y = {one}
        else:
            y = {other}
        return y
    """)
    x = tf.constant(2.5)
    if joined is None:
        with pytest.raises(StagingError, match="y is the Python"):
            function(tf.constant(True), x)
        return
    for p, text in ((True, one), (False, other)):
        got = function(tf.constant(p), x)
        assert got.dtype == joined
        expected = eval(text, {"np": np, "x": x.numpy()})
        assert np.array_equal(got.numpy(), expected.encode() if isinstance(expected, str) else expected)


@pytest.mark.parametrize("other", ["int64", "float64", "float32"])
def test_a_trace_of_our_own_keeps_the_dtype_of_each_path(other: str) -> None:
    program = Program(f"""
    def f(x):
        x = pad(x)
        k = tf.cast(x, tf.int32)
        if x[0] > 0:
            k = tf.cast(x, tf.{other})
        return x, k
    def g(x):
        x = pad(x)
        k = tf.cast(x, tf.int32)
        i = tf.constant(0)
        while i < tf.cast(x[0], tf.int32):
            k = tf.cast(k, tf.{other}) + 1
            i = i + 1
        return x, k
    """)
    x = tf.constant([1.0, -2.0, 3.0])
    for given in (x, x, x, -x, x):
        program.both(lambda m, given=given: m.f(given))
        program.both(lambda m, given=given: m.g(given))
    assert program.staging("f").calls_staged == program.staging("g").calls_staged == 0
