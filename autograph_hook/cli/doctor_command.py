"""`autograph-hook doctor`: what a run would find here, and what is wrong with it."""

from __future__ import annotations

import os
import platform
import sys

from autograph_hook import __version__
from autograph_hook.cli.options import UsageError, plain_words
from autograph_hook.errors import AutographError
from autograph_hook.importing import startup
from autograph_hook.importing.cache import key
from autograph_hook.importing.configuration import SWITCH
from autograph_hook.importing.hook import outer_layers
from autograph_hook.settings import KEYS, Settings

USAGE = "autograph-hook doctor"
OLDEST = (3, 10)
DEPENDENCIES = ("gast", "astor", "importlib-metadata")
FRAMEWORKS = ("tensorflow", "keras")
OTHER_REWRITERS = ("pytest", "_pytest", "typeguard", "beartype", "jaxtyping", "import_expression", "birdseye")


class Doctor:
    """Prints one line for each thing that was looked at; `wrong` counts those that need a cure."""

    def __init__(self) -> None:
        self.wrong = 0

    def say(self, topic: str, text: str, wrong: bool = False) -> None:
        self.wrong += wrong
        print(f"{'WRONG' if wrong else 'ok':5}  {topic:13} {text}")

    def examine(self) -> None:
        self._python()
        self._packages()
        self._settings()
        self._hooks()
        self._startup()
        self._cache()

    def _python(self) -> None:
        text = f"{platform.python_implementation()} {platform.python_version()}, {sys.executable}"
        if sys.version_info < OLDEST or platform.python_implementation() != "CPython":
            self.say("python", f"{text}: CPython 3.10 or newer is needed", wrong=True)
        else:
            self.say("python", text)
        self.say("autograph_hook", __version__)

    def _packages(self) -> None:
        for name in DEPENDENCIES:
            version = _version(name)
            self.say(
                "dependency",
                f"{name} {version or 'is not installed: pip install ' + name}",
                wrong=not version,
            )
        found = [f"{name} {version}" for name in FRAMEWORKS if (version := _version(name))]
        self.say("frameworks", ", ".join(found) or "none: enabled modules run, and nothing can be staged")

    def _settings(self) -> None:
        try:
            layers = outer_layers([os.getcwd()])
        except AutographError as error:
            self.say("settings", str(error), wrong=True)
            return
        settings = Settings(layers)
        files = [layer.source for layer in layers if layer.source != "environment"]
        self.say(
            "settings",
            f"from {files[0]}" if files else "no pyproject.toml with [tool.autograph_hook] from here up",
        )
        for name, accepted in KEYS.items():
            if settings.origin(name) != "default" and name not in ("enable", "disable"):
                value = settings.value(name)
                shown = ", ".join(map(str, value)) if isinstance(value, tuple) else value
                self.say("settings", f"{accepted.written} = {shown}  (from {settings.origin(name)})")
        for layer in layers:
            for patterns, values in layer.overrides:
                changed = ", ".join(f"{name} = {value}" for name, value in values.items())
                self.say("settings", f"for {', '.join(patterns)}: {changed}  (overrides in {layer.source})")
        self._enabled(settings)

    def _enabled(self, settings: Settings) -> None:
        patterns = settings.list("enable")
        if not patterns:
            self.say("enabled", "no list: modules with a marker, and what lies beside a script that is run")
        for pattern in patterns:
            top = pattern.partition(".")[0]
            if "*" not in top and not _can_be_found(top):
                self.say("enabled", f"{pattern}: there is no module {top!r} on sys.path here  (from "
                         f"{settings.origin('enable')})", wrong=True)  # fmt: skip
            else:
                self.say("enabled", f"{pattern}  (from {settings.origin('enable')})")
        for pattern in settings.list("disable"):
            self.say("disabled", f"{pattern}  (from {settings.origin('disable')})")

    def _hooks(self) -> None:
        others = [text for finder in [*sys.meta_path, *sys.path_hooks] if (text := _rewriter(finder))]
        self.say("other hooks", ", ".join(others) + ": modules that these claim are left to them"
                 if others else "none that rewrites modules")  # fmt: skip

    def _startup(self) -> None:
        path, there = startup.status()
        switch = os.environ.get(SWITCH, "0")
        acts = "" if switch in ("", "0") else f", and {SWITCH}={switch} makes it act"
        if there:
            self.say("start-up file", f"{path}{acts}")
        elif os.path.exists(path):
            text = f"{path} is not as this version writes it: autograph-hook startup install"
            self.say("start-up file", text, wrong=True)
        elif acts:
            self.say("start-up file", f"{SWITCH}={switch} is set and no start-up file acts on it: "
                     "autograph-hook startup install", wrong=True)  # fmt: skip
        else:
            self.say("start-up file", "not installed (autograph-hook startup install)")

    def _cache(self) -> None:
        where = f"below {sys.pycache_prefix}" if sys.pycache_prefix else "in __pycache__ beside each source"
        writes = ", read but not written (-B or PYTHONDONTWRITEBYTECODE)" if sys.dont_write_bytecode else ""
        self.say("cache", f"{where}, key {key()}{writes}")


def command(words: list[str]) -> int:
    if plain_words(words, USAGE):
        raise UsageError(f"doctor takes no arguments.\nusage: {USAGE}")
    sys.path[:1] = [os.getcwd()]  # as a program run from here would have it
    doctor = Doctor()
    doctor.examine()
    print(f"\n{doctor.wrong} wrong" if doctor.wrong else "\nnothing is wrong")
    return 1 if doctor.wrong else 0


def _version(distribution: str) -> str | None:
    try:
        from importlib_metadata import PackageNotFoundError, version
    except ImportError:
        from importlib.metadata import PackageNotFoundError, version  # type: ignore[assignment]
    try:
        return str(version(distribution))
    except PackageNotFoundError:
        return None


def _can_be_found(module: str) -> bool:
    from importlib.util import find_spec

    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _rewriter(finder: object) -> str:
    kind = finder if isinstance(finder, type) else type(finder)
    name = f"{kind.__module__}.{kind.__qualname__}"
    return name if kind.__module__.partition(".")[0] in OTHER_REWRITERS else ""
