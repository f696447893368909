"""How a `try` or `with` statement is left: by a jump out of `finally`, which wins over an exception, or by an
exception that is caught.

An exception that is raised while a branch or loop body of the graph is traced says only that one path raises it.
Whether that path is taken is known when the graph runs, and then nothing can go on from a handler. So what catches
such an exception around the construct ends the trace.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

from autograph_hook.errors import StagingError
from autograph_hook.runtime.dispatch import staged
from autograph_hook.runtime.locations import here
from autograph_hook.runtime.operators.constructs import has_left, refuse

_PACKAGE = __name__.partition(".")[0] + "."


class unless_left:
    """Around a `try` whose `finally` holds jumps: `stays()` tells whether none of them was taken."""

    __slots__ = ("stays",)

    def __init__(self, stays: Callable[[], Any]) -> None:
        self.stays = stays

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> bool:
        if error is None or _is_ours(error):
            return False
        stays = self.stays()
        # What only the graph decides cannot take back an exception that is raised while it is built.
        if staged(stays) is not None or stays:
            return False
        _require_certain(error, "a jump out of `finally`")
        return True


class unless_raised:
    """Around statements that may jump: an exception that comes out of them in the place of a jump takes that back.

    The cells of the jumps' flags are those of `flags`.
    """

    __slots__ = ("flags",)

    def __init__(self, flags: FunctionType) -> None:
        self.flags = flags

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if error is not None:
            for cell in self.flags.__closure__ or ():
                cell.cell_contents = False


class unless_swallowed:
    """Around a context manager and inside of it: has it taken back an exception?

        with ag__.unless_swallowed() as ag__1, manager, ag__1:
    """

    __slots__ = ("error", "is_inside")

    def __init__(self) -> None:
        self.is_inside = False
        self.error: BaseException | None = None

    def __enter__(self) -> unless_swallowed:
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if not self.is_inside:
            self.is_inside = True
            self.error = error
            return
        swallowed, self.error = self.error, None
        if error is None and swallowed is not None:
            if _is_ours(swallowed):
                raise swallowed
            _require_certain(swallowed, "the context manager")


def caught(kinds: Any = BaseException) -> Any:
    """What an `except` names, where an exception has come to it: nothing for what is ours to handle."""
    error = sys.exc_info()[1]
    assert error is not None
    if _is_ours(error):
        named = kinds if isinstance(kinds, tuple) else (kinds,)
        return tuple(kind for kind in named if isinstance(kind, type) and kind.__module__.startswith(_PACKAGE))
    if _is_among(error, kinds):
        _require_certain(error, "this `except`")
    return kinds


def _is_among(error: BaseException, kinds: Any) -> bool:
    try:
        return isinstance(error, (kinds, _GROUP))
    except TypeError:
        return False  # Python will say so


_GROUP: Any = getattr(builtins, "BaseExceptionGroup", ())


def _is_ours(error: BaseException) -> bool:
    return isinstance(error, StagingError) or type(error).__module__.startswith(_PACKAGE)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The exception, those that it was raised from, and those of a group."""
    seen: set[int] = set()
    todo = [error]
    while todo:
        one = todo.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            yield one
            todo += [one.__cause__, one.__context__, *getattr(one, "exceptions", ())]


def _require_certain(error: BaseException, catcher: str) -> None:
    """What is caught must be raised whatever the graph decides."""
    if not any(map(has_left, _chain(error))):
        return
    text = f"{type(error).__name__}({str(error)!r})" if str(error) else type(error).__name__
    refuse(
        f"{here()}: {catcher} would catch {text}, which is raised in a branch or loop of the graph: whether it is "
        "raised is known only when the graph runs, and no graph can go on from there: test for the condition instead, "
        "with `if` or tf.where, or catch the exception inside that branch"
    )
