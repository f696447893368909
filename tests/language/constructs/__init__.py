"""The table of constructs: one module a family, in the order of the document."""

from __future__ import annotations

import importlib

from tests.language.entry import Entry, Family

NAMES = (
    "conditions", "operators", "loops", "jumps", "joins", "stores", "containers", "unpacking", "comprehensions",
    "builtins", "calls", "higher_order", "recursion", "closures", "classes", "context_managers", "exceptions",
    "assertions", "printing", "matching", "generators", "datasets", "variables",
)  # fmt: skip

FAMILIES = tuple(
    Family(name, module.TITLE, module.ENTRIES)
    for name in NAMES
    for module in [importlib.import_module(f"tests.language.constructs.{name}")]
)
ENTRIES: dict[str, Entry] = {entry.title: entry for family in FAMILIES for entry in family.entries}
