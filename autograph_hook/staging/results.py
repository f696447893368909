"""What a staged call returns: the value that the plain call would have returned."""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from autograph_hook.backends import identity
from autograph_hook.backends.protocol import Backend, Elements, Joined
from autograph_hook.backends.values import Varying
from autograph_hook.staging import effects
from autograph_hook.staging.arrays import Array
from autograph_hook.staging.effects import CONTAINERS, PRIMITIVES, described
from autograph_hook.staging.numbers import Number
from autograph_hook.staging.printing import Deferred
from autograph_hook.staging.trace import Abort, Trace

Pack = Callable[[Sequence[Any], Sequence[Any]], Any]
"""From the outputs of the graph and the eager inputs of the call to the result."""


class At(NamedTuple):
    """Stands among the outputs for what the guard finds by an expression."""

    text: str


class Results:
    """Takes the traced result apart.

    `outputs` are the tensors that the graph returns; `pack` puts a call's result together. Containers that the
    function made are new in each call; what was there before is the same object.
    """

    def __init__(self, trace: Trace, backend: Backend, inputs: Sequence[Any]) -> None:
        self.trace = trace
        self.backend = backend
        self.places = {id(tensor): i for i, tensor in enumerate(inputs)}
        self.outputs: list[Any] = []
        self.packed: dict[int, Any] = {}
        self.stand_ins = trace.outside.stand_ins

    def pack(self, value: Any) -> Pack:
        place = self.places.get(id(value))
        if place is not None:
            return lambda outputs, inputs: inputs[place]
        kind = type(value)
        if kind is Number or kind is Array:
            return self._output(value)
        if self.stand_ins is not None and id(value) in self.stand_ins.known and self.backend.is_symbolic(value):
            positions, key = self.stand_ins.positions, id(value)
            return lambda outputs, inputs: inputs.captures[positions[key]]  # type: ignore[attr-defined]
        if self.backend.is_symbolic(value):
            return self._output(value)
        if kind is Deferred:
            return self._deferred(value)
        if issubclass(kind, Joined):  # one that the backend cannot return
            raise Abort(f"returns a value that is known only when the graph runs: {value!r}")
        if kind in PRIMITIVES or value in self.trace.outside or self._never_changes(value):
            return lambda outputs, inputs: value
        if id(value) in self.trace.texts and kind in (list, dict):
            return self._given(self.trace.texts[id(value)])
        if id(value) in self.trace.copies or (self.stand_ins is not None and id(value) in self.stand_ins.copies):
            raise Abort(f"returns the {kind.__name__} that it was given")
        if kind in (list, tuple, dict) or effects.is_named_tuple(kind):
            return self._container(value, kind)
        if effects.makes_dataclass(kind) and self.trace.is_ours(value) and not hasattr(kind, "__del__"):
            return self._dataclass(value, kind)
        if isinstance(value, (type, types.ModuleType)) or (kind is types.FunctionType and self._is_library(value)):
            return lambda outputs, inputs: value
        raise Abort(f"returns a new {described(value)}")

    def _given(self, text: str) -> Pack:
        """A container that the call was given, as itself."""
        index = next((i for i, o in enumerate(self.outputs) if type(o) is At and o.text == text), len(self.outputs))
        if index == len(self.outputs):
            self.outputs.append(At(text))
        return lambda outputs, inputs: outputs[index]

    def _deferred(self, value: Deferred) -> Pack:
        """A Python value that is made when the graph has run."""
        leaves, build = [self.pack(leaf) for leaf in value.leaves], value.build
        return lambda outputs, inputs: build([leaf(outputs, inputs) for leaf in leaves])

    def _never_changes(self, value: Any) -> bool:
        return effects.is_immutable(value) or self.backend.is_constant(value)

    def _is_library(self, function: types.FunctionType) -> bool:
        return self.backend.provides(function) and not function.__closure__

    def _output(self, tensor: Any) -> Pack:
        if not isinstance(tensor, Varying) and not self.backend.is_tensor(tensor):
            raise Abort(f"returns a {described(tensor)}")
        index = next((i for i, output in enumerate(self.outputs) if output is tensor), len(self.outputs))
        if index == len(self.outputs):
            self.outputs.append(tensor)
        return lambda outputs, inputs: outputs[index]

    def _dataclass(self, value: Any, kind: type) -> Pack:
        if id(value) in self.packed:
            raise Abort(f"returns the same {described(value)} in two places")
        self.packed[id(value)] = value
        names = [*getattr(value, "__dict__", ()), *(n for n in _slots(kind) if hasattr(value, n))]
        if any(name not in kind.__dataclass_fields__ for name in names):  # type: ignore[attr-defined]
            raise Abort(f"returns a new {described(value)} that has more attributes than its fields")
        packs = [self.pack(getattr(value, name)) for name in names]

        def made(outputs: Sequence[Any], inputs: Sequence[Any]) -> Any:
            instance: Any = object.__new__(kind)
            for name, pack in zip(names, packs, strict=True):
                object.__setattr__(instance, name, pack(outputs, inputs))
            return instance

        return made

    def _container(self, value: Any, kind: type) -> Pack:
        trace = self.trace
        if Elements.alive and kind is list:
            self.backend.leave(value)
            if any(isinstance(element, Elements) for element in value):
                raise Abort("returns a list whose length depends on a tensor")
        if kind in CONTAINERS and kind is not tuple and not trace.is_ours(value):
            raise Abort(f"returns a {kind.__name__} of unknown origin")
        if id(value) in self.packed:
            raise Abort(f"returns the same {kind.__name__} in two places")
        if identity.is_noted() and identity.refusal(value, lambda other: id(other) in trace.made):
            raise Abort(f"returns a {kind.__name__} that is another one on another path")
        self.packed[id(value)] = value
        if kind is dict:
            keys = list(value)
            if not all(type(key) in PRIMITIVES or effects.is_immutable(key) for key in keys):
                raise Abort("returns a dict with other keys than texts and numbers")
            packs = [self.pack(item) for item in value.values()]
            return lambda outputs, inputs: {k: p(outputs, inputs) for k, p in zip(keys, packs, strict=True)}
        packs = [self.pack(item) for item in value]
        if kind is list:
            return lambda outputs, inputs: [p(outputs, inputs) for p in packs]
        if kind is tuple:
            return lambda outputs, inputs: tuple([p(outputs, inputs) for p in packs])
        return lambda outputs, inputs: tuple.__new__(kind, [p(outputs, inputs) for p in packs])


def can_return(trace: Trace, value: Any) -> bool:
    """Is it a value that a staged call can return?"""
    try:
        Results(trace, trace.backend, ()).pack(value)
    except Abort:
        return False
    return True


def _slots(kind: type) -> list[str]:
    slots = [vars(owner).get("__slots__", ()) for owner in kind.__mro__]
    return [name for names in slots for name in ([names] if isinstance(names, str) else names) if name[:2] != "__"]
