"""Everything that a report can say is noted and measured from now on: decisions, seconds."""

from __future__ import annotations

from collections.abc import Sequence

from autograph_hook.backends.protocol import Backend
from autograph_hook.reporting import journal
from autograph_hook.runtime import entry, gate
from autograph_hook.runtime.sampling import sampling
from autograph_hook.staging import outermost


def collect() -> None:
    """Begin now, or as soon as there is a framework."""
    gate.collects = True
    if entry.backends():
        begin(entry.backends())


def begin(backends: Sequence[Backend]) -> None:
    journal.collect()
    outermost.measure()
    sampling.begin([path for backend in backends for path in backend.graph_files])
