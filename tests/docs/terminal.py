"""A terminal in a directory of its own: what the commands of the documentation are typed into.

What it shows is that of a real one, without what TensorFlow logs of the machine.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.conftest import ROOT, clean_environment

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# What the commands are called that a reader has, once the package is installed.
COMMANDS = {
    "python": "{python}",
    "pytest": "{python} -m pytest",
    "autograph-hook": "{python} -c 'from autograph_hook.cli import console; console()'",
}

LOG = re.compile(r"^(WARNING: All log messages before absl::InitializeLog.*|[IWE]0000 00:00:.*)\n", re.MULTILINE)


class Terminal:
    """A directory in which files are written and commands run, each in a shell of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "here"
        self.directory.mkdir()
        programs = self.programs = directory / "programs"
        programs.mkdir()
        self.use(sys.executable)
        self.environment = clean_environment(
            PATH=f"{programs}{os.pathsep}{os.environ['PATH']}",
            LC_ALL="C.UTF-8",
            PYTHONUNBUFFERED="1",
            TF_CPP_MIN_LOG_LEVEL="3",
        )

    def use(self, python: str) -> None:
        """From now on `python` is this one."""
        for name, command in COMMANDS.items():
            program = self.programs / name
            program.write_text(f'#!/bin/sh\nexec {command.format(python=shlex.quote(python))} "$@"\n')
            program.chmod(0o755)

    def write(self, name: str, text: str) -> None:
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        if name == "pyproject.toml":
            self.install(tomllib.loads(text).get("project", {}))

    def install(self, project: dict[str, Any]) -> None:
        """The entry points of the project in this directory, as `pip install -e .` makes them known."""
        for group, entries in project.get("entry-points", {}).items():
            name, version = project["name"], project["version"]
            lines = [f"[{group}]", *(f"{name} = {value}" for name, value in entries.items())]
            self.write(f"{name}-{version}.dist-info/METADATA", f"Name: {name}\nVersion: {version}\n")
            self.write(f"{name}-{version}.dist-info/entry_points.txt", "\n".join(lines) + "\n")

    def run(self, command: str) -> str:
        """What is seen after the command."""
        return self.ended(command)[0]

    def ended(self, command: str) -> tuple[str, int]:
        """The same, and the exit status."""
        done = subprocess.run(
            command,
            shell=True,
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=900,
        )
        shown = LOG.sub("", done.stdout)
        for directory in (self.directory.resolve(), ROOT):
            shown = shown.replace(f"{directory}{os.sep}", "").replace(str(directory), ".")
        return shown, done.returncode
