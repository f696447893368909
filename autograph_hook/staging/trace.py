"""A speculative trace: what a function reads is recorded, what it would change outside stops it beforehand.

The operators of the twins report here while we trace on our own. Three answers are possible:

- what is read from outside the trace becomes a fact, and the facts together guard the compiled function;
- a change of an object that was made inside the trace is nobody else's business;
- anything else that would be seen from outside raises Abort *before* it happens, so that the function can be run
  plain as if nothing had been tried.
"""

from __future__ import annotations

import builtins
import dataclasses
import types
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from autograph_hook.backends.protocol import Backend
from autograph_hook.staging import attributes, calls, codes, effects, printing
from autograph_hook.staging.effects import CONTAINERS, PRIMITIVES, VIEWS, described
from autograph_hook.staging.facts import Abort
from autograph_hook.staging.objects import NOTHING_STORED, Outside, Stored

__all__ = ["Abort", "Host", "Trace"]

LONGEST = 5_000
"""Elements of Python loops and calls that one trace may unroll."""


class Host(Protocol):
    """What tracing needs of the runtime that it works for."""

    def call(self, function: Any, /, *arguments: Any, **keywords: Any) -> Any:
        """Call as a twin does: an enabled function runs as its twin."""

    def has_twin(self, function: Any) -> bool: ...


