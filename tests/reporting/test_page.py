"""The report as a page: complete, safe, and readable where people read it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from autograph_hook.cli.main import console
from autograph_hook.reporting import Report
from tests.reporting.browser import colours, probe

SOURCE = """\
import tensorflow as tf


def step(x):
    if x > 0:
        x = x * 2
    return x


def main(path):
    text = "<script>alert('no')</script>"
    return step(tf.constant(1.0))


def other():
    return None
"""


def function(qualname: str, line: int, status: str, **more: Any) -> dict[str, Any]:
    return {
        "qualname": qualname, "line": line, "status": status, "reason": None, "calls_staged": 0, "calls_plain": 0,
        "specializations": 0, "statements": [], **more,
    }  # fmt: skip


@pytest.fixture
def report(tmp_path: Path) -> Report:
    file = tmp_path / "program.py"
    file.write_text(SOURCE)
    chosen = {"line": 5, "construct": "if", "decision": "staged", "reason": None, "count": 3}
    functions = [
        function("step", 4, "staged", calls_staged=1200, specializations=1, statements=[chosen]),
        function("main", 10, "plain", calls_plain=7, reason="calls <b>open</b>, which is not known to be safe"),
        function("other", 15, "unused"),
    ]
    content = {"version": 1, "modules": [{"name": "program", "file": str(file), "functions": functions}]}
    content["advice"] = [{"file": str(file), "line": 11, "text": "move it after the loop", "gain": 0.25}]
    return Report.from_dict(content)


@pytest.fixture
def saved(report: Report, tmp_path: Path) -> Path:
    path = tmp_path / "report.html"
    report.save(path)
    return path


class Checked(HTMLParser):
    """Every element that is opened is closed, in order; notes what is linked and what is there to be linked to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.names: set[str] = set()
        self.loads: list[str] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag not in ("meta", "input", "br"):
            self.open.append(tag)
        if tag == "a":
            self.links.append(given["href"] or "")
        if given.get("id"):
            self.names.add(given["id"] or "")
        self.loads += [given[name] or "" for name in ("src", "srcset", "data") if name in given] + [tag] * (tag == "link")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_well_formed_loads_nothing_and_its_links_lead_somewhere(saved: Path) -> None:
    text = saved.read_text("utf-8")
    checked = Checked(text)
    assert not checked.loads
    assert not re.search(r"https?://|url\(|@import|fetch\(|XMLHttpRequest", text)
    assert len(checked.links) >= 3
    assert all(link[0] == "#" and link[1:] in checked.names for link in checked.links)


def test_nothing_of_the_users_becomes_markup(saved: Path) -> None:
    text = saved.read_text("utf-8")
    assert "<script>alert" not in text and "&lt;script&gt;alert(&#x27;no&#x27;)&lt;/script&gt;" in text
    assert "<b>open</b>" not in text and "calls &lt;b&gt;open&lt;/b&gt;" in text


def test_a_report_without_modules_and_one_without_sources_are_pages(tmp_path: Path) -> None:
    Checked(Report([]).to_html())
    lost = Report([{"name": "gone", "file": str(tmp_path / "gone.py"), "functions": [function("f", 1, "plain")]}])
    text = lost.to_html()
    Checked(text)
    assert "The source cannot be read any more." in text


def test_a_saved_report_is_made_a_page_by_the_command(
    report: Report, saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report.save(tmp_path / "r.json")
    assert console(["report", str(tmp_path / "r.json"), str(tmp_path / "again.html")]) == 0
    assert (tmp_path / "again.html").read_text("utf-8") == saved.read_text("utf-8")
    assert console(["report", str(tmp_path / "r.json"), str(tmp_path / "again.pdf")]) == 2
    assert "must end in one of .html, .json, .txt" in capsys.readouterr().err


def test_a_browser_shows_each_function_each_decision_and_the_advice(saved: Path) -> None:
    found = probe(
        saved,
        """
        const seen = (node) => node.getBoundingClientRect().height > 8 && node.getBoundingClientRect().width > 8;
        return {
          badges: [...document.querySelectorAll("#functions .badge")].filter(seen).map((node) => node.textContent),
          notes: [...document.querySelectorAll(".notes li")].filter(seen).map((node) => node.textContent),
          lines: [...document.querySelectorAll(".row")].filter(seen).length,
          advice: [...document.querySelectorAll(".advice li")].filter(seen).map((node) => node.textContent),
        };
        """,
    )
    assert found["badges"] == ["plain", "staged"]  # what lost most stands first
    assert "stagedif, 3 times" in found["notes"]
    assert found["lines"] == len(SOURCE.splitlines())
    assert len(found["advice"]) == 1 and found["advice"][0].endswith("move it after the loop (250.0 ms)")


def test_searching_sorting_and_links_work(saved: Path) -> None:
    found = probe(
        saved,
        """
        const names = () => [...document.querySelectorAll("#functions tbody tr")].filter((row) => !row.hidden)
          .map((row) => row.cells[0].textContent);
        const search = (text) => {
          const field = document.querySelector("#search");
          field.value = text;
          field.dispatchEvent(new Event("input"));
          return [names(), !document.querySelector("#none").hidden];
        };
        const result = { known: search("safe MAIN"), unknown: search("nowhere"), all: search("") };
        document.querySelectorAll("#functions th button")[2].click();
        result.sorted = names();
        document.querySelector("details").open = false;
        location.hash = document.querySelector("#functions a").hash;
        window.dispatchEvent(new Event("hashchange"));
        result.opened = document.querySelector("details").open;
        return result;
        """,
    )
    assert found["known"] == [["plain main"], False]
    assert found["unknown"] == [[], True]
    assert len(found["all"][0]) == 2
    assert found["sorted"] == ["staged step", "plain main"]
    assert found["opened"]


def test_a_phone_shows_it_without_scrolling_sideways(saved: Path) -> None:
    found = probe(saved, "return [document.documentElement.scrollWidth, innerWidth];", width=500)
    assert found[0] <= found[1]


@pytest.mark.parametrize("dark", [False, True])
def test_a_picture_of_the_page_has_the_colours_of_the_decisions(saved: Path, dark: bool) -> None:
    seen = colours(saved, *(["--force-dark-mode"] if dark else []))
    back, staged, plain = [
        ((0xFF, 0xFF, 0xFF), (0x1A, 0x7F, 0x4B), (0xB3, 0x26, 0x1E)),
        ((0x14, 0x17, 0x1B), (0x64, 0xCF, 0x97), (0xF2, 0x8B, 0x82)),
    ][dark]
    assert {back, staged, plain} <= seen
