"""More inputs of the graph that is being built on our own: what is read from outside and is another value each time.

TensorFlow captures the eager tensors that a graph uses. What varies gets a placeholder among these captures, and the
tensor of the present call stands for all later ones: `Compiled` says at which places of the flat call they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from autograph_hook.backends.tensorflow import effects, exact, library_objects, private
from autograph_hook.backends.tensorflow.library_objects import has_mask
from autograph_hook.backends.tensorflow.operators import get_item
from autograph_hook.backends.values import Varying

_EAGER = tf.__internal__.EagerTensor

Shape = Sequence["int | None"]


def shape_of(value: Any) -> tuple[Any, tuple[int, ...]] | None:
    """Dtype and shape of an eager tensor that may be an input; None for other values."""
    if type(value) is not _EAGER or value.dtype in (tf.resource, tf.variant) or has_mask(value):
        return None
    return value.dtype, private.shape_tuple(value)


def relaxed_test(value: Any, shape: Shape) -> Callable[[Any], bool]:
    """A test that another value is an eager tensor of the same dtype, and of this shape where it is known."""
    dtype, shape_tuple, kind, rank = value.dtype, private.shape_tuple, _EAGER, len(shape)
    known = [(i, size) for i, size in enumerate(shape) if size is not None]

    def fits(other: Any) -> bool:
        if type(other) is not kind or other.dtype is not dtype:
            return False
        found = shape_tuple(other)
        return len(found) == rank and all(found[i] == size for i, size in known)

    return fits


def add_input(value: Any, shape: Shape | None = None) -> Any:
    """A symbol for an eager tensor, as an input of the outermost graph that is being built."""
    return private.add_input(value, shape)


def tensor_of(value: Any, dtype: Any) -> Any:
    """The eager tensor that eager execution makes of a Python number."""
    if not tf.executing_eagerly():
        with tf.init_scope():
            return tensor_of(value, dtype)
    # By way of an array: of Python numbers TensorFlow keeps a tensor for each that it has seen, for ever.
    made = _ARRAYS.get((type(value), dtype))
    if made is not None and (type(value) is float or -_SAFE <= value <= _SAFE):
        return tf.constant(np.array(value, made))
    return tf.constant(value, dtype)


_SAFE = 2**31 - 1
_ARRAYS = {
    (float, tf.float32): np.float32, (float, tf.float64): np.float64, (float, None): np.float32,
    (int, tf.int32): np.int32, (int, tf.int64): np.int64, (int, None): np.int32,
    (int, tf.float32): np.float32, (int, tf.float64): np.float64,
}  # fmt: skip
"""Where NumPy converts a number as TensorFlow does."""


def tensor_of_array(value: Any, dtype: Any = None) -> Any:
    """The eager tensor that eager execution makes of a NumPy array."""
    return tf.convert_to_tensor(value, dtype)


def eagerly(function: Any, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
    """What a function gives outside of the graph that is being built."""
    with tf.init_scope():
        return function(*arguments, **keywords)


def place_of(compiled: Any, tensor: Any) -> int | None:
    """Where among the captures of a graph a tensor stands that was added."""
    return next((i for i, external in enumerate(compiled.captures) if external is tensor), None)


def is_uniform() -> bool:
    """Do Python numbers become tensors by their values alone? With NumPy's rules they have types of their own."""
    return not private.numpy_promotion()


_USES = frozenset(
    (
        "Add", "AddV2", "Sub", "Mul", "RealDiv", "Div", "Maximum", "Minimum", "Equal", "NotEqual", "Less", "LessEqual",
        "Greater", "GreaterEqual", "Cast", "Identity", "FloorDiv", "FloorMod", "Neg", "AssignVariableOp",
        "AssignAddVariableOp", "AssignSubVariableOp", "StridedSlice", "Pack", "Fill", "Square",
    )
)
"""Operations that do with a number what they do with a constant, and whose gradients do, too."""

_FUNCTIONS = frozenset(
    id(function)
    for function in (
        tf.add, tf.subtract, tf.multiply, tf.divide, tf.maximum, tf.minimum, tf.equal, tf.not_equal, tf.less,
        tf.less_equal, tf.greater, tf.greater_equal, tf.convert_to_tensor, tf.scalar_mul,
    )
)  # fmt: skip


def takes_numbers(function: Any) -> bool:
    """Does this function only make a tensor of a Python number that it is given?"""
    owner = getattr(function, "__self__", None)
    if isinstance(owner, tf.Variable):
        return function.__name__ in ("assign", "assign_add", "assign_sub")
    return id(function) in _FUNCTIONS


def takes_arrays(function: Any, only_first: bool) -> bool:
    """Does it first of all make tensors of the NumPy arrays that it is given, of its first argument alone if
    `only_first`? Keras's layers do so with their input."""
    if effects.effect(function) == effects.PURE:
        return True
    kind = type(function)
    if not (only_first and library_objects.is_watched(function) and "Layer" in library_objects.families(kind)):
        return False
    is_functional = kind.__name__ == "Functional" and library_objects.is_framework(kind)  # it converts when it runs
    return is_functional or getattr(function, "_convert_input_args", True) is True


def makes_constant(function: Any) -> bool:
    """Is it a function that makes the same tensor of the same Python values or arrays, and looks at nothing else?"""
    return function is tf.constant or function is tf.cast or function is tf.convert_to_tensor


def require_plain_uses(symbols: Iterable[Any]) -> None:
    """An operation that looks at the value of a constant would do something else with an input."""
    for symbol in symbols:
        _require_plain(symbol, 0)


def _require_plain(tensor: Any, depth: int) -> None:
    for operation in tensor.consumers():
        if private.holds_functions(operation) and depth < 8:
            given = list(operation.inputs)[1 if operation.type.endswith(("If", "Case")) else 0 :]
            for name in private.function_names(operation):
                graph = private.function_graph(operation.graph, name)
                if graph is None:
                    raise exact.Inexact("uses a varying Python number in a function of the graph")
                for i, each in enumerate(given):
                    if each is tensor:
                        _require_plain(graph.inputs[i], depth + 1)
        elif operation.type not in _USES:
            raise exact.Inexact(f"uses a varying Python number in an operation {operation.type}")


def item(subject: Any, key: Any, actual: Any) -> Any:
    """`subject[key]` of a tensor, with tensors in the key where `actual` has Python numbers; and the shape that it has
    with these."""
    if isinstance(subject, tf.Variable) or not subject.shape.is_fully_defined():
        return None
    shape = np.broadcast_to(np.int8(0), subject.shape.as_list())[actual].shape
    result = get_item(subject, key)
    result.set_shape(shape)
    return result


def _converted(value: Any, dtype: Any = None, name: Any = None, as_ref: bool = False) -> Any:
    if dtype is None and not hasattr(value, "relaxed"):
        # Who asks so may look at the Python type as well, as Keras does.
        raise exact.Inexact("makes a tensor of a varying Python number, of a dtype that is not said")
    return value.as_tensor(dtype)


tf.register_tensor_conversion_function(Varying, _converted)
