"""What a state variable may hold in a graph: nests of tensors, and how they are taken apart and rebuilt.

A nest is made of lists, tuples, named tuples, dicts, composite tensors (ragged, sparse, datasets, ...) and
TensorArrays. Everything else is a leaf. Unlike `tf.nest`, a variable is a leaf (not its handle), a dict keeps
its order and need not have sortable keys, and a TensorArray is taken apart into its flow.

    >>> structure, leaves = flatten({"a": [1, 2], "b": (3,)})
    >>> leaves
    [1, 2, 3]
    >>> pack(structure, iter([4, 5, 6]))
    {'a': [4, 5], 'b': (6,)}
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

from autograph_hook.backends.tensorflow import private


class Leaf:
    """Anything that is not taken apart."""

    __slots__ = ()


LEAF = Leaf()


class Sequenced:
    """A list, a tuple or a named tuple."""

    __slots__ = ("kind", "parts")

    def __init__(self, kind: type, parts: list[Structure]) -> None:
        self.kind = kind
        self.parts = parts


class Mapped:
    """A dict or an OrderedDict."""

    __slots__ = ("keys", "kind", "parts")

    def __init__(self, kind: type, keys: list[Any], parts: list[Structure]) -> None:
        self.kind = kind
        self.keys = keys
        self.parts = parts


class Composite:
    """A composite tensor: its type specification and the number of its component tensors."""

    __slots__ = ("count", "spec")

    def __init__(self, spec: Any, count: int) -> None:
        self.spec = spec
        self.count = count


class Array:
    """A TensorArray, carried by its flow."""

    __slots__ = ("like",)

    def __init__(self, like: Any) -> None:
        self.like = like


Structure = Leaf | Sequenced | Mapped | Composite | Array


def flatten(value: Any) -> tuple[Structure, list[Any]]:
    leaves: list[Any] = []
    return _flatten(value, leaves), leaves


def _flatten(value: Any, leaves: list[Any]) -> Structure:
    kind = type(value)
    if kind is list or kind is tuple or (issubclass(kind, tuple) and hasattr(kind, "_fields")):
        return Sequenced(kind, [_flatten(part, leaves) for part in value])
    if kind is dict or kind is OrderedDict:
        return Mapped(kind, list(value), [_flatten(part, leaves) for part in value.values()])
    if isinstance(value, tf.TensorArray):
        leaves.append(value.flow)
        return Array(value)
    if isinstance(value, private.CompositeTensor) and not isinstance(value, tf.Variable):
        components = tf.nest.flatten(value, expand_composites=True)
        leaves.extend(components)
        return Composite(tf.type_spec_from_value(value), len(components))
    leaves.append(value)
    return LEAF


def pack(structure: Structure, leaves: Iterator[Any]) -> Any:
    """The nest of this structure with the next leaves."""
    if isinstance(structure, Sequenced):
        parts = [pack(part, leaves) for part in structure.parts]
        if structure.kind is list:
            return parts
        return tuple(parts) if structure.kind is tuple else structure.kind(*parts)
    if isinstance(structure, Mapped):
        return structure.kind(
            (key, pack(part, leaves)) for key, part in zip(structure.keys, structure.parts, strict=True)
        )
    if isinstance(structure, Composite):
        components = [next(leaves) for _ in range(structure.count)]
        return tf.nest.pack_sequence_as(structure.spec, components, expand_composites=True)
    if isinstance(structure, Array):
        return private.array_with_flow(structure.like, next(leaves))
    return next(leaves)


def merge(one: Structure, other: Structure) -> Structure | None:
    """The structure that nests of both structures have, None where they differ."""
    if type(one) is not type(other):
        return None
    if isinstance(one, Sequenced) and isinstance(other, Sequenced):
        if one.kind is not other.kind or len(one.parts) != len(other.parts):
            return None
        parts = _merge_all(one.parts, other.parts)
        return None if parts is None else Sequenced(one.kind, parts)
    if isinstance(one, Mapped) and isinstance(other, Mapped):
        if one.kind is not other.kind or set(one.keys) != set(other.keys):
            return None
        parts = _merge_all(one.parts, [other.parts[other.keys.index(key)] for key in one.keys])
        return None if parts is None else Mapped(one.kind, one.keys, parts)
    if isinstance(one, Composite) and isinstance(other, Composite):
        spec = one.spec.most_specific_common_supertype([other.spec])
        return None if spec is None or one.count != other.count else Composite(spec, one.count)
    if isinstance(one, Array) and isinstance(other, Array):
        return one if one.like.dtype == other.like.dtype else None
    return one


def _merge_all(ones: list[Structure], others: list[Structure]) -> list[Structure] | None:
    merged = []
    for one, other in zip(ones, others, strict=True):
        part = merge(one, other)
        if part is None:
            return None
        merged.append(part)
    return merged


def align(one: Structure, other: Structure, leaves: list[Any]) -> list[Any]:
    """The leaves of a nest of structure `other`, in the order that they have in `one`: dicts may differ in
    order.

    >>> one, _ = flatten({"a": 1, "b": [2, 3]})
    >>> align(one, *flatten({"b": [5, 6], "a": 4}))
    [4, 5, 6]
    """
    if not isinstance(one, (Sequenced, Mapped)) or not isinstance(other, (Sequenced, Mapped)):
        return leaves
    given = iter(leaves)
    shares = [[next(given) for _ in range(count(part))] for part in other.parts]
    places = list(range(len(shares)))
    if isinstance(one, Mapped) and isinstance(other, Mapped):
        places = [other.keys.index(key) for key in one.keys]
    aligned = []
    for part, place in zip(one.parts, places, strict=True):
        aligned += align(part, other.parts[place], shares[place])
    return aligned


def count(structure: Structure) -> int:
    """The number of leaves of a nest of this structure."""
    if isinstance(structure, (Sequenced, Mapped)):
        return sum(count(part) for part in structure.parts)
    return structure.count if isinstance(structure, Composite) else 1


def placeholders(structure: Structure) -> list[Callable[[], Any] | None]:
    """For each leaf what makes a placeholder for it, None where zeros will do."""
    if isinstance(structure, (Sequenced, Mapped)):
        return [maker for part in structure.parts for maker in placeholders(part)]
    if isinstance(structure, Array):
        like = structure.like
        return [lambda: tf.TensorArray(like.dtype, size=0, element_shape=like.element_shape).flow]
    return [None] * count(structure)


def holds_nothing(structure: Structure) -> bool:
    """Is this a single leaf, not a nest?"""
    return structure is LEAF
