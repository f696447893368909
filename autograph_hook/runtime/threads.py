"""What the other threads of the program are doing, and keeping them out while a trace has changed their objects.

A trace of our own puts what stands for a value into the user's objects, and takes it out again when it ends. So it must
be alone: it claims the program, which it gets if no other thread is in the middle of code of an enabled module, and for
as long as it keeps the claim, a thread that comes to a gate waits there.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from weakref import ref

from autograph_hook.runtime import gate as gates

LONGEST = 60.0
"""Seconds that a thread waits. A trace that is not over then waits itself, for a lock that this thread has, perhaps."""
_STEP = 0.001


class Claim:
    """The program is one thread's, for as long as this is kept: letting go cannot be interrupted."""

    __slots__ = ("__weakref__", "thread")

    def __init__(self) -> None:
        self.thread = threading.get_ident()


def claim() -> Claim | None:
    """The program, for this thread; None where other threads are in the middle of it."""
    made = Claim()
    gates.claims.append(ref(made, gates.claims.remove))
    gates.open_all()  # through a gate that is shut a thread would come unseen
    return None if _others_run() else made


def wait() -> None:
    """Come in when no other thread has a claim."""
    end = time.monotonic() + LONGEST
    while _is_claimed_by_another() and time.monotonic() < end:
        time.sleep(_STEP)


def _is_claimed_by_another() -> bool:
    this = threading.get_ident()
    claimed = [reference() for reference in list(gates.claims)]
    return any(found is not None and found.thread != this for found in claimed)


def _others_run() -> bool:
    """Is another thread in the middle of code of an enabled module? It may look at any object at any time."""
    frames = sys._current_frames()
    frames.pop(threading.get_ident(), None)
    if not frames:
        return False
    modules = (reference() for reference in list(gates.MODULES))
    paths = {module.path for module in modules if module is not None}
    for frame in frames.values():
        inner = frame
        while inner is not None:
            if inner.f_code.co_filename in paths:
                return True
            inner = inner.f_back  # type: ignore[assignment]
    return False


TURNS = "Python's locks are replaced (gevent, eventlet): other code of this thread may run in the middle of a trace"


def takes_turns() -> bool:
    """May other code run in this thread wherever a lock is taken, as where gevent has replaced them? Frameworks take
    locks while they trace, and what runs then would find itself in the graph."""
    return threading.Lock.__module__ != "_thread"


def _wait_before_fork() -> None:
    if gates.claims:
        wait()  # the child would have what stands for the values, and nobody who takes it out


gates.wait = wait
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_wait_before_fork)
