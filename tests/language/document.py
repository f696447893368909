"""The document: what was observed of every entry, as tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from tests.language.entry import Entry, Family

if TYPE_CHECKING:
    from tests.language.observe import Seen

HEAD = """\
# The language

What becomes of each construct. `python -m tests.language > docs/language.md` writes this document from what it sees
when it runs the programs of `tests/language/constructs`; the tests run them again and compare every row.

Each program has a function `f`. The measure is the eager run of the plain function, and every result is compared with
it, value against value. The columns are the ways to run it:

- **on Python values**: the twin on Python values only. `as Python` means the same results, exceptions and prints.
- **on tensors, in a graph that the user traces**: the enabled function under the user's own `tf.function`, with tensors
  for the numbers. The cell names the operations that decide something in the graph: `If`, `Case`, `While`,
  `ReduceDataset`, `Assert` and their like; `Select` takes one of two values that are both computed, where that is cheap
  and safe. A *straight-line graph* holds none of them: Python decided everything while tracing, and loops are unrolled.
  Calls with Python values *and* tensors follow as *mixed*, where they differ. *More than eagerly*: eager TensorFlow knows
  no such operation, and a function of the program says what must come out.
- **staged by itself**: the same calls without any decorator, from the second call on. They must give the eager run's
  values in its types, with its exceptions and prints. `staged`, or `plain` with the reason that the report gives. (The
  programs are small: the limit below which staging cannot pay is off here.)
- **refused with**: the error of a trace by the user where the eager run gives a value. It begins with the file, the line
  and the function, which the table leaves out.

A cell that begins with **gap** is a promise that is not kept yet, with what was found.
"""

COLUMNS = "| construct | on Python values | on tensors, in a graph that the user traces | staged by itself | refused with |\n|---|---|---|---|---|"


def row(entry: Entry, seen: Mapping[str, Seen]) -> str:
    """One line of a table."""
    cells = [
        _cell(entry, "python", seen),
        _graph_cell(entry, seen),
        _cell(entry, "own", seen),
        _refused(seen),
    ]
    return f"| {_escaped(entry.title)} | " + " | ".join(_escaped(cell) for cell in cells) + " |"


def _cell(entry: Entry, column: str, seen: Mapping[str, Seen]) -> str:
    if column not in seen:
        return "-"
    found = seen[column]
    if found.wrong:
        return f"**gap**: {found.wrong}"
    if found.refused:
        return "refused" if entry.refused else "**gap**: refused"
    return found.text


def _graph_cell(entry: Entry, seen: Mapping[str, Seen]) -> str:
    cells = [_cell(entry, column, seen) for column in ("tensors", "mixtures") if column in seen]
    if len(cells) == 2:
        return cells[0] if cells[0] == cells[1] else f"{cells[0]}; mixed: {cells[1]}"
    if "mixtures" in seen:
        return f"mixed: {cells[0]}"
    return cells[0] if cells else "-"


def _refused(seen: Mapping[str, Seen]) -> str:
    errors = dict.fromkeys(found.refused for found in seen.values() if found.refused)
    return "; ".join(errors) or "-"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").strip()


def document(families: Iterable[Family], rows: Mapping[str, str]) -> str:
    """The whole text, with the rows by the titles of their entries."""
    parts = [HEAD]
    for family in families:
        lines = [rows[entry.title] for entry in family.entries]
        heading = f"## {family.title}\n\nThe programs: `tests/language/constructs/{family.name}.py`."
        parts.append("\n".join([heading, "", COLUMNS, *lines, ""]))
    return "\n".join(parts)
