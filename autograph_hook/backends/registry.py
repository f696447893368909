"""Which backend a value belongs to.

A backend is used only if the program has imported its framework, and is asked about a type once. Third
parties add one by an entry point in the group `autograph_hook.backends` whose value is a
:class:`~.protocol.Backend` (or makes one when called); those are looked for only when the settings name a
backend that is not built in, or when the first trace begins.
"""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable, Iterable
from typing import Any
from weakref import WeakKeyDictionary

from autograph_hook.backends.protocol import Backend
from autograph_hook.errors import AutographError, warn
from autograph_hook.interrupts import is_interrupt

GROUP = "autograph_hook.backends"

# framework -> the module whose BACKEND serves it
BUILT_IN = {"tensorflow": "autograph_hook.backends.tensorflow", "lantern": "autograph_hook.backends.lantern.backend"}
BY_NAME = frozenset({"lantern"})
"""Those without a framework of their own, which are in use as soon as a module's settings name them."""
FRAMEWORKS = frozenset(BUILT_IN) - BY_NAME


class Registry:
    """The backends in use, in the order in which their frameworks were met."""

    def __init__(self, built_in: dict[str, str] | None = None) -> None:
        self._built_in = dict(BUILT_IN if built_in is None else built_in)
        self._outside: dict[str, Any] | None = None  # entry points by name, None until looked for
        self._loaded: dict[str, Backend | None] = {}  # None: could not be used, and said so
        self._settled: list[Backend] | None = None  # those in use, once no other can come by being imported
        self._by_type: WeakKeyDictionary[type, Backend | None] = WeakKeyDictionary()
        self._listeners: list[Callable[[Backend], None]] = []
        self.only: str | None = None  # the one backend that the settings allow
        self.arrived: set[str] = set()  # frameworks whose import has ended, whatever their specs still say
        self._demanded: set[str] = set()  # those without a framework of their own that a module's settings name

    def of(self, kind: type) -> Backend | None:
        """The backend that recognises values of this type."""
        try:
            return self._by_type[kind]
        except KeyError:
            pass
        found = None
        for backend in self.in_use():
            if backend.recognises(kind):
                found = backend
                break
        self._by_type[kind] = found
        return found

    def in_use(self) -> list[Backend]:
        """The backends whose frameworks the program has imported; loads those not met before."""
        if self._settled is not None:
            return self._settled
        for framework, module in self._built_in.items():
            if framework not in self._loaded and self._allows(framework) and self.is_imported(framework):
                self._load(framework, functools.partial(_built_in, module))
        found = [backend for backend in self._loaded.values() if backend is not None]
        if all(self._loaded.get(name) for name in self._built_in if name not in BY_NAME):
            self._settled = found
        return found

    def choose(self, name: str) -> None:
        """Allow only this backend; `auto` allows all."""
        if name != "auto" and name not in self._built_in:
            outside = self._entry_points()
            if name not in outside:
                known = ", ".join(sorted({"auto", *self._built_in, *outside}))
                raise AutographError(f"there is no backend {name!r}: the backends are {known}")
        self.only = None if name == "auto" else name
        self._by_type.clear()
        self._settled = None

    def demand(self, name: str) -> None:
        """A module's settings name a backend without a framework of its own."""
        self._demanded.add(name)
        self._settled = None

    def first_trace(self) -> None:
        """Take in the backends of third parties, where their frameworks are imported."""
        for name, entry in self._entry_points().items():
            if name not in self._loaded and self._allows(name):
                self._load(name, functools.partial(_made, entry))

    def on_load(self, listener: Callable[[Backend], None]) -> None:
        """Call `listener` with each backend in use, now and later."""
        for backend in self.in_use():
            listener(backend)
        self._listeners.append(listener)

    def is_imported(self, framework: str) -> bool:
        if framework in BY_NAME:
            return framework in self._demanded
        return is_imported(framework) or (framework in self.arrived and framework in sys.modules)

    def framework_of(self, name: str) -> str:
        """The framework of a third party's backend. Raises AutographError where there is no such backend."""
        entry = self._entry_points().get(name)
        if entry is None:
            known = ", ".join(sorted({"auto", *self._built_in, *self._entry_points()}))
            raise AutographError(f"there is no backend {name!r}: the backends are {known}")
        framework: str = entry.load().framework
        return framework

    def _allows(self, name: str) -> bool:
        return self.only is None or self.only == name

    def _load(self, name: str, load: Callable[[], Backend]) -> None:
        self._loaded[name] = None
        self._settled = None
        try:
            backend = load()
        except Exception as error:  # the program runs on without the backend
            if is_interrupt(error):
                raise
            warn(f"the backend {name!r} cannot be used, so nothing of it is staged: {error}")
            return
        if not self.is_imported(backend.framework):
            del self._loaded[name]
            return
        self._loaded[name] = backend
        self._by_type.clear()
        for listener in self._listeners:
            listener(backend)

    def _entry_points(self) -> dict[str, Any]:
        if self._outside is None:
            self._outside = {entry.name: entry for entry in _entry_points()}
        return self._outside


def _entry_points() -> Iterable[Any]:
    try:
        from importlib_metadata import entry_points
    except ImportError:
        from importlib.metadata import entry_points  # type: ignore[assignment]
    return entry_points(group=GROUP)


def _built_in(module: str) -> Backend:
    backend: Backend = importlib.import_module(module).BACKEND
    return backend


def _made(entry: Any) -> Backend:
    found = entry.load()
    backend: Backend = found() if isinstance(found, type) else found
    return backend


def serves(backend: Backend, wanted: str) -> bool:
    """Is this a backend for a module whose setting says `wanted`?"""
    return backend.name == wanted or (wanted == "auto" and not backend.only_by_name)


def is_imported(framework: str) -> bool:
    """Has the program imported this module, to its end?"""
    module = sys.modules.get(framework)
    if module is None:
        return False
    return not getattr(getattr(module, "__spec__", None), "_initializing", False)


registry = Registry()
