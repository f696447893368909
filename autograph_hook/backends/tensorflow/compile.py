"""Graphs that we make ourselves: trace a function of tensors, then call the graph with eager tensors."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import tensorflow as tf

from autograph_hook.backends.tensorflow import exact, printing, private
from autograph_hook.backends.tensorflow.failures import Unordered, is_acyclic, order

_function = tf.function
"""As it is when we begin: tests of users put something else in its place for a while."""


class VariableCreation(BaseException):
    """A trace was about to create a variable, which a graph would do again each time it is traced."""


class Compiled:
    """A traced function: called with a list of eager tensors, it returns the list of its results.

    It is differentiable: a tape around the call records it.
    """

    __slots__ = ("_call", "_options", "captures", "concrete", "operations", "stateful_ops", "writes")

    def __init__(self, concrete: Any) -> None:
        self.concrete = concrete
        self._call = private.flat_call(concrete)
        self.operations, self.stateful_ops = _census(concrete.graph)
        self._options = private.exact_options(one_thread=_is_light(concrete.graph, self.stateful_ops))
        private.exact_gradients(concrete, self._options)
        # What the function takes from outside: resources of variables, and eager tensors, by value at
        # tracing.
        self.captures: list[Any] = list(concrete.captured_inputs)
        self.writes = "PrintV2" in self.stateful_ops

    def __call__(self, inputs: list[Any], captures: list[Any] | None = None) -> list[Any]:
        """`captures`, where not all of them are what they were at tracing."""
        found = self.captures if captures is None else captures
        return private.with_options(self._options, self._call, inputs, found)  # type: ignore[no-any-return]


def trace(
    function: Callable[[list[Any]], Sequence[Any]],
    inputs: Sequence[Any],
    name: str,
    jit_compile: bool = False,
) -> Compiled:
    """The graph of `function`, which takes a list of tensors like `inputs` and returns a flat list of
    tensors.

    Raises VariableCreation instead of creating a variable, and whatever `function` raises.
    """

    is_turned = False

    def flat(*tensors: Any) -> list[Any]:
        nonlocal is_turned
        private.own_begun()
        with _no_variables(), printing.top():
            outputs = list(function(list(tensors)))
            exact.check_outputs(outputs)
            exact.check_uses()
        is_turned = order(tf.compat.v1.get_default_graph())
        return outputs

    flat.__name__ = flat.__qualname__ = name
    specs = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in inputs]
    whole = _function(flat, input_signature=specs, autograph=False, jit_compile=jit_compile or None)
    # Around the trace as well as in it: `tf.init_scope` leaves the graph, not this.
    with _no_variables(), private.variable_scope_kept():
        concrete = private.begin_own(whole.get_concrete_function)
    if is_turned and not is_acyclic(concrete.graph):
        raise Unordered("operations that may fail come after changes of state for which they wait")
    return Compiled(concrete)


@contextlib.contextmanager
def _no_variables() -> Iterator[None]:
    def refuse(next_creator: Callable[..., Any], **options: Any) -> Any:
        raise VariableCreation(f"creates the variable {options.get('name') or 'Variable'!r}")

    with tf.variable_creator_scope(refuse):
        yield


def seeded(graph: Any) -> str | None:
    """A kind of operation in a graph, or in a function of it, that draws random numbers from a seed of its own."""
    for operation in graph.get_operations():
        kind: str = operation.type
        if private.is_stateful(kind) and _has_seed(operation.node_def):
            return kind
    for function in graph.as_graph_def().library.function:
        for node in function.node_def:
            if private.is_stateful(node.op) and _has_seed(node):
                return str(node.op)
    return None


def _has_seed(node: Any) -> bool:
    return any(name in node.attr and node.attr[name].i != 0 for name in ("seed", "seed2"))


def _census(graph: Any) -> tuple[int, list[str]]:
    """How many operations a graph and the functions in it have, and which stateful kinds are among them."""
    operations = graph.get_operations()
    count = len(operations)
    kinds = {operation.type for operation in operations}
    if any(private.holds_functions(operation) for operation in operations):
        for function in graph.as_graph_def().library.function:
            count += len(function.node_def)
            kinds.update(node.op for node in function.node_def)
    return count, sorted(kind for kind in kinds if private.is_stateful(kind))


LIGHT = 4096
"""Elements of a tensor that one thread handles sooner than it hands them to another."""

_OF_VARIABLES = ("ReadVariableOp", "Assign", "ResourceApply")


def _is_light(graph: Any, stateful: list[str]) -> bool:
    """Is a graph a straight run of operations on small tensors?

    TensorFlow's executor hands operations to a pool of threads, which for such a graph takes longer than the
    operations do: of the 41 microseconds of a call of 16 operations on 32 elements it is 15.
    """
    if not all(kind.startswith(_OF_VARIABLES) for kind in stateful):
        return False
    for operation in graph.get_operations():
        if private.holds_functions(operation):
            return False
        for tensor in operation.outputs:
            elements = tensor.shape.num_elements()
            if elements is None or elements > LIGHT:
                return False
    return True
