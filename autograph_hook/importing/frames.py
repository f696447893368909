"""Keeping our own frames out of the user's tracebacks.

CPython removes the frames of `importlib._bootstrap` and `importlib._bootstrap_external` from the traceback of
an exception that passes through an import. It knows them by their file name. A function of ours that stands
between them takes that file name, so an import fails with the same traceback, and a warning with a
`stacklevel` names the same line, with us and without.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, TracebackType
    from typing import TypeVar

    F = TypeVar("F", bound=Callable[..., object])

IMPORTLIB = "<frozen importlib._bootstrap_external>"


def part_of_importlib(function: F) -> F:
    """Decorator: this function's frames count as importlib's."""
    function.__code__ = function.__code__.replace(co_filename=IMPORTLIB)
    return function


def from_code(traceback: TracebackType | None, code: CodeType) -> TracebackType | None:
    """The part of a traceback that begins where `code` runs; None if it never ran."""
    while traceback is not None and traceback.tb_frame.f_code is not code:
        traceback = traceback.tb_next
    return traceback
