"""Tracebacks without the frames of autograph_hook."""

from __future__ import annotations

import os
import types

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


class user_frames:
    """On the way out, an exception loses the traceback entries of this package."""

    __slots__ = ()

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: types.TracebackType | None) -> None:
        if error is not None:
            error.__traceback__ = without_ours(traceback)


def without_ours(traceback: types.TracebackType | None) -> types.TracebackType | None:
    """The same traceback without our entries; as it was where nothing else would be left."""
    kept: list[types.TracebackType] = []
    entry = traceback
    while entry is not None:
        if not entry.tb_frame.f_code.co_filename.startswith(_PACKAGE):
            kept.append(entry)
        entry = entry.tb_next
    if not kept:
        return traceback
    for this, following in zip(kept, [*kept[1:], None], strict=True):
        this.tb_next = following
    return kept[0]
