"""Python's `min`, `max`, `sum`, `any`, `all` and `sorted` of tensors, of lists that hold tensors, and of datasets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from autograph_hook.backends.tensorflow import calls, exact, operators, private, values, walks
from autograph_hook.errors import StagingError

# Up to this length a sum is added up one by one, as Python does; beyond it is one reduction.
SEQUENTIAL = 64


def extreme(name: str, reduce: Callable[..., Any], better: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def found(*args: Any, key: Callable[..., Any] | None = None, **options: Any) -> Any:
        if options:
            raise StagingError(
                f"{name}() of tensors takes no {', '.join(sorted(options))} while a graph is built: use a loop"
            )
        if len(args) > 1 or not isinstance(args[0], values.TENSORS):
            return _best(args if len(args) > 1 else operators.iterate(args[0]), key, better)
        tensor = tf.convert_to_tensor(args[0])
        if key is None:
            _one_dimension(tensor, name)
        size = walks.length(tensor)
        if isinstance(size, int):
            if size == 0:
                raise ValueError(f"{name}() arg is an empty sequence")
            return _reduced(tensor, key, reduce)
        with tf.control_dependencies([tf.debugging.Assert(size > 0, [f"{name}() arg is an empty sequence"])]):
            return _reduced(tf.identity(tensor), key, reduce)

    return found


def _best(elements: Sequence[Any], key: Callable[..., Any] | None, better: Callable[[Any, Any], Any]) -> Any:
    """The first element of which no other is better, one by one."""
    best, *others = elements
    best_key = best if key is None else calls.call(key, (best,), {})
    exact.note_choice()
    for value in others:
        value_key = value if key is None else calls.call(key, (value,), {})
        wins = values.truth(better(value_key, best_key))
        best, best_key = tf.where(wins, value, best), tf.where(wins, value_key, best_key)
    return best


def _reduced(tensor: Any, key: Callable[..., Any] | None, reduce: Callable[..., Any]) -> Any:
    if key is None:
        return reduce(tensor, axis=0)
    find = tf.argmin if reduce is tf.reduce_min else tf.argmax
    return tf.gather(tensor, find(_keys(key, tensor)))


def _one_dimension(tensor: Any, name: str) -> None:
    if tensor.shape.rank == 0:
        raise TypeError("iteration over a 0-d tensor")
    if tensor.shape.rank not in (1, None):
        raise ValueError(
            f"{name}() of a tensor of shape {tensor.shape} compares whole rows, which have no one truth"
        )


def sum_(iterable: Any, start: Any = 0) -> Any:
    if isinstance(iterable, tf.data.Dataset):
        element = iterable.element_spec
        return iterable.reduce(tf.cast(start, element.dtype), lambda total, value: total + value)
    if isinstance(iterable, values.TENSORS):
        tensor = tf.convert_to_tensor(iterable)
        size = walks.length(tensor)
        if not isinstance(size, int) or size > SEQUENTIAL:
            total = tf.reduce_sum(tensor, axis=0)
            return total if isinstance(start, int) and start == 0 else start + total
    return sum(operators.iterate(iterable), start)


def any_(iterable: Any) -> Any:
    if isinstance(iterable, tf.data.Dataset):
        hits = iterable.filter(values.truth).take(1)
        return hits.reduce(tf.constant(False), lambda _, element: tf.constant(True))
    return _all_or_any(iterable, tf.reduce_any, "any")


def all_(iterable: Any) -> Any:
    if isinstance(iterable, tf.data.Dataset):
        misses = iterable.filter(lambda element: tf.logical_not(values.truth(element))).take(1)
        return misses.reduce(tf.constant(True), lambda _, element: tf.constant(False))
    return _all_or_any(iterable, tf.reduce_all, "all")


def _all_or_any(iterable: Any, reduce: Callable[..., Any], name: str) -> Any:
    if not isinstance(iterable, values.TENSORS):
        return reduce(tf.stack([values.truth(element) for element in operators.iterate(iterable)]))
    tensor = tf.convert_to_tensor(iterable)
    _one_dimension(tensor, name)
    return reduce(tensor if tensor.dtype == tf.bool else tf.cast(tensor, tf.bool))


def sorted_(iterable: Any, *, key: Callable[..., Any] | None = None, reverse: bool = False) -> Any:
    """The sorted elements: of a tensor as a tensor, of all else as a list."""
    if not isinstance(iterable, values.TENSORS):
        return _sorted_list(list(operators.iterate(iterable)), key, reverse)
    tensor = tf.convert_to_tensor(iterable)
    direction = "DESCENDING" if reverse else "ASCENDING"
    if key is None:
        _one_dimension(tensor, "sorted")
        return tf.sort(tensor, direction=direction)
    return tf.gather(tensor, tf.argsort(_keys(key, tensor), direction=direction, stable=True))


def _sorted_list(elements: list[Any], key: Callable[..., Any] | None, reverse: bool) -> list[Any]:
    keys = elements if key is None else [calls.call(key, (element,), {}) for element in elements]
    if not any(isinstance(each, values.TENSORS) for each in keys):
        order = sorted(range(len(elements)), key=keys.__getitem__, reverse=reverse)
        return [elements[place] for place in order]
    try:
        stacked, stacked_keys = tf.stack(elements), tf.stack(keys)
    except (TypeError, ValueError, tf.errors.OpError) as error:
        raise StagingError(
            "sorted() of a list in an order that is known only when the graph runs needs elements that are tensors "
            f"of one dtype and shape: {error}"
        ) from error
    exact.note_choice()
    order = tf.argsort(stacked_keys, direction="DESCENDING" if reverse else "ASCENDING", stable=True)
    return list(tf.unstack(tf.gather(stacked, order)))


def _keys(key: Callable[..., Any], tensor: Any) -> Any:
    return tf.map_fn(
        lambda element: calls.call(key, (element,), {}), tensor, fn_output_signature=_key_spec(key, tensor)
    )


def _key_spec(key: Callable[..., Any], tensor: Any) -> Any:
    with private.scratch_graph().as_default():
        element = tf.compat.v1.placeholder(tensor.dtype, tensor.shape[1:])
        return tf.TensorSpec([], values.dtype_of(calls.call(key, (element,), {})))
