"""Running a program as `python` runs it, through the hook.

What the program can see of `sys.argv`, `sys.path[0]`, `__main__`, exit status, signals, tracebacks and
streams is as without us. One thing differs: `__main__.__spec__` of a script is not None, because that is how
the children that multiprocessing starts find the script again.
"""

from __future__ import annotations

import builtins
import os
import sys
from _frozen_importlib import BuiltinImporter
from _frozen_importlib_external import SourceFileLoader, SourcelessFileLoader
from types import ModuleType

from autograph_hook import log
from autograph_hook.importing.children import SCRIPT, child_name
from autograph_hook.importing.frames import from_code
from autograph_hook.importing.hook import outer_layers, put_in_place
from autograph_hook.importing.policy import Policy
from autograph_hook.importing.startup import hand_down, withdraw
from autograph_hook.settings import Layer, Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, TracebackType

    from autograph_hook.importing.finder import Finder

MAIN = "__main__"


class CannotRun(Exception):
    """There is no such program. `status` is the exit status that Python has for it."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


class Program:
    """What to run: a script's path (`kind` "script"), a module's name ("module"), source text ("code") or
    standard input ("input"), and its arguments."""

    def __init__(self, kind: str, what: str, arguments: list[str]) -> None:
        self.kind = kind
        self.what = what
        self.arguments = arguments
        self.path = os.path.join(os.getcwd(), what)  # as Python makes it absolute: not normalised
        self.container = False
        if kind == "script":
            self._look()

    def _look(self) -> None:
        self.container = _is_container(self.path)
        if self.container:
            return
        try:
            with open(self.path, "rb"):
                pass
        except OSError as error:
            if os.path.isdir(self.path):
                raise CannotRun(f"can't find '__main__' module in {self.path!r}", 1) from None
            raise CannotRun(f"can't open file {self.path!r}: [Errno {error.errno}] {error.strerror}", 2) from None

    @property
    def directory(self) -> str:
        """What Python puts first on `sys.path`."""
        if self.kind == "script":
            return self.path if self.container else os.path.dirname(os.path.realpath(self.path))
        return os.getcwd() if self.kind == "module" else ""

    @property
    def argv0(self) -> str:
        return {"script": self.what, "module": "-m", "code": "-c", "input": "-"}[self.kind]


def _is_container(path: str) -> bool:
    """A directory or a zip file with a `__main__` in it?"""
    for hook in sys.path_hooks:
        try:
            importer = hook(path)
        except ImportError:
            continue
        sys.path_importer_cache.setdefault(path, importer)
        if os.path.isdir(path) and importer.find_spec(MAIN) is None:
            raise CannotRun(f"can't find '__main__' module in {path!r}", 1)
        return True
    return False


class Prepared:
    """A program with the settings it runs under. All that can be wrong with either has been found."""

    def __init__(
        self, program: Program, policy: Policy, command_line: Layer, config: str | None, verbose: bool
    ) -> None:
        self.program = program
        self.policy = policy
        self.command_line = command_line
        self.config = config
        self.verbose = verbose


def prepare(program: Program, command_line: Layer, config: str | None = None, verbose: bool = False) -> Prepared:
    if config is not None and not os.path.isfile(config):
        raise CannotRun(f"--config: there is no file {config!r}.", 2)
    starts = [program.directory or os.getcwd(), os.getcwd()]
    settings = Settings([command_line, *outer_layers(starts, config)])
    return Prepared(program, _policy(program, settings), command_line, config, verbose)


def run(prepared: Prepared) -> None:
    """Run it. Returns when the program has ended; its SystemExit and its exceptions pass through."""
    program = prepared.program
    sys.argv[:] = [program.argv0, *program.arguments]
    _set_first_path(program)
    module = _new_main()
    withdraw()
    finder = None
    if prepared.policy.settings.value("mode") != "off":
        hand_down(prepared.policy, prepared.command_line, prepared.config)
        log.verbose = log.verbose or prepared.verbose
        finder = put_in_place(prepared.policy, "command line").finder
    if program.kind == "module":
        _run_module(program.what, alter_argv=True)
    elif program.container:
        _run_module(MAIN, alter_argv=False)
    else:
        _run_code(program, module, finder)


def _policy(program: Program, settings: Settings) -> Policy:
    if program.kind != "module":
        return Policy(settings, root=program.directory or os.getcwd(), main=MAIN)
    package, dot, _ = program.what.partition(".")
    if not dot and os.path.isfile(os.path.join(program.directory, f"{package}.py")):
        # A module that lies in no package: like a script, it has its neighbours with it.
        return Policy(settings, root=program.directory, main=program.what)
    return Policy(settings, package=package, main=program.what)


def _set_first_path(program: Program) -> None:
    # Under -P and -I only a directory or zip file that is run itself comes first.
    safe = getattr(sys.flags, "safe_path", bool(sys.flags.isolated))
    if safe and program.container:
        sys.path.insert(0, program.directory)
    elif not safe:
        sys.path[:1] = [program.directory]


def _new_main() -> ModuleType:
    """`__main__` as Python makes it: a fresh one, so that nothing of ours is in it."""
    module = ModuleType(MAIN)
    if sys.version_info < (3, 14):
        module.__annotations__ = {}
    module.__dict__.update(__loader__=BuiltinImporter, __builtins__=builtins)
    sys.modules[MAIN] = module
    return module


def _run_module(name: str, alter_argv: bool) -> None:
    """As `python -m name`, or as `python directory` (then name is `__main__`): with Python's own function for
    that."""
    import runpy

    run_as_main = runpy._run_module_as_main  # type: ignore[attr-defined]
    try:
        run_as_main(name, alter_argv)
    except SystemExit:
        raise
    except BaseException as error:
        _show_without_us(error, from_code(error.__traceback__, run_as_main.__code__))
        raise


def _run_code(program: Program, module: ModuleType, finder: Finder | None) -> None:
    code: CodeType | None = None
    try:
        code = _main_code(program, module, finder)
        exec(code, module.__dict__)
    except SystemExit:
        raise
    except SyntaxError as error:
        if code is None and program.kind == "script" and not _is_text(program.path):
            # Of a file that is no text, Python's parser of files speaks in other words than `compile` does.
            os.execv(sys.executable, [sys.executable, program.path])
        _show_without_us(error, from_code(error.__traceback__, code) if code is not None else None)
        raise
    except BaseException as error:
        _show_without_us(error, from_code(error.__traceback__, code) if code is not None else None)
        raise


def _main_code(program: Program, module: ModuleType, finder: Finder | None) -> CodeType:
    """The code to run; the attributes of `__main__` that go with it are set."""
    space = module.__dict__
    if program.kind == "code":
        _keep_for_tracebacks(program.what)
        return _text_code(program.what.encode("utf-8", "surrogateescape"), "<string>", finder)
    if program.kind == "input":
        space.update(__file__="<stdin>", __cached__=None)
        return _text_code(sys.stdin.buffer.read(), "<stdin>", finder)
    path = program.path
    space.update(__file__=path, __cached__=None)
    if path.endswith(".pyc"):
        space["__loader__"] = compiled = SourcelessFileLoader(MAIN, path)
        return compiled.get_code(MAIN)  # type: ignore[return-value]
    plain = SourceFileLoader(MAIN, path)
    space["__loader__"] = plain
    if finder is not None and not finder.policy.refuses(MAIN):
        loader = finder.new_loader(MAIN, path)
        if loader.options(MAIN, loader.get_data(path)) is not None:
            name = child_name(SCRIPT, path)
            spec = finder.script_spec(name, path)
            if spec is not None:
                spec.name = name
            space.update(__loader__=loader, __spec__=spec)
            return loader.get_code(MAIN)  # type: ignore[no-any-return]
    # Not `get_code`, which would leave a .pyc: Python keeps none of a script.
    return plain.source_to_code(plain.get_data(path), path)


def _is_text(path: str) -> bool:
    import tokenize

    try:
        with tokenize.open(path) as file:
            file.read()
    except (UnicodeDecodeError, SyntaxError):
        return False
    return True


def _text_code(source: bytes, name: str, finder: Finder | None) -> CodeType:
    """The code of a program that is in no file."""
    if finder is None or finder.policy.refuses(MAIN):
        return compile(source, name, "exec", dont_inherit=True)
    return finder.new_loader(MAIN, name).source_to_code(source, name)  # type: ignore[no-any-return]


def _keep_for_tracebacks(source: str) -> None:
    """From 3.13 on, Python shows the lines of `-c` in tracebacks."""
    if sys.version_info >= (3, 13):
        import linecache

        linecache.cache["<string>"] = (len(source), None, source.splitlines(keepends=True), "<string>")


def _show_without_us(error: BaseException, traceback: TracebackType | None) -> None:
    """The exception goes on to Python, which prints it and finds the exit status. What it prints begins where
    the program begins."""
    previous = sys.excepthook
    runtime = sys.modules.get("autograph_hook.runtime.errors")
    if runtime is not None:
        traceback = runtime.whole_functions(error, traceback)

    def excepthook(kind: type[BaseException], value: BaseException, whole: TracebackType | None) -> None:
        sys.excepthook = previous
        if value is error:
            value.__traceback__ = whole = sys.last_traceback = traceback
        previous(kind, value, whole)

    sys.excepthook = excepthook
