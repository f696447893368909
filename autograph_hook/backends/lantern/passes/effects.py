"""What may be dropped, and what may be merged: which operations and defs act, and which may fail."""

from __future__ import annotations

from ..ir import Call, Def, Expr, Field, Loop, Op, Program, blocks
from ..ops import TABLE


class Effects:
    """`harmless` are the defs that neither act, nor may fail, nor recur: a call of one may be dropped; `pure` are
    those that do not act: two equal calls of one give the same."""

    def __init__(self, program: Program) -> None:
        self.pure: set[str] = {d.name for d in program.defs}
        self.harmless: set[str] = set()
        while True:
            pure = {d.name for d in program.defs if self._all(d, self.is_pure)}
            if pure == self.pure:
                break
            self.pure = pure
        while True:
            harmless = {d.name for d in program.defs if self._all(d, self.is_harmless)}
            if harmless == self.harmless:
                break
            self.harmless = harmless

    @staticmethod
    def _all(definition: Def, test: object) -> bool:
        assert callable(test)
        return all(test(let.expr) for let in definition.body.lets)

    def is_pure(self, expr: Expr) -> bool:
        """Does it, with all that is in it, compute only?"""
        if isinstance(expr, Op) and TABLE[expr.name].effect:
            return False
        if isinstance(expr, Call) and expr.function not in self.pure:
            return False
        return all(self.is_pure(let.expr) for block in blocks(expr) for let in block.lets)

    def is_harmless(self, expr: Expr) -> bool:
        """May it be dropped where nobody reads its results? A loop ends, for all we know, or is the user's mistake."""
        match expr:
            case Op(name=name) if TABLE[name].effect or TABLE[name].fails(expr):
                return False
            case Field():
                return False
            case Call(function=function) if function not in self.harmless:
                return False
            case Loop() if not self.is_pure(expr):
                return False
        return all(self.is_harmless(let.expr) for block in blocks(expr) for let in block.lets)
