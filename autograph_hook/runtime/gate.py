"""The gate: what a function's first statement asks.

    if 1 in GATE and GATE(cells, argument, ...):
        return GATE()

A gate is an array that is empty while it is shut, so that a shut gate costs a search in an empty array. It is an array
of doubles for the sake of `marshal`, by which Keras keeps the code of a `Lambda` layer: marshal writes the bytes of an
array, and in those of 1.0 there is no byte 1, so what it reads again is a gate that stays shut. All gates are
shut until a framework is imported; then a call through an open gate that finds nothing to stage shuts it. A trace
that begins anywhere opens all gates that were shut, and calls outside the trace shut them again one by one.

A call through an open gate asks, in this order:

1. Does this thread build a graph? Then the twin runs and its result is the function's.
2. Else, in mode `auto`: is there a compiled specialization for these arguments, or is it time to trace one?
   `staging` decides.
3. Else the function runs as it is written.
"""

from __future__ import annotations

import os
from _thread import RLock, _local, get_ident
from _weakref import ref
from array import array
from marshal import loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FunctionType, ModuleType
    from typing import Any, Protocol

    from autograph_hook.settings import ModuleOptions

    Source = Callable[[], tuple[bytes, frozenset[int]]]

    class Memory(Protocol):
        """What earlier runs have learnt of a module."""

        def read(self) -> Any: ...

        def write(self, content: Any) -> bool: ...

PATIENCE = 4
"""Calls without a backend's value after which a gate shuts."""


class Module:
    """An enabled module that is loaded."""

    __slots__ = (
        "__weakref__", "_codes", "_functions", "functions_bytes", "gates", "handles_values", "has_departed", "memory",
        "name", "options", "owner", "path", "problems", "source", "twins",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        path: str,
        options: ModuleOptions,
        functions: bytes,
        twins: bytes,
        problems: Any,
        source: Source | None,
        memory: Memory | None,
    ) -> None:
        self.name = name
        self.path = path
        self.options = options
        self.functions_bytes = functions
        self.twins = twins
        self.problems = problems
        self.source = source
        """Reads its source again: the text and the lines that stay plain. None where it came from no file."""
        self.memory = memory
        """What earlier runs have learnt of it; None where nothing is kept."""
        self.owner: ref[ModuleType] | None = None
        """The module itself; see `owners`."""
        self.has_departed = False
        """Is the module gone, or loaded anew? Code of its functions may still be there."""
        self.gates: list[Gate] = []
        self.handles_values = False
        """Has one of its functions met a backend's value?"""
        self._codes: tuple[CodeType | None, ...] | None = None
        self._functions: tuple[tuple[str, int, int, int], ...] | None = None
        MODULES.append(ref(self, MODULES.remove))

    def functions(self) -> tuple[tuple[str, int, int, int], ...]:
        """For each gate: qualified name, line, number of operations, flags."""
        if self._functions is None:
            self._functions = loads(self.functions_bytes)
        return self._functions

    @property
    def is_twinned(self) -> bool:
        """Has the code of its twins been wanted?"""
        return self._codes is not None

    def codes(self) -> tuple[CodeType | None, ...]:
        """The twins' code, unmarshalled when it is first wanted."""
        codes = self._codes
        if codes is None:
            from autograph_hook.runtime.twins import load_codes

            codes = self._codes = load_codes(self)
        return codes

    def forget_codes(self) -> None:
        self._codes = None


