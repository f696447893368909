"""Bringing spawn and forkserver children of a run program back through the hook.

multiprocessing sends a child the name in `__main__.__spec__`, and the child runs that module again. The name
that we put there is a string that, when it is unpickled in the child, first installs the hook.
"""

from __future__ import annotations

import os

SCRIPT = "__autograph_script__"  # the module name of a script that runs as __main__

# Runs in the child before anything else. A child that cannot find us runs the program plain.
_IN_THE_CHILD = """
import sys
sys.path.append(home)
try:
    from autograph_hook.importing.children import adopt
except ImportError:
    name = plain
else:
    adopt(name, path)
finally:
    sys.path.remove(home)
"""


class ChildName(str):
    """The name of a module that is the program."""

    __slots__ = ("path",)

    path: str | None

    def __reduce__(self) -> tuple[object, ...]:
        plain = os.path.splitext(os.path.basename(self.path))[0] if self.path else str(self)
        home = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        space = {"name": str(self), "path": self.path, "plain": plain, "home": home}
        return eval, ("exec(code, space) or space['name']", {"code": _IN_THE_CHILD, "space": space})


def child_name(name: str, path: str | None) -> ChildName:
    """`path`: the file, where the name alone does not lead to it."""
    result = ChildName(name)
    result.path = path
    return result


def adopt(name: str, path: str | None) -> None:
    """In the child: install the hook as the parent has left it in the environment, and know the program."""
    from autograph_hook.importing.startup import start

    hook = start()
    if hook is not None:
        if path is None:
            hook.policy.main = name
        else:
            hook.finder.scripts[name] = path
