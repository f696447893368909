"""The TensorFlow backend. Importing it imports TensorFlow: the registry does so only where a program has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from autograph_hook.backends.protocol import Body, Location, State
from autograph_hook.backends.tensorflow import (
    branching,
    builtin_functions,
    calls,
    effects,
    exact,
    looping,
    operators,
    private,
    staging,
    subjects,
    traces,
    values,
)

RECOGNISED = (*values.STAGED, private.CompositeTensor, subjects.Lazy)
STAGED = (*values.STAGED, subjects.Lazy)


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

    def cond(self, predicate: Any, body: Body, orelse: Body, state: State, where: Location) -> None:
        exact.staged(lambda s: branching.cond(predicate, body, orelse, s, where), state, 1)

    def while_loop(self, test: Callable[[], Any], body: Body, state: State, where: Location) -> None:
        exact.staged(lambda s: looping.while_loop(test, body, s, where), state, 0)

    def for_each(
        self,
        subject: Any,
        body: Callable[[Any], None],
        test: Callable[[], Any] | None,
        state: State,
        where: Location,
    ) -> None:
        exact.staged(lambda s: subjects.for_each(subject, body, test, s, where), state, 0)

    def select(
        self, predicate: Any, body: Callable[[], Any], orelse: Callable[[], Any], where: Location
    ) -> Any:
        return exact.selected(lambda one, other: branching.select(predicate, one, other, where), (body, orelse))

    def not_(self, value: Any) -> Any:
        return exact.truth(operators.not_(value))

    def contains(self, container: Any, element: Any) -> Any:
        return exact.truth(operators.contains(container, element))

    def get_item(self, subject: Any, key: Any) -> Any:
        exact.check_item(subject, key)
        return operators.get_item(subject, key)

    def unpack(self, value: Any, before: int, starred: bool, after: int) -> Sequence[Any]:
        return operators.unpack(value, before, starred, after)

    def iterate(self, value: Any) -> Any:
        return operators.iterate(value)

    def check(self, condition: Any, message: Callable[[], Any] | None, where: Location) -> None:
        operators.check(condition, message, where)

    def builtin(self, function: Callable[..., Any]) -> Callable[..., Any] | None:
        return builtin_functions.builtin(function)

    def call(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        return calls.call(function, args, kwargs)

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

    def environment(self) -> Any:
        return staging.environment()

    def compile(
        self, function: Callable[[list[Any]], Sequence[Any]], inputs: Sequence[Any], name: str, xla: bool
    ) -> Any:
        return staging.compile(function, inputs, name, xla)


BACKEND = TensorFlow()
