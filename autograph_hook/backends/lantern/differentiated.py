"""A traced function together with its gradient, as one def of native code."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from autograph_hook.backends.lantern.adjoint import NotDifferentiable, value_and_grad
from autograph_hook.backends.lantern.adjoint.cotangents import Cotangents
from autograph_hook.backends.lantern.backend import Lantern
from autograph_hook.backends.lantern.compiled import Compiled, Traced, rebuilt
from autograph_hook.backends.lantern.inputs import ArrayInput, ListInput, TreeInput, thread
from autograph_hook.backends.lantern.ir import FLOATS, Scalar, Tensor
from autograph_hook.backends.lantern.passes import optimize, simplify
from autograph_hook.backends.lantern.passes.dead import drop_unreachable
from autograph_hook.backends.lantern.verify import check
from autograph_hook.errors import StagingError


class Gradients(Lantern):
    """The backend as differentiation uses it: some arrays are parameters."""

    @contextmanager
    def wanting(self, arrays: Sequence[Any], containers: Sequence[Any]) -> Iterator[None]:
        """While a function is traced: of which arrays gradients are wanted, and what holds them."""
        thread.wanted, thread.containers = frozenset(map(id, arrays)), frozenset(map(id, containers))
        try:
            yield
        finally:
            thread.wanted = thread.containers = frozenset()

    def compile(
        self, function: Callable[[list[Any]], Sequence[Any]], inputs: Sequence[Any], name: str, jit_compile: bool
    ) -> Differentiated:
        return Differentiated(Traced(function, inputs, name), self.directory)


class Differentiated(Compiled):
    """Its results are those of the function, and then the gradients of the inputs that are no arrays; the gradients of
    arrays go to targets."""

    def __init__(self, traced: Traced, directory: Any) -> None:
        self.traced = traced
        self.operations = 1_000_000
        self.captured = traced.captured
        program = check(traced.program)
        results = program.function(traced.name).results
        first = results[0] if results else None
        if first not in (Scalar("f32"), Scalar("f64")):
            raise StagingError(f"the gradient is that of a float; the first result of {traced.name} is {first}")
        if len(traced.structures) != 1:
            raise StagingError(f"the gradient is that of one number; {traced.name} returns several")
        program = simplify(drop_unreachable(program, [traced.name]))
        self.slots, wrt = self._wanted(traced)
        try:
            program = value_and_grad(program, traced.name, wrt)
        except NotDifferentiable as error:
            raise StagingError(str(error)) from error
        self.adjoint = check(program)
        name = program.defs[-1].name
        self.program = check(optimize(program, [name]))
        self._prepare(name, directory)
        self.weights = [
            (source, var) for (source, _), var in zip(self.globals, self.program.params, strict=False)
        ]  # fmt: skip

    def _wanted(self, traced: Traced) -> tuple[dict[int, tuple[int, Any]], list[int]]:
        """For each float, list or tree among the inputs: which gradient is its, and of what structure."""
        slots: dict[int, tuple[int, Any]] = {}
        cotangents = Cotangents(traced.program)
        wrt: list[int] = []
        place = 0
        for k, one in enumerate(traced.inputs):
            types = one.types if not isinstance(one, ArrayInput) else ()
            if len(types) == 1 and isinstance(types[0], Scalar) and types[0].dtype in FLOATS:
                slots[k] = len(wrt), ("number", types[0].dtype, True)
                wrt.append(place)
            elif isinstance(one, ListInput) and len(types) == 1 and _is_float(types[0].element):  # type: ignore[union-attr]
                slots[k] = len(wrt), None
                wrt.append(place)
            elif isinstance(one, TreeInput) and cotangents.type(types[0]) is not None:
                slots[k] = len(wrt), one.group
                wrt.append(place)
            place += len(types)
        return slots, wrt

    def __call__(self, inputs: list[Any]) -> list[Any]:
        return self.run(inputs, None)[0]

    def run(self, inputs: Sequence[Any], targets: Any, table: int | None = None) -> tuple[list[Any], list[Any]]:
        """The outputs, and the gradients of what is no array."""
        kept: list[Any] = []
        values, kept = self.call(inputs, kept, targets, table)
        left = iter(values)
        outputs = [rebuilt(structure, left) for structure in self.traced.structures]
        return outputs, list(left)


def _is_float(type: Any) -> bool:
    return isinstance(type, Scalar | Tensor) and type.dtype in FLOATS
