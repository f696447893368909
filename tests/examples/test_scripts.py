"""The programs of the benchmark `scripts`, a few steps of each: the same output with the hook, and really staged."""

from __future__ import annotations

import ast
import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("tensorflow")

from benchmarks.scripts.cases import CASES, Case
from benchmarks.scripts.running import command, difference, prepare, run
from tests.ready import python

ROOT = Path(__file__).parent.parent.parent
each_program = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


@each_program
def test_a_program_prints_the_same_with_the_hook_and_is_staged(case: Case, tmp_path: Path) -> None:
    paths = {form: prepare(case, form, tmp_path, tiny=True) for form in ("plain", "hooked")}
    report = tmp_path / "report.json"
    with ThreadPoolExecutor(2) as pool:
        plain = pool.submit(run, ready("plain", paths["plain"]))
        hooked = pool.submit(run, ready("hooked", paths["hooked"], f"--report={report}"))
    assert hooked.result().text == plain.result().text
    assert len(plain.result().lines) >= 2
    functions = [function for module in json.loads(report.read_text())["modules"] for function in module["functions"]]
    assert sum(map(runs_of_graphs, functions)) > 0, functions


def ready(form: str, path: Path, *options: str) -> list[str]:
    """The command, by a `python` that has TensorFlow imported."""
    interpreter, unbuffered, *words = command(form, path, *options)
    assert (interpreter, unbuffered) == (sys.executable, "-u")
    return [python(), *words]


def runs_of_graphs(function: dict[str, Any]) -> int:
    pieces = [entry for entry in function["statements"] if entry["decision"] == "staged"]
    return int(function["calls_staged"]) + len(pieces)


@each_program
def test_a_program_does_not_mention_us(case: Case) -> None:
    files = case.path.parent.glob("*.py") if case.file else [case.path]
    for source in (path.read_text() for path in files):
        assert "autograph" not in source.lower() and "tf.function" not in source
        ast.parse(source)


@each_program
def test_a_program_can_be_decorated_by_hand_and_made_small(case: Case) -> None:
    source = case.by_hand()
    assert re.search(r"^ *@tf\.function", source, flags=re.MULTILINE)
    assert case.smaller(source) != source
    compile(source, case.name, "exec")


def test_the_steady_time_is_that_of_the_second_half_of_each_phase(tmp_path: Path) -> None:
    from benchmarks.scripts.running import Run

    lines = [(1.0, "step 1"), (5.0, "step 2"), (6.0, "step 3"), (7.0, "done"), (8.0, ". text"), (8.5, ". text")]
    assert Run("", 9.0, lines).steady(("step", r"\.")) == 1.0 + 0.5


def test_numbers_in_two_outputs_are_compared_and_words_must_be_equal() -> None:
    assert difference("loss 2.0 at 3", "loss 1.0 at 3") == 0.5
    assert difference("loss 2.0", "norm 2.0") == float("inf")


def test_a_program_that_fails_says_why(tmp_path: Path) -> None:
    (tmp_path / "wrong.py").write_text("raise ValueError('the reason')")
    with pytest.raises(SystemExit, match="the reason"):
        run(command("plain", tmp_path / "wrong.py"))
