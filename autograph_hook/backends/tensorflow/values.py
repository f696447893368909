"""Which values are TensorFlow's, what their truth is, and how two of them become one tensor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from autograph_hook.backends.tensorflow import private

TENSORS = (tf.Tensor, tf.Variable)
ITERATORS = (tf.data.Iterator, private.DistributedIterator)
DATASETS = (tf.data.Dataset, private.DistributedIterable)
STAGED = (*TENSORS, tf.RaggedTensor, tf.TensorArray, *DATASETS, *ITERATORS)


class Later:
    """A tensor that is made in the graph that needs it, when that is being built."""

    __slots__ = ("dtype", "make", "shape", "zeros")

    def __init__(self, make: Callable[[], Any], dtype: Any, shape: Any, zeros: Callable[[], Any]) -> None:
        self.make = make
        self.dtype = dtype
        self.shape = shape
        self.zeros = zeros
        """Makes what stands for it where nobody reads it."""


# What has a value that a graph can carry.
NUMBERS = (bool, int, float, complex, np.generic, np.ndarray)
CARRIED = (*TENSORS, *NUMBERS, str, bytes, Later)


def same(one: Any, other: Any) -> bool:
    """Are these the same object, or Python constants that nobody can tell apart?"""
    if one is other:
        return True
    kind = type(one)
    if kind is not type(other) or kind not in (bool, int, float, complex, str, bytes):
        return False
    return repr(one) == repr(other)


def truth(value: Any) -> Any:
    """The scalar boolean tensor of `bool(value)`, or a Python bool where Python decides."""
    if not isinstance(value, TENSORS):
        return bool(value)
    tensor = tf.convert_to_tensor(value)
    if tensor.shape.rank != 0:
        size = tensor.shape.num_elements()
        if size is not None and size != 1:
            raise ValueError(
                "The truth value of a tensor with more than one element is ambiguous "
                f"(its shape is {tensor.shape}): use tf.reduce_any() or tf.reduce_all()"
            )
        tensor = tf.reshape(tensor, [])
    if tensor.dtype == tf.bool:
        return tensor
    if tensor.dtype == tf.string:
        return tf.strings.length(tensor) > 0
    return tf.cast(tensor, tf.bool)


def dtype_of(value: Any) -> Any:
    """The dtype of a carried value as a tensor."""
    if isinstance(value, (*TENSORS, Later)):
        return value.dtype
    return tf.convert_to_tensor(value).dtype


def is_python_number(value: Any) -> bool:
    return type(value) in (int, float, complex)


def common_dtype(one: Any, other: Any) -> Any:
    """The dtype of a tensor that is either of two carried values, None where no dtype keeps both exact.

    A Python number takes the tensor's dtype where that can hold it, as it does in arithmetic with the tensor.
    """
    if is_python_number(one) and is_python_number(other):
        kinds = (int, float, complex)
        wider = max(one, other, key=lambda value: kinds.index(type(value)))
        return dtype_of(wider)
    if is_python_number(one):
        return number_dtype(one, dtype_of(other))
    if is_python_number(other):
        return number_dtype(other, dtype_of(one))
    return promote(dtype_of(one), dtype_of(other))


def number_dtype(number: Any, dtype: Any) -> Any:
    if isinstance(number, int):
        return dtype if dtype.is_integer or dtype.is_floating or dtype.is_complex else None
    if isinstance(number, float):
        return dtype if dtype.is_floating or dtype.is_complex else None
    return dtype if dtype.is_complex else None


def promote(one: Any, other: Any) -> Any:
    """The wider of two dtypes, if it represents every value of the other; else None."""
    if one == other:
        return one
    for narrow, wide in ((one, other), (other, one)):
        if _widens(narrow, wide):
            return wide
    return None


def _widens(narrow: Any, wide: Any) -> bool:
    if not _is_number(narrow) or not _is_number(wide):
        return False
    if narrow.is_integer and not wide.is_integer and narrow.size == 8:
        return False
    return bool(np.can_cast(narrow.as_numpy_dtype, wide.as_numpy_dtype, "safe"))


def _is_number(dtype: Any) -> bool:
    return bool(dtype.is_integer or dtype.is_floating or dtype.is_complex)


def as_tensor(value: Any, dtype: Any = None) -> Any:
    """A carried value as a tensor of the graph that is being built."""
    if isinstance(value, Later):
        value = value.make()
    if isinstance(value, TENSORS):
        tensor = tf.convert_to_tensor(value)
        return tensor if dtype is None or tensor.dtype == dtype else tf.cast(tensor, dtype)
    if dtype is None or isinstance(value, (str, bytes)):
        return tf.convert_to_tensor(value)
    return tf.cast(value, dtype) if isinstance(value, (np.generic, np.ndarray)) else tf.constant(value, dtype)


def placeholder_shape(shape: Any) -> list[int]:
    """A known shape that a tensor of this shape could have, with nothing in its unknown dimensions."""
    return [] if shape.rank is None else [size or 0 for size in shape.as_list()]


def zeros(like: Any) -> Any:
    """A tensor that stands for a carried value which is not there, and which nobody reads."""
    if isinstance(like, Later):
        return like.zeros()
    if not isinstance(like, TENSORS):
        return tf.zeros_like(tf.convert_to_tensor(like))
    shape = placeholder_shape(like.shape)
    if like.dtype == tf.variant:
        return tf.raw_ops.EmptyTensorList(
            element_shape=tf.constant(-1), max_num_elements=tf.constant(0), element_dtype=tf.float32
        )
    return tf.zeros(shape, like.dtype)


def has_zeros(value: Any) -> bool:
    return isinstance(value, CARRIED) and not (isinstance(value, TENSORS) and value.dtype == tf.resource)


def describe(value: Any) -> str:
    """A value in an error message."""
    if isinstance(value, TENSORS):
        return f"a {value.dtype.name} tensor of shape {value.shape}"
    if isinstance(value, NUMBERS) and not isinstance(value, np.ndarray):
        return f"the Python {type(value).__name__} {value!r}"
    if isinstance(value, np.ndarray):
        return f"a NumPy array of {value.dtype} with shape {value.shape}"
    if value is None:
        return "None"
    if isinstance(value, dict):
        return f"a {type(value).__name__} with the keys {', '.join(map(repr, value)) or '(none)'}"
    if isinstance(value, (list, tuple)):
        return f"a {type(value).__name__} of {len(value)}"
    return f"a {type(value).__module__}.{type(value).__qualname__} object"
