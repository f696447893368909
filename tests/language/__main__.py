"""`python -m tests.language > docs/language.md` writes the document; with names of families, only their sections."""

from __future__ import annotations

import sys

from tests.language.constructs import FAMILIES
from tests.language.document import document, row
from tests.language.entry import Entry
from tests.language.observe import observe


def _is_expected(entry: Entry, refused: dict[str, str]) -> bool:
    return bool(refused) == bool(entry.refused) and all(error.startswith(entry.refused) for error in refused.values())


def main(names: list[str]) -> None:
    families = [family for family in FAMILIES if not names or family.name in names]
    rows = {}
    for family in families:
        for entry in family.entries:
            seen = observe(entry)
            rows[entry.title] = row(entry, seen)
            wrong = {column: found.wrong for column, found in seen.items() if found.wrong}
            refused = {column: found.refused for column, found in seen.items() if found.refused}
            if entry.gap and not wrong and not refused:
                print(f"{family.name}: {entry.title}: the gap is closed, remove its mark", file=sys.stderr)
            elif not entry.gap and (wrong or not _is_expected(entry, refused)):
                print(f"{family.name}: {entry.title}: {wrong or refused}", file=sys.stderr)
    print(document(families, rows), end="")


main(sys.argv[1:])
