"""Reading options. By hand: argparse costs more at start-up than the hook, and takes the program's options
for ours."""

from __future__ import annotations

from autograph_hook.importing.configuration import guess
from autograph_hook.settings import KEYS, LISTS, STANDARD_ERROR, Layer, SettingsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

USAGE = """\
usage: python -m autograph_hook [OPTIONS] (SCRIPT | -m MODULE | -c CODE | -) [ARGS...]
"""

OPTIONS = """\
options:
  --enable PATTERN     enable modules whose dotted name matches (repeatable; added to pyproject's)
  --disable PATTERN    the reverse; wins over every enable but an explicit marker's
  --mode {auto,traced,off}
                       auto (default): stage on our own; traced: only inside graphs that
                       someone else traces; off: run the plain program without the hook
  --backend NAME       auto (default), tensorflow, lantern, or an entry point's name
  --config FILE        the pyproject.toml to read (default: the nearest at or above SCRIPT,
                       else the working directory)
  --no-cache           neither read nor write transformed code
  --report[=FILE]      after the run, the staging report: on standard error, or to FILE (.html, .json, .txt)
  --graphs DIR         write the graphs that are made to DIR, for TensorBoard
  --verify[=N]         compare the first N staged calls of each specialization (default 1) with the plain run
  --debug              functions that hold a breakpoint run plain
  --strict             a module that cannot be transformed, and a defect of ours while staging,
                       raise, where they would run plain with a warning
  -v, --verbose        one line for each decision
  --version            print the version
  --help               print this text
"""

VALUED = ("--enable", "--disable", "--mode", "--backend", "--config", "--graphs")
ALL = (
    *VALUED,
    "--no-cache",
    "--report",
    "--verify",
    "--debug",
    "--strict",
    "-v",
    "--verbose",
    "--version",
    "--help",
    "-h",
    "-m",
    "-c",
    "-",
)


class UsageError(Exception):
    """The command line cannot be understood. The text is the whole message."""


class RunOptions:
    """The options of a run, and the program that they are for."""

    def __init__(self) -> None:
        self.layer = Layer("command line")
        self.config: str | None = None
        self.verbose = False
        self.asked: str | None = None  # "help" or "version"
        self.kind = ""
        self.what = ""
        self.arguments: list[str] = []

    def _set(self, option: str, name: str, value: object) -> None:
        accepted = KEYS[name].accept(value, "command line", option)
        if name in LISTS:
            accepted = (*self.layer.values.get(name, ()), *accepted)  # type: ignore[misc]
        self.layer.values[name] = accepted

    def read(self, words: list[str]) -> None:
        """Read up to the program; the rest is the program's own."""
        at = 0
        while at < len(words):
            word = words[at]
            at += 1
            option, equals, value = word.partition("=")
            if option in VALUED:
                if not equals:
                    if at == len(words):
                        raise UsageError(f"{option} needs a value.")
                    value = words[at]
                    at += 1
                self._valued(option, value)
            elif option == "--report":
                self._set(option, "report", value if equals else STANDARD_ERROR)
            elif option == "--verify":
                self._set(option, "verify", KEYS["verify"].parse(value) if equals else 1)
            elif word in ("--no-cache", "--strict", "--debug"):
                self._set(word, word.removeprefix("--no-").removeprefix("--"), word != "--no-cache")
            elif word in ("-v", "--verbose"):
                self.verbose = True
            elif word in ("--version", "--help", "-h"):
                self.asked = "version" if word == "--version" else "help"
                return
            elif word[:2] in ("-m", "-c") and not word.startswith("--"):
                self.kind = "module" if word[1] == "m" else "code"
                if len(word) == 2 and at == len(words):
                    raise UsageError(f"{word} needs a {'module name' if word[1] == 'm' else 'program text'} after it.")
                self.what = word[2:] or words[at]
                self.arguments = words[at + (len(word) == 2) :]
                return
            elif word.startswith("-") and word != "-":
                refuse_option(option, ALL)
            else:
                self.kind = "input" if word == "-" else "script"
                self.what = word
                self.arguments = words[at:]
                return

    def _valued(self, option: str, value: str) -> None:
        if option == "--config":
            self.config = value
        else:
            name = option[2:]
            self._set(option, name, KEYS[name].parse(value))


def refuse_option(option: str, accepted: tuple[str, ...]) -> NoReturn:
    raise UsageError(f"there is no option {option!r}.{guess(option, accepted, 0.8)} Accepted: {', '.join(accepted)}.")


def plain_words(words: list[str], usage: str) -> list[str]:
    """The words of a command that has no options."""
    for word in words:
        if word.startswith("-"):
            raise UsageError(f"there is no option {word!r} here.\nusage: {usage}")
    return words


__all__ = ["OPTIONS", "USAGE", "RunOptions", "SettingsError", "UsageError", "plain_words", "refuse_option"]
