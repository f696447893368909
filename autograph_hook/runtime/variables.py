"""What a staged construct may change: a name, an attribute, an item, the content of a container.

A container that is a variable keeps its identity: its content is taken out and put back.
"""

from __future__ import annotations

import types
from typing import Any, Final, Protocol

from autograph_hook.backends.protocol import UNDEFINED, Joined
from autograph_hook.runtime.dispatch import is_of


class Whole:
    """The key of all that a container holds. There is one, :data:`WHOLE`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<whole>"


WHOLE: Final = Whole()
CONTAINERS = (list, dict, set)
Key = tuple[int, Any]
"""An object's identity, and the name of its attribute, the key of its item, or WHOLE."""


class Variable(Protocol):
    label: str

    @property
    def place(self) -> Key | None:
        """What it is of which object; None where nothing else can be the same variable."""

    def get(self) -> Any: ...

    def set(self, value: Any) -> None: ...


class Cell:
    """A name of the user's function. An empty cell is a name without a value."""

    __slots__ = ("cell", "label")

    def __init__(self, label: str, cell: types.CellType) -> None:
        self.label = label
        self.cell = cell

    @property
    def place(self) -> Key | None:
        return id(self.cell), WHOLE

    @property
    def owner(self) -> Any:
        return self.cell

    def get(self) -> Any:
        try:
            return self.cell.cell_contents
        except ValueError:
            return UNDEFINED

    def set(self, value: Any) -> None:
        if value is not UNDEFINED:
            self.cell.cell_contents = value
        elif self.get() is not UNDEFINED:
            del self.cell.cell_contents


class Value:
    """A value that has no name in the user's function."""

    __slots__ = ("label", "value")

    def __init__(self, label: str) -> None:
        self.label = label
        self.value: Any = UNDEFINED

    @property
    def place(self) -> Key | None:
        return None

    def get(self) -> Any:
        return self.value

    def set(self, value: Any) -> None:
        self.value = value


class Attribute:
    __slots__ = ("label", "name", "owner")

    def __init__(self, label: str, owner: Any, name: str) -> None:
        self.label = label
        self.owner = owner
        self.name = name

    @property
    def place(self) -> Key | None:
        return id(self.owner), self.name

    def get(self) -> Any:
        return getattr(self.owner, self.name, UNDEFINED)

    def set(self, value: Any) -> None:
        now = self.get()
        if value is now:
            return
        if value is UNDEFINED:
            delattr(self.owner, self.name)
        else:
            setattr(self.owner, self.name, value)


class Item:
    __slots__ = ("key", "label", "owner")

    def __init__(self, label: str, owner: Any, key: Any) -> None:
        self.label = label
        self.owner = owner
        self.key = key

    @property
    def place(self) -> Key | None:
        return id(self.owner), self.key

    def get(self) -> Any:
        if is_of(self.owner, dict):
            return dict.get(self.owner, self.key, UNDEFINED)  # a defaultdict would make one
        try:
            return self.owner[self.key]
        except LookupError:
            return UNDEFINED

    def set(self, value: Any) -> None:
        now = self.get()
        if value is now:
            return
        if value is UNDEFINED:
            del self.owner[self.key]
        else:
            self.owner[self.key] = value


class Content:
    """All that one list, dictionary or set holds."""

    __slots__ = ("frozen", "label", "owner")

    def __init__(self, label: str, owner: Any) -> None:
        self.label = label
        self.owner = owner
        self.frozen: frozenset[Any] = frozenset()

    @property
    def place(self) -> Key | None:
        return id(self.owner), WHOLE

    def get(self) -> Any:
        if not isinstance(self.owner, set):
            return self.owner.copy()
        if self.frozen != self.owner:
            self.frozen = frozenset(self.owner)
        return self.frozen  # the same object while nothing has changed

    def set(self, value: Any) -> None:
        if isinstance(value, Joined):
            value = value.read()  # always an error: nothing else can stand for a whole content
        if isinstance(self.owner, list):
            self.owner[:] = value
        else:
            self.owner.clear()
            self.owner.update(value)
