"""`python -m tests.errors > docs/errors.md` writes the document."""

from __future__ import annotations

import sys

from tests.errors.document import document, section
from tests.errors.mistakes import MISTAKES
from tests.errors.running import printed


def main() -> None:
    sections = {}
    for title, mistake in MISTAKES.items():
        seen = printed(mistake)
        if mistake.says not in seen.text or seen.status != mistake.status:
            print(f"{title}: ends with {seen.status}, and prints\n{seen.text}", file=sys.stderr)
        sections[title] = section(mistake, seen)
    print(document(sections), end="")


main()
