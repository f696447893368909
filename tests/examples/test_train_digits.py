"""The example prints the same with the hook and without, and its training step is staged."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("tensorflow")
pytest.importorskip("sklearn")

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = ROOT / "examples" / "train_digits.py"


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example with three epochs: enough for staged steps to follow plain ones."""
    source, changed = re.subn(r"^EPOCHS = \d+$", "EPOCHS = 3", EXAMPLE.read_text(), flags=re.MULTILINE)
    assert changed == 1
    path = tmp_path_factory.mktemp("example") / "train_digits.py"
    path.write_text(source)
    return path


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done


def test_the_example_prints_the_same_with_the_hook_and_is_staged(short: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    plain = run(short)
    hooked = run("-m", "autograph_hook", f"--report={report}", short)
    assert hooked.stdout == plain.stdout
    assert plain.stdout.count("test accuracy") == 3
    functions = {
        function["qualname"]: function
        for module in json.loads(report.read_text())["modules"]
        for function in module["functions"]
    }
    step = functions["train_step"]
    assert step["status"] == "staged", step
    assert step["calls_staged"] > step["calls_plain"]


def test_the_example_does_not_mention_us_but_for_the_command_in_its_docstring() -> None:
    source = EXAMPLE.read_text()
    docstring = ast.get_docstring(ast.parse(source), clean=False)
    assert docstring is not None and "python -m autograph_hook train_digits.py" in docstring
    rest = source.replace(docstring, "")
    assert "autograph" not in rest.lower()
    assert "@" not in re.sub(r" @ ", "", rest)
