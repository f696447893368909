"""A speculative trace: what a function reads is recorded, and what it changes outside is put back when it ends.

The operators of the twins report here while we trace on our own. Four answers are possible:

- what is read from outside the trace becomes a fact, and the facts together guard the compiled function;
- a change of an object that was made inside the trace is nobody else's business;
- a plain store to what was there before is noted, so that it can be undone, and done again by each staged call
  (`changes.py`, `stores.py`);
- anything else that would be seen from outside raises Abort *before* it happens, so that the function can be run
  plain as if nothing had been tried.
"""

from __future__ import annotations

import builtins
import dataclasses
import types
from collections.abc import Callable, Sequence
from typing import Any, Protocol, cast

from autograph_hook.backends.protocol import Backend, NamedFunctions, Objects
from autograph_hook.staging import attributes, calls, codes, effects, numbers, printing, stores, varying_calls, watching
from autograph_hook.staging.arrays import Array
from autograph_hook.staging.changes import Changes
from autograph_hook.staging.effects import CONTAINERS, PRIMITIVES, VIEWS, described
from autograph_hook.staging.facts import Abort
from autograph_hook.staging.numbers import Number
from autograph_hook.staging.objects import NOTHING_STORED, Outside, Stored

__all__ = ["Abort", "Host", "Trace"]

LONGEST = 5_000
"""Elements of Python loops and calls that one trace may unroll."""


class Host(Protocol):
    """What tracing needs of the runtime that it works for."""

    def call(self, function: Any, /, *arguments: Any, **keywords: Any) -> Any:
        """Call as a twin does: an enabled function runs as its twin."""

    def has_twin(self, function: Any) -> bool: ...

    def claim(self) -> object | None:
        """Something to be kept for as long as no other thread may come to the program; None where one is there."""


