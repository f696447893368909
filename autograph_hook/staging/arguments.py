"""What a call brings with it: its arguments and the names of enclosing functions, as inputs, as facts, as stand-ins."""

from __future__ import annotations

import types
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from autograph_hook.staging import codes
from autograph_hook.staging.asked import Call, Traceable
from autograph_hook.staging.effects import is_array, is_named_tuple
from autograph_hook.staging.facts import Place
from autograph_hook.staging.guards import Guard, shown
from autograph_hook.staging.standins import StandIns
from autograph_hook.staging.trace import Abort, Trace


class Like(NamedTuple):
    """Dtype and shape of an input."""

    dtype: Any
    shape: tuple[int | None, ...]


def argument_texts(call: Traceable) -> list[tuple[str, Any]]:
    """For each argument, the expression by which the guard finds it."""
    found = [(f"args[{i}]", value) for i, value in enumerate(call.arguments)]
    return found + [(f"kwargs[{name!r}]", value) for name, value in call.keywords.items()]


def guard_arguments(
    call: Call, twin: types.FunctionType, trace: Trace, guard: Guard, inputs: list[Like], stand_ins: StandIns
) -> None:
    """Tests for the arguments and the cells; what comes in by them is outside the trace."""
    guard.call(call.arguments, call.keywords)
    names = twin.__code__.co_varnames
    for position, (text, value) in enumerate(argument_texts(call)):
        positional = position < len(call.arguments)
        label = names[position] if positional and position < len(names) else text
        if not positional:
            label = list(call.keywords)[position - len(call.arguments)]
        try:
            _take_inputs(call.backend, text, value, inputs, trace, stand_ins, label)
            guard.argument(text, value, stand_ins.test_of, label, stand_ins.is_tested_later)
        except Abort as abort:
            if position < len(names):
                abort.name = names[position]
            raise
    seen = codes.look(twin.__code__)
    for cell, place, value in cells_of(call, trace, seen.stored - seen.read):
        stand_ins.labels[id(cell)] = place.label
        if stand_ins.varies(place.key, value):
            continue
        stand_ins.labels.setdefault(id(value), place.label)
        if place.label in seen.used or not trace.outside.is_looked_at_later(value):
            trace.outside.admit(value)
        guard.test(guard.seen(place.text, value), place)


def _take_inputs(
    backend: Any, text: str, value: Any, inputs: list[Like], trace: Trace, stand_ins: StandIns, label: str
) -> None:
    """The tensors among the arguments, in the order in which the guard finds them; the rest comes in as it is."""
    tensor = backend.shape_of(value)
    stand_ins.arguments[text] = label
    if tensor is not None:
        inputs.append(Like(tensor[0], stand_ins.shape(("argument", text), tensor[1])))
    elif id(value) in trace.changes.unread:
        trace.outside.admit(value)
    elif stand_ins.is_open_argument(text, value):
        return
    elif type(value) in (list, tuple) or is_named_tuple(type(value)):
        for i, item in enumerate(value):
            _take_inputs(backend, f"{text}[{i}]", item, inputs, trace, stand_ins, f"{label}[{i}]")
    elif type(value) is dict:
        for key, item in value.items():
            _take_inputs(backend, f"{text}[{key!r}]", item, inputs, trace, stand_ins, f"{label}[{key!r}]")
    else:
        stand_ins.labels.setdefault(id(value), label)
        if not is_array(value):
            trace.outside.admit(value)


def note_tensors(
    backend: Any, stand_ins: StandIns, values: Sequence[Any], texts: Sequence[str], symbols: Sequence[Any]
) -> None:
    """The tensors among the arguments, by identity: what is read from outside may be one of them."""
    found: list[Any] = []

    def collect(value: Any) -> None:
        if backend.tensor_test(value) is not None:
            found.append(value)
        elif type(value) is dict:
            for item in value.values():
                collect(item)
        elif type(value) is list or isinstance(value, tuple):
            for item in value:
                collect(item)

    for value in values:
        collect(value)
    if len(found) == len(texts) == len(symbols):
        for tensor, text, symbol in zip(found, texts, symbols, strict=True):
            stand_ins.tensors[id(tensor)] = text, symbol


def stand_in(stand_ins: StandIns, text: str, value: Any) -> Any:
    """What an argument is in the trace that is no tensor."""
    if not stand_ins.is_tested_later(text, value):
        return value
    place = Place(("argument", text), stand_ins.arguments[text], text, shown(value))
    return stand_ins.array(place, value) if is_array(value) else stand_ins.number(place, value)


def cells_of(
    call: Traceable, trace: Trace, unread: frozenset[str] = frozenset()
) -> Iterator[tuple[types.CellType, Place, Any]]:
    """The cells that the function takes from outside and reads, and what they hold."""
    for i, cell in enumerate((call.cells.__closure__ or ()) if call.cells is not None else ()):
        assert call.cells is not None
        if call.cells.__code__.co_freevars[i] in unread:
            continue
        try:
            value = cell.cell_contents
        except ValueError as error:
            raise Abort("uses a variable of an enclosing function that has no value yet") from error
        trace.outside.cells.add(id(cell))
        yield cell, _cell_place(call, i, value), value


def _cell_place(call: Traceable, index: int, value: Any) -> Place:
    assert call.cells is not None
    label = call.cells.__code__.co_freevars[index]
    return Place(("closure", index), label, f"cells.__closure__[{index}].cell_contents", shown(value))


def replace_cells(call: Call, stand_ins: StandIns) -> None:
    """Names of enclosing functions that vary."""
    for i, cell in enumerate((call.cells.__closure__ or ()) if call.cells is not None else ()):
        value = cell.cell_contents
        if stand_ins.varies(("closure", i), value):
            stand_ins.require_alone()
            place = _cell_place(call, i, value)
            stand_ins.replace(place, value, lambda new, cell=cell: setattr(cell, "cell_contents", new))  # type: ignore[misc]


def guard_stored_cells(call: Call, trace: Trace, guard: Guard) -> None:
    """What a call stores in a name of an enclosing function belongs to that function's call, not to another of it."""
    for i, cell in enumerate((call.cells.__closure__ or ()) if call.cells is not None else ()):
        if trace.changes.stores(cell):
            guard.test(f"cells.__closure__[{i}] is {guard.constant(cell)}")


def require_apart(trace: Trace) -> None:
    for identity in trace.outside.given:
        if identity in trace.outside.objects:
            raise Abort("reaches an argument by another way as well")
