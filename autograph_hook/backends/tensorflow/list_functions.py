"""Functions of TensorFlow and builtins that are given a list whose length is known only when the graph runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from autograph_hook.backends.tensorflow import lists, nests
from autograph_hook.backends.tensorflow.elements import Elements, refused


def holds_list(value: Any) -> bool:
    """Is there such a list in this argument?"""
    kind = type(value)
    if kind is dict:
        return any(map(holds_list, value.values()))
    return lists.is_staged(value) or (kind in (list, tuple) and any(map(holds_list, value)))


def call(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """Call a function that is not enabled, with such a list among its arguments."""
    other = TABLE.get(id(function))
    if other is not None:
        return other[1](*args, **kwargs)
    replace = _as_tensor if id(function) in CONVERTING else _as_list
    name = getattr(function, "__qualname__", type(function).__qualname__)
    given = [replace(value, name) for value in args]
    return function(*given, **{key: replace(value, name) for key, value in kwargs.items()})


def leave(value: Any) -> None:
    """A value is about to leave for code that is not ours: lists whose length is known after all are ordinary ones."""
    kind = type(value)
    if kind is list and lists.is_staged(value):
        graph = tf.compat.v1.get_default_graph()
        parts = [part for part in value if type(part) is Elements]
        if all(part.length is not None and all(part.handle(0).graph is graph for _ in part.handles) for part in parts):
            value[:] = lists.listed(value) or []
    elif kind is dict:
        for part in value.values():
            leave(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            leave(part)


def _as_tensor(value: Any, function: str) -> Any:
    return tensor_of(value) if lists.is_staged(value) else value


def _as_list(value: Any, function: str) -> Any:
    """An ordinary list, where the length is known after all."""
    kind = type(value)
    if lists.is_staged(value):
        listed = lists.listed(value)
        if listed is None:
            raise refused(f"{function}() is not enabled, and is given", lists.whole(value).kind)
        return listed
    if kind is dict and holds_list(value):
        return {key: _as_list(part, function) for key, part in value.items()}
    return kind([_as_list(part, function) for part in value]) if kind in (list, tuple) and holds_list(value) else value


def tensor_of(value: list[Any]) -> Any:
    """All elements as one tensor, along a new first dimension."""
    part = lists.whole(value)
    if not nests.holds_nothing(part.kind.structure):
        raise refused("the elements have several parts, so no tensor can be made of")
    return lists.stacked(part)


def _stack(values: Any, axis: int = 0, name: str = "stack") -> Any:
    if not lists.is_staged(values):
        return tf.stack([_as_tensor(value, name) for value in values], axis, name)
    tensor = tensor_of(values)
    if axis == 0:
        return tensor
    rank = tensor.shape.rank
    if rank is None:
        raise refused("the rank of the elements is not known, so tf.stack() with an axis cannot take")
    axis = axis + rank if axis < 0 else axis
    return tf.transpose(tensor, [*range(1, axis + 1), 0, *range(axis + 1, rank)])


def _concat(values: Any, axis: int, name: str = "concat") -> Any:
    if not lists.is_staged(values):
        return tf.concat([_as_tensor(value, name) for value in values], axis, name)
    part = lists.whole(values)
    spec = part.kind.specs[0]
    rank = spec.shape.rank
    if axis != 0 and (rank is None or axis != -rank):
        tensor = tensor_of(values)  # all of one shape, or the graph says so
        axis = axis + rank if axis < 0 else axis
        order = [*range(1, axis + 1), 0, *range(axis + 1, rank + 1)]
        shape = tf.shape(tensor)
        sizes = [*tf.unstack(shape[1 : axis + 1]), shape[0] * shape[axis + 1], *tf.unstack(shape[axis + 2 :])]
        joined = tf.reshape(tf.transpose(tensor, order), sizes)
        joined.set_shape([size if i != axis else None for i, size in enumerate(spec.shape.as_list())])
        return joined
    return lists.joined(part)


def _add_n(inputs: Any, name: Any = None) -> Any:
    if not lists.is_staged(inputs):
        return tf.add_n(inputs, name)
    return tf.reduce_sum(tensor_of(inputs), axis=0)


def _convert(value: Any, dtype: Any = None, dtype_hint: Any = None, name: Any = None) -> Any:
    tensor = _stack(value) if lists.is_staged(value) else tf.convert_to_tensor([_as_tensor(v, "") for v in value])
    return tensor if dtype is None else tf.cast(tensor, dtype)


TABLE: dict[int, tuple[Any, Callable[..., Any]]] = {
    id(function): (function, other)
    for function, other in (
        (tf.stack, _stack),
        (tf.concat, _concat),
        (tf.add_n, _add_n),
        (tf.convert_to_tensor, _convert),
    )
}
"""By identity, with the function, so that it stays what it is."""

CONVERTING: dict[int, Any] = {
    id(function): function
    for function in (
        tf.reduce_sum, tf.reduce_mean, tf.reduce_max, tf.reduce_min, tf.reduce_prod, tf.reduce_any, tf.reduce_all,
        tf.reduce_logsumexp, tf.math.reduce_std, tf.math.reduce_variance, tf.argmax, tf.argmin, tf.argsort, tf.sort,
        tf.cast, tf.identity, tf.shape, tf.size, tf.rank, tf.reshape, tf.transpose, tf.reverse, tf.gather, tf.unstack,
        tf.norm, tf.square, tf.sqrt, tf.exp, tf.abs, tf.math.log, tf.nn.softmax, tf.nn.relu, tf.cumsum, tf.linalg.norm,
        tf.stop_gradient, tf.squeeze, tf.expand_dims, tf.boolean_mask, tf.constant,
    )
}  # fmt: skip
"""Functions that make a tensor of a list before they do anything else."""
