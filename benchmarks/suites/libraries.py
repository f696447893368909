"""The libraries whose suites are run, and how they get into a directory where that is possible."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from .packages import Missing
from .running import Suite

BASE = ("tensorflow-cpu==2.21.*", "tf-keras==2.21.*", "tensorflow-probability==0.25.*", "numpy<2", "setuptools<81",
        "pytest", "absl-py", "gast", "astor", "importlib-metadata")  # fmt: skip


@dataclass(frozen=True)
class Library:
    """A library, its tests, and what is known to be otherwise with the hook."""

    package: str
    project: str
    version: str
    tests: tuple[str, ...]
    quick: tuple[str, ...]
    requires: tuple[str, ...] = ()
    left_out: dict[str, str] = field(default_factory=dict)
    """Files and tests that are not run, and why."""
    known: dict[str, str] = field(default_factory=dict)
    """Tests that must differ: the end of their name, and why."""

    def chosen(self, quick: bool) -> tuple[str, ...]:
        return self.quick if quick else self.tests

    def has(self, test: str) -> bool:
        """Is a path one of this library's tests?"""
        roots = [Path(each).parts for each in self.tests]
        return any(Path(test).parts[: len(root)] == root for root in roots)

    @property
    def wanted(self) -> str:
        return f"{self.project}=={self.version}"

    def why(self, case: str) -> str | None:
        """Why a test ends otherwise with the hook, where that is known."""
        return next((why for end, why in self.known.items() if case.endswith(end)), None)


REFUSAL = "wants a `tf.function` without AutoGraph to refuse control flow on a tensor"

LIBRARIES = {
    "sonnet": Library(
        "sonnet", "dm-sonnet", "2.0.2",
        ("sonnet/src",),
        ("sonnet/src/linear_test.py", "sonnet/src/base_test.py", "sonnet/src/recurrent_test.py"),
        left_out={"sonnet/src/conformance": "wants the checkpoints and the documentation of the repository"},
        known={"SmartAutographTest::test_smart_ag": REFUSAL},
    ),
    "gpflow": Library(
        "gpflow", "gpflow", "2.11.2",
        ("tests/gpflow",),
        ("tests/gpflow/likelihoods/test_multiclass.py", "tests/gpflow/conditionals/test_multioutput.py"),
        ("check_shapes>=1.0.0", "deprecated", "lark", "multipledispatch", "packaging", "scipy", "tabulate",
         "typing_extensions"),
    ),
    "tf_agents": Library(
        "tf_agents", "tf-agents", "0.19.0",
        ("tf_agents",),
        ("tf_agents/utils/common_test.py", "tf_agents/networks/value_network_test.py"),
        ("gin-config", "gym==0.23.0", "cloudpickle", "pygame", "pillow", "typing-extensions", "tensorboard",
         "portpicker"),
        known={"DefaultTFFunctionParams::testAutographRequired": REFUSAL},
    ),
}  # fmt: skip


VARIABLES = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_USE_LEGACY_KERAS": "1", "CUDA_VISIBLE_DEVICES": ""}


def prepare(library: Library, python: str, scratch: Path, tests: tuple[str, ...]) -> Suite:
    """`python`: the interpreter that has the library; without one, an environment is made. Raises Missing."""
    interpreter = Path(python).absolute() if python else _environment(library)
    directory = _site(library, interpreter)
    if library.tests[0].startswith("tests/"):
        # Installed beside the library, as a directory without `__init__.py`: pytest would take `tests/gpflow` for the
        # package `gpflow`.
        if not Path(directory, "tests").is_dir():
            raise Missing(f"{library.wanted} is installed without its tests")
        shutil.copytree(Path(directory, "tests"), Path(scratch, "tests"), ignore=shutil.ignore_patterns("__pycache__"))
        Path(scratch, "tests", "__init__.py").touch()
        directory = scratch
    left_out = tuple(library.left_out)
    return Suite(library.package, interpreter, directory, tests, (library.package,), left_out, VARIABLES)


def _site(library: Library, interpreter: Path) -> Path:
    """The directory in which a library is installed; nothing of it is run."""
    text = (
        "import sys, importlib.util as u\n"
        f"missing = [name for name in ('pytest', 'tensorflow', {library.package!r}) if u.find_spec(name) is None]\n"
        f"print(','.join(missing) or u.find_spec({library.package!r}).origin)"
    )
    try:
        found = subprocess.run([interpreter, "-c", text], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError) as error:
        raise Missing(f"{interpreter} does not run: {error}") from error
    if not Path(found).is_absolute():
        raise Missing(f"{interpreter} has no {found}")
    return Path(found).parent.parent


def _environment(library: Library) -> Path:
    """A virtual environment under the user's cache directory, made once."""
    kept = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "autograph_hook", "suites")
    interpreter = kept / library.package / "bin" / "python"
    done = kept / library.package / "installed"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", kept / library.package], check=True)
        _pip(interpreter, "install", *BASE, *library.requires)
        _pip(interpreter, "install", "--no-deps", library.wanted)
        done.touch()
    return interpreter


def _pip(interpreter: Path, command: str, *arguments: str) -> None:
    subprocess.run([interpreter, "-m", "pip", command, "--quiet", *arguments], check=True)
