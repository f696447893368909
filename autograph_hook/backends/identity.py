"""Containers that a backend has made in the place of others, and which of them may not change.

Where two paths bind a name to different containers, the graph has one that holds what either holds:

    chosen = xs if flag else ys
    chosen.append(1)

Python changes `xs` or `ys`; a change of what stands for both would reach neither of them, and a change of `xs` would
not be seen in it. The same goes for a container that is an element of a list of unknown length: what is picked is a
copy. To read them is right all the same. So who is about to change a container asks here.
"""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

_KINDS = (list, dict, set)

OF_TWO = "that is another one on another path, and which of them changes is known only when the graph runs"
ABSORBED = (
    "that is an element of a list of unknown length, in which it would not change: change it before it is put there"
)
PICKED = (
    "that was picked from a list of unknown length, in which it would not change: put the changed one in its place, "
    "or keep tensors instead of containers in the list"
)


class _Merged:
    __slots__ = ("made", "sources")

    def __init__(self, made: Any, sources: Sequence[Any]) -> None:
        self.made = made
        self.sources = sources


class _Thread(threading.local):
    def __init__(self) -> None:
        self.merged: dict[int, list[_Merged]] = {}
        self.copied: dict[int, tuple[Any, str]] = {}


_thread = _Thread()


def note(variables: Iterable[tuple[Any, Sequence[Any]]]) -> None:
    """What each variable holds after a construct, and what it held in it, on some path or other."""
    of: dict[int, list[Any]] = {}
    for made, sources in variables:
        for container, others in _pairs(made, sources):
            _entangle(container, others)
            for other in others:
                of.setdefault(id(other), []).append(container)
    # Two variables that held one container, and now have one each.
    for containers in of.values():
        for container in containers:
            _entangle(container, [other for other in containers if other is not container])


def _pairs(made: Any, sources: Sequence[Any]) -> Iterator[tuple[Any, list[Any]]]:
    """The containers in a value, and those that were in its place."""
    kind = type(made)
    if kind in _KINDS:
        yield made, [*{id(each): each for each in sources if type(each) in _KINDS and each is not made}.values()]
    if kind is dict:
        for key, part in made.items():
            yield from _pairs(part, [source[key] for source in sources if type(source) is dict and key in source])
    elif kind in (list, tuple):
        alike = [source for source in sources if type(source) is kind and len(source) == len(made)]
        for place, part in enumerate(made):
            yield from _pairs(part, [source[place] for source in alike])


def _entangle(made: Any, others: Sequence[Any]) -> None:
    if others:
        entry = _Merged(made, others)
        for part in (made, *others):
            _thread.merged.setdefault(id(part), []).append(entry)


def stand_for(value: Any) -> set[int]:
    """The identities of a container and of all that it may stand for."""
    found = {id(value)}
    waiting = [id(value)]
    while waiting:
        made = waiting.pop()
        for entry in _thread.merged.get(made, ()):
            more = {id(source) for source in entry.sources} - found if id(entry.made) == made else set()
            waiting += more
            found |= more
    return found


def note_copied(value: Any, reason: str) -> Any:
    """The containers in this value are copies that a list of unknown length has of others, or have copies there."""
    kind = type(value)
    if kind in _KINDS:
        _thread.copied[id(value)] = value, reason
    if kind is dict:
        for part in value.values():
            note_copied(part, reason)
    elif kind in (list, tuple):
        for part in value:
            note_copied(part, reason)
    return value


def refusal(owner: Any, holders: Callable[[Any], int]) -> str | None:
    """Why a container may not change. `holders`: how many references the caller keeps of an object."""
    if id(owner) in _thread.copied:
        return _thread.copied[id(owner)][1]
    for entry in _thread.merged.get(id(owner), ()):
        for place in range(len(entry.sources) if owner is entry.made else 1):
            box = [entry.sources[place] if owner is entry.made else entry.made]
            if is_known(box, holders(box[0])):
                return OF_TWO
    return None


def is_noted() -> bool:
    return bool(_thread.merged or _thread.copied)


def is_known(box: list[Any], kept: int) -> bool:
    """Has anybody the container in this list of one, but those who keep accounts of it?

    `kept`: how many other references there are that are none of the program's. What a trace has left behind may be
    among them until it is collected.
    """
    kept += len({id(entry) for entry in _thread.merged.get(id(box[0]), ())})
    if _references(box) <= kept:
        return False
    gc.collect()
    return _references(box) > kept


def _references(box: list[Any]) -> int:
    """How many references to an object there are, besides that in this list."""
    return sys.getrefcount(box[0]) - _IN_A_LIST


_probe: list[Any] = [[]]
_IN_A_LIST = sys.getrefcount(_probe[0])


def clear() -> None:
    """No graph is being built in this thread any more."""
    _thread.merged.clear()
    _thread.copied.clear()
