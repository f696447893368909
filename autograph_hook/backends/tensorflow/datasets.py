"""Which datasets may be asked for elements before those are needed: nobody sees it."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from autograph_hook.backends.tensorflow import private

_EAGER = tf.__internal__.EagerTensor
DEEPEST = 50


def may_read_ahead(iterable: Any) -> bool:
    """A tensor, a dataset that runs no Python code and changes nothing, or an iterator of one."""
    if type(iterable) is _EAGER:
        return True
    dataset = private.dataset_of(iterable)
    return dataset is not None and _is_quiet(dataset, 0)


def _is_quiet(dataset: Any, depth: int) -> bool:
    parts = private.parts_of_dataset(dataset)
    if parts is None or depth > DEEPEST:
        return False
    inputs, graphs = parts
    return all(map(_changes_nothing, graphs)) and all(_is_quiet(each, depth + 1) for each in inputs)


def _changes_nothing(graph: Any) -> bool:
    kinds = {operation.type for operation in graph.get_operations()}
    for function in graph.as_graph_def().library.function:
        kinds.update(node.op for node in function.node_def)
    return not any(map(private.is_stateful, kinds))
