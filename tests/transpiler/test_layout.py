"""What is kept of a module: nothing that loading would throw away, and every gate finds its place again."""

from __future__ import annotations

import marshal
import types
from collections.abc import Iterator
from typing import Any

import pytest

from autograph_hook.runtime.attach import attach
from autograph_hook.runtime.gate import Gate
from autograph_hook.settings import ModuleOptions
from autograph_hook.transpiler import transform
from autograph_hook.transpiler.gates import is_placeholder
from autograph_hook.transpiler.layout import unpacked

NESTED = """
def f(x, k=lambda a: a + 1):
    return x

class A:
    def m(self, x):
        def inner(y):
            return (lambda z: z + y + x)(y)
        return inner(x)
    class B:
        def m(self): return [self for n in range(3) if n > 1]

def generator(x):
    def inside(y): return y
    while x:
        yield inside(x)

for i in range(3):
    f(i)
while i:
    i = min(i - 1, 0)
"""
MANY = "\n".join(f"def f{n}(x):\n    return x + {n}\n" for n in range(300))
CONSTANTS = "\n".join(f"x{n} = {n + 1000}" for n in range(300)) + "\ndef last(x):\n    return x\n"


def codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from codes(constant)


def kept(source: str) -> tuple[Any, ...]:
    payload: tuple[Any, ...] = marshal.loads(marshal.dumps(transform(source.encode(), "x.py").payload()))
    return payload


@pytest.mark.parametrize("source", [NESTED, MANY, CONSTANTS], ids=["nested", "many functions", "many constants"])
def test_each_gate_is_put_where_its_placeholder_was(source: str) -> None:
    before = transform(source.encode(), "x.py")
    code = attach(kept(source), "x", "x.py", ModuleOptions())
    numbers = []
    for old, new in zip(codes(before.code), codes(code), strict=True):
        placeholders = [(i, c[1]) for i, c in enumerate(old.co_consts) if is_placeholder(c)]
        gates = [(i, c.number) for i, c in enumerate(new.co_consts) if isinstance(c, Gate)]
        assert gates == placeholders, new.co_name
        numbers += [number for _, number in gates]
    assert sorted(numbers) == list(range(len(before.functions)))


def test_no_placeholder_is_kept() -> None:
    payload = kept(NESTED)
    assert not [c for code in codes(payload[0]) for c in code.co_consts if is_placeholder(c)]


def test_a_module_without_gates_has_no_layout() -> None:
    assert kept("x = 1\n")[1] is None


def test_the_twins_are_kept_packed_and_whole() -> None:
    twins = transform(NESTED.encode(), "x.py").twins
    packed = kept(NESTED)[4]
    assert unpacked(packed) == twins
    assert len(packed) < len(twins) / 2


def test_damaged_twins_are_not_made_into_code() -> None:
    packed = bytearray(kept(NESTED)[4])
    packed[len(packed) // 2] ^= 0x10
    with pytest.raises(Exception, match="decompress"):
        unpacked(bytes(packed))
