"""`autograph-hook show [--tree] FILE[:FUNCTION]`: both codes as source, or as syntax trees.

`autograph-hook show --backend lantern [--args ARGUMENTS] FILE:FUNCTION`: what becomes of them.
"""

from __future__ import annotations

import importlib
import os
import sys

from autograph_hook.cli.options import UsageError, plain_words
from autograph_hook.errors import ConversionError
from autograph_hook.importing.files import read_source

USAGE = "autograph-hook show [--tree] FILE[:FUNCTION]"
LANTERN_USAGE = "autograph-hook show --backend lantern [--args ARGUMENTS] FILE:FUNCTION"
TREE, BACKEND, ARGS = "--tree", "--backend", "--args"


def command(words: list[str]) -> int:
    if BACKEND in words:
        return _of_lantern(words)
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


def _of_lantern(words: list[str]) -> int:
    """Import the file's module by way of the hook, and show the stages of one of its functions."""
    words, backend = _taken(words, BACKEND)
    words, given = _taken(words, ARGS)
    if backend != "lantern" or len(plain_words(words, LANTERN_USAGE)) != 1:
        raise UsageError(f"show --backend knows lantern, and takes one function.\nusage: {LANTERN_USAGE}")
    path, name = _split(words[0])
    if name is None:
        raise UsageError(f"show --backend lantern takes a function of the file.\nusage: {LANTERN_USAGE}")
    from autograph_hook.importing.hook import install
    from autograph_hook.lantern import looking

    directory, file = os.path.split(os.path.abspath(path))
    module = os.path.splitext(file)[0]
    install(enable=[module], backend="lantern")
    sys.path.insert(0, directory)
    found = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part, None)  # type: ignore[assignment]
    if not callable(found):
        raise UsageError(f"show: {path} has no function {name!r}.")
    try:
        args, kwargs = looking.arguments(found, given)
    except ValueError as error:
        raise UsageError(f"show: {error}.\nusage: {LANTERN_USAGE}") from None
    for title, text in looking.stages(found, args, kwargs):
        print(f"; {title}\n\n{text.rstrip()}\n\n")
    return 0


def _taken(words: list[str], option: str) -> tuple[list[str], str | None]:
    """The words without an option and its value.

    >>> _taken(["--args", "1, 2", "m.py:f"], "--args")
    (['m.py:f'], '1, 2')
    """
    if option not in words:
        return words, None
    place = words.index(option)
    return words[:place] + words[place + 2 :], "".join(words[place + 1 : place + 2])


def _split(word: str) -> tuple[str, str | None]:
    """The file, and the function after the last colon, if there is one.

    >>> _split("train.py:Model.step"), _split("train.py")
    (('train.py', 'Model.step'), ('train.py', None))
    """
    path, colon, function = word.rpartition(":")
    if not colon or os.path.exists(word) or os.sep in function:
        return word, None
    return path, function
