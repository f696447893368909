"""The Lantern backend, as `backends.protocol` has it. It is used only where a module's marker or settings name it."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np

from autograph_hook.backends.lantern import (
    arithmetic,
    branching,
    builtin_functions,
    functions,
    inputs,
    iterating,
    lists,
    looping,
    outside,
    trees,
    verifying,
)
from autograph_hook.backends.lantern import tracing as traces
from autograph_hook.backends.lantern.compiled import MANY, Compiled, Traced
from autograph_hook.backends.lantern.optional import Conflict, Maybe
from autograph_hook.backends.lantern.symbols import Array, Number, Numeric, Symbol
from autograph_hook.backends.lantern.tracing import error, session
from autograph_hook.backends.protocol import Backend, Body, Location, State


class Lantern:
    """The interface of `backends.protocol`, group by group, and what does each part of it."""

    name = "lantern"
    framework = "lantern"
    only_by_name = True
    graph_files: tuple[str, ...] = ()
    rounding = verifying.ROUNDING

    def __init__(self) -> None:
        self.directory: Path | None = None

    # Recognising.

    tracing = staticmethod(traces.tracing)
    watch = staticmethod(traces.watch)

    def own(self, has_twin: Callable[[Any], bool]) -> None:
        return None

    def meaning(self, error: BaseException, module: str | None) -> str | None:
        return None

    def said(self, error: BaseException) -> str | None:
        return None

    def write_graphs(self, directory: str) -> None:
        return None

    def made(self, compiled: Any, name: str) -> None:
        return None

    def shorten(self) -> None:
        return None

    def recognises(self, kind: type) -> bool:
        return issubclass(kind, Symbol | Maybe | Conflict | np.ndarray)

    def is_staged(self, value: Any) -> bool:
        return isinstance(value, Symbol | Maybe | Conflict)

    def is_reference(self, value: Any) -> bool:
        return False

    # Control flow.

    cond = staticmethod(branching.cond)
    select = staticmethod(branching.select)
    while_loop = staticmethod(looping.while_loop)
    is_iterable = staticmethod(iterating.is_iterable)
    subject = staticmethod(iterating.walk)
    for_each = staticmethod(looping.for_each)

    def check(self, condition: Any, message: Callable[[], Any] | None, where: Location) -> None:
        session().check(branching.truth_of(condition), "AssertionError", "assertion failed")

    def mark(self) -> Any:
        return None

    def acted_since(self, mark: Any) -> bool:
        return False

    # Rolled loops: a range is a loop of the program from the start.

    def operations(self) -> int:
        return 0

    def weight(self, before: int) -> int:
        return 0

    def roll(self, rest: range, added: int, body: Any, test: Any, state: State, where: Location) -> str | None:
        return "Lantern unrolls it"

    def with_index(self, function: Any, arguments: tuple[Any, ...], keywords: Mapping[str, Any]) -> Any:
        return None

    def is_traceable(self, function: Any) -> bool:
        return False

    # Operators.

    def not_(self, value: Any) -> Any:
        s = session()
        return Number(s.op("not", branching.truth_of(value)), s.frame, True)

    def contains(self, container: Any, element: Any) -> Any:
        found: Any = False
        for each in iterating.python_elements(container):
            same = arithmetic.binary("==", each, element)
            found = same if found is False else found | same
        return found

    def get_item(self, subject: Any, key: Any) -> Any:
        if isinstance(subject, Maybe | Conflict):
            subject = subject.read()
        if type(subject) is list:
            return lists.get_item(subject, key)
        if type(subject) is tuple and isinstance(key, Symbol):
            return lists.get_item(list(subject), key)
        return subject[key]

    def set_item(self, subject: Any, key: Any, value: Any) -> Any:
        if type(subject) is list:
            lists.set_item(subject, key, value)
        else:
            subject[key] = value
        return subject

    def del_item(self, subject: Any, key: Any) -> None:
        lists.delete(subject, key)

    method = staticmethod(lists.method)

    def unpack(self, value: Any, before: int, starred: bool, after: int) -> Sequence[Any]:
        if isinstance(value, Maybe | Conflict):
            value = value.read()
        if isinstance(value, trees.Tree) and not starred:
            return value.parts(before)
        items = list(iterating.python_elements(value))
        if not starred:
            if len(items) != before:
                raise error(f"takes {len(items)} values apart into {before}")
            return items
        if len(items) < before + after:
            raise error(f"takes {len(items)} values apart into at least {before + after}")
        end = len(items) - after
        return [*items[:before], items[before:end], *items[end:]]

    def iterate(self, value: Any) -> Any:
        return iterating.python_elements(value)

    def builtin(self, function: Callable[..., Any]) -> Callable[..., Any] | None:
        return builtin_functions.builtin(function)

    # Calls.

    def call(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        other = builtin_functions.standing_for(function)
        return (other or function)(*args, **kwargs)

    def standing_for(
        self, function: Any, arguments: tuple[Any, ...], call: Callable[..., Any]
    ) -> Callable[..., Any] | None:
        if isinstance(function, trees.Dispatch):
            return lambda *given, **named: trees.dispatched(function, call, given, named)
        if function is None:
            return None
        owner = getattr(function, "__self__", None)
        if type(owner) is Array or type(owner) is Number:
            return function  # type: ignore[no-any-return]
        if function is enumerate or function is zip or function is reversed:
            return builtin_functions.builtin(function)
        return builtin_functions.for_arguments(function, arguments) or builtin_functions.standing_for(function)

    def attribute(self, owner: Any, name: str) -> Any:
        return trees.attribute(owner, name)

    def has_fields(self, value: Any) -> bool:
        return isinstance(value, trees.Tree)

    def item(self, owner: Any, key: Any) -> Any:
        try:
            return owner[key]
        except IndexError as failed:
            raise traces.Impossible("IndexError", str(failed)) from None

    def leave(self, value: Any) -> None:
        return None

    def graph_codes(self) -> frozenset[types.CodeType]:
        return frozenset()

    def recurse(
        self, key: Any, name: str, arguments: Mapping[str, Any], running: Mapping[str, Any],
        call: Callable[[Mapping[str, Any]], Any], where: Location, opted: bool,
    ) -> Any:  # fmt: skip
        return functions.define(key, name, arguments, call, where)[0]

    define = staticmethod(functions.define)
    entered = staticmethod(functions.entered)
    is_shared = staticmethod(functions.is_shared)
    is_definition = staticmethod(functions.is_definition)
    prepared = staticmethod(outside.prepared)
    stand_in = staticmethod(outside.stand_in)
    stands = staticmethod(outside.stands)

    # Staging.

    def environment(self) -> Any:
        return "lantern"

    def compile(
        self, function: Callable[[list[Any]], Sequence[Any]], inputs: Sequence[Any], name: str, jit_compile: bool
    ) -> Compiled:
        return Compiled(Traced(function, inputs, name), self.directory)

    def is_watched(self, compiled: Any, inputs: Sequence[Any]) -> bool:
        return False

    def shape_of(self, value: Any) -> tuple[Any, tuple[int, ...]] | None:
        return (value.dtype, value.shape) if type(value) is np.ndarray else None

    def is_symbolic(self, value: Any) -> bool:
        return isinstance(value, Symbol | Maybe) or lists.is_staged(value)

    def is_tensor(self, value: Any) -> bool:
        return isinstance(value, Numeric | trees.Tree | Maybe | np.ndarray) or lists.is_staged(value)

    def tensor_test(self, value: Any) -> Callable[[Any], bool] | None:
        found = inputs.input_of(value)
        return None if found is None else found.test

    def is_truth(self, value: Any) -> bool:
        return False

    def provides(self, value: Any) -> bool:
        kind = value if isinstance(value, type) else type(value)
        if isinstance(value, types.ModuleType):
            return value.__name__.partition(".")[0] in ("numpy", "math")
        return kind is np.ufunc or str(type.__getattribute__(kind, "__module__")).partition(".")[0] == "numpy"

    def may_read(self, owner: Any, name: str) -> bool:
        return False

    def is_object(self, value: Any) -> bool:
        return False

    def undecorated(self, function: Any) -> Any:
        return function

    def is_constant(self, value: Any) -> bool:
        return isinstance(value, np.dtype | np.generic)

    def sizes(self, value: Any) -> list[int] | None:
        return None

    def effect(self, function: Any) -> str | None:
        owner = getattr(function, "__self__", None)
        if isinstance(owner, Numeric | lists.Elements):
            return "pure"
        return None

    def is_option(self, name: str) -> bool:
        return False

    def holds_symbols(self, kind: type) -> bool:
        return False

    def refusal(self, owner: Any, name: str) -> str | None:
        return None

    def foreign(self, value: Any) -> str | None:
        return None

    def is_safe_context(self, manager: Any) -> bool:
        return False

    def content(self, value: Any) -> type | None:
        return None

    def decided(self, function: Callable[..., Any], elements: Sequence[Any]) -> Any:
        other = builtin_functions.builtin(function)
        assert other is not None
        return other(elements)

    def try_again(self, error: Any) -> bool:
        return isinstance(error.cause, traces.NeedsStatic) and not inputs.thread.static

    @contextmanager
    def with_constants(self) -> Iterator[None]:
        inputs.thread.static = True
        try:
            yield
        finally:
            inputs.thread.static = False

    # Printing.

    def at_top(self) -> bool:
        return False

    def hand_out(self, tensors: Sequence[Any], receive: Callable[[Sequence[Any]], None]) -> None:
        raise error("prints a value that is known only when the compiled code runs")

    def readable(self, value: Any) -> Any:
        return None

    def value_of(self, value: Any) -> Any:
        return None

    def stand_ins(self, tensors: Sequence[Any], largest: int) -> Any:
        return None

    # Verifying.

    difference = staticmethod(verifying.difference)

    def variables(self) -> list[Any]:
        return []

    def keeps_state(self, value: Any) -> bool:
        return False

    def random_state(self) -> Any:
        return None

    def put_random_state(self, state: Any) -> None:
        return None

    def repeats(self, compiled: Any) -> bool:
        return True

    def same_random_state(self, one: Any, other: Any) -> bool:
        return True


class Whole(Lantern):
    """The backend for those who want to see its code: of small functions, too."""

    def compile(
        self, function: Callable[[list[Any]], Sequence[Any]], inputs: Sequence[Any], name: str, jit_compile: bool
    ) -> Compiled:
        traced = Traced(function, inputs, name)
        traced.operations = MANY
        return Compiled(traced, self.directory)


BACKEND = Lantern()
lists.Elements.backend = cast(Backend, BACKEND)

__all__ = ["BACKEND", "Body"]
