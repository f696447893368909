"""exp, log, tanh and sigmoid are accurate to 2 units in the last place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograph_hook.backends.lantern.ir import Program, Tensor
from autograph_hook.backends.lantern.llvm.call import Compiled

from .native import one_op

COUNT = 1 << 14
DTYPES: dict[str, Any] = {"f32": np.float32, "f64": np.float64}
NAMES = ("exp", "log", "tanh", "sigmoid")


def sigmoid(x: Any) -> Any:
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1) / (1 + e)


MEANT: dict[str, Callable[[Any], Any]] = {"exp": np.exp, "log": np.log, "tanh": np.tanh, "sigmoid": sigmoid}


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    ops = [(name, d) for name in NAMES for d in DTYPES]
    defs = [one_op(k, name, [Tensor(d, (COUNT,))]) for k, (name, d) in enumerate(ops)]  # type: ignore[arg-type]
    return Compiled(Program((), (), (), tuple(defs)), {})


def samples(dtype: str) -> Any:
    """Numbers of all sizes, and of those where the functions are neither constant nor infinite."""
    rng = np.random.default_rng(0)
    reach = 104.0 if dtype == "f32" else 745.0
    bits: Any = rng.integers(-(2**31), 2**31, COUNT).astype(np.int32).view(np.float32)
    if dtype == "f64":
        bits = rng.integers(-(2**63), 2**63 - 1, COUNT, dtype=np.int64).view(np.float64)
    kinds = [
        rng.uniform(-reach, reach, COUNT),
        rng.normal(size=COUNT),
        rng.normal(size=COUNT) * 10.0 ** rng.uniform(-30, 2, COUNT),
        1 + rng.normal(size=COUNT) * 0.01,
        np.linspace(0.3, 1.1, COUNT),
        np.linspace(-0.7, 0.7, COUNT),
    ]
    with np.errstate(all="ignore"):
        return [np.nan_to_num(bits, posinf=1, neginf=1), *(k.astype(DTYPES[dtype]) for k in kinds)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_a_function_is_accurate(compiled: Compiled, name: str, dtype: str) -> None:
    number = NAMES.index(name) * 2 + list(DTYPES).index(dtype)
    for given in samples(dtype):
        x = np.abs(given) if name == "log" else given
        (native,) = compiled.run(f"f{number}", x)
        with np.errstate(all="ignore"):
            exact = MEANT[name](x.astype(np.longdouble))
            rounded = exact.astype(DTYPES[dtype])
        finite = np.isfinite(rounded)
        assert np.array_equal(native[~finite], rounded[~finite])
        unit = np.spacing(np.abs(rounded[finite])).astype(np.longdouble)
        assert np.max(np.abs(native[finite] - exact[finite]) / unit) <= 2


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_number_and_what_is_infinite(compiled: Compiled, name: str, dtype: str) -> None:
    number = NAMES.index(name) * 2 + list(DTYPES).index(dtype)
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, -1.0, 1.0]
    x = np.resize(np.array(special, DTYPES[dtype]), COUNT)
    (native,) = compiled.run(f"f{number}", x)
    with np.errstate(all="ignore"):
        meant = MEANT[name](x)
    assert np.allclose(native, meant, equal_nan=True)
    numbers = ~np.isnan(meant)
    assert np.array_equal(np.signbit(native[numbers]), np.signbit(meant[numbers]))
