"""Putting back what a trace has changed, whatever comes in between."""

from __future__ import annotations

from collections.abc import Callable

MOST = 8
"""Attempts at one step."""


def do_all(steps: list[Callable[[], None]]) -> None:
    """Do these, the last first, and take each away when it is done; each may be done twice. An interrupt, or a want of
    memory, waits until all are done."""
    held: BaseException | None = None
    attempts = 0
    while steps:
        try:
            steps[-1]()
            steps.pop()
            attempts = 0
        except BaseException as error:
            held = error
            attempts += 1
            if attempts == MOST:
                steps.pop()
                attempts = 0
    if held is not None:
        raise held
