"""Passes: programs to programs that compute the same. Each file has one, with its before and after."""

from __future__ import annotations

from collections.abc import Iterable

from ..ir import Program
from .common import merge_common
from .dead import drop_dead, drop_unreachable
from .fold import fold
from .fuse import fuse
from .join import join
from .stack import stack


def simplify(program: Program) -> Program:
    """What helps a program before it is differentiated too: fewer values to save."""
    return drop_dead(merge_common(fold(program)))


def optimize(program: Program, roots: Iterable[str]) -> Program:
    """All passes, for a program of which only the defs `roots` are called from outside."""
    return drop_dead(fuse(stack(join(simplify(drop_unreachable(program, roots))))))
