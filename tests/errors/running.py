"""Run a mistake, and see what it prints."""

from __future__ import annotations

import re
import subprocess
import tempfile
import textwrap
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import clean_environment
from tests.errors.mistake import Mistake
from tests.ready import python

COMMANDS = {
    "python -m autograph_hook": ["-m", "autograph_hook"],
    "autograph-hook": ["-c", "from autograph_hook.cli import console; console()"],
}


@dataclass(frozen=True)
class Printed:
    """What a program has printed, on both streams, and how it ended."""

    text: str
    status: int


def printed(mistake: Mistake) -> Printed:
    """What its command prints, with the paths of the project as they stand in it."""
    with tempfile.TemporaryDirectory() as directory:
        for name, text in {"script.py": mistake.program, **mistake.files}.items():
            path = Path(directory, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(program_text(text), encoding="utf-8")
        done = subprocess.run(
            [python(), *COMMANDS[mistake.command], *mistake.words],
            cwd=directory,
            env=clean_environment(TF_CPP_MIN_LOG_LEVEL="3", NO_COLOR="1", PYTHONUNBUFFERED="1", LC_ALL="C.UTF-8"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=100,
        )
        return Printed(_settled(done.stdout, directory), done.returncode)


def program_text(text: str) -> str:
    return textwrap.dedent(text).strip("\n") + "\n"


def _settled(text: str, directory: str) -> str:
    """Without what differs from run to run."""
    text = re.sub(re.escape(str(Path(directory).resolve())) + "/|" + re.escape(directory) + "/", "", text)
    for pattern, shown in _VARIES:
        text = pattern.sub(shown, text)
    return text.rstrip("\n")


_VARIES = (
    (re.compile(r'^  File ".*/tests/ready/server\.py".*\n\n?', re.M), ""),  # what runs it
    (re.compile(r"[^\s\"]*/site-packages/"), ""),
    (re.compile(r"^( *)File \"((?:tensorflow|keras|numpy)/.*)\", line \d+, in", re.M), r'\1File "\2", in'),
    (re.compile(r"\x1b\[\d+m"), ""),  # bold, in messages of Keras
    (re.compile(r"^ *[\^~]+ *\n", re.M), ""),  # another one for each Python
    (re.compile(r"(__inference_\w+?|\b(?:cond|while)_\w+?)_\d+\b"), r"\1"),
    (re.compile(r"\bexit/_\d+"), "exit"),
    (re.compile(r" at 0x[0-9a-f]+"), ""),
    (re.compile(r"<ipython-input-(\d+)-\w+>"), r"<ipython-input-\1>"),
)
"""What differs from run to run, from one installation to the next, or from Python to Python, and what stands for it."""
