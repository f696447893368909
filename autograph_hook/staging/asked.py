"""A call that staging is asked about, as the runtime describes it."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any, Protocol

from autograph_hook.staging.objects import Stored
from autograph_hook.staging.trace import Host


class Options(Protocol):
    trace_safe: tuple[str, ...]
    strict: bool
    warm_up: str | int
    jit_compile: bool
    verify: int


class Beside(Protocol):
    """The plain run of a call that is staged, for verification."""

    returns: bool
    """Is there a result, or are there names in which results are left?"""

    def place(self) -> tuple[str, str, int]:
        """File, function and line."""

    def roots(self) -> list[tuple[str, Any]]:
        """From where all is reached that the call may read or change."""

    def is_enabled(self, name: Any) -> bool:
        """Is a module of this name enabled, and loaded?"""

    def ignored(self) -> frozenset[int]:
        """Objects that may hold something else afterwards, since nobody reads it."""

    def put(self, result: Any) -> None:
        """The staged call has returned this."""

    def plain(self) -> Any:
        """Run it as it is written."""


class Traceable(Protocol):
    """A call whose function can be traced, as the runtime describes it."""

    host: Host
    thread: Any
    backend: Any
    options: Options
    function: tuple[str, int, int, int]
    frame: types.FrameType
    cells: types.FunctionType | None
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    afterwards: Callable[[], None] | None
    """What is done when a staged call has succeeded."""
    has_run: bool
    """Has the graph run? What it changes has changed then: whatever is raised now, nothing may run plain."""

    def twin(self) -> types.FunctionType | None: ...

    def stored(self) -> Stored:
        """The names outside to which it stores when it has run."""


class Call(Traceable, Protocol):
    """One that stands at an open gate."""

    @property
    def may_shrink(self) -> bool:
        """Is it a piece, of which one statement may be left out?"""

    def beside(self) -> Beside: ...
