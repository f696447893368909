"""`server.py SOCKET`: imports TensorFlow, and runs each command that comes as a fork of this process."""

from __future__ import annotations

import builtins
import contextlib
import importlib.machinery
import marshal
import os
import runpy
import select
import signal
import socket
import sys
import types
from pathlib import Path
from typing import NoReturn

SECONDS = 900
"""A command that takes longer is ended."""


def serve(address: str) -> None:
    """A keeper for each command, and for each keeper a fork: so commands may run at once, and be waited for."""
    import tensorflow

    assert tensorflow.__version__
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        os.write(1, b"ready\n")
        while listener in select.select([listener, 0], [], [])[0]:
            connection, _ = listener.accept()
            with connection:
                if os.fork() == 0:
                    listener.close()
                    keep(connection)
            gather(os.WNOHANG)
    gather(0)


def gather(options: int) -> None:
    """Wait for the keepers (those that have ended), so that their time counts as this process's."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, options)[0]:
            pass


def keep(connection: socket.socket) -> None:
    """In a keeper: the command is run, and the client is told how it has ended. Only the command returns."""
    _, streams, _, _ = socket.recv_fds(connection, 1, 3)
    directory, environment, words = marshal.loads(connection.makefile("rb").read())
    command = os.fork()
    if command:
        _, status = os.waitpid(command, 0)
        connection.sendall(str(os.waitstatus_to_exitcode(status)).encode())
        os._exit(0)
    connection.close()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    signal.alarm(SECONDS)
    run(words)


def run(words: list[str]) -> NoReturn:
    """`python WORDS...`, in what is as good as a new process."""
    sys.orig_argv[1:] = words
    sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    vars(main).update(__annotations__={}, __builtins__=builtins, __loader__=importlib.machinery.BuiltinImporter)
    option, *rest = words
    try:
        if option == "-m":
            sys.argv[:], sys.path[0] = ["-m", *rest[1:]], os.getcwd()
            runpy._run_module_as_main(rest[0])  # type: ignore[attr-defined]
        elif option == "-c":
            sys.argv[:], sys.path[0] = ["-c", *rest[1:]], ""
            exec(compile(rest[0], "<string>", "exec"), vars(main))
        else:
            sys.argv[:], sys.path[0] = words, str(Path(option).resolve().parent)
            path = os.path.abspath(option)
            loader = importlib.machinery.SourceFileLoader("__main__", path)
            vars(main).update(__file__=path, __cached__=None, __loader__=loader)
            exec(compile(Path(path).read_bytes(), path, "exec"), vars(main))
    except SystemExit:
        raise
    except BaseException as error:
        assert error.__traceback__ is not None
        sys.excepthook(type(error), error.with_traceback(error.__traceback__.tb_next), error.__traceback__)
        sys.exit(1)
    sys.exit()


if __name__ == "__main__":
    serve(sys.argv[1])
