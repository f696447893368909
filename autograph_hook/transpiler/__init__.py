"""From source text to two codes: the plain module with gates, and the twins of its functions.

Pure: it knows no backend, reads no file and imports nothing of the other parts.
"""

from __future__ import annotations

from autograph_hook.transpiler.module import Problem, Transformed, transform
from autograph_hook.transpiler.show import show

__all__ = ["Problem", "Transformed", "show", "transform"]
