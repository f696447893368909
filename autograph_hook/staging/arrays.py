"""NumPy arrays from outside, and NumPy's scalars: known by dtype and shape, and by the expression that finds them in
each call.

Their content may change at any time, so nothing of it is ever a fact. What becomes a tensor is an input, converted in
each call as eager execution does it. What NumPy computes of them, `a[1:3]`, `a.astype(np.float32) / 255`,
`np.stack([a, b])`, makes expressions, which the guard of the specialization evaluates in each call with NumPy; the
truth of a single number becomes a condition of the guard. Whatever else is done with one ends the trace.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from autograph_hook.backends.values import Varying
from autograph_hook.interrupts import is_interrupt
from autograph_hook.staging import effects, numbers, numpy_calls
from autograph_hook.staging.facts import Abort, Place
from autograph_hook.staging.numbers import Number, Numbers

_MISUSED = "uses the content of a NumPy array, which may change, otherwise than as a tensor"
MOST_ELEMENTS = 64
"""Of an array that is gone over in Python: each is an expression of its own."""


class Array(Varying):
    """One array, or one number that is NumPy's."""

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
        if not effects.is_scalar(self.value):
            raise Abort(_MISUSED)
        self.numbers.require(self.numbers.guard.seen(f"({self.text})", self.value), self.place)
        return self.value

    def as_tensor(self, dtype: Any = None) -> Any:
        known = self.numbers
        text = f"({self.text})" + ("" if dtype is None else f", {known.guard.constant(dtype)}")
        given = (self.value,) if dtype is None else (self.value, dtype)
        return known.made_by(known.backend.tensor_of_array, f"({text})", given, self.shape_known())

    def shape_known(self) -> tuple[int | None, ...]:
        return self.value.shape if self.is_exact else self.relaxed

    def read(self, name: str) -> Any:
        """An attribute that the content does not decide, or a method that makes a new value."""
        if name == "T":
            return computed(_transposed, (self,), {})
        if name in numpy_calls.METHODS and hasattr(self.value, name):
            return Method(self, name)
        if name not in ("shape", "dtype", "ndim", "size"):
            raise Abort(_MISUSED)
        if name in ("shape", "size"):
            self._fix()
        return getattr(self.value, name)

    def length(self) -> int:
        self._fix()
        return len(self.value)

    def item(self, key: Any) -> Any:
        """`array[key]`, for a key of integers, slices, None and an ellipsis."""
        self.require_plain()
        if not is_plain_key(key):
            raise Abort(_MISUSED)
        value = self.value[numbers.actual(key)]
        text = f"({self.text})[{_index(key)}]"
        return made(self.numbers, self.place, text, value, _unknown((self,), value))

    def require_plain(self) -> None:
        """An array of a class of the user's computes with code of the user's."""
        if not effects.is_scalar(self.value) and not effects.is_plain_array(self.value):
            raise Abort(f"computes with a {effects.described(self.value)}")

    def inplace(self) -> None:
        """It is about to change; a number never does."""
        if not effects.is_scalar(self.value):
            raise Abort("changes a NumPy array in place")

    def elements(self) -> list[Any]:
        """What a loop over it goes over."""
        if self.length() > MOST_ELEMENTS:
            raise Abort(f"goes over a NumPy array of {self.length()} elements in Python")
        return [self.item(i) for i in range(self.length())]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.elements())

    def __bool__(self) -> bool:
        if self.value.size != 1:
            raise Abort(_MISUSED)
        holds = bool(self.value)
        self.numbers.require(f"{'' if holds else 'not '}({self.text})", self.place)
        return holds

    def _fix(self) -> None:
        """From now on everything may depend on its shape."""
        if None in self.relaxed and not self.is_exact:
            self.numbers.require(f"({self.text}).shape == {self.value.shape}", self.place)
        self.is_exact = True


class Method:
    """A method of an array, which is about to be called."""

    __slots__ = ("name", "owner")

    def __init__(self, owner: Array, name: str) -> None:
        self.owner = owner
        self.name = name

    def call(self, arguments: Sequence[Any], keywords: dict[str, Any]) -> Any:
        return computed(getattr(type(self.owner.value), self.name), (self.owner, *arguments), keywords)


def made(known: Numbers, place: Place, text: str, value: Any, relaxed: Sequence[int | None] | None = None) -> Any:
    """What an expression gives: an array, or a number of NumPy's or of Python's."""
    if type(value) in (bool, int, float) and known.backend.is_uniform():
        return known.make(text, value, place, checked=True)
    if not effects.is_scalar(value) and not (effects.is_array(value) and value.dtype.kind in effects.KINDS):
        raise Abort(_MISUSED)
    found = known.array(text, value, place, value.shape if relaxed is None else relaxed)
    found.is_exact = relaxed is None
    return found


