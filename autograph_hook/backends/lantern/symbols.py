"""The values of a trace: numbers, arrays. They record operations through Python's operators and NumPy's protocols."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograph_hook.backends.lantern.ir import Scalar, Tensor, Var
from autograph_hook.backends.lantern.op_meanings import DTYPES
from autograph_hook.backends.lantern.tracing import Frame, NeedsStatic, error, session

PYTHON: dict[str, type] = {"bool": bool, "i64": int, "f64": float}


def arithmetic() -> Any:
    from autograph_hook.backends.lantern import arithmetic

    return arithmetic


def functions() -> Any:
    from autograph_hook.backends.lantern import numpy_functions

    return numpy_functions


class Symbol:
    """A value of compiled code. `frame` is the def in which it is bound; None: of the whole program."""

    __slots__ = ("__weakref__",)

    def located(self) -> tuple[Var, Frame | None]:
        raise NotImplementedError


def _binary(name: str) -> tuple[Any, Any]:
    def forward(self: Any, other: Any) -> Any:
        return arithmetic().binary(name, self, other)

    def backward(self: Any, other: Any) -> Any:
        return arithmetic().binary(name, other, self)

    return forward, backward


class Numeric(Symbol):
    """What numbers and arrays have in common."""

    __slots__ = ()

    __array_priority__ = 1000.0
    __hash__ = None  # type: ignore[assignment]

    __add__, __radd__ = _binary("+")
    __sub__, __rsub__ = _binary("-")
    __mul__, __rmul__ = _binary("*")
    __truediv__, __rtruediv__ = _binary("/")
    __floordiv__, __rfloordiv__ = _binary("//")
    __mod__, __rmod__ = _binary("%")
    __pow__, __rpow__ = _binary("**")
    __matmul__, __rmatmul__ = _binary("@")
    __and__, __rand__ = _binary("&")
    __or__, __ror__ = _binary("|")
    __xor__, __rxor__ = _binary("^")
    __eq__, _ = _binary("==")
    __ne__, _ = _binary("!=")
    __lt__, _ = _binary("<")
    __le__, _ = _binary("<=")
    __gt__, _ = _binary(">")
    __ge__, _ = _binary(">=")

    def __neg__(self) -> Any:
        return arithmetic().unary("neg", self)

    def __pos__(self) -> Any:
        return arithmetic().unary("+", self)

    def __abs__(self) -> Any:
        return arithmetic().unary("abs", self)

    def __invert__(self) -> Any:
        return arithmetic().unary("not", self)

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __bool__(self) -> bool:
        raise error("asks Python for the truth of a value that is known only when the compiled code runs", NeedsStatic)

    def __int__(self) -> int:
        raise error("makes a Python number of a value that is known only when the compiled code runs", NeedsStatic)

    __index__ = __float__ = __complex__ = __int__

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__":
            raise error(f"calls numpy.{ufunc.__name__}.{method}, which Lantern has not")
        return functions().call(ufunc, inputs, options)

    def __array_function__(self, function: Any, kinds: Any, args: Any, kwargs: Any) -> Any:
        return functions().call(function, args, kwargs)

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise error("gives a value that is known only when the compiled code runs to code that Lantern does not know")

    # Attributes that NumPy's scalars and arrays have.

    @property
    def ir(self) -> Scalar | Tensor:
        raise NotImplementedError

    @property
    def dtype(self) -> Any:
        return np.dtype(DTYPES[self.ir.dtype])

    @property
    def shape(self) -> tuple[int, ...]:
        type = self.ir
        return type.shape if isinstance(type, Tensor) else ()

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape))

    @property
    def T(self) -> Any:
        return functions().transpose(self)

    def astype(self, dtype: Any) -> Any:
        return arithmetic().cast_to(self, np.dtype(dtype))

    def item(self) -> Any:
        return arithmetic().item(self)

    def tolist(self) -> Any:
        raise error("calls tolist() of a value that is known only when the compiled code runs")

    def reshape(self, *shape: Any) -> Any:
        return functions().reshape(self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Any:
        return functions().transpose(self, axes[0] if len(axes) == 1 else axes or None)

    def dot(self, other: Any) -> Any:
        return functions().dot(self, other)

    def copy(self) -> Any:
        return functions().copy(self)

    def ravel(self) -> Any:
        return functions().reshape(self, (-1,))

    flatten = ravel

    def clip(self, low: Any = None, high: Any = None) -> Any:
        return functions().clip(self, low, high)


def _reducing(name: str) -> Any:
    def method(self: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return functions().reduce(name, self, axis, keepdims)

    method.__name__ = name
    return method


for _name in ("sum", "mean", "max", "min", "argmax", "argmin", "any", "all", "prod"):
    setattr(Numeric, _name, _reducing(_name))


class Number(Numeric):
    """A number. `python`: is it one of Python's, which takes the dtype of what it meets, or one of NumPy's?"""

    __slots__ = ("frame", "origin", "python", "value")

    def __init__(self, value: Var, frame: Frame | None, python: bool) -> None:
        self.value = value
        self.frame = frame
        self.python = python

    def located(self) -> tuple[Var, Frame | None]:
        return self.value, self.frame

    @property
    def ir(self) -> Scalar:
        assert isinstance(self.value.type, Scalar)
        return self.value.type

    def __repr__(self) -> str:
        return f"<{self.ir} {self.value}>"

    def __round__(self, digits: Any = None) -> Any:
        raise error("calls round(), which Lantern has not")


_versions = itertools.count(1)

OUTSIDE = "that was there before"
FRESH, OBJECT, VIEW = range(3)
"""An array is new; it may be the object that the compiled code was given; it may be a view."""


class Array(Numeric):
    """An array. It may change: then the next value takes the place of `value`. A view reads, and changes, its base."""

    __slots__ = ("base", "depth", "fixed", "frame", "given", "seen", "value", "version", "view", "where")

    def __init__(self, value: Var, frame: Frame | None, fixed: str | None = None) -> None:
        self.value = value
        self.frame = frame
        self.version = next(_versions)
        self.depth = len(session().scopes)
        self.fixed = fixed
        """Why it may not change; None where it may."""
        self.given = OBJECT if fixed == OUTSIDE else FRESH
        """May it be the object that the code was given, or a view of one?"""
        self.base: Array | None = None
        self.view: Any = None
        """How the base is read and changed: two functions."""
        self.seen = 0
        """The version of the base that `value` was read from."""
        self.where: Any = None
        """The block in which it was read."""

    @property
    def ir(self) -> Tensor:
        assert isinstance(self.value.type, Tensor)
        return self.value.type

    def located(self) -> tuple[Var, Frame | None]:
        if self.base is not None and self.base.current() != self.seen:
            found: tuple[Var, Frame | None] = self.view[0](self.base)
            return found
        return self.value, self.frame

    def current(self) -> int:
        return self.version if self.base is None else self.base.current()

    def of_base(self, base: Array, read: Any, write: Any) -> Array:
        """Make it a view."""
        self.base, self.view, self.seen = base, (read, write), base.current()
        return self

    def others(self) -> int:
        """Whose array it may be, too."""
        return self.given if self.base is None else VIEW

    def change(self, value: Var) -> None:
        """The array gets this content."""
        if self.base is not None and self.fixed is None:
            self.view[1](self.base, value)
            self.value, self.frame, self.seen = value, session().frame, -1
            return
        if self.fixed is not None:
            raise error(f"changes an array {self.fixed}, which others see")
        if self.frame is not session().frame:
            raise error("changes an array of an enclosing function in a function that calls itself")
        session().noting(self)
        self.value, self.version = value, next(_versions)

    def state(self) -> tuple[Var, int]:
        return self.value, self.version

    def restore(self, state: tuple[Var, int]) -> None:
        self.value, self.version = state

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of unsized object")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return iter([self[k] for k in range(len(self))])

    def __getitem__(self, key: Any) -> Any:
        from autograph_hook.backends.lantern import indexing

        return indexing.get(self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        from autograph_hook.backends.lantern import indexing

        indexing.put(self, key, value)

    def fill(self, value: Any) -> None:
        self[...] = value

    def __repr__(self) -> str:
        return f"<array {self.ir.dtype} {self.shape} {self.value}>"


def _in_place(name: str) -> Any:
    def method(self: Array, other: Any) -> Any:
        result = arithmetic().binary(name, self, other)
        if result.shape != self.shape:
            raise error(f"`{name}=` of an array of shape {self.shape} and a value of shape {np.shape(other)}")
        if not np.can_cast(result.dtype, self.dtype, "same_kind"):
            raise error(f"`{name}=` of an array of {self.dtype} with a result of {result.dtype}")
        self.change(session().var(arithmetic().cast_to(result, self.dtype)))
        return self

    return method


_IN_PLACE = {"+": "iadd", "-": "isub", "*": "imul", "/": "itruediv", "//": "ifloordiv", "%": "imod", "**": "ipow"}
for _symbol, _method in _IN_PLACE.items():
    setattr(Array, f"__{_method}__", _in_place(_symbol))


def number(var: Var, python: bool) -> Number:
    return Number(var, session().frame, python)


def wrapped(var: Var, python: bool = False) -> Number | Array:
    """The symbol of a new name."""
    if isinstance(var.type, Scalar):
        return number(var, python)
    return Array(var, session().frame)
