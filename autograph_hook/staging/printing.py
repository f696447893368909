"""`print` in a trace of our own: what eager printing prints, in its order, once the graph has run well.

At the top of the graph the printed tensors are outputs of it. Inside a branch or a loop they are handed out while the
graph runs, and kept. Nothing is printed before the call has succeeded: where it fails the plain run does everything
again. Texts that are made of tensors are put off; whether making one may fail is tried beforehand, on values that
stand for the tensors, so that no call fails after its changes of state.
"""

from __future__ import annotations

import builtins
import collections
import enum
import math
import numbers
import operator
import re
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from autograph_hook.interrupts import is_interrupt
from autograph_hook.staging import effects, later
from autograph_hook.staging.arrays import Array
from autograph_hook.staging.effects import PRIMITIVES, described
from autograph_hook.staging.facts import Abort
from autograph_hook.staging.numbers import Number

if TYPE_CHECKING:
    from autograph_hook.staging.trace import Trace

Build = Callable[[Sequence[Any]], Any]
"""From the eager values of the tensors to a value with them in it."""

DEEPEST = 12
LARGEST = 64
"""Elements of a tensor that has something standing for it."""
_TUPLE: Any = collections.namedtuple("_TUPLE", "a")


class Deferred:
    """A Python value that is made of tensors, to be printed, stored or returned. Any other use ends the trace, but for
    sums and products, which wait as well."""

    __slots__ = ("build", "is_number", "is_text", "leaves", "trace")

    def __init__(self, trace: Trace, build: Build, leaves: Sequence[Any], is_text: bool, is_number: bool) -> None:
        self.trace = trace
        self.build = build
        self.leaves = leaves
        self.is_text = is_text
        self.is_number = is_number
        """Certainly, not only perhaps."""

    def __add__(self, other: Any) -> Deferred:
        return _sum(self, other)

    def __radd__(self, other: Any) -> Deferred:
        return _sum(other, self)

    def __sub__(self, other: Any) -> Deferred:
        return put_off(self.trace, operator.sub, (self, other), is_text=False)

    def __rsub__(self, other: Any) -> Deferred:
        return put_off(self.trace, operator.sub, (other, self), is_text=False)

    def __mul__(self, other: Any) -> Deferred:
        return put_off(self.trace, operator.mul, (self, other), is_text=False)

    def __rmul__(self, other: Any) -> Deferred:
        return put_off(self.trace, operator.mul, (other, self), is_text=False)

    def __truediv__(self, other: Any) -> Deferred:
        return put_off(self.trace, operator.truediv, (self, other), is_text=False)


def _sum(one: Any, other: Any) -> Deferred:
    trace: Trace = one.trace if type(one) is Deferred else other.trace
    is_text = all(part.is_text if type(part) is Deferred else type(part) is str for part in (one, other))
    return put_off(trace, operator.add, (one, other), is_text=is_text, may_fail=not is_text)


def _misused(*_: Any) -> Any:
    raise Abort("uses a Python value of a tensor otherwise than to print or keep it")


for _name in (
    "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__bool__", "__len__", "__iter__", "__getitem__",
    "__contains__", "__str__", "__repr__", "__format__", "__float__", "__int__", "__index__", "__mod__", "__rmod__",
    "__hash__",
):  # fmt: skip
    setattr(Deferred, _name, _misused)


OF_ARRAYS = frozenset({"item", "max", "mean", "min", "sum"})
"""Methods that make one number of what `.numpy()` gives."""


class Late:
    """A method of a tensor, or of the array that is made of one, that makes a Python value."""

    __slots__ = ("name", "value")

    def __init__(self, value: Any, name: str) -> None:
        self.value = value
        self.name = name

    def make(self, trace: Trace, arguments: Sequence[Any], keywords: dict[str, Any]) -> Deferred:
        if arguments or keywords:
            raise Abort(f"calls {self.name} with arguments")
        function = operator.methodcaller(self.name)
        return put_off(trace, function, (self.value,), is_text=False, may_fail=type(self.value) is Deferred)


def array_of_variable(trace: Trace, value: Any) -> Late | None:
    """`value.numpy`, of a variable; None for other values."""
    held = trace.backend.value_of(value) if trace.backend.at_top() else None
    return None if held is None else Late(held, "numpy")


