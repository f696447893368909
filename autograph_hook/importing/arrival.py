"""To be told that a module has been imported to its end, without leaving a trace of it.

For the time until the module is executed its spec has a loader that stands for the real one; before the first line of
the module runs, the real one is back in its place.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any


class Arrival:
    """Stands for a loader until it is needed."""

    def __init__(self, loader: Any, told: Callable[[str], None]) -> None:
        self.loader = loader
        self.told = told

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        spec.loader = self.loader
        module: ModuleType | None = self.loader.create_module(spec)
        spec.loader = self  # type: ignore[assignment]  # importlib asks it to execute the module
        return module

    def exec_module(self, module: ModuleType) -> None:
        spec = module.__spec__
        assert spec is not None
        spec.loader = module.__loader__ = self.loader
        self.loader.exec_module(module)
        self.told(spec.name)


def announce(spec: ModuleSpec, told: Callable[[str], None]) -> None:
    """Have `told` called with the module's name once it has been executed."""
    loader = spec.loader
    if loader is not None and hasattr(loader, "exec_module") and hasattr(loader, "create_module"):
        spec.loader = Arrival(loader, told)  # type: ignore[assignment]
