"""From the facts of a trace to one function that checks them all.

The function is generated: for each fact one expression, in the order in which the facts were met, so that an owner
has been checked before what is read from it. Constants stand in its namespace; nothing is looked up by name.
"""

from __future__ import annotations

import builtins
import types
from collections.abc import Callable, Iterable
from operator import is_
from typing import Any

from autograph_hook.staging.trace import PRIMITIVES, Fact

Check = Callable[[Any, tuple[Any, ...], dict[str, Any]], "list[Any] | None"]


class Guard:
    """Collects the tests of one specialization and compiles them.

    The compiled check takes the cells function, the positional and the keyword arguments of a call; it returns the
    tensors that the compiled graph takes, or None when the call is another case.
    """

    def __init__(self) -> None:
        self.namespace: dict[str, Any] = {"is_": is_}
        self.tests: list[str] = []
        self.inputs: list[str] = []
        self.names: dict[int, str] = {}

    def constant(self, value: Any) -> str:
        name = self.names.get(id(value))
        if name is None:
            name = self.names[id(value)] = f"c{len(self.names)}"
            self.namespace[name] = value
        return name

    def argument(self, text: str, value: Any, tensor_test: Callable[[Any], Callable[[Any], bool] | None]) -> None:
        """The argument that the expression `text` gives must be as `value` was."""
        test = tensor_test(value)
        if test is not None:
            self.tests.append(f"{self.constant(test)}({text})")
            self.inputs.append(text)
        elif type(value) in (list, tuple):
            self.tests.append(f"type({text}) is {type(value).__name__} and len({text}) == {len(value)}")
            for i, element in enumerate(value):
                self.argument(f"{text}[{i}]", element, tensor_test)
        elif type(value) is dict:
            keys = self.constant(tuple(value))
            self.tests.append(f"type({text}) is dict and tuple({text}) == {keys}")
            for key, element in value.items():
                self.argument(f"{text}[{self.constant(key)}]", element, tensor_test)
        else:
            self.tests.append(self.seen(text, value))

    def fact(self, fact: Fact) -> None:
        owner = self.constant(fact.owner)
        if fact.kind == "attribute":
            if fact.key.isidentifier():
                self.tests.append(self.seen(f"{owner}.{fact.key}", fact.value))
        elif fact.kind == "missing":
            self.tests.append(f"not hasattr({owner}, {fact.key!r})")
        elif fact.kind in ("item", "global"):
            self.tests.append(self.seen(f"{owner}[{self.constant(fact.key)}]", fact.value))
        elif fact.kind == "builtin":
            table = self.constant(vars(builtins))
            self.tests.append(f"{fact.key!r} not in {owner} and {table}[{fact.key!r}] is {self.constant(fact.value)}")
        elif fact.kind == "cell":
            self.tests.append(self.seen(f"{owner}.cell_contents", fact.value))
        else:
            self.tests.append(self._content(owner, fact))

    def _content(self, owner: str, fact: Fact) -> str:
        values = fact.value
        if isinstance(fact.owner, dict):
            text = f"tuple({owner}) == {self.constant(tuple(key for key, _ in values))}"
            values = tuple(value for _, value in values)
            elements = f"{owner}.values()"
        else:
            text = f"len({owner}) == {len(values)}"
            elements = owner
        if not values:
            return text
        # Identity would do for all; equal numbers may be other objects.
        if all(not isinstance(v, PRIMITIVES) for v in values) and not isinstance(fact.owner, (set, frozenset)):
            return f"{text} and all(map(is_, {elements}, {self.constant(values)}))"
        kinds = self.constant(tuple(map(type, values)))
        if isinstance(fact.owner, (set, frozenset)):
            return f"{text} and {owner} == {self.constant(set(values))}"
        same = self.constant(_all_same)
        return f"{text} and {same}({elements}, {self.constant(values)}, {kinds})"

    def seen(self, text: str, value: Any) -> str:
        """A test that `text` gives the same value again."""
        if value is None or value is True or value is False:
            return f"{text} is {value!r}"
        if isinstance(value, PRIMITIVES) and type(value) in PRIMITIVES:
            if value != value or value == 0:
                return f"{self.constant(_same)}({text}, {self.constant(value)})"
            return f"type(v := {text}) is {type(value).__name__} and v == {self.constant(value)}"
        if isinstance(value, (types.MethodType, types.BuiltinMethodType)):
            return f"{text} == {self.constant(value)}"
        return f"{text} is {self.constant(value)}"

    def compiled(self) -> Check:
        tests = "\n        and ".join(self.tests) or "True"
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


def _all_same(elements: Iterable[Any], values: tuple[Any, ...], kinds: tuple[type, ...]) -> bool:
    for element, value, kind in zip(elements, values, kinds, strict=True):
        if element is not value and not (kind in PRIMITIVES and _same(element, value)):
            return False
    return True
