"""From the facts of a trace to one function that checks them all.

The function is generated: for each fact one expression, in the order in which the facts were met, so that an owner
has been checked before what is read from it. Constants stand in its namespace; nothing is looked up by name, and no
code of the user's is run.
"""

from __future__ import annotations

import builtins
import keyword
import types
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from operator import is_
from typing import Any

from autograph_hook.backends.protocol import Objects
from autograph_hook.interrupts import is_interrupt
from autograph_hook.staging.effects import PRIMITIVES, described, is_named_tuple, is_scalar
from autograph_hook.staging.facts import Abort, Fact, Place, Test

Check = Callable[[Any, tuple[Any, ...], dict[str, Any]], "list[Any] | None"]
TensorTest = Callable[[Any], "Callable[[Any], bool] | None"]
PlacedTest = Callable[[str, Any], "Callable[[Any], bool] | None"]


Varies = Callable[[str, Any], bool]
"""Is an argument a number that is tested when the trace has come to it?"""


def never(text: str, value: Any) -> bool:
    return False


MOST_ELEMENTS = 64
"""Elements of a container that are looked at one by one to say which of them has changed."""


class Life:
    """Ends when one of the objects that it follows is gone."""

    def __init__(self) -> None:
        self.lasts = True
        self.ended: Callable[[bool], None] = lambda is_owner: None
        """Called with whether it was more than a value: an object that others are read from."""

    def follow(self, value: Any) -> weakref.ref[Any]:
        is_value = hasattr(type(value), "shape") and hasattr(type(value), "dtype")
        return weakref.ref(value, self._end_of_value if is_value else self._end_of_owner)

    def _end_of_value(self, _: object) -> None:
        self.lasts = False
        self.ended(False)

    def _end_of_owner(self, _: object) -> None:
        self.lasts = False
        self.ended(True)


def _may_die(value: Any) -> bool:
    """Is it an object that a program may want to see gone? Not what modules and classes are made of."""
    kind = type(value)
    return kind.__weakrefoffset__ != 0 and not isinstance(
        value, (type, types.FunctionType, types.ModuleType, types.BuiltinFunctionType, types.MethodType, set, frozenset)
    )


