"""Has the evaluation of a condition changed anything?

The first condition of a `while` loop is evaluated where the loop stands, to see whose business it is. If it belongs to
a graph, the graph evaluates it again. Where it changes something, that would be once too often: then the loop runs
under the condition that is known already.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from autograph_hook.backends.protocol import Backend
from autograph_hook.backends.registry import registry
from autograph_hook.runtime.gate import thread


class Mark(NamedTuple):
    """Where a trace stands."""

    backends: dict[int, Any]
    prints: int


def mark() -> Mark:
    backends = {id(backend): backend.mark() for backend in registry.in_use() if backend.tracing()}
    return Mark(backends, _prints())


def acted_since(before: Mark, backend: Backend) -> bool:
    """Was anything added to the trace since then that is seen from outside when it runs?"""
    return backend.acted_since(before.backends[id(backend)]) or _prints() != before.prints


def _prints() -> int:
    trace = thread().trace
    return trace.printing.count() if trace is not None else 0
