"""autograph_hook: ordinary eager Python, staged into graphs when a module is imported.

Importing this package loads nothing heavy: everything below is looked up when it is first used.
"""

from __future__ import annotations

__version__ = "0.1.0"

__all__ = [
    "AutographError",
    "AutographWarning",
    "ConversionError",
    "Hook",
    "StagingError",
    "VerificationError",
    "install",
    "plain",
    "report",
]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autograph_hook.errors import (
        AutographError,
        AutographWarning,
        ConversionError,
        StagingError,
        VerificationError,
    )
    from autograph_hook.importing.hook import Hook, install
    from autograph_hook.reporting import Report
    from autograph_hook.runtime.plain import plain


def report(collect: bool = False) -> Report:
    """What was staged so far in this process and what was not, and why.

    `collect=True`: from now on each decision is noted and the time measured, as under `--report`, so that a later
    report can say more.
    """
    from autograph_hook.runtime import summary

    if collect:
        from autograph_hook.runtime import collecting

        collecting.collect()
    return summary.report()


def load_ipython_extension(shell: object) -> None:
    """`%load_ext autograph_hook`, in IPython and Jupyter: cells are enabled from now on."""
    from autograph_hook.importing.notebook import load

    load(shell)


def unload_ipython_extension(shell: object) -> None:
    """`%unload_ext autograph_hook`: cells that are run from now on are plain."""
    from autograph_hook.importing.notebook import unload

    unload(shell)


_HOME = {
    "AutographError": "autograph_hook.errors",
    "AutographWarning": "autograph_hook.errors",
    "ConversionError": "autograph_hook.errors",
    "Hook": "autograph_hook.importing.hook",
    "StagingError": "autograph_hook.errors",
    "VerificationError": "autograph_hook.errors",
    "install": "autograph_hook.importing.hook",
    "plain": "autograph_hook.runtime.plain",
}


def __getattr__(name: str) -> object:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(__import__(home, fromlist=[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