NUMBERS = (float, int, bool, complex)


def may_wait(trace: Trace, value: Any) -> bool:
    """Is it a tensor, or what is made of one, of which a Python value can be made when the graph has run?"""
    if type(value) is Deferred:
        return True
    values = trace.backend
    return values.is_symbolic(value) and values.is_tensor(value) and values.at_top() and not values.is_truth(value)


def content(trace: Trace, kind: type, value: Any) -> Any:
    """What a variable holds of which `kind` makes a Python number; any other value itself."""
    held = trace.backend.value_of(value) if kind in (float, int) and trace.backend.at_top() else None
    return value if held is None else held


def number(trace: Trace, kind: type, value: Any) -> Deferred:
    """`kind(value)`"""
    if type(value) is not Deferred and value.shape.rank != 0:
        raise Abort(f"makes a Python {kind.__name__} of a tensor that is no scalar")
    try:
        return put_off(trace, kind, (value,), is_text=False)
    except Abort:
        raise Abort(f"makes a Python {kind.__name__} of a tensor of which none can be made sometimes") from None


class Snapshot:
    """Values as they are now; `leaves` are the tensors in them that are known only when the graph has run."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.leaves: list[Any] = []

    def take(self, value: Any, depth: int = 0) -> Build:
        values = self.trace.backend
        kind = type(value)
        if kind is Deferred:
            start, end = len(self.leaves), len(self.leaves) + len(value.leaves)
            self.leaves += value.leaves
            build = value.build
            return lambda given: build(given[start:end])
        if _varies(value) and not values.at_top():
            value = value.pin()
            return lambda given: value
        if _varies(value) or (values.is_symbolic(value) and values.is_tensor(value)):
            return self._leaf(value)
        if kind in PRIMITIVES or _has_fixed_text(value) or values.is_constant(value):
            return lambda given: value
        if values.recognises(kind):
            return self._foreign(value)
        if kind in (list, tuple, dict, set, frozenset) or _is_plain_named_tuple(kind):
            return self._container(value, kind, depth)
        if kind.__module__.startswith("autograph_hook."):
            repr(value)  # what stands for a value of Python's refuses this in its own words
        raise Abort(f"prints {described(value)}")

    def _leaf(self, tensor: Any) -> Build:
        index = len(self.leaves)
        self.leaves.append(tensor)
        return lambda given: given[index]

    def _foreign(self, value: Any) -> Build:
        """A value of the backend's that is not symbolic: an eager tensor, a variable."""
        values = self.trace.backend
        if values.is_tensor(value) and not values.is_symbolic(value):
            return lambda given: value
        read = values.readable(value)
        if read is None:
            raise Abort(f"prints a {described(value)}")
        content, shown = read
        leaf = self._leaf(content)
        return lambda given: shown(leaf(given))

    def _container(self, value: Any, kind: type, depth: int) -> Build:
        if depth > DEEPEST:
            raise Abort(f"prints a {described(value)} that is nested too deeply")
        self.trace.iteration(value)
        if kind is dict:
            pairs = [(self.take(key, depth + 1), self.take(item, depth + 1)) for key, item in value.items()]
            return lambda given: {key(given): item(given) for key, item in pairs}
        known = len(self.leaves)
        parts = [self.take(item, depth + 1) for item in value]
        if kind in (set, frozenset) and len(self.leaves) > known:
            raise Abort(f"prints a {kind.__name__} of tensors")
        if kind in (list, tuple):
            return lambda given: kind(part(given) for part in parts)
        if kind in (set, frozenset):
            copy = kind(value)  # as it is built, so are its elements in order
            return lambda given: copy
        return lambda given: tuple.__new__(kind, [part(given) for part in parts])


def _has_fixed_text(value: Any) -> bool:
    """Has it a text that nothing changes, made by Python's own code?"""
    if not effects.is_immutable(value):
        return False
    return not isinstance(value, enum.Enum) or all(
        next(vars(k)[name] for k in type(value).__mro__ if name in vars(k)) in _TEXTS_OF_MEMBERS
        for name in ("__str__", "__repr__", "__format__")
    )


