"""A call has come to an open gate, and a framework is loaded."""

from __future__ import annotations

import sys
from typing import Any

from autograph_hook.backends.protocol import Backend
from autograph_hook.backends.registry import registry
from autograph_hook.runtime import gate as gates
from autograph_hook.runtime.errors import user_frames
from autograph_hook.runtime.gate import Gate
from autograph_hook.runtime.twins import twin_at_gate, twin_of_function


def start() -> None:
    """Take the backends into use: from now on the gates open when a trace begins."""
    registry.on_load(_use)


def _use(backend: Backend) -> None:
    backend.watch(gates.open_all, lambda: None)
    backend.own(_has_twin)
    gates.open_all()


def _has_twin(function: Any) -> bool:
    """Is this a function whose twin will run while a graph is built?"""
    if gates.thread().plain or getattr(function, "__code__", None) is None:
        return False
    gate = gates.gate_of(function)
    return gate is not None and gate.module.options.mode != "off" and gate.code() is not None


def tracing() -> Backend | None:
    """The backend that builds a graph in this thread."""
    for backend in registry.in_use():
        if backend.tracing():
            return backend
    return None


def enter(gate: Gate, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> bool:
    """Run the twin if this thread builds a graph, else let staging decide. True: the result is ready."""
    backend = tracing()
    if backend is not None:
        twin = twin_at_gate(gate, arguments[0], sys._getframe(2).f_globals)
        if twin is None:
            return False
        with user_frames():
            result = twin(*arguments[1:], **keywords)
        gates.thread().results.append(result)
        return True
    gate.calls += 1
    if gate.module.options.mode == "auto":
        from autograph_hook.staging import outermost

        return outermost.enter(gate, arguments, keywords)
    gates.shut(gate)
    return False


__all__ = ["enter", "start", "tracing", "twin_of_function"]
