"""Patterns of `match`: what a subject is decides as in Python; `subject == value` may be a staged condition.

A pattern is a tuple: its kind, then its parts. Values and classes come as functions, so that each is evaluated only
when Python would have come to it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from autograph_hook.backends.protocol import Joined
from autograph_hook.runtime.dispatch import staged
from autograph_hook.runtime.operators.calls import callee
from autograph_hook.runtime.operators.logic import and_, if_exp, or_
from autograph_hook.runtime.operators.naming import is_
from autograph_hook.runtime.operators.reading import attr, get_item, made, read_whole

_SEQUENCE, _MAPPING, _MATCH_SELF = 1 << 5, 1 << 6, 1 << 22
"""Flags of types: what sequence and mapping patterns accept, and what `int(x)` binds whole."""
_MISSING = object()
_WHOLE = frozenset({"singleton", "as", "or"})
"""Patterns that need no value of their own."""


class Match:
    """Whether a subject matches, which may be known only when the graph runs, and what was captured."""

    __slots__ = ("captured", "holds")

    def __init__(self) -> None:
        self.captured: dict[str, Any] = {}
        self.holds: Any = True

    def require(self, test: Any) -> bool:
        """One more condition; False where nothing more need be looked at."""
        if staged(test) is None:
            test = bool(test)
            if test is True:
                return True
            self.holds = False
            return False
        self.holds = test if self.holds is True else and_(self.holds, lambda: test)
        return True


def matched(subject: Any, pattern: tuple[Any, ...]) -> Match:
    match = Match()
    _follow(pattern, subject, match)
    return match


def matches(subject: Any, pattern: tuple[Any, ...]) -> Any:
    """Does the subject match a pattern that captures nothing?"""
    return matched(subject, pattern).holds


def holds(match: Match) -> Any:
    return match.holds


def captured(match: Match, name: str) -> Any:
    return match.captured[name]


def _follow(pattern: tuple[Any, ...], subject: Any, match: Match) -> bool:
    """Look at one pattern; False where the subject surely does not match."""
    kind, *parts = pattern
    if isinstance(subject, Joined) and kind not in _WHOLE:
        subject = subject.read()
    return _KINDS[kind](subject, match, *parts)


def _value(subject: Any, match: Match, value: Callable[[], Any]) -> bool:
    return match.require(operator.eq(subject, value()))


def _singleton(subject: Any, match: Match, value: Any) -> bool:
    return match.require(is_(subject, value))


def _as(subject: Any, match: Match, pattern: tuple[Any, ...] | None, name: str | None) -> bool:
    if pattern is not None and not _follow(pattern, subject, match):
        return False
    if name is not None:
        match.captured[name] = subject
    return True


def _sequence(subject: Any, match: Match, patterns: tuple[Any, ...], star: int | None) -> bool:
    if not match.require(type(subject).__flags__ & _SEQUENCE):
        return False
    count = len(patterns)
    if star is None:
        if not match.require(callee(len)(subject) == count):
            return False
    elif count > 1 and not match.require(callee(len)(subject) >= count - 1):
        return False
    if all(map(_is_wildcard, patterns)):
        return True
    if star is None:
        items = list(read_whole(subject))
    elif _is_wildcard(patterns[star]):
        size = callee(len)(subject)
        places = [*range(star), None, *range(size - (count - star - 1), size)]
        items = [None if place is None else get_item(subject, place) for place in places]
    else:
        every = list(read_whole(subject))
        end = len(every) - (count - star - 1)
        items = [*every[:star], made(every[star:end]), *every[end:]]
    return all(_follow(pattern, item, match) for pattern, item in zip(patterns, items, strict=True))


def _is_wildcard(pattern: tuple[Any, ...]) -> bool:
    return pattern == ("as", None, None)


def _mapping(
    subject: Any, match: Match, keys: Callable[[], Any], patterns: tuple[Any, ...], rest: str | None
) -> bool:
    if not match.require(type(subject).__flags__ & _MAPPING):
        return False
    values = []
    wanted: tuple[Any, ...] = ()
    if patterns:
        if not match.require(callee(len)(subject) >= len(patterns)):
            return False
        wanted = keys()
        seen: set[Any] = set()
        get = callee(attr(subject, "get"))
        for key in wanted:
            if key in seen:
                raise ValueError(f"mapping pattern checks duplicate key ({key!r})")
            seen.add(key)
            values.append(get(key, _MISSING))
            if not match.require(values[-1] is not _MISSING):
                return False
    if not all(_follow(pattern, value, match) for pattern, value in zip(patterns, values, strict=True)):
        return False
    if rest is not None:
        others = dict(read_whole(subject))
        for key in wanted:
            del others[key]
        match.captured[rest] = made(others)
    return True


def _class(
    subject: Any,
    match: Match,
    owner: Callable[[], Any],
    patterns: tuple[Any, ...],
    names: tuple[str, ...],
    named: tuple[Any, ...],
) -> bool:
    cls = owner()
    if not isinstance(cls, type):
        raise TypeError("called match pattern must be a class")
    if not match.require(callee(isinstance)(subject, cls)):
        return False
    wanted: list[str | None] = [*_positional(cls, len(patterns)), *names]
    values = []
    seen: set[str] = set()
    for name in wanted:
        if name is None:
            values.append(subject)
            continue
        if name in seen:
            raise TypeError(f"{cls.__name__}() got multiple sub-patterns for attribute {name!r}")
        seen.add(name)
        try:
            values.append(attr(subject, name))
        except AttributeError:
            return match.require(False)
    return all(_follow(p, value, match) for p, value in zip((*patterns, *named), values, strict=True))


def _positional(cls: type, count: int) -> list[str | None]:
    """The attributes of positional sub-patterns; None for the subject itself."""
    if not count:
        return []
    names = getattr(cls, "__match_args__", _MISSING)
    if names is _MISSING:
        takes_itself = bool(cls.__flags__ & _MATCH_SELF)
        allowed, names = (1, (None,)) if takes_itself else (0, ())
    else:
        if not isinstance(names, tuple):
            raise TypeError(f"{cls.__name__}.__match_args__ must be a tuple (got {type(names).__name__})")
        allowed = len(names)
    if count > allowed:
        plural = "" if allowed == 1 else "s"
        raise TypeError(f"{cls.__name__}() accepts {allowed} positional sub-pattern{plural} ({count} given)")
    for name in names[:count]:
        if name is not None and not isinstance(name, str):
            raise TypeError(f"__match_args__ elements must be strings (got {type(name).__name__})")
    return list(names[:count])


def _or(subject: Any, match: Match, patterns: tuple[Any, ...]) -> bool:
    found: Match | None = None
    for pattern in patterns:
        one = matched(subject, pattern)
        if one.holds is False:
            continue
        found = one if found is None else _either(found, one)
        if one.holds is True:
            break
    if found is None:
        return match.require(False)
    match.captured.update(found.captured)
    return match.require(found.holds)


def _either(first: Match, second: Match) -> Match:
    """The first alternative where its condition holds, else the second."""
    result = Match()
    result.holds = or_(first.holds, lambda: second.holds)
    for name, one in first.captured.items():
        other = second.captured[name]
        result.captured[name] = one if one is other else _chosen(first.holds, one, other)
    return result


def _chosen(test: Any, one: Any, other: Any) -> Any:
    return if_exp(test, lambda: one, lambda: other)


_KINDS: dict[str, Callable[..., bool]] = {
    "value": _value,
    "singleton": _singleton,
    "as": _as,
    "sequence": _sequence,
    "mapping": _mapping,
    "class": _class,
    "or": _or,
}
