"""Every operation gives natively what the interpreter gives, whatever the dtype and the shape."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from autograph_hook.backends.lantern.interpret import Interpreter
from autograph_hook.backends.lantern.ir import I32, I64, List, Program, Ptr, Record, Scalar, Tensor, Type, Var
from autograph_hook.backends.lantern.llvm import call
from autograph_hook.backends.lantern.llvm.call import Compiled
from autograph_hook.backends.lantern.llvm.host import host
from autograph_hook.backends.lantern.ops import TABLE

from .native import one_op, outcome, random, same

FLOATS, NUMBERS, ALL = ("f32", "f64"), ("f32", "f64", "i32", "i64"), ("f32", "f64", "i32", "i64", "bool")
LARGE = {"f32": ((1, 1), (3, 4), (8, 33), (150, 300), (5, 150), (13, 400)), "f64": ((1, 1), (5, 20), (13, 200))}
Case = tuple[str, list[Type], dict[str, Any]]


def t(dtype: str, *shape: int) -> Any:
    return Tensor(dtype, shape) if shape else Scalar(dtype)  # type: ignore[arg-type]


def cases() -> list[Case]:
    found: list[Case] = []

    def add(name: str, *types: Type, **attrs: Any) -> None:
        found.append((name, list(types), attrs))

    for name in ("+", "-", "*", "//", "%", "maximum", "minimum", "<", "<=", ">", ">=", "==", "!="):
        for d in NUMBERS:
            add(name, t(d), t(d))
            add(name, t(d, 37), t(d, 37))
        add(name, t("f32", 3, 5), t("f32", 5))
        add(name, t("f32", 3, 1), t("f32", 1, 70))
        add(name, t("f64", 4, 3), t("f64"))
        add(name, t("i32"), t("i32", 2, 3, 4))
    for d in FLOATS:
        for shape in ((), (5,), (2, 40)):
            add("/", t(d, *shape), t(d, *shape))
            add("**", t(d, *shape), t(d, *shape))
            for name in ("exp", "log", "tanh", "sqrt", "sigmoid"):
                add(name, t(d, *shape))
            add("mean", t(d, 3, 40), axis=1)
            add("mean", t(d, 7))
    for d in ("i32", "i64"):
        add("**", t(d), t(d))
        add("**", t(d, 6), t(d))
    for name in ("==", "!=", "and", "or"):
        add(name, t("bool"), t("bool"))
        add(name, t("bool", 70), t("bool", 70))
        add(name, t("bool", 3, 4), t("bool", 3, 1))
    add("not", t("bool"))
    add("not", t("bool", 9))
    for d in NUMBERS:
        for shape in ((), (3, 7), (100,)):
            for name in ("neg", "abs", "relu"):
                add(name, t(d, *shape))
            add("clip", t(d, *shape), t(d), t(d))
            add("where", t("bool", *shape), t(d, *shape), t(d))
        add("where", t("bool"), t(d, 5), t(d, 5))
        for name in ("sum", "max", "min", "argmax", "argmin"):
            for shape in ((1,), (5,), (300,), (3, 4, 5)):
                add(name, t(d, *shape))
            for axis in (0, 1, 2):
                add(name, t(d, 3, 4, 35), axis=axis)
            add(name, t(d, 0))
            add(name, t(d, 3, 0), axis=0)
            add(name, t(d, 3, 0), axis=1)
        add("dot", t(d, 5), t(d, 5))
        add("dot", t(d, 300), t(d, 300))
        add("outer", t(d, 5), t(d, 19))
        add("matmul", t(d, 5), t(d, 5, 7))
        for m, k in LARGE.get(d, ((3, 4), (9, 33))):
            add("matmul", t(d, m, k), t(d, k))
            add("matmul", t(d, k, m), t(d, k), ta=True)
            add("matmul", t(d, k), t(d, m, k), tb=True)
            add("products", t(d, m, k), t(d, 2, k), t(d, k))
            add("product_sum", t(d, m, k), t(d, k), t(d, m, k), t(d, k))
            add("product_sum", t(d, k, m), t(d, k), t(d, k, m), t(d, k), ta=True)
        for m, k, n in ((1, 1, 1), (3, 4, 5), (7, 20, 33), (6, 2, 90)) if d in LARGE else ((3, 4, 5),):
            add("matmul", t(d, m, k), t(d, k, n))
            add("matmul", t(d, k, m), t(d, k, n), ta=True)
            add("matmul", t(d, m, k), t(d, n, k), tb=True)
            add("matmul", t(d, k, m), t(d, n, k), ta=True, tb=True)
        add("matmul", t(d, 5), t(d, 5))
        add("matmul", t(d, 3, 0), t(d, 0))
        add("products", t(d, 3, 4), t(d, 2, 4), t(d, 4, 6))
        add("product_sum", t(d, 3, 4), t(d, 4, 6), t(d, 3, 4), t(d, 4, 6))
        add("add_at", t(d, 3, 4), t(d), I64, I32)
        add("add_at", t(d, 3, 40), t(d, 40), I64)
    for a in ALL:
        for b in ALL:
            add("cast", t(a), dtype=Scalar(b))  # type: ignore[arg-type]
            add("cast", t(a, 21), dtype=Scalar(b))  # type: ignore[arg-type]
        add("concatenate", t(a, 2, 3), t(a, 4, 3), axis=0)
        add("concatenate", t(a, 2, 3), t(a, 2, 1), t(a, 2, 40), axis=1)
        add("stack", t(a), t(a), t(a))
        add("stack", t(a, 2, 3), t(a, 2, 3), axis=0)
        add("stack", t(a, 2, 3), t(a, 2, 3), axis=2)
        add("reshape", t(a, 2, 3), shape=(3, 2))
        add("reshape", t(a, 1), shape=())
        add("reshape", t(a), shape=(1, 1))
        add("transpose", t(a, 2, 3, 4), axes=(2, 0, 1))
        add("transpose", t(a, 2, 3), axes=(0, 1))
        add("broadcast", t(a), shape=(3, 20))
        add("broadcast", t(a, 3, 1), shape=(2, 3, 20))
        add("slice", t(a, 6, 5), start=(1, 0), size=(3, 5), step=(1, 1))
        add("slice", t(a, 6, 5), start=(5, 0), size=(3, 2), step=(-2, 3))
        add("slice", t(a, 6), start=(2,), size=(0,), step=(1,))
        add("place", t(a, 2, 2), shape=(6, 5), start=(1, 0), size=(2, 2), step=(3, 4))
        add("idx", t(a, 3, 4), I64, I32)
        add("idx", t(a, 3, 4), I64)
        add("update", t(a, 3, 4), t(a), I64, I32)
        add("update", t(a, 3, 4), t(a, 4), I32)
        for element in (t(a), t(a, 3)):
            for value in (element, List(element)):
                add("list", value, value, of=value)
                add("append", List(value), value)
                add("fill", I64, value)
                add("len", List(value))
                add("idx", List(value), I64)
                add("update", List(value), value, I32)
                add("extend", List(value), List(value))
                add("sublist", List(value), I64, I64)
            if a != "bool":
                add("add_at", List(element), element, I64)
    for d in FLOATS:
        for shape in ((1,), (5,), (40,), (3, 7), (2, 3, 33)):
            add("softmax", t(d, *shape))
            add("log_softmax", t(d, *shape))
        for label in ("i32", "i64"):
            add("cross_entropy", t(d, 5), t(label))
            add("cross_entropy", t(d, 3, 20), t(label, 3))
            add("cross_entropy_back", t(d), t(d, 5), t(label))
            add("cross_entropy_back", t(d, 3), t(d, 3, 20), t(label, 3))
    add("isnull", Ptr("R"))
    return found


CASES = cases()
RECORD = Record("R", (Var("a", I64),))
NAMES = list(dict.fromkeys(name for name, _, _ in CASES))


def value(type: Type, rng: np.random.Generator, name: str, spread: float) -> Any:
    if isinstance(type, Ptr):
        return None
    if isinstance(type, List):
        return [value(type.element, rng, name, spread) for _ in range(3)]
    low = 0.01 if name in ("log", "sqrt") or (name == "**" and getattr(type, "dtype", "") in FLOATS) else -spread
    return random(type, rng, low, spread)


@pytest.mark.parametrize("name", NAMES)
def test_an_operation_gives_natively_what_it_means(name: str) -> None:
    mine = [(types, attrs) for other, types, attrs in CASES if other == name]
    defs = tuple(one_op(k, name, types, **attrs) for k, (types, attrs) in enumerate(mine))
    program = Program((), (), (RECORD,), defs)
    compiled, interpreter = Compiled(program, {}), Interpreter(program, {})
    rough = 200.0 if name in ("matmul", "products", "product_sum", "dot", "sum", "**", "%", "//") else 8.0
    for k, (types, attrs) in enumerate(mine):
        rng = np.random.default_rng(k)
        for spread in (3.0, 1.0, 20.0):
            args = [value(type, rng, name, spread) for type in types]
            native, meant = outcome(compiled.run, f"f{k}", *args), outcome(interpreter.run, f"f{k}", *args)
            told = f"{[str(t) for t in types]} {attrs}\n{args}\nnative {native!r}\nmeant  {meant!r}"
            assert same(native, meant, rough), told


@pytest.mark.parametrize("width", [16, 32, 64])
@pytest.mark.parametrize("name", ["products", "softmax", "tanh", "mean"])
def test_vectors_of_other_machines_give_the_same(name: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = dataclasses.replace(host(), width=width)
    monkeypatch.setattr(call, "host", lambda: machine)
    test_an_operation_gives_natively_what_it_means(name)


def test_every_operation_is_tried() -> None:
    untried = set(TABLE) - {name for name, _, _ in CASES}
    assert untried == {"check", "accumulate", "accumulate_at", "accumulate_outer"}  # in test_programs and test_gradients
