"""A `python` that has imported TensorFlow already, and used nothing of it.

Most of what a small program that uses TensorFlow takes is the import, some seconds of processor time. A server imports it
once, and every command is a fork of it: a process of its own, in the directory, with the environment, the streams and
the arguments of the command, that ends as Python ends. What differs from a new process: TensorFlow is in `sys.modules`
from the beginning. So what depends on when it is imported belongs into new processes; `tests/docs` types its quick start
into those. Options of Python, and variables that it reads when it starts, begin a new process by themselves.
"""

from __future__ import annotations

import atexit
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from tests.conftest import ROOT, clean_environment

HERE = Path(__file__).parent


@cache
def python() -> str:
    """The path of such a `python`: of the usual one, where there is no TensorFlow or no fork."""
    if not hasattr(os, "fork") or importlib.util.find_spec("tensorflow") is None:
        return sys.executable
    directory = Path(tempfile.mkdtemp(prefix="ready"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    address, program = directory / "socket", directory / "python"
    _serve(address)
    words = [sys.executable, "-ISE", str(HERE / "client.py"), str(address), sys.executable, str(ROOT)]
    program.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
    program.chmod(0o755)
    return str(program)


def _serve(address: Path) -> None:
    """Start the server; it ends when its standard input does, so with this process."""
    server = subprocess.Popen(
        [sys.executable, str(HERE / "server.py"), str(address)],
        env=clean_environment(
            TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1", PYTHONUNBUFFERED="1", LC_ALL="C.UTF-8"
        ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert server.stdout is not None
    assert server.stdout.readline(), "the server that imports TensorFlow has ended"
    atexit.register(_end, server)


def _end(server: subprocess.Popen[bytes]) -> None:
    assert server.stdin is not None
    server.stdin.close()
    server.wait()
