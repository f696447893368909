"""A benchmark that takes no time, to run the command with."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from typing import Any

import pytest

from benchmarks import __main__ as command
from benchmarks import registry
from benchmarks.harness import Bench
from benchmarks.registry import Entry

Run = Callable[[Bench], None]


@pytest.fixture
def add(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Registers a benchmark under a name; `all` is then what was added."""
    added: dict[str, Entry] = {}

    def register(name: str, run: Run, **more: Any) -> None:
        module = types.ModuleType(f"benchmarks.{name}")
        module.run = run  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, f"benchmarks.{name}", module)
        added[name] = Entry(f"what {name} shows", 1, **more)
        monkeypatch.setitem(registry.BENCHMARKS, name, added[name])
        monkeypatch.setattr(command, "ALL", tuple(name for name, entry in added.items() if entry.share))

    return register