class Gate(array):  # type: ignore[type-arg]
    """One function's gate: `Gate(TYPE, SHUT or OPEN)`. As a constant of a code object it is compared and hashed by
    identity."""

    __slots__ = ("calls", "mixed", "module", "number", "plain", "staging")

    module: Module
    number: int
    calls: int
    staging: Any
    """What `staging` keeps for this function."""
    mixed: Any
    """Its mixed code, what is in the way of it, or None where nobody has asked."""
    plain: bool
    """Marked to run as written, always."""

    __hash__ = object.__hash__  # type: ignore[assignment]
    __eq__ = object.__eq__
    __ne__ = object.__ne__

    def __getattr__(self, name: str) -> Any:
        """What nobody has set yet: a module's gates are made by the hundred, and few of them are ever asked."""
        try:
            return _UNSET[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def function(self) -> tuple[str, int, int, int]:
        """Qualified name, line, number of operations, flags."""
        return self.module.functions()[self.number]

    def __repr__(self) -> str:
        return f"<gate of {self.function[0]}: {'open' if len(self) else 'shut'}>"

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        """In another process it is a gate that stays shut: `1 in ()`."""
        return tuple, ()

    def open(self) -> None:
        if not len(self):
            self.append(OPEN[0])

    def clear(self) -> None:
        del self[:]

    def __copy__(self) -> Gate:
        return self

    def __deepcopy__(self, memo: Any) -> Gate:
        return self

    def __call__(self, /, *arguments: Any, **keywords: Any) -> Any:
        if not arguments:
            return _thread.results.pop()
        if claims:
            wait()
        if _thread.plain:
            return False
        enter = _entered
        if enter is None:
            if not _start():
                shut(self)
                return False
            enter = _entered
            if enter is None:
                return False  # another thread has just named one more framework
        results = _thread.results
        waiting = len(results)
        try:
            return enter(self, arguments, keywords)
        except BaseException:
            del results[waiting:]  # an interrupt may come when the result lies there already
            raise

    def code(self) -> CodeType | None:
        """The twin's code; None where the function has none, or must not use it."""
        return None if self.plain else self.module.codes()[self.number]


_UNSET: dict[str, Any] = {"calls": 0, "mixed": None, "plain": False, "staging": None}


class _Thread(_local):
    """What belongs to one thread."""

    def __init__(self) -> None:
        self.results: list[Any] = []
        self.plain = 0
        """How many `plain` contexts are active."""
        self.trace: Any = None
        """The speculative trace that `staging` runs in this thread."""


class Building:
    """A graph that a thread builds, for as long as somebody keeps this: whoever builds it cannot be kept from letting
    go, as an interrupt could keep it from telling."""

    __slots__ = ("__weakref__", "thread")

    thread: int


_thread = _Thread()
MODULES: list[ref[Module]] = []
claims: list[ref[Any]] = []
"""The thread, at most one, that has the program to itself: see `threads`."""
_lock = RLock()  # what runs in between, a handler of a signal or a finalizer, may come to a gate
_shut: list[ref[Gate]] = []
collects = False
"""Has a report been asked for before the program began?"""
_building: list[ref[Building]] = []
"""The graphs that are being built, by all threads."""
_entered: Callable[[Gate, tuple[Any, ...], dict[str, Any]], bool] | None = None


def _start() -> bool:
    return False


def wait() -> None:
    """For another thread's claim to end; set by `threads`."""


def thread() -> _Thread:
    return _thread


def shut(gate: Gate) -> None:
    """Shut a gate until a trace begins, a backend is loaded, or its module handles a backend's value. While some
    thread builds a graph no gate is shut: its trace may be about to come through."""
    with _lock:
        if len(gate) and not _building:
            _shut.append(ref(gate))  # first: an interrupt must not leave a gate shut that nobody knows of
            gate.clear()


def open_all() -> None:
    """Open all gates that were shut."""
    with _lock:
        while _shut:
            reference = _shut[-1]
            gate = reference()
            if gate is not None and not gate.plain and gate.module.options.mode != "off":
                gate.open()
            if _shut[-1:] == [reference]:
                _shut.pop()


def open_module(module: Module) -> None:
    """Open the gates of one module, with their counts at zero."""
    for gate in module.gates:
        gate.calls = 0
        if not gate.plain:
            gate.open()


def open_for_good(start: Callable[[], bool]) -> None:
    """A framework is about to be imported, or is there: from now on gates begin open. `start` is called at the first
    open gate, and as long as it returns False."""
    global begin, _start, _entered
    begin = OPEN
    _start, _entered = start, None
    open_all()
    for reference in list(MODULES):
        module = reference()
        if module is not None and module.options.mode != "off":
            open_module(module)


def enter_by(enter: Callable[[Gate, tuple[Any, ...], dict[str, Any]], bool]) -> None:
    """From now on this decides at open gates."""
    global _entered
    _entered = enter


def trace_began() -> Building:
    """This thread begins to build a graph."""
    made = Building()
    made.thread = get_ident()
    _building.append(ref(made, _building.remove))
    open_all()
    return made


def _forked() -> None:
    """In a forked process this thread is the only one, whatever the others had in hand."""
    this = get_ident()
    _lock._at_fork_reinit()  # type: ignore[attr-defined]
    for references in (_building, claims):
        references[:] = [one for one in references if (made := one()) is not None and made.thread == this]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)

TYPE = "d"
SHUT: tuple[float, ...] = ()
OPEN: tuple[float, ...] = (1.0,)
begin = SHUT
"""How gates begin: shut, and so unseen by any tracer or profiler, until there is a framework."""


def gate_of(function: FunctionType) -> Gate | None:
    """The gate among a function's constants."""
    for constant in function.__code__.co_consts:
        if type(constant) is Gate:
            return constant
    return None