class Trace:
    def __init__(
        self, host: Host, backend: Backend, safe: tuple[str, ...], stored: Stored = NOTHING_STORED
    ) -> None:
        self.host = host
        self.backend = backend
        self.safe = safe
        self.outside = Outside(backend, host.has_twin, stored)
        self.made: dict[int, Any] = {}
        """Objects that came to be in this trace, by identity. Kept alive, so that no identity is used twice."""
        self.joined: dict[int, Any] = {}
        """What staged constructs have left in names, by identity: on some path it is another object that is known."""
        self.copies: dict[int, Any] = {}
        """Containers that stand for arguments."""
        self.foreign: dict[int, Any] = {}
        """Containers that came from code that the user has declared safe: they may be anybody's."""
        self.inner: set[codes.Position] = set()
        """Functions that are defined by those that have run."""
        self.entered = False
        """Did the outermost function begin to run?"""
        self.frozen: frozenset[int] | None = None
        """While a framework's function calls back: the objects made before, which must stay as they are."""
        self.unrolled = 0
        self.printing = printing.Printing()

    def step(self, count: int = 1) -> None:
        self.unrolled += count
        if self.unrolled > LONGEST:
            raise Abort(f"unrolls more than {LONGEST} calls and iterations")

    def is_ours(self, value: Any) -> bool:
        """Was it made in this trace? A container is, if it has not come in: operators make them, too."""
        if id(value) in self.made:
            return True
        return (
            (type(value) in (list, dict, set) or effects.is_named_tuple(type(value)))
            and value not in self.outside
            and id(value) not in self.copies
            and id(value) not in self.foreign
        )

    def may_change(self, value: Any) -> bool:
        if self.frozen is not None:
            return id(value) in self.made and id(value) not in self.frozen
        return self.is_ours(value)

    # What enters the trace.

    def enter(self, function: types.FunctionType, cells: bool = True) -> None:
        """A twin begins to run: the names that it takes from outside are facts."""
        self.step()
        code = function.__code__
        seen = codes.look(code)
        if seen.reason is not None:
            raise Abort(f"{code.co_name} {seen.reason}")
        namespace = function.__globals__
        for name in seen.globals:
            if name in namespace:
                try:
                    self.outside.fact("global", namespace, name, namespace[name])
                except Abort as abort:
                    abort.name = name if not self.entered else abort.name
                    raise
            elif hasattr(builtins, name):
                self.outside.fact("builtin", namespace, name, getattr(builtins, name))
        self.entered = True
        is_inner = codes.position(code) in self.inner
        if self.frozen is not None and seen.stored:
            raise Abort(f"{code.co_name}, which a graph calls, stores to a name of an enclosing function")
        self.inner |= seen.inner
        for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
            if name == "ag__" or (is_inner and id(cell) not in self.outside.cells):
                continue
            if name in seen.stored:
                raise Abort(f"{code.co_name} stores to {name}, a name of an enclosing function")
            if cells:
                self._cell(cell)

    def _cell(self, cell: types.CellType) -> None:
        self.outside.require_settled("cell", cell, None)
        try:
            value = cell.cell_contents
        except ValueError:
            raise Abort("uses a variable of an enclosing function that has no value yet") from None
        self.outside.fact("cell", cell, None, value)

    def make(self, value: Any) -> Any:
        """A display or a comprehension has made a container."""
        self.made[id(value)] = value
        return value

    # What is read.

    def attribute(self, owner: Any, name: str) -> Any:
        return attributes.read(self, owner, name)

    def item(self, owner: Any, key: Any) -> Any:
        kind = type(owner)
        if kind in CONTAINERS or self.backend.content(owner) is not None:
            self._require_known(owner)
            value = owner[key]
            return self.make(value) if isinstance(key, slice) and kind is list else value
        if kind in PRIMITIVES or kind is range or self.backend.recognises(kind):
            return owner[key]
        if effects.is_named_tuple(kind) and self.is_ours(owner):
            return owner[key]
        if isinstance(owner, tuple) and owner in self.outside:
            return owner[key]
        method = getattr(kind, "__getitem__", None)
        if self.host.has_twin(method):
            return self.host.call(method, owner, key)
        raise Abort(f"reads an item of {described(owner)}")

    def iteration(self, value: Any) -> None:
        """All elements are about to be read, one after the other."""
        kind = type(value)
        if kind in CONTAINERS or self.backend.content(value) is not None or isinstance(value, tuple):
            self._require_known(value)
        elif kind in VIEWS or hasattr(kind, "__next__"):
            if not (self.is_ours(value) if kind in VIEWS else self.may_change(value)):
                raise Abort(f"loops over {described(value)}")
            self.step(len(value) if kind in VIEWS else 1)
            return
        elif self.backend.recognises(kind):
            if not self.backend.is_symbolic(value) and not self.backend.is_tensor(value):
                raise Abort(f"loops over {described(value)}")
            return
        elif kind not in PRIMITIVES and kind is not range:
            raise Abort(f"loops over {described(value)}")
        self.step(len(value))

    def _require_known(self, value: Any) -> None:
        """The content of containers is guarded when they come in."""
        if id(value) in self.foreign:
            raise Abort(f"reads a {described(value)} of unknown origin")
        if self.backend.content(value) is not None:
            self.outside.admit(value)

    # What changes something.

    def mutation(self, owner: Any, what: str, value: Any = None) -> None:
        if not self.may_change(owner):
            raise Abort(f"{what} of {described(owner)} that was there before")

    def inplace(self, value: Any) -> None:
        """`value += …` is about to happen."""
        kind = type(value)
        if kind in PRIMITIVES or kind in (tuple, frozenset) or self.may_change(value):
            return
        if self.backend.recognises(kind) and not hasattr(kind, "__iadd__"):
            return
        raise Abort(f"changes {described(value)} in place")

    def context(self, manager: Any) -> None:
        if not self.is_ours(manager) or not self.backend.is_safe_context(manager):
            raise Abort(f"enters the context manager {described(manager)}")

    # Calls of what has no twin.

    def call(self, function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        self.step()
        special = _SPECIAL.get(id(function))
        if special is not None:
            return special(self, *arguments, **keywords)
        return calls.call(self, function, arguments, keywords)

    # What is printed.

    def must_wait(self, *values: Any) -> bool:
        """Is a text made of these known only when the graph has run?"""
        return any(printing.holds_symbol(self, value) for value in values)

    def content_of(self, value: Any) -> Any:
        """What a variable holds; any other value itself."""
        read = self.backend.readable(value)
        return value if read is None else read[0]

    def put_off(self, function: Callable[..., Any], arguments: Sequence[Any], *more: Any, **options: Any) -> Any:
        return printing.put_off(self, function, arguments, *more, **options)

    def _print(
        self, *objects: Any, sep: Any = None, end: Any = None, file: Any = None, flush: Any = False
    ) -> None:
        self.printing.add(self, objects, printing.check_options(sep, end, file, flush))

    # Builtins that read or call.

    def _getattr(self, owner: Any, name: str, *default: Any) -> Any:
        if default and not self._hasattr(owner, name):
            return default[0]
        return self.attribute(owner, name)

    def _hasattr(self, owner: Any, name: str) -> bool:
        return attributes.has(self, owner, name)

    def _setattr(self, owner: Any, name: str, value: Any) -> None:
        self.mutation(owner, f"the attribute {name!r} is set", value)
        setattr(owner, name, value)

    def _len(self, value: Any) -> int:
        kind = type(value)
        if kind in CONTAINERS or kind in VIEWS or isinstance(value, tuple) or self.backend.content(value) is not None:
            if kind not in VIEWS:
                self._require_known(value)
        elif self.backend.recognises(kind):
            reason = self.backend.refusal(value, "shape")
            if reason is not None:
                raise Abort(reason)
            return int(value.shape[0])
        elif kind not in (str, bytes, range):
            method = getattr(kind, "__len__", None)
            if not self.host.has_twin(method):
                raise Abort(f"takes the length of {described(value)}")
        return len(value)

    def _isinstance(self, value: Any, kinds: Any) -> bool:
        if self.backend.is_symbolic(value):
            for kind in kinds if type(kinds) is tuple else (kinds,):
                calls.require_same_of_symbols(self, value, kind)
        return isinstance(value, kinds)

    def _type(self, *arguments: Any) -> type:
        if len(arguments) != 1:
            raise Abort("makes a class")
        (value,) = arguments
        if self.backend.is_symbolic(value):
            raise Abort("asks for the type of a tensor")
        return type(value)


_SPECIAL: dict[int, Callable[..., Any]] = {
    id(getattr): Trace._getattr,
    id(hasattr): Trace._hasattr,
    id(setattr): Trace._setattr,
    id(len): Trace._len,
    id(isinstance): Trace._isinstance,
    id(type): Trace._type,
    id(print): Trace._print,
    id(dataclasses.replace): calls.replaced,
}
