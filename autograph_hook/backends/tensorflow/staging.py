"""What staging without decorators asks of TensorFlow: what is symbolic, what guards a tensor, what surrounds
a call.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from autograph_hook.backends.tensorflow import private
from autograph_hook.backends.tensorflow.compile import Compiled, VariableCreation, seeded, trace
from autograph_hook.backends.tensorflow.exact import Inexact, exactly
from autograph_hook.backends.tensorflow.failures import Unordered

_EAGER = tf.__internal__.EagerTensor  # no tensor is made for it: that would set up the devices
_FRAMEWORKS = ("tensorflow", "keras", "tf_keras")


def is_symbolic(value: Any) -> bool:
    """Does the value stand for a result of the graph that is being built?"""
    if isinstance(value, tf.Tensor):
        return type(value) is not _EAGER
    if isinstance(value, private.CompositeTensor) and not isinstance(value, tf.Variable):
        return any(is_symbolic(part) for part in tf.nest.flatten(value, expand_composites=True))
    if isinstance(value, tf.TensorArray):
        return is_symbolic(value.flow)
    return False


def is_tensor(value: Any) -> bool:
    return isinstance(value, tf.Tensor)


def provides(value: Any) -> bool:
    """Is this a module, function, class or object of TensorFlow or Keras? No code of the value's own is run."""
    if isinstance(value, types.ModuleType):
        name = types.ModuleType.__getattribute__(value, "__name__")
    elif isinstance(value, types.FunctionType):
        name = value.__module__
    else:
        name = type.__getattribute__(value if isinstance(value, type) else type(value), "__module__")
    return isinstance(name, str) and name.partition(".")[0] in _FRAMEWORKS


def tensor_test(value: Any) -> Callable[[Any], bool] | None:
    """A test that another value is an eager tensor of the same dtype and shape; None for other values."""
    if type(value) is not _EAGER or value.dtype in (tf.resource, tf.variant):
        return None
    dtype, shape = value.dtype, private.shape_tuple(value)
    shape_of, kind = private.shape_tuple, _EAGER

    def fits(other: Any) -> bool:
        return type(other) is kind and other.dtype is dtype and shape_of(other) == shape

    return fits


def environment() -> Any:
    """What surrounds a call and changes what TensorFlow does in it; None where nothing is staged."""
    if tf.config.functions_run_eagerly() or tf.distribute.has_strategy():
        return None
    return private.surroundings()


def compile(
    function: Callable[[list[Any]], Sequence[Any]], inputs: Sequence[Any], name: str, xla: bool
) -> Compiled:
    """Trace a function for staging. Raises an Exception where the graph could not stand for the eager run."""
    try:
        with exactly():
            compiled = trace(function, inputs, name, xla)
    except (VariableCreation, Unordered, Inexact) as error:
        raise RuntimeError(str(error)) from None
    kind = seeded(compiled.concrete.graph)
    if kind is not None:
        raise RuntimeError(f"draws random numbers from a seed ({kind})")
    return compiled


_WRAPPERS = {"ListWrapper": list, "_DictWrapper": dict, "_TupleWrapper": tuple}


def content(value: Any) -> type | None:
    """What a container of TensorFlow's behaves as: shapes, and what `tf.Module` puts in the place of containers."""
    kind = type(value)
    if kind is tf.TensorShape:
        return tuple
    if kind.__module__ == "tensorflow.python.trackable.data_structures":
        return _WRAPPERS.get(kind.__name__)
    return None
