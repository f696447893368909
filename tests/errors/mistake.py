"""What an entry of the gallery is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Mistake:
    """A program with a mistake, and what is said about it.

    The message is not here: it is what the program prints when it is run.
    """

    title: str
    program: str
    """`script.py`"""
    says: str
    """A piece of the message: what must be said, whatever else is."""
    means: str
    """What the message means."""
    remedy: str
    """What to do."""
    line: int = 0
    """The line of `script.py` that the message must name; 0 where the mistake is in no line of it."""
    words: Sequence[str] = ("script.py",)
    """What follows `python -m autograph_hook`."""
    files: Mapping[str, str] = field(default_factory=dict)
    """The other files of the project."""
    command: str = "python -m autograph_hook"
    status: int = 1
    """The exit status."""
    needs: str = ""
    """A package without which it cannot be made."""


@dataclass(frozen=True)
class Family:
    """Mistakes that belong together: one section of the document."""

    title: str
    about: str
    mistakes: Sequence[Mistake]
