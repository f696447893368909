"""Programs made by hypothesis: well-typed, with every construct, smooth almost everywhere, and never failing.

`main` takes a number, a vector, a list that is not empty, a chain of records and a count; `helper.0` and `helper.1`
call each other, with less fuel each time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from autograph_hook.backends.lantern.build import Builder, Names
from autograph_hook.backends.lantern.interpret import Instance
from autograph_hook.backends.lantern.ir import (
    F64,
    I64,
    Block,
    Def,
    List,
    Loop,
    Program,
    Ptr,
    Record,
    Tensor,
    Type,
    Var,
)

VEC = Tensor("f64", (3,))
MAT = Tensor("f64", (3, 3))
LIST = List(F64)
CHAIN = Ptr("Chain")
RECORD = Record("Chain", (Var("value", F64), Var("vec", VEC), Var("tag", I64), Var("next", CHAIN)))
WEIGHTS = (Var("W", MAT), Var("w", VEC), Var("s", F64))
MAIN = (Var("x", F64), Var("v", VEC), Var("xs", LIST), Var("p", CHAIN), Var("n", I64))
HELPER = (Var("fuel", I64), Var("a", F64), Var("b", VEC), Var("q", CHAIN))
HELPER_RESULTS = (F64, VEC)

VECTORS = ["+", "*", "scale", "tanh", "matmul", "softmax", "update", "stack", "where", "parts", "products", "outer"]

Draw = Callable[[st.SearchStrategy[Any]], Any]


class Maker:
    """Makes blocks. `seen` are the names that may be read, newest last."""

    def __init__(self, draw: Draw, b: Builder, seen: list[Var], fuel: Var | None, depth: int) -> None:
        self.draw = draw
        self.b = b
        self.seen = seen
        self.fuel = fuel
        self.depth = depth

    def inner(self, *more: Var) -> Maker:
        return Maker(self.draw, self.b.inner(), [*self.seen, *more], self.fuel, self.depth + 1)

    def pick(self, type: Type) -> Var:
        return self.draw(st.sampled_from([v for v in self.seen if v.type == type][::-1]))

    def keep(self, *vars: Var) -> None:
        self.seen.extend(vars)

    def steps(self, count: int) -> None:
        makers = [self.number, self.number, self.vector, self.vector, self.lists, self.chain]
        if self.depth < 3:
            makers += [self.branch, self.loop]
        if self.fuel is not None:
            makers += [self.call]
        for _ in range(count):
            self.draw(st.sampled_from(makers))()

    def number(self) -> None:
        b, name = (
            self.b,
            self.draw(st.sampled_from(["+", "-", "*", "tanh", "sigmoid", "dot", "sum", "idx", "max", "lit"])),
        )
        match name:
            case "+" | "-" | "*":
                var = b.op(name, self.pick(F64), self.pick(F64))
            case "tanh" | "sigmoid":
                var = b.op(name, self.pick(F64))
            case "dot":
                var = b.op("tanh", b.op("dot", self.pick(VEC), self.pick(VEC)))
            case "sum":
                var = b.op(self.draw(st.sampled_from(["sum", "mean"])), self.pick(VEC))
            case "max":
                var = b.op(self.draw(st.sampled_from(["max", "min"])), self.pick(VEC))
            case "idx":
                var = b.op("idx", self.pick(VEC), b.lit(self.draw(st.integers(-3, 2)), I64))
            case _:
                var = b.lit(self.draw(st.sampled_from([0.5, -1.25, 2.0])), F64)
        self.keep(var)

    def vector(self) -> None:
        b, name = (
            self.b,
            self.draw(st.sampled_from(VECTORS)),
        )
        match name:
            case "+" | "*":
                var = b.op(name, self.pick(VEC), self.pick(VEC))
            case "scale":
                var = b.op("*", self.pick(F64), self.pick(VEC))
            case "tanh" | "softmax":
                var = b.op(name, self.pick(VEC))
            case "matmul":
                var = b.op("tanh", b.op("matmul", self.pick(MAT), self.pick(VEC), ta=self.draw(st.booleans())))
            case "update":
                name = self.draw(st.sampled_from(["update", "add_at"]))
                var = b.op(name, self.pick(VEC), self.pick(F64), b.lit(self.draw(st.integers(-3, 2)), I64))
            case "stack":
                var = b.op("stack", *(self.pick(F64) for _ in range(3)))
            case "parts":
                first = b.op("slice", self.pick(VEC), start=(0,), size=(2,), step=(1,))
                last = b.op("slice", self.pick(VEC), start=(2,), size=(1,), step=(-1,))
                var = b.op("concatenate", first, last, axis=0)
            case "products":
                ta, v = self.draw(st.booleans()), self.pick(VEC)
                terms = [b.op("matmul", self.pick(MAT), x, ta=ta) for x in (v, v, self.pick(VEC))]
                var = b.op("tanh", b.op("+", b.op("+", b.op("+", terms[0], self.pick(VEC)), terms[1]), terms[2]))
            case "outer":
                small = b.op("tanh", b.op("outer", self.pick(VEC), self.pick(VEC)))
                self.keep(small)
                var = b.op("sum", small, axis=self.draw(st.integers(0, 1)))
            case _:
                test = b.op(">", self.pick(VEC), self.pick(VEC))
                var = b.op("where", test, self.pick(VEC), self.pick(VEC))
        self.keep(var)

    def lists(self) -> None:
        """All lists have an element at least."""
        b, name = self.b, self.draw(st.sampled_from(["append", "idx", "extend", "update", "sublist", "list", "fill"]))
        match name:
            case "append":
                var = b.op("append", self.pick(LIST), self.pick(F64))
            case "idx":
                var = b.op("idx", self.pick(LIST), b.lit(self.draw(st.sampled_from([0, -1])), I64))
            case "extend":
                var = b.op("extend", self.pick(LIST), self.pick(LIST))
            case "update":
                name = self.draw(st.sampled_from(["update", "add_at"]))
                var = b.op(name, self.pick(LIST), self.pick(F64), b.lit(-1, I64))
            case "sublist":
                var = b.op("sublist", self.pick(LIST), b.lit(-2, I64), b.op("len", self.pick(LIST)))
                var = b.op("append", var, self.pick(F64))
            case "list":
                var = b.op("list", self.pick(F64), self.pick(F64), of=F64)
            case _:
                var = b.op("fill", b.lit(2, I64), self.pick(F64))
        self.keep(var)

    def chain(self) -> None:
        b, p = self.b, self.pick(CHAIN)
        if self.draw(st.booleans()):
            tag = b.lit(self.draw(st.integers(0, 3)), I64)
            self.keep(b.make("Chain", self.pick(F64), self.pick(VEC), tag, p))
            return
        value, vec, _, following = RECORD.fields
        then, orelse = self.b.inner(), self.b.inner()
        none = then.block(self.pick(F64), self.pick(VEC), p)
        some = orelse.block(*(orelse.field(p, f) for f in (value, vec, following)))
        self.keep(*b.branch(b.op("isnull", p), none, some))

    def condition(self) -> Var:
        if self.draw(st.booleans()):
            return self.b.op("<", self.pick(F64), self.pick(F64))
        return self.b.op("<", self.pick(I64), self.b.lit(self.draw(st.integers(0, 3)), I64))

    def branch(self) -> None:
        types = self.draw(st.lists(st.sampled_from([F64, VEC, LIST, CHAIN]), min_size=1, max_size=3))
        condition = self.condition()
        blocks = []
        for _ in range(2):
            side = self.inner()
            side.steps(self.draw(st.integers(0, 3)))
            blocks.append(side.b.block(*(side.pick(t) for t in types)))
        self.keep(*self.b.branch(condition, *blocks))

    def loop(self) -> None:
        types = self.draw(st.lists(st.sampled_from([F64, VEC, LIST, CHAIN]), min_size=1, max_size=3))
        b = self.b
        limit, start = b.lit(self.draw(st.integers(0, 3)), I64), b.lit(0, I64)
        vars = (b.var(I64, "i"), *(b.var(t, "state") for t in types))
        inits = (start, *(self.pick(t) for t in types))
        test, body = b.inner(), self.inner(*vars)
        tested = test.block(test.op("<", vars[0], limit))
        after = body.b.op("+", vars[0], body.b.lit(1, I64))
        body.steps(self.draw(st.integers(1, 4)))
        results = tuple(body.b.op("tanh", body.pick(t)) if t in (F64, VEC) else body.pick(t) for t in types)
        self.keep(*b.bind(Loop(vars, inits, tested, body.b.block(after, *results)), [v.type for v in vars], "out"))

    def call(self) -> None:
        assert self.fuel is not None
        less = self.b.op("-", self.fuel, self.b.lit(1, I64))
        name = self.draw(st.sampled_from(["helper.0", "helper.1"]))
        args = (less, self.pick(F64), self.pick(VEC), self.pick(CHAIN))
        self.keep(*self.b.call(name, HELPER_RESULTS, *args))


def helper(draw: Draw, name: str) -> Def:
    b = Builder(Names(v.name for v in (*WEIGHTS, *HELPER)))
    fuel, a, vec, _ = HELPER
    empty = b.op("<=", fuel, b.lit(0, I64))
    maker = Maker(draw, b.inner(), [*WEIGHTS, *HELPER], fuel, 2)
    maker.keep(maker.b.op("list", a, of=F64))
    maker.steps(draw(st.integers(1, 4)))
    number, vector = maker.b.op("tanh", maker.pick(F64)), maker.b.op("tanh", maker.pick(VEC))
    results = b.branch(empty, Block((), (a, vec)), maker.b.block(number, vector))
    return Def(name, HELPER, HELPER_RESULTS, b.block(*results), "made.py")


@st.composite
def programs(draw: Draw) -> Program:
    b = Builder(Names(v.name for v in (*WEIGHTS, *MAIN)))
    fuel = b.lit(draw(st.integers(0, 2)), I64)
    maker = Maker(draw, b, [*WEIGHTS, *MAIN], fuel, 0)
    maker.steps(draw(st.integers(2, 9)))
    parts = [b.op("tanh", maker.seen[k]) for k, v in enumerate(maker.seen) if v.type == F64][-3:]
    parts += [b.op("sum", b.op("tanh", v)) for v in maker.seen if v.type == VEC][-3:]
    parts += [b.op("tanh", b.op("idx", v, b.lit(-1, I64))) for v in maker.seen if v.type == LIST][-2:]
    total = parts[0]
    for part in parts[1:]:
        total = b.op("+", total, part)
    main = Def("main", MAIN, (F64,), b.block(total), "made.py")
    return Program(WEIGHTS, (), (RECORD,), (main, helper(draw, "helper.0"), helper(draw, "helper.1")))


def link(random: np.random.Generator, length: int) -> Instance | None:
    if not length:
        return None
    value, vec = float(random.normal()), random.normal(size=3)
    return Instance("Chain", value=value, vec=vec, tag=length, next=link(random, length - 1))


def values(seed: int) -> tuple[list[Any], dict[str, Any]]:
    """Arguments of `main`, and the weights."""
    random = np.random.default_rng(seed)
    xs = [float(x) for x in random.normal(size=1 + seed % 3)]
    args = [float(random.normal()), random.normal(size=3), xs, link(random, seed % 4), seed % 3]
    return args, {"W": random.normal(size=(3, 3)) * 0.5, "w": random.normal(size=3), "s": float(random.normal())}
