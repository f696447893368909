"""`autograph-hook show [--tree] FILE[:FUNCTION]`: both codes as source, or as syntax trees."""

from __future__ import annotations

import os

from autograph_hook.cli.options import UsageError, plain_words
from autograph_hook.errors import ConversionError
from autograph_hook.importing.files import read_source

USAGE = "autograph-hook show [--tree] FILE[:FUNCTION]"
TREE = "--tree"


def command(words: list[str]) -> int:
    tree = TREE in words
    words = [word for word in words if word != TREE]
    if len(plain_words(words, USAGE)) != 1:
        raise UsageError(f"show takes one file.\nusage: {USAGE}")
    path, function = _split(words[0])
    try:
        source = read_source(path)
    except OSError as error:
        raise UsageError(f"show: {path}: {error.strerror}.") from None
    from autograph_hook.transpiler import show

    try:
        plain, twins = show(source, path, function, tree=tree)
    except (SyntaxError, ValueError) as error:
        raise ConversionError(f"show: {path}:{getattr(error, 'lineno', None) or 1}: {error}") from None
    except LookupError as error:
        raise UsageError(f"show: {error.args[0]}.") from None
    print(f"# The plain code of {words[0]}, with its gates\n\n{plain.rstrip()}\n\n")
    print(f"# Its twins\n\n{twins.rstrip()}")
    return 0


def _split(word: str) -> tuple[str, str | None]:
    """The file, and the function after the last colon, if there is one.

    >>> _split("train.py:Model.step"), _split("train.py")
    (('train.py', 'Model.step'), ('train.py', None))
    """
    path, colon, function = word.rpartition(":")
    if not colon or os.path.exists(word) or os.sep in function:
        return word, None
    return path, function
