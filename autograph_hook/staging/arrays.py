"""NumPy arrays from outside: known by dtype and shape, and by the expression that finds them in each call.

Their content may change at any time, so nothing of it is ever a fact. What becomes a tensor is an input, converted in
each call as eager execution does it; a slice is an expression on the array. Whatever else is done with one ends the
trace.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograph_hook.backends.values import Varying
from autograph_hook.staging import numbers
from autograph_hook.staging.facts import Abort, Place
from autograph_hook.staging.numbers import Number, Numbers

_MISUSED = "uses the content of a NumPy array, which may change, otherwise than as a tensor"


class Array(Varying):
    """One array."""

    __slots__ = ("is_exact", "numbers", "place", "relaxed", "text", "value")
    __array_ufunc__ = None

    def __init__(self, known: Numbers, text: str, value: Any, place: Place, relaxed: Sequence[int | None]) -> None:
        self.numbers = known
        self.text = text
        self.value = value
        self.place = place
        self.relaxed = tuple(relaxed)
        self.is_exact = False

    def pin(self) -> Any:
        raise Abort(_MISUSED)

    def as_tensor(self, dtype: Any = None) -> Any:
        known = self.numbers
        text = f"({self.text})" + ("" if dtype is None else f", {known.guard.constant(dtype)}")
        given = (self.value,) if dtype is None else (self.value, dtype)
        return known.made_by(known.backend.tensor_of_array, f"({text})", given, self.shape_known())

    def shape_known(self) -> tuple[int | None, ...]:
        return self.value.shape if self.is_exact else self.relaxed

    def read(self, name: str) -> Any:
        """An attribute that the content does not decide."""
        if name not in ("shape", "dtype", "ndim", "size"):
            raise Abort(_MISUSED)
        if name in ("shape", "size"):
            self._fix()
        return getattr(self.value, name)

    def length(self) -> int:
        self._fix()
        return len(self.value)

    def item(self, key: Any) -> Array:
        """`array[key]`, for a key of integers and slices."""
        if not numbers.is_plain_index(key):
            raise Abort(_MISUSED)
        value = self.value[numbers.actual(key)]
        if type(value) is not type(self.value):
            raise Abort("picks a number from a NumPy array, whose content may change")
        text = f"({self.text})[{_index(key)}]"
        made = self.numbers.array(text, value, self.place, value.shape)
        made.is_exact = True
        return made

    def _fix(self) -> None:
        """From now on everything may depend on its shape."""
        if None in self.relaxed and not self.is_exact:
            self.numbers.require(f"({self.text}).shape == {self.value.shape}", self.place)
        self.is_exact = True


def _index(key: Any) -> str:
    if type(key) is slice:
        parts = (key.start, key.stop, key.step)
        return ":".join("" if part is None else numbers.text_of(part) for part in parts)
    if type(key) is tuple:
        return ", ".join(map(_index, key)) + ","
    return numbers.text_of(key)


def _refused(self: Array, *_: Any) -> Any:
    raise Abort(_MISUSED)


def _for_tensors(self: Array, other: Any) -> Any:
    """A tensor on the other side makes one of the array; NumPy would run on anything else."""
    if type(other) in (Array, Number, bool, int, float, complex, list, tuple) or type(other).__module__ == "numpy":
        raise Abort(_MISUSED)
    return NotImplemented


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor"):
    for _side in ("", "r"):
        setattr(Array, f"__{_side}{_name}__", _for_tensors)
for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    setattr(Array, f"__{_name}__", _for_tensors)
for _name in (
    "bool", "len", "iter", "getitem", "setitem", "contains", "str", "repr", "format", "hash", "int", "float", "index",
    "array", "neg", "pos", "abs", "invert", "call",
):  # fmt: skip
    setattr(Array, f"__{_name}__", _refused)


def as_tensors(value: Any) -> Any:
    """Arguments for a function of the framework, with inputs in the place of arrays."""
    kind = type(value)
    if kind is Array:
        return value.as_tensor()
    if kind in (list, tuple) and any(type(item) is Array for item in value):
        return kind([as_tensors(item) for item in value])
    return value


def holds(value: Any, depth: int = 0) -> bool:
    kind = type(value)
    if kind is Array:
        return True
    if depth > 4 or kind not in (list, tuple, dict):
        return False
    parts: Any = value.values() if kind is dict else value
    return any(holds(item, depth + 1) for item in parts)
