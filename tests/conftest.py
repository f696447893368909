"""What tests share: a project directory of their own, and Python processes to run in it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HOOK = ("-m", "autograph_hook")


def clean_environment(**extra: str) -> dict[str, str]:
    """The environment without anything that changes what Python or the hook does, and with this checkout first."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AUTOGRAPH_HOOK", "PYTHON", "COV_", "PYTEST"))
    }
    return {**kept, "PYTHONPATH": str(ROOT), **extra}


@pytest.fixture(autouse=True)
def no_seed_is_left() -> Iterator[None]:
    """With a global seed fewer loops are rolled and fewer draws staged: no test leaves one to the next."""
    yield
    tensorflow = sys.modules.get("tensorflow")
    if hasattr(tensorflow, "random"):
        tensorflow.random.set_seed(None)


class Project:
    """A directory with sources, and ways to run them."""

    def __init__(self, path: Path, interpreter: str = sys.executable) -> None:
        self.path = path
        self.interpreter = interpreter

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, str):
            path.write_text(textwrap.dedent(text), encoding="utf-8")
        else:
            path.write_bytes(text)
        return path

    def python(
        self,
        *words: object,
        env: dict[str, str] | None = None,
        stdin: str | None = None,
        cwd: Path | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """`python WORDS...`, without the hook."""
        return subprocess.run(
            [self.interpreter, *map(str, words)],
            cwd=cwd or self.path,
            env=clean_environment(**(env or {})),
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def hooked(self, *words: object, **more: object) -> subprocess.CompletedProcess[str]:
        """`python -m autograph_hook WORDS...`"""
        return self.python(*HOOK, *words, **more)  # type: ignore[arg-type]

    def output(self, *words: object, **more: object) -> str:
        """What `python WORDS...` prints; it must end well and say nothing on standard error."""
        result = self.python(*words, **more)  # type: ignore[arg-type]
        assert (result.returncode, result.stderr) == (0, ""), result.stderr
        return result.stdout

    def hooked_output(self, *words: object, **more: object) -> str:
        return self.output(*HOOK, *words, **more)

    def kept(self, below: str = ".") -> list[Path]:
        """The files of transformed code."""
        return sorted((self.path / below).rglob("*.opt-autograph*"))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)
