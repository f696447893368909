"""A value that is there on some paths only: elsewhere it is None."""

from __future__ import annotations

from typing import Any

from autograph_hook.backends.lantern.symbols import Number
from autograph_hook.backends.lantern.tracing import error, session
from autograph_hook.backends.protocol import Joined, Location


class Maybe(Joined):
    """`content` where `present`, else None."""

    __slots__ = ("content", "present", "structure")

    def __init__(self, present: Number, content: Any, structure: Any) -> None:
        self.present = present
        self.content = content
        self.structure = structure

    def read(self, name: str = "", where: Location | None = None) -> Any:
        session().check(session().var(self.present), "TypeError", "unsupported operand: None")
        return self.content

    def passed(self, name: str = "", where: Location | None = None) -> Any:
        return self

    def is_none(self, wanted: bool) -> Any:
        s = session()
        var = s.var(self.present)
        return Number(s.op("not", var) if wanted else var, s.frame, True)

    def truth(self) -> Any:
        raise error("asks for the truth of a value that may be None: compare it with None")

    def returned(self) -> Any:
        return self


class Conflict(Joined):
    """Two values that no structure has room for. Whoever uses it gets an error."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def read(self, name: str = "", where: Location | None = None) -> Any:
        raise error(self.text)

    passed = read

    def is_none(self, wanted: bool) -> Any:
        raise error(self.text)

    def truth(self) -> Any:
        raise error(self.text)

    def is_undefined(self) -> bool:
        return True

    def returned(self) -> Any:
        raise error(self.text)
