"""Start-up: one line in a `.pth` file, which acts when the environment variable AUTOGRAPH_HOOK says so.

A program started with `python -m autograph_hook` sets that variable for its child processes. The line itself
imports nothing, so a Python that is started without the variable pays for one look into the environment.
"""

from __future__ import annotations

import os

from autograph_hook.errors import AutographError, warn
from autograph_hook.importing.configuration import CONFIG, ROOT, SWITCH
from autograph_hook.importing.hook import Hook, current, outer_layers, put_in_place
from autograph_hook.importing.policy import Policy
from autograph_hook.settings import KEYS, LISTS, Layer, Settings

FILE = "autograph_hook.pth"
LINE = (
    f'import os; os.environ.get("{SWITCH}", "0") not in ("", "0") and '
    f'__import__("{__name__}", None, None, ["start"]).start()\n'
)
CHILD = "child"  # the value of the variable below a run program


def start() -> Hook | None:
    """Install the hook as the environment says. Whatever is wrong there is a warning: it must never keep
    Python from starting. None: the hook stays off. Starting again gives the hook that is there."""
    hook = current()
    if hook is not None:
        return hook
    try:
        settings = Settings(outer_layers([os.getcwd()]))
        if os.environ.get(SWITCH) == CHILD:
            # The report is the parent's, and a child must not write over it.
            for layer in settings.layers:
                layer.values.pop("report", None)
        if settings.value("mode") == "off":
            return None
        root = os.environ.get(ROOT)
        if root and os.path.isabs(root):
            return put_in_place(Policy(settings, root=root), where=SWITCH)
        return put_in_place(Policy(settings, package=root or None), where=SWITCH)
    except (AutographError, OSError) as error:
        warn(f"autograph_hook stays off: {error}")
        return None


def hand_down(policy: Policy, command_line: Layer, config: str | None) -> None:
    """Leave in the environment what child processes need in order to do as this one does."""
    os.environ[SWITCH] = CHILD
    os.environ.pop(KEYS["report"].variable, None)
    for name, value in command_line.values.items():
        if name == "report":
            continue
        if name in LISTS:
            text = ",".join(_earlier(name) + [item for item in value if isinstance(item, str)])  # type: ignore[union-attr]
        else:
            text = str(value).lower() if isinstance(value, bool) else str(value)
        os.environ[KEYS[name].variable] = text
    if config:
        os.environ[CONFIG] = os.path.abspath(config)
    root = policy.root or policy.package
    if root:
        os.environ[ROOT] = root
    else:
        os.environ.pop(ROOT, None)


def _earlier(name: str) -> list[str]:
    return [item for item in os.environ.get(KEYS[name].variable, "").split(",") if item]


def withdraw() -> None:
    """The reverse of `hand_down`: this process and its children run without the hook."""
    hook = current()
    while hook is not None:
        hook.uninstall()
        hook = current()
    os.environ.pop(SWITCH, None)


def location() -> str:
    """Where the start-up file of this Python belongs."""
    import sysconfig

    return os.path.join(sysconfig.get_path("purelib"), FILE)


def status() -> tuple[str, bool]:
    """The path of the start-up file, and whether it is there as it should be."""
    path = location()
    try:
        with open(path, encoding="utf-8") as file:
            return path, file.read() == LINE
    except OSError:
        return path, False


def add() -> str:
    """Write the start-up file."""
    path = location()
    with open(path, "w", encoding="utf-8") as file:
        file.write(LINE)
    return path


def remove() -> str:
    """Remove the start-up file, if it is there."""
    path = location()
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    return path
