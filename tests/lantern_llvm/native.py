"""Programs run natively and by the interpreter, and compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograph_hook.backends.lantern.build import Builder, Names
from autograph_hook.backends.lantern.interpret import Instance, Interpreter
from autograph_hook.backends.lantern.ir import Attr, Def, Program, Scalar, Tensor, Type, Var
from autograph_hook.backends.lantern.llvm.call import Compiled
from autograph_hook.backends.lantern.verify import check

TOLERANCE = {"f32": 2e-6, "f64": 1e-14}


def outcome(run: Any, *args: Any) -> Any:
    """What a call gives: its results, or the exception's type and text."""
    try:
        return run(*args)
    except Exception as error:
        return error


def same(native: Any, meant: Any, rough: float = 1.0) -> bool:
    """Equal values of equal types; floats to within a few units, times `rough`, of the largest."""
    if isinstance(meant, Exception) or isinstance(native, Exception):
        return type(native) is type(meant)
    if isinstance(meant, (tuple, list)):
        alike = type(native) is type(meant) and len(native) == len(meant)
        return alike and all(same(n, m, rough) for n, m in zip(native, meant, strict=True))
    if isinstance(meant, Instance):
        return native.record == meant.record and same(list(native.fields.values()), list(meant.fields.values()), rough)
    if meant is None or isinstance(meant, (bool, int)):
        return type(native) is type(meant) and native == meant
    if native.dtype != meant.dtype or native.shape != meant.shape:
        return False
    if meant.dtype.kind != "f":
        return bool(np.array_equal(native, meant))
    finite = meant[np.isfinite(meant)] if meant.shape else meant
    size = max(1.0, float(np.max(np.abs(finite), initial=0))) if np.all(np.isfinite(finite)) else 1.0
    name = "f32" if meant.dtype == np.float32 else "f64"
    return bool(np.allclose(native, meant, rtol=TOLERANCE[name] * rough, atol=TOLERANCE[name] * rough * size, equal_nan=True))


def agree(program: Program, name: str, *args: Any, values: Mapping[str, Any] | None = None, rough: float = 1.0) -> Any:
    """Run a def both ways; the results are the same. What it gave natively."""
    check(program)
    native = outcome(Compiled(program, values).run, name, *args)
    meant = outcome(Interpreter(program, values).run, name, *args)
    assert same(native, meant, rough), f"native {native!r}\nmeant  {meant!r}"
    return native


def one_op(number: int, name: str, types: Sequence[Type], **attrs: Attr) -> Def:
    """A def of one operation, of its arguments."""
    params = tuple(Var(f"x{k}", type) for k, type in enumerate(types))
    build = Builder(Names([p.name for p in params]))
    made = build.ops(name, *params, **attrs)
    return Def(f"f{number}", params, tuple(var.type for var in made), build.block(*made))


def random(type: Type, rng: np.random.Generator, low: float = -3, high: float = 3) -> Any:
    """A value of a type."""
    assert isinstance(type, (Scalar, Tensor))
    shape = type.shape if isinstance(type, Tensor) else ()
    drawn: Any = rng.uniform(low, high, shape)
    if type.dtype == "bool":
        drawn = np.asarray(drawn > 0)
    drawn = np.asarray(drawn).astype({"bool": np.bool_, "i32": np.int32, "i64": np.int64, "f32": np.float32, "f64": np.float64}[type.dtype])
    if shape:
        return drawn
    return drawn.item() if type.dtype[0] in "bi" else drawn[()]
