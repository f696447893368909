"""Which values are TensorFlow's, what their truth is, and how two of them become one tensor."""

from __future__ import annotations

import functools
import inspect
import os
import reprlib
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from autograph_hook.backends.protocol import Elements, Joined, Reference
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
    if kind is Reference and type(other) is Reference:
        return one.owner is other.owner
    if kind is not type(other) or kind not in (bool, int, float, complex, str, bytes):
        return False
    return repr(one) == repr(other)


def unchanged(before: Any, after: Any) -> bool:
    """Is what was put into a variable what is found in it? Containers are copied on both ways."""
    kind = type(before)
    if before is after or kind is not type(after):
        return before is after
    if kind is Reference:
        return before.owner is after.owner
    if kind is dict:
        return list(before) == list(after) and all(unchanged(part, after[key]) for key, part in before.items())
    if kind in (list, tuple):
        return len(before) == len(after) and all(map(unchanged, before, after))
    return False


def truth(value: Any) -> Any:
    """The scalar boolean tensor of `bool(value)`, or a Python bool where Python decides."""
    if isinstance(value, Joined):
        return value.truth()
    if type(value) is list:
        return _truth_of_list(value)
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


def found(each: Any, value: Any) -> Any:
    """The truth of whether an element is the value that is looked for: the same object is, whatever `==` says.

    In a graph of TensorFlow 1's kind `==` of tensors and variables asks for the object, too.
    """
    return True if each is value else truth(each == value)


def _truth_of_list(value: list[Any]) -> Any:
    counts = [part.count() for part in value if isinstance(part, Elements)]
    if len(counts) < len(value) or any(isinstance(count, int) and count for count in counts):
        return True
    unknown = [count > 0 for count in counts if not isinstance(count, int)]
    return tf.reduce_any(tf.stack(unknown)) if unknown else False


def dtype_of(value: Any) -> Any:
    """The dtype of a carried value as a tensor."""
    if isinstance(value, (*TENSORS, Later)):
        return value.dtype
    return tf.convert_to_tensor(value).dtype


def is_python_number(value: Any) -> bool:
    return type(value) in (int, float, complex)


def common_dtype(one: Any, other: Any) -> Any:
    """The dtype of a tensor that is either of two carried values, None where no dtype keeps both exact.

    A Python number takes the tensor's dtype where that is of its kind or a wider one (int, float, complex), as it does
    in arithmetic with the tensor; two Python numbers take what TensorFlow makes of the wider kind. Of two other dtypes
    it is the wider, if that represents every value of the other: TensorFlow's own promotion where that is safe.

    >>> common_dtype(1, tf.constant(1.5)), common_dtype(tf.constant(1), tf.constant(1.5, tf.float64))
    (tf.float32, tf.float64)
    >>> common_dtype(1.5, tf.constant(1)), common_dtype(tf.constant(1), tf.constant(1.5))
    (None, None)
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
    if hasattr(type(value), "as_tensor"):  # the index of a rolled loop, an int of which only the bounds are known
        return value.as_tensor(dtype)
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
    if isinstance(value, Joined):
        return value.described()
    if isinstance(value, (str, bytes)):
        return f"the Python {type(value).__name__} {reprlib.repr(value)}"
    if isinstance(value, TENSORS):
        return f"{_with_article(value.dtype.name)} tensor of shape {value.shape}"
    if isinstance(value, NUMBERS) and not isinstance(value, np.ndarray):
        return f"the Python {type(value).__name__} {value!r}"
    if isinstance(value, np.ndarray):
        return f"a NumPy array of {value.dtype} with shape {value.shape}"
    if value is None:
        return "None"
    if isinstance(value, frozenset):
        return f"the set {set(value)}"
    if isinstance(value, dict):
        return f"a {type(value).__name__} with the keys {', '.join(map(repr, value)) or '(none)'}"
    if isinstance(value, (list, tuple)):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, _FUNCTIONS):
        return _function(value)
    if isinstance(value, type):
        return f"the class {_qualified(value)}"
    return f"an instance of {_qualified(type(value))}"


def unescaped(text: str) -> str:
    """A text that a failing assertion of the graph shows as it is: TensorFlow puts a backslash before quotes."""
    return text.replace("'", "`").replace('"', "`")


def _with_article(word: str) -> str:
    return f"{'an' if word[:1] in 'aeio' else 'a'} {word}"


_FUNCTIONS = (
    types.FunctionType, types.MethodType, types.BuiltinFunctionType, types.MethodDescriptorType, functools.partial,
)  # fmt: skip


def _function(value: Any) -> str:
    """The function's name, and where it was written."""
    if isinstance(value, functools.partial):
        return f"a partial of {_function(value.func) if isinstance(value.func, _FUNCTIONS) else describe(value.func)}"
    inner = getattr(value, "__func__", value)
    code = getattr(inspect.unwrap(inner), "__code__", None)
    kind = "method" if isinstance(value, types.MethodType) else "function"
    name = getattr(value, "__qualname__", kind).replace("<locals>.", "")
    kind = "lambda" if name.endswith("<lambda>") else f"{kind} {name}"
    return f"the {kind}" + (f" (line {code.co_firstlineno})" if code is not None and _is_users(code) else "")


def _is_users(code: types.CodeType) -> bool:
    return not code.co_filename.startswith(_FRAMEWORK)


_FRAMEWORK = os.path.dirname(os.path.abspath(tf.__file__)) + os.sep


def _qualified(kind: type) -> str:
    return kind.__qualname__ if kind.__module__ in _UNNAMED else f"{kind.__module__}.{kind.__qualname__}"


_UNNAMED = ("builtins", "__main__")
