"""A speculative trace: what a function reads is recorded, what it would change outside stops it beforehand.

The operators of the twins report here while we trace on our own. Three answers are possible:

- what is read from outside the trace becomes a fact, and the facts together guard the compiled function;
- a change of an object that was made inside the trace is nobody else's business;
- anything else that would be seen from outside raises Abort *before* it happens, so that the function can be run
  plain as if nothing had been tried.
"""

from __future__ import annotations

import builtins
import types
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from autograph_hook.staging import effects

PRIMITIVES = (bool, int, float, complex, str, bytes, type(None))
CONTAINERS = (list, tuple, dict, set, frozenset)


class Abort(BaseException):
    """The trace met what it cannot carry. Not an Exception: no handler in the traced code may swallow it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Host(Protocol):
    """What tracing needs of the runtime that it works for."""

    def call(self, function: Any, /, *arguments: Any, **keywords: Any) -> Any:
        """Call as a twin does: an enabled function runs as its twin."""

    def has_twin(self, function: Any) -> bool: ...


class Values(Protocol):
    """What tracing needs of the backend."""

    def recognises(self, kind: type) -> bool: ...

    def is_symbolic(self, value: Any) -> bool:
        """Does this value stand for a result of the graph that is being built?"""


class Fact(NamedTuple):
    """Something that was so while tracing, and must be so for the compiled function to be used.

    `kind` says how to look again: the attribute or item `key` of `owner`, the name `key` of the module dictionary
    or of the builtins, the content of a cell, all elements of a container. `value` is what was seen.
    """

    kind: str
    owner: Any
    key: Any
    value: Any


class Trace:
    def __init__(self, host: Host, values: Values, safe: tuple[str, ...]) -> None:
        self.host = host
        self.values = values
        self.safe = safe
        self.facts: dict[tuple[Any, ...], Fact] = {}
        self.made: dict[int, Any] = {}
        """Objects that came to be in this trace, by identity. Kept alive, so that no identity is used twice."""
        self.entered: set[int] = set()
        self.functions: list[Any] = []

    # What enters the trace.

    def enter(self, function: types.FunctionType, cells: bool = True) -> None:
        """A function begins to run: the names that it takes from outside are facts."""
        if id(function.__code__) in self.entered and not function.__closure__:
            return
        self.entered.add(id(function.__code__))
        self.functions.append(function)
        for code in _codes(function.__code__):
            self._names(code, function.__globals__)
        if cells:
            for cell in function.__closure__ or ():
                self.cell(cell)

    def _names(self, code: types.CodeType, namespace: dict[str, Any]) -> None:
        for name in code.co_names:
            if name in namespace:
                self._fact("global", namespace, name, namespace[name])
            elif hasattr(builtins, name):
                self._fact("builtin", namespace, name, getattr(builtins, name))

    def cell(self, cell: types.CellType) -> None:
        try:
            value = cell.cell_contents
        except ValueError:
            return
        if id(cell) not in self.made:
            self._fact("cell", cell, None, value)

    def make(self, value: Any) -> Any:
        """A display or a comprehension has made a container."""
        self.made[id(value)] = value
        return value

    # What is read.

    def attribute(self, owner: Any, name: str) -> Any:
        value = getattr(owner, name)
        if id(owner) in self.made or self.values.is_symbolic(owner) or self.values.is_symbolic(value):
            return value
        if isinstance(owner, PRIMITIVES) or type(owner) in CONTAINERS:
            return value
        if self.values.recognises(type(owner)):
            effects.refuse_reading(owner, name, Abort)
            return value
        self._fact("attribute", owner, name, value)
        return value

    def item(self, owner: Any, key: Any) -> Any:
        kind = type(owner)
        if kind in (list, tuple, dict):
            value = owner[key]
            if id(owner) not in self.made and kind is not tuple:
                if isinstance(key, slice):
                    self.content(owner)
                    return self.make(value)
                self._fact("item", owner, key, value)
            return value
        if isinstance(owner, (str, bytes, range)) or self.values.recognises(kind) or self._is_safe(kind):
            return owner[key]
        method = getattr(kind, "__getitem__", None)
        if self.host.has_twin(method):
            return self.host.call(method, owner, key)
        raise Abort(f"reads an item of {_described(owner)}")

    def iteration(self, value: Any) -> None:
        """All elements are about to be read, one after the other."""
        if id(value) in self.made or isinstance(value, (str, bytes, range)):
            return
        if type(value) in CONTAINERS:
            self.content(value)
        elif self._is_safe(type(value)) or (self.values.recognises(type(value)) and self.values.is_symbolic(value)):
            return
        else:
            raise Abort(f"loops over {_described(value)}")

    def content(self, value: Any, depth: int = 0) -> None:
        """The elements of a container from outside, and of those in it, are facts."""
        if depth > 8 or len(value) > 10_000:
            raise Abort(f"depends on the content of a large or deep {type(value).__name__}")
        if id(value) not in self.made and type(value) is not tuple and type(value) is not frozenset:
            elements = tuple(value.items()) if isinstance(value, dict) else tuple(value)
            self._fact("content", value, None, elements)
        for element in value.values() if isinstance(value, dict) else value:
            if type(element) in CONTAINERS:
                self.content(element, depth + 1)

    def _is_safe(self, kind: type) -> bool:
        return effects.is_safe_type(kind, self.safe)

    # What changes something.

    def mutation(self, owner: Any, what: str, value: Any = None) -> None:
        if id(owner) not in self.made:
            raise Abort(f"{what} of {_described(owner)} that was there before")

    def inplace(self, value: Any) -> None:
        """`value += …` is about to happen."""
        if isinstance(value, PRIMITIVES) or isinstance(value, (tuple, frozenset)) or id(value) in self.made:
            return
        if self.values.is_symbolic(value) or (self.values.recognises(type(value)) and not _has_inplace(value)):
            return
        raise Abort(f"changes {_described(value)} in place")

    def context(self, manager: Any) -> None:
        kind = type(manager)
        if effects.is_safe_context(kind, self.safe):
            return
        if self.host.has_twin(getattr(kind, "__enter__", None)) and self.host.has_twin(getattr(kind, "__exit__", None)):
            return
        raise Abort(f"enters the context manager {_described(manager)}")

    # Calls of what has no twin.

    def call(self, function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        if isinstance(function, type):
            return self._instance(function, arguments, keywords)
        special = _SPECIAL.get(function) if isinstance(function, types.BuiltinFunctionType) else None
        if special is not None:
            return special(self, *arguments, **keywords)
        verdict = effects.verdict(function, arguments, self.safe, self.values.is_symbolic)
        if verdict is not None:
            owner = getattr(function, "__self__", None)
            if verdict is not effects.MUTATES or id(owner) not in self.made:
                raise Abort(verdict.format(effects.name_of(function)))
        self._read_arguments(function, arguments, keywords)
        result = function(*arguments, **keywords)
        return self._result(result)

    def _read_arguments(self, function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        owner = getattr(function, "__self__", None)
        if owner is not None and type(owner) in CONTAINERS and id(owner) not in self.made:
            self.content(owner)
        for argument in (*arguments, *keywords.values()):
            if type(argument) in CONTAINERS:
                self.content(argument)
            elif effects.is_iterator(argument) and id(argument) not in self.made:
                raise Abort(f"passes on {_described(argument)}")
        if effects.has_state(owner):
            for name, value in sorted(vars(owner).items()):
                if isinstance(value, PRIMITIVES):
                    self._fact("attribute", owner, name, value)

    def _result(self, result: Any) -> Any:
        if type(result) in (list, dict, set) or effects.is_iterator(result):
            self.make(result)
        return result

    def _instance(self, kind: type, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        if kind in effects.SAFE_TYPES or effects.is_safe_type(kind, self.safe):
            if kind in (int, float, bool, complex, str) and any(map(self.values.is_symbolic, arguments)):
                raise Abort(f"makes a Python {kind.__name__} of a tensor")
            self._read_arguments(kind, arguments, keywords)
            made = kind(*arguments, **keywords)
            if not isinstance(made, PRIMITIVES):
                self.make(made)
            return made
        initialise = kind.__init__
        plain_new = kind.__new__ is object.__new__ and type(kind) is type
        if issubclass(kind, BaseException) and initialise in (BaseException.__init__, Exception.__init__):
            return kind(*arguments, **keywords)
        if plain_new and self.host.has_twin(initialise):
            made = self.make(kind.__new__(kind))
            self.host.call(initialise, made, *arguments, **keywords)
            return made
        if plain_new and initialise is object.__init__ and not arguments and not keywords:
            return self.make(kind())
        raise Abort(f"makes an instance of {kind.__module__}.{kind.__qualname__}")

    def _fact(self, kind: str, owner: Any, key: Any, value: Any) -> None:
        if effects.is_content_changing(value):
            raise Abort(f"reads {_described(value)}, whose content may change")
        try:
            self.facts.setdefault((kind, id(owner), key), Fact(kind, owner, key, value))
        except TypeError as error:
            raise Abort(f"reads an item by {_described(key)}") from error

    # Builtins that read or call.

    def _getattr(self, owner: Any, name: str, *default: Any) -> Any:
        if default and not hasattr(owner, name):
            self._fact("missing", owner, name, None)
            return default[0]
        return self.attribute(owner, name)

    def _hasattr(self, owner: Any, name: str) -> bool:
        if hasattr(owner, name):
            self.attribute(owner, name)
            return True
        self._fact("missing", owner, name, None)
        return False

    def _setattr(self, owner: Any, name: str, value: Any) -> None:
        self.mutation(owner, f"the attribute {name!r} is set", value)
        setattr(owner, name, value)

    def _len(self, value: Any) -> int:
        if type(value) in CONTAINERS:
            self.iteration(value)
        elif not self.values.recognises(type(value)) and not isinstance(value, (str, bytes, range)):
            raise Abort(f"takes the length of {_described(value)}")
        return len(value)


_SPECIAL: dict[Any, Callable[..., Any]] = {
    getattr: Trace._getattr,
    hasattr: Trace._hasattr,
    setattr: Trace._setattr,
    len: Trace._len,
}


def _codes(code: types.CodeType) -> list[types.CodeType]:
    """A code object and those of the functions inside it."""
    found = [code]
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found.extend(_codes(constant))
    return found


def _has_inplace(value: Any) -> bool:
    return hasattr(type(value), "__iadd__")


def _described(value: Any) -> str:
    kind = type(value)
    if kind.__module__ == "builtins":
        return f"a {kind.__name__}"
    return f"a {kind.__module__}.{kind.__qualname__}"
