"""Steps of training, in place: one call computes the loss, its gradient and the new weights, as compiled code."""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograph_hook.errors import StagingError
from autograph_hook.lantern.gradients import Gradient, leaves

STATES = {"sgd": 0, "momentum": 1, "adagrad": 1, "adam": 2}


class Optimizer:
    """A step of training: called with the function's arguments it returns the value and changes the float arrays among
    the arguments numbered in `argnums`.

    What is kept of earlier steps belongs to the arrays, by their order: `state` has it.
    """

    def __init__(
        self, rule: str, function: Callable[..., Any], argnums: int | Sequence[int], rate: float, **numbers: float
    ) -> None:
        self.rule = rule
        self.gradient = Gradient(function, argnums)
        self.rate = rate
        self.numbers = numbers
        self.steps = 0
        self.state: list[tuple[Any, ...]] = []
        """Of each array, in the order in which they stand in the arguments."""
        self._plan: _Plan | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        made, inputs = self.gradient.specialization(args, kwargs)
        plan = self._plan
        if plan is None or plan.made is not made or not plan.fits(inputs):
            plan = self._plan = _Plan(self, made, inputs, args)
        outputs, _ = self.gradient.run(
            made.compiled, inputs, plan.targets(self.rate), args, kwargs, plan.table(inputs)
        )
        self.steps += 1
        plan.finish(self)
        return made.pack(outputs, inputs)

    def arrays(self, args: Sequence[Any]) -> list[Any]:
        found: dict[int, Any] = {}
        for value in self.gradient.wanted(args):
            found.update((id(leaf), leaf) for leaf, holds in leaves(value) if not holds)
        return list(found.values())

    def state_of(self, arrays: Sequence[Any]) -> list[tuple[Any, ...]]:
        count = STATES[self.rule]
        fits = len(self.state) == len(arrays) and all(
            not state or (state[0].shape == array.shape and state[0].dtype == array.dtype)
            for state, array in zip(self.state, arrays, strict=True)
        )
        if not fits:
            if self.state:
                raise StagingError(
                    f"{self.rule}() is given other weights than before: make an optimizer for each model"
                )
            start = self.numbers.get("initial_accumulator", 0.0)
            self.state = [tuple(np.full_like(array, start) for _ in range(count)) for array in arrays]
        return self.state


class _Plan:
    """What is prepared for the same weights and code again and again."""

    def __init__(self, optimizer: Optimizer, made: Any, inputs: Sequence[Any], args: Sequence[Any]) -> None:
        self.made = made
        compiled = made.compiled
        self.weights = [(source, inputs[source]) for source, _ in compiled.weights]
        for _, array in self.weights:
            if not (array.flags.c_contiguous and array.flags.writeable):
                raise StagingError("an array that is trained must be contiguous and writeable")
        seen = {id(array) for _, array in self.weights}
        if len(seen) != len(self.weights):
            raise StagingError("the same array is given twice as a weight: give it once")
        order = optimizer.arrays(args)
        state = {id(array): one for array, one in zip(order, optimizer.state_of(order), strict=True)}
        self.in_place = optimizer.rule == "sgd"
        if self.in_place:
            self.gradients = [array for _, array in self.weights]
        else:
            self.gradients = [np.empty_like(array) for _, array in self.weights]
        named = {var.name: array for (_, var), array in zip(compiled.weights, self.gradients, strict=True)}
        self.named, self.compiled = named, compiled
        self.rate: float | None = None
        self.arrays: list[tuple[int, Any]] | None = None
        self.tables = [] if self.in_place else self._tables(state)

    def _tables(self, state: dict[int, tuple[Any, ...]]) -> list[tuple[str, Any, int]]:
        rows: dict[str, list[int]] = {}
        for (_, array), gradient in zip(self.weights, self.gradients, strict=True):
            own = state[id(array)]
            columns = [array, gradient, own[0], own[-1]]
            name = "f32" if array.dtype == np.float32 else "f64"
            rows.setdefault(name, []).extend([*[c.__array_interface__["data"][0] for c in columns], array.size])
        return [
            (name, ctypes.create_string_buffer(struct.pack(f"{len(words)}q", *words)), len(words) // 5)
            for name, words in rows.items()
        ]

    def fits(self, inputs: Sequence[Any]) -> bool:
        return all(inputs[source] is array for source, array in self.weights)

    def targets(self, rate: float) -> Any:
        if self.rate != rate:
            self.rate = rate
            scale = -rate if self.in_place else 1.0
            self.kept = self.compiled.native.targets(self.named, scale, not self.in_place)
        return self.kept

    def table(self, inputs: Sequence[Any]) -> int:
        """The table of the arrays that the code reads: the last one, while they are the same."""
        if self.arrays is None or not all(inputs[k] is array for k, array in self.arrays):
            self.held: list[Any] = []
            self.address: int = self.compiled.table(inputs, self.held)
            arrays = [(k, inputs[k]) for k, _ in self.compiled.globals if k is not None]
            # An array that is no block of memory is copied for each call.
            self.arrays = arrays if all(array.flags.c_contiguous for _, array in arrays) else None
        return self.address

    def finish(self, optimizer: Optimizer) -> None:
        if self.in_place:
            return
        from autograph_hook.backends.lantern.llvm.steps import step

        numbers, t = optimizer.numbers, optimizer.steps
        m, d = numbers.get("momentum", 0.0), numbers.get("decay", 0.0)
        first = 1 - m**t if optimizer.rule == "adam" else 1.0
        given = struct.pack("6d", optimizer.rate, m, numbers.get("epsilon", 0.0), d, first, 1 - d**t)
        for name, table, rows in self.tables:
            step(optimizer.rule, name)(ctypes.addressof(table), rows, given)


def sgd(function: Callable[..., Any], learning_rate: float = 0.01, argnums: int | Sequence[int] = 0) -> Optimizer:
    """Gradient descent: `w -= learning_rate * gradient`, added to the weights as the gradient is computed."""
    return Optimizer("sgd", function, argnums, learning_rate)


def momentum(
    function: Callable[..., Any], learning_rate: float = 0.01, momentum: float = 0.9, argnums: int | Sequence[int] = 0
) -> Optimizer:
    """`v = momentum * v + gradient; w -= learning_rate * v`."""
    return Optimizer("momentum", function, argnums, learning_rate, momentum=momentum)


def adagrad(
    function: Callable[..., Any],
    learning_rate: float = 0.01,
    epsilon: float = 1e-10,
    initial_accumulator: float = 0.0,
    argnums: int | Sequence[int] = 0,
) -> Optimizer:
    """`a += gradient ** 2; w -= learning_rate * gradient / (sqrt(a) + epsilon)`."""
    return Optimizer(
        "adagrad", function, argnums, learning_rate, epsilon=epsilon, initial_accumulator=initial_accumulator
    )


def adam(
    function: Callable[..., Any],
    learning_rate: float = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    argnums: int | Sequence[int] = 0,
) -> Optimizer:
    """Adam, with its corrections for the first steps."""
    return Optimizer("adam", function, argnums, learning_rate, momentum=beta1, decay=beta2, epsilon=epsilon)
