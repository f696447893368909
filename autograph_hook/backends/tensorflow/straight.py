"""Branches so small that both are computed and one is chosen, which costs less than an `If` operation.

What lowered jumps leave is such a branch (`if c: broken = True`), and so are the operands of `and` and `or`. Both
branches may be computed only if that cannot be told from the results: their operations have no effect, cannot fail
and are few and small. A floating result must not be computed in a branch: the gradient of a choice gives zero to the
side that was not chosen, and zero times an infinite derivative is not zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from autograph_hook.backends.tensorflow import exact, private

MOST_OPERATIONS = 24
MOST_ELEMENTS = 4096

_INPUTS = frozenset({"Placeholder"})
_FREE = _INPUTS | {"Const"}
_SAFE = frozenset(
    {
        "Const", "Identity", "StopGradient", "Cast", "LogicalNot", "LogicalAnd", "LogicalOr", "Less",
        "LessEqual", "Greater", "GreaterEqual", "Equal", "NotEqual", "AddV2", "Sub", "Mul", "RealDiv", "Neg",
        "Abs", "Sign", "Square", "Sqrt", "Rsqrt", "Exp", "Log", "Tanh", "Sigmoid", "Maximum", "Minimum",
        "IsNan", "IsInf", "IsFinite", "Squeeze", "Select", "SelectV2"
    }
)  # fmt: skip
_SAFE_IF_FLOATING = frozenset({"Pow"})  # an integer to a negative power is an error
# Axes, bounds and shapes may be wrong; not where they are known while the graph is built.
_SAFE_IF_CONSTANT = frozenset(
    {"Sum", "Mean", "Prod", "Max", "Min", "All", "Any", "ExpandDims", "Reshape", "StridedSlice"}
)


def choice(pair: private.BranchPair, outputs: tuple[Sequence[Any], Sequence[Any]]) -> list[Any] | None:
    """The results of an `If` with these branches and outputs, made without one; None where it needs one."""
    if private.operations_are_watched():
        return None
    if not all(map(_is_small, pair.graphs)) or not all(map(_is_scalar, *outputs)):
        return None
    true, false = (_copied(graph, tensors) for graph, tensors in zip(pair.graphs, outputs, strict=True))
    return [_chosen(pair.predicate, one, other) for one, other in zip(true, false, strict=True)]


def _is_small(graph: Any) -> bool:
    operations = graph.get_operations()
    return (
        sum(operation.type not in _FREE for operation in operations) <= MOST_OPERATIONS
        and not graph.function_captures.control
        and not graph.deferred_external_captures
        and all(_is_harmless(operation) for operation in operations)
    )


def _is_harmless(operation: Any) -> bool:
    kind = operation.type
    if kind in _INPUTS:
        return True
    inputs = list(operation.inputs)
    if kind in _SAFE_IF_CONSTANT:
        safe = all(tensor.op.type == "Const" for tensor in inputs[1:])
    else:
        safe = kind in _SAFE or (kind in _SAFE_IF_FLOATING and operation.outputs[0].dtype.is_floating)
    return safe and not operation.control_inputs and all(map(_is_known, [*inputs, *operation.outputs]))


def _is_known(tensor: Any) -> bool:
    size = tensor.shape.num_elements()
    return size is not None and size <= MOST_ELEMENTS


def _is_scalar(one: Any, other: Any) -> bool:
    """Can one of these be chosen by an operation on scalars?"""
    return one.dtype == other.dtype and all(map(_is_given_or_whole, (one, other)))


def _is_given_or_whole(tensor: Any) -> bool:
    dtype = tensor.dtype
    if tensor.shape.rank != 0 or not (dtype.is_bool or dtype.is_integer or dtype.is_floating):
        return False
    if dtype.is_floating and exact.is_demanded():
        return False  # the gradient of a choice is zero, not None, for the side that was not chosen
    return not dtype.is_floating or tensor.op.type in ("Const", *_INPUTS)


def _copied(graph: Any, tensors: Sequence[Any]) -> list[Any]:
    """The same tensors in the graph that is being built."""
    known = {id(inside): outside for outside, inside in graph.captures}
    copies: list[Any] = []
    for tensor in tensors:
        copies.append(_copy(tensor, known))
    return copies


def _copy(tensor: Any, known: dict[int, Any]) -> Any:
    if id(tensor) not in known:
        operation = tensor.op
        inputs = [_copy(each, known) for each in operation.inputs]
        known[id(tensor)] = private.same_operation(operation, inputs)
    return known[id(tensor)]


def _chosen(predicate: Any, one: Any, other: Any) -> Any:
    if one.dtype != tf.bool:
        return tf.where(predicate, one, other)
    yes = True if one is predicate else tf.get_static_value(one)
    no = False if other is predicate else tf.get_static_value(other)
    if yes is not None and no is not None:
        if bool(yes) == bool(no):
            return tf.constant(bool(yes))
        return tf.identity(predicate) if yes else _otherwise(predicate)
    if yes is not None:
        return tf.logical_or(predicate, other) if yes else tf.logical_and(_otherwise(predicate), other)
    if no is not None:
        return tf.logical_or(_otherwise(predicate), one) if no else tf.logical_and(predicate, one)
    return tf.where(predicate, one, other)


def _otherwise(predicate: Any) -> Any:
    return tf.logical_not(predicate, name="otherwise")
