"""A backend that raises, anywhere: the program does what it does without us, and is told."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("tensorflow")

from autograph_hook.backends import protocol
from autograph_hook.runtime import entry
from tests.faults.calls import SOURCES, Subject
from tests.staging.programs import outcome, same

METHODS = sorted(
    name
    for part in (protocol.Backend, protocol.NamedFunctions)
    for name, member in inspect.getmembers(part, inspect.isfunction)
    if not name.startswith("_")
)
WHEN = (0, 1, 7)
"""After so many calls of the method it raises, and always from then on, or once."""


class Failure(Exception):
    """Of a backend."""


class Failing:
    """Puts a method in the place of a backend's that raises."""

    def __init__(self, backend: Any, name: str, after: int, error: type[BaseException], is_once: bool) -> None:
        self.backend, self.name, self.after, self.error, self.is_once = backend, name, after, error, is_once
        self.calls = 0

    def __enter__(self) -> Failing:
        real: Callable[..., Any] = getattr(self.backend, self.name)

        def fail(*arguments: Any, **keywords: Any) -> Any:
            self.calls += 1
            if self.calls == self.after + 1 or (self.calls > self.after and not self.is_once):
                raise self.error(f"{self.name} fails")
            return real(*arguments, **keywords)

        self.had = vars(self.backend).get(self.name)
        setattr(self.backend, self.name, fail)
        return self

    def __exit__(self, *error: object) -> None:
        if self.had is None:
            delattr(self.backend, self.name)
        else:
            setattr(self.backend, self.name, self.had)


def complaints(kind: str, name: str, after: int, is_once: bool) -> Iterator[str]:
    subject = Subject(kind, "traced")
    backend = next(one for one in entry.backends() if one.name == ("lantern" if kind == "lantern" else "tensorflow"))
    if not hasattr(backend, name):
        return
    in_use = list(entry.backends())
    try:
        yield from _compared(subject, Failing(backend, name, after, Failure, is_once))
    finally:
        entry.backends()[:] = in_use


def _compared(subject: Subject, failing: Failing) -> Iterator[str]:
    program = subject.program
    with warnings.catch_warnings(), failing:
        warnings.simplefilter("ignore")
        for _ in range(4):
            found, expected = outcome(subject.call, program.hooked), outcome(subject.call, program.plain)
            try:
                same(found, expected)
            except AssertionError as error:
                yield f"{failing.name} after {failing.after} of {failing.calls} calls: {str(error)[:200]}"
                return
            if subject.state(program.hooked) != subject.state(program.plain):
                yield f"{failing.name} after {failing.after} of {failing.calls} calls: another state is left"
                return


SAMPLE = ("tracing", "recognises", "environment", "compile", "tensor_test", "is_symbolic", "effect", "cond", "shape_of")


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("name", SAMPLE)
def test_a_method_that_raises_leaves_the_program_as_it_is(kind: str, name: str) -> None:
    if kind == "lantern":
        pytest.importorskip("llvmlite")
    """`python -m tests.faults` tries all methods, after other numbers of calls."""
    assert name in METHODS
    assert list(complaints(kind, name, after=1, is_once=False)) == []
