"""Building blocks of a program let by let, with fresh names and the types that the operations have."""

from __future__ import annotations

from collections.abc import Iterable

from .ir import Attr, Block, Call, Def, Expr, Field, If, Let, Lit, Make, Op, Program, Ptr, Scalar, Type, Var, blocks
from .ops import result_types


class Names:
    """The names that are taken in a def, and fresh ones."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)
        self.next: dict[str, int] = {}

    def fresh(self, hint: str = "x") -> str:
        stem = hint.rstrip("0123456789").rstrip(".") or "x"
        number = self.next.get(stem, 0)
        name = hint
        while name in self.taken:
            number += 1
            name = f"{stem}.{number}"
        self.next[stem] = number
        self.taken.add(name)
        return name


def bound_names(block: Block) -> Iterable[str]:
    """The names that a block binds, those of inner blocks included."""
    for let in block.lets:
        yield from (v.name for v in let.vars)
        yield from (v.name for v in getattr(let.expr, "vars", ()))
        for inner in blocks(let.expr):
            yield from bound_names(inner)


def names_of(program: Program, definition: Def) -> Names:
    """All that are taken in a def, the program's included."""
    outer = (v.name for v in (*program.params, *program.consts, *definition.params))
    return Names((*outer, *bound_names(definition.body)))


class Builder:
    """Lets in the making. `line` is given to those that follow.

    >>> from autograph_hook.backends.lantern.ir import F64
    >>> from autograph_hook.backends.lantern.text import write_block
    >>> x, b = Var("x", F64), Builder(Names(["x"]))
    >>> print(write_block(b.block(b.op("*", b.op("exp", x), b.lit(2.0, F64)))))
    (begin
      (let (exp f64) (exp x))
      (let (c f64) 2.0)
      (let (mul f64) (* exp c))
      (tuple mul))
    """

    HINTS = {"+": "add", "-": "sub", "*": "mul", "/": "div", "**": "pow", "//": "quotient", "%": "rest"}
    TESTS = frozenset(("==", "!=", "<", "<=", ">", ">="))

    def __init__(self, names: Names, line: int = 0) -> None:
        self.names = names
        self.lets: list[Let] = []
        self.line = line

    def inner(self) -> Builder:
        """A builder of a block inside this one."""
        return Builder(self.names, self.line)

    def block(self, *results: Var) -> Block:
        return Block(tuple(self.lets), results)

    def var(self, type: Type, hint: str = "x") -> Var:
        """A fresh name, not bound yet."""
        return Var(self.names.fresh(hint), type)

    def bind(self, expr: Expr, types: Iterable[Type], hint: str = "x") -> tuple[Var, ...]:
        vars = tuple(self.var(type, hint) for type in types)
        self.lets.append(Let(vars, expr, self.line))
        return vars

    def ops(self, name: str, *args: Var, hint: str = "", **attrs: Attr | None) -> tuple[Var, ...]:
        """An operation of any number of results. An attribute that is None or False is left out."""
        given = tuple(sorted((k, v) for k, v in attrs.items() if v is not None and v is not False))
        op = Op(name, args, given)
        return self.bind(op, result_types(op), hint or self.HINTS.get(name, "test" if name in self.TESTS else name))

    def op(self, name: str, *args: Var, hint: str = "", **attrs: Attr | None) -> Var:
        (var,) = self.ops(name, *args, hint=hint, **attrs)
        return var

    def lit(self, value: bool | int | float | None, type: Scalar | Ptr, hint: str = "c") -> Var:
        (var,) = self.bind(Lit(value, type), (type,), hint)
        return var

    def field(self, record: Var, field: Var, hint: str = "") -> Var:
        (var,) = self.bind(Field(record, field.name), (field.type,), hint or field.name)
        return var

    def make(self, record: str, *args: Var, hint: str = "made") -> Var:
        (var,) = self.bind(Make(record, args), (Ptr(record),), hint)
        return var

    def call(self, function: str, results: Iterable[Type], *args: Var, hint: str = "r") -> tuple[Var, ...]:
        return self.bind(Call(function, args), results, hint)

    def branch(self, condition: Var, then: Block, orelse: Block, hint: str = "r") -> tuple[Var, ...]:
        return self.bind(If(condition, then, orelse), (v.type for v in then.results), hint)
