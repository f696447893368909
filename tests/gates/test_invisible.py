"""A gate leaves no trace that a program could stumble over."""

from __future__ import annotations

import copy
import inspect
import marshal
import pickle
import sys
import types
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from autograph_hook.runtime.gate import Gate
from autograph_hook.transpiler import transform
from tests.twins.both import enabled, plain

SOURCE = '''
"""A module."""
import functools

def f(a, b=2, /, c=3, *rest, d, e=5, **named):
    """Add."""
    total = a + b
    return total

def outer(n):
    def inner(k):
        return n + k
    return inner

square = lambda x: x * x

class C:
    """A class."""
    def method(self):
        here = locals()
        return sorted(here)

    @functools.cached_property
    def cached(self):
        return [self]
'''


@pytest.fixture(scope="module")
def both() -> tuple[types.ModuleType, types.ModuleType]:
    return plain(SOURCE), enabled(SOURCE)


def functions(module: types.ModuleType) -> Iterator[Any]:
    yield from (module.f, module.outer, module.outer(1), module.square, module.C.method, module.C.cached.func)


def test_the_module_has_no_name_more(both: tuple[types.ModuleType, types.ModuleType]) -> None:
    one, other = both
    assert list(vars(one)) == list(vars(other))
    assert dir(one) == dir(other)
    assert list(vars(one.C)) == list(vars(other.C))


def test_functions_look_the_same(both: tuple[types.ModuleType, types.ModuleType]) -> None:
    for one, other in zip(*map(functions, both), strict=True):
        assert inspect.signature(one) == inspect.signature(other)
        assert (one.__doc__, one.__qualname__, one.__defaults__) == (
            other.__doc__,
            other.__qualname__,
            other.__defaults__,
        )
        for name in (
            "co_names",
            "co_varnames",
            "co_freevars",
            "co_cellvars",
            "co_firstlineno",
            "co_argcount",
            "co_flags",
        ):
            assert getattr(one.__code__, name) == getattr(other.__code__, name), (one, name)


def test_locals_hold_the_user_s_names_only(both: tuple[types.ModuleType, types.ModuleType]) -> None:
    assert both[1].C().method() == ["self"]


def test_code_can_be_hashed_compared_and_copied(both: tuple[types.ModuleType, types.ModuleType]) -> None:
    for function in functions(both[1]):
        code = function.__code__
        assert {code: 1}[code] == 1
        assert code == code.replace()
        assert copy.copy(function) is function


def test_a_tracer_sees_the_same_events(both: tuple[types.ModuleType, types.ModuleType]) -> None:
    def events(module: types.ModuleType) -> list[Any]:
        seen: list[Any] = []

        def tracer(frame: types.FrameType, event: str, argument: object) -> Any:
            if frame.f_code.co_filename != module.__file__:
                return None
            seen.append((event, frame.f_code.co_name, frame.f_lineno))
            return tracer

        before = sys.gettrace()
        sys.settrace(tracer)
        try:
            module.f(1, d=4)
            module.outer(1)(2)
            module.square(3)
            module.C().method()
        finally:
            sys.settrace(before)
        return seen

    assert events(both[0]) == events(both[1])


def test_objects_of_the_module_can_be_pickled(monkeypatch: pytest.MonkeyPatch) -> None:
    module = enabled(SOURCE)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for value in (module.f, module.C, module.C()):
        copied = pickle.loads(pickle.dumps(value))
        assert copied is value or type(copied) is module.C


def test_a_gate_pickles_as_one_that_is_shut_for_ever() -> None:
    module = enabled(SOURCE)
    gates = [c for c in module.f.__code__.co_consts if type(c).__name__ == "Gate"]
    assert len(gates) == 1
    stand_in = pickle.loads(pickle.dumps(gates[0]))
    assert type(stand_in) is tuple and 1 not in stand_in
    assert copy.deepcopy(gates[0]) is gates[0]


def test_a_function_rebuilt_from_its_pickled_code_runs_without_us() -> None:
    """What cloudpickle does: a code object is taken apart and made again in a process that has no gates."""
    code = enabled(SOURCE).f.__code__
    constants = pickle.loads(pickle.dumps(code.co_consts))
    rebuilt = types.FunctionType(code.replace(co_consts=constants), {})
    assert rebuilt(1, 2, 3, d=4, e=5) == 3


@pytest.mark.parametrize("is_open", [False, True])
def test_a_function_whose_code_went_through_marshal_runs_without_us(is_open: bool) -> None:
    """What Keras does with the function of a `Lambda` layer, and any tool that keeps byte code."""
    code = enabled(SOURCE).f.__code__
    gate = next(constant for constant in code.co_consts if isinstance(constant, Gate))
    if is_open:
        gate.open()
    else:
        gate.clear()
    rebuilt = types.FunctionType(marshal.loads(marshal.dumps(code)), {})
    assert not any(isinstance(constant, Gate) for constant in rebuilt.__code__.co_consts)
    assert rebuilt(1, 2, 3, d=4, e=5) == 3


@pytest.mark.parametrize("text", ['"a" is "b"', "assert (1, 2)", "(1)()", '"\\d"'])
def test_warnings_of_the_compiler_come_once(text: str) -> None:
    source = f"def f(x):\n    y = x\n    return y, {text}\n" if "assert" not in text else f"def f(x):\n    {text}\n"

    def heard(compiled: Any) -> list[tuple[str, int]]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            compiled()
        return [(str(w.message), w.lineno) for w in caught]

    expected = heard(lambda: compile(source, "warns.py", "exec", dont_inherit=True))
    assert expected
    assert heard(lambda: transform(source.encode(), "warns.py")) == expected


def test_generated_and_executed_code_is_left_alone() -> None:
    module = enabled(
        """
        import dataclasses

        @dataclasses.dataclass
        class Point:
            x: int
            y: int = 0

            def norm(self):
                return self.x * self.x + self.y * self.y

        names = {}
        exec("def made(x): return x if x else 0", names)
        """
    )
    assert module.Point(3, 4).norm() == 25
    assert module.Point(1) == module.Point(1)
    for function in (module.Point.__init__, module.Point.__eq__, module.names["made"]):
        assert not any(type(c).__name__ == "Gate" for c in function.__code__.co_consts)
