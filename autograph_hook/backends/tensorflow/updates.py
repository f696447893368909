"""`x[key] = value` on a tensor: a new tensor, in which the chosen elements are others.

Every form of index that reads elements can set them: the same index, used on the positions of all elements, says which
ones. A whole row or a single element is found without that.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from autograph_hook.backends.tensorflow import values


def updated(tensor: Any, key: Any, value: Any) -> Any:
    """The tensor after `tensor[key] = value`.

    >>> updated(tf.constant([1, 2, 3, 4]), slice(1, None, 2), 0).numpy().tolist()
    [1, 0, 3, 0]
    """
    tensor = tf.convert_to_tensor(tensor)
    value = tf.convert_to_tensor(value, tensor.dtype)
    keys = key if isinstance(key, tuple) else (key,)
    rank = tensor.shape.rank
    if rank is not None and 0 < len(keys) <= rank and all(map(_is_index, keys)):
        made = _one(tensor, keys, value)
    else:
        made = _several(tensor, key, value)
    made.set_shape(tensor.shape)
    return made


def _is_index(key: Any) -> bool:
    if isinstance(key, values.TENSORS):
        return bool(key.dtype.is_integer) and key.shape.rank == 0
    return isinstance(key, int) and not isinstance(key, bool)


def _one(tensor: Any, keys: tuple[Any, ...], value: Any) -> Any:
    """One row, or one element."""
    sizes = tf.shape(tensor)
    places = []
    for axis, key in enumerate(keys):
        known = tensor.shape[axis]
        if isinstance(key, int):
            if known is not None and not -known <= key < known:
                raise IndexError(f"index {key} is out of bounds for axis {axis} with size {known}")
            places.append(key if key >= 0 else key + (sizes[axis] if known is None else known))
        else:
            key = tf.cast(key, tf.int32)
            places.append(tf.where(key < 0, key + sizes[axis], key))
    row = tf.broadcast_to(value, sizes[len(keys) :])
    return tf.tensor_scatter_nd_update(tensor, tf.stack(places)[None], row[None])


def _several(tensor: Any, key: Any, value: Any) -> Any:
    sizes = tf.shape(tensor)
    everything = tf.reshape(tf.range(tf.size(tensor)), sizes)
    everything.set_shape(tensor.shape)
    chosen = tf.gather(everything, key) if _is_index_list(key) else everything[key]
    new = tf.reshape(tf.broadcast_to(value, tf.shape(chosen)), [-1])
    flat = tf.tensor_scatter_nd_update(tf.reshape(tensor, [-1]), tf.reshape(chosen, [-1, 1]), new)
    return tf.reshape(flat, sizes)


def _is_index_list(key: Any) -> bool:
    """Indices of rows; those that are out of bounds are an error, and negative ones are not counted from the end."""
    if isinstance(key, list):
        return all(map(_is_index, key))
    return isinstance(key, values.TENSORS) and key.dtype.is_integer and key.shape.rank not in (0, None)
