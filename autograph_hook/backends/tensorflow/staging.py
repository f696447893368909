"""What staging without decorators asks of TensorFlow: what is symbolic, what guards a tensor, what surrounds
a call.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from autograph_hook.backends.tensorflow import gradients, library_objects, private, random_calls
from autograph_hook.backends.tensorflow.compile import Compiled, VariableCreation, seeded, trace
from autograph_hook.backends.tensorflow.exact import Inexact, exactly
from autograph_hook.backends.tensorflow.failures import Unordered
from autograph_hook.errors import StagingError

_EAGER = tf.__internal__.EagerTensor  # no tensor is made for it: that would set up the devices
_FRAMEWORKS = ("tensorflow", "keras", "tf_keras", "sonnet", "tensorflow_probability")


def is_symbolic(value: Any) -> bool:
    """Does the value stand for a result of the graph that is being built?"""
    if isinstance(value, tf.Tensor):
        return type(value) is not _EAGER
    if isinstance(value, private.CompositeTensor) and not isinstance(value, tf.Variable):
        if library_objects.is_watched(value):
            return False  # a distribution, say: an object that holds tensors
        return any(is_symbolic(part) for part in tf.nest.flatten(value, expand_composites=True))
    if isinstance(value, tf.TensorArray):
        return is_symbolic(value.flow)
    return False


def is_tensor(value: Any) -> bool:
    return isinstance(value, tf.Tensor)


def provides(value: Any) -> bool:
    """Is this a module, function, class or object of TensorFlow or a known library? No code of the value's own runs."""
    if isinstance(value, types.ModuleType):
        name = types.ModuleType.__getattribute__(value, "__name__")
    elif isinstance(value, types.FunctionType):
        name = value.__module__
    else:
        name = type.__getattribute__(value if isinstance(value, type) else type(value), "__module__")
    return isinstance(name, str) and name.partition(".")[0] in _FRAMEWORKS


def tensor_test(value: Any) -> Callable[[Any], bool] | None:
    """A test that another value is an eager tensor of the same dtype and shape; None for other values."""
    if type(value) is not _EAGER or value.dtype in (tf.resource, tf.variant) or library_objects.has_mask(value):
        return None
    dtype, shape = value.dtype, private.shape_tuple(value)
    shape_of, kind = private.shape_tuple, _EAGER

    def fits(other: Any) -> bool:
        return type(other) is kind and other.dtype is dtype and shape_of(other) == shape

    return fits


_TRACKING = frozenset({"AutoTrackable", "KerasAutoTrackable", "Layer"})


def sets_plainly(owner: Any) -> bool:
    """Of what keeps track of the variables and layers that are its attributes, and does nothing to other values."""
    setters = [kind for kind in type(owner).__mro__ if kind is not object and "__setattr__" in vars(kind)]
    return all(provides(kind) and kind.__name__ in _TRACKING for kind in setters)


def environment() -> Any:
    """What surrounds a call and changes what TensorFlow does in it; None where nothing is staged."""
    if tf.config.functions_run_eagerly() or tf.distribute.has_strategy():
        return None
    return private.surroundings()


def compile(
    function: Callable[[list[Any]], Sequence[Any]], inputs: Sequence[Any], name: str, xla: bool
) -> Compiled:
    """Trace a function for staging. Raises an Exception where the graph could not stand for the eager run."""
    gradients.install()
    try:
        with exactly():
            whole = unmasked(function)
            compiled: Compiled = random_calls.traced(lambda f, given: trace(f, given, name, xla), whole, inputs)
    except (VariableCreation, Unordered, Inexact) as error:
        raise StagingError(str(error)) from error
    except (TypeError, ValueError, NotImplementedError) as error:
        raise StagingError(_plainly(error)) from error
    kind = seeded(compiled.concrete.graph)
    if kind is not None:
        raise StagingError(random_calls.refusal(kind))
    return compiled


def unmasked(function: Callable[[list[Any]], Sequence[Any]]) -> Callable[[list[Any]], Sequence[Any]]:
    """The function, which returns no tensor with the mask that Keras hangs on it."""

    def traced(symbols: list[Any]) -> Sequence[Any]:
        outputs = function(symbols)
        if any(map(library_objects.has_mask, outputs)):
            raise Inexact("returns a tensor that carries a Keras mask")
        return outputs

    return traced


_NODE = " for '{{node"
_SAYINGS = (
    ("Iterating over a symbolic", "takes a tensor apart in a way that a graph does not carry: use a `for` loop"),
    ("as a Python `bool`", "asks Python for the truth of a tensor"),
    ("object cannot be interpreted as an integer", "uses a tensor as a Python number"),
    ("only length-1 arrays", "uses a tensor as a Python number"),
    ("must be real number", "uses a tensor as a Python number"),
    ("is unhashable", "uses a tensor as a key of a dictionary or an element of a set"),
    ("len is not well defined", "asks for the length of a tensor where only Python knows it"),
    ("NumPy call", "gives a tensor to NumPy"),
    ("a NumPy array", "gives a tensor to NumPy"),
)


def _plainly(error: Exception) -> str:
    """What an error that only a graph raises means for the user's function; else what it says itself."""
    text = str(error).strip().split("\n")[0]
    for part, meaning in _SAYINGS:
        if part in text and ("ymbolic" in text or "Tensor is unhashable" in text):
            return meaning
    return f"raises {type(error).__name__}: {text.partition(_NODE)[0]}"


_WRAPPERS = {"ListWrapper": list, "_DictWrapper": dict, "_TupleWrapper": tuple}
_TRACKED = {"TrackedList": list, "TrackedDict": dict, "TrackedSet": set}


def content(value: Any) -> type | None:
    """What a container of TensorFlow's behaves as: shapes, and what modules and layers put in the place of
    containers."""
    kind = type(value)
    if kind is tf.TensorShape:
        return tuple
    if kind.__module__ == "tensorflow.python.trackable.data_structures":
        return _WRAPPERS.get(kind.__name__)
    if kind.__module__ == "keras.src.utils.tracking":
        return _TRACKED.get(kind.__name__)
    return None
