"""The types of gradients, and how gradients are added.

The gradient of a float scalar or tensor is of its type. That of a list is a list of gradients, or an empty list: all
zero. That of a record `T` is a record `d.T` of those fields that have gradients, or null: all zero. So zero needs no
knowledge of the value, and gradients of shared records and of lists are added by functions made here when needed.
Integers and truth values have none.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..build import Builder, Names
from ..ir import FLOATS, I64, Block, Call, Def, List, Loop, Op, Program, Ptr, Record, Scalar, Tensor, Type, Var, lets
from ..ops import TABLE


class Cotangents:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.globals = [v.name for v in (*program.params, *program.consts)]
        self.names = Names([*(r.name for r in program.records), *(d.name for d in program.defs)])
        self.live: set[str] = set()
        self.record_names: dict[str, str] = {}
        self._find_live_records()
        self.record_names = {name: self.names.fresh(f"d.{name}") for name in sorted(self.live)}
        self.adders: dict[Type, str] = {}
        self.defs: list[Def] = []

    def _find_live_records(self) -> None:
        """Which records have a gradient: those through which a float is reached."""
        found = None
        while found != self.live:
            self.live = self.live if found is None else found
            self.record_names = {name: name for name in self.live}
            found = {r.name for r in self.program.records if any(self.type(f.type) for f in r.fields)}

    def type(self, type: Type) -> Type | None:
        """The type of the gradient of a value of this type; None where it has none."""
        match type:
            case Scalar(dtype=dtype) | Tensor(dtype=dtype):
                return type if dtype in FLOATS else None
            case List(element=element):
                inner = self.type(element)
                return None if inner is None else List(inner)
            case Ptr(record=record):
                return Ptr(self.record_names[record]) if record in self.live else None

    def fields(self, record: str) -> tuple[Var, ...]:
        """The fields of `d.T`, for the name of T."""
        return tuple(Var(f.name, t) for f in self.program.record(record).fields if (t := self.type(f.type)) is not None)

    def records(self) -> Iterable[Record]:
        """The records `d.T`."""
        return (Record(name, self.fields(of)) for of, name in self.record_names.items())

    def zero(self, b: Builder, type: Type) -> Var:
        """A gradient that is zero."""
        match type:
            case Scalar():
                return b.lit(0.0, type, "zero")
            case Tensor(dtype=dtype, shape=shape):
                return b.op("broadcast", b.lit(0.0, Scalar(dtype), "zero"), shape=shape, hint="zeros")
            case List(element=element):
                return b.op("list", of=element, hint="zeros")
            case Ptr():
                return b.lit(None, type, "zero")

    def add(self, b: Builder, x: Var, y: Var) -> Var:
        """The sum of two gradients."""
        if isinstance(x.type, Scalar | Tensor):
            return b.op("+", x, y, hint="d")
        (result,) = b.call(self.adder(x.type), (x.type,), x, y, hint="d")
        return result

    def adder(self, type: List | Ptr) -> str:
        """The name of the def that adds two gradients of this type."""
        if type not in self.adders:
            words = "".join(c if c.isalnum() or c in "._" else "-" for c in str(type)).strip("-")
            self.adders[type] = self.names.fresh(f"add.{words}")
            names = Names([*self.globals, "x", "y"])
            x, y = Var("x", type), Var("y", type)
            sums = self._add_lists if isinstance(type, List) else self._add_records
            self.defs.append(Def(self.adders[type], (x, y), (type,), sums(Builder(names), x, y)))
        return self.adders[type]

    def _unless(self, b: Builder, x: Var, y: Var, sums: Block) -> Block:
        """y where x is zero, x where y is, else the block."""
        inner = b.inner()
        none = self.is_zero(inner, y)
        inner_result = inner.branch(none, Block((), (x,)), sums)
        outer = b.inner()
        result = outer.branch(self.is_zero(outer, x), Block((), (y,)), inner.block(*inner_result))
        return outer.block(*result)

    def is_zero(self, b: Builder, x: Var) -> Var:
        """Is a list empty, a pointer null?"""
        if isinstance(x.type, Ptr):
            return b.op("isnull", x)
        return b.op("==", b.op("len", x), b.lit(0, I64), hint="empty")

    def _add_records(self, b: Builder, x: Var, y: Var) -> Block:
        assert isinstance(x.type, Ptr)
        of = next(name for name, d in self.record_names.items() if Ptr(d) == x.type)
        inner = b.inner()
        sums = [self.add(inner, inner.field(x, f), inner.field(y, f)) for f in self.fields(of)]
        return self._unless(b, x, y, inner.block(inner.make(x.type.record, *sums)))

    def _add_lists(self, b: Builder, x: Var, y: Var) -> Block:
        assert isinstance(x.type, List)
        inner = b.inner()
        start, empty = inner.lit(0, I64), inner.op("list", of=x.type.element)
        k, sums = inner.var(I64, "k"), inner.var(x.type, "sums")
        test = inner.inner()
        tested = test.block(test.op("<", k, test.op("len", x)))
        body = inner.inner()
        more = body.op("append", sums, self.add(body, body.op("idx", x, k), body.op("idx", y, k)))
        after = body.op("+", k, body.lit(1, I64))
        outs = inner.bind(Loop((k, sums), (start, empty), tested, body.block(after, more)), (I64, x.type), "sums")
        return self._unless(b, x, y, inner.block(outs[1]))


def acts(block: Block) -> bool:
    """May running this block do more than compute? A call may."""
    exprs = [let.expr for let in lets(block)]
    return any(isinstance(e, Call) or (isinstance(e, Op) and TABLE[e.name].effect) for e in exprs)
