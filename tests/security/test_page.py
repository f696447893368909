"""The report shows what others have written, and none of it becomes markup or script."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from autograph_hook.cli.main import console
from autograph_hook.reporting import Report

MARK = "INJECTED"
BAITS = (
    f"<script>{MARK}</script>",
    f"</script><script>{MARK}</script>",
    f"'\"><img src=x onerror={MARK}>",
    f"</style><b {MARK}>",
    f"<!--{MARK}-->",
    f"&lt;{MARK}",
    f"\u2028]]>{MARK}",
    f"javascript:{MARK}",
)


class Markup(HTMLParser):
    """The parts of a page that are not text: names of elements, names and values of attributes, scripts, comments."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.elements: list[str] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.found += [tag, *(name for name, _ in attributes)]
        self.found += [value or "" for name, value in attributes if name.startswith("on") or name in ("src", "style")]
        self.found += [value or "" for name, value in attributes if name == "href" and not (value or "").startswith("#")]

    def handle_comment(self, data: str) -> None:
        self.found.append(data)

    def handle_data(self, data: str) -> None:
        if self.elements[-1:] in (["script"], ["style"]):
            self.found.append(data)

    def handle_endtag(self, tag: str) -> None:
        self.elements = self.elements[:-1] if self.elements[-1:] == [tag] else self.elements


def markup(page: str) -> str:
    parser = Markup()
    parser.feed(page)
    return "\n".join(parser.found)


def content(bait: str, file: str) -> dict[str, Any]:
    """A report in which each text is the bait."""
    statement = {"line": 1, "construct": bait, "decision": bait, "reason": bait, "count": 2, "value": bait, "what": bait}
    call = {**statement, "construct": "call", "decision": "staged"}
    function = {
        "qualname": bait, "line": 1, "end": 2, "status": "plain", "reason": bait, "calls_staged": 1, "calls_plain": 2,
        "specializations": 1, "statements": [statement, call], "made": [{"why": bait, "calls": 3}],
        "varying": [{"place": bait, "was": bait, "is": bait, "times": 1}], "lines": {"1": 0.5},
    }  # fmt: skip
    advice = [{"file": file, "line": 1, "text": bait, "gain": 0.5}, {"file": bait, "line": 2, "text": bait}]
    modules = [{"name": bait, "file": file, "functions": [function]}]
    modules += [{"name": bait, "file": bait, "functions": [{**function, "lines": {}}]}]
    return {"version": 1, "modules": modules, "advice": advice}


@pytest.mark.parametrize("bait", BAITS)
def test_no_text_of_a_report_becomes_markup(tmp_path: Path, bait: str) -> None:
    file = tmp_path / f"{MARK}'\"><b onclick={MARK}>.py"
    file.write_text(f"x = {bait!r}\n# {bait}\n")
    page = Report.from_dict(content(bait, str(file))).to_html()
    assert MARK in page and MARK not in markup(page)


def test_nothing_but_our_own_two_files_is_script_or_style(tmp_path: Path) -> None:
    page = Report.from_dict(content("{}", str(tmp_path / "m.py"))).to_html()
    assert page.count("<script") == page.count("<style") == 1
    assert "innerHTML" not in page and "eval(" not in page and "document.write" not in page


def test_a_saved_report_of_somebody_else_is_as_harmless(tmp_path: Path) -> None:
    saved, page = tmp_path / "r.json", tmp_path / "r.html"
    saved.write_text(json.dumps(content(BAITS[1], str(tmp_path / "m.py"))))
    assert console(["report", str(saved), str(page)]) == 0
    assert MARK not in markup(page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["line", "status", "calls_staged", "calls_plain", "specializations"])
def test_what_stands_in_the_markup_is_no_text_of_the_file(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = tmp_path / "r.json"
    filled = content(BAITS[2], "m.py")
    filled["modules"][1]["functions"][0][name] = BAITS[2]
    saved.write_text(json.dumps(filled))
    assert console(["report", str(saved), str(tmp_path / "r.html")]) == 2
    assert f"{saved} is not a saved report: " in capsys.readouterr().err
    assert not (tmp_path / "r.html").exists()
