"""What stands, while a function is traced, at the places outside that vary: symbols, numbers, containers of them.

They are put into the object, module or cell itself, so that whatever reads it there finds them, and taken out again
when the trace ends. In a call the guard finds the present values.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from typing import Any

from autograph_hook.backends.protocol import Backend
from autograph_hook.backends.values import Varying
from autograph_hook.staging.effects import PRIMITIVES, described, is_array, is_scalar
from autograph_hook.staging.facts import Abort, Facts, Place, Test
from autograph_hook.staging.guards import Guard, place_text, shown
from autograph_hook.staging.numbers import NUMBERS, Numbers
from autograph_hook.staging.putting_back import do_all
from autograph_hook.staging.varying import EVERYTHING, NOTHING, SHAPES, History, is_container

_MISSING: Any = object()


class StandIns:
    """Those of one trace."""

    def __init__(self, backend: Backend, guard: Guard, facts: Facts, history: History, level: int) -> None:
        self.backend = backend
        self.guard = guard
        self.facts = facts
        self.history = history
        self.level = level
        self.numbers = Numbers(backend, guard, facts)
        self.labels: dict[int, str] = {}
        """What the user calls the objects that were met."""
        self.tensors: dict[int, tuple[str, Any]] = {}
        """By the identity of an eager tensor: the guard's expression for it, and its symbol."""
        self.added: list[tuple[str, Any, Any]] = []
        """The same of those that are no arguments, with the eager tensors."""
        self.known: dict[int, Any] = {}
        """All that stands in for something, by identity."""
        self.positions: dict[int, int] = {}
        """Of the symbols that were added: where among all inputs of the graph they are."""
        self.arguments: dict[str, str] = {}
        """What the user calls an argument, by the guard's expression for it."""
        self.copies: dict[int, Any] = {}
        self.texts: dict[int, str] = {}
        """The guard's expressions for containers that copies stand for, by the identity of the copy."""
        self.containers: list[str] = []
        self._restore: list[Callable[[], None]] = []
        self.admit: Callable[[Any], None] = lambda value: None
        self.open: Callable[[list[Any]], None] = lambda copy: None
        self.is_alone: Callable[[], bool] = lambda: True

    def __contains__(self, value: Any) -> bool:
        return id(value) in self.known or isinstance(value, Varying)

    def shape(self, key: tuple[Any, ...], shape: Sequence[int]) -> tuple[int | None, ...]:
        """The shape that a tensor at a place has in the graph."""
        relaxed = self.history.shapes.get(key) if self.level >= SHAPES else None
        if relaxed is None or len(relaxed) != len(shape):
            return tuple(shape)
        return tuple(a if a == b else None for a, b in zip(relaxed, shape, strict=True))

    def test_of(self, text: str, value: Any) -> Any:
        """The test of a tensor among the arguments; None for other values."""
        tensor = self.backend.shape_of(value)
        if tensor is None:
            return None
        shape = self.shape(("argument", text), tensor[1])
        return self.backend.tensor_test(value) if shape == tensor[1] else self.backend.relaxed_test(value, shape)

    def is_number(self, key: tuple[Any, ...], value: Any) -> bool:
        is_number = type(value) in NUMBERS or is_scalar(value)
        wanted = self.level >= EVERYTHING and is_number and key in self.history.numbers
        return wanted and self.backend.is_uniform()

    def array(self, place: Place, value: Any) -> Any:
        return self.numbers.array(place.text, value, place, self.shape(place.key, value.shape))

    def is_open(self, key: tuple[Any, ...], value: Any) -> bool:
        """Is it a list that is another one each time, of which it has not been seen that the function reads it?"""
        history = self.history
        if type(value) is not list or self.level == NOTHING or key not in history.containers - history.copied:
            return False
        history.opened.add(key)
        return True

    def is_open_argument(self, text: str, value: Any) -> bool:
        return self.is_open(("argument", text), value)

    def number(self, place: Place, value: Any) -> Any:
        """One of Python's or of NumPy's."""
        return self.array(place, value) if is_scalar(value) else self.numbers.take(place.text, value, place)

    def is_tested_later(self, text: str, value: Any) -> bool:
        """Is it an argument of which the trace says what the guard must know?"""
        return is_array(value) or self.is_number(("argument", text), value)

    # What is read from outside.

    def read(self, kind: str, owner: Any, key: Any, value: Any) -> Any:
        """What the trace finds there: the value itself where the place does not vary."""
        if value in self:
            return value
        self._name(kind, owner, key, value)
        if self.level == NOTHING and not is_array(value):
            return value
        place_key = (kind, id(owner), "" if key is None else key)
        if not self._varies(place_key, value):
            return value
        store = _store(kind, owner, key, value)
        if store is None:
            return value
        self.require_alone()
        text = place_text(kind, self.guard.constant(owner), key)
        place = Place(place_key, self.label(kind, owner, key), text, shown(value))
        return self.replace(place, value, store)

    def replace(self, place: Place, value: Any, store: Callable[[Any], None]) -> Any:
        tests: list[Test] = []
        made = self._make(place, value, tests)
        if tests:
            self.facts.add("tests", made, place.text, tests)
        self._restore.append(lambda: store(value))
        store(made)
        return made

    def varies(self, key: tuple[Any, ...], value: Any) -> bool:
        return is_array(value) or (self.level != NOTHING and self._varies(key, value))

    def _varies(self, key: tuple[Any, ...], value: Any) -> bool:
        history = self.history
        if is_array(value):
            return True
        if type(value) in PRIMITIVES or is_scalar(value):
            return self.is_number(key, value)
        if key in history.tensors:
            return self.backend.shape_of(value) is not None
        return key in history.containers and is_container(value)

    def _make(self, place: Place, value: Any, tests: list[Test]) -> Any:
        text, key = place.text, place.key
        tensor = self.backend.shape_of(value)
        if tensor is not None:
            return self._tensor(place, value, tensor[1], tests)
        if is_array(value):
            return self.array(place, value)
        if self.is_number(key, value):
            return self.number(place, value)
        if is_container(value):
            return self._container(place, value, tests)
        self.admit(value)
        tests.append(Test(self.guard.seen(text, value), place))
        return value

    def _container(self, place: Place, value: Any, tests: list[Test]) -> Any:
        text, kind = place.text, type(value)
        if self.is_open(place.key, value):
            tests.append(Test(f"type({text}) is list", place))
            self.containers.append(text)
            return self._copied([], text, is_open=True)
        tests.append(Test(f"type({text}) is {self.guard.constant(kind)} and len({text}) == {len(value)}", place))
        made: Any
        if kind is dict:
            if not all(type(key) is str for key in value):
                raise Abort("reads a dict that varies and has other keys than texts")
            tests.append(Test(f"tuple({text}) == {self.guard.constant(tuple(value))}", place))
            made = {key: self._make(self._part(place, key, item), item, tests) for key, item in value.items()}
        else:
            parts = [self._make(self._part(place, i, item), item, tests) for i, item in enumerate(value)]
            made = kind(parts) if kind in (list, tuple) else tuple.__new__(kind, parts)
        if kind in (list, dict):
            self.containers.append(text)
        return self._copied(made, text)

    def _copied(self, made: Any, text: str, is_open: bool = False) -> Any:
        self.known[id(made)] = self.copies[id(made)] = made
        self.texts[id(made)] = text
        if is_open:
            self.open(made)
        return made

    def _part(self, place: Place, key: Any, value: Any) -> Place:
        return Place((*place.key, key), f"{place.label}[{key!r}]", f"{place.text}[{key!r}]", shown(value))

    def _tensor(self, place: Place, value: Any, shape: Sequence[int], tests: list[Test]) -> Any:
        found = self.tensors.get(id(value))
        if found is not None:
            text, symbol = found
            tests.append(Test(f"{place.text} is {text}", place))
            return symbol
        relaxed = self.shape(place.key, shape)
        test = self.backend.relaxed_test(value, relaxed)
        tests.append(Test(f"{self.guard.constant(test)}({place.text})", place))
        symbol = self.backend.add_input(value, relaxed)
        self.tensors[id(value)] = place.text, symbol
        self.added.append((place.text, value, symbol))
        self.known[id(symbol)] = symbol
        return symbol

    def require_alone(self) -> None:
        """Other threads that run a program's code would find what stands in for a value."""
        if not self.is_alone():
            raise Abort("reads what varies while another thread runs the program's code")

    def restore(self) -> None:
        """Put the values back; the last first."""
        do_all(self._restore)

    # Names for the report.

    def _name(self, kind: str, owner: Any, key: Any, value: Any) -> None:
        if type(value) not in PRIMITIVES:
            self.labels.setdefault(id(value), self.label(kind, owner, key))

    def label(self, kind: str, owner: Any, key: Any) -> str:
        return label_of(kind, owner, key, self.labels.get(id(owner)))

    @property
    def is_used(self) -> bool:
        return bool(self.added or self.numbers.count or self._restore)


