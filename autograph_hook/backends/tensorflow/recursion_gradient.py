"""The gradient of a function that calls itself.

The function `f(left, x) -> y` gets two companions that call themselves in the same way:

    f_forward(left, x) -> y, tape          what f does; the tape holds what the gradient needs of this call, the
                                           tapes of the calls inside it among it
    f_backward(tape, dy) -> dx             the gradient for all inputs of a float type, variables included

Both come from the one trace of f. TensorFlow differentiates the body as it does any graph. Where it meets a call of f
in it, the rule below turns that call into one of f_forward and calls f_backward with its tape. What the gradient takes
from the forward graph is then put into the tape, an optional variant.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from autograph_hook.backends.tensorflow import private, recursion_library
from autograph_hook.backends.tensorflow.recursion_definition import DEEPEST, GRADIENT, call_operation, definitions
from autograph_hook.errors import StagingError

DEEPEST_KEPT = 1_000
"""Nested calls where TensorFlow keeps the tape between a call and its gradient, and looks into it."""
_SECOND = "AutographHookRecursionTwice"


class Adjoint:
    """The two companions of a definition."""

    def __init__(self, definition: Any) -> None:
        self.definition = definition
        self.forward = definition.name + "_forward"
        self.backward = definition.name + "_backward"
        for name in (self.forward, self.backward):
            definitions[name] = self
        definition.adjoint = self
        graph = definition.graph
        self.wanted = [i for i, tensor in enumerate(graph.inputs) if private.gradient_dtype(tensor) is not None]
        self.dtypes = [private.gradient_dtype(graph.inputs[i]) for i in self.wanted]
        self.changes_state = _changes_state(graph, set())
        self.handles: list[int] = []
        """Inputs that are resources, which the gradient is given as they are."""
        self.given = [i for i, tensor in enumerate(graph.outputs) if private.gradient_dtype(tensor) is not None]

    def build(self) -> None:
        definition = self.definition
        graph = definition.graph
        outputs = [graph.outputs[i] for i in self.given]
        inputs = [graph.inputs[i] for i in self.wanted]

        def gradients(*given: Any) -> list[Any]:
            found = private.gradients_in(graph, outputs, inputs, given)
            return [
                private.zero_gradient(tensor) if gradient is None else tf.convert_to_tensor(gradient)
                for tensor, gradient in zip(inputs, found, strict=True)
            ]

        specs = [tf.TensorSpec(output.shape, output.dtype) for output in outputs]
        with graph.as_default():
            backward = private.traced_graph(self.backward, gradients, specs)
        everything = self._taken(backward)
        inputs_by_id = {id(tensor): i for i, tensor in enumerate(graph.inputs)}
        handed = [pair for pair in everything if pair[1].dtype == tf.resource and id(pair[1]) in inputs_by_id]
        taken = [pair for pair in everything if not any(pair is other for other in handed)]
        self.handles = [inputs_by_id[id(inside)] for _, inside in handed]
        with graph.as_default(), tf.control_dependencies(None):
            components = [inside for _, inside in taken] or [tf.constant(0)]
            tape = tf.raw_ops.OptionalFromValue(components=components)
        graph.outputs.append(tape)
        self._register(private.function_definition(graph, self.forward + "_traced"), self.forward)
        traced = private.function_definition(backward, self.backward + "_traced")
        places = [place for place, _ in taken]
        take_from_tape(traced, len(specs), places, [place for place, _ in handed], [c.dtype for c in components])
        self._register(traced, self.backward)

    def _register(self, definition: Any, name: str) -> None:
        recursion_library.register(recursion_library.tied(definition, name, definitions.__contains__))

    def _taken(self, backward: Any) -> list[tuple[int, Any]]:
        """What the gradient takes from the forward graph: its place among the inputs, and what stands there."""
        graph = self.definition.graph
        first = len(backward.inputs) - len(backward.external_captures)
        taken = []
        for i, external in enumerate(backward.external_captures):
            inside = external
            if getattr(external, "graph", None) is not graph:
                inside = private.captured_inside(graph, external)
            if inside is None:
                inside = self._constant(external)
            taken.append((first + i, inside))
        return taken

    def _constant(self, external: Any) -> Any:
        if not hasattr(external, "numpy") or external.dtype in (tf.resource, tf.variant):
            raise StagingError(
                f"{self.definition.where}: the gradient of {self.definition.label}, which calls itself, uses a tensor "
                "that the function itself does not: give it to the function as an argument"
            )
        with self.definition.graph.as_default(), tf.control_dependencies(None):
            return tf.constant(external.numpy())


def take_from_tape(
    definition: Any, given: int, places: Sequence[int], handed: Sequence[int], dtypes: Sequence[Any]
) -> None:
    """Make `backward(dy, taken…, handed…)` a `backward(tape, handed…, dy)`."""
    arguments = list(definition.signature.input_arg)
    names = {arguments[place].name: i for i, place in enumerate(places)}
    del definition.signature.input_arg[:]
    tape = definition.signature.input_arg.add(name="tape")
    tape.type = tf.variant.as_datatype_enum
    definition.signature.input_arg.extend([arguments[place] for place in handed])
    definition.signature.input_arg.extend(arguments[:given])
    definition.arg_attr.clear()
    definition.resource_arg_unique_id.clear()

    def replaced(reference: str) -> str:
        name = reference.removeprefix("^")
        if name not in names:
            return reference
        return "^from_tape" if reference != name else f"from_tape:components:{names[name]}"

    recursion_library.replace_references(definition, replaced)
    node = definition.node_def.add(name="from_tape", op="OptionalGetValue", input=["tape"])
    node.attr["output_types"].list.type.extend([dtype.as_datatype_enum for dtype in dtypes])
    for _ in dtypes:
        node.attr["output_shapes"].list.shape.add(unknown_rank=True)


@tf.RegisterGradient(GRADIENT)  # type: ignore[untyped-decorator]
def _gradient(operation: Any, *given: Any) -> list[Any]:
    """Rewrite a call into one of the forward companion, and call the backward one."""
    found = definitions[operation.get_attr("f").name]
    adjoint = found if isinstance(found, Adjoint) else _adjoint(found)
    changes = [
        tf.zeros_like(operation.outputs[i]) if given[i] is None else tf.convert_to_tensor(given[i])
        for i in adjoint.given
    ]
    tape = _tape(operation, adjoint, rewritten=found is adjoint)
    handles = [operation.inputs[i] for i in adjoint.handles]
    results = call_operation(adjoint.backward, [tape, *handles, *changes], adjoint.dtypes, _SECOND)
    gradients: list[Any] = [None] * len(operation.inputs)
    for i, result in zip(adjoint.wanted, results, strict=True):
        if operation.inputs[i].dtype != tf.resource:
            result.set_shape(operation.inputs[i].shape)
        gradients[i] = result
    return gradients


def _adjoint(definition: Any) -> Adjoint:
    if definition.adjoint is None:
        if any(tensor.dtype == tf.variant for tensor in (*definition.graph.inputs, *definition.graph.outputs)):
            raise StagingError(
                f"{definition.where}: {definition.label} calls itself with a TensorArray or the like, and there is no "
                "gradient through that: use tensors"
            )
        Adjoint(definition).build()
    adjoint: Adjoint = definition.adjoint
    return adjoint


def _tape(operation: Any, adjoint: Adjoint, rewritten: bool) -> Any:
    """The tape of a call. The outermost call is made once more for it, if that changes no state: a tape that leaves
    the graph is looked into by TensorFlow, level for level, on the native stack."""
    if rewritten:
        return operation.outputs[-1]
    is_outermost = operation.inputs[0].op.type == "Const"
    if not is_outermost or adjoint.changes_state:
        private.call_instead(operation, adjoint.forward, [tf.variant], DEEPEST_KEPT if is_outermost else None)
        return operation.outputs[-1]
    inputs = [tf.constant(DEEPEST), *list(operation.inputs)[1:]]
    dtypes = [output.dtype for output in operation.outputs]
    return call_operation(adjoint.forward, inputs, [*dtypes, tf.variant], _SECOND)[-1]


_CHANGE_NOTHING = frozenset({"Assert", "ReadVariableOp", "ResourceGather", "ResourceGatherNd", "VariableShape"})


def _changes_state(graph: Any, known: set[int]) -> bool:
    """May running the graph twice differ from running it once? Random numbers count."""
    known.add(id(graph))
    for operation in graph.get_operations():
        if not private.is_stateful(operation.type) or operation.type in _CHANGE_NOTHING:
            continue
        names = private.function_names(operation)
        if not names:
            return operation.type not in ("Placeholder",)
        for name in names:
            found = definitions.get(name)
            inner = getattr(found, "definition", found).graph if found else private.function_graph(graph, name)
            if inner is None or (id(inner) not in known and _changes_state(inner, known)):
                return True
    return False


@tf.RegisterGradient(_SECOND)  # type: ignore[untyped-decorator]
def _second(operation: Any, *given: Any) -> list[Any]:
    found = definitions[operation.get_attr("f").name].definition
    raise StagingError(
        f"{found.where}: {found.label} calls itself, and there is no gradient of the gradient of such a function: "
        "write a loop, or take the second gradient of the eager function"
    )
