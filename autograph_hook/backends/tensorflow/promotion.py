"""Two values of one variable that are not alike, as values that are: what a graph can join or carry on.

A rule is given the values that two paths left, or those before and after an iteration, and returns two values of
one structure, or None where it knows none. What such a value is made of may be a :class:`Later`: it is made only
in the graph that needs it, so a rule makes no operations itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograph_hook.backends.tensorflow import nests

Pair = tuple[Any, Any]
Rule = Callable[[Any, Any], Pair | None]

RULES: list[Rule] = []
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
