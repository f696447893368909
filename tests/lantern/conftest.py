"""These tests need NumPy, as the backend does, and hypothesis."""

from __future__ import annotations

import importlib.util

collect_ignore_glob = [] if all(map(importlib.util.find_spec, ("numpy", "hypothesis"))) else ["*"]