def label_of(kind: str, owner: Any, key: Any, of: str | None = None) -> str:
    """What the user calls a place; `of` is what the user calls the owner."""
    if kind in ("global", "builtin"):
        return str(key)
    if kind == "cell":
        return of or "a name of an enclosing function"
    if of is None:
        of = f"a {described(owner)}" if not isinstance(owner, (type, types.ModuleType)) else owner.__name__
    if kind == "element":
        return f"{of}[{key!r}]"
    return f"{of}.{key}" if kind in ("attribute", "missing", "elements") else of


def _store(kind: str, owner: Any, key: Any, value: Any) -> Callable[[Any], None] | None:
    """What puts a value at a place without running code of the user's; None where that cannot be."""
    if kind == "cell":
        return lambda new: setattr(owner, "cell_contents", new)
    if kind in ("global", "element"):
        if type(owner) is dict:
            return lambda new: dict.__setitem__(owner, key, new)
        return (lambda new: list.__setitem__(owner, key, new)) if type(owner) is list else None
    if kind != "attribute" or isinstance(owner, type):
        return None
    namespace = getattr(owner, "__dict__", None)
    if type(namespace) is dict and namespace.get(key, _MISSING) is value:
        return lambda new: dict.__setitem__(namespace, key, new)
    slot = getattr(type(owner), key, None)
    if type(slot) is types.MemberDescriptorType and _is_writable(slot, owner, value):
        return lambda new: slot.__set__(owner, new)
    return None


def _is_writable(slot: Any, owner: Any, value: Any) -> bool:
    """Some fields of objects that are not made in Python may only be read."""
    try:
        slot.__set__(owner, value)
    except (AttributeError, TypeError):
        return False
    return True
