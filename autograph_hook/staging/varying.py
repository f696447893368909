"""What varies from call to call: which facts failed when no specialization fitted, and what the next trace does of it.

A place that was seen to hold another value is *dynamic* in the next trace: an eager tensor becomes an input, a Python
number a `Number`, a dimension of a tensor's shape unknown. Where a trace cannot carry that, less is dynamic in the next
attempt, and in the end everything is a fact again.
"""

from __future__ import annotations

import reprlib
import types
from collections.abc import Sequence
from typing import Any, NamedTuple

from autograph_hook.backends.protocol import Backend
from autograph_hook.staging.effects import PRIMITIVES, is_array, is_named_tuple, is_scalar
from autograph_hook.staging.facts import Place
from autograph_hook.staging.guards import Described, shown
from autograph_hook.staging.numbers import NUMBERS

MOST_PLACES = 200
"""Places of one function of which it is remembered that they vary."""
SHOWN = 3
OFTEN = 3
"""So many times something has changed that it is taken to go on like that."""

NOTHING, TENSORS, SHAPES, EVERYTHING = range(4)
"""What is dynamic in a trace, from nothing to all that was seen to vary."""

Shape = tuple["int | None", ...]


class Change(NamedTuple):
    """A place that was seen to vary."""

    label: str
    was: str
    now: str
    times: int
    line: int | None = None
    """Where it is read, if that is known, and if what is there is a simple value or the content of a container."""

    def __str__(self) -> str:
        return f"{self.label} was {self.was}, is {self.now}"


class History:
    """What one function was seen to be called with, as far as it varies."""

    def __init__(self) -> None:
        self.changes: dict[tuple[Any, ...], Change] = {}
        self.numbers: set[tuple[Any, ...]] = set()
        self.tensors: set[tuple[Any, ...]] = set()
        self.containers: set[tuple[Any, ...]] = set()
        self.opened: set[tuple[Any, ...]] = set()
        """Lists among these that the trace at hand takes without what they hold, because it may only add to them."""
        self.copied: set[tuple[Any, ...]] = set()
        """Those for which that has failed: what they hold is copied."""
        self.shapes: dict[tuple[Any, ...], Shape] = {}
        self.most = EVERYTHING
        """What the function's traces were able to carry so far."""

    def note(self, missed: Sequence[tuple[Place, Any]], backend: Backend) -> list[Change]:
        """A call fitted no specialization: these places hold other values than they did."""
        noted: list[Change] = []
        for place, value in missed:
            if len(self.changes) >= MOST_PLACES and place.key not in self.changes:
                break
            count = self.changes[place.key].times + 1 if place.key in self.changes else 1
            now = shown(value)
            was = str(place.was) if place.key[0] == "content" else _brief(place.was)
            self.changes[place.key] = Change(
                place.label, was, _brief(now), count, place.line if _is_simple(place, now) else None
            )
            noted.append(self.changes[place.key])
            self._learn(place, value, now, backend)
        return noted

    def _learn(self, place: Place, value: Any, now: Any, backend: Backend) -> None:
        was = place.was
        tensor = backend.shape_of(value)
        if (type(value) in NUMBERS or is_scalar(value)) and type(was) is type(value):
            self.numbers.add(place.key)
        elif tensor is not None and type(was) is Described and was.dtype == tensor[0]:
            self.tensors.add(place.key)
            before = self.shapes.get(place.key, was.shape)
            if before is not None and len(before) == len(tensor[1]) and before != tensor[1]:
                self.shapes[place.key] = tuple(a if a == b else None for a, b in zip(before, tensor[1], strict=True))
        elif is_array(value) and type(was) is Described and was.dtype == value.dtype:
            before = self.shapes.get(place.key, was.shape)
            if before is not None and len(before) == value.ndim and before != value.shape:
                self.shapes[place.key] = tuple(a if a == b else None for a, b in zip(before, value.shape, strict=True))
        elif type(was) is Described and was.kind is type(value) and was.length is not None:
            self.containers.add(place.key)

    def levels(self) -> list[int]:
        """What to try, one after the other."""
        found = [NOTHING]
        if self.tensors or self.containers:
            found.append(TENSORS)
        if self.shapes:
            found.append(SHAPES)
        if self.numbers:
            found.append(EVERYTHING)
        return [level for level in reversed(found) if level <= self.most]

    def stuck(self) -> Change | None:
        """What a trace for another value of it does not help with: it is yet another one soon."""
        carried = self.numbers | self.tensors | self.containers | self.shapes.keys()
        often = [
            change
            for key, change in self.changes.items()
            if change.times >= OFTEN and change.line is not None and key not in carried
        ]
        return max(often, key=lambda change: change.times, default=None)

    def reason(self) -> str:
        """The places that changed most often, for a person."""
        often = sorted(self.changes.values(), key=lambda change: -change.times)[:SHOWN]
        return "; ".join(map(str, often))

    def described(self) -> list[dict[str, Any]]:
        """The same for the report."""
        return [
            {"place": change.label, "was": change.was, "is": change.now, "times": change.times}
            for change in sorted(self.changes.values(), key=lambda change: -change.times)
        ]


def is_another_object(place: Place, value: Any) -> bool:
    """Does another object of the same class stand in this place: not a number, container, tensor, function or class?"""
    if type(place.was) is not Described or place.was.kind is not type(value):
        return False
    now = shown(value)
    return type(now) is Described and now.dtype is None and now.length is None and type(value) not in _CODE


_CODE = (types.FunctionType, types.MethodType, types.BuiltinFunctionType, type)


def _is_simple(place: Place, now: Any) -> bool:
    return place.key[:1] == ("content",) or type(now) in PRIMITIVES or is_scalar(now)


def is_container(value: Any) -> bool:
    return type(value) in (list, tuple, dict) or is_named_tuple(type(value))


def _brief(value: Any) -> str:
    return repr(value) if type(value) is Described else reprlib.repr(value)
