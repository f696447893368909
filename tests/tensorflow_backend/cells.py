"""A hand-written State: what the twin of a function keeps its names in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograph_hook.backends.protocol import UNDEFINED, Joined, Location

HERE = Location("model.py", 7, "step")


class Cells:
    """Named variables; reading one without a value raises NameError, as Python does."""

    def __init__(self, *undefined: str, **values: Any) -> None:
        self.__dict__["guarded"] = False
        self.__dict__["_values"] = {**values, **dict.fromkeys(undefined, UNDEFINED)}

    @property
    def labels(self) -> Sequence[str]:
        return tuple(self._values)

    def get(self) -> tuple[Any, ...]:
        return tuple(self._values.values())

    def set(self, values: Sequence[Any]) -> None:
        self._values.update(zip(self._values, values, strict=True))

    def __getattr__(self, name: str) -> Any:
        value = self._values[name]
        if value is UNDEFINED:
            raise NameError(f"name {name!r} is not defined")
        return value.read(name, HERE) if isinstance(value, Joined) else value

    def __setattr__(self, name: str, value: Any) -> None:
        self._values[name] = value

    def is_undefined(self, name: str) -> bool:
        return self._values[name] is UNDEFINED
