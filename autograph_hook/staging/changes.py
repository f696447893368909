"""What traced code changes of objects that were there before it.

A change is made on the real object while the function is traced, so that whatever reads it afterwards, under whatever
name, finds it. When the trace ends, however it ends, all is put back. After each call of the compiled graph the last
values are stored again, with the real tensors in the place of symbols.

    self.step += 1              a place: the attribute of an object, an item of a dictionary, a name, a cell
    losses.append(loss)         a list, whose content is put back as a whole
    seen.add(key)               noted: nothing is done before the graph has run

A place that was stored to before it was read is no fact: what it held does not matter. Nor does the content of a
container that traced code only adds to (`unread`): its elements are out of reach while the function is traced, and
come back as facts if something reads them after all. A list that is another one each time is open: any list will do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from autograph_hook.backends.protocol import Elements
from autograph_hook.staging.effects import described
from autograph_hook.staging.facts import Abort, Again, line_in
from autograph_hook.staging.places import ABSENT, Place, followed, namespace_of
from autograph_hook.staging.putting_back import do_all

if TYPE_CHECKING:
    from autograph_hook.staging.trace import Trace

Value = Callable[[Sequence[Any], Sequence[Any]], Any]
"""From the outputs of the graph and the inputs of the call to a value."""

_PRESENT, _LACKING = True, False


class Unread:
    """Stands among the elements of a container for all that it held before. Whatever meets it ends the trace."""

    __slots__ = ()

    __hash__ = object.__hash__


def _met(*_: Any) -> Any:
    raise Abort("uses the content of a container that it also changes")


for _name in (
    "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__bool__", "__len__", "__iter__", "__getitem__",
    "__contains__", "__str__", "__repr__", "__format__", "__add__", "__radd__", "__mul__", "__rmul__", "__call__",
):  # fmt: skip
    setattr(Unread, _name, _met)

UNREAD: Final = Unread()


class _List:
    """A list that traced code changes."""

    __slots__ = ("before", "owner", "unread")

    def __init__(self, owner: list[Any], unread: bool) -> None:
        self.owner = owner
        self.before = owner[:]
        self.unread = unread

    def hide(self) -> None:
        """What it holds is out of reach from now on, and it is known what that is."""
        self.owner[:] = [UNREAD]

    def adds(self) -> bool:
        """Is all that it held before still out of reach, at its beginning?"""
        return self.unread and bool(self.owner) and self.owner[0] is UNREAD


class Changes:
    """The changes of one trace."""

    def __init__(self, trace: Trace, unread: dict[int, Any]) -> None:
        self.trace = trace
        self.unread = unread
        """Containers whose content is no fact unless it is read, by identity."""
        self.places: dict[tuple[int, Any], Place] = {}
        """In the order in which they were first stored to, or last made."""
        self.lists: dict[int, _List] = {}
        self.calls: dict[int, tuple[Any, list[tuple[str, tuple[Any, ...]]]]] = {}
        """Methods that are called only when the graph has run: their objects, names and arguments."""
        self._orders: list[tuple[dict[Any, Any], list[Any]]] = []
        self._read: set[int] = set()
        """Unread containers that something has read after all."""
        self._fetched: set[tuple[int, Any]] = set()
        self._guarded: dict[int, tuple[dict[Any, Any], dict[Any, Any]]] = {}
        """Unread dictionaries with what they held before."""
        self.opened: set[int] = set()
        """Copies without what the lists hold."""
        self._has_begun = self._is_undone = False
        self._lines: dict[int, int] = {}
        """On which line of the traced function an object was changed last."""

    def __bool__(self) -> bool:
        return bool(self.places or self.lists or self.calls)

    # What is about to change.

    def begin(self) -> None:
        """The traced function is about to run."""
        self._has_begun = True
        for container in self.unread.values():
            if container in self.trace.outside:
                self.admit(container)

    def require_alone(self) -> None:
        """Other threads must not see what is put back later."""
        if not self.trace.is_alone():
            raise Abort("changes objects while other threads run functions of the program", is_passing=True)

    def place(self, kind: str, owner: Any, key: Any) -> Place:
        """A place that may be stored to from now on."""
        self._note_line(owner)
        found = self.places.get((id(owner), key))
        if found is None:
            self.require_alone()
            found = self.places[id(owner), key] = Place(kind, owner, key)
            namespace = namespace_of(kind, owner)
            if namespace is not None and not any(namespace is known for known, _ in self._orders):
                self._orders.append((namespace, list(namespace)))
        return found

    def store(self, kind: str, owner: Any, key: Any) -> None:
        self.place(kind, owner, key).is_stored = True

    def delete(self, kind: str, owner: Any, key: Any) -> None:
        place = self.place(kind, owner, key)
        place.is_stored = place.is_deleted = True
        self.places[id(owner), key] = self.places.pop((id(owner), key))  # if it is made again, it comes last

    def is_settled(self, owner: Any, key: Any) -> bool:
        """Does what is there now come from the trace, and not from outside?"""
        place = self.places.get((id(owner), key))
        return place is not None and (place.is_stored or place.now() is not place.before)

    def stores(self, cell: Any) -> bool:
        """Does the trace store to this cell?"""
        return (id(cell), None) in self.places

    def list_(self, owner: list[Any]) -> None:
        """A list is about to change."""
        self._note_line(owner)
        if id(owner) in self.trace.outside.stored.iterated:
            raise Abort("changes the list that the loop runs over")
        self._require_unread(owner)
        if id(owner) not in self.lists:
            self.lists[id(owner)] = _List(owner, unread=False)

    def _note_line(self, owner: Any) -> None:
        line = line_in(self.trace.outside.facts.code)
        if line is not None:
            self._lines[id(owner)] = line

    def dict_(self, owner: dict[Any, Any]) -> None:
        """A dictionary is about to change."""
        self._require_unread(owner)

    def _require_unread(self, owner: Any) -> None:
        """What changes must not be guarded by all that it holds, and must be the object that it is outside; or it is an
        argument that is another object each time."""
        if self.is_given_anew(owner):
            return
        if id(owner) in self.trace.originals:
            raise Again(self.trace.originals[id(owner)])
        if id(owner) not in self.unread:
            raise Again(owner)

    def is_given_anew(self, owner: Any) -> bool:
        """Is it a copy, for a container that is another object in each call?"""
        stand_ins = self.trace.outside.stand_ins
        return id(owner) in self.trace.given_anew or (stand_ins is not None and id(owner) in stand_ins.copies)

    def call(self, owner: Any, name: str, arguments: tuple[Any, ...]) -> None:
        """A method is to be called when the graph has run."""
        self.require_alone()
        self.calls.setdefault(id(owner), (owner, []))[1].append((name, arguments))

    # Containers that are not read.

    def admit(self, container: Any) -> bool:
        """A container comes in. True: its content is not a fact yet."""
        if id(container) not in self.unread:
            return False
        if self._has_begun:
            self.require_alone()
            Elements.alive.add(id(self))  # now the operators ask of containers whose business they are
            if type(container) is list:
                known = self.lists[id(container)] = _List(container, unread=True)
                known.hide()
            elif type(container) is dict:
                self._orders.append((container, list(container)))
                self._guarded[id(container)] = container, dict(container)
                container[UNREAD] = UNREAD
        return True

    def open(self, copy: list[Any]) -> None:
        Elements.alive.add(id(self))
        known = self.lists[id(copy)] = _List(copy, unread=True)
        known.hide()
        self.opened.add(id(copy))

    def is_unread(self, container: Any) -> bool:
        return id(container) in self.opened or (id(container) in self.unread and id(container) not in self._read)

    def read(self, container: Any) -> None:
        """All that a container holds is about to be read."""
        if id(container) in self.calls:
            raise Abort(f"reads a {described(container)} that it has changed")
        if id(container) in self.opened or not self.is_unread(container) or container not in self.trace.outside:
            if (self.unread or self.opened) and _holds_unread(container):
                raise Abort("uses the content of a container that it also changes")
            return
        self._read.add(id(container))
        kind = type(container)
        if kind is list:
            known = self.lists[id(container)]
            elements: Iterable[Any] = known.before
            if known.adds():
                container[:1] = known.before
            known.unread = False
        elif kind is dict:
            if any(owner == id(container) and place.is_stored for (owner, _), place in self.places.items()):
                raise Abort("reads all of a dict that it has changed")
            container.pop(UNREAD, None)
            elements = self._guarded.pop(id(container))[1].items()
        else:
            elements = container
        self.trace.outside.content(container, kind, tuple(elements))

    def fetch(self, container: dict[Any, Any], key: Any) -> None:
        """One item of a dictionary is about to be read: what it is is a fact, or that it is not there."""
        if not self.is_unread(container) or (id(container), key) in self._fetched or self.is_settled(container, key):
            return
        if not _is_plain_key(key):
            self.read(container)
            return
        self._fetched.add((id(container), key))
        if key in container:
            self.trace.outside.fact("element", container, key, container[key])
        else:
            self.trace.outside.facts.add("lacking", container, key, None)

    def has(self, container: set[Any], element: Any) -> None:
        """It is about to be asked whether a set holds an element."""
        if id(container) in self.calls:
            raise Abort("looks into a set that it has changed")
        if not self.is_unread(container) or (id(container), element) in self._fetched:
            return
        if not _is_plain_key(element):
            self.read(container)
            return
        self._fetched.add((id(container), element))
        self.trace.outside.facts.add("holding" if element in container else "lacking", container, element, None)

    # The end of the trace.

    def undo(self) -> None:
        """Put everything back, if that has not been done to its end."""
        if not self._is_undone:
            Elements.alive.discard(id(self))
            do_all(self._steps())
            self._is_undone = True

    def _steps(self) -> list[Callable[[], None]]:
        """The last is done first. Each may be done twice."""
        steps: list[Callable[[], None]] = [partial(_reorder, *entry) for entry in self._orders]
        steps += [place.restore for place in self.places.values()]
        steps += [partial(_refill, known) for known in self.lists.values()]
        steps += [partial(_clean, guarded) for guarded, _ in self._guarded.values()]
        return steps

    def replay(self, pack: Callable[[Any], Value]) -> Callable[[Sequence[Any], Sequence[Any]], None] | None:
        """What does the changes again, from the outputs of the graph and the inputs of a call; None where there are
        none. `pack` takes a value apart for that."""
        values: list[Value] = []
        acts: list[Callable[[list[Any]], None]] = []
        changed: list[Any] = [None]

        def add(value: Any) -> int:
            try:
                values.append(_packed(pack, value))
            except Abort as abort:
                abort.line = self._lines.get(id(changed[0]))
                raise
            return len(values) - 1

        for place in self.places.values():
            changed[0] = place.owner
            now = place.now()
            if not place.is_stored and now is place.before:
                self._not_stored(place)
            else:
                owner = add(place.owner) if self.is_given_anew(place.owner) else None
                acts.append(place.act(None if now is ABSENT else add(now), owner))
        for known in self.lists.values():
            changed[0] = known.owner
            owner = add(known.owner) if self.is_given_anew(known.owner) else None
            act = _list_act(known, add, owner)
            if act is not None:
                acts.append(act)
        for owner, calls in self.calls.values():
            changed[0] = owner
            for name, arguments in calls:
                acts.append(_call_act(owner, name, [add(argument) for argument in arguments]))
        if not acts:
            return None

        def replayed(outputs: Sequence[Any], inputs: Sequence[Any]) -> None:
            made = [value(outputs, inputs) for value in values]
            for act in acts:
                act(made)

        return replayed

    def _not_stored(self, place: Place) -> None:
        """Whether something was stored cannot be told: what was there is there again. It must be so in each call."""
        if place.before is ABSENT:
            return
        if place.kind == "name":
            self.trace.outside.fact("global", place.owner, place.key, place.before)
        elif place.kind == "cell":
            self.trace.outside.fact("cell", place.owner, None, place.before)


def _holds_unread(container: Any) -> bool:
    if type(container) is dict:
        return UNREAD in container
    return type(container) in (list, tuple) and any(element is UNREAD for element in container)


def _is_plain_key(key: Any) -> bool:
    kind = type(key)
    return kind in (str, int, bool) or (kind is tuple and all(map(_is_plain_key, key)))


def _packed(pack: Callable[[Any], Value], value: Any) -> Value:
    try:
        return pack(value)
    except Abort as abort:
        for word in ("returns", "the result is"):
            if abort.reason.startswith(word):
                raise Abort("stores" + abort.reason[len(word) :] + ", in an object that was there before") from None
        raise


def _reorder(namespace: dict[Any, Any], order: list[Any]) -> None:
    """Give a dictionary its keys in the order in which they were."""
    if list(namespace) != order:
        items = {key: namespace[key] for key in order if key in namespace}
        namespace.clear()
        namespace.update(items)


def _clean(guarded: dict[Any, Any]) -> None:
    guarded.pop(UNREAD, None)


def _refill(known: _List) -> None:
    known.owner[:] = known.before


def _list_act(
    known: _List, add: Callable[[Any], int], given: int | None
) -> Callable[[list[Any]], None] | None:
    """What the list has become: added to, or filled anew. `given`: which of the values that are made is the list, if it
    is another one in each call."""
    owner, before, now = known.owner, known.before, known.owner[:]
    start = 0
    if known.adds():
        start = 1
    elif not known.unread and len(now) >= len(before) and all(map(_is, now, before)):
        start = len(before)
    places = [add(value) for value in now[start:]]
    if not places and (start or not (before or known.unread)):
        return None

    def fill(made: list[Any]) -> None:
        target = owner if given is None else made[given]
        target[len(target) if start else 0 :] = [made[i] for i in places]

    return fill


def _is(one: Any, other: Any) -> bool:
    return one is other


def _call_act(owner: Any, name: str, places: list[int]) -> Callable[[list[Any]], None]:
    target = followed(owner)
    return lambda made: getattr(target(), name)(*[made[i] for i in places])
