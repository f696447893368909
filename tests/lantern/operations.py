"""For each operation, operands (and attributes) that show what it does: for its meaning and its derivative."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograph_hook.backends.lantern.build import Builder, Names
from autograph_hook.backends.lantern.ir import F64, I64, Def, List, Op, Program, Scalar, Tensor, Type, Var
from autograph_hook.backends.lantern.ops import result_types

R = np.random.default_rng(3)


def r(*shape: int) -> Any:
    return R.normal(size=shape) if shape else float(R.normal())


def p(*shape: int) -> Any:
    """Positive."""
    return R.uniform(0.5, 2.0, size=shape) if shape else float(R.uniform(0.5, 2.0))


B = np.array([True, False, True, False])

BINARY = [(r(4), r(4)), (r(3, 4), r(4)), (r(3, 1), r(1, 4)), (r(), r(4)), (r(3, 4), r()), (r(), r()), (r(1), r(2, 1))]
POSITIVE = [tuple(np.abs(v) + 0.5 if isinstance(v, np.ndarray) else abs(v) + 0.5 for v in pair) for pair in BINARY]
UNARY = [(r(5),), (r(2, 3),), (r(),)]
ABOVE = [(p(5),), (p(2, 3),), (p(),)]

CASES: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    *((name, args, {}) for name in ("+", "-", "*", "maximum", "minimum") for args in BINARY),
    *((name, args, {}) for name in ("/", "**", "//", "%") for args in POSITIVE),
    *((name, args, {}) for name in ("neg", "abs", "exp", "tanh", "sigmoid", "relu") for args in UNARY),
    *((name, args, {}) for name in ("log", "sqrt") for args in ABOVE),
    ("where", (B, r(4), r(4)), {}),
    ("where", (B, r(3, 4), r()), {}),
    ("where", (True, r(), r(4)), {}),
    ("clip", (r(6), -0.3, 0.4), {}),
    ("clip", (r(2, 3), np.full((2, 3), -0.3), 0.4), {}),
    ("cast", (r(3),), {"dtype": Scalar("f64")}),
    *((name, (r(3, 4),), axis) for name in ("sum", "mean", "max", "min") for axis in ({}, {"axis": 0}, {"axis": 1})),
    *((name, (r(5),), {}) for name in ("sum", "mean", "max", "min")),
    ("dot", (r(4), r(4)), {}),
    ("outer", (r(3), r(4)), {}),
    ("matmul", (r(3, 4), r(4)), {}),
    ("matmul", (r(4, 3), r(4)), {"ta": True}),
    ("matmul", (r(3), r(3, 4)), {}),
    ("matmul", (r(3), r(4, 3)), {"tb": True}),
    ("matmul", (r(4), r(4)), {}),
    ("matmul", (r(2, 3), r(3, 4)), {}),
    ("matmul", (r(3, 2), r(3, 4)), {"ta": True}),
    ("matmul", (r(2, 3), r(4, 3)), {"tb": True}),
    ("matmul", (r(3, 2), r(4, 3)), {"ta": True, "tb": True}),
    ("product_sum", (r(3, 4), r(4), r(3, 2), r(2)), {}),
    ("product_sum", (r(4, 3), r(4), r(2, 3), r(2)), {"ta": True}),
    *((name, args, {}) for name in ("softmax", "log_softmax") for args in ((r(5),), (r(2, 3),))),
    ("cross_entropy", (r(5), 2), {}),
    ("cross_entropy", (r(5), -1), {}),
    ("cross_entropy", (r(3, 4), np.array([1, 0, 3])), {}),
    ("cross_entropy_back", (r(), r(5), 2), {}),
    ("cross_entropy_back", (r(3), r(3, 4), np.array([1, 0, 3])), {}),
    ("concatenate", (r(2, 3), r(4, 3)), {"axis": 0}),
    ("concatenate", (r(2, 3), r(2, 1), r(2, 2)), {"axis": 1}),
    ("stack", (r(3), r(3)), {"axis": 0}),
    ("stack", (r(3), r(3)), {"axis": 1}),
    ("stack", (r(), r(), r()), {}),
    ("reshape", (r(2, 3),), {"shape": (3, 2)}),
    ("reshape", (r(1),), {"shape": ()}),
    ("reshape", (r(),), {"shape": (1, 1)}),
    ("transpose", (r(2, 3),), {"axes": (1, 0)}),
    ("transpose", (r(2, 3, 4),), {"axes": (1, 2, 0)}),
    ("broadcast", (r(),), {"shape": (2, 3)}),
    ("broadcast", (r(3),), {"shape": (2, 3)}),
    ("broadcast", (r(2, 1),), {"shape": (2, 3)}),
    ("slice", (r(6),), {"start": (1,), "size": (3,), "step": (2,)}),
    ("slice", (r(4, 5),), {"start": (3, 0), "size": (4, 2), "step": (-1, 3)}),
    ("slice", (r(4),), {"start": (2,), "size": (1,), "step": (1,)}),
    ("place", (r(3),), {"shape": (7,), "start": (1,), "size": (3,), "step": (2,)}),
    ("idx", (r(5), 3), {}),
    ("idx", (r(5), -2), {}),
    ("idx", (r(3, 4), 1), {}),
    ("idx", (r(3, 4), 1, 2), {}),
    ("update", (r(5), r(), 3), {}),
    ("update", (r(3, 4), r(4), -1), {}),
    ("update", ([r(), r(), r()], r(), 1), {}),
    ("add_at", (r(3, 4), r(4), 1), {}),
    ("add_at", (r(3, 4), r(), 1, 2), {}),
    ("add_at", ([r(2), r(2)], r(2), -1), {}),
    ("idx", ([r(2), r(2)], 1), {}),
    ("list", (r(2), r(2)), {"of": Tensor("f64", (2,))}),
    ("fill", (3, r(2)), {}),
    ("append", ([r(), r()], r()), {}),
    ("append", ([[r()], [r(), r()]], [r()]), {}),
    ("extend", ([r(2)], [r(2), r(2)]), {}),
    ("sublist", ([r(), r(), r(), r()], 1, 3), {}),
    ("sublist", ([r(), r(), r(), r()], -3, 9), {}),
]


def type_of(value: Any) -> Type:
    if isinstance(value, list):
        return List(type_of(value[0]))
    dtype = {"b": "bool", "i": "i64", "f": "f64"}[np.asarray(value).dtype.kind]
    return Tensor(dtype, value.shape) if isinstance(value, np.ndarray) else Scalar(dtype)  # type: ignore[arg-type]


def plain_program(name: str, args: tuple[Any, ...], attrs: dict[str, Any]) -> Program:
    """`result` is the operation."""
    params = tuple(Var(f"a{k}", type_of(v)) for k, v in enumerate(args))
    op = Op(name, params, tuple(sorted(attrs.items())))
    b = Builder(Names(v.name for v in params))
    results = b.bind(op, result_types(op), "y")
    return Program((), (), (), (Def("result", params, tuple(v.type for v in results), b.block(*results)),))


def program_of(name: str, args: tuple[Any, ...], attrs: dict[str, Any]) -> Program:
    """`result` is the operation; `loss` a number that depends on every element of its result in its own way."""
    program = plain_program(name, args, attrs)
    params = program.defs[0].params
    op = Op(name, params, tuple(sorted(attrs.items())))
    b = Builder(Names(v.name for v in params))
    losses = [weigh(b, y, 0) for y in b.bind(op, result_types(op), "y")]
    total = losses[0]
    for loss in losses[1:]:
        total = b.op("+", total, loss)
    return Program((), (), (), (*program.defs, Def("loss", params, (F64,), b.block(total))))


def weigh(b: Builder, y: Var, depth: int) -> Var:
    match y.type:
        case Scalar():
            return b.op("*", y, b.op("tanh", y))
        case Tensor(shape=shape):
            count = int(np.prod(shape))
            flat = b.op("reshape", y, shape=(count,))
            factors = b.op("stack", *(b.lit(0.5 + 0.3 * k + 0.1 * depth, F64) for k in range(count)))
            return b.op("sum", b.op("*", flat, factors))
        case _:
            first, last = (b.op("idx", y, b.lit(k, I64)) for k in (0, -1))
            return b.op("+", weigh(b, first, depth + 1), weigh(b, last, depth + 2))
