"""What a staged call returns: the value that the plain call would have returned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograph_hook.staging.trace import PRIMITIVES, Abort, Trace, Values

Pack = Callable[[Sequence[Any], Sequence[Any]], Any]
"""From the outputs of the graph and the eager inputs of the call to the result."""


class Results:
    """Takes the traced result apart.

    `outputs` are the tensors that the graph returns; `pack` puts a call's result together. Containers that the
    function made are new in each call; an argument that is passed through is the caller's own object.
    """

    def __init__(self, trace: Trace, values: Values, inputs: Sequence[Any], stand_ins: dict[int, Any]) -> None:
        self.trace = trace
        self.values = values
        self.places = {id(tensor): i for i, tensor in enumerate(inputs)}
        self.stand_ins = stand_ins
        """Containers of symbolic tensors that stand for an argument, by identity: the argument's path."""
        self.outputs: list[Any] = []

    def pack(self, value: Any) -> Pack:
        if id(value) in self.places:
            place = self.places[id(value)]
            return lambda outputs, inputs: inputs[place]
        if self.values.is_symbolic(value):
            if not self.values.is_tensor(value):
                raise Abort(f"returns a {type(value).__name__}")
            index = len(self.outputs)
            self.outputs.append(value)
            return lambda outputs, inputs: outputs[index]
        kind = type(value)
        if isinstance(value, PRIMITIVES):
            return lambda outputs, inputs: value
        if id(value) in self.stand_ins:
            raise Abort("returns a container that it was given")
        if id(value) in self.trace.made or kind is tuple or (isinstance(value, tuple) and hasattr(kind, "_fields")):
            return self._container(value)
        if kind in (list, dict, set):
            return lambda outputs, inputs: value
        if self._was_there(value):
            return lambda outputs, inputs: value
        raise Abort(f"returns a new {kind.__module__}.{kind.__qualname__}")

    def _was_there(self, value: Any) -> bool:
        return any(fact.value is value or fact.owner is value for fact in self.trace.facts.values())

    def _container(self, value: Any) -> Pack:
        kind = type(value)
        if kind is dict:
            keys = list(value)
            packs = [self.pack(item) for item in value.values()]
            return lambda outputs, inputs: {k: p(outputs, inputs) for k, p in zip(keys, packs, strict=True)}
        if kind in (list, tuple):
            packs = [self.pack(item) for item in value]
            return lambda outputs, inputs: kind([p(outputs, inputs) for p in packs])
        if isinstance(value, tuple):
            packs = [self.pack(item) for item in value]
            return lambda outputs, inputs: kind(*[p(outputs, inputs) for p in packs])
        raise Abort(f"returns a new {kind.__name__}")
