"""The index of a Python loop that runs as a loop of the graph.

To the loop's body it is a Python int of which only the bounds are known. It does what such an int does exactly: it
counts without overflow, picks from tensors, is compared, and becomes a tensor of the dtype that a Python int would
take. Everything that needs the number itself raises Refused, and the loop is unrolled.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NoReturn

import tensorflow as tf

from autograph_hook.backends.protocol import Counted
from autograph_hook.backends.tensorflow import exact


class Refused(BaseException):
    """The loop must be unrolled. No Exception: no handler in the body may swallow it."""


class Attempt:
    """One attempt to trace a loop's body once for all iterations."""

    def __init__(self) -> None:
        self.reason: str | None = None

    def refuse(self, reason: str) -> NoReturn:
        # Kept as well as raised: a bare `except:` of the body must not hide it.
        self.reason = self.reason or reason
        raise Refused(reason)


Evaluate = Callable[[Mapping["Base", int]], int]


class Base:
    """The index that a loop counts, as other indices are made of it."""

    __slots__ = ()


class Form:
    """A sum of multiples of the indices that loops count, and a constant."""

    __slots__ = ("constant", "factors")

    def __init__(self, factors: Mapping[Base, int], constant: int) -> None:
        self.factors = {base: factor for base, factor in factors.items() if factor}
        self.constant = constant

    def plus(self, other: Form, sign: int) -> Form:
        factors = dict(self.factors)
        for base, factor in other.factors.items():
            factors[base] = factors.get(base, 0) + sign * factor
        return Form(factors, self.constant + sign * other.constant)

    def times(self, factor: int) -> Form:
        return Form({base: factor * own for base, own in self.factors.items()}, factor * self.constant)


class Index(Counted):
    """An int between two bounds. `isinstance(index, int)` holds."""

    __slots__ = ("attempt", "evaluate", "form", "high", "low", "tensor")
    __class__ = property(lambda self: int)
    __array_ufunc__ = None

    def __init__(
        self, attempt: Attempt, tensor: Any, low: int, high: int, evaluate: Evaluate, form: Form | None
    ) -> None:
        self.attempt = attempt
        self.tensor = tensor
        self.low = low
        self.high = high
        self.evaluate = evaluate
        """The number, from those that the loops' own indices have."""
        self.form = form

    def identity(self) -> None:
        self.attempt.refuse("the identity of the loop's index is asked for")

    def as_tensor(self, dtype: Any = None) -> Any:
        """What TensorFlow makes of a Python int where this dtype is wanted; raises TypeError where it makes none."""
        wanted = tf.as_dtype(dtype).base_dtype if dtype is not None else tf.int32
        if wanted in _INTEGERS:
            if self.low < wanted.min or self.high > wanted.max:
                self.attempt.refuse(f"an index up to {self.high} does not fit in {wanted.name}")
        elif wanted in _EXACT_UP_TO:
            if max(-self.low, self.high) > _EXACT_UP_TO[wanted]:
                self.attempt.refuse(f"an index up to {self.high} is rounded in {wanted.name}")
        else:
            raise TypeError(f"an index cannot become a tensor of {wanted.name}")
        return self.tensor if self.tensor.dtype == wanted else tf.cast(self.tensor, wanted)

    # Arithmetic with ints and other indices.

    def __add__(self, other: Any) -> Any:
        return _arithmetic(self, other, "+", operator.add)

    def __radd__(self, other: Any) -> Any:
        return _arithmetic(other, self, "+", operator.add)

    def __sub__(self, other: Any) -> Any:
        return _arithmetic(self, other, "-", operator.sub)

    def __rsub__(self, other: Any) -> Any:
        return _arithmetic(other, self, "-", operator.sub)

    def __mul__(self, other: Any) -> Any:
        return _arithmetic(self, other, "*", operator.mul)

    def __rmul__(self, other: Any) -> Any:
        return _arithmetic(other, self, "*", operator.mul)

    def __floordiv__(self, other: Any) -> Any:
        return _arithmetic(self, other, "//", operator.floordiv)

    def __mod__(self, other: Any) -> Any:
        return _arithmetic(self, other, "%", operator.mod)

    def __neg__(self) -> Any:
        return 0 - self

    def __pos__(self) -> Any:
        return self

    # Comparisons: decided where the bounds decide, else by the graph.

    def __eq__(self, other: Any) -> Any:
        return _compared(self, other, operator.eq)

    def __ne__(self, other: Any) -> Any:
        return _compared(self, other, operator.ne)

    def __lt__(self, other: Any) -> Any:
        return _compared(self, other, operator.lt)

    def __le__(self, other: Any) -> Any:
        return _compared(self, other, operator.le)

    def __gt__(self, other: Any) -> Any:
        return _compared(self, other, operator.gt)

    def __ge__(self, other: Any) -> Any:
        return _compared(self, other, operator.ge)

    def __getattr__(self, name: str) -> Any:
        if hasattr(int, name):
            self.attempt.refuse(f"the loop's index is asked for {name!r}")
        raise AttributeError(f"'int' object has no attribute {name!r}")


