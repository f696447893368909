"""What the other threads of the program are doing."""

from __future__ import annotations

import sys
import threading

from autograph_hook.runtime.gate import MODULES


def others_run() -> bool:
    """Is another thread in the middle of code of an enabled module? It may look at any object at any time."""
    frames = sys._current_frames()
    frames.pop(threading.get_ident(), None)
    if not frames:
        return False
    paths = {module.path for module in (reference() for reference in list(MODULES)) if module is not None}
    for frame in frames.values():
        inner = frame
        while inner is not None:
            if inner.f_code.co_filename in paths:
                return True
            inner = inner.f_back  # type: ignore[assignment]
    return False
