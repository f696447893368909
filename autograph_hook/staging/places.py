"""Where traced code stores: an attribute, an item of a dictionary, a name of a module, a cell.

A place is read and put back without running any code of the user's, and stored to, after a staged call, as the user's
own statement would do it.
"""

from __future__ import annotations

import types
import weakref
from collections.abc import Callable
from typing import Any, Final

ABSENT: Final[Any] = object()
"""What a place holds that is not there."""

Act = Callable[[list[Any]], None]


class Place:
    """`kind` is "attribute" of an instance, "class" for one of a class, "item" of a dictionary, "name" of a module,
    or "cell"."""

    __slots__ = ("before", "is_deleted", "is_stored", "key", "kind", "owner")

    def __init__(self, kind: str, owner: Any, key: Any) -> None:
        self.kind = kind
        self.owner = owner
        self.key = key
        self.before = self.now()
        self.is_stored = False
        """Is it known that something was stored, or deleted? A name is stored to in passing."""
        self.is_deleted = False

    def now(self) -> Any:
        owner, key = self.owner, self.key
        if self.kind == "cell":
            try:
                return owner.cell_contents
            except ValueError:
                return ABSENT
        namespace = namespace_of(self.kind, owner)
        if namespace is not None and (self.kind != "attribute" or key in namespace):
            return dict.get(namespace, key, ABSENT)
        if self.kind == "class":
            return vars(owner).get(key, ABSENT)
        slot = _slot(owner, key)
        if slot is None:
            return ABSENT
        try:
            return slot.__get__(owner, type(owner))
        except AttributeError:
            return ABSENT

    def restore(self) -> None:
        """Put back what was there."""
        now = self.now()
        if now is self.before:
            return
        owner, key = self.owner, self.key
        namespace = namespace_of(self.kind, owner)
        if self.kind == "cell":
            if self.before is ABSENT:
                del owner.cell_contents
            else:
                owner.cell_contents = self.before
        elif self.kind == "class":
            type.__delattr__(owner, key) if self.before is ABSENT else type.__setattr__(owner, key, self.before)
        elif self.kind == "attribute" and _slot(owner, key) is not None:
            object.__delattr__(owner, key) if self.before is ABSENT else object.__setattr__(owner, key, self.before)
        elif namespace is not None:
            if self.before is ABSENT:
                dict.pop(namespace, key, None)
            else:
                dict.__setitem__(namespace, key, self.before)

    def act(self, value: int | None, given: int | None) -> Act:
        """What stores again: the value with this number among those that are made, or nothing, to delete. `given`:
        which of them is the owner, if that is another object in each call."""
        owner = followed(self.owner if given is None else None)
        key, deletes = self.key, self.is_deleted
        delete, store = _ACTS[self.kind]

        def act(made: list[Any]) -> None:
            target = owner() if given is None else made[given]
            if deletes or value is None:
                delete(target, key)
            if value is not None:
                store(target, key, made[value])

        return act


def followed(value: Any) -> Callable[[], Any]:
    """A reference to an object that does not keep it alive, where there are such references."""
    if type(value).__weakrefoffset__:
        return weakref.ref(value)
    return lambda: value


def namespace_of(kind: str, owner: Any) -> dict[Any, Any] | None:
    """The dictionary that a place lies in."""
    if kind in ("item", "name"):
        return owner  # type: ignore[no-any-return]
    if kind != "attribute":
        return None
    try:
        namespace = object.__getattribute__(owner, "__dict__")
    except AttributeError:
        return None
    return namespace if isinstance(namespace, dict) else None


def _slot(owner: Any, name: str) -> Any:
    """The descriptor of a slot of this name."""
    for kind in type(owner).__mro__:
        if name in vars(kind):
            found = vars(kind)[name]
            return found if type(found) is types.MemberDescriptorType else None
    return None


def _delete_attribute(owner: Any, name: str) -> None:
    if Place("attribute", owner, name).before is not ABSENT:
        delattr(owner, name)


def _delete_of_class(owner: type, name: str) -> None:
    if name in vars(owner):
        delattr(owner, name)


def _store_item(owner: dict[Any, Any], key: Any, value: Any) -> None:
    owner[key] = value


def _delete_item(owner: dict[Any, Any], key: Any) -> None:
    owner.pop(key, None)


def _store_cell(cell: Any, key: None, value: Any) -> None:
    cell.cell_contents = value


def _delete_cell(cell: Any, key: None) -> None:
    try:
        del cell.cell_contents
    except ValueError:
        return


_ACTS: dict[str, tuple[Callable[..., None], Callable[..., None]]] = {
    "attribute": (_delete_attribute, setattr),
    "class": (_delete_of_class, setattr),
    "item": (_delete_item, _store_item),
    "name": (_delete_item, _store_item),
    "cell": (_delete_cell, _store_cell),
}
"""By kind: what deletes, if there is something, and what stores."""
