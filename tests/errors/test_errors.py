"""The gallery: every mistake is run, and prints what the document shows."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import pytest

pytest.importorskip("tensorflow")

from tests.errors.document import document, section
from tests.errors.mistake import Mistake
from tests.errors.mistakes import FAMILIES, MISTAKES
from tests.errors.running import printed

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "errors.md"
DOCUMENTED = (3, 11)
"""The Python whose messages the document shows: others say some things in other words."""


def shown(title: str) -> Mistake:
    mistake = MISTAKES[title]
    if mistake.needs and importlib.util.find_spec(mistake.needs) is None:
        pytest.skip(f"needs {mistake.needs}")
    return mistake


@pytest.mark.parametrize("title", MISTAKES)
def test_a_mistake_is_said_on_the_user_s_line_and_as_the_document_shows(title: str) -> None:
    mistake = shown(title)
    seen = printed(mistake)
    assert mistake.says in seen.text, seen.text
    assert seen.status == mistake.status, seen.text
    if mistake.line:
        assert re.search(rf'script\.py(:|", line ){mistake.line}\b', seen.text), seen.text
    if sys.version_info[:2] == DOCUMENTED:
        assert section(mistake, seen) in DOCUMENT.read_text(encoding="utf-8"), (
            f"docs/errors.md is not what is printed: python -m tests.errors > docs/errors.md\n{seen.text}"
        )
    assert_speaks_to_users(seen.text)


def assert_speaks_to_users(text: str) -> None:
    """No file, name or object of ours is in a message, but what users may know."""
    assert "autograph_hook/" not in text
    found = re.search(r"\bag__\w+|\bElements\b|\bMaybe\b|\bConflict\b|UNDEFINED|autograph_hook\.(runtime|backends\.\w)", text)
    assert found is None, found


def test_the_document_holds_the_sections_of_all_mistakes_in_order_and_nothing_else() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    found: dict[str, str] = {}
    for title, mistake in MISTAKES.items():
        head = f"### {title[0].upper()}{title[1:]}\n"
        assert text.count(head) == 1, title
        start = text.index(head)
        end = text.index(f"**What to do:** {mistake.remedy}\n", start) + len(f"**What to do:** {mistake.remedy}\n")
        found[title] = text[start:end]
    assert document(found) == text


def test_every_mistake_has_its_own_title() -> None:
    titles = [mistake.title for family in FAMILIES for mistake in family.mistakes]
    assert len(set(titles)) == len(titles) >= 25
