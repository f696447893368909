"""The report says of each loop that was met while a graph was built what became of it."""

from __future__ import annotations

import pytest
import tensorflow as tf

from autograph_hook.backends.tensorflow import rolling
from autograph_hook.reporting import Report, journal
from autograph_hook.runtime import summary
from tests.twins.both import enabled

SOURCE = """
import tensorflow as tf

class Model:
    def run(self, x):
        def inner(x):
            return x + 1
        for i in range(20):
            x = inner(x) * 2.0
        for i in range(20):
            x = x * [1.0, 2.0][i % 2] + 1 - 1
        while x > 100.0:
            x = x / 2.0
        for i in tf.range(3):
            x = x + 1.0
        return x
"""


def test_each_loop_is_in_the_report_under_its_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rolling, "FEWEST", 40)
    module = enabled(SOURCE, path="loops_in_the_report.py")
    tf.function(module.Model().run, autograph=False).get_concrete_function(tf.constant(1.0))
    described = next(m for m in summary.modules() if m["file"] == "loops_in_the_report.py")
    functions = {function["qualname"]: function for function in described["functions"]}
    text = "the loop's index picks from a Python sequence, or counts"
    names = ("line", "construct", "decision", "reason")
    assert [tuple(statement[name] for name in names) for statement in functions["Model.run"]["statements"]] == [
        (8, "for", "staged", "rolled into one graph loop"),
        (10, "for", "python", f"unrolled: {text}"),
        (12, "while", "staged", "a graph loop"),
        (14, "for", "staged", "a graph loop"),
    ]
    lines = Report([described]).to_text().splitlines()
    place = next(i for i, line in enumerate(lines) if "Model.run " in line)
    assert lines[place + 1] == "          line 8     for  staged: rolled into one graph loop"
    assert lines[place + 2].startswith("          line 10    for  python: range, unrolled: the loop's index")


def test_nothing_is_noted_where_nothing_is_traced() -> None:
    module = enabled(SOURCE, path="loops_that_run_plain.py")
    module.Model().run(tf.constant(1.0))
    assert journal.entries("loops_that_run_plain.py") == []


def test_the_journal_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "LARGEST", 3)
    monkeypatch.setattr(journal, "_notes", journal._Notes())
    for line in range(10):
        journal.note("bounded.py", line, "f", "for", journal.PYTHON, "unrolled: first")
    journal.note("bounded.py", 1, "f", "for", journal.PYTHON, "unrolled: second")
    assert [(str(entry), entry.times) for entry in journal.entries("bounded.py")] == [
        ("unrolled: first", 1), ("unrolled: second", 2), ("unrolled: first", 1)]  # fmt: skip
