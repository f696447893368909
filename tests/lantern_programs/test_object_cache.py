"""Machine code is kept beside the cached module, for the next process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import clean_environment

MODEL = """# autograph: enable backend=lantern
import numpy as np

def loss(w, x):
    for _ in range(3):
        x = np.tanh(w @ x)
    return np.sum(x * x)
"""

SCRIPT = """
import numpy as np
import model
from autograph_hook import lantern
from autograph_hook.backends.lantern.llvm import call

make, made = call.object_code, []

def counted(*args):
    made.append(args)
    return make(*args)

call.object_code = counted
print(len(made), lantern.sgd(model.loss, 0.1)(np.eye(4), np.arange(4.0)), len(made))
"""


CONSOLE = "import sys; from autograph_hook.cli import console; sys.exit(console())"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "script.py").write_text(SCRIPT)
    return tmp_path


def run(project: Path, *options: str, hook: tuple[str, ...] = ()) -> tuple[str, int]:
    """The loss, and how often code was made."""
    words = [sys.executable, *options, "-m", "autograph_hook", *hook, "script.py"]
    done = subprocess.run(words, cwd=project, env=clean_environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    _, loss, made = done.stdout.split()
    return loss, int(made)


def kept(project: Path) -> list[Path]:
    return sorted((project / "__pycache__").glob("*.lantern"))


def test_the_next_process_makes_no_code(project: Path) -> None:
    loss, made = run(project)
    (path,) = kept(project)
    assert made == 1 and path.name.startswith("model.")
    assert run(project) == (loss, 0)
    path.write_bytes(path.read_bytes()[:-1])
    assert run(project) == (loss, 1)
    assert run(project) == (loss, 0)
    assert not [p for p in path.parent.iterdir() if p.name.startswith(".")]


def test_another_text_has_other_code(project: Path) -> None:
    loss, _ = run(project)
    (project / "model.py").write_text(MODEL.replace("range(3)", "range(2)"))
    other, made = run(project)
    assert other != loss and made == 1 and len(kept(project)) == 2


def test_where_no_bytecode_is_written_code_is_read_only(project: Path) -> None:
    assert run(project, "-B")[1] == 1
    assert not kept(project)
    run(project)
    assert run(project, "-B")[1] == 0


def test_without_the_cache_code_is_neither_read_nor_written(project: Path) -> None:
    assert run(project, hook=("--no-cache",))[1] == 1
    assert not kept(project)
    run(project)
    assert run(project, hook=("--no-cache",))[1] == 1


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_who_may_not_read_the_source_may_not_read_the_code(project: Path) -> None:
    (project / "model.py").chmod(0o600)
    run(project)
    assert kept(project)[0].stat().st_mode & 0o777 == 0o600


def test_cache_clean_removes_it(project: Path) -> None:
    run(project)
    for words, text in (("info", "1 of machine code by Lantern"), ("clean", "files removed")):
        command = [sys.executable, "-c", CONSOLE, "cache", words, "model.py"]
        done = subprocess.run(command, cwd=project, env=clean_environment(), capture_output=True, text=True)
        assert text in done.stdout, done.stderr
    assert not kept(project)