def _refusing(name: str) -> Callable[..., Any]:
    what = _NEEDS.get(name, f"the loop's index is needed as a number of Python's ({name.strip('_')})")

    def refuse(self: Index, *other: Any) -> Any:
        if other and name in _BINARY and not _is_python(other[0]):
            return NotImplemented  # a tensor does with an int what it does with an index
        self.attempt.refuse(what)

    return refuse


_NEEDS = {
    "__index__": "the loop's index picks from a Python sequence, or counts",
    "__str__": "a text is made of the loop's index",
    "__repr__": "a text is made of the loop's index",
    "__format__": "a text is made of the loop's index",
    "__hash__": "the loop's index is a key",
    "__bool__": "the truth of the loop's index is asked",
}
_BINARY = frozenset(
    f"__{side}{name}__"
    for name in ("truediv", "pow", "divmod", "lshift", "rshift", "and", "or", "xor", "matmul")
    for side in ("", "r")
) | {"__rfloordiv__", "__rmod__"}
for _name in (
    *_BINARY, *_NEEDS, "__int__", "__float__", "__complex__", "__round__", "__trunc__", "__floor__", "__ceil__",
    "__abs__", "__invert__", "__array__", "__reduce_ex__", "__copy__", "__deepcopy__",
):  # fmt: skip
    setattr(Index, _name, _refusing(_name))


_INTEGERS = frozenset({tf.int8, tf.int16, tf.int32, tf.int64, tf.uint8, tf.uint16, tf.uint32, tf.uint64})
_EXACT_UP_TO: Final = {
    # Up to here Python's conversion, by way of a double, and the graph's round alike.
    tf.float16: 65504, tf.bfloat16: 1 << 24, tf.float32: 1 << 53, tf.float64: 1 << 53,
    tf.complex64: 1 << 24, tf.complex128: 1 << 53,
}  # fmt: skip


def _is_python(value: Any) -> bool:
    return type(value) in (bool, int, float, complex, str, bytes, list, tuple, Index) or (
        type(value).__module__ == "numpy"
    )


def _attempt_of(left: Any, right: Any) -> Attempt:
    index: Index = left if type(left) is Index else right
    return index.attempt


def bounds_of(value: Any) -> tuple[int, int]:
    return (value.low, value.high) if type(value) is Index else (int(value), int(value))


def form_of(value: Any) -> Form | None:
    return value.form if type(value) is Index else Form({}, int(value))


def _number(value: Any, bases: Mapping[Base, int]) -> int:
    number: int = value.evaluate(bases) if type(value) is Index else int(value)
    return number


