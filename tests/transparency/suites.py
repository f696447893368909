"""The libraries whose own test suites run with the library and its tests enabled.

Sources come from the package registry as sdists; library and tests run in a virtual environment of their own.
"""

from __future__ import annotations

import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.suites.packages import suite_of
from benchmarks.suites.running import Suite


@dataclass(frozen=True)
class Library:
    """A project of the registry."""

    name: str
    version: str
    tests: tuple[str, ...] = ("tests",)  # directories of the sdist; a dotted name: of the installed package
    requires: tuple[str, ...] = ()


LIBRARIES = (
    Library("attrs", "26.1.0", requires=("cloudpickle", "hypothesis", "pympler")),
    Library("click", "8.5.1"),
    Library("jinja2", "3.1.6", requires=("trio",)),
    Library("toolz", "1.2.0", ("toolz",)),
    Library("more-itertools", "11.2.1"),
    Library("boltons", "26.2.0"),
    Library("jsonschema", "4.26.0", ("jsonschema/tests",)),
    Library("markdown", "3.11.3"),
    Library("marshmallow", "4.4.0", requires=("simplejson",)),
    Library("parso", "0.8.7", ("test",)),
    Library("pyparsing", "3.3.3"),
    Library("tomlkit", "0.15.2", requires=("pyyaml",)),
    Library("networkx", "3.6.1", ("networkx.classes", "networkx.utils", "networkx.algorithms.shortest_paths")),
    Library("sympy", "1.14.0", ("sympy.logic", "sympy.parsing", "sympy.core")),
)


def prepare(library: Library, work: Path, python: str) -> list[Suite]:
    """Make the virtual environment and unpack the sources, unless an earlier run did."""
    work = work.resolve()
    version = subprocess.run([python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
                             capture_output=True, text=True, check=True).stdout.strip()  # fmt: skip
    environment = work / f"venv-{version}"
    interpreter = environment / "bin" / "python"
    if not interpreter.exists():
        subprocess.run([python, "-m", "venv", environment], check=True)
        pip(interpreter, "install", "pytest", "gast", "astor", "importlib-metadata", "tomli")
    archive = download(library, work / "sdists", interpreter)
    done = environment / f".{library.name}-{library.version}"
    if not done.exists():
        pip(interpreter, "install", *library.requires, archive, "pytest")
        done.touch()
    sources = work / "sources" / archive.name.removesuffix(".tar.gz")
    if not sources.exists():
        with tarfile.open(archive) as opened:
            opened.extractall(sources.parent)
    return [
        suite_of(tests, interpreter) if "." in tests else suite_of(library.name, interpreter, sources / tests)
        for tests in library.tests
    ]


def download(library: Library, sdists: Path, interpreter: Path) -> Path:
    pattern = f"{library.name.replace('-', '?')}-{library.version}.tar.gz"
    if not any(sdists.glob(pattern)):
        wanted = f"{library.name}=={library.version}"
        pip(interpreter, "download", "--no-deps", "--no-binary", ":all:", "-d", sdists, wanted)
    return next(sdists.glob(pattern))


def pip(interpreter: Path, command: str, *arguments: str | Path) -> None:
    subprocess.run([interpreter, "-m", "pip", command, "--quiet", *arguments], check=True)
