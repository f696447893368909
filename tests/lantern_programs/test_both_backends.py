"""The modules of examples/both_backends run unchanged on both backends, with equal results."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, clean_environment

EXAMPLE = Path(ROOT, "examples", "both_backends")
MODULES = ("whole_numbers", "network")


def run(directory: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, *words], cwd=directory, env=clean_environment(TF_CPP_MIN_LOG_LEVEL="3"),
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("both") / "example"))


def staged(report: Path) -> set[str]:
    return set(re.findall(r"^  staged +line \d+ +(\w+) +[1-9]\d* staged", report.read_text(), re.MULTILINE))


def test_they_name_no_framework() -> None:
    for name in MODULES:
        text = (EXAMPLE / f"{name}.py").read_text()
        assert "import" not in text and "autograph" not in text


def test_on_lantern(example: Path) -> None:
    plain = run(example, "main.py")
    assert run(example, "-m", "autograph_hook", "--report=lantern.txt", "main.py") == plain
    assert staged(example / "lantern.txt") == {"power", "collatz", "fib", "states", "settle"}


@pytest.mark.skipif(not importlib.util.find_spec("tensorflow"), reason="needs TensorFlow")
def test_on_tensorflow(example: Path) -> None:
    options = ("-m", "autograph_hook", "--backend", "tensorflow", "--report=tensorflow.txt")
    assert run(example, *options, "main.py", "tensors") == run(example, "main.py")
    assert staged(example / "tensorflow.txt") == {"power", "collatz", "states", "settle"}
