"""Lists and containers that two paths leave differently: the rules that make them alike, and what a loop adds."""

from __future__ import annotations

from typing import Any

from autograph_hook.backends import identity
from autograph_hook.backends.protocol import Reference
from autograph_hook.backends.tensorflow import exact, lists, promotion
from autograph_hook.backends.tensorflow.elements import Elements


def _alike(one: Any, other: Any) -> promotion.Pair | None:
    if type(one) is not list or type(other) is not list:
        return None
    kind = lists.kind_of([*one, *other])
    if kind is None:
        return None
    if exact.is_demanded() and any(map(lists.holds_number, [*one, *other])):
        raise exact.Inexact("changes the length of a list of Python numbers, by a tensor")
    identity.note_copied([*one, *other], identity.ABSORBED)
    mine, theirs = lists.as_elements(one, kind), lists.as_elements(other, kind)
    if not _same_origin(mine, theirs):
        mine.length = theirs.length = None
        mine.origin, theirs.origin = (object(), 0), (object(), 0)
    return [mine], [theirs]


def name(pair: promotion.Pair, label: str, where: object) -> None:
    """Say in messages about these lists which variable they are."""
    for value in pair:
        if lists.is_staged(value):
            for part in value:
                if type(part) is Elements:
                    part.kind.name = f"{label}, which changes at {where}"


def _same_origin(one: Elements, other: Elements) -> bool:
    return one.origin[0] is other.origin[0] and one.origin[1] == other.origin[1]


def settle(before: Any, given: Any, after: Any, result: Any, trips: int | None) -> None:
    """After a loop: if each iteration adds so many elements, and the number of iterations is known, so is the length.

    These are one variable before the loop, at the start of an iteration and at its end, and after the loop.
    """
    if trips is None or not all(map(lists.is_staged, (before, given, after, result))):
        return
    if not len(given) == len(before) == len(result) == 1:
        return
    end = lists.origin_of(after)
    start, more = given[0].origin
    if end is None or end[0] is not start:
        return
    root, count = before[0].before
    total = count + trips * (end[1] - more)
    result[0].origin = root, total
    result[0].length = total if root is None else None


def _content_alike(one: Any, other: Any) -> promotion.Pair | None:
    """A container that keeps its identity, and another one: what they hold."""
    if Reference not in (type(one), type(other)):
        return None
    if exact.is_demanded():
        raise exact.Inexact("changes a container and binds its name to another one")
    if type(one) is Reference:
        one = one.content
    if type(other) is Reference:
        other = other.content
    return promotion.alike(one, other)


promotion.RULES[:0] = [_content_alike, _alike]
