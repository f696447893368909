"""`install()`: putting the finder in place, and the settings that it obeys.

There is one finder. Each hook that is installed with settings of its own stands on the one before it: its
settings are stronger, and taking it out brings back what was there.
"""

from __future__ import annotations

import os
import sys
from _frozen_importlib_external import SourceFileLoader

from autograph_hook.importing.cache import DEPENDENCIES
from autograph_hook.importing.configuration import (
    CONFIG,
    environment_layer,
    find_pyproject,
    keyword_layer,
    read_pyproject,
)
from autograph_hook.importing.finder import Finder
from autograph_hook.importing.policy import Policy, is_installed
from autograph_hook.settings import STANDARD_ERROR, Layer, Settings, matches

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_hooks: list[Hook] = []
_reports: set[str] = set()


class Hook:
    """The hook as installed. A context manager: the hook is taken out again at the end of the block.

    Modules that were loaded through it stay as they are."""

    def __init__(self, policy: Policy, finder: Finder) -> None:
        self.policy = policy
        self.finder = finder

    @property
    def settings(self) -> Settings:
        return self.policy.settings

    @property
    def installed(self) -> bool:
        return self in _hooks

    def uninstall(self) -> None:
        """Take the hook out. Doing so again does nothing."""
        if self in _hooks:
            _hooks.remove(self)
            if _hooks:
                self.finder.policy = _hooks[-1].policy
            elif self.finder in sys.meta_path:
                sys.meta_path.remove(self.finder)

    def __enter__(self) -> Hook:
        return self

    def __exit__(self, *error: object) -> None:
        self.uninstall()

    def __repr__(self) -> str:
        state = "installed" if self.installed else "not installed"
        return f"<autograph_hook.Hook, {state}, enable={list(self.settings.list('enable'))}>"


def install(enable: Iterable[str] | str = (), disable: Iterable[str] | str = (), **settings: object) -> Hook:
    """Enable the modules that these patterns, the environment, pyproject.toml or their own marker name.

    `settings` are the keys of `[tool.autograph_hook]`; they stand above environment and file. Installing
    again with nothing new gives the hook that is there."""
    given = {name: _listed(value) for name, value in (("enable", enable), ("disable", disable)) if value}
    layer = keyword_layer("install()", {**given, **settings})
    top = current()
    if top is None:
        return put_in_place(Policy(Settings([layer, *outer_layers([_program_directory(), os.getcwd()])])), stacklevel=3)
    if not layer.values or layer in top.settings.layers:
        return top
    return put_in_place(top.policy.below(layer), stacklevel=3)


def current() -> Hook | None:
    """The hook whose settings hold now."""
    return _hooks[-1] if _hooks else None


def outer_layers(starts: list[str], config: str | None = None) -> list[Layer]:
    """Environment and pyproject.toml. `config` names the file; else it is looked for from `starts`
    upwards."""
    layers = [environment_layer(os.environ)]
    path = config or os.environ.get(CONFIG) or find_pyproject(*starts)
    if path:
        layers.append(read_pyproject(os.path.abspath(path)))
    return layers


def put_in_place(policy: Policy, where: str = "", stacklevel: int = 2) -> Hook:
    """Install a hook with this policy. `where` stands in warnings for the place in the program that asked for
    it; if there is such a place, it is `stacklevel` frames up."""
    top = current()
    finder = top.finder if top is not None else Finder(policy)
    new = set(policy.settings.list("enable"))
    if top is not None:
        finder.policy = policy
        new -= set(top.settings.list("enable"))
    if any(map(_names_our_tools, new)):
        _load_our_tools()
    if finder not in sys.meta_path:
        sys.meta_path.insert(0, finder)
    hook = Hook(policy, finder)
    _hooks.append(hook)
    late = _imported_already(new, policy) if new else []
    if late:
        _warn_of_imported(late, where, stacklevel + 1)
    report = policy.settings.value("report")
    if report and isinstance(report, str):
        _report_at_exit(report)
    directory = policy.settings.value("graphs")
    if directory and isinstance(directory, str):
        _write_graphs_to(os.path.abspath(directory))
    return hook


def _listed(value: Iterable[str] | str) -> object:
    return value if isinstance(value, str) else list(value)


def _program_directory() -> str:
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    return os.path.dirname(os.path.abspath(file)) if isinstance(file, str) else os.getcwd()


def _names_our_tools(pattern: str) -> bool:
    """May the pattern mean a module that the transpiler is made of?"""
    top = pattern.partition(".")[0]
    tools = (*DEPENDENCIES, *sys.stdlib_module_names)
    return any(matches(top, name) for name in tools) if "*" in top else top in tools


def _load_our_tools() -> None:
    """The transpiler cannot transform a module that it needs in order to be loaded itself. Loaded first, it keeps
    its tools plain; what is meant and stays plain for that is said as for every module that is imported early."""
    try:
        import autograph_hook.transpiler  # noqa: F401
    except ImportError:
        pass  # said at the first module that cannot be transformed


def _imported_already(patterns: set[str], policy: Policy) -> list[str]:
    """The loaded modules that these patterns mean. A package that is being imported is not meant: it is the one
    that asks for its submodules. Nor is a library that only a pattern like `*` happens to name."""
    late = []
    for name, module in list(sys.modules.items()):
        spec = getattr(module, "__spec__", None)
        if type(getattr(spec, "loader", None)) is not SourceFileLoader or getattr(spec, "_initializing", False):
            continue
        path = getattr(spec, "origin", None) or ""
        for pattern in patterns:
            vague = "*" in pattern.partition(".")[0]
            if matches(pattern, name) and not (vague and is_installed(path)) and policy.why(name, path):
                late.append(name)
                break
    return sorted(late)


def _warn_of_imported(late: list[str], where: str, stacklevel: int) -> None:
    from autograph_hook.errors import warn

    shown = ", ".join(late[:5]) + (f" and {len(late) - 5} more" if len(late) > 5 else "")
    text = (
        f"already imported when autograph_hook was told to enable it, so it stays plain: {shown}. Install the "
        "hook before the first import, run the program with 'python -m autograph_hook', or reload the module."
    )
    warn(text, where, stacklevel=stacklevel - 1)


def _write_graphs_to(directory: str) -> None:
    from autograph_hook.reporting import graphs

    graphs.directory = directory


def _report_at_exit(file: str) -> None:
    import atexit

    path = file if file == STANDARD_ERROR else os.path.abspath(file)
    if path not in _reports:
        _collect()
        _reports.add(path)
        atexit.register(_write_report, path, os.getpid())


def _collect() -> None:
    """Decisions and seconds are noted from now on. What notes them is loaded when a framework is."""
    from autograph_hook.runtime import gate

    gate.collects = True
    if "autograph_hook.runtime.entry" in sys.modules:
        from autograph_hook.runtime.collecting import collect

        collect()


def _write_report(path: str, process: int) -> None:
    if os.getpid() != process:
        return  # a forked child: the report is its parent's
    from autograph_hook.runtime.summary import report

    try:
        if path == STANDARD_ERROR:
            report().show(sys.stderr)
        else:
            report().save(path)
    except Exception as error:
        reason = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
        print(f"autograph_hook: the report cannot be written to {path}: {reason}", file=sys.stderr)
