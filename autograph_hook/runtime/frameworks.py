"""When a framework comes into the program: from then on gates may be open.

Until then all gates are shut, so that no tracer, profiler or debugger can see them. The finder tells when the import
of a framework begins (gates open, in case it is never told that the import ended) and when it has ended (the backend
is taken into use, so that the first graph that is traced finds it). The finder of every program loads this file, and
few programs import a framework: the gates are loaded where they are opened.
"""

from __future__ import annotations

import sys

FRAMEWORKS = ["tensorflow"]
"""Modules whose presence makes a backend usable."""

_arrived: list[str] = []
_demanded: set[str] = set()


def is_loaded(name: str) -> bool:
    """Has the program imported this framework, to its end?"""
    if name in _demanded:
        return True
    module = sys.modules.get(name)
    if module is None:
        return False
    return name in _arrived or not getattr(getattr(module, "__spec__", None), "_initializing", False)


def expect(name: str) -> None:
    """The import of a framework begins."""
    from autograph_hook.runtime import gate

    gate.open_for_good(start)
    if is_loaded(name):
        start()


def arrived(name: str) -> None:
    """The import of a framework has ended."""
    _arrived.append(name)
    start()


def look() -> None:
    """Is a framework there already? Asked when an enabled module is loaded and no gate is open yet."""
    for name in FRAMEWORKS:
        if name in sys.modules:
            expect(name)


def start() -> bool:
    """Load what an open gate needs; False while there is no framework."""
    if not any(map(is_loaded, FRAMEWORKS)):
        return False
    from autograph_hook.runtime import entry, gate

    gate.enter_by(entry.enter)
    entry.start(_arrived)
    return True


def use_backend(name: str) -> None:
    """The settings of a module name a backend of a third party: its framework counts as well. Lantern has none: it is
    there as soon as it is named."""
    from autograph_hook.backends.registry import BY_NAME, registry
    from autograph_hook.runtime import gate

    if name in BY_NAME:
        if name not in _demanded:
            _demanded.add(name)
            registry.demand(name)
            FRAMEWORKS.append(name)
            gate.open_for_good(start)
        return
    framework = registry.framework_of(name)
    if framework not in FRAMEWORKS:
        FRAMEWORKS.append(framework)
