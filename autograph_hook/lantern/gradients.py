"""`grad` and `value_and_grad`: an enabled function, traced and differentiated for each kind of arguments."""

from __future__ import annotations

import dataclasses
import threading
import types
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from autograph_hook.backends.lantern.schemas import Group, Slot, key_of, read
from autograph_hook.errors import StagingError
from autograph_hook.runtime import entry, frameworks, gate
from autograph_hook.runtime.twins import twin_of_function
from autograph_hook.staging.by_name import specialize
from autograph_hook.staging.facts import Abort
from autograph_hook.staging.objects import NOTHING_STORED, Stored
from autograph_hook.staging.specialization import Specialization
from autograph_hook.staging.trace import Host

MOST = 64
"""Kinds of arguments that are kept compiled."""


def value_and_grad(function: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """A function of the same arguments that returns the value and its gradient with respect to the arguments numbered
    in `argnums`: arrays, floats, and lists, tuples, dictionaries and objects of these; of each the gradient is the same
    kind of nest, and None for what has no gradient. For several `argnums` it is a tuple.
    """
    whole = Gradient(function, argnums)

    def value_and_grad_of(*args: Any, **kwargs: Any) -> Any:
        return whole(args, kwargs)

    value_and_grad_of.__wrapped__ = function  # type: ignore[attr-defined]
    return value_and_grad_of


def grad(function: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """As `value_and_grad`, without the value."""
    whole = Gradient(function, argnums)

    def grad_of(*args: Any, **kwargs: Any) -> Any:
        return whole(args, kwargs)[1]

    grad_of.__wrapped__ = function  # type: ignore[attr-defined]
    return grad_of


class Call:
    """A call of the function, for staging."""

    afterwards: Callable[[], None] | None = None
    has_run = False

    def __init__(self, function: types.FunctionType, at: gate.Gate, backend: Any, args: Any, kwargs: Any) -> None:
        self.host: Host = entry.HOST
        self.thread = gate.thread()
        self.backend = backend
        self.options: Any = at.module.options
        self.function = at.function
        self.frame: Any = None
        self.cells = function if function.__closure__ else None
        self.arguments = args
        self.keywords = kwargs
        self._function = function

    def twin(self) -> types.FunctionType | None:
        return twin_of_function(self._function)

    def stored(self) -> Stored:
        return NOTHING_STORED


class Gradient:
    """A function and its gradient, compiled for the kinds of arguments that it has met."""

    def __init__(self, function: Callable[..., Any], argnums: int | Sequence[int] = 0) -> None:
        self.whole = function
        self.owner: tuple[Any, ...] = ()
        if isinstance(function, types.MethodType):
            self.owner, function = (function.__self__,), function.__func__
        found = gate.gate_of(function) if isinstance(function, types.FunctionType) else None
        if found is None:
            raise StagingError(
                f"{getattr(function, '__qualname__', function)} is not a function of an enabled module: begin the "
                "module with the comment `# autograph: enable backend=lantern`, and have it imported by way of the hook"
            )
        assert isinstance(function, types.FunctionType)
        self.function, self.gate = function, found
        self.numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)
        self.single = isinstance(argnums, int)
        self.known: list[Specialization] = []
        self.lock = threading.Lock()
        frameworks.use_backend("lantern")
        frameworks.start()
        from autograph_hook.backends.lantern.differentiated import Gradients

        self.backend = Gradients()

    def wanted(self, args: Sequence[Any]) -> list[Any]:
        for number in self.numbers:
            if not -len(args) <= number < len(args):
                raise StagingError(f"there is no argument {number} to differentiate by: {len(args)} were given")
        return [args[number] for number in self.numbers]

    def specialization(self, args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[Specialization, list[Any]]:
        """The compiled code for these arguments, and its inputs."""
        given = (*self.owner, *args)
        for one in self.known:
            inputs = one.check(self.cells(), given, kwargs)
            if inputs is not None:
                return one, inputs
        with self.lock:
            made = self._made(args, given, kwargs)
            self.known = [made, *self.known[: MOST - 1]]
        inputs = made.check(self.cells(), given, kwargs)
        if inputs is None:
            raise StagingError(f"{self.function.__qualname__}: what it reads changes while it is traced")
        return made, inputs

    def cells(self) -> Any:
        return self.function if self.function.__closure__ else None

    def _made(self, args: Sequence[Any], given: tuple[Any, ...], kwargs: dict[str, Any]) -> Specialization:
        arrays: list[Any] = []
        containers: list[Any] = []
        for value in self.wanted(args):
            for leaf, holds in leaves(value):
                (containers if holds else arrays).append(leaf)
        call = Call(self.function, self.gate, self.backend, given, kwargs)
        try:
            with self.backend.wanting(arrays, containers):
                return specialize(call, "lantern")
        except Abort as abort:
            if isinstance(abort.cause, StagingError):
                raise abort.cause from None
            path, (name, line, *_) = self.gate.module.path, self.gate.function
            raise StagingError(f"{path}:{line}: {name} has no gradient by Lantern: {abort.reason}") from None

    def __call__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        made, inputs = self.specialization(args, kwargs)
        compiled: Any = made.compiled
        found = {source: np.empty_like(inputs[source]) for source, _ in compiled.weights}
        targets = compiled.native.targets({var.name: found[k] for k, var in compiled.weights}, 1.0, True)
        outputs, others = self.run(compiled, inputs, targets, args, kwargs)
        value = made.pack(outputs, inputs)
        gradients = Gradients(compiled, inputs, found, others)
        taken = [gradients.of(args[n], self.place(compiled, args, n)) for n in self.numbers]
        return value, taken[0] if self.single else tuple(taken)

    def run(self, compiled: Any, inputs: Any, targets: Any, args: Any, kwargs: Any, table: Any = None) -> Any:
        """Run compiled code. Where it fails, the plain run raises the exception that the program expects; if that has
        none to raise, there is no gradient for these arguments."""
        try:
            return compiled.run(inputs, targets, table)
        except Exception as error:
            problem = error
            state = gate.thread()
            state.plain += 1
            try:
                self.whole(*args, **kwargs)
            finally:
                state.plain -= 1
        path, (name, line, *_) = self.gate.module.path, self.gate.function
        raise StagingError(f"{path}:{line}: {name} has no gradient by Lantern for these arguments: {problem}")

    def place(self, compiled: Any, args: Sequence[Any], number: int) -> int:
        """The number of the first input that an argument gives."""
        place = 0
        for value in (*self.owner, *args[: number % len(args)]):
            place += count(value, self.backend, compiled)
        return place


def count(value: Any, backend: Any, compiled: Any) -> int:
    """How many inputs a value gives."""
    from autograph_hook.backends.lantern.inputs import input_of

    kind = type(value)
    if kind in (list, tuple, dict):
        if kind is not dict and input_of(value) is not None and not _holds_arrays(value):
            return 1
        return sum(count(part, backend, compiled) for part in (value.values() if kind is dict else value))
    return int(input_of(value) is not None)


def _holds_arrays(value: Any) -> bool:
    return any(type(leaf) is np.ndarray for leaf, _ in leaves(value))


def leaves(value: Any) -> Iterator[tuple[Any, bool]]:
    """The float arrays in a nest, and the containers (True) that hold some."""
    kind = type(value)
    if kind is np.ndarray:
        if value.dtype.kind == "f":
            yield value, False
        return
    found = False
    for part in parts(value):
        for leaf in leaves(part):
            found = True
            yield leaf
    if found:
        yield value, True


def parts(value: Any) -> Sequence[Any]:
    kind = type(value)
    if kind is dict:
        return list(value.values())
    if kind in (list, tuple) or isinstance(value, tuple):
        return list(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, field.name) for field in dataclasses.fields(value)]
    if hasattr(value, "__dict__") and not isinstance(value, type | types.FunctionType | types.ModuleType):
        return list(vars(value).values())
    return ()


def of_tree(value: Any, gradient: Any, group: Group) -> Any:
    """The gradient of a node: a node of the same kind. `gradient` is None where it is zero."""
    if value is None or isinstance(value, bool | int):
        return None
    if isinstance(value, float | np.floating):
        return type(value)(gradient.fields["value"] if gradient is not None else 0)
    key = key_of(value)
    found: dict[str, Any] = {}
    for name, slot in group.kinds[key].slots.items():
        place = group.places.get((key, name))
        part = None
        if gradient is not None and place is not None:
            part = gradient.fields.get(place.name)
        found[name] = _of_slot(read(value, name), part, slot)
    kind = type(value)
    if isinstance(value, tuple):
        return tuple.__new__(kind, list(found.values()))
    made = object.__new__(kind)
    for name, part in found.items():
        object.__setattr__(made, name, part)
    return made


def _of_slot(value: Any, gradient: Any, slot: Slot) -> Any:
    if slot.group is not None:
        return of_tree(value, gradient, slot.group.find())
    if isinstance(value, float | np.floating):
        return type(value)(0 if gradient is None else gradient)
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return np.zeros_like(value) if gradient is None else gradient
    if isinstance(value, list) and slot.element is not None:
        parts = gradient or [None] * len(value)
        return [_of_slot(v, g, slot.element) for v, g in zip(value, parts, strict=True)]
    return None


class Gradients:
    """The gradients of one call, put together as the arguments are."""

    def __init__(self, compiled: Any, inputs: Sequence[Any], arrays: dict[int, Any], others: Sequence[Any]) -> None:
        self.compiled = compiled
        self.arrays: dict[int, Any] = {}
        for k, array in arrays.items():
            known = self.arrays.get(id(inputs[k]))
            self.arrays[id(inputs[k])] = array if known is None else known + array
        self.others = others
        self.next = 0

    def of(self, value: Any, place: int) -> Any:
        self.next = place
        return self._of(value)

    def _of(self, value: Any) -> Any:
        kind = type(value)
        if kind is np.ndarray:
            self.next += 1
            if value.dtype.kind != "f":
                return None
            found = self.arrays.get(id(value))
            return np.zeros_like(value) if found is None else found
        if kind is dict:
            return {key: self._of(part) for key, part in value.items()}
        slot = self.compiled.slots.get(self.next)
        if slot is not None and isinstance(slot[1], Group):
            self.next += 1
            return of_tree(value, self.others[slot[0]], slot[1])
        if isinstance(value, float | np.floating):
            self.next += 1
            return type(value)(0) if slot is None else type(value)(self.others[slot[0]])
        if kind is list and slot is not None and not _holds_arrays(value):
            self.next += 1
            found = self.others[slot[0]]
            return [float(x) for x in found] if found else [0.0] * len(value)
        if kind in (list, tuple):
            return kind([self._of(part) for part in value])
        if isinstance(value, tuple):
            return tuple.__new__(kind, [self._of(part) for part in value])
        if value is None or isinstance(value, bool | int | str):
            self.next += isinstance(value, bool | int)
            return None
        names = [f.name for f in dataclasses.fields(value)] if dataclasses.is_dataclass(value) else list(vars(value))
        made = object.__new__(kind)
        for name in names:
            object.__setattr__(made, name, self._of(getattr(value, name)))
        return made
