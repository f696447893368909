"""What a state variable may hold in a graph: nests of tensors, and how they are taken apart and rebuilt.

A nest is made of lists, tuples, named tuples, dicts, dataclass instances, composite tensors (ragged, sparse,
datasets, ...) and TensorArrays. Everything else is a leaf. Unlike `tf.nest`, a variable is a leaf (not its handle), a
dict keeps its order and need not have sortable keys, and a TensorArray is taken apart into its flow.

    >>> structure, leaves = flatten({"a": [1, 2], "b": (3,)})
    >>> leaves
    [1, 2, 3]
    >>> pack(structure, iter([4, 5, 6]))
    {'a': [4, 5], 'b': (6,)}
"""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

from autograph_hook.backends.protocol import UNDEFINED
from autograph_hook.backends.tensorflow import private, records
from autograph_hook.backends.tensorflow.elements import Elements, Kind, empty
from autograph_hook.backends.tensorflow.maybe import Conflict, Maybe


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


class Recorded(Sequenced):
    """A dataclass instance."""

    __slots__ = ("names",)

    def __init__(self, kind: type, parts: list[Structure], names: tuple[str, ...]) -> None:
        super().__init__(kind, parts)
        self.names = names


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


class Listed:
    """Elements of a list, one TensorList for each leaf of their structure."""

    __slots__ = ("kind", "length", "origin")

    def __init__(self, kind: Kind, length: int | None, origin: Any) -> None:
        self.kind = kind
        self.length = length
        self.origin = origin


class Nothing:
    """None, or (`value`) UNDEFINED: no leaf."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Optional:
    """A value that is there on some paths only: a flag, and the leaves of the value."""

    __slots__ = ("absent", "part", "story")

    def __init__(self, absent: Any, part: Structure, story: Any) -> None:
        self.absent = absent
        self.part = part
        self.story = story


Structure = Leaf | Sequenced | Mapped | Composite | Array | Listed | Nothing | Optional


def flatten(value: Any) -> tuple[Structure, list[Any]]:
    leaves: list[Any] = []
    return _flatten(value, leaves), leaves


def _flatten(value: Any, leaves: list[Any]) -> Structure:
    kind = type(value)
    if value is None or value is UNDEFINED:
        return Nothing(value)
    if kind is Maybe:
        leaves += [value.present, *value.leaves]
        return Optional(value.absent, value.part, value.story)
    if kind is Elements:
        leaves += value.handles
        return Listed(value.kind, value.length, value.origin)
    if kind is Conflict:
        leaves.append(value)
        return LEAF
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
    names = records.fields_of(value)
    if names is not None:
        return Recorded(kind, [_flatten(getattr(value, name), leaves) for name in names], names)
    leaves.append(value)
    return LEAF


def pack(structure: Structure, leaves: Iterator[Any]) -> Any:
    """The nest of this structure with the next leaves."""
    if isinstance(structure, Sequenced):
        parts = [pack(part, leaves) for part in structure.parts]
        if isinstance(structure, Recorded):
            return records.made(structure.kind, structure.names, parts)
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
    if isinstance(structure, Listed):
        return Elements(
            structure.kind, [next(leaves) for _ in structure.kind.specs], structure.length, structure.origin
        )
    if isinstance(structure, Nothing):
        return structure.value
    if isinstance(structure, Optional):
        return _maybe(structure, next(leaves), [next(leaves) for _ in range(count(structure.part))])
    return next(leaves)


def _maybe(structure: Optional, present: Any, leaves: list[Any]) -> Any:
    if present is True:
        return pack(structure.part, iter(leaves))
    if present is False:
        return structure.absent
    return Maybe(structure.absent, present, structure.part, leaves, pack, structure.story)


def merge(one: Structure, other: Structure) -> Structure | None:
    """The structure that nests of both structures have, None where they differ."""
    if type(one) is not type(other):
        return None
    if isinstance(one, Sequenced) and isinstance(other, Sequenced):
        if one.kind is not other.kind or len(one.parts) != len(other.parts):
            return None
        parts = _merge_all(one.parts, other.parts)
        if parts is None:
            return None
        return Recorded(one.kind, parts, one.names) if isinstance(one, Recorded) else Sequenced(one.kind, parts)
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
    if isinstance(one, Listed) and isinstance(other, Listed):
        alike = one.kind.same(other.kind) and merge(one.kind.structure, other.kind.structure) is not None
        if not alike or one.length != other.length:
            return None
        same = one.origin == other.origin
        return one if same or one.length is not None else Listed(one.kind, None, None)
    if isinstance(one, Nothing) and isinstance(other, Nothing):
        return one if one.value is other.value else None
    if isinstance(one, Optional) and isinstance(other, Optional):
        inner = merge(one.part, other.part) if one.absent is other.absent else None
        return None if inner is None else Optional(one.absent, inner, one.story or other.story)
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
    if isinstance(one, Optional) and isinstance(other, Optional):
        return [leaves[0], *align(one.part, other.part, leaves[1:])]
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
    if isinstance(structure, Listed):
        return len(structure.kind.specs)
    if isinstance(structure, Nothing):
        return 0
    if isinstance(structure, Optional):
        return 1 + count(structure.part)
    return structure.count if isinstance(structure, Composite) else 1


def flags(structure: Structure) -> int:
    """How many of the first leaves say whether there is a value."""
    return 1 + flags(structure.part) if isinstance(structure, Optional) else 0


def optionals(structure: Structure) -> list[Optional]:
    """The values in a nest that are there on some paths only."""
    if isinstance(structure, (Sequenced, Mapped)):
        return [found for part in structure.parts for found in optionals(part)]
    return [structure, *optionals(structure.part)] if isinstance(structure, Optional) else []


def may_change(structure: Structure) -> bool:
    """Is there an object in the nest whose fields may be set? A copy would not know of it."""
    if isinstance(structure, Recorded) and not records.is_frozen(structure.kind):
        return True
    return isinstance(structure, (Sequenced, Mapped)) and any(map(may_change, structure.parts))


def placeholders(structure: Structure) -> list[Callable[[], Any] | None]:
    """For each leaf what makes a placeholder for it, None where zeros will do."""
    if isinstance(structure, (Sequenced, Mapped)):
        return [maker for part in structure.parts for maker in placeholders(part)]
    if isinstance(structure, Array):
        like = structure.like
        return [lambda: tf.TensorArray(like.dtype, size=0, element_shape=like.element_shape).flow]
    if isinstance(structure, Listed):
        return [functools.partial(empty, spec) for spec in structure.kind.specs]
    if isinstance(structure, Optional):
        return [None, *placeholders(structure.part)]
    return [None] * count(structure)


def holds_nothing(structure: Structure) -> bool:
    """Is this a single leaf, not a nest?"""
    return structure is LEAF
