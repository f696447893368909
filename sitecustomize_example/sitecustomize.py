"""Installs autograph_hook when Python starts, if the environment variable AUTOGRAPH_HOOK is set.

Python imports a module called `sitecustomize` at every start, if it finds one. This does by hand what
`autograph-hook startup install` does with a line in a `.pth` file.
"""

import os

if os.environ.get("AUTOGRAPH_HOOK", "0") not in ("", "0"):
    from autograph_hook.importing.startup import start

    # Reads AUTOGRAPH_HOOK_* and the nearest pyproject.toml. A mistake there is a warning, and the hook stays
    # off.
    start()