class Trace:
    def __init__(
        self, host: Host, backend: Backend, safe: tuple[str, ...], stored: Stored = NOTHING_STORED
    ) -> None:
        self.host = host
        self.backend = backend
        self.named = cast("NamedFunctions | None", backend if backend.only_by_name else None)
        self.safe = safe
        self.outside = Outside(backend, host.has_twin, stored)
        self.made: dict[int, Any] = {}
        """Objects that came to be in this trace, by identity. Kept alive, so that no identity is used twice."""
        self.joined: dict[int, Any] = {}
        """What staged constructs have left in names, by identity: on some path it is another object that is known."""
        self.copies: dict[int, Any] = {}
        """Containers that stand for arguments."""
        self.originals: dict[int, Any] = {}
        """By the identity of the copy: the argument."""
        self.texts: dict[int, str] = {}
        """By the identity of the copy: the guard's expression for the argument."""
        self.given_anew: set[int] = set()
        """The copies of arguments that are another object in each call."""
        self.changes = Changes(self, {})
        self.open_lists: list[list[Any]] = []
        self.has_begun = False
        self.claim: object | None = None
        """Of the program: no other thread sees what is changed now and put back later."""
        self.namespaces: dict[int, Any] = {}
        """Dictionaries that hold the attributes of objects or the names of modules."""
        self.foreign: dict[int, Any] = {}
        """Containers that came from code that the user has declared safe: they may be anybody's."""
        self.inner: set[codes.Position] = set()
        """Functions that are defined by those that have run."""
        self.entered = False
        """Did the outermost function begin to run?"""
        self.frozen: frozenset[int] | None = None
        """While a framework's function calls back: the objects made before, which must stay as they are."""
        self.closed: str | None = None
        """Why no object from outside may change at present."""
        self.unrolled = 0
        self.printing = printing.Printing()
        self.objects: Objects | None = None
        """The framework's objects with Python state that have been used."""
        self.is_put_back = False
        """Have they been put back as they were?"""
        self.stored: str | None = None
        """What the framework has stored on them that a staged call would not store."""

    def is_alone(self) -> bool:
        """May it change what other threads can see? It is put back later."""
        if self.claim is None:
            self.claim = self.host.claim()
        return self.claim is not None

    def put_back(self) -> None:
        """Nothing of this trace is left on objects that were there before. To be done again does no harm."""
        try:
            self.changes.undo()
        finally:
            try:
                watching.ended(self)
            finally:
                if self.outside.stand_ins is not None:
                    self.outside.stand_ins.restore()

    def end(self) -> None:
        """Let go of all that was met: the parts of a trace refer to each other, and would keep the user's objects
        alive until Python looks for circles."""
        self.outside.let_go()
        for met in (self.made, self.joined, self.copies, self.foreign):
            met.clear()
        self.open_lists.clear()
        del self.changes

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
            and not self.changes.is_given_anew(value)
            and id(value) not in self.foreign
            and not (self.named is not None and self.named.stands(value))
        )

    def may_change(self, value: Any) -> bool:
        if self.frozen is not None:
            return id(value) in self.made and id(value) not in self.frozen
        return self.is_ours(value)

    def begin(self, unread: dict[int, Any]) -> None:
        """The traced function is about to run."""
        self.changes = Changes(self, unread)
        self.outside.is_unread = self.changes.admit
        for copy in self.open_lists:
            self.changes.open(copy)
        self.has_begun = True
        self.changes.begin()

    def open(self, copy: list[Any]) -> None:
        """It stands for a list that is another one in each call: what such a list holds is out of reach."""
        self.open_lists.append(copy)
        if self.has_begun:
            self.changes.open(copy)

    def is_from_outside(self, value: Any) -> bool:
        """Was it there before? A cell, a module's names, an object or a container."""
        if type(value) is types.CellType:
            return id(value) in self.outside.cells
        return self.is_namespace(value) or not self.is_ours(value)

    def is_namespace(self, value: Any) -> bool:
        return id(value) in self.namespaces

    # What enters the trace.

    def enter(self, function: types.FunctionType, cells: bool = True) -> None:
        """A twin begins to run: the names that it takes from outside are facts."""
        self.step()
        code = function.__code__
        seen = codes.look(code)
        if seen.reason is not None:
            raise Abort(f"{code.co_name} {seen.reason}")
        namespace = function.__globals__
        self.namespaces[id(namespace)] = namespace
        if seen.global_stores or (seen.stored and self.frozen is not None):
            self.require_open(f"{code.co_name} stores to a name of the module or of an enclosing function")
        for name in seen.globals:
            if self.changes.is_settled(namespace, name):
                continue
            if name in namespace:
                try:
                    self.outside.fact("global", namespace, name, namespace[name], name in seen.used)
                except Abort as abort:
                    abort.name = name if not self.entered else abort.name
                    raise
            elif hasattr(builtins, name):
                self.outside.fact("builtin", namespace, name, getattr(builtins, name))
        for name in seen.global_stores:
            self.outside.require_own(namespace, name)
            self.changes.place("name", namespace, name)
        self.entered = True
        is_inner = codes.position(code) in self.inner
        self.inner |= seen.inner
        for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
            if name == "ag__" or (is_inner and id(cell) not in self.outside.cells):
                continue
            if name in seen.read and cells:
                self.cell(cell, name in seen.used)
            if name in seen.stored:
                self.require_open(f"{code.co_name} stores to {name}, a name of an enclosing function")
                self.outside.require_own(cell, name)
                self.outside.cells.add(id(cell))
                self.changes.place("cell", cell, None)

    def cell(self, cell: types.CellType, is_used: bool = True) -> None:
        """What a cell from outside holds is about to be read."""
        if self.changes.is_settled(cell, None):
            return
        self.outside.require_settled("cell", cell, None)
        try:
            value = cell.cell_contents
        except ValueError:
            raise Abort("uses a variable of an enclosing function that has no value yet") from None
        self.outside.fact("cell", cell, None, value, is_used)

    def make(self, value: Any) -> Any:
        """A display or a comprehension has made a container."""
        self.made[id(value)] = value
        return value

    # What is read.

    def attribute(self, owner: Any, name: str) -> Any:
        if self.named is not None and self.named.has_fields(owner):
            return self.named.attribute(owner, name)
        value = attributes.read(self, owner, name)
        return value if self.named is None else self.named.stand_in(value, name)

    def item(self, owner: Any, key: Any) -> Any:
        kind = type(owner)
        if kind is Number:
            owner = owner.pin()  # which raises what Python raises
        if kind is Array:
            return owner.item(key)
        if kind in CONTAINERS or self.backend.content(owner) is not None:
            key = numbers.pinned(key)
            if kind is dict and id(owner) not in self.foreign:
                self.changes.fetch(owner, key)
            else:
                self._require_known(owner)
            if self.named is not None:
                value = self.named.stand_in(self.named.item(owner, key), str(key))
            else:
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

    def staged_item(self, backend: Backend, owner: Any, key: Any) -> Any:
        """`owner[key]` where the owner is a tensor, or a tensor says which element of a list is meant."""
        if not numbers.holds(key):
            return backend.get_item(owner, key)
        shape_of = numbers.actual(key)
        for i, part in numbers.slices(key):
            numbers.fix_length(part, owner.shape[i])
        found = backend.item_of(owner, numbers.as_tensors(key), shape_of) if numbers.is_plain_index(key) else None
        return backend.get_item(owner, numbers.pinned(key)) if found is None else found

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
        elif kind is Array:
            self.step(value.length())
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
        self.changes.read(value)

    # What changes something.

    def require_open(self, what: str) -> None:
        """An object from outside is about to change: is this a place where that can be carried?"""
        if self.closed is not None:
            raise Abort(f"{what}, {self.closed}")
        if self.frozen is not None:
            raise Abort(f"{what}, in a function that a graph calls")

    def _is_own(self, owner: Any, what: str) -> bool:
        """May it change without anybody outside seeing that?"""
        own = self.may_change(owner) or self._is_symbol(owner)
        if own and self.named is not None and self.named.is_shared(owner):
            raise Abort(f"{what} of {described(owner)} that was made outside of a function that calls itself")
        return own

    def _is_symbol(self, value: Any) -> bool:
        """Does it stand for an object that may change, and see to that itself?"""
        return self.named is not None and type(value) is not list and self.backend.is_symbolic(value)

    def set_attribute(self, owner: Any, name: str, value: Any) -> bool:
        """`owner.name = value` is about to happen. True: it has happened, by a setter of the user's."""
        own = self._is_own(owner, f"the attribute {name!r} is set")
        return not own and stores.set_attribute(self, owner, name, value)

    def delete_attribute(self, owner: Any, name: str) -> None:
        if not self._is_own(owner, f"the attribute {name!r} is deleted"):
            stores.delete_attribute(self, owner, name)

    def set_item(self, owner: Any, key: Any) -> None:
        if type(owner) is Array:
            owner.inplace()
        if not self._is_own(owner, "an item is set"):
            stores.set_item(self, owner, key)

    def delete_item(self, owner: Any, key: Any) -> None:
        if not self._is_own(owner, "an item is deleted"):
            stores.delete_item(self, owner, key)

    def method(self, owner: Any, name: str, arguments: Sequence[Any], keywords: dict[str, Any], inside: bool) -> str:
        """A method that changes a container is about to be called: by "ours" as any function, by "carried" at once, by
        "noted" only when the graph has run. `inside`: in a branch or loop of the graph?"""
        if self._is_own(owner, f"{name}() is called"):
            return "ours"
        return stores.method(self, owner, name, arguments, keywords, inside)

    def reading(self, owner: Any, name: str, arguments: Sequence[Any]) -> None:
        """A method that reads a container is about to be called."""
        if type(owner) is dict and name in ("get", "__getitem__", "__contains__") and arguments:
            self.changes.fetch(owner, arguments[0])
        else:
            self.changes.read(owner)

    def looks_for(self, element: Any, container: Any) -> None:
        """`element in container` is about to be asked of a dictionary or a set."""
        if type(container) is dict:
            self.changes.fetch(container, element)
        elif type(container) is set:
            self.changes.has(container, element)

    def variables(self, variables: Sequence[Any]) -> None:
        """A construct of the graph is about to read these, and to store to them."""
        stores.variables(self, variables)

    def has_attribute(self, owner: Any, name: str) -> bool:
        return attributes.has(self, owner, name)

    def inplace(self, value: Any) -> None:
        """`value += …` is about to happen."""
        kind = type(value)
        if kind in PRIMITIVES or kind in (tuple, frozenset, numbers.Number):
            return
        if kind is Array:
            value.inplace()
            return
        if self.may_change(value) or self._is_symbol(value):
            return
        if self.backend.recognises(kind) and not hasattr(kind, "__iadd__"):
            return
        if kind is list:
            self.require_open("changes a list in place")
            self.changes.list_(value)
            return
        raise Abort(f"changes {described(value)} in place")

    def context(self, manager: Any) -> None:
        if not self.is_ours(manager) or not self.backend.is_safe_context(manager):
            raise Abort(f"enters the context manager {described(manager)}")

    # Calls of what has no twin.

    def call(self, function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        self.step()
        if numbers.holds(arguments) or numbers.holds(keywords):
            return varying_calls.call(self, function, arguments, keywords)
        return self.call_with_values(function, arguments, keywords)

    def call_with_values(self, function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """With nothing that varies, or with what is known to do with that what it does with Python's values."""
        special = _SPECIAL.get(id(function))
        if special is not None:
            return special(self, *arguments, **keywords)
        return calls.call(self, function, arguments, keywords)

    # What is printed.

    def is_staged(self, value: Any) -> bool:
        """Is it known only when the graph has run?"""
        return type(value) is printing.Deferred or self.backend.is_symbolic(value)

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
        if not self.set_attribute(owner, name, value):
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
        if type(value) is printing.Deferred:
            raise Abort("asks for the class of a Python value of a tensor")
        if self.backend.is_symbolic(value):
            for kind in kinds if type(kinds) is tuple else (kinds,):
                calls.require_same_of_symbols(self, value, kind)
        return isinstance(value, kinds)

    def _type(self, *arguments: Any) -> type:
        if len(arguments) != 1:
            raise Abort("makes a class")
        (value,) = arguments
        if self.backend.is_symbolic(value) or type(value) is printing.Deferred:
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
