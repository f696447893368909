"""Python numbers that are others in each call: known by the expression that finds them, not by their value.

Arithmetic with numbers makes expressions, which the guard of the specialization evaluates in each call as Python does.
Its truth becomes a condition of the guard, so `if step % 100 == 0` makes two specializations and not one for each step.
Where a tensor meets a number, the number becomes an input. For everything else the number is pinned: its value is a
condition of the guard, and Python goes on with it.
"""

from __future__ import annotations

import builtins
import math
import operator
import types
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from autograph_hook.backends.protocol import Backend
from autograph_hook.backends.values import Varying
from autograph_hook.staging.facts import Facts, Place, Test
from autograph_hook.staging.guards import Guard

if TYPE_CHECKING:
    from autograph_hook.staging.arrays import Array

NUMBERS = (int, float)
LONGEST = 160
"""Characters of an expression that is repeated where it is used; a longer one gets a name."""
MOST = 400
"""Expressions of one trace, before the numbers are taken as they are."""


class TooMany(BaseException):
    """The numbers of a trace make more expressions than a guard may evaluate in each call."""


class Numbers:
    """The varying numbers of one trace, and what the guard must know of them."""

    def __init__(self, backend: Backend, guard: Guard, facts: Facts) -> None:
        self.backend = backend
        self.guard = guard
        self.facts = facts
        self.count = 0
        self.inputs: list[tuple[str, Any, Any]] = []
        """For each number that became a tensor: the guard's expression, the eager tensor, the symbol."""
        self.made: list[tuple[str, Any, Any]] = []
        """The same of what a function of the framework has made."""
        self._tensors: dict[tuple[str, Any], Any] = {}
        self._texts: dict[int, str] = {}

    def take(self, text: str, value: Any, place: Place) -> Number:
        """The number that the guard finds by this expression."""
        name = self._name()
        self._fact(f"type({name} := {text}) is {self.guard.constant(type(value))}", place)
        return Number(self, name, value, place)

    def make(self, text: str, value: Any, place: Place, checked: bool = False) -> Any:
        """What an expression gives; `checked`: its type may depend on the value."""
        kind = type(value)
        if kind not in (int, float, bool):
            return value
        if checked:
            name = self._name()
            self._fact(f"type({name} := {text}) is {self.guard.constant(kind)}", place)
            text = name
        elif len(text) > LONGEST:
            name = self._name()
            self._fact(f"(({name} := {text}),)", None)
            text = name
        return Number(self, text, value, place)

    def _name(self) -> str:
        self.count += 1
        if self.count > MOST:
            raise TooMany
        return f"n{self.count}"

    def _fact(self, text: str, place: Place | None) -> None:
        self.facts.add("tests", self, text, [Test(text, place)])

    def require(self, text: str, place: Place) -> None:
        """A condition that holds now must hold in each call."""
        self._fact(text, place)

    def truth(self, number: Number) -> bool:
        holds = bool(number.value)
        self._fact(f"{'' if holds else 'not '}({number.text})", number.place)
        return holds

    def pin(self, number: Number) -> Any:
        """Its value, on which everything may depend from now on."""
        self._fact(self.guard.seen(f"({number.text})", number.value), number.place)
        return number.value

    def tensor(self, number: Number, dtype: Any) -> Any:
        """The input that it becomes where a tensor of this dtype is wanted."""
        key = number.text, dtype
        symbol = self._tensors.get(key)
        if symbol is None:
            value = self.backend.tensor_of(number.value, dtype)
            symbol = self._tensors[key] = self.backend.add_input(value)
            make = self.guard.constant(self.backend.tensor_of)
            self.inputs.append((f"{make}({number.text}, {self.guard.constant(dtype)})", value, symbol))
        return symbol

    def constant(self, function: Any, arguments: Sequence[Any], keywords: dict[str, Any]) -> Any:
        """What a function of the framework makes of numbers alone, as an input."""
        given = [self._argument_text(argument) for argument in arguments]
        given += [f"{name}={self.guard.constant(argument)}" for name, argument in keywords.items()]
        return self.made_by(function, f"({', '.join(given)})", tuple(map(all_valued, arguments)), None, keywords)

    def made_by(
        self,
        function: Any,
        text: str,
        arguments: Sequence[Any],
        shape: Sequence[int | None] | None,
        keywords: Mapping[str, Any] = MappingProxyType({}),
    ) -> Any:
        """The input that a function of the framework gives for arguments that the guard finds in each call."""
        text = f"{self.guard.constant(function)}{text}"
        symbol = self._tensors.get((text, shape))
        if symbol is None:
            value = self.backend.eagerly(function, arguments, keywords)
            symbol = self._tensors[text, shape] = self.backend.add_input(value, shape)
            self.made.append((text, value, symbol))
        return symbol

    def array(self, text: str, value: Any, place: Place, relaxed: Sequence[int | None]) -> Array:
        """The array that the guard finds by this expression."""
        from autograph_hook.staging.arrays import Array

        name = self._name()
        kind, dtype = self.guard.constant(type(value)), self.guard.constant(value.dtype)
        self._fact(f"type({name} := {text}) is {kind} and {name}.dtype == {dtype}", place)
        if None not in relaxed:
            self._fact(f"{name}.shape == {value.shape}", place)
        else:
            known = [f"{name}.shape[{i}] == {size}" for i, size in enumerate(relaxed) if size is not None]
            self._fact(" and ".join([f"len({name}.shape) == {value.ndim}", *known]), place)
        return Array(self, name, value, place, relaxed)

    def _argument_text(self, value: Any) -> str:
        if type(value) in (list, tuple):
            parts = ", ".join(map(self._argument_text, value))
            return f"[{parts}]" if type(value) is list else f"({parts},)" if value else "()"
        if isinstance(value, Varying) or _is_number(value):
            return text_of(value)
        return self.guard.constant(value)

    def called(self, function: Any, arguments: Sequence[Any], place: Place) -> Any:
        """A pure function of numbers, as an expression. Raises what the function raises."""
        value = function(*[valued(argument) for argument in arguments])
        text = f"{self.guard.constant(function)}({', '.join(map(text_of, arguments))})"
        return self.make(text, value, place, checked=True)


