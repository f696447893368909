"""What we decide can be followed: by --verbose, and in the program's own logs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Project
from tests.ready import python

pytest.importorskip("tensorflow")

PROGRAM = """
import tensorflow as tf

def staged(x):
    for _ in range(12):
        x = tf.tanh(x)
    return x

def plain(x):
    open(__file__).close()
    return staged(x)

for _ in range(3):
    staged(tf.ones(2))
for _ in range(3):
    plain(tf.ones(2))
"""

START = 'import logging\nlogging.basicConfig(level=logging.{}, format="%(levelname)s %(name)s: %(message)s")\n'


def decisions(tmp_path: Path, text: str, *options: str) -> list[str]:
    """Our lines on standard error, paths left out."""
    script = tmp_path / "program.py"
    script.write_text(text)
    done = Project(tmp_path, python()).hooked(*options, script, env={"AUTOGRAPH_HOOK_WARM_UP": "1"})
    assert not done.returncode, done.stderr
    lines = [line.replace(f"{script}:", "") for line in done.stderr.splitlines() if "autograph_hook" in line]
    return [line.replace(str(script), "program.py") for line in lines]


def test_verbose_says_each_decision_in_one_line(tmp_path: Path) -> None:
    found = decisions(tmp_path, PROGRAM, "-v")
    assert found[0] == "autograph_hook: __main__: enabled, transformed: program.py"
    assert any("staged, specialization 1" in line for line in found)
    assert any("plain: calls" in line and "io.open" in line for line in found)


def test_decisions_are_logged_at_debug_level(tmp_path: Path) -> None:
    found = decisions(tmp_path, START.format("DEBUG") + PROGRAM)
    assert found and all(line.startswith("DEBUG autograph_hook: ") for line in found)
    assert any("staged, specialization 1" in line for line in found)


@pytest.mark.parametrize("start", ["", START.format("INFO")])
def test_who_did_not_ask_is_told_nothing(tmp_path: Path, start: str) -> None:
    assert decisions(tmp_path, start + PROGRAM) == []


def test_a_warning_is_in_the_logs_once(tmp_path: Path) -> None:
    (tmp_path / "misspelt.py").write_text("# autograph: enabel\n")
    again = "import importlib, misspelt\nimportlib.reload(misspelt)\n"
    found = decisions(tmp_path, START.format("INFO") + again)
    assert len([line for line in found if line.startswith("WARNING autograph_hook: ")]) == 1
