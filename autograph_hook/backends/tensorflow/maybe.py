"""What two paths left of one variable, where no tensor can stand for both.

A :class:`Maybe` has a value on some paths only: elsewhere the name is undefined, or None. A graph carries it as a
flag and the value's tensors, with zeros where there is none. A :class:`Conflict` cannot be carried at all.

The join itself is no error: a value that nobody reads does no harm. User code never works on either. A name is read
by an operator, and that reads a Maybe: the graph checks the flag there, so only where the read really happens. What
gets past the operators meets the methods below.
"""

from __future__ import annotations

import operator
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import tensorflow as tf

from autograph_hook.backends.protocol import UNDEFINED, Joined, Location
from autograph_hook.backends.tensorflow import exact, values
from autograph_hook.backends.tensorflow.stories import PACKAGE, Story


class Peel(BaseException):
    """A loop's body needs the value of what is None in the first iteration. No Exception: nothing that is traced may
    swallow it.
    """


class _Thread(threading.local):
    present: tuple[Any, ...] = ()
    """Flags that hold where this thread traces."""
    absent: tuple[Any, ...] = ()
    peels = False


_thread = _Thread()


@contextmanager
def knowing(flag: Any, holds: bool) -> Iterator[None]:
    """What is traced here runs only where the flag is so."""
    before = _thread.present, _thread.absent
    if holds:
        _thread.present = (*_thread.present, flag)
    else:
        _thread.absent = (*_thread.absent, flag)
    try:
        yield
    finally:
        _thread.present, _thread.absent = before


@contextmanager
def peeling(wanted: bool) -> Iterator[None]:
    """While a loop's body is traced: is a read of what may be None a reason to peel off the first iteration?"""
    before, _thread.peels = _thread.peels, wanted
    try:
        yield
    finally:
        _thread.peels = before


class _Unread(Joined):
    """`isinstance` must not say that it is of no kind, nor a conversion take it for an object."""

    __slots__ = ()

    def error(self) -> BaseException:
        """The error of code that can do with one kind of value only."""
        raise NotImplementedError

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        caller = sys._getframe(1)
        if caller.f_code.co_filename == "<frozen abc>" and caller.f_back is not None:
            caller = caller.f_back
        if caller.f_code.co_filename.startswith(PACKAGE):
            return type(self)
        raise self.error()


class Conflict(_Unread):
    """Two values that no graph can choose between. Whoever uses it gets an error that names both."""

    __slots__ = ("story",)

    def __init__(self, story: Story) -> None:
        self.story = story

    def described(self) -> str:
        return " or ".join(self.story.texts)

    def error(self) -> BaseException:
        return exact.refusal(self.story.text())

    def read(self, name: str = "", where: Location | None = None) -> Any:
        raise self.error()

    def passed(self, name: str = "", where: Location | None = None) -> Any:
        raise self.error()

    def is_none(self, wanted: bool) -> Any:
        raise self.error()

    def returned(self) -> Any:
        raise self.error()

    def __repr__(self) -> str:
        what = "the result" if self.story.is_result else self.story.label
        return f"<{what}: one of two values, known only when the graph runs>"


