"""Run a mistake, and see what it prints."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import textwrap
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.conftest import clean_environment
from tests.errors.mistake import Mistake


@dataclass(frozen=True)
class Printed:
    """What a program has printed, on both streams, and how it ended."""

    text: str
    status: int


@cache
def _server() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.errors.server"],
        env=clean_environment(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1", NO_COLOR="1"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def printed(mistake: Mistake) -> Printed:
    """What its command prints, with the paths of the project as they stand in it."""
    with tempfile.TemporaryDirectory() as directory:
        for name, text in {"script.py": mistake.program, **mistake.files}.items():
            path = Path(directory, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(program_text(text), encoding="utf-8")
        request: dict[str, Any] = {"directory": directory, "command": mistake.command, "words": list(mistake.words)}
        server = _server()
        assert server.stdin is not None and server.stdout is not None
        server.stdin.write(json.dumps(request) + "\n")
        server.stdin.flush()
        answer = json.loads(server.stdout.readline())
        return Printed(_settled(answer["out"], directory), answer["status"])


def program_text(text: str) -> str:
    return textwrap.dedent(text).strip("\n") + "\n"


def _settled(text: str, directory: str) -> str:
    """Without what differs from run to run."""
    text = re.sub(re.escape(str(Path(directory).resolve())) + "/|" + re.escape(directory) + "/", "", text)
    for pattern, shown in _VARIES:
        text = pattern.sub(shown, text)
    return text.rstrip("\n")


_VARIES = (
    (re.compile(r'^  File ".*/tests/errors/server\.py".*\n\n?', re.M), ""),  # what runs it
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
