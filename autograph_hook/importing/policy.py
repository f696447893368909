"""Which modules are enabled: decided from the name and the path, before any file is opened."""

from __future__ import annotations

import os

from autograph_hook.settings import Layer, Settings, matches

ENABLED = 2  # unless the module's marker says otherwise
LOOK = 1  # only if the module's marker says so
NEVER = 0  # not even opened

OURSELVES = "autograph_hook"
LIBRARY = os.path.dirname(os.__file__) + os.sep
_PACKAGES = f"-packages{os.sep}"
INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")


def is_installed(path: str) -> bool:
    """Does the file belong to the standard library or to an installed package?"""
    return path.startswith(LIBRARY) or INSTALLED[0] in path or INSTALLED[1] in path


class Policy:
    """The settings, with what a run of a script enables by default."""

    __slots__ = (
        "_disable",
        "_enable",
        "_environments",
        "_named",
        "_names_all",
        "main",
        "package",
        "root",
        "settings",
    )

    def __init__(
        self, settings: Settings, root: str | None = None, package: str | None = None, main: str | None = None
    ) -> None:
        """`main` is the name of the module that is the program itself. Where nothing gives an enable list,
        the modules below the directory `root` and the package `package` are enabled too, unless they are
        installed."""
        self.settings = settings
        self.main = main
        self._enable = settings.list("enable")
        self._disable = settings.list("disable")
        self._named = frozenset(pattern.partition(".")[0] for pattern in self._enable)
        self.root = os.path.join(os.path.abspath(root), "") if root is not None and not self._enable else None
        self.package = package if not self._enable else None
        self._names_all = bool(main or self.root or package) or any("*" in name for name in self._named)
        """May a module be enabled whose package no pattern names?"""
        self._environments: dict[str, bool] = {}

    def below(self, layer: Layer) -> Policy:
        """The same with a stronger layer on top."""
        return Policy(Settings([layer, *self.settings.layers]), self.root, self.package, self.main)

    def verdict(self, name: str, path: str) -> int:
        """ENABLED, LOOK or NEVER for the module of this name whose source is at this path."""
        top = name.partition(".")[0]
        if (self._names_all or top in self._named) and self.why(name, path):
            return ENABLED
        if path.startswith(LIBRARY) or (_PACKAGES in path and is_installed(path)):
            return LOOK if top in self._named else NEVER
        return NEVER if name.startswith(OURSELVES) and matches(OURSELVES, name) else LOOK

    def why(self, name: str, path: str) -> str:
        """What enables the module, in words; empty if nothing but a marker could."""
        for pattern in self._enable:
            if matches(pattern, name):
                return "" if self.refuses(name) else f"pattern {pattern!r}"
        if self.main is None and self.root is None and self.package is None:
            return ""
        if is_installed(path) or self.refuses(name):
            return ""
        if self.is_main(name, path):
            return "it is the program"
        if self.package is not None and matches(self.package, name):
            return f"it lies in the package {self.package!r} of the program"
        if self.root is not None and path.startswith(self.root) and self._is_own(path):
            return "it lies below the directory of the program"
        return ""

    def refuses(self, name: str) -> bool:
        """Does a pattern keep the module plain?"""
        return matches(OURSELVES, name) or any(matches(pattern, name) for pattern in self._disable)

    def is_main(self, name: str, path: str) -> bool:
        """Is this module the program? Of a package that is run, that is its `__main__`."""
        main = self.main
        return main is not None and ((name == main and not path.endswith("__init__.py")) or name == f"{main}.__main__")

    def _is_own(self, path: str) -> bool:
        """Is no directory between the root and the file hidden, or a virtual environment?"""
        assert self.root is not None
        directory = os.path.dirname(path)
        known = self._environments.get(directory)
        if known is None:
            known = True
            at = len(self.root)
            while known and at <= len(directory):
                end = directory.find(os.sep, at)
                end = len(directory) if end < 0 else end
                known = not (
                    directory[at:end].startswith(".") or os.path.exists(os.path.join(directory[:end], "pyvenv.cfg"))
                )
                at = end + 1
            self._environments[directory] = known
        return known
