"""These tests need llvmlite, which is optional."""

from __future__ import annotations

import importlib.util

collect_ignore_glob = [] if importlib.util.find_spec("llvmlite") else ["*"]
