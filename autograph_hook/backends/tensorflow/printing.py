"""What `print` in a trace of our own asks of TensorFlow: values that leave the graph while it runs."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from autograph_hook.backends.tensorflow import exact, private

OPERATION = "autograph_hook_hand_out"
"""The name of the operations that hand values out."""


class _Thread(threading.local):
    graph: Any = None


_thread = _Thread()


@contextlib.contextmanager
def top() -> Iterator[None]:
    """The graph that is being built is the top of what this thread compiles."""
    before, graph = _thread.graph, tf.compat.v1.get_default_graph()
    try:
        _thread.graph = graph
        yield
    finally:
        _thread.graph = before


def at_top() -> bool:
    return tf.compat.v1.get_default_graph() is _thread.graph


def hand_out(tensors: Sequence[Any], receive: Callable[[Sequence[Any]], None]) -> None:
    """The order of two operations that are not connected is kept where both use the same resource."""
    exact.check_outputs(tensors)

    def given(_: Any, *values: Any) -> None:
        receive(values)

    tf.py_function(given, [_order(), *tensors], [], name=OPERATION)


@functools.lru_cache(maxsize=1)
def _order() -> Any:
    """A resource without content. All that hand out use it, and so do the branches and loops that they stand in."""
    with tf.init_scope(), tf.device("CPU:0"):
        return tf.raw_ops.VarHandleOp(dtype=tf.int32, shape=[], shared_name=OPERATION)


def is_hand_out(operation: Any) -> bool:
    return operation.type == "EagerPyFunc" and OPERATION in operation.name


class _Text:
    """Has the text that a variable had at its content."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def readable(value: Any) -> tuple[Any, Callable[[Any], Any]] | None:
    if not isinstance(value, tf.Variable) or type(value).__module__ != "tensorflow.python.ops.resource_variable_ops":
        return None
    text = private.value_text()
    if text is None:
        return None
    start = f"<tf.Variable '{value.name}' shape={value.get_shape()} dtype={value.dtype.name}, "
    return value.read_value(), lambda content: _Text(f"{start}{text(content)}>")


def value_of(value: Any) -> Any:
    if isinstance(value, tf.Variable) and type(value).__module__ == "tensorflow.python.ops.resource_variable_ops":
        return value.read_value()
    return private.keras_value(value)


def stand_ins(tensors: Sequence[Any], largest: int) -> list[list[Any]] | None:
    columns = []
    for tensor in tensors:
        size = tensor.shape.num_elements()
        if size is None or size > largest:
            return None
        numbers = _extremes(tensor.dtype)
        if numbers is None:
            return None
        with tf.init_scope():
            columns.append([tf.fill(tensor.shape, tf.constant(number, tensor.dtype)) for number in numbers])
    longest = max(map(len, columns), default=0)
    return [[column[i % len(column)] for column in columns] for i in range(longest)]


def _extremes(dtype: Any) -> list[Any] | None:
    if dtype == tf.bool:
        return [False, True]
    if dtype == tf.string:
        return [b"", b"\xff"]
    if dtype.is_floating or dtype.is_complex:
        return [0.0, np.nan, np.inf, -np.inf, dtype.max if dtype.is_floating else 1.0]
    if dtype.is_integer and not dtype.is_quantized:
        return [0, 1, dtype.min, dtype.max]
    return None
