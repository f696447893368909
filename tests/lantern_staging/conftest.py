"""These tests need NumPy and llvmlite, as the backend does."""

from __future__ import annotations

import importlib.util

collect_ignore_glob = [] if all(map(importlib.util.find_spec, ("numpy", "llvmlite"))) else ["*"]
