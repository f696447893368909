"""IPython and Jupyter: cells run staged, are run again, and show what they showed."""

from __future__ import annotations

import io
import sys
import types
from pathlib import Path

import pytest

from autograph_hook.importing.notebook import _Magic
from autograph_hook.reporting import Report
from tests.conftest import Project
from tests.ready import python

pytest.importorskip("tensorflow")
pytest.importorskip("IPython")

SHELL = """
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance(colors="NoColor")
for cell in open(sys.argv[1]).read().split("# next cell\\n"):
    shell.run_cell(cell, store_history=True)
"""

STEP = """\
import tensorflow as tf
def step(x):
    for _ in range(12):
        x = tf.tanh(x)
    return x
"""

STATUS = """\
import autograph_hook
for module in autograph_hook.report().to_dict()["modules"]:
    for f in module["functions"]:
        if f["status"] != "unused": print("status", f["qualname"], f["status"], f["calls_staged"])
"""


def cells(tmp_path: Path, *texts: str) -> str:
    """What these cells print."""
    notebook, shell = tmp_path / "cells.py", tmp_path / "shell.py"
    notebook.write_text("# next cell\n".join(texts))
    shell.write_text(SHELL)
    environment = {"AUTOGRAPH_HOOK_WARM_UP": "1", "IPYTHONDIR": str(tmp_path)}
    done = Project(tmp_path, python()).python(shell, notebook, env=environment)
    assert not done.returncode, done.stderr
    return done.stdout


LOAD = "%load_ext autograph_hook\n"


def test_a_function_of_a_cell_is_staged(tmp_path: Path) -> None:
    out = cells(tmp_path, LOAD, STEP, "for _ in range(4): r = step(tf.ones(2))\nprint(r.numpy()[0] < 0.5)\n", STATUS)
    assert "True" in out and "status step staged" in out


def test_a_function_that_is_defined_again_is_the_new_one_at_once(tmp_path: Path) -> None:
    use = "for _ in range(3): r = step(tf.zeros(2))\nprint('value', r.numpy()[0])\n"
    again = STEP.replace("return x", "return x + 1")
    assert cells(tmp_path, LOAD, STEP, use, again, use).split("value ")[1:] == ["0.0\n", "1.0\n"]


KEPT = """\
import gc
from autograph_hook.staging.known import Staging
gc.collect()
print("kept", sum(isinstance(o, Staging) and bool(o.specializations) for o in gc.get_objects()))
"""


def test_functions_that_are_defined_again_and_again_leave_no_graphs_behind(tmp_path: Path) -> None:
    use = "r = step(tf.ones(2))\n" * 4
    again = [STEP.replace("return x", f"return x + {n}") for n in range(5)]
    out = cells(tmp_path, LOAD, *[text for each in again for text in (each, use)], KEPT, STATUS)
    assert "kept 1\n" in out and out.count("status step staged") == 1


def test_of_loops_that_have_ended_only_the_last_ones_are_kept(tmp_path: Path) -> None:
    few = "from autograph_hook.runtime import owners\nowners.MOST_PASSING = 2\n"
    loop = "x = tf.ones(2)\nfor _ in range(4):\n" + "    x = tf.tanh(x)\n" * 12
    assert "kept 2\n" in cells(tmp_path, LOAD, few, "import tensorflow as tf\n", *[loop] * 5, KEPT)


def test_a_function_that_stands_beside_one_that_is_defined_again_keeps_its_graphs(tmp_path: Path) -> None:
    use = "for _ in range(4): r = step(tf.ones(2)), other(tf.ones(2))\n"
    other = STEP.replace("step", "other")
    out = cells(tmp_path, LOAD, STEP + other, use, STEP, KEPT, STATUS)
    assert "kept 1\n" in out and "status other staged" in out


def test_the_last_expression_is_shown_and_magics_and_await_work(tmp_path: Path) -> None:
    out = cells(tmp_path, LOAD, "a = 2; b = 3\na * b\n", "%time pass\nawait __import__('asyncio').sleep(0, 'slept')\n")
    assert "Out[2]: 6" in out and "slept" in out


def test_errors_are_shown_on_the_lines_of_the_cell(tmp_path: Path) -> None:
    with_hook = cells(tmp_path, LOAD, "def f(x):\n    y = 1\n    return x / 0\n", "f(1)\n", "f(\n")
    without = cells(tmp_path, "pass\n", "def f(x):\n    y = 1\n    return x / 0\n", "f(1)\n", "f(\n")
    incomplete = "_IncompleteInputError: incomplete input" if sys.version_info >= (3, 13) else "SyntaxError: "
    assert "ZeroDivisionError" in with_hook and incomplete in with_hook
    assert with_hook == without


def test_a_script_that_is_run_is_enabled(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(STEP + "for _ in range(4): r = step(tf.ones(2))\n")
    out = cells(tmp_path, LOAD, "%run train.py\nprint('got', r.shape)\n", STATUS)
    assert "got (2,)" in out and "status step staged" in out


def test_a_future_statement_of_a_file_is_its_own(tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text("from __future__ import annotations\ndef f(x: nowhere): pass\n")
    out = cells(tmp_path, LOAD, "%run other.py\nprint('ran', f)\n", "def g(x: nowhere): pass\n")
    assert "ran <function f" in out and "NameError: name 'nowhere' is not defined" in out


def test_it_can_be_switched_off_and_unloaded(tmp_path: Path) -> None:
    use = "for _ in range(3): r = step(tf.zeros(2))\n"
    out = cells(tmp_path, LOAD, "%autograph off\n", STEP, use, STATUS, "%autograph no\n", "%autograph\n")
    assert "status" not in out
    assert "there is no 'no'. usage: %autograph [on | off | report]" in out and "no enabled module was loaded" in out
    assert "status" not in cells(tmp_path, LOAD, "%unload_ext autograph_hook\n", STEP, use, STATUS)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_report_is_shown_as_on_a_terminal_and_in_a_notebook_as_html(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("rich")
    from IPython import display

    module = {"name": "m", "file": "m.py", "functions": [], "counts": {}}
    monkeypatch.setattr("autograph_hook.runtime.summary.report", lambda: Report([module]))
    monkeypatch.setattr("sys.stdout", terminal := Terminal())
    _Magic(types.SimpleNamespace())("report")
    assert "\u2500\u2500" in terminal.getvalue() and "Staging report" in terminal.getvalue()

    shown = []
    monkeypatch.setattr(display, "display", shown.append)
    monkeypatch.setattr("sys.stdout", io.StringIO())
    _Magic(types.SimpleNamespace(kernel=None))("report")
    assert "<pre" in "".join(each._repr_mimebundle_((), ())["text/html"] for each in shown)
    assert sys.stdout.getvalue() == ""
