"""Programs that run in processes of their own, with the hook or in an environment that does not know it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def environment(with_us: bool, **more: str) -> dict[str, str]:
    known = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "AUTOGRAPH_HOOK"))}
    known |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", **more}
    return known | {"PYTHONPATH": str(ROOT)} if with_us else known


def begin(path: Path, hooked: bool = False, *options: str, **more: str) -> subprocess.Popen[str]:
    command = [sys.executable, *(["-m", "autograph_hook", *options] if hooked else []), str(path)]
    return subprocess.Popen(
        command, cwd=path.parent, env=environment(hooked, **more), text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip


def end(process: subprocess.Popen[str]) -> str:
    printed, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return printed


def run(path: Path, hooked: bool = False, *options: str, **more: str) -> str:
    return end(begin(path, hooked, *options, **more))
