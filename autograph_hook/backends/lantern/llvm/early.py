"""Products of weights with what is known before anything is computed: all of a call at once, at its beginning.

    def encode(t):                                      def encode.early(t):        def encode(t):
        if t.left is None:                                  if t.left is None:          if t.left is None:
            z = W @ E[t.word]              becomes              log E[t.word]               z = the next product
        else:                                               else:                       else:
            a, b = encode(t.left), encode(t.right)              encode.early(t.left)        …
            …                                                   encode.early(t.right)

A vector is *early* if it is a part of the input, at a place that the input alone decides: then so is how often and in
which order the product is wanted. A copy of the program without everything else visits these places and logs the
vectors; one product of matrices has all results; the program takes them one after the other. A matrix that is larger
than the nearest cache is then read once, and not for each vector again.

What must hold: the copy takes the same branches and rounds as the program, so that a branch, a loop or a call that
leads to such a product depends on early values only; otherwise the program stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from autograph_hook.backends.lantern.build import Names, names_of
from autograph_hook.backends.lantern.ir import (
    Block,
    Call,
    Def,
    Expr,
    Field,
    If,
    Let,
    Lit,
    Loop,
    Op,
    Program,
    Ptr,
    Scalar,
    Tensor,
    Type,
    Var,
    blocks,
    lets,
    operands,
)
from autograph_hook.backends.lantern.llvm.host import SIZES
from autograph_hook.backends.lantern.ops import TABLE
from autograph_hook.backends.lantern.walk import with_blocks

LOG, MULTIPLY, TAKE = "early_log", "early_multiply", "early_take"
"""The operations that are put in: log a vector; all products of a group; the next ones of a group."""

OPERATIONS = frozenset((LOG, MULTIPLY, TAKE))

FEWEST_BYTES = 32768
"""Smaller matrices stay in the nearest cache anyway."""

FLOATS = ("f32", "f64")


class _Late(Exception):
    """Something that decides where products are wanted is not early."""


def early(program: Program, entries: Iterable[str]) -> Program:
    """The program with early products, where it is called by one entry and has some."""
    names = tuple(entries)
    if len(names) != 1:
        return program
    try:
        return _Early(program, names[0]).program()
    except _Late:
        return program


class _Early:
    def __init__(self, program: Program, root: str) -> None:
        self.given = program
        self.root = root
        self.globals = {var.name for var in (*program.params, *program.consts)}
        self.params = {d.name: {p.name for p in d.params} for d in program.defs}
        self.defs = {d.name: d for d in program.defs}
        self._settle_params()
        self.groups: list[tuple[Var, ...]] = []
        """The matrices of each group."""

    def program(self) -> Program:
        """First the products are replaced, then the copy is made of what was found on the way."""
        changed = {d.name: replace(d, body=_Replacing(self, d).block(d.body, self.start(d))) for d in self.given.defs}
        if not self.groups:
            return self.given
        self.relevant = {d.name for d in changed.values() if any(_is(let.expr, TAKE) for let in lets(d.body))}
        while True:
            more = {d.name for d in changed.values() if _calls(d.body) & self.relevant} | self.relevant
            if more == self.relevant:
                break
            self.relevant = more
        if self.root not in self.relevant:
            return self.given
        made = [self.copy(changed[name]) for name in changed if name in self.relevant]
        root = changed[self.root]
        rest = f"{self.root}.rest"
        others = [replace(d, body=_renamed(d.body, self.root, rest)) for d in changed.values()]
        others = [replace(d, name=rest) if d.name == self.root else d for d in others]
        return replace(self.given, defs=(self.begin(root, rest), *others, *made))

    def begin(self, root: Def, rest: str) -> Def:
        """What is called from outside, and by nobody else: the log, the products, and the def as it was."""
        names = Names((*self.globals, *self.params[root.name], *(p.name for p in root.params)))
        results = tuple(Var(names.fresh("result"), type) for type in root.results)
        lets = [Let((), Call(_name(root), self.arguments(root, root.params)))]
        lets += [Let((), _op(MULTIPLY, group, matrices)) for group, matrices in enumerate(self.groups)]
        lets.append(Let(results, Call(rest, root.params)))
        return replace(root, body=Block(tuple(lets), results))

    def start(self, definition: Def) -> frozenset[str]:
        """The early names at the beginning of a def."""
        return frozenset(self.params[definition.name] | self.globals)

    def arguments(self, definition: Def, args: Iterable[Var]) -> tuple[Var, ...]:
        early = self.params[definition.name]
        return tuple(arg for arg, p in zip(args, definition.params, strict=True) if p.name in early)

    # Which parameters of defs are early.

    def _settle_params(self) -> None:
        while True:
            before = {name: set(early) for name, early in self.params.items()}
            for definition in self.given.defs:
                self._look(definition.body, self.start(definition))
            if before == self.params:
                return

    def _look(self, block: Block, known: frozenset[str]) -> None:
        for let in block.lets:
            expr = let.expr
            if isinstance(expr, Call):
                target = self.defs[expr.function]
                for param, arg in zip(target.params, expr.args, strict=True):
                    if arg.name not in known:
                        self.params[target.name].discard(param.name)
            elif isinstance(expr, Loop):
                inside = known | self.carried(expr, known)
                self._look(expr.test, inside)
                self._look(expr.body, inside)
            else:
                for inner in blocks(expr):
                    self._look(inner, known)
            known |= self.bound(let, known)

    def bound(self, let: Let, known: frozenset[str]) -> frozenset[str]:
        """The names of this let that are early."""
        if self.is_early(let.expr, known):
            return frozenset(var.name for var in let.vars)
        if isinstance(let.expr, Loop):
            carried = self.carried(let.expr, known)
            pairs = zip(let.vars, let.expr.vars, strict=True)
            return frozenset(var.name for var, inner in pairs if inner.name in carried)
        return frozenset()

    def is_early(self, expr: Expr, known: frozenset[str]) -> bool:
        if not all(var.name in known for var in operands(expr)):
            return False
        if isinstance(expr, Lit | Field):
            return True
        if not isinstance(expr, Op) or expr.name in OPERATIONS:
            return False
        if expr.name in ("idx", "len", "isnull"):
            return True
        return TABLE[expr.name].elementwise and all(isinstance(arg.type, Scalar) for arg in expr.args)

    def carried(self, loop: Loop, known: frozenset[str]) -> frozenset[str]:
        """The variables of a loop that are early in every round."""
        found = frozenset(
            var.name
            for var, init in zip(loop.vars, loop.inits, strict=True)
            if init.name in known and isinstance(var.type, Scalar | Ptr)
        )
        while True:
            inside = known | found
            for let in loop.body.lets:
                inside |= self.bound(let, inside)
            pairs = zip(loop.vars, loop.body.results, strict=True)
            still = frozenset(var.name for var, result in pairs if var.name in found and result.name in inside)
            if still == found:
                return found
            found = still

    # The copy.

    def copy(self, definition: Def) -> Def:
        params = tuple(p for p in definition.params if p.name in self.params[definition.name])
        made = self.slice(definition.body, self.start(definition))
        return Def(_name(definition), params, (), Block(_needed(made, ()), ()), definition.path)

    def slice(self, block: Block, known: frozenset[str]) -> list[Let]:
        found: list[Let] = []
        for let in block.lets:
            expr = let.expr
            checks = _is(expr, "check") and all(var.name in known for var in operands(expr))
            if checks or self.is_early(expr, known):
                found.append(let)
            elif isinstance(expr, Op) and expr.name == TAKE:
                group = expr.attr("group")
                assert isinstance(group, int)
                found.append(Let((), _op(LOG, group, expr.args[-1:]), let.line))
            elif self.matters(expr):
                found.append(self.mattering(let, known))
            known |= self.bound(let, known)
        return found

    def matters(self, expr: Expr) -> bool:
        if isinstance(expr, Call):
            return expr.function in self.relevant
        return any(_is(let.expr, TAKE) or self.matters(let.expr) for inner in blocks(expr) for let in inner.lets)

    def mattering(self, let: Let, known: frozenset[str]) -> Let:
        expr = let.expr
        if isinstance(expr, Call):
            target = self.defs[expr.function]
            return Let((), Call(_name(target), self.arguments(target, expr.args)), let.line)
        if isinstance(expr, If):
            if expr.condition.name not in known:
                raise _Late
            sides = [Block(_needed(self.slice(side, known), ()), ()) for side in (expr.then, expr.orelse)]
            return Let((), If(expr.condition, sides[0], sides[1]), let.line)
        if not isinstance(expr, Loop):
            raise _Late
        carried = self.carried(expr, known)
        inside = known | carried
        test = self.slice(expr.test, inside)
        bound = {var.name for made in test for var in made.vars}
        if expr.test.results[0].name not in bound | inside:
            raise _Late
        chosen = [k for k, var in enumerate(expr.vars) if var.name in carried]
        results = tuple(expr.body.results[k] for k in chosen)
        body = Block(_needed(self.slice(expr.body, inside), results), results)
        loop = Loop(
            tuple(expr.vars[k] for k in chosen),
            tuple(expr.inits[k] for k in chosen),
            Block(_needed(test, expr.test.results), expr.test.results),
            body,
        )
        return Let(tuple(let.vars[k] for k in chosen), loop, let.line)


class _Replacing:
    """Products with early vectors become TAKE."""

    def __init__(self, whole: _Early, definition: Def) -> None:
        self.whole = whole
        self.names = names_of(whole.given, definition)

    def block(self, block: Block, known: frozenset[str]) -> Block:
        groups = self.groups(block, known)
        done: list[Let] = []
        taken: dict[str, list[Var]] = {}
        for let in block.lets:
            expr = let.expr
            if isinstance(expr, If):
                let = replace(let, expr=self.inner(expr, known))
            elif isinstance(expr, Loop):
                let = replace(let, expr=self.inner(expr, known | self.whole.carried(expr, known)))
            chosen = [vector for _, vector in self.products(expr) if vector.name in groups]
            for vector in dict.fromkeys(chosen):
                if vector.name not in taken:
                    matrices = groups[vector.name]
                    own = [Var(self.names.fresh("early"), _product(matrix)) for matrix in matrices]
                    taken[vector.name] = list(own)
                    self.whole.groups.append(tuple(matrices))
                    op = _op(TAKE, len(self.whole.groups) - 1, (vector,))
                    done.append(Let(tuple(own), op, let.line))
            done += self.without(let, taken) if chosen else [let]
            known |= self.whole.bound(let, known)
        return Block(tuple(done), block.results)

    def inner(self, expr: If | Loop, known: frozenset[str]) -> If | Loop:
        if isinstance(expr, If):
            return replace(expr, then=self.block(expr.then, known), orelse=self.block(expr.orelse, known))
        return replace(expr, body=self.block(expr.body, known))

    def groups(self, block: Block, known: frozenset[str]) -> dict[str, list[Var]]:
        """By early vector: the matrices that it is multiplied with, one for each product."""
        found: dict[str, list[Var]] = {}
        for let in block.lets:
            for matrix, vector in self.products(let.expr):
                if vector.name in known and vector.name not in self.whole.globals:
                    found.setdefault(vector.name, []).append(matrix)
            known |= self.whole.bound(let, known)
        return {name: matrices for name, matrices in found.items() if sum(map(_bytes, matrices)) >= FEWEST_BYTES}

    def products(self, expr: Expr) -> list[tuple[Var, Var]]:
        """The products of weights in an operation. But for a sum, all of its products must be such."""
        found = pairs(expr)
        own = [pair for pair in found if pair[0].name in self.whole.globals]
        return own if own == found or _is(expr, "product_sum") else []

    def without(self, let: Let, taken: dict[str, list[Var]]) -> list[Let]:
        """A let whose early products have been taken."""
        op = let.expr
        assert isinstance(op, Op)
        early: list[Var] = []
        rest: list[Var] = []
        for matrix, vector in pairs(op):
            if vector.name in taken and matrix.name in self.whole.globals:
                early.append(taken[vector.name].pop(0))
            else:
                rest += matrix, vector
        if op.name != "product_sum":
            return [Let((var,), Op("reshape", (value,), (("shape", _shape(var.type)),)), let.line)
                    for var, value in zip(let.vars, early, strict=True)]  # fmt: skip
        (result,) = let.vars
        addends = list(early)
        done: list[Let] = []
        if rest:
            left = Var(self.names.fresh("rest"), result.type)
            done.append(Let((left,), Op("matmul" if len(rest) == 2 else "product_sum", tuple(rest)), let.line))
            addends.append(left)
        total = addends[0]
        for k, addend in enumerate(addends[1:], 2):
            following = result if k == len(addends) else Var(self.names.fresh("sum"), result.type)
            done.append(Let((following,), Op("+", (total, addend)), let.line))
            total = following
        return done


def pairs(expr: Expr) -> list[tuple[Var, Var]]:
    """The matrices and vectors of an operation that multiplies some, if it is of that kind."""
    if not isinstance(expr, Op) or expr.attrs:
        return []
    if expr.name == "products":
        found = [(matrix, expr.args[-1]) for matrix in expr.args[:-1]]
    elif expr.name in ("matmul", "product_sum"):
        found = list(zip(expr.args[::2], expr.args[1::2], strict=True))
    else:
        return []
    return found if all(_is_product(matrix, x) for matrix, x in found) else []


def _is_product(matrix: Var, x: Var) -> bool:
    return len(_shape(matrix.type)) == 2 and len(_shape(x.type)) == 1 and _dtype(x) in FLOATS


def _needed(given: list[Let], results: tuple[Var, ...]) -> tuple[Let, ...]:
    """Without what nobody reads."""
    needed = {var.name for var in results}
    found: list[Let] = []
    for let in reversed(given):
        expr = let.expr
        effect = isinstance(expr, If | Loop | Call) or _is(expr, LOG) or _is(expr, "check")
        if effect or any(var.name in needed for var in let.vars):
            found.append(let)
            needed.update(var.name for var in operands(expr))
            needed.update(_read(expr))
    return tuple(reversed(found))


def _read(expr: Expr) -> set[str]:
    """What the blocks of an expression read."""
    found: set[str] = set()
    for inner in blocks(expr):
        found.update(var.name for var in inner.results)
        for let in lets(inner):
            found.update(var.name for var in operands(let.expr))
            found.update(var.name for block in blocks(let.expr) for var in block.results)
    return found


def _op(name: str, group: int, args: Iterable[Var]) -> Op:
    return Op(name, tuple(args), (("group", group),))


def _is(expr: Expr, name: str) -> bool:
    return isinstance(expr, Op) and expr.name == name


def _calls(block: Block) -> set[str]:
    return {let.expr.function for let in lets(block) if isinstance(let.expr, Call)}


def _renamed(block: Block, name: str, other: str) -> Block:
    """Calls of one def become calls of another."""
    done = []
    for let in block.lets:
        expr = with_blocks(let.expr, lambda inner: _renamed(inner, name, other))
        if isinstance(expr, Call) and expr.function == name:
            expr = replace(expr, function=other)
        done.append(replace(let, expr=expr))
    return Block(tuple(done), block.results)


def _name(definition: Def) -> str:
    return f"{definition.name}.early"


def _shape(type: Type) -> tuple[int, ...]:
    return type.shape if isinstance(type, Tensor) else ()


def _dtype(var: Var) -> str:
    return var.type.dtype if isinstance(var.type, Scalar | Tensor) else ""


def _bytes(matrix: Var) -> int:
    rows, columns = _shape(matrix.type)
    return rows * columns * SIZES[_dtype(matrix)]


def _product(matrix: Var) -> Tensor:
    assert isinstance(matrix.type, Tensor)
    return Tensor(matrix.type.dtype, matrix.type.shape[:1])
