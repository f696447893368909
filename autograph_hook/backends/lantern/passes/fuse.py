"""Fusion: chains of element-wise operations over tensors of one shape become one `map`, and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..build import Builder, Names, names_of
from ..ir import Block, Def, Let, Lit, Map, Op, Program, Scalar, Tensor, Var, lets
from ..ops import TABLE, is_fusible, result_types
from ..walk import with_blocks
from .gather import gather


def fuse(program: Program) -> Program:
    """The program with each chain of element-wise operations as one `map`.

    >>> from autograph_hook.backends.lantern.text import read, write
    >>> print(write(fuse(read('''
    ... (program
    ...   (def f ((x (tensor f64 3)) (y (tensor f64 3)) (k f64)) ((tensor f64 3) f64)
    ...     (begin
    ...       (let (two f64) 2.0)
    ...       (let (a (tensor f64 3)) (* x two))
    ...       (let (b (tensor f64 3)) (+ a y))
    ...       (let (c (tensor f64 3)) (* b k))
    ...       (let (s f64) (sum c))
    ...       (tuple c s))))'''))))
    (program
      (def f ((x (tensor f64 3)) (y (tensor f64 3)) (k f64)) ((tensor f64 3) f64)
        (begin
          (let (two f64) 2.0)
          (let (c (tensor f64 3)) (map ((x.1 f64 x) (y.1 f64 y) (k.1 f64 k))
            (begin
              (let (two.1 f64) 2.0)
              (let (a.1 f64) (* x.1 two.1))
              (let (b.1 f64) (+ a.1 y.1))
              (let (c.1 f64) (* b.1 k.1))
              (tuple c.1))))
          (let (s f64) (sum c))
          (tuple c s))))
    <BLANKLINE>
    """
    return replace(program, defs=tuple(_Fuse(names_of(program, d)).definition(d) for d in program.defs))


def member(let: Let) -> tuple[int, ...] | None:
    """The shape of an element-wise operation that may be fused."""
    if not isinstance(let.expr, Op) or len(let.vars) != 1 or not isinstance(let.vars[0].type, Tensor):
        return None
    shape, op = let.vars[0].type.shape, let.expr
    if op.name == "broadcast":
        return shape if isinstance(op.args[0].type, Scalar) else None
    fits = all(isinstance(a.type, Scalar) or (isinstance(a.type, Tensor) and a.type.shape == shape) for a in op.args)
    return shape if fits and TABLE[op.name].elementwise and is_fusible(op) else None


class _Fuse:
    def __init__(self, names: Names) -> None:
        self.names = names
        self.literals: dict[str, Lit] = {}

    def definition(self, definition: Def) -> Def:
        inside = lets(definition.body)
        self.literals = {let.vars[0].name: let.expr for let in inside if isinstance(let.expr, Lit)}
        return replace(definition, body=gather(definition.body, member, self.put))

    def put(self, members: list[Let], is_read: Callable[[str], bool]) -> list[Let]:
        bound = {let.vars[0].name for let in members}
        operands = dict.fromkeys(a for let in members if isinstance(let.expr, Op) for a in let.expr.args)
        outside = [a for a in operands if a.name not in bound]
        if sum(_works(let) for let in members) < 2 or not any(isinstance(a.type, Tensor) for a in outside):
            return members
        b = Builder(self.names)
        inner: dict[str, Var] = {}
        for arg in outside:
            if arg.name in self.literals and isinstance(arg.type, Scalar):
                inner[arg.name] = b.lit(self.literals[arg.name].value, arg.type, arg.name)
        args = [a for a in outside if a.name not in inner]
        for arg in args:
            assert isinstance(arg.type, Scalar | Tensor)
            inner[arg.name] = b.var(Scalar(arg.type.dtype), arg.name)
        vars = tuple(inner[a.name] for a in args)
        for let in members:
            assert isinstance(let.expr, Op)
            operation = replace(let.expr, args=tuple(inner[a.name] for a in let.expr.args))
            name = let.vars[0].name
            if operation.name == "broadcast":
                (inner[name],) = operation.args
            else:
                (inner[name],) = b.bind(operation, result_types(operation), name)
        results = tuple(let.vars[0] for let in members if is_read(let.vars[0].name))
        body = b.block(*(inner[v.name] for v in results))
        return [Let(results, Map(vars, tuple(args), body), members[-1].line)]


def _works(let: Let) -> bool:
    return isinstance(let.expr, Op) and let.expr.name != "broadcast"


def unfuse(program: Program) -> Program:
    """Every `map` as the operations on whole tensors that it is made of; what `fuse` does, undone."""
    return replace(program, defs=tuple(_Unfuse(names_of(program, d)).definition(d) for d in program.defs))


class _Unfuse:
    def __init__(self, names: Names) -> None:
        self.names = names

    def definition(self, definition: Def) -> Def:
        return replace(definition, body=self.block(definition.body))

    def block(self, block: Block) -> Block:
        done: list[Let] = []
        for let in block.lets:
            if isinstance(let.expr, Map):
                done += self.map(let, let.expr)
            else:
                done.append(replace(let, expr=with_blocks(let.expr, self.block)))
        return Block(tuple(done), block.results)

    def map(self, let: Let, map_: Map) -> list[Let]:
        b = Builder(self.names, let.line)
        wholes = {v.name: arg for v, arg in zip(map_.vars, map_.args, strict=True)}
        for inner in map_.body.lets:
            (var,) = inner.vars
            if isinstance(inner.expr, Lit):
                b.lets.append(Let((var,), inner.expr, let.line))
                wholes[var.name] = var
            elif isinstance(inner.expr, Op):
                op = replace(inner.expr, args=tuple(wholes[a.name] for a in inner.expr.args))
                (wholes[var.name],) = b.bind(op, result_types(op), var.name)
        for var, result in zip(let.vars, map_.body.results, strict=True):
            self.result(b, var, wholes[result.name])
        return b.lets

    @staticmethod
    def result(b: Builder, var: Var, whole: Var) -> None:
        """Binds a result to what it is, broadcast where it is the same for all elements."""
        assert isinstance(var.type, Tensor)
        name = "broadcast" if isinstance(whole.type, Scalar) else "reshape"
        b.lets.append(Let((var,), Op(name, (whole,), (("shape", var.type.shape),)), b.line))
