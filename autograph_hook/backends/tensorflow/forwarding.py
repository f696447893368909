"""A variable of integers that a graph assigns and then reads has the value that was assigned: no need to wait.

So what follows depends on that value, and not on the change of state: a layer draws a seed, stores the next one, and
draws again. All changes can then still wait for all operations that may fail.

Of integers only, which have no gradients: a tape around the call would look for the variable.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

_LOOKS = frozenset({"VariableShape", "VarIsInitializedOp"})


def forward(graph: Any) -> None:
    """Have operations use what was assigned in the place of what is read."""
    assigned: dict[str, Any] = {}
    for operation in graph.get_operations():
        handles = [given.name for given in operation.inputs if given.dtype == tf.resource]
        if not handles or operation.type in _LOOKS:
            continue
        if operation.type == "AssignVariableOp" and operation.inputs[1].dtype.is_integer:
            assigned[handles[0]] = operation.inputs[1]
        elif operation.type == "ReadVariableOp" and handles[0] in assigned:
            _replace(operation.outputs[0], assigned[handles[0]])
        elif operation.type != "ReadVariableOp":
            for handle in handles:
                assigned.pop(handle, None)


def _replace(read: Any, value: Any) -> None:
    if read.dtype != value.dtype or not read.shape.is_compatible_with(value.shape):
        return
    for consumer in read.consumers():
        for i, given in enumerate(consumer.inputs):
            if given is read:
                consumer._update_input(i, value)
