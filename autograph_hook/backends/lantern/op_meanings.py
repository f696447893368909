"""What the operations mean, in NumPy. Integer and bool scalars are Python's int and bool (so a result that does not
fit is seen), float scalars NumPy's, tensors arrays, lists Python's lists, which nobody changes, null is None.

A meaning is given the operation and the values of its operands; it returns the result, a tuple of several, or None.
"""

from __future__ import annotations

import builtins
import operator
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from .ir import FLOATS, INTEGERS, Op, Scalar, Tensor

Meaning: TypeAlias = Callable[..., Any]

DTYPES: dict[str, Any] = {"bool": np.bool_, "i32": np.int32, "i64": np.int64, "f32": np.float32, "f64": np.float64}


def static(op: Op, name: str) -> Any:
    """An attribute, whose type the rule of the operation has seen to."""
    return op.attr(name)


def plain(function: Callable[..., Any], on_integers: Callable[..., Any] | None = None) -> Meaning:
    """A function of the values; another one where all operands are integer or bool scalars."""

    def meaning(op: Op, *values: Any) -> Any:
        if on_integers is not None and all(isinstance(a.type, Scalar) and a.type.dtype not in FLOATS for a in op.args):
            return on_integers(*values)
        return function(*values)

    return meaning


def integer_power(a: int, b: int) -> int:
    if b < 0:
        raise ValueError("Integers to negative integer powers are not allowed.")
    if abs(a) > 1 and b > 64:
        raise OverflowError("the result is too large for an integer")
    return int(a**b)


def sigmoid(x: Any) -> Any:
    e = np.exp(-np.abs(x))
    one = np.ones_like(e)[()]
    return np.where(x >= 0, one / (one + e), e / (one + e))[()]


def relu(x: Any) -> Any:
    return np.maximum(x, np.zeros_like(x))[()]


def clip(x: Any, lo: Any, hi: Any) -> Any:
    return np.minimum(np.maximum(x, lo), hi)


def cast(op: Op, x: Any) -> Any:
    (argument,) = op.args
    to = op.attr("dtype")
    assert isinstance(to, Scalar)
    if isinstance(argument.type, Tensor):
        return x.astype(DTYPES[to.dtype])
    if to.dtype in INTEGERS:
        return int(x)  # of nan a ValueError, of infinity an OverflowError, as in Python
    return bool(x) if to.dtype == "bool" else DTYPES[to.dtype](x)


def reduction(function: Callable[..., Any]) -> Meaning:
    def meaning(op: Op, x: Any) -> Any:
        return function(x, axis=static(op, "axis"))

    return meaning


def total(x: Any, axis: int | None) -> Any:
    return np.sum(x, axis=axis, dtype=x.dtype)


def mean(x: Any, axis: int | None) -> Any:
    return np.sum(x, axis=axis) / x.dtype.type(x.size if axis is None else x.shape[axis])


def matmul(op: Op, a: Any, b: Any) -> Any:
    return (a.T if op.attr("ta") else a) @ (b.T if op.attr("tb") else b)


def products(op: Op, *values: Any) -> Any:
    return tuple(w @ values[-1] for w in values[:-1])


def product_sum(op: Op, *values: Any) -> Any:
    pairs = [(w.T if op.attr("ta") else w) @ x for w, x in zip(values[::2], values[1::2], strict=True)]
    result = pairs[0]
    for pair in pairs[1:]:
        result = result + pair
    return result


def log_softmax(op: Op, x: Any) -> Any:
    if not x.size:
        return x
    shifted = x - np.max(x, axis=-1, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))


def softmax(op: Op, x: Any) -> Any:
    if not x.size:
        return x
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def cross_entropy(op: Op, x: Any, label: Any) -> Any:
    logs = log_softmax(op, x)
    return -(logs[label] if logs.ndim == 1 else logs[np.arange(len(logs)), label])


def cross_entropy_back(op: Op, d: Any, x: Any, label: Any) -> Any:
    share = softmax(op, x)
    share[label if x.ndim == 1 else (np.arange(len(x)), label)] -= 1
    return share * d if x.ndim == 1 else share * d[:, None]


def concatenate(op: Op, *values: Any) -> Any:
    return np.concatenate(values, axis=static(op, "axis"))


def stack(op: Op, *values: Any) -> Any:
    element = op.args[0].type
    assert isinstance(element, Scalar | Tensor)
    return np.stack([np.asarray(v, DTYPES[element.dtype]) for v in values], axis=static(op, "axis") or 0)


def shaped(op: Op, x: Any) -> Any:
    argument = op.args[0].type
    assert isinstance(argument, Scalar | Tensor)
    return np.asarray(x, DTYPES[argument.dtype])


def unwrapped(op: Op, x: Any) -> Any:
    """An array without dimensions, as the scalar that it holds."""
    return x if x.ndim else x.item() if x.dtype.kind in "bi" else x[()]


def reshape(op: Op, x: Any) -> Any:
    return unwrapped(op, np.reshape(shaped(op, x), static(op, "shape")))


def broadcast(op: Op, x: Any) -> Any:
    return unwrapped(op, np.broadcast_to(shaped(op, x), static(op, "shape")).copy())


def transpose(op: Op, x: Any) -> Any:
    return np.ascontiguousarray(np.transpose(x, static(op, "axes")))


def region(op: Op) -> Any:
    """The index arrays of a `slice` or `place`."""
    bounds = zip(static(op, "start"), static(op, "size"), static(op, "step"), strict=True)
    return np.ix_(*(start + step * np.arange(n, dtype=np.int64) for start, n, step in bounds))


def slice_(op: Op, x: Any) -> Any:
    return x[region(op)]


def place(op: Op, x: Any) -> Any:
    result = np.zeros(static(op, "shape"), x.dtype)
    result[region(op)] = x
    return result


def idx(op: Op, x: Any, *indices: int) -> Any:
    if isinstance(x, list):
        return x[indices[0]]
    got = x[indices]
    if not isinstance(op.args[0].type, Tensor) or len(indices) < x.ndim:
        return got.copy()
    return got.item() if x.dtype.kind in "bi" else got


def changed(op: Op, x: Any, value: Any, *indices: int) -> Any:
    copy = x.copy()
    copy[indices[0] if isinstance(x, list) else indices] = value
    return copy


def update(op: Op, x: Any, value: Any, *indices: int) -> Any:
    return changed(op, x, value, *indices)


def add_at(op: Op, x: Any, value: Any, *indices: int) -> Any:
    return changed(op, x, idx(op, x, *indices) + value, *indices)


def list_(op: Op, *values: Any) -> Any:
    return list(values)


def fill(op: Op, n: int, value: Any) -> Any:
    return [value] * n


def append(op: Op, x: list[Any], value: Any) -> Any:
    return [*x, value]


def sublist(op: Op, x: list[Any], start: int, stop: int) -> Any:
    return x[start:stop]


def check(op: Op, ok: bool) -> None:
    if not ok:
        raise getattr(builtins, str(op.attr("error")))(op.attr("message"))


def isnull(op: Op, x: Any) -> bool:
    return x is None


def outside(op: Op, *values: Any) -> None:
    raise RuntimeError(f"`{op.name}` has no meaning without gradients to add to")


COMPARISONS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "==": (np.equal, operator.eq),
    "!=": (np.not_equal, operator.ne),
    "<": (np.less, operator.lt),
    "<=": (np.less_equal, operator.le),
    ">": (np.greater, operator.gt),
    ">=": (np.greater_equal, operator.ge),
}
