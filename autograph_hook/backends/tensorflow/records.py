"""Dataclass instances as state: joined and carried field by field, as named tuples are.

    >>> @dataclasses.dataclass
    ... class Point:
    ...     x: int
    ...     y: int
    >>> fields_of(Point(1, 2))
    ('x', 'y')
    >>> made(Point, ["x", "y"], [3, 4])
    Point(x=3, y=4)
"""

from __future__ import annotations

import dataclasses
import inspect
import types
from collections.abc import Sequence
from typing import Any, cast
from weakref import WeakKeyDictionary

import tensorflow as tf

from autograph_hook.backends.tensorflow import exact

_known: WeakKeyDictionary[type, tuple[str, ...] | None] = WeakKeyDictionary()


def fields_of(value: Any) -> tuple[str, ...] | None:
    """The names of its fields, where these are all that there is to an object; None for other values.

    A trace of ours makes no objects: their identity is not the graph's business.
    """
    kind = type(value)
    if not hasattr(kind, "__dataclass_fields__") or exact.is_demanded():
        return None
    if kind not in _known:
        _known[kind] = _plain_fields(kind)
    names = _known[kind]
    if names is None or not all(hasattr(value, name) for name in names):
        return None
    more = getattr(value, "__dict__", None)
    return names if more is None or set(more) <= set(names) else None


def _plain_fields(kind: type) -> tuple[str, ...] | None:
    """The fields of a dataclass whose attributes are just those, and are stored as they are."""
    if issubclass(kind, (tf.Module, tf.Tensor, tuple, list, dict, set, BaseException)):
        return None
    frozen = kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
    if kind.__getattribute__ is not object.__getattribute__ or hasattr(kind, "__getattr__"):
        return None
    if not frozen and kind.__setattr__ is not object.__setattr__:
        return None
    names = tuple(field.name for field in dataclasses.fields(cast(Any, kind)))
    for name in names:
        found = inspect.getattr_static(kind, name, None)
        if hasattr(type(found), "__set__") and not isinstance(found, types.MemberDescriptorType):
            return None
    return names


def is_frozen(kind: type) -> bool:
    return bool(kind.__dataclass_params__.frozen)  # type: ignore[attr-defined]


def made(kind: type, names: Sequence[str], values: Sequence[Any]) -> Any:
    """An instance with these fields: a copy, for which no code of the user's runs."""
    value: Any = object.__new__(kind)
    for name, part in zip(names, values, strict=True):
        object.__setattr__(value, name, part)
    return value
