"""The comments that speak to us: `# autograph: enable`, `# autograph: disable` and `# autograph: plain`.

A marker stands on a line of its own before the first statement other than the docstring. The header of a file
is read by hand, which takes microseconds; only a header that cannot be read that way (a docstring in
parentheses, say) is tokenized. Line pragmas matter only when a module is transformed, so they may be
tokenized for.
"""

from __future__ import annotations

from autograph_hook.settings import KEYS, PER_MARKER, SettingsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autograph_hook.settings import Value

# What every comment for us contains. Nothing more is looked at in a source without it.
SIGN = b"utograph"
WORDS = ("enable", "disable")
LINE_WORD = "plain"
ACCEPTED = (
    "'# autograph: enable' or '# autograph: disable' before the first statement, '# autograph: plain' at "
    "the end of a def, class, lambda, for, while, with or if line"
)
MISPLACED = (
    "'# autograph: plain' stands on a line of its own, where it means nothing. It belongs at the end of a "
    "def, class, lambda, for, while, with or if line; '# autograph: disable' leaves a module plain."
)


def may_hold_marker(head: bytes) -> bool:
    """Could the file that begins like this have a marker? False only where the first statement is seen to
    begin.

    Nearly every module that is not enabled is settled here, from its first few lines.

    >>> heads = b"import os\\n", b"'''Doc.'''\\n\\nimport os\\n", b"# Copyright\\n", b""
    >>> [may_hold_marker(head) for head in heads]
    [False, False, True, True]
    """
    if head.startswith(_DOCSTRINGS):
        end = head.find(head[:3], 3)
        rest = head[end + 3 : end + 40]
        start = rest.lstrip(b"\r\n")
        if end < 0 or head[end - 1] == _BACKSLASH or len(start) == len(rest):
            return True  # it goes on, or something else stands behind it
    else:
        start = head[:40].lstrip(b"\r\n")
    # A letter begins a statement, or the prefix of a string.
    return not start[:1].isalpha() or start[1:2] in _QUOTES


_DOCSTRINGS = (b'"""', b"'''")
_BACKSLASH = ord("\\")
_QUOTES = (b"'", b'"', b"")


class Marker:
    """What the marker of a module says."""

    __slots__ = ("enable", "line", "options", "problems")

    def __init__(self) -> None:
        self.enable: bool | None = None
        self.line = 0
        self.options: dict[str, Value] = {}
        self.problems: list[tuple[int, str]] = []  # (line, what was not understood)


def find_marker(source: bytes) -> Marker | None:
    """The marker of a source, if it has one or seems to try.

    >>> find_marker(b"import os\\n") is None
    True
    >>> found = find_marker(b"# autograph: enable mode=traced\\nimport os\\n")
    >>> found.enable, found.line, found.options
    (True, 1, {'mode': 'traced'})
    """
    if not may_hold_marker(source) or SIGN not in source:
        return None
    marker = Marker()
    for line, comment in _header_comments(source):
        _read_comment(marker, line, comment)
    return marker if marker.enable is not None or marker.problems else None


def _read_comment(marker: Marker, line: int, comment: str) -> None:
    text = comment.lstrip("#").strip()
    if not text.lower().startswith("autograph"):
        return
    words = text[len("autograph") :].split()
    if not words or not (words[0].startswith(":") or words[0].lower().rstrip(":=") in (*WORDS, LINE_WORD)):
        return  # prose that happens to begin with the word
    if not text.startswith("autograph") or not words[0].startswith(":"):
        marker.problems.append((line, f"{comment.strip()!r} is not a marker. Accepted: {ACCEPTED}."))
        return
    words = " ".join(words).removeprefix(":").split()
    word = words[0] if words else ""
    if word == LINE_WORD:
        marker.problems.append((line, MISPLACED))
    elif word not in WORDS:
        marker.problems.append((line, f"{comment.strip()!r} is not a marker. Accepted: {ACCEPTED}."))
    else:
        marker.enable = word == "enable"
        marker.line = line
        marker.options = {}
        for option in words[1:]:
            _read_option(marker, line, option)


