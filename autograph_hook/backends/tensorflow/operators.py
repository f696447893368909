"""The operators that are not control flow: `not`, `in`, `[]`, unpacking, iterating, `assert`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from autograph_hook.backends.protocol import Location
from autograph_hook.backends.tensorflow import exact, indices, list_functions, list_methods, lists, picking, values
from autograph_hook.backends.tensorflow.combined_walks import Lazy
from autograph_hook.backends.tensorflow.elements import refused
from autograph_hook.errors import StagingError


def not_(value: Any) -> Any:
    holds = values.truth(value)
    return not holds if isinstance(holds, bool) else tf.logical_not(holds)


def contains(container: Any, element: Any) -> Any:
    """`element in container`: equality with any element, compared one by one for a Python container."""
    if lists.is_staged(container):
        container = list_functions.tensor_of(container)
    if isinstance(container, values.TENSORS):
        return tf.reduce_any(tf.equal(container, element))
    if isinstance(container, tf.RaggedTensor):
        return tf.reduce_any(tf.equal(container.flat_values, element))
    if not isinstance(container, (list, tuple, set, frozenset, dict, range)):
        return element in container
    symbolic = []
    for each in container:
        holds = values.found(each, element)
        if holds is True:
            return True
        if holds is not False:
            symbolic.append(holds)
    return tf.reduce_any(tf.stack(symbolic)) if symbolic else False


def get_item(subject: Any, key: Any) -> Any:
    if indices.holds(key):
        return picking.item(subject, key)
    if isinstance(subject, tf.TensorArray):
        return subject.read(key)
    if (
        isinstance(subject, (tf.Tensor, tf.Variable))
        and subject.dtype == tf.string
        and subject.shape.rank == 0
    ):
        return tf.strings.substr(subject, key, 1)
    if isinstance(subject, (list, tuple)) and isinstance(key, values.TENSORS):
        return _stacked(subject)[key]
    return subject[key]


def _stacked(elements: Sequence[Any]) -> Any:
    """The elements as one tensor, from which a graph can pick."""
    try:
        return tf.stack(list(elements))
    except (TypeError, ValueError, tf.errors.OpError):
        kinds = ", ".join(dict.fromkeys(map(values.describe, elements)))
        raise StagingError(
            f"an index that is known only when the graph runs picks from elements of different kinds: {kinds}. It can "
            "pick from tensors and numbers of one dtype and shape: choose between others with `if`, or use a Python "
            "int as the index"
        ) from None


def iterate(value: Any) -> Any:
    """The elements as a Python list, where their number is known while tracing."""
    if lists.is_staged(value):
        elements = lists.listed(value)
        if elements is None:
            raise refused("the elements are listed while the graph is built, of")
        return elements
    if isinstance(value, values.TENSORS):
        tensor = tf.convert_to_tensor(value)
        if tensor.shape.rank == 0:
            raise TypeError("iteration over a 0-d tensor")
        if tensor.shape.rank is not None and tensor.shape[0] is not None:
            return tf.unstack(tensor)
        raise StagingError(
            f"the elements of a tensor of shape {tensor.shape} cannot be listed while the graph is built, "
            "because their number is known only when it runs: use a `for` loop over it, or give it a known "
            "first dimension"
        )
    if isinstance(value, tf.RaggedTensor):
        rows = value.shape[0]
        if rows is not None:
            return [value[row] for row in range(rows)]
    if isinstance(value, Lazy):
        elements = value.listed()
        if elements is not None:
            return elements
    if isinstance(value, (*values.STAGED, Lazy)):
        what = f"{value}" if isinstance(value, Lazy) else values.describe(value)
        raise StagingError(
            f"the elements of {what} cannot be listed while the graph is built, "
            "because their number is known only when it runs: use a `for` loop over it"
        )
    return value


def unpack(value: Any, before: int, starred: bool, after: int) -> Sequence[Any]:
    if lists.is_staged(value) and lists.listed(value) is None:
        return list_methods.unpack(value, before, starred, after)
    elements = list(iterate(value))
    if not starred:
        if len(elements) > before:
            raise ValueError(f"too many values to unpack (expected {before})")
        if len(elements) < before:
            raise ValueError(f"not enough values to unpack (expected {before}, got {len(elements)})")
        return elements
    if len(elements) < before + after:
        raise ValueError(
            f"not enough values to unpack (expected at least {before + after}, got {len(elements)})"
        )
    end = len(elements) - after
    return [*elements[:before], elements[before:end], *elements[end:]]


def check(condition: Any, message: Callable[[], Any] | None, where: Location) -> None:
    """An assertion that the graph checks when it runs, in order with its other effects; the operations of its message
    run only if it fails. In a trace of ours it has none: the plain run raises what the user expects.
    """
    holds = values.truth(condition)
    if isinstance(holds, bool):
        if not holds:
            raise AssertionError() if message is None else AssertionError(message())
        return
    place = f"{where}: assertion failed"
    if message is None or exact.is_demanded():
        tf.debugging.Assert(holds, [place])
        return

    def fail() -> Any:
        return tf.debugging.Assert(False, [place, *_shown(message)])

    tf.cond(holds, tf.no_op, fail)


def _shown(message: Callable[[], Any]) -> list[Any]:
    """The parts of a message, as tensors and texts."""
    try:
        text = message()
    except Exception as error:
        return [f"(its message cannot be made in a graph: {type(error).__name__}: {error})"]
    parts = list(text) if isinstance(text, (list, tuple)) else [text]
    return [part if isinstance(part, values.CARRIED) else str(part) for part in parts]
