"""The report as text, and on a terminal by rich: readable, in order, and safe whatever the user's source holds."""

from __future__ import annotations

import builtins
import io
import json
from pathlib import Path
from typing import Any

import pytest

from autograph_hook.cli.main import console as command
from autograph_hook.reporting import Report
from tests.reporting.test_page import function

SOURCE = """\
def quick(x):
    return x


def step(x, flag):
    if flag:
        x = x["[bold]"]
    return float(x)
"""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def report(tmp_path: Path) -> Report:
    file = tmp_path / "program.py"
    file.write_text(SOURCE)
    chosen = {
        "line": 6, "construct": "if", "decision": "python", "reason": None, "count": 3,
        "value": "bool, from the argument flag", "what": None,
    }  # fmt: skip
    ended = {
        "line": 8, "construct": "return", "decision": "plain", "reason": "makes a Python float of a tensor", "count": 1,
        "value": None, "what": None,
    }  # fmt: skip
    part = {"line": 8, "construct": "call", "decision": "staged", "reason": None, "count": 1, "what": "tf.abs"}
    functions = [
        function("quick", 1, "staged", calls_staged=1200, specializations=1, made=[{"why": "first call", "calls": 1200}],
                 seconds={"tracing": 0.1, "staged": 0.2, "plain": 0.0}),
        function("step", 5, "mixed", calls_plain=3, reason="not as one graph: [red]", statements=[chosen, ended, part],
                 seconds={"tracing": 0.0, "staged": None, "plain": 2.5}, lines={"8": 2.25}),
    ]  # fmt: skip
    advice = [{"file": str(file), "line": 8, "text": "`float(x)` splits step [link]", "gain": 2.25}]
    return Report([{"name": "program", "file": str(file), "functions": functions}], advice)


def test_the_text_has_the_advice_the_order_of_loss_and_the_source(report: Report) -> None:
    text = report.to_text()
    assert text.startswith("Staging report: functions 1 staged, 1 mixed, 0 plain, 0 unused\n\nAdvice")
    assert "program.py:8: `float(x)` splits step [link] (at most 2.25 s)" in text
    assert text.index(" step ") < text.index(" quick ")
    assert "          line 6     if  python: bool, from the argument flag, 3 times  | if flag:" in text
    assert "return  plain: makes a Python float of a tensor" in text
    assert "tracing 100.0 ms, in graphs 200.0 ms" in text and "graph: first call; 1200 calls" in text
    assert "tf.abs" not in text  # a call that became part of a graph is no news


def test_on_a_terminal_it_has_colours_tables_and_the_lines_of_the_source(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("rich")
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = Terminal()
    report.show(stream)
    shown = stream.getvalue()
    assert "\x1b[" in shown and "┃" in shown
    for text in ('x = x["[bold]"]', "not as one graph: [red]", "splits step [link]"):
        assert text in shown or text == 'x = x["[bold]"]'  # nothing of the user's is markup
    assert "    return float(x)" in shown and "(2.25 s plain)" in shown
    assert "if: bool, from the argument flag, 3 times" in shown
    assert shown.index("step") < shown.index("quick")


def test_without_rich_a_terminal_gets_the_text(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *more: Any, **options: Any) -> Any:
        if name.partition(".")[0] == "rich":
            raise ImportError(name)
        return real(name, *more, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    stream = Terminal()
    report.show(stream)
    assert stream.getvalue() == report.to_text() + "\n"


def test_what_is_no_terminal_gets_the_text(report: Report) -> None:
    stream = io.StringIO()
    report.show(stream)
    assert stream.getvalue() == report.to_text() + "\n"


def test_a_report_of_before_has_less_to_say_and_is_shown_in_every_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = {
        "qualname": "f", "line": 1, "status": "plain", "reason": None, "calls_staged": 0, "calls_plain": 2,
        "specializations": 0,
        "statements": [{"line": 1, "construct": "for", "decision": "unrolled", "reason": "it is short"}],
    }  # fmt: skip
    content = {"version": 1, "modules": [{"name": "m", "file": str(tmp_path / "gone.py"), "functions": [old]}]}
    path = tmp_path / "old.json"
    path.write_text(json.dumps(content))
    assert command(["report", str(path)]) == 0
    assert "line 1     for  unrolled: it is short" in capsys.readouterr().out
    assert command(["report", str(path), str(tmp_path / "old.html")]) == 0
    pytest.importorskip("rich")
    stream = Terminal()
    Report.from_dict(content).show(stream)
    assert "unrolled for: it is short" in stream.getvalue().replace("\x1b[0m", "")


def test_an_empty_report_is_said_to_be_one() -> None:
    assert Report([]).to_text() == "autograph_hook: no enabled module was loaded"
    stream = Terminal()
    Report([]).show(stream)
    assert "no enabled module was loaded" in stream.getvalue()


