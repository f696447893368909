"""`autograph-hook compile PATH...`: transform ahead of time, into `__pycache__`."""

from __future__ import annotations

import os
import sys

from autograph_hook.cli.options import UsageError, plain_words
from autograph_hook.importing.finder import Finder
from autograph_hook.importing.hook import outer_layers
from autograph_hook.importing.policy import Policy
from autograph_hook.settings import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from autograph_hook.importing.loader import Loader

USAGE = "autograph-hook compile PATH..."


def command(words: list[str]) -> int:
    if not plain_words(words, USAGE):
        raise UsageError(f"compile needs files or directories.\nusage: {USAGE}")
    files = list(python_files(words))
    settings = Settings(outer_layers([words[0], os.getcwd()]))
    finder = Finder(Policy(settings, root=os.getcwd()))
    done = failed = left = 0
    with _steps() as step:
        for path in step(files):
            text = _compile(finder.new_loader(module_name(path), os.path.abspath(path)))
            done += not text
            failed += bool(text) and not text.startswith("plain")
            left += text.startswith("plain")
            if text:
                print(f"{path}: {text}", file=sys.stderr)
    ends = f", {left} left plain" if left else ""
    print(f"{done} transformed{ends}, {failed} failed")
    return 1 if failed else 0


def _compile(loader: Loader) -> str:
    """Empty when the transformed code is in the cache; else what is in the way, "plain" first where it is
    meant."""
    try:
        return loader.compile_ahead()
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}"
    except (OSError, ValueError, RecursionError) as error:
        return str(error)


def python_files(paths: Iterable[str]) -> Iterator[str]:
    """The Python sources at and below these paths; hidden directories and virtual environments left out."""
    for path in paths:
        if not os.path.exists(path):
            raise UsageError(f"there is no file or directory {path!r}.")
        if os.path.isfile(path):
            yield path
        for place, directories, names in os.walk(path):
            if "pyvenv.cfg" in names:
                directories.clear()
                continue
            directories[:] = sorted(d for d in directories if not d.startswith(".") and d != "__pycache__")
            yield from (os.path.join(place, name) for name in sorted(names) if name.endswith(".py"))


def module_name(path: str) -> str:
    """The dotted name under which the file would be imported: as far up as there are packages."""
    path = os.path.abspath(path)
    directory, name = os.path.split(path)
    parts = [] if name == "__init__.py" else [os.path.splitext(name)[0]]
    while os.path.isfile(os.path.join(directory, "__init__.py")):
        directory, package = os.path.split(directory)
        parts.insert(0, package)
    return ".".join(parts) or name


class _steps:
    """A progress bar on a terminal, where rich is installed; elsewhere nothing between the lines."""

    def __enter__(self) -> Callable[[list[str]], Iterable[str]]:
        self._progress = None
        if sys.stderr.isatty():
            try:
                from rich.console import Console
                from rich.progress import Progress
            except ImportError:
                return iter
            self._progress = Progress(console=Console(stderr=True))
            self._progress.start()
            return lambda files: self._progress.track(files, description="transforming")  # type: ignore[union-attr]
        return iter

    def __exit__(self, *error: object) -> None:
        if self._progress is not None:
            self._progress.stop()
