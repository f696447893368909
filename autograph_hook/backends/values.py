"""The values that operators and backends hand each other, and that no user's code ever sees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from autograph_hook.backends.protocol import Backend


class Undefined:
    """The value of a name that has no value yet. There is one, :data:`UNDEFINED`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<undefined>"


UNDEFINED: Final = Undefined()


class Reference:
    """Stands, among the values of a state, for a container that is a variable of that state itself.

    So the container stays the object that it is, whoever else holds it. `content` is what was in it when it was read.
    """

    __slots__ = ("content", "owner")

    def __init__(self, owner: Any, content: Any) -> None:
        self.owner = owner
        self.content = content


class Elements:
    """Stands in a Python list for elements whose number is known only when the graph runs.

    Such a list is the business of the backend that made this. The list is all of its parts one after the other.
    """

    __slots__ = ()

    backend: Backend
    alive: set[int] = set()
    """Those that there are, by identity. While there are none, no list needs to be looked into."""

    def count(self) -> Any:
        """How many elements it stands for: a Python int where that is known, else a value of the graph."""
        raise NotImplementedError


class Joined:
    """What two paths left of one variable, where which it is is known only when the graph runs.

    The operators that read a variable settle it: user code never works on one.
    """

    __slots__ = ()

    leaves: Sequence[Any] = ()
    """What it is made of where it has a value."""

    def read(self, name: str = "", where: Location | None = None) -> Any:
        """The value, for a statement that needs one; the graph checks that there is one."""

    def passed(self, name: str = "", where: Location | None = None) -> Any:
        """The same for a statement that only hands it on, for which None is as good as any value."""

    def is_none(self, wanted: bool) -> Any:
        """Is it None (if not `wanted`: is it a value)?"""

    def truth(self) -> Any:
        """The backend's truth of it."""

    def is_undefined(self) -> bool:
        """Is it no value at all on some path?"""
        return False

    def described(self) -> str:
        """What it may be, in an error message."""
        return repr(self)

    def returned(self) -> Any:
        """The value, where a function returns it to code that is not ours; raises where it may be of another kind."""
        raise NotImplementedError


class Counted:
    """Stands for a Python int that is another one in each iteration of a loop that is traced once."""

    __slots__ = ()

    def identity(self) -> None:
        """Its identity is asked for. Ends the attempt to trace the loop so."""


class Location(NamedTuple):
    """Where in the user's source a construct stands: for messages."""

    path: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}, in {self.function}"


class Varying:
    """Stands for a Python value that is another one in each call of the graph that is being built."""

    __slots__ = ()

    text: str
    """The expression that finds it in a call."""
    value: Any
    """What it is in the call that is traced."""

    def pin(self) -> Any:
        """Its value, on which everything may depend from now on."""
        raise NotImplementedError

    def as_tensor(self, dtype: Any = None) -> Any:
        """The input that eager execution would make of the value where this dtype is wanted."""
        raise NotImplementedError
