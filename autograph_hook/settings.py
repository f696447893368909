"""What can be set, which values are accepted, and which of several sources wins.

Sources are layers, strongest first: marker, command line, environment, overrides, pyproject, default. Lists
add up over the layers; for every other key the strongest layer that has it decides. Loaded at start-up, so
nothing heavy is imported here: no dataclasses, no typing, no regular expressions.
"""

from __future__ import annotations

from autograph_hook.errors import AutographError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Value = str | int | bool | tuple[str, ...]

MODES = ("auto", "traced", "off")
BACKENDS = ("auto", "tensorflow", "lantern")
BACKEND_ENTRY_POINTS = "autograph_hook.backends"
REPORT_ENDINGS = (".html", ".json", ".txt")
STANDARD_ERROR = "-"  # the report's file name that stands for standard error


class SettingsError(AutographError):
    """A setting that is not known, or whose value is not accepted. The text names where it stands."""


class ModuleOptions:
    """How the functions of one module run. Immutable; modules with equal options may share one object."""

    __slots__ = ("backend", "debug", "jit_compile", "mode", "recursion", "strict", "trace_safe", "verify", "warm_up")

    mode: str
    backend: str
    trace_safe: tuple[str, ...]
    strict: bool
    warm_up: str | int
    jit_compile: bool
    recursion: bool
    verify: int
    debug: bool

    def __init__(
        self,
        mode: str = "auto",
        backend: str = "auto",
        trace_safe: tuple[str, ...] = (),
        strict: bool = False,
        warm_up: str | int = "auto",
        jit_compile: bool = False,
        recursion: bool = False,
        verify: int = 0,
        debug: bool = False,
    ) -> None:
        place = object.__setattr__
        place(self, "mode", mode)
        place(self, "backend", backend)
        place(self, "trace_safe", trace_safe)
        place(self, "strict", strict)
        place(self, "warm_up", warm_up)
        place(self, "jit_compile", jit_compile)
        place(self, "recursion", recursion)
        place(self, "verify", verify)
        place(self, "debug", debug)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"ModuleOptions is immutable: cannot set {name!r}")

    def _key(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in ModuleOptions.__slots__)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ModuleOptions) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return f"ModuleOptions({', '.join(f'{n}={getattr(self, n)!r}' for n in ModuleOptions.__slots__)})"

    def __reduce__(self) -> tuple[object, ...]:
        return _options, (tuple((name, getattr(self, name)) for name in ModuleOptions.__slots__),)


def _options(items: Iterable[tuple[str, object]]) -> ModuleOptions:
    return ModuleOptions(**dict(items))  # type: ignore[arg-type]


class _Refused(Exception):
    """The value is not accepted."""


def is_pattern(text: str) -> bool:
    """Is this a dotted module name, `*` allowed in it?

    >>> is_pattern("pkg.sub.*"), is_pattern("my-pkg"), is_pattern("pkg..sub"), is_pattern("pkg/sub.py")
    (True, False, False, False)
    """
    return all(part and f"_{part.replace('*', '_')}".isidentifier() for part in text.split("."))


def _patterns(value: object) -> Value:
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, (list, tuple, set, frozenset)):
        raise _Refused
    if not all(isinstance(item, str) and is_pattern(item) for item in value):
        raise _Refused
    return tuple(value)


def _mode(value: object) -> Value:
    if value not in MODES:
        raise _Refused
    return str(value)


def _backend(value: object) -> Value:
    if not isinstance(value, str) or (value not in BACKENDS and value not in entry_point_names()):
        raise _Refused
    return value


def _flag(value: object) -> Value:
    if not isinstance(value, bool):
        raise _Refused
    return value


def _report(value: object) -> Value:
    if not isinstance(value, str) or not (value == STANDARD_ERROR or value.endswith(REPORT_ENDINGS)):
        raise _Refused
    return value


def _warm_up(value: object) -> Value:
    return "auto" if value == "auto" else _count(value)


def _directory(value: object) -> Value:
    if not isinstance(value, str):
        raise _Refused
    return value


def _count(value: object) -> Value:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _Refused
    return value


def entry_point_names() -> list[str]:
    """The backends that installed packages add."""
    from importlib_metadata import entry_points

    return sorted({entry.name for entry in entry_points(group=BACKEND_ENTRY_POINTS)})


_PATTERNS = "a list of dotted module names, in which * stands for any part of a name"
_FLAG = "true or false"
_YES = ("true", "1", "yes", "on")
_NO = ("false", "0", "no", "off")


class Key:
    """One thing that can be set: its default, the check of a value, and what to say when a value is
    refused."""

    __slots__ = ("accepted", "check", "default", "name", "table")

    def __init__(
        self, name: str, default: Value, check: Callable[[object], Value], accepted: str, table: str = ""
    ) -> None:
        self.name = name
        self.default = default
        self.check = check
        self.accepted = accepted
        self.table = table

    @property
    def written(self) -> str:
        """As it is written below `[tool.autograph_hook]`."""
        return f"{self.table}.{self.name}" if self.table else self.name

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return "AUTOGRAPH_HOOK_" + self.written.replace(".", "_").upper()

    def accept(self, value: object, where: str, written: str | None = None) -> Value:
        """The value, checked; `where` says in an error message where it stands."""
        try:
            return self.check(value)
        except _Refused:
            accepted = self.accepted
        if self.name == "backend" and (others := entry_point_names()):
            accepted += f" ({', '.join(others)})"
        raise SettingsError(f"{where}: {written or self.written} = {value!r} is not accepted. It must be {accepted}.")

    def parse(self, text: str) -> object:
        """The value that a text from the environment, the command line or a marker stands for."""
        if self.check is _flag:
            word = text.lower()
            return True if word in _YES else False if word in _NO else text
        if self.check is _patterns:
            return [item.strip() for item in text.split(",") if item.strip()]
        if self.check in (_warm_up, _count) and text.isdecimal():
            return int(text)
        return text


