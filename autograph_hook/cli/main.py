"""What a command line means, and how what is wrong with it is said."""

from __future__ import annotations

import os
import sys

from autograph_hook import __version__
from autograph_hook.cli.options import OPTIONS, USAGE, RunOptions, UsageError
from autograph_hook.errors import AutographError
from autograph_hook.importing.script import CannotRun, Program, prepare, run

COMMANDS = {
    "run": "[OPTIONS] (SCRIPT | -m MODULE | -c CODE | -) [ARGS...]   as python -m autograph_hook",
    "show": "[--tree] FILE[:FUNCTION]     print the plain code with its gates, and the twins",
    "compile": "PATH...             transform ahead of time, into __pycache__",
    "cache": "info|clean PATH...  count or remove transformed code",
    "report": "FILE.json [OUT]     print a saved report, or write it as a page (OUT.html)",
    "doctor": "                    check Python, frameworks, settings and other hooks",
    "startup": "status|install|remove   the file that lets AUTOGRAPH_HOOK=1 act when Python starts",
}


def main(words: list[str] | None = None) -> int:
    """`python -m autograph_hook`. The program's own exit passes through; otherwise the exit status is
    returned."""
    return _guarded(_run, sys.argv[1:] if words is None else words)


def console(words: list[str] | None = None) -> int:
    """The console command `autograph-hook`."""
    return _guarded(_command, sys.argv[1:] if words is None else words)


def _guarded(action: object, words: list[str]) -> int:
    assert callable(action)
    try:
        status: int = action(words)
    except UsageError as error:
        return _complain(str(error), 2)
    except CannotRun as error:
        return _complain(str(error), error.status)
    return status


def _complain(text: str, status: int) -> int:
    print(f"autograph_hook: {text}", file=sys.stderr)
    return status


def _run(words: list[str]) -> int:
    options = RunOptions()
    try:
        options.read(words)
        if options.asked == "version":
            print(f"autograph_hook {__version__}")
            return 0
        if options.asked == "help":
            print(USAGE + "\n" + OPTIONS, end="")
            return 0
        if not options.kind:
            raise UsageError(f"there is nothing to run.\n{USAGE.rstrip()}")
        program = _program(options)
        prepared = prepare(program, options.layer, options.config, options.verbose)
    except AutographError as error:
        return _complain(str(error), 2)
    run(prepared)
    return 0


def _program(options: RunOptions) -> Program:
    try:
        return Program(options.kind, options.what, options.arguments)
    except CannotRun as error:
        if options.kind == "script" and options.what in COMMANDS:
            what = f"autograph-hook {options.what} {COMMANDS[options.what].partition('   ')[0]}".rstrip()
            raise CannotRun(f"{error}. The command of that name is: {what}", error.status) from None
        raise


def _command(words: list[str]) -> int:
    if not words or words[0] in ("--help", "-h"):
        listed = "\n".join(f"  {name:8} {text}" for name, text in COMMANDS.items())
        print(f"usage: autograph-hook COMMAND ...\n\n{listed}\n  --version\n\n{OPTIONS}", end="")
        return 0 if words else 2
    if words[0] == "--version":
        print(f"autograph_hook {__version__}")
        return 0
    name, *rest = words
    if name == "run":
        return _run(rest)
    if name not in COMMANDS:
        from autograph_hook.importing.configuration import guess

        raise UsageError(
            f"there is no command {name!r}.{guess(name, COMMANDS)} Accepted: {', '.join(COMMANDS)}. "
            "To run a script: autograph-hook run SCRIPT."
        )
    module = __import__(f"autograph_hook.cli.{name}_command", fromlist=["command"])
    try:
        status: int = module.command(rest)
        sys.stdout.flush()
    except AutographError as error:
        return _complain(str(error), 2)
    except BrokenPipeError:
        # The reader, a pager say, has seen enough. Nothing is left to be written when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status
