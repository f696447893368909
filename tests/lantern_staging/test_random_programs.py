"""Programs of assignments, branches, loops and lists, made at random, give what Python gives."""

from __future__ import annotations

import random

import numpy as np
import pytest

from .staged import module, outcome, plainly, same, staging


class Writer:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def expression(self, depth: int) -> str:
        r = self.random
        if not depth or r.random() < 0.2:
            return r.choice(["x", "y", "s", "1.5", "0.25"])
        a, b = self.expression(depth - 1), self.expression(depth - 1)
        return r.choice([
            f"({a} + {b})", f"({a} - {b})", f"({a} * {b})", f"np.tanh({a})", f"np.maximum({a}, {b})",
            f"np.where(x > 0, {a}, {b})",
        ])  # fmt: skip

    def block(self, depth: int, indent: int) -> list[str]:
        r, p, lines = self.random, "    " * indent, []
        for _ in range(r.randrange(1, 4)):
            k = r.randrange(7) if depth else 0
            if k < 2:
                lines.append(f"{p}{r.choice('xy')} = {self.expression(2)} + x * 0")
            elif k == 2:
                lines.append(f"{p}s = s * 0.5 + np.mean({self.expression(1)} + x * 0)")
            elif k == 3:
                lines += [f"{p}for i{depth} in range(n + {r.randrange(6)}):", *self.block(depth - 1, indent + 1)]
            elif k == 4:
                lines += [f"{p}if s > {r.random():.2f}:", *self.block(depth - 1, indent + 1)]
                lines += [f"{p}else:", *self.block(depth - 1, indent + 1)]
            elif k == 5:
                lines.append(f"{p}out.append({r.choice(['x', 'y', 'x * 1', 'y + 1'])})")
            else:
                lines += [f"{p}if len(out) > {r.randrange(5)}:", f"{p}    x = out[{r.choice('01')} - 1] * 0.5"]
                lines.append(f"{p}    a[n % 3] += s")
        return lines

    def program(self) -> str:
        start = ["s = np.mean(x)", "a = np.zeros(3)", "out = []"]
        rest = ["for q in range(9):", "    s = s * 0.9", "return x, y, s, a, out"]
        return "\n".join(["def f(x, y, n):", *["    " + t for t in start], *self.block(3, 1), *["    " + t for t in rest]])


@pytest.mark.parametrize("seed", range(12))
def test_a_random_program_gives_what_python_gives(seed: int) -> None:
    source = Writer(seed).program()
    ours, theirs = module(source), plainly(source)
    x, y = np.array([0.3, -0.7, 1.1]), np.array([-0.2, 0.5, 0.9])
    for n in (1, 1, 0, 2):
        found, wanted = outcome(ours.f, x, y, n), outcome(theirs.f, x, y, n)
        assert same(found, wanted), source
    assert list(x) == [0.3, -0.7, 1.1]


def test_most_random_programs_are_staged() -> None:
    staged = 0
    for seed in range(100, 110):
        ours = module(Writer(seed).program())
        for _ in range(3):
            ours.f(np.array([0.3, -0.7, 1.1]), np.array([-0.2, 0.5, 0.9]), 1)
        staged += bool(staging(ours.f).calls_staged)
    assert staged >= 7