_TEXTS_OF_MEMBERS: tuple[Any, ...] = tuple(
    vars(kind)[name]
    for kind in (enum.Enum, enum.Flag, *(getattr(enum, name, enum.Enum) for name in ("IntEnum", "StrEnum", "ReprEnum")),
                 object, int, str, float)
    for name in ("__str__", "__repr__", "__format__")
    if name in vars(kind)
)  # fmt: skip


def _is_plain_named_tuple(kind: type) -> bool:
    if not effects.is_named_tuple(kind):
        return False
    own = vars(kind)
    written = getattr(own.get("__repr__"), "__code__", None)
    return written is _TUPLE.__repr__.__code__ and "__str__" not in own and "__format__" not in own


def holds_symbol(trace: Trace, value: Any, depth: int = 0) -> bool:
    """Does the text of this depend on what is known only when the graph runs?"""
    kind = type(value)
    if kind in PRIMITIVES:
        return False
    if kind is Deferred or _varies(value) or trace.backend.is_symbolic(value):
        return True
    if trace.backend.recognises(kind):
        return not trace.backend.is_tensor(value)
    if isinstance(value, (list, tuple)) and depth <= DEEPEST:
        return any(holds_symbol(trace, item, depth + 1) for item in value)
    return isinstance(value, dict) and any(holds_symbol(trace, item, depth + 1) for item in value.values())


def put_off(
    trace: Trace,
    function: Callable[..., Any],
    arguments: Sequence[Any],
    keywords: dict[str, Any] | None = None,
    *,
    is_text: bool = True,
    may_fail: bool = True,
) -> Deferred:
    """`function(*arguments)`, for when the graph has run."""
    _refuse_widths(function, arguments)
    snapshot = Snapshot(trace)
    takes = [snapshot.take(argument) for argument in arguments]
    named = {name: snapshot.take(argument) for name, argument in (keywords or {}).items()}

    line = later.Line()

    def build(given: Sequence[Any]) -> Any:
        taken = [take(given) for take in takes]
        return line.call(function, taken, {name: take(given) for name, take in named.items()})

    if may_fail:
        _try(trace, build, snapshot.leaves)
    is_number = function in NUMBERS or (function in _ARITHMETIC and all(map(_is_number, arguments)))
    return Deferred(trace, build, snapshot.leaves, is_text, is_number)


_ARITHMETIC = (operator.add, operator.sub, operator.mul, operator.truediv)


def _is_number(value: Any) -> bool:
    return value.is_number if type(value) is Deferred else isinstance(value, numbers.Number) or _varies(value)


def _refuse_widths(function: Any, arguments: Sequence[Any]) -> None:
    """A width that is known only when the graph runs may be of any size, and so may a text that is repeated."""
    if function in _ARITHMETIC:
        if function is operator.mul and not all(map(_is_number, arguments)) and not any(map(_is_fixed, arguments)):
            raise Abort("multiplies Python values of tensors that may not all be numbers")
        return
    template = getattr(function, "__self__", None)
    if isinstance(template, str):
        varies = _NESTED.search(template) is not None
    elif function is operator.mod:
        varies = "*" in arguments[0]
    else:
        varies = any(type(argument) is Deferred for argument in arguments[1:])
    if varies:
        raise Abort("formats with a width that may depend on a tensor")


def _is_fixed(value: Any) -> bool:
    """Is it a number that repeats nothing, or as often in each call?"""
    return type(value) is not Deferred and _is_number(value)


def _try(trace: Trace, build: Build, leaves: Sequence[Any]) -> None:
    """Make it of values that stand for the tensors: the least, the largest, what is no number."""
    tensors = [leaf for leaf in leaves if not _varies(leaf)]
    given = trace.backend.stand_ins(tensors, LARGEST) if tensors else [[], []]
    if given is None:
        raise Abort("prints a text of a tensor that cannot be tried beforehand")
    for i, values in enumerate(given):
        tried = iter(values)
        try:
            content = [_tried_number(leaf.value, i) if _varies(leaf) else next(tried) for leaf in leaves]
            later.tried(build, content)
        except Exception as error:
            if is_interrupt(error):
                raise
            raise Abort(f"prints a text that cannot always be made: {type(error).__name__}: {error}") from None


