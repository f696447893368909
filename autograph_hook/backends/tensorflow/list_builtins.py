"""Python's builtins given a list whose length is known only when the graph runs."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from autograph_hook.backends.tensorflow import exact, list_functions, list_methods, lists
from autograph_hook.backends.tensorflow.elements import Elements, refused

Builtin = Callable[..., Any]


def for_lists(function: Builtin, other: Builtin | None) -> Builtin | None:
    """What stands for a builtin where its first argument may be such a list; `other` does for all else."""
    own = TABLE.get(function) if Elements.alive else None
    return other if own is None else functools.partial(_decided, function, own, other)


def _decided(function: Builtin, own: Builtin, other: Builtin | None, /, *args: Any, **options: Any) -> Any:
    if args and lists.is_staged(args[0]):
        return own(other, *args, **options)
    return (other or function)(*args, **options)


def _len(other: Builtin, value: list[Any]) -> Any:
    count = lists.length(value)
    if not isinstance(count, int) and exact.is_demanded():
        raise exact.Inexact("takes the length of a list that a loop or branch of the graph changes")
    return count


def _of_tensor(other: Builtin, value: list[Any], *args: Any, **options: Any) -> Any:
    """The builtin of the elements as one tensor."""
    if exact.is_demanded():
        raise exact.Inexact("reduces a list that a loop or branch of the graph changes")
    return other(list_functions.tensor_of(value), *args, **options)


def _sum(other: Builtin, value: list[Any], start: Any = 0) -> Any:
    if exact.is_demanded():
        raise exact.Inexact("sums up a list that a loop or branch of the graph changes")
    total = tf.reduce_sum(list_functions.tensor_of(value), axis=0)
    return total if isinstance(start, int) and start == 0 else start + total


def _list(other: Builtin, value: list[Any]) -> list[Any]:
    return value.copy()


def _reversed(other: Builtin, value: list[Any]) -> list[Any]:
    found = value.copy()
    list_methods.reverse(found)
    return found


def _tuple(other: Builtin, value: list[Any]) -> tuple[Any, ...]:
    return tuple(_listed(value, "tuple"))


def _iter(other: Builtin, value: list[Any]) -> Any:
    return iter(_listed(value, "iter"))


def _listed(value: list[Any], name: str) -> list[Any]:
    elements = lists.listed(value)
    if elements is None:
        raise refused(f"{name}() needs the elements of")
    return elements


TABLE: dict[Any, Builtin] = {
    len: _len,
    sum: _sum,
    **dict.fromkeys((min, max, any, all, sorted), _of_tensor),
    reversed: _reversed,
    list: _list,
    tuple: _tuple,
    iter: _iter,
}