KEYS: dict[str, Key] = {
    key.name: key
    for key in (
        Key("enable", (), _patterns, _PATTERNS),
        Key("disable", (), _patterns, _PATTERNS),
        Key("mode", "auto", _mode, 'one of "auto", "traced", "off"'),
        Key(
            "backend",
            "auto",
            _backend,
            '"auto", "tensorflow", "lantern" or the name of an installed entry point in the group '
            + BACKEND_ENTRY_POINTS,
        ),
        Key("trace_safe", (), _patterns, _PATTERNS),
        Key("strict", False, _flag, _FLAG),
        Key("cache", True, _flag, _FLAG),
        Key("report", "", _report, 'a file name that ends in .html, .json or .txt, or "-" for standard error'),
        Key("graphs", "", _directory, "the name of a directory"),
        Key("warm_up", "auto", _warm_up, '"auto" or a number of calls, 0 or more'),
        Key("verify", 0, _count, "a number of calls, 0 or more"),
        Key("debug", False, _flag, _FLAG),
        Key("jit_compile", False, _flag, _FLAG, table="tensorflow"),
        Key("recursion", False, _flag, _FLAG, table="tensorflow"),
    )
}
LISTS = ("enable", "disable", "trace_safe")
# What overrides may set, and what a marker may.
PER_MODULE = (
    "mode", "backend", "trace_safe", "strict", "warm_up", "verify", "debug", "jit_compile", "recursion",
)  # fmt: skip
PER_MARKER = tuple(name for name in PER_MODULE if name not in LISTS)


class Layer:
    """The settings of one source, checked. `overrides` are pairs of patterns and values, later ones
    stronger."""

    __slots__ = ("overrides", "source", "values")

    def __init__(self, source: str) -> None:
        self.source = source
        self.values: dict[str, Value] = {}
        self.overrides: list[tuple[tuple[str, ...], dict[str, Value]]] = []

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Layer) and (self.source, self.values, self.overrides) == (
            other.source,
            other.values,
            other.overrides,
        )

    __hash__ = None  # type: ignore[assignment]


def matches(pattern: str, module: str) -> bool:
    """Does the pattern name this module, or a package that it lies in?

    >>> [matches("pkg", name) for name in ("pkg", "pkg.sub", "pkgs")]
    [True, True, False]
    >>> [matches("pkg.*", name) for name in ("pkg", "pkg.sub", "pkg.sub.deep")]
    [False, True, True]
    >>> [matches("pkg.*_test", name) for name in ("pkg.a_test", "pkg.a_tests", "pkg.a_test.b")]
    [True, False, True]
    """
    if "*" not in pattern:
        return module == pattern or module.startswith(pattern + ".")
    parts = pattern.split(".")
    names = module.split(".")
    return len(names) >= len(parts) and all(map(_part_matches, parts, names))


def _part_matches(part: str, name: str) -> bool:
    pieces = part.split("*")
    if len(pieces) == 1:
        return part == name
    first, *middle, last = pieces
    if len(name) < len(first) + len(last) or not (name.startswith(first) and name.endswith(last)):
        return False
    at = len(first)
    end = len(name) - len(last)
    for piece in middle:
        found = name.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


class Settings:
    """All layers together, strongest first."""

    __slots__ = ("_overridden", "_shared", "cache", "layers")

    def __init__(self, layers: Iterable[Layer]) -> None:
        self.layers = tuple(layers)
        self.cache = bool(self.value("cache"))
        self._overridden = any(layer.overrides for layer in self.layers)
        self._shared: ModuleOptions | None = None

    def value(self, name: str) -> Value:
        """What holds for the whole process. Lists add up."""
        if name in LISTS:
            return self.list(name)
        for layer in self.layers:
            if name in layer.values:
                return layer.values[name]
        return KEYS[name].default

    def list(self, name: str) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for layer in self.layers:
            found.update(dict.fromkeys(layer.values.get(name, ())))  # type: ignore[arg-type]
        return tuple(found)

    def origin(self, name: str) -> str:
        """Which source the value comes from."""
        sources = [layer.source for layer in self.layers if name in layer.values]
        return ", ".join(sources if name in LISTS else sources[:1]) or "default"

    def options(self, module: str, marker: Mapping[str, Value] | None = None) -> ModuleOptions:
        """How this module's functions run."""
        if not marker and not self._overridden:
            if self._shared is None:
                self._shared = self._options(module, {})
            return self._shared
        return self._options(module, marker or {})

    def _options(self, module: str, marker: Mapping[str, Value]) -> ModuleOptions:
        overridden: dict[str, Value] = {}
        for layer in reversed(self.layers):
            for patterns, values in layer.overrides:
                if any(matches(pattern, module) for pattern in patterns):
                    overridden.update(values)
        # An override stands above the pyproject.toml it is written in and below every other source.
        chosen: dict[str, Value] = {name: KEYS[name].default for name in PER_MODULE}
        for layer in reversed(self.layers):
            chosen.update((name, value) for name, value in layer.values.items() if name in PER_MODULE)
            if layer.overrides:
                chosen.update(overridden)
        chosen.update(marker)
        safe = dict.fromkeys(self.list("trace_safe"))
        safe.update(dict.fromkeys(overridden.get("trace_safe", ())))  # type: ignore[arg-type]
        chosen["trace_safe"] = tuple(safe)
        return ModuleOptions(**chosen)  # type: ignore[arg-type]
