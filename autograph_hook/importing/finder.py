"""The meta-path finder: asks the finders after itself and gives enabled modules another loader.

The path is searched once, by whoever would have searched it, so editable installs, namespace packages and
other hooks work as they did. Only a spec whose loader is exactly SourceFileLoader is touched: any other
loader is somebody's business already.
"""

from __future__ import annotations

import sys
from _frozen_importlib_external import SourceFileLoader, spec_from_file_location

from autograph_hook.importing.cache import plain_path_for
from autograph_hook.importing.files import may_begin, read_source
from autograph_hook.importing.frames import part_of_importlib
from autograph_hook.importing.marker import find_marker, find_plain_lines, may_hold_marker
from autograph_hook.importing.policy import ENABLED, NEVER, Policy
from autograph_hook.runtime import frameworks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from importlib.machinery import ModuleSpec
    from types import FrameType, ModuleType
    from typing import Any

    from autograph_hook.importing.loader import Loader
    from autograph_hook.transpiler.module import Transformed


class Finder:
    """Stands first on `sys.meta_path`. What it does is decided by its `policy`."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.scripts: dict[str, str] = {}  # names under which a child process finds the script of its parent
        self.transforming: list[None] = []  # one for each transformation in progress; their own imports are not for us
        # The modules that are being looked for, innermost last. Python holds the import lock meanwhile, so
        # they are of one thread. A finder that delegates to all others, as some do, asks us again: once is
        # answered.
        self._asking: list[str] = []
        self._told: set[object] = set()
        self._passed: list[int] = []

    def __repr__(self) -> str:
        return "<autograph_hook finder>"

    @part_of_importlib
    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if self.transforming and _this_thread_transforms():
            return None
        if fullname in self.scripts:
            return self.script_spec(fullname, self.scripts[fullname])
        asking = self._asking
        if asking and asking.count(fullname) > 1:
            return None
        # Every import comes through here. The modules that are not enabled are in a hurry, so no calls are
        # spent on what can be written out.
        spec: ModuleSpec | None = None
        try:
            asking.append(fullname)
            others = sys.meta_path
            for finder in others[1:] if others and others[0] is self else self._others():
                try:
                    find_spec = finder.find_spec
                except AttributeError:
                    spec = _find_the_old_way(finder, fullname, path)
                else:
                    spec = find_spec(fullname, path, target)
                if spec is not None:
                    break
        finally:
            asking.pop()
        if spec is None:
            return None
        if fullname in frameworks.FRAMEWORKS:
            self._expect(fullname, spec)
            return spec
        loader = spec.loader
        if type(loader) is SourceFileLoader:
            file = loader.path
            verdict = self.policy.verdict(fullname, file)
            if verdict != ENABLED:
                if verdict == NEVER:
                    return spec
                if getattr(spec, "_cached", spec) is None:
                    # importlib asks next; it takes as long to find that out as we take to look at the file.
                    spec.cached = plain_path_for(file)
                try:
                    if not may_begin(file, may_hold_marker) or not self._marked(file):
                        return spec
                except OSError:
                    return spec
            self._swap(spec, loader, verdict)
        elif spec.has_location and loader is not None and spec.origin is not None and spec.origin.endswith(".py"):
            self._leave_alone(fullname, spec.origin, loader)
        return spec

    def _others(self) -> list[Any]:
        """The finders after this one, where it is not the first."""
        meta_path = sys.meta_path
        after = meta_path.index(self) + 1 if self in meta_path else 0
        if after:
            self._come_first(meta_path[0])
        return meta_path[after:]

    def _expect(self, framework: str, spec: ModuleSpec) -> None:
        from autograph_hook.importing.arrival import announce

        frameworks.expect(framework)
        announce(spec, frameworks.arrived)

    def _come_first(self, head: object) -> None:
        """Another finder was put before this one, and modules that it claims are never shown to us. Behind us
        it is still asked for everything. Done once for each such finder: two hooks that both insist would
        never end."""
        if id(head) not in self._passed:
            self._passed.append(id(head))
            sys.meta_path.remove(self)
            sys.meta_path.insert(0, self)

    def _marked(self, path: str) -> bool:
        """Does the source at this path enable itself?"""
        try:
            marker = find_marker(read_source(path))
        except OSError:
            return False
        if marker is None:
            return False
        self.warn_about(path, marker.problems)
        return marker.enable is True

    def _swap(self, spec: ModuleSpec, loader: SourceFileLoader, verdict: int) -> None:
        new = self.new_loader(loader.name, loader.path, verdict)
        spec.loader = new
        if new.cached is not None:
            spec.cached = new.cached
        if self.policy.main is not None and self.policy.is_main(spec.name, loader.path):
            from autograph_hook.importing.children import child_name

            spec.name = child_name(spec.name, None)

    def new_loader(self, name: str, path: str, verdict: int = ENABLED) -> Loader:
        # The first enabled module pays for what only enabled modules need.
        global _Loader
        if _Loader is None:
            from autograph_hook.importing.loader import Loader

            _Loader = Loader
        return _Loader(name, path, self, verdict)

    def script_spec(self, name: str, path: str) -> ModuleSpec | None:
        """The spec of a script under a module name: what lets a child process load it again."""
        loader = self.new_loader(name, path)
        spec = spec_from_file_location(name, path, loader=loader)
        if spec is not None and loader.cached is not None:
            spec.cached = loader.cached
        return spec

    def _leave_alone(self, fullname: str, path: str, loader: Any) -> None:
        """Somebody else loads this module. If it is enabled, say so, once for each kind of loader."""
        kind = loader if isinstance(loader, type) else type(loader)
        if kind in self._told or kind.__module__ == "zipimport":
            return
        if _Loader is not None and (kind is _Loader or type(getattr(loader, "loader", None)) is _Loader):
            return  # it is ours, or it wraps ours and both apply
        verdict = self.policy.verdict(fullname, path)
        if verdict == NEVER or (verdict != ENABLED and not self._marked(path)):
            return
        self._told.add(kind)
        hook = f"{kind.__module__}.{kind.__qualname__}"
        self._warn(
            f"{fullname} is enabled for autograph_hook, but {hook} loads and rewrites it. It is left to "
            f"{hook} and runs plain; so do other modules that this hook claims. To have one staged, take it "
            "out of that hook.",
            path,
            1,
        )

    def transformed(
        self, source: bytes, path: str, optimize: int = -1
    ) -> tuple[Transformed, frozenset[int], list[tuple[int, str]]]:
        """What the transpiler makes of a source, its lines that stay plain, and what was not understood there. Imports
        below this call are the transpiler's own."""
        try:
            self.transforming.append(None)
            from autograph_hook.transpiler import transform

            plain_lines, misread = find_plain_lines(source)
            return transform(source, path, optimize=optimize, plain_lines=plain_lines), plain_lines, misread
        finally:
            self.transforming.pop()

    def warn_about(self, path: str, problems: Iterable[tuple[int, str]]) -> None:
        """One warning for each problem, however often the file is loaded."""
        for line, text in problems:
            if (path, line, text) not in self._told:
                self._told.add((path, line, text))
                self._warn(text, path, line)

    def _warn(self, text: str, path: str, line: int) -> None:
        from autograph_hook.errors import warn

        warn(text, path, line)


_Loader: type[Loader] | None = None


def _this_thread_transforms() -> bool:
    """Its stack tells, whatever an interrupt has left behind, and in a fork, where the other threads are gone."""
    code = Finder.transformed.__code__
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_code is not code:
        frame = frame.f_back
    return frame is not None


def _find_the_old_way(finder: Any, fullname: str, path: Any) -> ModuleSpec | None:
    """A finder that has only `find_module`, as Python 3.10 and 3.11 still allow."""
    import _frozen_importlib

    legacy = getattr(_frozen_importlib, "_find_spec_legacy", None)
    return legacy(finder, fullname, path) if legacy is not None else None