def _arithmetic(left: Any, right: Any, symbol: str, function: Callable[[Any, Any], Any]) -> Any:
    other = right if type(left) is Index else left
    if not _is_python(other):
        return NotImplemented
    attempt = _attempt_of(left, right)
    if type(other) not in (bool, int, Index):
        attempt.refuse(f"the loop's index {symbol} a Python {type(other).__name__} is a number of Python's")
    (low, high), (other_low, other_high) = bounds_of(left), bounds_of(right)
    if symbol in ("//", "%") and other_low <= 0 <= other_high:
        attempt.refuse(f"the loop's index {symbol} what may be 0")
    if symbol == "%" and (other_low != other_high or low // other_low != high // other_low):
        ends = [0, max(other_high - 1, 0), min(other_low + 1, 0)]
    else:
        ends = [function(one, two) for one in (low, high) for two in (other_low, other_high)]
    least, most = min(ends), max(ends)
    if least == most:
        return least
    dtype = _dtype(attempt, least, most, low, high, other_low, other_high)
    tensor = function(_in(left, dtype), _in(right, dtype))
    forms = form_of(left), form_of(right)
    return Index(
        attempt, tensor, least, most, lambda bases: function(_number(left, bases), _number(right, bases)),
        _combined(symbol, *forms),
    )  # fmt: skip


def _combined(symbol: str, one: Form | None, other: Form | None) -> Form | None:
    if one is None or other is None:
        return None
    if symbol in ("+", "-"):
        return one.plus(other, 1 if symbol == "+" else -1)
    if symbol == "*" and not one.factors:
        return other.times(one.constant)
    return one.times(other.constant) if symbol == "*" and not other.factors else None


def _dtype(attempt: Attempt, *numbers: int) -> Any:
    """The narrowest dtype of those that loops count in which holds all of these."""
    for dtype in (tf.int32, tf.int64):
        if dtype.min <= min(numbers) and max(numbers) <= dtype.max:
            return dtype
    attempt.refuse("the numbers that it makes of its index are too large for a tensor")


def _in(value: Any, dtype: Any) -> Any:
    return tf.cast(value.tensor, dtype) if type(value) is Index else tf.constant(int(value), dtype)


def _compared(left: Index, right: Any, function: Callable[[Any, Any], Any]) -> Any:
    if right is None or isinstance(right, (str, bytes)):
        return function(0, right)  # what Python says of any int
    if not _is_python(right):
        return NotImplemented
    attempt = left.attempt
    if type(right) not in (bool, int, Index):
        attempt.refuse(f"the loop's index is compared with a Python {type(right).__name__}")
    (low, high), (other_low, other_high) = bounds_of(left), bounds_of(right)
    if left is right or high < other_low or low > other_high:
        return function(low, other_low)
    decided = {function(one, two) for one in (low, high) for two in (other_low, other_high)}
    if function not in (operator.eq, operator.ne) and len(decided) == 1:
        return decided.pop()
    dtype = _dtype(attempt, low, high, other_low, other_high)
    # Unrolled, Python decides on each of these: what depends on it must not turn from Python's value into a tensor.
    exact.demand()
    return exact.truth(function(_in(left, dtype), _in(right, dtype)))


def _converted(value: Index, dtype: Any = None, name: Any = None, as_ref: bool = False) -> Any:
    return value.as_tensor(dtype)


tf.register_tensor_conversion_function(Index, _converted)


def holds(value: Any) -> bool:
    """Is there an index in this value, or in the lists, tuples, dictionaries and slices that it is made of?"""
    kind = type(value)
    if kind is Index:
        return True
    if kind in (list, tuple):
        return any(map(holds, value))
    if kind is dict:
        return any(map(holds, value.values()))
    return kind is slice and (holds(value.start) or holds(value.stop) or holds(value.step))


def find(value: Any) -> Index | None:
    """The first index in a value for which `holds` is true."""
    if type(value) is Index:
        return value
    parts: Sequence[Any] = ()
    if type(value) in (list, tuple):
        parts = value
    elif type(value) is dict:
        parts = list(value.values())
    elif type(value) is slice:
        parts = (value.start, value.stop, value.step)
    return next((found for found in map(find, parts) if found is not None), None)
