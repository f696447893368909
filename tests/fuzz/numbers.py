"""The dialect of programs for Lantern: numbers, arrays, lists of numbers and trees, with recursion and a loss.

Everything is smooth almost everywhere, and `tanh` keeps it small.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from tests.fuzz.blocks import Blocks, Lines, indented
from tests.fuzz.choices import Choices
from tests.fuzz.grammar import Dialect, Table
from tests.fuzz.programs import Program
from tests.fuzz.writer import Function, Scope

HEAD = '''\
import numpy as np


class Node:
    def __init__(self, value, tag, left=None, right=None):
        self.value, self.tag, self.left, self.right = value, tag, left, right


def V(seed):
    return np.random.default_rng(seed).normal(size=3)


def P(seed):
    random = np.random.default_rng(seed)
    return {"W": random.normal(size=(3, 3)) * 0.5, "w": random.normal(size=3), "unused": random.normal(size=2)}


def T(seed, depth):
    random = np.random.default_rng(seed)

    def made(depth):
        if depth == 0 or random.random() < 0.2:
            return None
        return Node(float(random.normal()), int(random.integers(4)), made(depth - 1), made(depth - 1))

    return made(depth)
'''

PARAMETERS = (("q", "float"), ("x", "vec"), ("xs", "list"), ("t", "opt"), ("n", "int"))
"""Of `f`, after the weights; the functions that call themselves have the first two."""

NAMES: Table = {"float": ("q", "r", "s"), "vec": ("x", "y", "z"), "int": ("n", "k"), "bool": ("ok",), "list": ("xs", "ys"), "opt": ("t",)}

LEAVES: Table = {
    "float": ("0.5", "-1.25", "2.0"),
    "vec": ("p['w']", "np.zeros(3)", "np.ones(3)"),
    "int": ("1", "2", "0"),
    "bool": ("True", "False"),
    "list": ("[0.5]", "[1.5, -0.5]"),
    "opt": ("None",),
}

EXPRESSIONS: Table = {
    "float": (
        "($float + $float)", "($float - $float)", "np.tanh($float * $float)", "np.tanh($float)", "(1 / (1 + np.exp(-$float)))", "(-$float)",
        "np.sum($vec)", "np.mean($vec)", "np.max($vec)", "$vec[$int % 3]", "np.tanh(np.dot($vec, $vec))", "abs($float)", "max($float, $float)",
        "min($float, $float)", "($float if $cond else $float)", "@list[0]", "@list[-1]", "sum(@list)", "($float * 0.5)", "($int * 0.25)",
        "np.sqrt(1.0 + $float ** 2)", "np.log(1.5 + abs($float))", "($float / (1.0 + $float ** 2))", "(@vec @ np.tanh($vec))", "$call_float",
        "$vec.sum()", "np.min($vec * $vec)",
        "(0.25 if @opt is None else @opt.value)", "(np.log(np.sum(np.exp(np.tanh($vec)))) - @vec[0])", "np.maximum($float, 0.1 * $float)",
    ),
    "vec": (
        "($vec + $vec)", "($vec - $vec)", "np.tanh($vec * $vec)", "np.tanh(p['W'] @ $vec)", "np.tanh(p['W'].T @ $vec + p['w'])", "($float * $vec)",
        "(-$vec)", "np.maximum($vec, $vec)", "np.where($vec > $float, $vec, $vec)", "np.stack([$float, $float, $float])", "$vec[::-1]",
        "np.concatenate([$vec[:1], $vec[1:]])", "np.clip($vec, -2.0, 2.0)", "np.tanh(np.outer($vec, $vec) @ $vec)", "np.exp(-abs($vec))",
        "(1 / (1 + np.exp(-$vec)))", "p['W'][$int % 3]", "($vec if $cond else $vec)", "$vec.copy()", "$call_vec",
        "np.sum(np.tanh(np.outer($vec, $vec)), axis=0)", "np.reshape(np.tanh(p['W']), (9,))[3:6]", "np.minimum($vec, $float)", "$vec / (1.0 + $vec ** 2)",
    ),
    "int": ("(($int + $int) % 7)", "($int * 2 % 5)", "($int % 3)", "len(@list)", "($int // 2)", "($int if $cond else $int)", "(-1 if @opt is None else @opt.tag)",
            "min($int, 3)", "abs($int - 2)", "int($bool)", "len($vec)"),
    "bool": ("($float > $float)", "($float < 0.25)", "($int < $int)", "($int == $int)", "(not $bool)", "($bool and $bool)", "($bool or $bool)",
             "(@opt is None)", "(0.0 < @float <= $float)", "(len(@list) > 1)", "(@opt is not None and @opt.value > $float)"),
    "list": ("[$float, $float]", "[v0 * $float for v0 in @list]", "(@list + [$float])", "list(@list)", "[np.tanh(v0) for v0 in $vec]"),
    "opt": ("(None if @opt is None else @opt.left)", "@opt"),
}  # fmt: skip

STATEMENTS: tuple[str, ...] = (
    "!float += $float", "!float *= 0.5", "!vec = $vec * 0.5", "!vec = np.tanh($vec + @vec)", "!int = @int + 1 - @int // 5", "!float -= np.tanh($float)", "=float, =vec = $float, $vec",
    "=list = [$float, @float]", "@ys.append($float)", "!float = @float if $cond else $float", "=vec = p['W'] @ $vec", "=bool = $bool", "=float, =float2 = $float, $float",
)  # fmt: skip

CALLS: Table = {
    "float": ("down(p, @opt, $float, $vec)[0]", "even(p, $int % 6, $float, $vec)", "odd(p, $int % 4, $float, $vec)"),
    "vec": ("down(p, @opt, $float, $vec)[1]",),
}
"""What only `f` calls, so that recursion ends."""

INNER = Dialect(
    names=NAMES,
    leaves=LEAVES,
    expressions=EXPRESSIONS,
    statements=tuple(text for text in STATEMENTS if "@ys" not in text),
    assigned=("float", "float", "vec", "vec", "vec", "int", "list"),
    conditions=("$bool",),
    depth=2,
    arguments={
        "float": ("0.53", "-1.47", "2.11"),
        "vec": ("V(1)", "V(2)", "V(3)"),
        "list": ("[1.03, -0.47]", "[0.26]", "[2.04, 0.51, -1.02, 1.48]"),
        "opt": ("T(1, 3)", "None", "T(2, 4)", "T(3, 1)"),
        "int": ("3", "0", "1", "5"),
    },
    changes=(),
    effects=False,
)

LANTERN = dataclasses.replace(
    INNER, expressions={kind: (*texts, *CALLS.get(kind, ()), *CALLS.get(kind, ())) for kind, texts in EXPRESSIONS.items()}
)

RESULTS = {"float": ("float",), "vec": ("vec",), "down": ("float", "vec"), "f": ("float", "vec", "int", "list")}
"""What functions return, by the name that a scope has for it."""

LOSS = """\
def loss(p, q, x, xs, t, n):
    found = f(p, q, x, xs, t, n)
    return np.tanh(found[0]) + np.sum(np.tanh(found[1]))"""


class NumberPrograms(Blocks):
    surprises = 0

    def program(self) -> Program:
        parts = [self.down(), *self.even_and_odd()]
        self.dialect = LANTERN
        parts += [self.main(), LOSS]
        return Program("\n\n".join(parts), tuple(self.steps()), HEAD)

    def compounds(self, scope: Scope) -> list[Callable[[Scope, int], Lines]]:
        found = [self.branch, self.branch, self.over]
        if scope.loops < 2:
            found += [self.counted, self.over]
        if not scope.level:
            found += [self.function]
        return found

    def statement(self, scope: Scope, depth: int) -> Lines:
        if depth > 0 and self.choices.chance(45):
            return self.choices.pick(self.compounds(scope))(scope, depth - 1)
        options = ["break", "continue"] if scope.loops else []
        if scope.result:
            options.append(self.left(scope))
        if options and self.choices.chance(8):
            return [f"if {self.condition(scope)}:", f"    {self.choices.pick(options)}"]
        return [self.simple(scope)]

    def left(self, scope: Scope) -> str:
        """A `return` of the function."""
        parts = [self.expression(kind, scope) for kind in RESULTS[scope.result]]
        return f"return {', '.join(parts)}"

    def over(self, scope: Scope, depth: int) -> Lines:
        choices, inner = self.choices, scope.inner()
        iterable, kind = choices.pick((("range($int % 6)", "int"), ("@list", "float"), ("$vec", "float"), ("range(3)", "int"), ("range($int % 4)", "int")))
        target = f"i{self.fresh('')}"
        return self.for_each(scope, inner, depth, target, self.fill(iterable, scope), {target: kind})

    def function(self, scope: Scope, depth: int) -> Lines:
        """A closure."""
        name, inner = self.fresh("inner"), scope.inner()
        inner.level, inner.loops, inner.live, inner.own, inner.result = 1, 0, True, set(), self.choices.pick(["float", "vec"])
        inner.bind("a1", "float")
        lines = [*self.block(inner, 0, 2), self.left(inner)]
        scope.functions.append(Function(name, [("a1", "float")], inner.result))
        return [f"def {name}(a1):", *indented(lines)]

    def scope(self, parameters: tuple[tuple[str, str], ...], result: str) -> Scope:
        made = Scope(result=result)
        for name, kind in parameters:
            made.bind(name, kind)
        return made

    def down(self) -> str:
        """A recursion over a tree, both of whose results depend on those below."""
        lines = ["if t is None:", *indented([self.left(self.scope(PARAMETERS[:2], "down"))])]
        scope = self.scope(PARAMETERS[:2], "down")
        if self.choices.chance(50):
            scope.bind("t", "opt")
            lines += self.block(scope, 1, 2)
            scope.unbind("t")
        value, vector = self.expression("float", scope, 1), self.expression("vec", scope, 1)
        lines += [f"r, y = down(p, t.left, {value} + t.value, {vector})", f"s, z = down(p, t.right, r, {vector})"]
        for name, kind in (("r", "float"), ("y", "vec"), ("s", "float"), ("z", "vec")):
            scope.bind(name, kind)
        lines += self.block(scope, 1, 2)
        lines.append(self.left(scope))
        return "\n".join(["def down(p, t, q, x):", *indented(lines)])

    def even_and_odd(self) -> list[str]:
        """Two functions that call each other."""
        parts = []
        for name, other in (("even", "odd"), ("odd", "even")):
            scope = self.scope(PARAMETERS[:2], "float")
            lines = ["if n <= 0:", f"    return {self.expression('float', scope, 1)}", *self.block(scope, 1, 2)]
            value, vector = self.expression("float", scope, 1), self.expression("vec", scope, 1)
            lines.append(f"return np.tanh({other}(p, n - 1, {value}, {vector})) + {self.atom('float', scope)}")
            parts.append("\n".join([f"def {name}(p, n, q, x):", *indented(lines)]))
        return parts

    def main(self) -> str:
        scope = self.scope(PARAMETERS, "f")
        lines = [*self.block(scope, self.dialect.depth, 6), self.left(scope)]
        return "\n".join(["def f(p, q, x, xs, t, n):", *indented(lines)])

    def steps(self) -> list[str]:
        choices, found = self.choices, []
        for _ in range(1 + choices.chance(25)):
            values = [choices.pick(self.dialect.arguments[kind]) for _, kind in PARAMETERS]
            found.append(f"f(P({1 + choices.below(3)}), {', '.join(values)})")
        return found


def make(choices: Choices) -> Program:
    return NumberPrograms(choices, INNER).program()
