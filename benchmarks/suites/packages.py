"""Any installed package as a suite: where its tests are, and which modules are to be enabled."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .running import Suite

PATTERNS = ("test_*.py", "*_test.py")
"""The files that pytest takes for tests."""
ROOTS = ("pyproject.toml", "setup.py", "setup.cfg", "tox.ini", "pytest.ini")
"""A directory that holds one of these is the one that a project's tests are run in."""

LOOK = """
import importlib.metadata, importlib.util, json, re, sys, sysconfig
def there(name):
    try:
        return importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None
def plain(name):
    return re.sub("[-_.]+", "-", name).lower()
name = sys.argv[1]
top = name.partition(".")[0]
owners = importlib.metadata.packages_distributions()
owner = owners[top][0] if top in owners else None
if owner is None and there(top) is None:
    owner = next((each for found in owners.values() for each in found if plain(each) == plain(name)), None)
    name = None
tops = sorted(each for each in owners if owner in owners[each]) if owner else [top]
specs = {each: there(each) for each in tops}
places = {}
for each, spec in specs.items():
    if spec is not None:
        places[each] = list(spec.submodule_search_locations or ())[:1] or [spec.origin]
needed = ["pytest", "gast", "astor", "importlib_metadata"]
if sys.version_info < (3, 11):
    needed.append("tomli")
print(json.dumps({
    "name": name,
    "places": {each: found[0] for each, found in places.items() if found[0] not in (None, "built-in", "frozen")},
    "version": importlib.metadata.version(owner) if owner else "",
    "lacks": [each for each in needed if there(each) is None],
    "is_standard": owner is None and top in sys.stdlib_module_names,
}))
"""


class Missing(Exception):
    """The package, its tests, or what is needed to run them is not there. The text is the whole message."""


@dataclass(frozen=True)
class Package:
    """What an interpreter knows of a package."""

    name: str
    version: str
    places: dict[str, Path]
    """The top-level packages and modules of its distribution, with their directories or files."""
    asked: Path
    """The directory or file of what was named."""

    @property
    def top(self) -> str:
        return self.name.partition(".")[0]


def suite_of(name: str, python: str | Path, tests: Path | None = None, only: tuple[str, ...] = ()) -> Suite:
    """The tests of a package, named as it is imported (`networkx.algorithms`: a part of it) or as it is installed.

    `tests`: a directory with tests, instead of those inside the package. `only`: files, directories or tests, relative
    to the directory that they run in. Raises Missing."""
    package = find(name, python)
    directory, given, files = _outside(tests) if tests is not None else _inside(package)
    # Data that ends in `.py` may be called anything.
    enable = dict.fromkeys([*package.places, *(name for file in files if (name := module_of(file)).isidentifier())])
    return Suite(package.name, Path(python).absolute(), directory, only or (given,), tuple(enable))


def find(name: str, python: str | Path) -> Package:
    """Look for a package without running any of it."""
    try:
        child = subprocess.run([python, "-c", LOOK, name], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Missing(f"{python} does not run: {getattr(error, 'stderr', '') or error}") from error
    told: dict[str, Any] = json.loads(child.stdout)
    if told["is_standard"]:
        raise Missing(
            f"{name} is part of Python: `python -m benchmarks transparency` runs CPython's own tests, and "
            f"`--only test_{name}` one file of them"
        )
    places = {top: Path(place).resolve() for top, place in told["places"].items()}
    asked = _asked(told["name"], places)
    if asked is None:
        raise Missing(
            f"{python} has no package {name}: name it as it is imported or as it is installed, or name the "
            "interpreter that has it with --python"
        )
    if told["lacks"]:
        names = " ".join(told["lacks"]).replace("_", "-")
        raise Missing(f"{python} lacks what is needed to run the tests of {name}: pip install {names}")
    return Package(told["name"] or name, told["version"], places, asked)


def _asked(name: str | None, places: dict[str, Path]) -> Path | None:
    if name is None:  # a distribution: of its packages the one with most files below it
        return max(places.values(), key=lambda place: len(list(place.rglob("*.py"))), default=None)
    top, *parts = name.split(".")
    if top not in places:
        return None
    place = places[top].joinpath(*parts)
    return next((each for each in (place, place.with_suffix(".py")) if each.exists()), None)


def _inside(package: Package) -> tuple[Path, str, list[Path]]:
    files = list(tests_below(package.asked))
    if not files:
        raise Missing(
            f"{package.name} is installed without tests: unpack its sources (pip download --no-deps --no-binary :all:) "
            "and name their directory with --tests"
        )
    within = next(place for place in package.places.values() if package.asked.is_relative_to(place))
    return within.parent, str(package.asked.relative_to(within.parent)), files


def _outside(tests: Path) -> tuple[Path, str, list[Path]]:
    tests = tests.resolve()
    if not any(tests_below(tests)):
        raise Missing(f"{tests} holds no tests: no file is called {' or '.join(PATTERNS)}")
    around = tests.parents if tests.is_dir() else tests.parent.parents
    root = next((each for each in around if any(Path(each, name).exists() for name in ROOTS)), tests.parent)
    # What tests share is enabled, too.
    return root, str(tests.relative_to(root)), sorted(tests.rglob("*.py")) if tests.is_dir() else [tests]


def tests_below(place: Path) -> Iterable[Path]:
    if place.is_dir():
        for pattern in PATTERNS:
            yield from place.rglob(pattern)
    elif any(place.match(pattern) for pattern in PATTERNS):
        yield place


def module_of(file: Path) -> str:
    """The top-level name under which pytest imports a test file: that of the outermost package around it."""
    found = file
    while Path(found.parent, "__init__.py").exists():
        found = found.parent
    return found.stem