class Number(Varying):
    """One varying number. To arithmetic it is a number; to everything else it becomes its value."""

    __slots__ = ("numbers", "place", "text", "value")
    __array_ufunc__ = None

    def __init__(self, numbers: Numbers, text: str, value: Any, place: Place) -> None:
        self.numbers = numbers
        self.text = text
        self.value = value
        self.place = place

    def pin(self) -> Any:
        return self.numbers.pin(self)

    def as_tensor(self, dtype: Any = None) -> Any:
        return self.numbers.tensor(self, dtype)

    def __bool__(self) -> bool:
        return self.numbers.truth(self)

    def __getattr__(self, name: str) -> Any:
        if hasattr(self.value, name):
            return getattr(self.pin(), name)
        raise AttributeError(f"'{type(self.value).__name__}' object has no attribute {name!r}")


def text_of(value: Any) -> str:
    """A number, or a varying one, in an expression."""
    if isinstance(value, Varying):
        return f"({value.text})"
    if type(value) is float and not math.isfinite(value):
        return f"float('{value!r}')"
    return f"({value!r})"


def valued(value: Any) -> Any:
    return value.value if isinstance(value, Varying) else value


def _is_number(value: Any) -> bool:
    return type(value) in (Number, int, float, bool)


def _of(one: Any, other: Any) -> Number:
    number: Number = one if type(one) is Number else other
    return number


_OPERATORS: dict[str, tuple[str, Callable[[Any, Any], Any], bool]] = {
    "add": ("+", operator.add, False),
    "sub": ("-", operator.sub, False),
    "mul": ("*", operator.mul, False),
    "truediv": ("/", operator.truediv, False),
    "floordiv": ("//", operator.floordiv, False),
    "mod": ("%", operator.mod, False),
    "pow": ("**", operator.pow, True),
    "lshift": ("<<", operator.lshift, False),
    "rshift": (">>", operator.rshift, False),
    "and": ("&", operator.and_, False),
    "or": ("|", operator.or_, False),
    "xor": ("^", operator.xor, False),
}
"""The symbol, the function, and whether the type of the result depends on the values."""
_COMPARISONS: dict[str, tuple[str, Callable[[Any, Any], Any]]] = {
    "eq": ("==", operator.eq), "ne": ("!=", operator.ne), "lt": ("<", operator.lt), "le": ("<=", operator.le),
    "gt": (">", operator.gt), "ge": (">=", operator.ge),
}  # fmt: skip
PYTHON = (str, bytes, list, tuple, dict, set, frozenset, complex, type(None), range)


