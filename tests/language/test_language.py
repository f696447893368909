"""Every construct, plain against staged; and the document says what is so."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("tensorflow")

from tests.language.constructs import ENTRIES, FAMILIES
from tests.language.document import document, row
from tests.language.observe import observe

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "language.md"


@pytest.mark.parametrize("title", ENTRIES)
def test_a_construct_gives_what_it_gives_plain_and_eagerly(title: str) -> None:
    entry = ENTRIES[title]
    seen = observe(entry)
    if not entry.gap:
        assert not {column: found.wrong for column, found in seen.items() if found.wrong}
        refused = {column: found.refused for column, found in seen.items() if found.refused}
        expected = [column for column in ("tensors", "mixtures") if column in seen] if entry.refused else []
        assert list(refused) == expected
        assert all(error.startswith(entry.refused) for error in refused.values()), refused
    committed = DOCUMENT.read_text(encoding="utf-8").splitlines()
    found = row(entry, seen)
    assert found in committed, f"docs/language.md is not what is seen: python -m tests.language > docs/language.md\n{found}"


def test_the_document_holds_the_rows_of_all_entries_in_order_and_nothing_else() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    titles = {entry.title.replace("|", "\\|"): entry.title for entry in ENTRIES.values()}
    rows = {}
    for line in text.splitlines():
        title = next((own for escaped, own in titles.items() if line.startswith(f"| {escaped} | ")), None)
        if title is not None:
            assert title not in rows, title
            rows[title] = line
    assert document(FAMILIES, rows) == text


def test_every_construct_has_its_own_title() -> None:
    titles = [entry.title for family in FAMILIES for entry in family.entries]
    assert len(set(titles)) == len(titles)
