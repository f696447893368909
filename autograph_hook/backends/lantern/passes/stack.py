"""Stacking: products of matrices and one vector become one operation, and sums of products too.

One kernel then reads the shared vector, or keeps the sum in registers, once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace

from ..build import Builder, Names, names_of
from ..ir import Block, Let, Op, Program, Tensor, Var
from ..walk import with_blocks
from .gather import gather
from .sums import Sums, args


def stack(program: Program) -> Program:
    """The program with `products` and `product_sum` where there were several `matmul`.

    >>> from autograph_hook.backends.lantern.text import read, write
    >>> print(write(stack(read('''
    ... (program
    ...   (param A (tensor f64 4 3))
    ...   (param B (tensor f64 2 3))
    ...   (def f ((x (tensor f64 3)) (u (tensor f64 4)) (v (tensor f64 2))) ((tensor f64 4) (tensor f64 3))
    ...     (begin
    ...       (let (a (tensor f64 4)) (matmul A x))
    ...       (let (b (tensor f64 2)) (matmul B x))
    ...       (let (du (tensor f64 3)) (matmul A u :ta true))
    ...       (let (dx (tensor f64 3)) (+ x du))
    ...       (let (dv (tensor f64 3)) (matmul B v :ta true))
    ...       (let (d (tensor f64 3)) (+ dx dv))
    ...       (tuple a d))))'''))))
    (program
      (param A (tensor f64 4 3))
      (param B (tensor f64 2 3))
      (def f ((x (tensor f64 3)) (u (tensor f64 4)) (v (tensor f64 2))) ((tensor f64 4) (tensor f64 3))
        (begin
          (let (product_sum (tensor f64 3)) (product_sum A u B v :ta true))
          (let (d (tensor f64 3)) (+ x product_sum))
          (let ((a (tensor f64 4)) (b (tensor f64 2))) (products A B x))
          (tuple a d))))
    <BLANKLINE>
    """
    defs = []
    for definition in program.defs:
        stacked = gather(definition.body, shared_input, products)
        defs.append(replace(definition, body=_ProductSums(names_of(program, definition)).block(stacked)))
    return replace(program, defs=tuple(defs))


def shared_input(let: Let) -> Hashable | None:
    """The vector that a matrix is multiplied with."""
    match let.expr:
        case Op(name="matmul", args=(matrix, vector), attrs=()) if _dims(matrix) == 2 and _dims(vector) == 1:
            return vector
    return None


def _dims(var: Var) -> int:
    return len(var.type.shape) if isinstance(var.type, Tensor) else 0


def products(members: list[Let], is_read: Callable[[str], bool]) -> list[Let]:
    if len(members) < 2:
        return members
    pairs = [let.expr.args for let in members if isinstance(let.expr, Op)]
    op = Op("products", (*(matrix for matrix, _ in pairs), pairs[0][1]))
    return [Let(tuple(let.vars[0] for let in members), op, members[0].line)]


class _ProductSums:
    """Sums of two or more products, all of them transposed or none, that nobody else reads."""

    def __init__(self, names: Names) -> None:
        self.names = names

    def block(self, block: Block) -> Block:
        sums = Sums(block)
        done: list[Let] = []
        gone: set[str] = set()
        for let in block.lets:
            inner = replace(let, expr=with_blocks(let.expr, self.block))
            done += self.root(inner, sums, gone) if sums.is_root(let) else [inner]
        return Block(tuple(let for let in done if not any(v.name in gone for v in let.vars)), block.results)

    def root(self, let: Let, sums: Sums, gone: set[str]) -> list[Let]:
        """A whole sum: its products as one, then the other addends."""
        addends = list(sums.addends(let))
        for transposed in (True, False):
            chosen = [a for a in addends if a.name in sums.once and _is_product(sums.once[a.name], transposed)]
            if len(chosen) >= 2:
                break
        else:
            return [let]
        gone.update(sums.names(let))
        gone.update(a.name for a in chosen)
        factors = tuple(x for a in chosen for x in args(sums.once[a.name]))
        rest = [a for a in addends if a not in chosen]
        b = Builder(self.names, let.line)
        op = Op("product_sum", factors, (("ta", True),) if transposed else ())
        if not rest:
            return [replace(let, expr=op)]
        (product,) = b.bind(op, (let.vars[0].type,), "product_sum")
        total = rest[0]
        for addend in rest[1:]:
            total = b.op("+", total, addend)
        return [*b.lets, replace(let, expr=Op("+", (total, product)))]


def _is_product(let: Let, transposed: bool) -> bool:
    op = let.expr
    if not isinstance(op, Op) or op.name != "matmul" or op.attr("tb") or bool(op.attr("ta")) != transposed:
        return False
    return _dims(op.args[0]) == 2 and _dims(op.args[1]) == 1
