"""Operations that may fail when the graph runs come before those that change state.

A staged call that fails is answered by the plain run, which raises what the user expects. That is right only
if the failed call has changed nothing. So every change of state waits for all operations before it that may
fail; and a graph in which an operation that may fail follows a change of state is refused.
"""

from __future__ import annotations

import re
from typing import Any

from autograph_hook.backends.tensorflow import private

MAY_FAIL = re.compile(
    r"Assert|CheckNumerics|.*Gather|.*Scatter(?!ed)|TensorScatter|Cholesky|Matrix(Inverse|Solve|TriangularSolve|Exp|"
    r"Logarithm|SquareRoot)|SelfAdjointEig|Svd|Qr|SparseSoftmaxCrossEntropy|Sparse(?!Segment)|Decode|Encode|Parse|"
    r"StringTo|TensorList(PopBack|GetItem|SetItem|FromTensor|Stack|Gather|Split|Concat)|TensorArray|Iterator|"
    r"OptionalGetValue|Dynamic(Partition|Stitch)|.*Segment|InTopK|EnsureShape|Bincount|DenseBincount|LookupTable|"
    r"Stack|Queue|Ragged|Read(?!Variable)|Write|Restore|Save|PyFunc|EagerPyFunc|.*Dataset|UnicodeTranscode|Lu$|Invert"
)
"""Kinds that check their values. Others can fail only on shapes, and those are checked while tracing if
known.
"""

INTEGER_DIVISION = frozenset({"FloorDiv", "FloorMod", "TruncateDiv", "TruncateMod", "Div", "Mod"})

CHANGES = re.compile(
    r"Assign|ResourceApply|ResourceSparseApply|ResourceScatter|PrintV?2?$|LookupTableI|.*Enqueue|Rng"
)


class Unordered(Exception):
    """An operation that may fail follows one that changes state."""


def order(graph: Any) -> None:
    """Add the control edges to a function's graph. Raises Unordered where edges do not help."""
    library: dict[str, Any] | None = None
    may_fail: list[Any] = []
    changed: Any = None
    for operation in graph.get_operations():
        fails, changes = _own_nature(operation)
        if private.holds_functions(operation):
            if library is None:
                library = {f.signature.name: f for f in graph.as_graph_def().library.function}
            inner_fails, inner_changes = _nature_inside(operation, library)
            if inner_fails and inner_changes:
                raise Unordered(f"{operation.name} holds both changes of state and operations that may fail")
            fails, changes = fails or inner_fails, changes or inner_changes
        if fails and changed is not None:
            raise Unordered(
                f"{operation.type}, which may fail, comes after a change of state ({changed.type})"
            )
        if changes:
            private.add_control_inputs(operation, may_fail)
            changed = operation
        elif fails:
            may_fail.append(operation)


def _own_nature(operation: Any) -> tuple[bool, bool]:
    """May it fail, does it change state?"""
    kind = operation.type
    if CHANGES.match(kind):
        return False, True
    if kind in INTEGER_DIVISION:
        return bool(operation.inputs[0].dtype.is_integer), False
    if MAY_FAIL.match(kind):
        return True, False
    return _depends_on_shapes(operation), False


_SHAPELESS = frozenset({"Identity", "Shape", "ShapeN", "Rank", "Size", "ReadVariableOp", "NoOp", "Pack", "Cast", "If",
                        "While", "StatelessIf", "StatelessWhile", "PartitionedCall", "StatefulPartitionedCall",
                        "Placeholder", "Const", "StopGradient", "ZerosLike", "OnesLike", "TensorListPushBack",
                        "TensorListReserve", "EmptyTensorList", "TensorListLength"})  # fmt: skip


def _depends_on_shapes(operation: Any) -> bool:
    """Can its inputs turn out not to fit each other, because their shapes are not all known?"""
    if operation.type in _SHAPELESS or len(operation.inputs) < 2:
        return False
    return any(
        not tensor.shape.is_fully_defined()
        for tensor in operation.inputs
        if tensor.dtype.name not in ("resource", "variant")
    )


def _nature_inside(operation: Any, library: dict[str, Any]) -> tuple[bool, bool]:
    """The same of the functions that an operation runs, and of those that they run."""
    fails = changes = False
    todo = list(private.function_names(operation))
    seen: set[str] = set()
    while todo:
        name = todo.pop()
        definition = library.get(name)
        if name in seen or definition is None:
            continue
        seen.add(name)
        for node in definition.node_def:
            if CHANGES.match(node.op):
                changes = True
            elif MAY_FAIL.match(node.op):
                fails = True
            elif node.op in INTEGER_DIVISION and private.has_integer_type(node):
                fails = True
            for attribute in node.attr.values():
                if attribute.HasField("func"):
                    todo.append(attribute.func.name)
    return fails, changes