def _arithmetic(one: Any, other: Any, symbol: str, function: Callable[[Any, Any], Any], checked: bool) -> Any:
    number = _of(one, other)
    against = other if number is one else one
    if _is_number(against):
        value = function(valued(one), valued(other))
        return number.numbers.make(f"{text_of(one)} {symbol} {text_of(other)}", value, number.place, checked)
    if type(against) in PYTHON or type(against).__module__ == "numpy":
        return function(*[each.pin() if type(each) is Number else each for each in (one, other)])
    return NotImplemented


def _compared(one: Number, other: Any, symbol: str, function: Callable[[Any, Any], Any]) -> Any:
    if _is_number(other):
        text = f"{text_of(one)} {symbol} {text_of(other)}"
        return one.numbers.make(text, function(one.value, valued(other)), one.place)
    if type(other) in PYTHON or type(other).__module__ == "numpy":
        return function(one.pin(), other)
    return NotImplemented


def _define(name: str) -> None:
    if name in _COMPARISONS:
        symbol, function = _COMPARISONS[name]
        setattr(Number, f"__{name}__", lambda self, other: _compared(self, other, symbol, function))
        return
    symbol, function, checked = _OPERATORS[name]
    setattr(Number, f"__{name}__", lambda self, other: _arithmetic(self, other, symbol, function, checked))
    setattr(Number, f"__r{name}__", lambda self, other: _arithmetic(other, self, symbol, function, checked))


for _name in (*_OPERATORS, *_COMPARISONS):
    _define(_name)



def _unary(symbol: str, function: Callable[[Any], Any]) -> Callable[[Number], Any]:
    def made(self: Number) -> Any:
        return self.numbers.make(f"{symbol}({self.text})", function(self.value), self.place)

    return made


_UNARY: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "__neg__": ("-", operator.neg), "__pos__": ("+", operator.pos), "__invert__": ("~", operator.invert),
    "__abs__": ("abs", abs),
}  # fmt: skip
for _name, _how in _UNARY.items():
    setattr(Number, _name, _unary(*_how))


def _pinning(function: Callable[..., Any]) -> Callable[..., Any]:
    def pinned(self: Number, *others: Any) -> Any:
        return function(self.pin(), *others)

    return pinned


_PINNING: dict[str, Callable[..., Any]] = {
    "__index__": operator.index, "__int__": int, "__float__": float, "__complex__": complex, "__round__": round,
    "__trunc__": math.trunc, "__floor__": math.floor, "__ceil__": math.ceil, "__str__": str, "__repr__": repr,
    "__format__": format, "__hash__": hash, "__divmod__": divmod, "__rdivmod__": lambda one, other: divmod(other, one),
}  # fmt: skip
for _name, _function in _PINNING.items():
    setattr(Number, _name, _pinning(_function))

_PURE = frozenset(
    id(function)
    for function in (
        int, float, bool, abs, round, builtins.pow,
        *(value for value in vars(math).values() if isinstance(value, types.BuiltinFunctionType)),
    )
)  # fmt: skip
"""Functions of numbers that are expressions themselves."""


BY_OPERATORS = frozenset(map(id, (max, min, sum, any, all)))
"""Functions that do with a number nothing but what operators do."""


def is_constant(arguments: Sequence[Any], keywords: dict[str, Any]) -> bool:
    """Are these numbers, lists of numbers, and what is no number and does not vary?"""
    return all(map(_is_of_numbers, arguments)) and not holds(keywords)


def _is_of_numbers(value: Any) -> bool:
    if isinstance(value, Varying) and type(value) is not Number:
        return True
    if type(value) in (list, tuple):
        return all(map(_is_of_numbers, value))
    return _is_number(value) or type(value).__name__ in ("DType", "str", "NoneType")


