"""What the pages show is what happens: every file, command and program of theirs is written, run and compared."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.docs.blocks import Missing, Story, stories

DOCS = ROOT / "docs"
TESTED_ELSEWHERE = {
    "benchmarks.md": "its commands take minutes",
    "errors.md": "written by tests.errors, whose tests run the programs",
    "language.md": "written by tests.language, whose tests run the programs",
}
PAGES = sorted(page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md") if page.name not in TESTED_ELSEWHERE)


STORIES = {f"{name}, {number}": told for name in PAGES for number, told in enumerate(stories(DOCS / name), 1)}


@pytest.mark.parametrize("name", STORIES)
def test_the_blocks_of_a_page_do_what_it_says(name: str, tmp_path: Path) -> None:
    story = Story(tmp_path)
    for example in STORIES[name]:
        try:
            story.tell(example)
        except Missing as missing:
            pytest.skip(f"from line {example.line} on it needs {missing}")


@pytest.mark.parametrize("name", PAGES)
def test_no_code_is_hidden_from_the_test_by_indentation(name: str) -> None:
    text = re.sub(r"^(`{3,}|~{3,}).*?^\1", "", (DOCS / name).read_text(), flags=re.MULTILINE | re.DOTALL)
    assert re.findall(r"\n\n {4,}\S.*", text) == []
