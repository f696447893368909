"""The command line: `python -m autograph_hook` and the console command `autograph-hook`."""

from __future__ import annotations

from autograph_hook.cli.main import console, main

__all__ = ["console", "main"]
