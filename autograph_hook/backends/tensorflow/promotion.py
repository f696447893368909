"""Two values of one variable that are not alike, as values that are: what a graph can join or carry on.

A rule is given the values that two paths left, or those before and after an iteration, and returns two values of
one structure, or None where it knows none. What such a value is made of may be a :class:`Later`: it is made only
in the graph that needs it, so a rule makes no operations itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from autograph_hook.backends.protocol import UNDEFINED, Joined
from autograph_hook.backends.tensorflow import nests, records, values
from autograph_hook.backends.tensorflow.maybe import Conflict, Maybe

Pair = tuple[Any, Any]
Rule = Callable[[Any, Any], Pair | None]

Side = tuple[Any, nests.Structure | None, Sequence[Any]]
"""Is there a value (a flag), its structure, and its leaves."""


def _joins(absent: Any) -> Rule:
    """The rule for what is `absent` on some paths: the value with a flag, and zeros where there is none."""

    def rule(one: Any, other: Any) -> Pair | None:
        sides = [_side(one, absent), _side(other, absent)]
        if all(side[0] is True for side in sides) or Conflict in (type(one), type(other)):
            return None
        (first, part, leaves), (second, other_part, other_leaves) = sides
        if part is None:
            assert other_part is not None
            part, leaves = other_part, _holes(other_part, other_leaves)
        elif other_part is None:
            other_part, other_leaves = part, _holes(part, leaves)
        elif nests.merge(part, other_part) is None:
            pair = alike(nests.pack(part, iter(leaves)), nests.pack(other_part, iter(other_leaves)))
            if pair is None:
                return None
            (part, leaves), (other_part, other_leaves) = map(nests.flatten, pair)
        return (
            Maybe(absent, first, part, leaves, nests.pack, getattr(one, "story", None) if type(one) is Maybe else None),
            Maybe(absent, second, other_part, other_leaves, nests.pack, other.story if type(other) is Maybe else None),
        )

    return rule


def _side(value: Any, absent: Any) -> Side:
    if value is absent:
        return False, None, []
    if type(value) is Maybe and value.absent is absent:
        return value.present, value.part, value.leaves
    structure, leaves = nests.flatten(value)
    return True, structure, leaves


def _holes(part: nests.Structure, leaves: Sequence[Any]) -> list[Any]:
    """What stands for the leaves of a value that is not there: what needs no graph stands for itself."""
    return [_hole(leaf, maker) for leaf, maker in zip(leaves, nests.placeholders(part), strict=True)]


def _hole(leaf: Any, maker: Callable[[], Any] | None) -> Any:
    if isinstance(leaf, Joined) or not isinstance(leaf, (tf.Tensor, values.Later)) or leaf.dtype == tf.resource:
        return leaf

    def zeros() -> Any:
        return values.zeros(leaf) if maker is None else maker()

    return values.Later(zeros, leaf.dtype, leaf.shape, zeros)


RULES: list[Rule] = [_joins(UNDEFINED), _joins(None)]
"""Tried in order; the modules that know a kind of value add theirs."""


def alike(one: Any, other: Any) -> Pair | None:
    """The two values with one structure; None where nothing makes them alike.

    Parts of lists, tuples and dictionaries are made alike one by one, the whole where that is not possible.
    """
    if nests.merge(nests.flatten(one)[0], nests.flatten(other)[0]) is not None:
        return one, other
    parts = _by_parts(one, other)
    if parts is not None:
        return parts
    for rule in RULES:
        pair = rule(one, other)
        if pair is not None:
            return pair
    return None


def _by_parts(one: Any, other: Any) -> Pair | None:
    kind = type(one)
    names = records.fields_of(one) if kind is type(other) else None
    if names is not None and records.fields_of(other) is not None:
        found = [alike(getattr(one, name), getattr(other, name)) for name in names]
        if any(pair is None for pair in found):
            return None
        left, right = ([pair[side] for pair in found if pair] for side in (0, 1))
        return records.made(kind, names, left), records.made(kind, names, right)
    if kind is not type(other) or len(getattr(one, "__dict__", ())) > 0:
        return None
    if kind is dict and set(one) == set(other):
        pairs = {key: alike(one[key], other[key]) for key in one}
        if any(pair is None for pair in pairs.values()):
            return None
        return (
            {key: pair[0] for key, pair in pairs.items() if pair},
            {key: pair[1] for key, pair in pairs.items() if pair},
        )
    is_named = issubclass(kind, tuple) and hasattr(kind, "_fields")
    if (kind in (list, tuple) or is_named) and len(one) == len(other):
        found = [alike(left, right) for left, right in zip(one, other, strict=True)]
        if any(pair is None for pair in found):
            return None
        lefts = [pair[0] for pair in found if pair]
        rights = [pair[1] for pair in found if pair]
        return (kind(*lefts), kind(*rights)) if is_named else (kind(lefts), kind(rights))
    return None
