"""The code of a program, for reading."""

from __future__ import annotations

from collections.abc import Iterable

from autograph_hook.backends.lantern.ir import Program
from autograph_hook.backends.lantern.llvm.early import early
from autograph_hook.backends.lantern.llvm.host import host
from autograph_hook.backends.lantern.llvm.lowering import Lowering
from autograph_hook.backends.lantern.llvm.objects import assembly


def listing(program: Program, entries: Iterable[str] | None = None) -> tuple[str, str]:
    """The optimized LLVM IR of a program, and the assembly of this machine.

    >>> from autograph_hook.backends.lantern.text import read
    >>> llvm, machine = listing(read("(program (def f ((x f64)) (f64) (begin (let (y f64) (+ x x)) (tuple y))))"))
    >>> "@entry_f(" in llvm, "entry_f:" in machine
    (True, True)
    """
    names = [d.name for d in program.defs] if entries is None else list(entries)
    machine = host()
    return assembly(Lowering(early(program, names), machine).text(names), machine)
