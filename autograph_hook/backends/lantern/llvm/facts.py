"""What the code generator must know about a program beforehand: which defs call themselves, which need memory, which
keep memory after they return."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from autograph_hook.backends.lantern.ir import (
    Block,
    Call,
    Def,
    Expr,
    Lit,
    Loop,
    Make,
    Map,
    Op,
    Program,
    Scalar,
    Tensor,
    blocks,
    lets,
    operands,
)
from autograph_hook.backends.lantern.llvm.early import LOG, MULTIPLY, OPERATIONS
from autograph_hook.backends.lantern.ops import TABLE

VIEWS = frozenset(("idx", "slice", "reshape"))
"""Operations whose result may be in the memory of their first operand."""


@dataclass(frozen=True)
class Facts:
    recursive: frozenset[str]
    """Defs that may be running when they are called."""
    allocating: frozenset[str]
    """Defs that take memory from the arena."""
    keeping: frozenset[str]
    """Defs that leave something in the arena besides their results: logs."""

    def allocates(self, block: Block) -> bool:
        return any(_allocates(let.expr, self.allocating) for let in lets(block))

    def keeps(self, block: Block) -> bool:
        return any(_keeps(let.expr, self.keeping) for let in lets(block))


def facts(program: Program) -> Facts:
    def grown(test: Callable[[Expr, frozenset[str]], bool]) -> frozenset[str]:
        found: frozenset[str] = frozenset()
        while True:
            more = frozenset(d.name for d in program.defs if any(test(let.expr, found) for let in lets(d.body)))
            if more == found:
                return found
            found = more

    return Facts(recursive(program), grown(_allocates), grown(_keeps))


def calls(definition: Def) -> set[str]:
    return {let.expr.function for let in lets(definition.body) if isinstance(let.expr, Call)}


def recursive(program: Program) -> frozenset[str]:
    """
    >>> from autograph_hook.backends.lantern.ir import Block, Call, Def, Let
    >>> def calling(name, other):
    ...     return Def(name, (), (), Block((Let((), Call(other, ())),), ()))
    >>> sorted(recursive(Program((), (), (), (calling("f", "g"), calling("g", "f"), calling("main", "f")))))
    ['f', 'g']
    """
    reached = {definition.name: calls(definition) for definition in program.defs}
    changed = True
    while changed:
        changed = False
        for name, targets in reached.items():
            more = targets.union(*(reached[target] for target in targets))
            if more != targets:
                reached[name], changed = more, True
    return frozenset(name for name, targets in reached.items() if name in targets)


def _allocates(expr: Expr, defs: frozenset[str]) -> bool:
    if isinstance(expr, Call):
        return expr.function in defs
    if isinstance(expr, Lit):
        return False
    if isinstance(expr, Op) and expr.name in OPERATIONS:
        return expr.name == MULTIPLY
    if isinstance(expr, Op):
        if expr.name in ("len", "isnull", "sublist", "check", "idx"):
            return False
        return not TABLE[expr.name].elementwise or any(isinstance(arg.type, Tensor) for arg in expr.args)
    if isinstance(expr, Loop):  # room for the tensors that it carries
        return any(isinstance(var.type, Tensor) for var in expr.vars)
    return isinstance(expr, Make | Map)


def _keeps(expr: Expr, defs: frozenset[str]) -> bool:
    if isinstance(expr, Call):
        return expr.function in defs
    return isinstance(expr, Op) and (expr.name.startswith("accumulate") or expr.name in (LOG, MULTIPLY))


def is_plain(expr: Loop) -> bool:
    """May the memory of each round be used again? Then what the loop carries are numbers and tensors."""
    return all(isinstance(var.type, Scalar | Tensor) for var in expr.vars)


def uses(block: Block) -> dict[str, int]:
    """How often each name is read in a block, inner blocks and results included."""
    found: dict[str, int] = {}
    for let in lets(block):
        for inner in blocks(let.expr):
            for var in inner.results:
                found[var.name] = found.get(var.name, 0) + 1
        for var in operands(let.expr):
            found[var.name] = found.get(var.name, 0) + 1
    for var in block.results:
        found[var.name] = found.get(var.name, 0) + 1
    return found