class Maybe(_Unread):
    """A value, or `absent`: None, or UNDEFINED for a name without one. `present` is the graph's flag.

    `leaves` are those of the value, zeros where it is absent; `rebuild` makes the value of them.
    """

    __slots__ = ("_absence", "_checked", "absent", "leaves", "part", "present", "rebuild", "story")

    def __init__(
        self,
        absent: Any,
        present: Any,
        part: Any,
        leaves: Sequence[Any],
        rebuild: Callable[[Any, Iterator[Any]], Any],
        story: Story | None = None,
    ) -> None:
        self.absent = absent
        self.present = present
        self.part = part
        self.leaves = list(leaves)
        self.rebuild = rebuild
        self.story = story
        self._absence: Any = None
        self._checked: list[tuple[Any, Any]] = []

    def value(self) -> Any:
        """The value, as if it were there."""
        return self.rebuild(self.part, iter(self.leaves))

    def absence(self) -> Any:
        """The flag that there is none."""
        if self._absence is None:
            self._absence = tf.logical_not(self.present, name="otherwise")
        return self._absence

    def known(self) -> bool | None:
        """Is it there, as far as can be told where this thread traces?"""
        if _among(self.present, _thread.present) or _among(self._absence, _thread.absent):
            return True
        return False if _among(self.present, _thread.absent) or _among(self._absence, _thread.present) else None

    def settled(self) -> Any:
        """What it is, if that is known where this thread traces."""
        known = self.known()
        return self if known is None else self.value() if known else self.absent

    def narrowed(self, flag: Any, holds: bool) -> Any:
        """What it is where a condition is so, which may be about itself."""
        if flag is self.present:
            return self.value() if holds else self.absent
        if flag is self._absence and flag is not None:
            return self.absent if holds else self.value()
        return self.value() if flag is self and holds else self

    def read(self, name: str = "", where: Location | None = None) -> Any:
        """The value, where the graph has checked that there is one."""
        known = self.known()
        if known:
            return _read(self.value(), name, where)
        if known is False and self.absent is None:
            return None
        if _thread.peels and self.absent is None:
            raise Peel
        return _read(self._with_check(name, where), name, where)

    def passed(self, name: str = "", where: Location | None = None) -> Any:
        """The same where None is as good as any value: it is only handed on."""
        if self.absent is UNDEFINED:
            value = self.value() if self.known() else self._with_check(name, where)
            return value.passed(name, where) if isinstance(value, Joined) else value
        return self.settled()

    def is_none(self, wanted: bool) -> Any:
        if self.absent is UNDEFINED:
            value = self.passed()
            return value.is_none(wanted) if isinstance(value, Joined) else (value is None) is wanted
        return exact.truth(self.absence() if wanted else self.present)

    def is_undefined(self) -> bool:
        return self.absent is UNDEFINED and self.known() is None

    def truth(self) -> Any:
        """The scalar boolean tensor of its truth: None is false."""
        if self.absent is UNDEFINED:
            return values.truth(self.read())
        holds = values.truth(self.value())
        if isinstance(holds, bool):
            return self.present if holds else tf.constant(False)
        return tf.logical_and(self.present, holds)

    def described(self) -> str:
        return f"{values.describe(self.value())} or {'None' if self.absent is None else 'without a value'}"

    def error(self) -> BaseException:
        return exact.refusal(self.story.text() if self.story is not None else self._message("it", None))

    def returned(self) -> Any:
        # A loop that never runs is as a rule not meant: the graph checks it, as it does a name without a value.
        if exact.is_demanded() or (self.absent is None and (self.story is None or not self.story.is_loop)):
            raise self.error()
        return self.read()

    def _with_check(self, name: str, where: Location | None) -> Any:
        graph = tf.compat.v1.get_default_graph()
        outer = graph
        while outer is not None:
            for checked, value in self._checked:
                if checked is outer:
                    return value
            outer = getattr(outer, "outer_graph", None)
        exact.require_graph(self.present, name or "this value", "" if where is None else f"{where}: ")
        check = tf.debugging.Assert(self.present, [self._message(name, where)])
        with tf.control_dependencies([check] if check is not None else []):
            leaves = [tf.identity(leaf) if isinstance(leaf, tf.Tensor) else leaf for leaf in self.leaves]
        value = self.rebuild(self.part, iter(leaves))
        self._checked.append((graph, value))
        return value

    def _message(self, name: str, where: Location | None) -> str:
        story = self.story
        name = name or ("it" if story is None else story.label)
        place = where or (None if story is None else story.where)
        two = "" if story is None else f": {name} {story.two()}"
        if self.absent is None:
            text = f"{name} is None here, and its value is used{two}"
        elif name.startswith("the item "):
            text = f"{name} has no value here{two}"
        elif "." in name:
            text = f"the attribute {name} has no value here{two}"
        else:
            text = f"cannot access local variable {name!r} where it is not associated with a value{two}"
        if story is not None and story.is_result:
            text = f"the function returned None, and its result is used: it returns {story.two()}"
        return values.unescaped(text if place is None else f"{place}: {text}")

    def __repr__(self) -> str:
        kind = "None" if self.absent is None else "without a value"
        what = "a value" if self.story is None else "a result" if self.story.is_result else self.story.label
        return f"<{what}: {kind} on some paths>"

    def __eq__(self, other: object) -> Any:
        return self.is_none(True) if other is None else self.read() == other

    def __ne__(self, other: object) -> Any:
        return self.is_none(False) if other is None else self.read() != other

    __hash__ = object.__hash__


def _among(flag: Any, flags: Sequence[Any]) -> bool:
    return flag is not None and any(other is flag for other in flags)


def _read(value: Any, name: str, where: Location | None) -> Any:
    return value.read(name, where) if isinstance(value, Joined) else value


# What user code may do to a value that got past the operators: it is read, or refused.

_BINARY = (
    "add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "pow", "lshift", "rshift", "and", "or", "xor",
)  # fmt: skip
_OTHERS: dict[str, Callable[..., Any]] = {
    "__neg__": operator.neg,
    "__pos__": operator.pos,
    "__invert__": operator.invert,
    "__abs__": abs,
    "__lt__": operator.lt,
    "__le__": operator.le,
    "__gt__": operator.gt,
    "__ge__": operator.ge,
    "__getitem__": operator.getitem,
    "__contains__": operator.contains,
    "__len__": len,
    "__iter__": iter,
    "__bool__": bool,
    "__int__": int,
    "__float__": float,
    "__complex__": complex,
    "__index__": operator.index,
    "__str__": str,
    "__format__": format,
    "__getattr__": getattr,
    "__call__": lambda function, *arguments, **keywords: function(*arguments, **keywords),
}


def _reading(function: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: Any, *arguments: Any, **keywords: Any) -> Any:
        return function(self.read(), *arguments, **keywords)

    return method


def _reflected(function: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: Any, other: Any) -> Any:
        return function(other, self.read())

    return method


for _kind in (Maybe, Conflict):
    for _name, _function in _OTHERS.items():
        setattr(_kind, _name, _reading(_function))
    for _name in _BINARY:
        _function = getattr(operator, f"{_name}_" if _name in ("and", "or") else _name)
        setattr(_kind, f"__{_name}__", _reading(_function))
        setattr(_kind, f"__r{_name}__", _reflected(_function))
Conflict.__eq__ = _reading(operator.eq)  # type: ignore[method-assign]
Conflict.__ne__ = _reading(operator.ne)  # type: ignore[method-assign]
Conflict.__hash__ = object.__hash__  # type: ignore[method-assign]
