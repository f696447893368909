"""The TensorFlow backend. Importing it imports TensorFlow: the registry does so only where a program has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import CodeType
from typing import Any
from weakref import WeakKeyDictionary

import tensorflow as tf

from autograph_hook.backends.protocol import Body, Location, State
from autograph_hook.backends.tensorflow import (
    branching,
    builtin_functions,
    calls,
    effects,
    elements,
    exact,
    failures,
    list_functions,
    list_methods,
    lists,
    looping,
    maybe,
    operators,
    printing,
    private,
    recursion,
    recursion_gradient,
    rolled_calls,
    rolling,
    staging,
    subjects,
    traces,
    updates,
    values,
)

RECOGNISED = (*values.STAGED, private.CompositeTensor, subjects.Lazy, maybe.Maybe)
STAGED = (*values.STAGED, subjects.Lazy, maybe.Maybe)


class TensorFlow:
    name = "tensorflow"
    framework = "tensorflow"

    def __init__(self) -> None:
        self._staged: WeakKeyDictionary[type, bool] = WeakKeyDictionary()

    def tracing(self) -> bool:
        return traces.tracing()

    def recognises(self, kind: type) -> bool:
        return issubclass(kind, RECOGNISED)

    def is_staged(self, value: Any) -> bool:
        kind = type(value)
        known = self._staged.get(kind)
        if known is None:
            known = self._staged[kind] = issubclass(kind, STAGED)
        return known

    def is_iterable(self, value: Any) -> bool:
        return subjects.is_iterable(value)

    def subject(self, value: Any) -> Any:
        return subjects.begun(value)

    def cond(self, predicate: Any, body: Body, orelse: Body, state: State, where: Location) -> None:
        def run(one: Body, other: Body) -> None:
            exact.staged(lambda s: branching.cond(predicate, one, other, s, where), state, 1)

        if recursion.seeking():
            recursion.cond(run, body, orelse, state)
        else:
            run(body, orelse)

    def while_loop(self, test: Callable[[], Any], body: Body, state: State, where: Location) -> None:
        recursion.loop(
            lambda: exact.staged(lambda s: looping.while_loop(test, body, s, where), state, 0), state
        )

    def for_each(
        self,
        subject: Any,
        body: Callable[[Any], None],
        test: Callable[[], Any] | None,
        state: State,
        where: Location,
    ) -> None:
        recursion.loop(
            lambda: exact.staged(lambda s: subjects.for_each(subject, body, test, s, where), state, 0), state
        )

    def operations(self) -> int:
        return rolling.operations()

    def weight(self, before: int) -> int:
        return rolling.weight(before)

    def roll(
        self,
        rest: range,
        added: int,
        body: Callable[[Any], None],
        test: Callable[[], Any] | None,
        state: State,
        where: Location,
    ) -> str | None:
        return rolling.roll(rest, added, body, test, state, where)

    def with_index(self, function: Any, arguments: tuple[Any, ...], keywords: Mapping[str, Any]) -> Any:
        return rolled_calls.with_index(function, arguments, keywords)

    def is_traceable(self, function: Any) -> bool:
        return rolled_calls.is_traceable(function)

    def select(
        self, predicate: Any, body: Callable[[], Any], orelse: Callable[[], Any], where: Location
    ) -> Any:
        def run(one: Any, other: Any) -> Any:
            return exact.selected(lambda *thunks: branching.select(predicate, *thunks, where), (one, other))

        return recursion.select(run, body, orelse, lambda branch: branch()) if recursion.seeking() else run(body, orelse)

    def not_(self, value: Any) -> Any:
        return exact.truth(operators.not_(value))

    def contains(self, container: Any, element: Any) -> Any:
        return exact.truth(operators.contains(container, element))

    def get_item(self, subject: Any, key: Any) -> Any:
        if lists.is_staged(subject):
            return list_methods.get_item(subject, key)
        exact.check_item(subject, key)
        return operators.get_item(subject, key)

    def set_item(self, subject: Any, key: Any, value: Any) -> Any:
        if isinstance(subject, tf.Tensor):
            return updates.updated(subject, key, value)
        list_methods.set_item(subject, key, value)
        return subject

    def del_item(self, subject: Any, key: Any) -> None:
        list_methods.del_item(subject, key)

    def method(self, subject: list[Any], name: str) -> Callable[..., Any] | None:
        return list_methods.method(subject, name)

    def unpack(self, value: Any, before: int, starred: bool, after: int) -> Sequence[Any]:
        return operators.unpack(value, before, starred, after)

    def iterate(self, value: Any) -> Any:
        return operators.iterate(value)

    def check(self, condition: Any, message: Callable[[], Any] | None, where: Location) -> None:
        operators.check(condition, message, where)

    def builtin(self, function: Callable[..., Any]) -> Callable[..., Any] | None:
        return builtin_functions.builtin(function)

    def leave(self, value: Any) -> None:
        list_functions.leave(value)

    def is_reference(self, value: Any) -> bool:
        return isinstance(value, tf.Variable)

    def call(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        if elements.Elements.alive and (any(map(list_functions.holds_list, (*args, *kwargs.values())))):
            return list_functions.call(function, args, kwargs)
        return recursion.call(function, args, kwargs)

    def graph_codes(self) -> frozenset[CodeType]:
        return recursion.graph_codes()

    def recurse(
        self,
        key: Any,
        name: str,
        arguments: Mapping[str, Any],
        running: Mapping[str, Any],
        call: Callable[[Mapping[str, Any]], Any],
        where: Location,
        opted: bool,
    ) -> Any:
        return recursion.recurse(key, name, arguments, running, call, where, opted)

    def watch(self, opened: Callable[[], None], closed: Callable[[], None]) -> None:
        traces.watch(opened, closed)

    def own(self, has_twin: Callable[[Any], bool]) -> None:
        calls.own(has_twin)

    def is_symbolic(self, value: Any) -> bool:
        return staging.is_symbolic(value)

    def is_tensor(self, value: Any) -> bool:
        return staging.is_tensor(value)

    def provides(self, value: Any) -> bool:
        return staging.provides(value)

    def effect(self, function: Any) -> str | None:
        return effects.effect(function)

    def refusal(self, owner: Any, name: str) -> str | None:
        return effects.refusal(owner, name)

    def is_constant(self, value: Any) -> bool:
        return effects.is_constant(value)

    def foreign(self, value: Any) -> str | None:
        return effects.foreign(value)

    def is_safe_context(self, manager: Any) -> bool:
        return effects.is_safe_context(manager)

    def content(self, value: Any) -> type | None:
        return staging.content(value)

    def tensor_test(self, value: Any) -> Callable[[Any], bool] | None:
        return staging.tensor_test(value)

    def is_truth(self, value: Any) -> bool:
        return exact.is_truth(value)

    def mark(self) -> Any:
        return failures.mark()

    def acted_since(self, mark: Any) -> bool:
        return failures.acted_since(mark)

    def at_top(self) -> bool:
        return printing.at_top()

    def hand_out(self, tensors: Sequence[Any], receive: Callable[[Sequence[Any]], None]) -> None:
        printing.hand_out(tensors, receive)

    def readable(self, value: Any) -> tuple[Any, Callable[[Any], Any]] | None:
        return printing.readable(value)

    def stand_ins(self, tensors: Sequence[Any], largest: int) -> list[list[Any]] | None:
        return printing.stand_ins(tensors, largest)

    def environment(self) -> Any:
        return staging.environment()

    def compile(
        self, function: Callable[[list[Any]], Sequence[Any]], inputs: Sequence[Any], name: str, xla: bool
    ) -> Any:
        return staging.compile(function, inputs, name, xla)


BACKEND = TensorFlow()
elements.Elements.backend = BACKEND
