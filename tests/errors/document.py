"""The gallery as a document."""

from __future__ import annotations

from collections.abc import Mapping

from tests.errors.mistake import Mistake
from tests.errors.mistakes import FAMILIES
from tests.errors.running import Printed, program_text

HEAD = """\
# Errors

Mistakes, what is printed for each, what it means and what to do. `python -m tests.errors > docs/errors.md` writes this
document: it runs every program (with Python 3.11), and the tests run them again and compare what they print.

What holds for all of them:

- A `StagingError` (a construct cannot become part of a graph), a `ConversionError` (a module cannot be transformed, in
  strict mode) and a check of ours in a running graph begin with the file, the line and the function, and say what is
  wrong, why, and what to do.
- What TensorFlow raises because a tensor has no value while a graph is built keeps its type, and what it says; a line of
  ours follows, with the line of the program and what to do. Where eager execution raises the same, that line is a note,
  and `str(error)` is as ever.
- An operation that fails in a graph that somebody else has built names the line where it was made, in the right
  function, in branches, loops, callees and gradients, and in functions given to a dataset.
- What the hook stages by itself and fails runs again as plain Python: type, text, traceback, `raise ... from`, notes and
  exception groups are those of the plain program.
- Tracebacks hold the program's lines and those of the libraries that it uses, not ours. `-v` shows ours, too.
- All of our exceptions are `autograph_hook.AutographError`; run-time errors are TensorFlow's.

Left out of what is shown here: underlinings, line numbers in libraries, and the directories that they lie in.
"""


def section(mistake: Mistake, printed: Printed) -> str:
    """One entry."""
    parts = [f"### {mistake.title[0].upper()}{mistake.title[1:]}", "", *_code("python", program_text(mistake.program))]
    for name, text in mistake.files.items():
        kind = "toml" if name.endswith(".toml") else "python"
        parts += [f"with `{name}`:", "", *_code(kind, program_text(text))]
    parts += [f"`{mistake.command} {' '.join(mistake.words)}` prints:", "", *_code("text", printed.text)]
    parts += [mistake.means, "", f"**What to do:** {mistake.remedy}", ""]
    return "\n".join(parts)


def _code(kind: str, text: str) -> list[str]:
    return [f"```{kind}", *(line.rstrip() for line in text.rstrip().splitlines()), "```", ""]


def document(sections: Mapping[str, str]) -> str:
    """The whole text, with the sections by their titles."""
    parts = [HEAD]
    for family in FAMILIES:
        parts.append(f"## {family.title}\n\n{family.about}\n")
        parts += [sections[mistake.title] for mistake in family.mistakes]
    return "\n".join(parts)
