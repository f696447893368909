"""A function that calls itself while a graph is built.

As long as Python decides whether it goes on, its calls are traced one inside the other, as Python runs them. Where it
calls itself inside a branch or a loop body of the graph, the graph decides, and tracing would not end: such a call is
handed to the backend, which makes a graph function that calls itself of it (setting `tensorflow.recursion`), or raises
an error after a few levels.
"""

from __future__ import annotations

import functools
import inspect
import sys
import types
from collections.abc import Mapping
from typing import Any

from autograph_hook.backends.protocol import Backend, EndlessRecursion, NamedFunctions
from autograph_hook.backends.registry import registry
from autograph_hook.runtime.gate import Gate, gate_of, thread
from autograph_hook.runtime.locations import here
from autograph_hook.runtime.variables import CONTAINERS
from autograph_hook.staging.trace import Abort


def watched(twin: types.FunctionType, of: types.FunctionType | Gate) -> Any:
    """What is called in the place of a twin: the twin itself, unless it runs already and has entered a graph since.

    A backend whose compiled functions call each other is asked about every call.
    """
    trace = thread().trace
    if trace is not None and trace.named is not None:
        gate = of if isinstance(of, Gate) else gate_of(of)
        assert gate is not None
        return functools.partial(_defined, trace.named, twin, gate)
    code = twin.__code__
    graphs = _graphs()
    builder: Backend | None = None
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:  # the whole stack: a test suite's is a hundred frames deep
        running = frame.f_code
        if running is code:
            if builder is None:
                return twin
            if _is_same(twin, frame):
                gate = of if isinstance(of, Gate) else gate_of(of)
                assert gate is not None
                return functools.partial(_again, builder, twin, gate, dict(frame.f_locals))
        elif builder is None and id(running) in graphs:
            builder = graphs[id(running)][1]
        frame = frame.f_back
    return twin


def _graphs() -> dict[int, tuple[types.CodeType, Backend]]:
    """The code that stands on the stack where a backend traces a graph inside another, by identity: the hash of a code
    object is made of all that is in it, each time."""
    for backend in registry.in_use():
        if backend.name not in _asked:
            _asked.add(backend.name)
            _codes.update({id(code): (code, backend) for code in backend.graph_codes()})
    return _codes


_asked: set[str] = set()
_codes: dict[int, tuple[types.CodeType, Backend]] = {}


def _is_same(twin: types.FunctionType, frame: types.FrameType) -> bool:
    """Does the frame run this function, not another one that was made of the same code?

    Two wrappers that one decorator has made differ in the functions that they close over.
    """
    for name, cell in zip(twin.__code__.co_freevars, twin.__closure__ or (), strict=True):
        try:
            value = cell.cell_contents
        except ValueError:
            continue
        if name != "ag__" and callable(value) and frame.f_locals.get(name, value) is not value:
            return False
    return True


def _again(
    backend: Backend, twin: types.FunctionType, gate: Gate, running: Mapping[str, Any], /,
    *arguments: Any, **keywords: Any,
) -> Any:  # fmt: skip
    """Call a twin inside a graph that it has entered."""
    signature = inspect.signature(twin)
    try:
        bound = signature.bind(*arguments, **keywords)
    except TypeError:
        return twin(*arguments, **keywords)  # which raises Python's own error
    bound.apply_defaults()

    def call(values: Mapping[str, Any]) -> Any:
        given = inspect.BoundArguments(signature, values)  # type: ignore[arg-type]
        return twin(*given.args, **given.kwargs)

    options = gate.module.options
    try:
        return backend.recurse(
            _key(twin), gate.function[0], bound.arguments, running, call, here(), options.recursion
        )
    except EndlessRecursion as endless:
        if thread().trace is not None:
            raise Abort(str(endless)) from None
        raise


def _defined(backend: NamedFunctions, twin: types.FunctionType, gate: Gate, /, *arguments: Any, **keywords: Any) -> Any:
    """Call a twin by way of a backend that may make a function of its own of it."""
    running = backend.prepared(twin)
    signature = inspect.signature(running)
    try:
        bound = signature.bind(*arguments, **keywords)
    except TypeError:
        return twin(*arguments, **keywords)  # which raises Python's own error
    bound.apply_defaults()

    def call(values: Mapping[str, Any]) -> Any:
        given = inspect.BoundArguments(signature, values)  # type: ignore[arg-type]
        backend.entered(thread().trace.made)
        if not backend.is_definition():
            return running(*given.args, **given.kwargs)
        names = _contents(running)
        held = [(value, value.copy()) for value in names if type(value) in CONTAINERS]
        result = running(*given.args, **given.kwargs)
        same = all(a is b for a, b in zip(names, _contents(running), strict=True))
        if not same or any(not _is_same_content(value, before) for value, before in held):
            raise Abort(f"{gate.function[0]} calls itself and changes a variable of an enclosing function")
        return result

    from autograph_hook.runtime.operators.constructs import about_to_change

    result, changes = backend.define(_key(twin), gate.function[0], bound.arguments, call, here())
    for owner, content in changes:
        about_to_change(owner)
        owner[:] = content
    return result


def _contents(function: types.FunctionType) -> list[Any]:
    """What a function closes over."""
    found = []
    for cell in function.__closure__ or ():
        try:
            found.append(cell.cell_contents)
        except ValueError:
            found.append(None)
    return found


def _is_same_content(one: Any, other: Any) -> bool:
    if type(one) is dict:
        one, other = [*one.keys(), *one.values()], [*other.keys(), *other.values()]
    if type(one) is set:
        return len(one) == len(other)
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))


def _key(twin: types.FunctionType) -> Any:
    """The same for twins of one function: its code, and its cells other than that of the operators."""
    cells = zip(twin.__code__.co_freevars, twin.__closure__ or (), strict=True)
    return (twin.__code__, id(twin.__globals__), *[id(cell) for name, cell in cells if name != "ag__"])
