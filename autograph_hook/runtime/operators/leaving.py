"""A jump out of `finally` wins over an exception that is on its way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograph_hook.runtime.dispatch import staged


class unless_left:
    """Around a `try` whose `finally` holds jumps: `stays()` tells whether none of them was taken."""

    __slots__ = ("stays",)

    def __init__(self, stays: Callable[[], Any]) -> None:
        self.stays = stays

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> bool:
        if error is None:
            return False
        stays = self.stays()
        # What only the graph decides cannot take back an exception that is raised while it is built.
        return staged(stays) is None and not stays
