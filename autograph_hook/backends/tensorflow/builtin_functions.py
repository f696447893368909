"""What stands for Python's builtins when an argument is staged: one entry of `TABLE` for each.

Where Python's builtin already does the right thing on tensors (`abs`, `pow`, `round`, `isinstance`, `str`,
...) it has no entry. Numbers that are Python's in an eager run become tensors: `int(x)` is of int32 and
`float(x)` of float32, as under TensorFlow's own conversion.
"""

from __future__ import annotations

import builtins
import functools
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from autograph_hook.backends.protocol import Location
from autograph_hook.backends.tensorflow import (
    branching,
    calls,
    list_builtins,
    operators,
    private,
    reductions,
    subjects,
    values,
    walks,
)
from autograph_hook.backends.tensorflow.combined_walks import Enumerated, Filtered, Lazy, Mapped, Zipped, python_name
from autograph_hook.errors import StagingError

HERE = Location("<builtin>", 0, "next")


def builtin(function: Callable[..., Any]) -> Callable[..., Any] | None:
    if function is print and not private.converting():
        return None
    try:
        return list_builtins.for_lists(function, TABLE.get(function))
    except TypeError:
        return None


def _print(*objects: Any, **options: Any) -> None:
    """What TensorFlow's AutoGraph makes of `print`: values, each time the graph runs."""
    tensors = [value for value in objects if isinstance(value, values.TENSORS)]
    if not tensors or len(tensors) < builtins.sum(isinstance(value, values.STAGED) for value in objects):
        print(*objects, **options)
        return

    def show(*given: Any) -> None:
        evaluated = iter(given)
        shown = [_shown(next(evaluated)) if isinstance(value, values.TENSORS) else value for value in objects]
        print(*shown, **{"flush": True, **options})

    tf.py_function(show, [tf.convert_to_tensor(tensor) for tensor in tensors], [])


def _shown(tensor: Any) -> Any:
    value = tensor.numpy()
    return value.decode("utf-8") if isinstance(value, bytes) else value


def _len(value: Any) -> Any:
    if isinstance(value, values.TENSORS):
        if value.shape.rank == 0:
            raise TypeError("object of type 'Tensor' of shape () has no len()")
        return walks.length(tf.convert_to_tensor(value))
    if isinstance(value, tf.RaggedTensor):
        return tf.cast(value.nrows(), tf.int32)
    if isinstance(value, tf.TensorArray):
        return value.size()
    if isinstance(value, tf.data.Dataset):
        size = value.cardinality()
        known = tf.logical_and(size != tf.data.INFINITE_CARDINALITY, size != tf.data.UNKNOWN_CARDINALITY)
        with tf.control_dependencies(
            [tf.debugging.Assert(known, ["len() of a dataset without a known length"])]
        ):
            return tf.identity(size)
    return len(value)


def _range(first: Any, end: Any = None, step: Any = None) -> Any:
    """An integer range as a tensor, empty where Python's is; a loop over it never makes it."""
    if end is None:
        first, end = 0, first
    given = [value for value in (first, end, step) if isinstance(value, values.TENSORS)]
    dtype = given[0].dtype
    for value in given[1:]:
        dtype = values.promote(dtype, value.dtype) or dtype
    first, end, step = (values.as_tensor(value, dtype) for value in (first, end, 1 if step is None else step))
    forward = tf.get_static_value(step)
    if forward is None:
        end = tf.where(step > 0, tf.maximum(first, end), tf.minimum(first, end))
    elif forward == 0:
        raise ValueError("range() arg 3 must not be zero")
    else:
        end = tf.maximum(first, end) if forward > 0 else tf.minimum(first, end)
    return tf.range(first, end, step)


def _enumerate(subject: Any, start: Any = 0) -> Any:
    if not subjects.is_iterable(subject):
        return enumerate(subject, start)
    dtype = tf.int64 if isinstance(subject, tf.data.Dataset) and private.converting() else tf.int32
    if isinstance(start, values.TENSORS):
        dtype = start.dtype
    return Lazy(Enumerated(subjects.walk_together(subject, "enumerate"), start, dtype))


def _zip(*iterables: Any, strict: bool = False) -> Any:
    if any(isinstance(subject, subjects.TAKEN) for subject in iterables):
        # Beside what only the graph can count, a Python range is counted by the graph.
        iterables = tuple(_range_tensor(subject) if type(subject) is range else subject for subject in iterables)
    if all(subjects.is_iterable(subject) for subject in iterables):
        together = [subjects.walk_together(subject, "zip") for subject in iterables]
        return Lazy(Zipped(together, strict))
    try:
        return zip(*[operators.iterate(subject) for subject in iterables], strict=strict)
    except StagingError:
        beside = [_walk_beside(subject) for subject in iterables]
        if strict or None in beside:
            raise
        return Lazy(Zipped([walk for walk in beside if walk is not None]))