class Guard:
    """Collects the tests of one specialization and compiles them.

    The compiled check takes the cells function, the positional and the keyword arguments of a call; it returns the
    tensors that the compiled graph takes, or None when the call is another case.

    Objects of the user's are not kept alive: `life` ends with the first of them that is gone, and with it the use of
    the specialization. (Lists and dictionaries cannot be followed: an object to which one of its own refers back, by
    way of a list, lives as long as the specialization.)
    """

    def __init__(self, life: Life) -> None:
        self.life = life
        self.namespace: dict[str, Any] = {"is_": is_}
        self.tests: list[Test] = []
        self.inputs: list[str] = []
        self.captures: list[str] = []
        """What the graph takes besides, where that is another value in each call."""
        self.apart: list[str] = []
        """The tensors that the graph takes from elsewhere."""
        self.numbers: list[str] = []
        """Python numbers that the results of a call are made of."""
        self.containers: list[str] = []
        self.names: dict[int, str] = {}
        self.unread: dict[int, Any] = {}
        """Containers that are given, and that must be the same objects: their content is no fact unless it is read."""
        self.is_open: Varies = never
        """Is an argument a list for which any will do?"""

    def constant(self, value: Any) -> str:
        name = self.names.get(id(value))
        if name is None:
            name = f"c{len(self.names)}"
            if _may_die(value):
                self.namespace[name] = self.life.follow(value)
                name += "()"
            else:
                self.namespace[name] = value
            self.names[id(value)] = name
        return name

    def test(self, text: str, place: Place | None = None) -> None:
        self.tests.append(Test(text, place))

    def call(self, arguments: Sequence[Any], keywords: dict[str, Any]) -> None:
        """The call must give as many arguments, by the same names in the same order."""
        self.test(f"len(args) == {len(arguments)}")
        names = self.constant(tuple(keywords))
        self.test(f"tuple(kwargs) == {names}" if keywords else "not kwargs")

    def argument(self, text: str, value: Any, tensor_test: PlacedTest, label: str, varies: Varies = never) -> None:
        """The argument that the expression `text` gives must be as `value` was, if it does not vary."""
        place = Place(("argument", text), label, text, shown(value))
        test = tensor_test(text, value)
        kind = type(value)
        if id(value) in self.unread:
            self.test(self.seen(text, value), place)
        elif test is not None:
            self.test(f"{self.constant(test)}({text})", place)
            self.inputs.append(text)
        elif self.is_open(text, value):
            self.test(f"type({text}) is list", place)
            self.containers.append(text)
        elif kind in (list, tuple) or is_named_tuple(kind):
            self.test(f"type({text}) is {self.constant(kind)} and len({text}) == {len(value)}", place)
            if kind is list:
                self.containers.append(text)
            for i, element in enumerate(value):
                self.argument(f"{text}[{i}]", element, tensor_test, f"{label}[{i}]", varies)
        elif kind is dict:
            if not all(type(key) is str for key in value):
                raise Abort("is given a dict with other keys than texts")
            keys = self.constant(tuple(value))
            self.test(f"type({text}) is dict and {self.constant(_all_texts)}({text})", place)
            self.test(f"tuple({text}) == {keys}", place)
            self.containers.append(text)
            for key, element in value.items():
                self.argument(f"{text}[{key!r}]", element, tensor_test, f"{label}[{key!r}]", varies)
        elif kind in (set, frozenset):
            raise Abort(f"is given a {kind.__name__}")
        elif not varies(text, value):
            self.test(self.seen(text, value), place)

    def distinct(self, outside: Iterable[int]) -> None:
        """Tensors and containers that are given are not the same, nor among those that are read from elsewhere."""
        texts = [*self.inputs, *self.apart, *self.containers]
        elsewhere = frozenset(outside)
        if len(texts) > 1 or (texts and elsewhere):
            name = self.constant(elsewhere)
            self.test(f"{self.constant(_distinct)}(({', '.join(texts)},), {name})")

    def fact(self, fact: Fact, label: str) -> None:
        if fact.kind == "tests":
            self.tests += fact.value
            return
        owner = self.constant(fact.owner)
        key = fact.key or ""
        if fact.kind in PLACES:
            text = place_text(fact.kind, owner, key)
            if fact.kind == "builtin":
                self.test(f"{key!r} not in {owner}")
                text = f"{self.constant(vars(builtins))}[{key!r}]"
            place = Place((fact.kind, id(fact.owner), key), label, text, shown(fact.value), fact.line)
            self.test(self.seen(text, fact.value), place)
        elif fact.kind in ("lacking", "holding"):
            self.test(f"{fact.key!r} {'not in' if fact.kind == 'lacking' else 'in'} {owner}")
        elif fact.kind == "missing":
            self.test(f"not hasattr({owner}, {key!r})", Place((), label, "True", "not there"))
        elif fact.kind == "type":
            self.test(f"type({owner}) is {self.constant(fact.value)}")
        elif fact.kind == "size":
            self.test(f"len({owner}.__dict__) == {fact.value}")
        elif fact.kind == "elements":
            self.test(f"{self.constant(fact.value)}({owner})")
        else:
            place = Place(("content", id(fact.owner)), label, owner, f"{len(fact.value)} elements", fact.line)
            self.tests.append(Test(self._content(owner, key, fact.value), place, self._elements(fact, owner, label)))

    def objects(self, objects: Objects) -> None:
        """The framework's objects must be as they were."""
        check = objects.guard(self.constant)
        self.test(f"{self.constant(check)}({', '.join(self.inputs)})")

    def _content(self, owner: str, kind: str, values: tuple[Any, ...]) -> str:
        text = f"len({owner}) == {len(values)}"
        if not values:
            return text
        if kind == "dict":
            keys = tuple(key for key, _ in values)
            values = tuple(value for _, value in values)
            if all(type(key) is str for key in keys):
                text += f" and {self.constant(_all_texts)}({owner}) and tuple({owner}) == {self.constant(keys)}"
            else:
                text += f" and {self.constant(_all_same)}({owner}, {self.constant(keys)})"
            elements = f"{owner}.values()"
        elif kind == "set":
            return f"{text} and {self.constant(_same_set)}({owner}, {self.constant(frozenset(map(_labelled, values)))})"
        else:
            elements = owner
        if any(isinstance(value, Test) for value in values):
            return f"{text} and (e := [*{elements}]) and " + " and ".join(
                value.text if isinstance(value, Test) else self.seen(f"e[{i}]", value) for i, value in enumerate(values)
            )
        # Identity would do for all; equal numbers may be other objects.
        if not any(type(value) in PRIMITIVES and value is not None for value in values):
            return f"{text} and tuple(map(id, {elements})) == {self._identities(values)}"
        if any(map(_may_die, values)):
            tests = [self.seen(f"e[{i}]", value) for i, value in enumerate(values)]
            return f"{text} and (e := [*{elements}]) and " + " and ".join(tests)
        return f"{text} and {self.constant(_all_same)}({elements}, {self.constant(values)})"

    def _elements(self, fact: Fact, owner: str, label: str) -> tuple[Test, ...]:
        """One test for each element of a small list or dictionary."""
        if len(fact.value) > MOST_ELEMENTS or fact.key not in ("list", "dict"):
            return ()
        found = []
        for key, value in fact.value if fact.key == "dict" else enumerate(fact.value):
            if type(value) is not Test and type(key) in (str, int):
                text = f"{owner}[{key!r}]"
                place = Place(("element", id(fact.owner), key), f"{label}[{key!r}]", text, shown(value))
                found.append(Test(self.seen(text, value), place))
        return tuple(found)

    def _identities(self, values: tuple[Any, ...]) -> str:
        for value in values:
            self.constant(value)
        return self.constant(tuple(map(id, values)))

    def seen(self, text: str, value: Any) -> str:
        """A test that `text` gives the same value again."""
        kind = type(value)
        if value is None or value is True or value is False:
            return f"{text} is {value!r}"
        if kind in PRIMITIVES:
            if kind is complex or value != value or value == 0:
                return f"{self.constant(_same)}({text}, {self.constant(value)})"
            return f"type(v := {text}) is {kind.__name__} and v == {self.constant(value)}"
        if is_scalar(value):
            return f"{self.constant(_same_scalar)}({text}, {self.constant(value)})"
        if kind is types.MethodType:
            function, owner = self.constant(value.__func__), self.constant(value.__self__)
            return f"type(v := {text}) is {self.constant(kind)} and v.__func__ is {function} and v.__self__ is {owner}"
        if kind in (types.BuiltinMethodType, types.MethodWrapperType):
            return f"{self.constant(_same_builtin)}({text}, {self.constant(value)})"
        return f"{text} is {self.constant(value)}"

    def compiled(self) -> Check:
        self.namespace["life"] = self.life
        self.namespace["is_interrupt"] = is_interrupt
        # Last: while it lasted, no identity that has been compared was used anew.
        tests = "\n        and ".join([*(test.text for test in self.tests), "life.lasts"])
        inputs = f"[{', '.join(self.inputs)}]"
        if self.numbers or self.captures:
            captures = f"[{', '.join(self.captures)}]" if self.captures else "None"
            inputs = f"{self.constant(Given)}({inputs}, [{', '.join(self.numbers)}], {captures})"
        text = (
            "def check(cells, args, kwargs):\n"
            "    try:\n"
            f"        if ({tests}):\n"
            f"            return {inputs}\n"
            "    except Exception as error:\n"
            "        if is_interrupt(error):\n"
            "            raise\n"
            "    return None\n"
        )
        exec(_function_code(text), self.namespace)
        check: Check = self.namespace["check"]
        return check

    def missed(self, cells: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> list[tuple[Place, Any]]:
        """The places whose tests fail for a call, with the values that are found there now."""
        namespace = {**self.namespace, "cells": cells, "args": arguments, "kwargs": keywords}
        found: dict[tuple[Any, ...], tuple[Place, Any]] = {}
        waiting = list(reversed(self.tests))
        while waiting:
            test = waiting.pop()
            try:
                holds = eval(_test_code(test.text), namespace)
            except Exception:
                holds = False
            if holds or test.place is None or test.place.key in found:
                continue
            try:
                value = eval(_test_code(test.place.text), namespace)
            except Exception:
                continue  # what it is read from is another object, and that has been noted
            found[test.place.key] = test.place, value
            waiting += reversed(test.parts)
        return list(found.values())


@lru_cache(maxsize=64)
def _function_code(text: str) -> types.CodeType:
    """The guards of one function have the same text for each of the objects that it is called with."""
    return compile(text, "<autograph_hook guard>", "exec")


@lru_cache(maxsize=1024)
def _test_code(text: str) -> types.CodeType:
    return compile(text, "<autograph_hook guard>", "eval")


PLACES = ("attribute", "global", "builtin", "cell", "element")


def place_text(kind: str, owner: str, key: Any) -> str:
    """The expression that finds a value again."""
    if kind == "cell":
        return f"{owner}.cell_contents"
    if kind in ("global", "builtin", "element"):
        return f"{owner}[{key!r}]"
    plain = key.isidentifier() and not keyword.iskeyword(key)
    return f"{owner}.{key}" if plain else f"getattr({owner}, {key!r})"


def shown(value: Any) -> Any:
    """A value as it is remembered: simple ones as they are, others by a description."""
    return value if type(value) in PRIMITIVES or is_scalar(value) else Described(value)


class Described:
    """What is remembered of an object that is not kept: its class, and the shape if it has one."""

    def __init__(self, value: Any) -> None:
        self.kind = type(value)
        has_shape = self.kind.__module__.partition(".")[0] in ("tensorflow", "numpy") and not isinstance(value, type)
        self.dtype = getattr(value, "dtype", None) if has_shape else None
        self.shape: tuple[int, ...] | None = tuple(value.shape) if self.dtype is not None else None
        self.length = len(value) if self.kind in (list, tuple, dict) else None

    def __repr__(self) -> str:
        kind = self.kind.__qualname__
        if self.dtype is not None:
            what = next((word for word in ("tensor", "variable") if word.title() in kind), kind)
            return f"a {getattr(self.dtype, 'name', self.dtype)} {what} of {self.shape}"
        return f"a {kind}" if self.length is None else f"a {kind} of {self.length}"


class Given(list[Any]):
    """The tensors among the arguments, with what the graph takes besides, and with the Python numbers that the results
    of the call are made of."""

    __slots__ = ("captures", "numbers")

    def __init__(self, inputs: list[Any], numbers: list[Any], captures: list[Any] | None) -> None:
        super().__init__(inputs)
        self.numbers = numbers
        self.captures = captures


def all_tensors(inputs: list[Any]) -> list[Any]:
    """Whatever a call hands to its graph."""
    return [*inputs, *(inputs.captures or ())] if isinstance(inputs, Given) else inputs


def _same_scalar(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one.tobytes() == other.tobytes())


def _same(one: Any, other: Any) -> bool:
    """The same number, signed zeros and NaN included."""
    return type(one) is type(other) and repr(one) == repr(other)


def _same_key(one: Any, other: Any) -> bool:
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if type(one) is tuple:
        return len(one) == len(other) and all(map(_same_key, one, other))
    return type(one) in PRIMITIVES and repr(one) == repr(other)


def _all_same(elements: Iterable[Any], values: tuple[Any, ...]) -> bool:
    return all(map(_same_key, elements, values))


def _all_texts(keys: Iterable[Any]) -> bool:
    return all(type(key) is str for key in keys)


def _labelled(value: Any) -> tuple[type, Any]:
    return (type(value), repr(value) if type(value) in (*PRIMITIVES, tuple) else id(value))


def _same_set(elements: Iterable[Any], values: frozenset[Any]) -> bool:
    return all(_labelled(element) in values for element in elements)


def _same_builtin(one: Any, other: Any) -> bool:
    return type(one) is type(other) and one.__self__ is other.__self__ and one.__name__ == other.__name__


def _distinct(values: tuple[Any, ...], elsewhere: frozenset[int]) -> bool:
    identities = set(map(id, values))
    return len(identities) == len(values) and identities.isdisjoint(elsewhere)


class Copies:
    """Arguments as the twin gets them: symbols in the place of tensors, and containers of its own."""

    def __init__(
        self, tensor_test: TensorTest, symbols: Iterator[Any], copies: dict[int, Any], given_ids: set[int]
    ) -> None:
        self.tensor_test = tensor_test
        self.symbols = symbols
        self.copies = copies
        self.given_ids = given_ids
        self.stand_in: Callable[[str, Any], Any] = lambda text, value: value
        """What stands for a value that is no tensor, found by an expression."""
        self.unread: dict[int, Any] = {}
        """Containers that come in as they are, by identity."""
        self.is_open: Varies = never
        self.open: Callable[[list[Any]], None] = lambda copy: None
        self.originals: dict[int, Any] = {}
        """What was copied, by the identity of the copy."""
        self.texts: dict[int, str] = {}

    def copy(self, text: str, value: Any) -> Any:
        if self.tensor_test(value) is not None:
            self._note(value)
            return next(self.symbols)
        if id(value) in self.unread:
            return value
        kind = type(value)
        made: Any
        is_open = self.is_open(text, value)
        if is_open:
            self._note(value)
            made = []
        elif kind in (list, tuple) or is_named_tuple(kind):
            self._note(value)
            parts = [self.copy(f"{text}[{i}]", item) for i, item in enumerate(value)]
            made = kind(parts) if kind in (list, tuple) else tuple.__new__(kind, parts)
        elif kind is dict:
            self._note(value)
            made = {key: self.copy(f"{text}[{key!r}]", item) for key, item in value.items()}
        else:
            return self.stand_in(text, value)
        self.copies[id(made)] = made
        self.originals[id(made)] = value
        self.texts[id(made)] = text
        if is_open:
            self.open(made)
        return made

    def _note(self, value: Any) -> None:
        if isinstance(value, tuple) and not value:
            return
        if id(value) in self.given_ids:
            raise Abort(f"is given the same {described(value)} twice")
        self.given_ids.add(id(value))