def computed(function: Callable[..., Any], arguments: Sequence[Any], keywords: dict[str, Any]) -> Any:
    """What NumPy makes of arrays, as an expression of the guard."""
    array = _first((*arguments, *keywords.values()))
    assert array is not None
    known: Numbers = array.numbers
    given = [_text(known, argument) for argument in arguments]
    given += [f"{name}={_text(known, value)}" for name, value in keywords.items()]
    values = [_valued(argument) for argument in arguments]
    try:
        value = numpy_calls.quietly(function, *values, **{name: _valued(each) for name, each in keywords.items()})
    except Exception as error:
        if is_interrupt(error):
            raise
        raise Abort(f"computes with NumPy what raises {type(error).__name__}") from None
    for argument, tried in zip(arguments, values, strict=True):
        if tried is value and type(argument) is Array:
            return argument  # as `np.asarray(array)` is the array
    text = f"{known.guard.constant(numpy_calls.quietly)}({', '.join([known.guard.constant(function), *given])})"
    relaxed = _elementwise(arguments, value) if numpy_calls.is_elementwise(function) else None
    return made(known, array.place, text, value, relaxed or _unknown((*arguments, *keywords.values()), value))


def _unknown(arguments: Any, value: Any) -> tuple[None, ...] | None:
    """The shape of what is made of an array whose shape varies: None where none of them does."""
    if type(arguments) is Array:
        return (None,) * value.ndim if None in arguments.shape_known() and effects.is_array(value) else None
    parts = arguments if type(arguments) in (list, tuple) else ()
    return next((found for found in (_unknown(part, value) for part in parts) if found is not None), None)


def _elementwise(arguments: Sequence[Any], value: Any) -> tuple[int | None, ...] | None:
    """The shape of what is computed element by element, where all arrays have it or are single numbers."""
    found: list[int | None] = list(value.shape) if effects.is_array(value) else []
    for each in arguments:
        if type(each) is Array and each.value.ndim:
            if each.value.shape != tuple(found) and each.value.shape != value.shape:
                return None
            found = [a if a == b else None for a, b in zip(found, each.shape_known(), strict=True)]
        elif effects.is_array(each) and each.ndim:
            return None
    return tuple(found) if None in found else None


def knows(function: Any, arguments: Sequence[Any], keywords: dict[str, Any]) -> bool:
    """Is it a function that makes an array, or a number, of arrays?"""
    if _first((*arguments, *keywords.values())) is None:
        return False
    if function in (int, float, bool):
        return len(arguments) == 1 and not keywords and type(arguments[0]) is Array and arguments[0].value.size == 1
    return numpy_calls.makes_arrays(function)


def _transposed(array: Any) -> Any:
    return array.T


def is_plain_key(key: Any) -> bool:
    parts = key if type(key) is tuple else (key,)
    rest = tuple(part for part in parts if part is not None and part is not Ellipsis)
    return numbers.is_plain_index(rest)


def _index(key: Any) -> str:
    if type(key) is slice:
        parts = (key.start, key.stop, key.step)
        return ":".join("" if part is None else numbers.text_of(part) for part in parts)
    if type(key) is tuple:
        return ", ".join(map(_index, key)) + ("," if key else "()")
    return "..." if key is Ellipsis else numbers.text_of(key)


def _first(value: Any) -> Array | None:
    """An array, in lists and tuples too."""
    if type(value) is Array:
        return value
    parts = value if type(value) in (list, tuple) else ()
    return next((found for found in map(_first, parts) if found is not None), None)


def _text(known: Numbers, value: Any) -> str:
    """An argument of a function of NumPy's in an expression."""
    kind = type(value)
    if kind in (list, tuple):
        parts = ", ".join(_text(known, part) for part in value)
        return f"[{parts}]" if kind is list else f"({parts},)" if value else "()"
    if kind is Array:
        value.require_plain()
    if isinstance(value, Varying) or kind in (bool, int, float):
        return numbers.text_of(value)
    if value is None or kind in (str, complex) or effects.is_scalar(value) or effects.is_dtype(value):
        return known.guard.constant(value)
    raise Abort(_MISUSED)


def _valued(value: Any) -> Any:
    """The same with the values of this call, of which NumPy can change none (`np.add(a, b, out=c)`)."""
    if type(value) in (list, tuple):
        return type(value)(map(_valued, value))
    found = numbers.valued(value)
    if effects.is_array(found):
        found = found.view()
        found.flags.writeable = False
    return found


def _binary(function: Callable[[Any, Any], Any], swapped: bool) -> Callable[[Array, Any], Any]:
    """An operator: a tensor on the other side makes one of the array, NumPy computes with all else."""

    def operated(self: Array, other: Any) -> Any:
        if type(other) in (Array, Number, bool, int, float, complex) or effects.is_scalar(other):
            return computed(function, (other, self) if swapped else (self, other), {})
        if type(other) in numbers.PYTHON or type(other).__module__ == "numpy":
            raise Abort(_MISUSED)
        return NotImplemented

    return operated


def _unary(function: Callable[[Any], Any]) -> Callable[[Array], Any]:
    return lambda self: computed(function, (self,), {})


def _refused(self: Array, *_: Any, **__: Any) -> Any:
    raise Abort(_MISUSED)


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor"):
    _function = getattr(operator, f"{_name}_" if _name in ("and", "or") else _name)
    setattr(Array, f"__{_name}__", _binary(_function, swapped=False))
    setattr(Array, f"__r{_name}__", _binary(_function, swapped=True))
for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    setattr(Array, f"__{_name}__", _binary(getattr(operator, _name), swapped=False))
for _name in ("neg", "pos", "abs", "invert"):
    setattr(Array, f"__{_name}__", _unary(getattr(operator, _name)))
for _name in (
    "len", "getitem", "setitem", "contains", "str", "repr", "format", "hash", "int", "float", "index", "array", "call",
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
