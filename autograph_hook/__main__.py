"""`python -m autograph_hook [OPTIONS] (SCRIPT | -m MODULE | -c CODE | -) [ARGS...]`"""

from __future__ import annotations

import sys

from autograph_hook.cli import main

if __name__ == "__main__":
    sys.exit(main())