def _read_option(marker: Marker, line: int, option: str) -> None:
    name, equals, text = option.partition("=")
    if name not in PER_MARKER or not equals:
        accepted = ", ".join(f"{accepted}=" for accepted in PER_MARKER)
        marker.problems.append((line, f"{option!r} is not an option of a marker. Accepted: {accepted}."))
        return
    key = KEYS[name]
    try:
        marker.options[name] = key.accept(key.parse(text), "marker", name)
    except SettingsError as error:
        marker.problems.append((line, str(error)))


def _header_comments(source: bytes) -> list[tuple[int, str]]:
    """Line and text of the comments that stand on lines of their own before the first statement other than
    the docstring."""
    comments = _quick_header(source)
    return _tokenized_header(source) if comments is None else comments


def _quick_header(source: bytes) -> list[tuple[int, str]] | None:
    """Read line by line; None if that does not settle where the header ends.

    >>> _quick_header(b"#!/bin/python\\n'''Doc.\\n# not a comment\\n'''\\n# yes\\nx = 1\\n# too late\\n")
    [(1, '#!/bin/python'), (5, '# yes')]
    """
    comments: list[tuple[int, str]] = []
    lines = source.removeprefix(b"\xef\xbb\xbf").splitlines()
    docstring = False
    at = 0
    while at < len(lines):
        line = lines[at].strip()
        at += 1
        if line.startswith(b"#"):
            if at <= 2 and b"coding" in line and b"utf-8" not in line.lower():
                return None  # other encodings may hide quotes inside characters
            comments.append((at, line.decode("utf-8", "replace")))
        elif not line:
            continue
        elif docstring or line[:1] not in b"\"'rRuU(":
            return comments
        else:
            start = line.lstrip(b"rRuU")
            quote = start[:3]
            if quote not in (b'"""', b"'''") or b"\\" in start:
                return None if start[:1] in (b'"', b"'", b"(") else comments
            rest = start[3:]
            while quote not in rest:
                if at == len(lines):
                    return None
                rest = lines[at]
                if b"\\" in rest:
                    return None
                at += 1
            tail = rest.partition(quote)[2].strip()
            if tail and not tail.startswith(b"#"):
                return None
            docstring = True
    return comments


def _tokenized_header(source: bytes) -> list[tuple[int, str]]:
    import tokenize

    comments: list[tuple[int, str]] = []
    depth = 0  # of parentheses, around the docstring
    docstring = False
    try:
        own_line = True
        for token in tokenize.tokenize(iter(source.splitlines(keepends=True)).__next__):
            if token.type == tokenize.COMMENT:
                if own_line and not depth:
                    comments.append((token.start[0], token.string))
            elif token.type in (tokenize.NL, tokenize.NEWLINE):
                docstring = docstring or token.type == tokenize.NEWLINE
                own_line = True
                continue
            elif token.type not in (tokenize.ENCODING, tokenize.ENDMARKER):
                if docstring or not (token.type == tokenize.STRING or token.string in "()"):
                    break
                depth += {"(": 1, ")": -1}.get(token.string, 0)
                own_line = False
    except (tokenize.TokenError, SyntaxError, UnicodeDecodeError):
        pass  # compiling it will say so in Python's own words
    return comments


def find_plain_lines(source: bytes) -> tuple[frozenset[int], list[tuple[int, str]]]:
    """The lines that carry `# autograph: plain`, and (line, text) for what was not understood.

    >>> find_plain_lines(b"def f():  # autograph: plain\\n    s = '# autograph: plain'\\n")
    (frozenset({1}), [])
    """
    if SIGN not in source:
        return frozenset(), []
    import tokenize

    lines: set[int] = set()
    problems: list[tuple[int, str]] = []
    try:
        for token in tokenize.tokenize(iter(source.splitlines(keepends=True)).__next__):
            if token.type == tokenize.COMMENT and token.line[: token.start[1]].strip():
                text = token.string.lstrip("#").strip()
                if not text.startswith("autograph:"):
                    continue
                if text.removeprefix("autograph:").split() == [LINE_WORD]:
                    lines.add(token.start[0])
                else:
                    problems.append((token.start[0], f"{token.string!r} is not a marker. Accepted: {ACCEPTED}."))
    except (tokenize.TokenError, SyntaxError, UnicodeDecodeError):
        pass  # compiling it will say so in Python's own words
    return frozenset(lines), problems