def constant(function: Any, arguments: Sequence[Any], keywords: dict[str, Any]) -> Any:
    """A tensor of numbers that vary, as an input."""
    number = _first(arguments)
    assert number is not None
    return number.numbers.constant(function, arguments, keywords)


def _first(value: Any) -> Any:
    if isinstance(value, Varying):
        return value
    parts = value if type(value) in (list, tuple) else ()
    return next((found for found in map(_first, parts) if found is not None), None)


def all_valued(value: Any) -> Any:
    """The values of this call, in lists of numbers too. Nothing is pinned."""
    return type(value)(map(all_valued, value)) if type(value) in (list, tuple) else valued(value)


def is_expression(function: Any, arguments: Sequence[Any], keywords: dict[str, Any]) -> bool:
    return id(function) in _PURE and not keywords and bool(arguments) and all(map(_is_number, arguments))


def holds(value: Any, depth: int = 0) -> bool:
    """Is there a varying number in this value, or in the containers that it is made of?"""
    kind = type(value)
    if issubclass(kind, Varying):
        return True
    if depth > 12:
        return False
    if kind in (list, tuple, set, frozenset):
        return any(holds(item, depth + 1) for item in value)
    if kind is dict:
        return any(holds(item, depth + 1) for pair in value.items() for item in pair)
    if kind is slice:
        return any(isinstance(item, Varying) for item in (value.start, value.stop, value.step))
    return isinstance(value, tuple) and any(holds(item, depth + 1) for item in value)


def pinned(value: Any, depth: int = 0) -> Any:
    """The same value with Python's own numbers in it. Lists and dictionaries stay the objects that they are."""
    kind = type(value)
    if isinstance(value, Varying):
        return value.pin()
    if depth > 12 or not holds(value):
        return value
    if kind is list:
        value[:] = [pinned(item, depth + 1) for item in value]
    elif kind is dict:
        items = [(pinned(key, depth + 1), pinned(item, depth + 1)) for key, item in value.items()]
        value.clear()
        value.update(items)
    elif kind is slice:
        return slice(pinned(value.start), pinned(value.stop), pinned(value.step))
    elif isinstance(value, tuple):
        parts = [pinned(item, depth + 1) for item in value]
        return tuple(parts) if kind is tuple else tuple.__new__(kind, parts)
    elif kind in (set, frozenset):
        return kind(pinned(item, depth + 1) for item in value)
    return value


def as_tensors(key: Any) -> Any:
    """An index into a tensor with inputs in the place of varying numbers."""
    kind = type(key)
    if kind is Number:
        return key.as_tensor()
    if kind is slice:
        return slice(as_tensors(key.start), as_tensors(key.stop), as_tensors(key.step))
    return tuple(as_tensors(part) for part in key) if kind is tuple else key


def actual(key: Any) -> Any:
    """An index with the values of this call in the place of varying numbers. Nothing is pinned."""
    kind = type(key)
    if kind is slice:
        return slice(valued(key.start), valued(key.stop), valued(key.step))
    return tuple(actual(part) for part in key) if kind is tuple else valued(key)


def is_plain_index(key: Any) -> bool:
    """Is it made of integers and of slices whose length is known?"""
    parts = key if type(key) is tuple else (key,)
    return all(type(part) in (int, slice) or (type(part) is Number and type(part.value) is int) for part in parts)


def fix_length(key: slice, size: int) -> None:
    """How many elements a slice picks of so many becomes a condition of the guard."""
    parts = (key.start, key.stop, key.step)
    number = next(part for part in parts if type(part) is Number)
    given = ", ".join("None" if part is None else text_of(part) for part in parts)
    length = len(range(*actual(key).indices(size)))
    number.numbers.require(f"len(range(*slice({given}).indices({size}))) == {length}", number.place)


def slices(key: Any) -> list[tuple[int, slice]]:
    """The slices in an index that hold varying numbers, with the dimension of each; None-free, plain indices only."""
    parts = key if type(key) is tuple else (key,)
    if any(part is None or part is Ellipsis for part in parts):
        return []
    return [(i, part) for i, part in enumerate(parts) if type(part) is slice and holds(part)]