def _walk_beside(subject: Any) -> walks.Walk | None:
    """The walk over a subject of `zip`, which may be an ordinary list if its elements are alike."""
    if subjects.is_iterable(subject):
        return subjects.walk_together(subject, "zip")
    return walks.OverList(list(subject)) if isinstance(subject, (list, tuple, range)) else None


def _range_tensor(numbers: range) -> Any:
    return tf.range(numbers.start, numbers.stop, numbers.step)


def _map(function: Callable[..., Any], *iterables: Any) -> Any:
    if len(iterables) == 1 and subjects.is_iterable(iterables[0]):
        return Lazy(Mapped(function, subjects.walk_over(iterables[0]), several=False))
    if all(subjects.is_iterable(subject) for subject in iterables):
        together = Zipped([subjects.walk_together(subject, "map") for subject in iterables])
        return Lazy(Mapped(function, together, several=True))
    return map(function, *(operators.iterate(subject) for subject in iterables))


def _filter(function: Callable[..., Any] | None, iterable: Any) -> Any:
    if not subjects.is_iterable(iterable):
        return filter(functools.partial(_kept, function), iterable)
    return Lazy(Filtered(function, subjects.walk_over(iterable)))


def _kept(function: Callable[..., Any] | None, element: Any) -> Any:
    holds = element if function is None else calls.call(function, (element,), {})
    if isinstance(holds, values.TENSORS):
        raise StagingError(
            "filter() cannot leave out an element of a Python list under a condition that is known only when the graph "
            "runs: use a `for` loop with an `if`, or tf.boolean_mask of a tensor"
        )
    return holds


def _int(value: Any, base: Any = None) -> Any:
    if not isinstance(value, values.TENSORS):
        return int(value) if base is None else int(value, base)
    if base not in (None, 10):
        raise StagingError(f"int() of a tensor knows base 10 only, not {base!r}, while a graph is built")
    if value.dtype == tf.string:
        return tf.strings.to_number(value, tf.int32)
    wide = value.dtype in (tf.int64, tf.uint32, tf.uint64) and not private.converting()
    return tf.cast(_scalar(value, "int"), tf.int64 if wide else tf.int32)


def _float(value: Any) -> Any:
    if not isinstance(value, values.TENSORS):
        return float(value)
    if value.dtype == tf.string:
        return tf.strings.to_number(value, tf.float32)
    wide = value.dtype == tf.float64 and not private.converting()
    return tf.cast(_scalar(value, "float"), tf.float64 if wide else tf.float32)


def _scalar(value: Any, function: str) -> Any:
    """The tensor, if Python's conversion takes it. TensorFlow's own takes any shape."""
    if value.shape.rank not in (0, None) and not private.converting():
        raise TypeError(
            f"only a 0-dimensional tensor can be converted by {function}(): its shape is {value.shape}"
        )
    return tf.convert_to_tensor(value)


def _reversed(subject: Any) -> Any:
    if isinstance(subject, values.TENSORS):
        if subject.shape.rank == 0:
            raise TypeError("iteration over a 0-d tensor")
        return tf.reverse(tf.convert_to_tensor(subject), [0])
    if isinstance(subject, tf.RaggedTensor):
        return subject[::-1]
    if isinstance(subject, Lazy):
        raise TypeError(f"'{python_name(subject)}' object is not reversible")
    return reversed(operators.iterate(subject))


def _iter(*args: Any) -> Any:
    if len(args) == 1 and isinstance(args[0], (*values.TENSORS, tf.RaggedTensor, Lazy)):
        return iter(operators.iterate(args[0]))
    return iter(*args)


def _next(iterator: Any, *default: Any) -> Any:
    if not default or not hasattr(iterator, "get_next_as_optional"):
        return next(iterator, *default)
    element = iterator.get_next_as_optional()
    return branching.select(element.has_value(), element.get_value, lambda: default[0], HERE)


def _list(iterable: Any = ()) -> list[Any]:
    return list(operators.iterate(iterable))


def _tuple(iterable: Any = ()) -> tuple[Any, ...]:
    return tuple(operators.iterate(iterable))


TABLE: dict[Any, Callable[..., Any]] = {
    print: _print,
    len: _len,
    range: _range,
    enumerate: _enumerate,
    zip: _zip,
    map: _map,
    filter: _filter,
    int: _int,
    float: _float,
    bool: values.truth,
    min: reductions.extreme("min", tf.reduce_min, lambda one, best: one < best),
    max: reductions.extreme("max", tf.reduce_max, lambda one, best: one > best),
    sum: reductions.sum_,
    any: reductions.any_,
    all: reductions.all_,
    sorted: reductions.sorted_,
    reversed: _reversed,
    iter: _iter,
    next: _next,
    list: _list,
    tuple: _tuple,
}
