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
from collections.abc import Callable, Iterable, Sequence
from operator import is_
from typing import Any

from autograph_hook.staging.effects import PRIMITIVES, described
from autograph_hook.staging.facts import Abort, Fact

Check = Callable[[Any, tuple[Any, ...], dict[str, Any]], "list[Any] | None"]
TensorTest = Callable[[Any], "Callable[[Any], bool] | None"]


class Life:
    """Ends when one of the objects that it follows is gone."""

    def __init__(self) -> None:
        self.lasts = True
        self.ended: Callable[[], None] = lambda: None

    def follow(self, value: Any) -> weakref.ref[Any]:
        return weakref.ref(value, self._end)

    def _end(self, _: object) -> None:
        self.lasts = False
        self.ended()


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
        self.tests: list[str] = []
        self.inputs: list[str] = []
        self.containers: list[str] = []
        self.names: dict[int, str] = {}

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

    def call(self, arguments: Sequence[Any], keywords: dict[str, Any]) -> None:
        """The call must give as many arguments, by the same names in the same order."""
        self.tests.append(f"len(args) == {len(arguments)}")
        names = self.constant(tuple(keywords))
        self.tests.append(f"tuple(kwargs) == {names}" if keywords else "not kwargs")

    def argument(self, text: str, value: Any, tensor_test: TensorTest) -> None:
        """The argument that the expression `text` gives must be as `value` was."""
        test = tensor_test(value)
        if test is not None:
            self.tests.append(f"{self.constant(test)}({text})")
            self.inputs.append(text)
        elif type(value) in (list, tuple):
            self.tests.append(f"type({text}) is {type(value).__name__} and len({text}) == {len(value)}")
            if type(value) is list:
                self.containers.append(text)
            for i, element in enumerate(value):
                self.argument(f"{text}[{i}]", element, tensor_test)
        elif type(value) is dict:
            if not all(type(key) is str for key in value):
                raise Abort("is given a dict with other keys than texts")
            keys = self.constant(tuple(value))
            self.tests.append(f"type({text}) is dict and {self.constant(_all_texts)}({text})")
            self.tests.append(f"tuple({text}) == {keys}")
            self.containers.append(text)
            for key, element in value.items():
                self.argument(f"{text}[{key!r}]", element, tensor_test)
        elif type(value) in (set, frozenset):
            raise Abort(f"is given a {type(value).__name__}")
        else:
            self.tests.append(self.seen(text, value))

    def distinct(self, outside: Iterable[int]) -> None:
        """Tensors and containers that are given are not the same, nor among those that are read from elsewhere."""
        texts = [*self.inputs, *self.containers]
        elsewhere = frozenset(outside)
        if len(texts) > 1 or (texts and elsewhere):
            name = self.constant(elsewhere)
            self.tests.append(f"{self.constant(_distinct)}(({', '.join(texts)},), {name})")

    def fact(self, fact: Fact) -> None:
        owner = self.constant(fact.owner)
        key = fact.key or ""
        if fact.kind == "attribute":
            plain = key.isidentifier() and not keyword.iskeyword(key)
            self.tests.append(self.seen(f"{owner}.{key}" if plain else f"getattr({owner}, {key!r})", fact.value))
        elif fact.kind == "missing":
            self.tests.append(f"not hasattr({owner}, {key!r})")
        elif fact.kind == "global":
            self.tests.append(self.seen(f"{owner}[{key!r}]", fact.value))
        elif fact.kind == "builtin":
            table = self.constant(vars(builtins))
            self.tests.append(f"{key!r} not in {owner}")
            self.tests.append(self.seen(f"{table}[{key!r}]", fact.value))
        elif fact.kind == "cell":
            self.tests.append(self.seen(f"{owner}.cell_contents", fact.value))
        elif fact.kind == "type":
            self.tests.append(f"type({owner}) is {self.constant(fact.value)}")
        elif fact.kind == "size":
            self.tests.append(f"len({owner}.__dict__) == {fact.value}")
        elif fact.kind == "elements":
            self.tests.append(f"{self.constant(_same_elements)}({owner}.{key}, {self.constant(fact.value)})")
        else:
            self.tests.append(self._content(owner, key, fact.value))

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
        # Identity would do for all; equal numbers may be other objects.
        if not any(type(value) in PRIMITIVES and value is not None for value in values):
            return f"{text} and tuple(map(id, {elements})) == {self._identities(values)}"
        if any(map(_may_die, values)):
            tests = [self.seen(f"e[{i}]", value) for i, value in enumerate(values)]
            return f"{text} and (e := [*{elements}]) and " + " and ".join(tests)
        return f"{text} and {self.constant(_all_same)}({elements}, {self.constant(values)})"

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
        if kind is types.MethodType:
            function, owner = self.constant(value.__func__), self.constant(value.__self__)
            return f"type(v := {text}) is {self.constant(kind)} and v.__func__ is {function} and v.__self__ is {owner}"
        if kind in (types.BuiltinMethodType, types.MethodWrapperType):
            return f"{self.constant(_same_builtin)}({text}, {self.constant(value)})"
        return f"{text} is {self.constant(value)}"

    def compiled(self) -> Check:
        self.namespace["life"] = self.life
        # Last: while it lasted, no identity that has been compared was used anew.
        tests = "\n        and ".join([*self.tests, "life.lasts"])
        text = (
            "def check(cells, args, kwargs):\n"
            "    try:\n"
            f"        if ({tests}):\n"
            f"            return [{', '.join(self.inputs)}]\n"
            "    except Exception:\n"
            "        pass\n"
            "    return None\n"
        )
        exec(compile(text, "<autograph_hook guard>", "exec"), self.namespace)
        check: Check = self.namespace["check"]
        return check


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


def _same_elements(elements: Any, values: tuple[Any, ...]) -> bool:
    return type(elements) is tuple and len(elements) == len(values) and all(map(is_, elements, values))


def _distinct(values: tuple[Any, ...], elsewhere: frozenset[int]) -> bool:
    identities = set(map(id, values))
    return len(identities) == len(values) and identities.isdisjoint(elsewhere)


def copied(value: Any, tensor_test: TensorTest, given: Any, copies: dict[int, Any], given_ids: set[int]) -> Any:
    """An argument as the twin gets it: symbols in the place of tensors, and containers of its own."""
    if tensor_test(value) is not None:
        _note(value, given_ids)
        return next(given)
    kind = type(value)
    if kind in (list, tuple):
        _note(value, given_ids)
        made = kind([copied(item, tensor_test, given, copies, given_ids) for item in value])
    elif kind is dict:
        _note(value, given_ids)
        made = {key: copied(item, tensor_test, given, copies, given_ids) for key, item in value.items()}
    else:
        return value
    copies[id(made)] = made
    return made


def _note(value: Any, given_ids: set[int]) -> None:
    if type(value) is tuple and not value:
        return
    if id(value) in given_ids:
        raise Abort(f"is given the same {described(value)} twice")
    given_ids.add(id(value))

