"""IPython and Jupyter: cells, and scripts run by `%run`, as enabled modules. `%load_ext autograph_hook`.

IPython compiles each statement at the top of a cell on its own. So each becomes a module of its own here: a function
that is defined again has a new gate and a new twin, and what was known of the old one goes with it.
"""

from __future__ import annotations
import __future__

import ast
import linecache
import os
import sys

from autograph_hook.errors import warn
from autograph_hook.importing.hook import Hook, outer_layers, put_in_place
from autograph_hook.importing.marker import find_marker
from autograph_hook.importing.policy import Policy, is_installed
from autograph_hook.interrupts import is_interrupt
from autograph_hook.runtime.attach import attached
from autograph_hook.runtime.owners import defines
from autograph_hook.settings import Layer, Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

USAGE = "usage: %autograph [on | off | report]"


def load(shell: Any) -> None:
    """`%load_ext autograph_hook`: from now on cells are enabled, and modules beside the notebook."""
    compiler = shell.compile
    if isinstance(compiler, _Staging):
        compiler.autograph_on = True
        return
    directory = os.getcwd()
    settings = Settings([Layer("notebook"), *outer_layers([directory])])
    hook = put_in_place(Policy(settings, root=directory), "%load_ext autograph_hook")
    kind = type(compiler)
    compiler.__class__ = type(kind.__name__, (_Staging, kind), {})
    compiler.autograph_hook = hook
    compiler.autograph_on = True
    compiler.autograph_files = 0
    shell.safe_execfile = _Files(shell)
    shell.register_magic_function(_Magic(shell), magic_kind="line", magic_name="autograph")


def unload(shell: Any) -> None:
    """`%unload_ext autograph_hook`: cells that are run from now on are plain."""
    compiler = shell.compile
    if isinstance(compiler, _Staging):
        compiler.autograph_hook.uninstall()
        del shell.safe_execfile
        compiler.__class__ = type(compiler).__mro__[2]


class _Files:
    """In the place of `shell.safe_execfile`, which `%run` calls: files go through the shell's compiler, too."""

    def __init__(self, shell: Any) -> None:
        self.execute = shell.safe_execfile
        self.compiler = shell.compile

    def __call__(self, *arguments: Any, shell_futures: bool = False, **options: Any) -> Any:
        apart = not shell_futures
        self.compiler.autograph_files += apart
        try:
            return self.execute(*arguments, shell_futures=True, **options)
        finally:
            self.compiler.autograph_files -= apart


class _Magic:
    """`%autograph on`, `%autograph off`, `%autograph report`."""

    __name__ = "autograph"
    __doc__ = f"Whether the cells that follow are enabled; or the staging report.\n\n{USAGE}"

    def __init__(self, shell: Any) -> None:
        self.shell = shell

    def __call__(self, line: str) -> None:
        word = line.strip() or "report"
        if word == "report":
            from autograph_hook.reporting.terminal import show
            from autograph_hook.runtime.summary import report

            show(report(), sys.stdout, is_notebook=hasattr(self.shell, "kernel"))
        elif word in ("on", "off"):
            self.shell.compile.autograph_on = word == "on"
        else:
            print(f"%autograph: there is no {word!r}. {USAGE}")


class _Staging:
    """What is put before the class of IPython's compiler."""

    autograph_hook: Hook
    autograph_on: bool
    autograph_files: int
    """How many files are being run whose `from __future__` is their own."""
    flags: int

    def __call__(self, source: Any, filename: Any, symbol: str, *more: Any, **options: Any) -> Any:
        filename = os.fspath(filename)
        text = self._source(source, filename) if self.autograph_on and symbol == "exec" else None
        if text is not None:
            code = self._transformed(text, filename)
            if code is not None:
                return code
        if self.autograph_files and isinstance(source, (str, bytes)):
            return compile(source, filename, symbol, *more, dont_inherit=True, **options)
        return super().__call__(source, filename, symbol, *more, **options)  # type: ignore[misc]

    def _source(self, source: Any, filename: str) -> bytes | None:
        """The text to transform; None for what stays as it is."""
        if isinstance(source, (str, bytes)):  # a file, by %run
            return None if is_installed(filename) else source.encode() if isinstance(source, str) else source
        if not isinstance(source, ast.Module) or len(source.body) != 1 or self.flags & _FUTURE:
            return None
        (statement,) = source.body
        last = getattr(statement, "end_lineno", None)
        if last is None:
            return None
        first = min([statement.lineno, *(node.lineno for node in getattr(statement, "decorator_list", ()))])
        lines = linecache.getlines(filename)[first - 1 : last]
        text = "\n" * (first - 1) + "".join(lines)
        try:
            parsed = ast.parse(text)
        except SyntaxError:
            return None  # several statements on a line, or a top-level `await`
        # Another extension may have changed the tree: then what was written is not what is to run.
        return text.encode() if ast.dump(parsed) == ast.dump(source) else None

    def _transformed(self, source: bytes, filename: str) -> Any:
        marker = find_marker(source)
        if marker is not None and marker.enable is False:
            return None
        options = self.autograph_hook.settings.options("__main__", marker.options if marker is not None else None)
        if options.mode == "off":
            return None
        try:
            transformed, plain_lines, _ = self.autograph_hook.finder.transformed(source, filename)
            code, record = attached(transformed.payload(), "__main__", filename, options, lambda: (source, plain_lines))
            defines(_definitions(ast.parse(source)), record)
            return code
        except SyntaxError:
            return None  # IPython says it in its own way
        except Exception as error:  # a mistake of ours is no reason for the cell to fail
            if is_interrupt(error):
                raise
            warn(f"autograph_hook could not transform this cell ({type(error).__name__}: {error}), so it runs plain")
            return None


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _definitions(tree: ast.Module) -> set[str]:
    """The names that statements at the top give to functions and classes."""
    found: set[str] = set()
    todo: list[ast.AST] = [tree]
    for node in todo:
        if isinstance(node, _DEFINITIONS):
            found.add(node.name)
        elif isinstance(node, ast.Assign) and any(isinstance(inner, ast.Lambda) for inner in ast.walk(node.value)):
            targets = [inner for target in node.targets for inner in ast.walk(target)]
            found.update(inner.id for inner in targets if isinstance(inner, ast.Name))
        else:
            todo.extend(child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.expr))
    return found


_FUTURE = __future__.annotations.compiler_flag | __future__.barry_as_FLUFL.compiler_flag
"""Said in an earlier cell, they hold for later ones: those are left to IPython's compiler, which knows."""