def _tried_number(value: Any, turn: int) -> Any:
    """A number of the kind of one that varies, at which making a text may fail."""
    kind = type(value)
    if kind is float or (effects.is_scalar(value) and value.dtype.kind in "fc"):
        return kind((math.nan, -math.inf)[turn % 2])
    if kind is int:
        return (-(10**30), 10**30)[turn % 2]
    if effects.is_scalar(value) and value.dtype.kind in "iu":
        largest = 2 ** (8 * value.itemsize - (value.dtype.kind == "i")) - 1
        return kind((0 if value.dtype.kind == "u" else -largest - 1, largest)[turn % 2])
    return value


def _varies(value: Any) -> bool:
    """Is it a number that the guard finds in each call?"""
    return type(value) is Number or (type(value) is Array and effects.is_scalar(value.value))


class _Event(NamedTuple):
    objects: list[Build]
    options: dict[str, Any]
    leaves: list[Any]

    def show(self, given: Sequence[Any]) -> None:
        builtins.print(*[build(given) for build in self.objects], **self.options)


class Printing:
    """What one trace prints, and the prints of the calls of its graph."""

    def __init__(self) -> None:
        self.events: list[tuple[_Event, int]] = []
        """Prints at the top of the graph, and where their tensors begin among its outputs."""
        self.inside = False
        self._lock = threading.RLock()
        self._arrived: list[tuple[int, _Event, Sequence[Any]]] = []

    def __bool__(self) -> bool:
        return self.inside or bool(self.events)

    def count(self) -> int:
        """How many prints stand at the top of the graph so far."""
        return len(self.events)

    def add(self, trace: Trace, objects: Iterable[Any], options: dict[str, Any]) -> None:
        snapshot = Snapshot(trace)
        event = _Event([snapshot.take(value) for value in objects], options, snapshot.leaves)
        if trace.backend.at_top():
            self.events.append((event, 0))
            return
        if any(map(_varies, event.leaves)):
            raise Abort("prints a number that varies in a branch or loop of the graph")
        self.inside = True
        before = len(self.events)
        leaves, event = event.leaves, event._replace(leaves=[])
        trace.backend.hand_out(leaves, lambda given: self._arrived.append((before, event, given)))

    def add_outputs(self, outputs: list[Any]) -> None:
        for i, (event, _) in enumerate(self.events):
            self.events[i] = event._replace(leaves=[None] * len(event.leaves)), len(outputs)
            outputs += event.leaves

    def run(
        self, compiled: Callable[[list[Any]], list[Any]], inputs: list[Any]
    ) -> tuple[list[Any], Callable[[], None]]:
        """Call the graph: its outputs, and what prints all that it has printed."""
        if not self.inside:
            outputs = compiled(inputs)
            return outputs, lambda: self._show(outputs, [])
        # One call at a time, so that what is handed out is this call's. A signal's handler may come in between.
        with self._lock:
            before, self._arrived = self._arrived, []
            try:
                outputs = compiled(inputs)
                arrived = self._arrived
            finally:
                self._arrived = before
        return outputs, lambda: self._show(outputs, arrived)

    def _show(self, outputs: Sequence[Any], arrived: Sequence[tuple[int, _Event, Sequence[Any]]]) -> None:
        shown = 0
        for before, event, given in arrived:
            self._show_top(outputs, shown, before)
            shown = max(shown, before)
            event.show(given)
        self._show_top(outputs, shown, len(self.events))

    def _show_top(self, outputs: Sequence[Any], start: int, end: int) -> None:
        for event, place in self.events[start:end]:
            event.show(outputs[place : place + len(event.leaves)])


def check_options(sep: Any, end: Any, file: Any, flush: Any) -> dict[str, Any]:
    """The options of a `print` that a trace carries."""
    if file is not None:
        raise Abort("prints to a file")
    if not all(text is None or type(text) is str for text in (sep, end)) or type(flush) is not bool:
        raise Abort("prints with other options than texts")
    return {"sep": sep, "end": end, "flush": flush}


_NESTED = re.compile(r"\{[^{}]*\{")
