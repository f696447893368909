"""The gradients that a block has gathered so far, and how shares are added to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..build import Builder
from ..ir import I64, Attr, Block, List, Loop, Ptr, Scalar, Tensor, Type, Var
from .cotangents import Cotangents


@dataclass(frozen=True)
class Total:
    """The gradient of one value: `var`, where it is not None, plus, of a record, what its fields got one by one."""

    var: Var | None = None
    fields: dict[str, Var] = field(default_factory=dict)


class Shares:
    """What a derivative rule sees (`op_derivatives.Reverse`): it emits into `b` and gathers in `totals`.

    `full` has the gradients of lists that are known not to be the empty list that stands for zero.
    """

    def __init__(
        self,
        b: Builder,
        cotangents: Cotangents,
        active: set[str],
        weights: frozenset[Var],
        full: set[str],
        totals: dict[Var, Total],
    ) -> None:
        self.b = b
        self.cotangents = cotangents
        self.active = active
        self.weights = weights
        self.full = full
        self.totals = totals

    def wants(self, var: Var) -> bool:
        return var.name in self.active or var in self.weights

    def op(self, name: str, *args: Var, **attrs: Attr | None) -> Var:
        (var,) = self.b.ops(name, *args, hint="", **attrs)
        return var

    def lit(self, value: float | int | bool, type: Type) -> Var:
        assert isinstance(type, Scalar)
        return self.b.lit(value, type)

    def zero(self, type: Type) -> Var:
        return self.cotangents.zero(self.b, type)

    def total(self, d: Var) -> Var:
        """The sum of the elements of the gradient of a list."""
        assert isinstance(d.type, List)
        b, element = self.b, d.type.element
        k, so_far = b.var(I64, "k"), b.var(element, "total")
        start, zero = b.lit(0, I64), self.zero(element)
        test, body = b.inner(), b.inner()
        tested = test.block(test.op("<", k, test.op("len", d)))
        more = self.cotangents.add(body, so_far, body.op("idx", d, k))
        after = body.op("+", k, body.lit(1, I64))
        return b.bind(Loop((k, so_far), (start, zero), tested, body.block(after, more)), (I64, element), "total")[1]

    # Gathering.

    def gathered(self, var: Var) -> Var | None:
        """The gradient of a value as far as it is known; None: zero."""
        total = self.totals.get(var)
        if total is None or not total.fields:
            return None if total is None else total.var
        assert isinstance(var.type, Ptr)
        made = self.cotangents.type(var.type)
        assert isinstance(made, Ptr)
        fields = self.cotangents.fields(var.type.record)
        d = self.b.make(made.record, *(total.fields.get(f.name) or self.zero(f.type) for f in fields), hint="d")
        d = d if total.var is None else self.cotangents.add(self.b, total.var, d)
        self.totals[var] = Total(d)
        return d

    def gathered_or_zero(self, var: Var) -> Var:
        d = self.gathered(var)
        if d is not None:
            return d
        type = self.cotangents.type(var.type)
        assert type is not None
        return self.zero(type)

    def take(self, var: Var) -> Var | None:
        """The gradient of a value that is bound here: nothing can be added any more."""
        d = self.gathered(var)
        self.totals.pop(var, None)
        return d

    def give(self, var: Var, d: Var) -> None:
        if var in self.weights:
            self.b.ops("accumulate", var, d)
        elif var.name in self.active:
            total = self.totals.get(var, Total())
            both = d if total.var is None else self.cotangents.add(self.b, total.var, d)
            self.totals[var] = Total(both, total.fields)

    def give_field(self, record: Var, name: str, d: Var) -> None:
        if record.name in self.active:
            total = self.totals.get(record, Total())
            held = total.fields.get(name)
            both = d if held is None else self.cotangents.add(self.b, held, d)
            self.totals[record] = Total(total.var, {**total.fields, name: both})

    def give_outer(self, var: Var, z: Var, x: Var) -> None:
        if var in self.weights:
            self.b.ops("accumulate_outer", var, z, x)
        else:
            self.give(var, self.op("outer", z, x))

    def give_at(self, var: Var, d: Var, indices: Sequence[Var]) -> None:
        if var in self.weights:
            self.b.ops("accumulate_at", var, d, *indices)
        elif var.name in self.active:
            held = self.gathered(var)
            if isinstance(var.type, List):
                added = self._added_to_list(self.filled(var, held), d, indices[0])
            else:
                added = self.op("add_at", self.gathered_or_zero(var), d, *indices)
            self.totals[var] = Total(added)

    def _added_to_list(self, held: Var, d: Var, index: Var) -> Var:
        if isinstance(d.type, Scalar | Tensor):
            added = self.op("add_at", held, d, index)
        else:
            element = self.cotangents.add(self.b, self.op("idx", held, index), d)
            added = self.op("update", held, element, index)
        self.full.add(added.name)
        return added

    # Lists, whose gradients may be empty for zero.

    def zeros(self, b: Builder, count: Var, type: Type) -> Var:
        """The gradient of a list of so many elements, that is zero in full."""
        assert isinstance(type, List)
        d = b.op("fill", count, self.cotangents.zero(b, type.element))
        self.full.add(d.name)
        return d

    def filled(self, var: Var, held: Var | None) -> Var:
        """The gradient of this list with all its elements."""
        type = self.cotangents.type(var.type)
        assert type is not None
        if held is None:
            return self.zeros(self.b, self.op("len", var), type)
        if held.name in self.full:
            return held
        return self._filled_to(held, self.op("len", var))

    def _filled_to(self, held: Var, count: Var) -> Var:
        inner = self.b.inner()
        zeros = inner.block(self.zeros(inner, count, held.type))
        (d,) = self.b.branch(self.cotangents.is_zero(self.b, held), zeros, Block((), (held,)), "d")
        self.full.add(d.name)
        return d

    def at(self, d: Var, index: Var) -> Var:
        assert isinstance(d.type, List)
        if d.name in self.full:
            return self.op("idx", d, index)
        zero, element = self.b.inner(), self.b.inner()
        zeros = zero.block(self.cotangents.zero(zero, d.type.element))
        (result,) = self.b.branch(
            self.cotangents.is_zero(self.b, d), zeros, element.block(element.op("idx", d, index)), "d"
        )
        return result

    def cleared(self, d: Var, indices: Sequence[Var]) -> Var:
        if not isinstance(d.type, List):
            element = self.op("idx", d, *indices)
            return self.op("update", d, self.zero(element.type), *indices)
        if d.name in self.full:
            return self.op("update", d, self.zero(d.type.element), indices[0])
        inner = self.b.inner()
        done = inner.op("update", d, self.cotangents.zero(inner, d.type.element), indices[0])
        return self.b.branch(self.cotangents.is_zero(self.b, d), Block((), (d,)), inner.block(done), "d")[0]

    def give_part(self, var: Var, part: Var, d: Var, start: Var) -> None:
        """The share of a list that is d where `part` was taken from it, from `start` on."""
        if var.name not in self.active:
            return
        count = self.op("len", part)
        middle = self._filled_to(d, count)
        whole = self.zeros(self.b, self.op("len", var), d.type)
        zero = self.lit(0, I64)
        before = self.op("sublist", whole, zero, start)
        rest = self.op("-", self.op("-", self.op("len", whole), self.op("len", before)), count)
        after = self.op("sublist", whole, zero, rest)
        self.give(var, self.op("extend", self.op("extend", before, middle), after))
