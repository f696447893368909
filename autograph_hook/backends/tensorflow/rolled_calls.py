"""What the body of a rolled loop may call, and which functions take the loop's index.

A function that is given the index is called with a tensor in its place, of the dtype that it would itself have made of
a Python int. So only functions are named here for which an int and such a tensor are the same, shapes included.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from autograph_hook.backends.tensorflow import effects, indices

_COUNTED: dict[str, tuple[int, str]] = {
    "cast": (0, "x"), "one_hot": (0, "indices"), "gather": (1, "indices"), "convert_to_tensor": (0, "value"),
}  # fmt: skip
"""Where these take an int that becomes a tensor of int32."""

_LIKE_THE_OTHER = (
    "add subtract multiply divide minimum maximum equal not_equal less less_equal greater greater_equal pow"
)


@functools.lru_cache(maxsize=1)
def _counted() -> dict[int, tuple[int, str]]:
    return {id(getattr(tf, name)): place for name, place in _COUNTED.items()}


@functools.lru_cache(maxsize=1)
def _like_the_other() -> frozenset[int]:
    functions = [*(getattr(tf, name) for name in _LIKE_THE_OTHER.split()), tf.math.floordiv, tf.math.floormod]
    return frozenset(map(id, functions))


def with_index(
    function: Any, arguments: tuple[Any, ...], keywords: Mapping[str, Any]
) -> tuple[Any, tuple[Any, ...], Mapping[str, Any]] | None:
    if not indices.holds(list(arguments)) and not indices.holds(dict(keywords)):
        return None
    found = indices.find([arguments, dict(keywords)])
    assert found is not None
    place = _counted().get(id(function))
    if place is not None:
        position, name = place
        given = [_counted_tensor(value) if i == position else value for i, value in enumerate(arguments)]
        named = {key: _counted_tensor(value) if key == name else value for key, value in keywords.items()}
        if function is tf.convert_to_tensor and (len(given) > 1 or len(named) + len(given) > 1):
            found.attempt.refuse("the loop's index is made a tensor of another dtype by tf.convert_to_tensor")
        if not indices.holds(given) and not indices.holds(named):
            return function, tuple(given), named
    elif id(function) in _like_the_other() and len(arguments) == 2:
        one, other = arguments
        if isinstance(one, (tf.Tensor, tf.Variable)):
            return function, (one, other.as_tensor(one.dtype)), keywords
        if isinstance(other, (tf.Tensor, tf.Variable)):
            return function, (one.as_tensor(other.dtype), other), keywords
    elif function is tf.constant and type(arguments[0]) is indices.Index and len(arguments) + len(keywords) <= 2:
        return tf.convert_to_tensor, (arguments[0].as_tensor(*arguments[1:], **keywords),), {}
    elif _is_array_access(function) and arguments and not indices.holds([*arguments[1:], dict(keywords)]):
        return function, (_counted_tensor(arguments[0]), *arguments[1:]), keywords
    name = getattr(function, "__qualname__", None) or type(function).__qualname__
    found.attempt.refuse(f"the loop's index is given to {name}, which might look at the number")


def _is_array_access(function: Any) -> bool:
    return (
        isinstance(function, types.MethodType)
        and isinstance(function.__self__, tf.TensorArray)
        and function.__name__ in ("read", "write")
    )


def _counted_tensor(value: Any) -> Any:
    return value.as_tensor() if type(value) is indices.Index else value


_OF_ARRAYS = frozenset({"read", "write", "size", "stack", "concat", "gather", "unstack", "scatter", "identity"})


def is_traceable(function: Any) -> bool:
    if isinstance(function, types.MethodType):
        owner = function.__self__
        if isinstance(owner, tf.TensorArray):
            return function.__name__ in _OF_ARRAYS
        if isinstance(owner, (tf.Tensor, tf.RaggedTensor, tf.SparseTensor)):
            return True
        if _is_keras_layer(owner):
            return function.__name__ in ("__call__", "call") and _is_quiet(owner)
    return (_is_keras_layer(function) and _is_quiet(function)) or effects.effect(function) is not None


def _is_keras_layer(value: Any) -> bool:
    """A layer of a class that Keras itself provides."""
    kind = type(value)
    return kind.__module__.startswith("keras.src.layers.") and hasattr(value, "_flatten_layers")


def _is_quiet(layer: Any) -> bool:
    """Does a call of this layer do nothing but build operations: no building, no losses, no other classes inside?"""
    return all(
        _is_keras_layer(inner)
        and inner.built
        and getattr(inner, "activity_regularizer", None) is None
        and not getattr(inner, "stateful", False)
        and type(inner).__name__ not in ("Lambda", "ActivityRegularization", "TFSMLayer")
        for inner in layer._flatten_layers()
    )
