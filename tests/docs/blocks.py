"""The code of the documentation, run as a reader would run it.

The blocks of a page, from its top to its end, are a story: what happens in one directory that is empty at first.

- a block with a title is a file of that name: ```` ```python title="train.py" ````;
- a `pyproject.toml` with entry points counts as installed;
- `console`: after each `$` a command, and what a terminal then shows, as `tests.docs.shown` compares it, without the path
  of the directory;
- `python` without a title: a program that ends well;
- `toml` without a title: settings that are valid. `json`: valid JSON;
- `text` is for what is no code. No other kind is known.

Comments say what is otherwise:

- `<!-- needs: tensorflow sonnet -->`: the rest of the story needs these modules. Where TensorFlow is among them, the
  commands find it imported (`tests.ready`);
- `<!-- new processes: reason -->`: they do not;
- `<!-- anew -->`: here begins another story, with another empty directory and needs of its own;
- `<!-- not run: reason -->`: the next block is only read.
"""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from sybil import Document, Example, Region
from sybil.parsers.markdown.lexers import DirectiveInHTMLCommentLexer, RawFencedCodeBlockLexer

from autograph_hook.importing.configuration import read_pyproject
from tests import ready
from tests.docs.shown import difference
from tests.docs.terminal import Terminal

INFO = re.compile(r'(?P<language>\w*)(?: title="(?P<title>[^"\n]+)")?(?: linenums="1")?(?P<rest>[^\n]*)\n')


class Missing(Exception):
    """The rest of the story needs modules that are not installed."""


def stories(page: Path) -> list[list[Example]]:
    """The blocks and comments of each story of a page."""
    found: list[list[Example]] = [[]]
    for example in Document.parse(str(page), _blocks, _directives).examples():
        if example.region.lexemes.get("directive") == "anew":
            found.append([])
        else:
            found[-1].append(example)
    return found


class Story:
    """A story, as far as it has been run."""

    def __init__(self, directory: Path) -> None:
        self.terminal = Terminal(directory)
        self.is_passed_over = False

    def tell(self, example: Example) -> None:
        example.namespace["story"] = self
        example.evaluate()

    # Comments.

    def needs(self, modules: str) -> None:
        missing = [module for module in modules.split() if importlib.util.find_spec(module) is None]
        if missing:
            raise Missing(", ".join(missing))
        if "tensorflow" in modules.split():
            self.terminal.use(ready.python())

    def new_processes(self, reason: str) -> None:
        assert reason, "it must say why"
        self.terminal.use(sys.executable)

    def not_run(self, reason: str) -> None:
        assert reason, "it must say why the block is not run"
        self.is_passed_over = True

    # Blocks. Each returns what is wrong, or nothing.

    def block(self, language: str, title: str | None, source: str) -> str | None:
        if self.is_passed_over:
            self.is_passed_over = False
            return None
        if title is not None:
            self.terminal.write(title, source)
            return None
        kinds = {"console": self.console, "python": self.python, "toml": self.toml, "json": self.json}
        if language == "text":
            return None
        if language not in kinds:
            return f"a block of the kind {language!r} is not known"
        return kinds[language](source)

    def console(self, source: str) -> str | None:
        for command, expected in commands(source):
            found = difference(expected, self.terminal.run(command))
            if found:
                return f"$ {command}\n{found}"
        return None

    def python(self, source: str) -> str | None:
        self.terminal.write("block.py", source)
        shown, status = self.terminal.ended("python block.py")
        return shown if status else None

    def toml(self, source: str) -> str | None:
        self.terminal.write("checked/pyproject.toml", source)
        read_pyproject(str(self.terminal.directory / "checked" / "pyproject.toml"))
        return None

    def json(self, source: str) -> str | None:
        json.loads(source)
        return None


def commands(source: str) -> list[tuple[str, str]]:
    r"""The commands of a session, and what each shows.

    >>> commands("$ echo a\na\n$ python train.py\n")
    [('echo a', 'a\n'), ('python train.py', '')]
    """
    assert source.startswith("$ "), "a session begins with a command: '$ ...'"
    parts = re.split(r"^\$ (.*)\n", source if source.endswith("\n") else source + "\n", flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


def _blocks(document: Document) -> Iterable[Region]:
    for region in RawFencedCodeBlockLexer(INFO)(document):
        region.evaluator = _evaluate_block
        yield region


def _evaluate_block(example: Example) -> str | None:
    found = example.region.lexemes
    if found["rest"].strip():
        return f"not understood: {found['rest']}"
    story: Story = example.namespace["story"]
    return story.block(found["language"], found["title"], found["source"])


def _directives(document: Document) -> Iterable[Region]:
    for name in ("needs", "new processes", "anew", "not run"):
        for region in DirectiveInHTMLCommentLexer(name)(document):
            region.evaluator = _evaluate_directive
            yield region


def _evaluate_directive(example: Example) -> None:
    found = example.region.lexemes
    getattr(example.namespace["story"], found["directive"].replace(" ", "_"))(found["arguments"].strip())
