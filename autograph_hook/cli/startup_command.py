"""`autograph-hook startup status|install|remove`: the file that lets AUTOGRAPH_HOOK=1 act when Python
starts."""

from __future__ import annotations

from autograph_hook.cli.options import UsageError, plain_words
from autograph_hook.importing import startup

USAGE = "autograph-hook startup status|install|remove"


def command(words: list[str]) -> int:
    if len(plain_words(words, USAGE)) != 1 or words[0] not in ("status", "install", "remove"):
        raise UsageError(f"startup takes one of 'status', 'install' and 'remove'.\nusage: {USAGE}")
    try:
        if words[0] == "install":
            print(f"written: {startup.add()}")
            print("From now on AUTOGRAPH_HOOK=1 in the environment installs the hook when this Python starts.")
        elif words[0] == "remove":
            print(f"removed: {startup.remove()}")
        else:
            path, there = startup.status()
            print(f"{path}: {'installed' if there else 'not installed'}")
    except OSError as error:
        raise UsageError(f"startup: {error.filename}: {error.strerror}.") from None
    return 0
