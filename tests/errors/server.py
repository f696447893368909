"""Runs programs one after the other, each in a process of its own that has TensorFlow imported already.

Reads a request a line, `{"directory", "words"}`, and answers each with a line, `{"out", "status"}`. A request is run by
a fork of this process, which has imported TensorFlow, and used nothing of it: so what is printed is what a new process
prints, some seconds earlier.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import traceback
from typing import Any

SECONDS = 100
"""A program that takes longer is ended."""


def answer(request: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryFile() as output:
        child = os.fork()
        if child == 0:
            os._exit(run(request, output.fileno()))
        _, status = os.waitpid(child, 0)
        output.seek(0)
        return {"out": output.read().decode(), "status": os.waitstatus_to_exitcode(status)}


def run(request: dict[str, Any], output: int) -> int:
    """In the child: the command, as `python -m autograph_hook` would run it."""
    signal.alarm(SECONDS)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.chdir(request["directory"])
    sys.path.insert(0, "")
    try:
        return ended(request["command"], request["words"])
    except BaseException:
        traceback.print_exc()
        return 70
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def ended(command: str, words: list[str]) -> int:
    from autograph_hook.cli import console, main

    try:
        return (console if command == "autograph-hook" else main)(words)
    except SystemExit as exit:
        return exit.code if isinstance(exit.code, int) else int(exit.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())  # as Python does at the end
        return 1


def serve() -> None:
    import tensorflow

    assert tensorflow.__version__
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    serve()
