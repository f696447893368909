"""Run the own test suites of libraries, the library and its tests enabled, and compare case by case.

Sources come from the package registry as sdists; library and tests run in a virtual environment of their own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path

from .stdlib import ROOT, Run, environment, read_json

HERE = Path(__file__).parent
PLUGIN = "transparency_plugin"

FORMS = ("runner", "assert=plain", "plugin")
"""Three ways for the hook to get in: the script runner; the same, with pytest's own rewriting of test modules
off, so that nothing stands between them and ours; and `install()` in a pytest plugin."""


@dataclass(frozen=True)
class Suite:
    name: str
    version: str
    enable: tuple[str, ...]  # the library and its tests
    tests: str  # what pytest is given
    requires: tuple[str, ...] = ()
    installed: bool = True  # False: the tests run on the unpacked sources


SUITES = (
    Suite("attrs", "26.1.0", ("attr", "attrs", "tests"), "tests", ("cloudpickle", "hypothesis", "pympler")),
    Suite("click", "8.5.1", ("click", "tests", "test_*", "conftest"), "tests"),
    Suite("jinja2", "3.1.6", ("jinja2", "tests", "test_*", "conftest"), "tests", ("trio",)),
    Suite("toolz", "1.2.0", ("toolz", "tlz"), "toolz", (), False),
    Suite("more-itertools", "11.2.1", ("more_itertools", "tests"), "tests", (), False),
)


@dataclass(frozen=True)
class Place:
    """Where a suite was prepared."""

    python: Path
    sources: Path
    path: Path  # a directory with this package and the plugin alone: suites have a `tests` of their own


def prepare(suite: Suite, work: Path, python: str) -> Place:
    """Make the virtual environment and unpack the sources, unless an earlier run did."""
    work = work.resolve()
    version = subprocess.run([python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
                             capture_output=True, text=True, check=True).stdout.strip()  # fmt: skip
    environment_ = work / f"venv-{version}"
    interpreter = environment_ / "bin" / "python"
    if not interpreter.exists():
        subprocess.run([python, "-m", "venv", environment_], check=True)
        pip(interpreter, "install", "pytest", "gast", "astor", "importlib-metadata")
    sdists = work / "sdists"
    archive_name = f"{suite.name.replace('-', '?')}-{suite.version}.tar.gz"
    archives = sorted(sdists.glob(archive_name))
    if not archives:
        wanted = f"{suite.name}=={suite.version}"
        pip(interpreter, "download", "--no-deps", "--no-binary", ":all:", "-d", sdists, wanted)
        archives = sorted(sdists.glob(archive_name))
    done = environment_ / f".{suite.name}-{suite.version}"
    if not done.exists():
        pip(interpreter, "install", *suite.requires, *([archives[0]] if suite.installed else []), "pytest")
        done.touch()
    sources = work / "sources" / archives[0].name.removesuffix(".tar.gz")
    if not sources.exists():
        with tarfile.open(archives[0]) as archive:
            archive.extractall(sources.parent)
    return Place(interpreter, sources, make_path(work))


def pip(interpreter: Path, command: str, *arguments: str | Path) -> None:
    subprocess.run([interpreter, "-m", "pip", command, "--quiet", *arguments], check=True)


def make_path(work: Path) -> Path:
    path = work / "path"
    path.mkdir(parents=True, exist_ok=True)
    link = path / "autograph_hook"
    if not link.exists():
        link.symlink_to(ROOT / "autograph_hook", target_is_directory=True)
    shutil.copy(HERE / f"{PLUGIN}.py", path)
    return path


def run(suite: Suite, place: Place, form: str, hook: bool, timeout: int = 900) -> Run:
    """Run the suite in one of FORMS, with the hook or without."""
    outcomes = place.path.parent / "outcomes.json"
    outcomes.unlink(missing_ok=True)
    variables = environment("") | {
        "PYTHONPATH": str(place.path),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TRANSPARENCY_OUT": str(outcomes),
        "PYTEST_ADDOPTS": "",
    }
    command = [str(place.python)]
    if hook and form != "plugin":
        command += ["-m", "autograph_hook", "--no-cache"]
        for pattern in suite.enable:
            command += ["--enable", pattern]
    elif hook:
        variables["TRANSPARENCY_ENABLE"] = ",".join(suite.enable)
    command += ["-m", "pytest", "-p", PLUGIN, "-p", "no:cacheprovider", "-q", "--tb=short", suite.tests]
    if form == "assert=plain":
        command.append("--assert=plain")
    start = time.perf_counter()
    try:
        child = subprocess.run(command, cwd=place.sources, env=variables, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout)  # fmt: skip
        status, output = child.returncode, child.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as expired:
        status, output = None, (expired.stdout or b"").decode(errors="replace") + "\n(timed out)"
    seconds = time.perf_counter() - start
    found = read_json(os.fspath(outcomes)) or {"cases": {}, "loaded": []}
    return Run(found["cases"], found["loaded"], output, seconds, status)
