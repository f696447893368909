"""Is a gradient that is taken in a trace of ours the one of the eager run?

The graph's tape records an `If` or a `While` as one operation. So a source that the branch which runs does not use has
a gradient of zeros where the eager one is None; a variable that a branch uses more than once, or that each iteration
uses, has a gradient that is summed in another order; an embedding's is no IndexedSlices. Where a gradient flows through
a branch or a loop, all of that must be excluded, else the trace ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import tensorflow as tf

from autograph_hook.backends.tensorflow import private

MOST_CONTRIBUTIONS = 2
"""Two numbers have one sum, in whatever order they come."""

_NO_FLOW = (
    "StopGradient", "Floor", "Ceil", "Round", "Rint", "FloorDiv", "TruncateDiv", "IdentityN", "Sign", "ResourceGather",
    "GatherV2", "Gather", "SparseTensorDenseMatMul", "PyFunc", "EagerPyFunc", "Case", "StatelessCase",
    "PartitionedCall", "StatefulPartitionedCall",
)  # fmt: skip
"""Operations with a gradient that may be None, or is no tensor, or is made by code of the user's."""

_CHOICE = "a gradient flows through a branch whose sources are others than those of the other branch"
_ORDER = "a gradient through a branch is summed in another order than eagerly"
_LOOP = "a gradient flows through a loop, over whose iterations it may be summed in another order than eagerly"
_UNKNOWN = "a gradient flows through an operation in a branch or a loop whose gradient may be None"
_LIST = "a gradient flows through a list whose length only the graph knows"


class Refused(Exception):
    """The gradient may be another one."""


def refusal(targets: Iterable[Any], sources: Iterable[Any]) -> str | None:
    """Why the gradient of these, in the graph that is being built, may not be the eager one; None where it is."""
    graphs = private.enclosing_graphs()
    if not any(_holds_choices(graph) for graph in graphs):
        return None
    try:
        _Paths(graphs, list(targets), list(sources)).check()
    except Refused as refused:
        return str(refused)
    return None


def _holds_choices(graph: Any) -> bool:
    return any(
        private.holds_functions(operation) or operation.type.startswith("TensorList")
        for operation in graph.get_operations()
    )


def _carries(tensor: Any) -> bool:
    """May a gradient flow through it?"""
    dtype = tensor.dtype
    return bool(dtype.is_floating or dtype.is_complex) or dtype in (tf.resource, tf.variant)


class _Paths:
    """What lies between the sources and the targets, in the graph that is being built and those around it."""

    def __init__(self, graphs: Sequence[Any], targets: list[Any], sources: list[Any]) -> None:
        self.graphs = graphs
        self.touched = {id(source) for source in sources}
        any_constant = any(not tf.is_symbolic_tensor(source) and source.dtype != tf.resource for source in sources)
        for graph in reversed(graphs):
            outside = {id(inside): outside for outside, inside in graph.captures}
            for operation in graph.get_operations():
                if operation.type == "Placeholder":
                    is_touched = any(id(outside.get(id(each))) in self.touched for each in operation.outputs)
                elif operation.type == "Const":
                    is_touched = any_constant  # an eager tensor may be captured as one
                else:
                    is_touched = any(id(given) in self.touched for given in operation.inputs)
                if is_touched:
                    self.touched.update(id(each) for each in operation.outputs if _carries(each))
        self.needed = {id(target) for target in targets}
        for graph in graphs:
            outside = {id(inside): outside for outside, inside in graph.captures}
            for operation in reversed(graph.get_operations()):
                if not any(id(each) in self.needed for each in operation.outputs):
                    continue
                self.needed.update(id(given) for given in operation.inputs if _carries(given))
                if operation.type == "Placeholder":
                    self.needed.update(id(outside[id(each)]) for each in operation.outputs if id(each) in outside)

    def check(self) -> None:
        for graph in self.graphs:
            for operation in graph.get_operations():
                if self._is_between(operation):
                    if operation.type.startswith("TensorList"):
                        raise Refused(_LIST)
                    if private.holds_functions(operation):
                        self._check(operation)

    def _is_between(self, operation: Any) -> bool:
        return any(id(given) in self.touched for given in operation.inputs) and any(
            id(each) in self.needed for each in operation.outputs
        )

    def _check(self, operation: Any) -> None:
        if operation.type in ("If", "StatelessIf"):
            given = list(operation.inputs)[1:]
            touched = [i for i, each in enumerate(given) if id(each) in self.touched]
            needed = [i for i, each in enumerate(operation.outputs) if id(each) in self.needed]
            bodies = check_branches(operation, touched, needed)
            for i in touched:
                outside = sum(self._is_between(other) for other in given[i].consumers() if other is not operation)
                inside = max(body.uses(i) for body in bodies)
                if inside and outside and inside + outside > MOST_CONTRIBUTIONS:
                    raise Refused(_ORDER)
        elif operation.type in ("While", "StatelessWhile"):
            touched = [i for i, each in enumerate(operation.inputs) if id(each) in self.touched]
            check_loop(operation, touched, [i for i, e in enumerate(operation.outputs) if id(e) in self.needed])
        else:
            raise Refused(_UNKNOWN)


def check_branches(operation: Any, touched: list[int], needed: list[int]) -> list[Body]:
    """Each output that is needed must depend on the same inputs in both branches; the others on none, for through them
    the graph's tape sends zeros."""
    names = [operation.node_def.attr[side].func.name for side in ("then_branch", "else_branch")]
    bodies = [Body(operation.graph, name, touched) for name in names]
    for i in range(len(operation.outputs)):
        reached = {body.reached(i) for body in bodies}
        if reached != {frozenset()} and (len(reached) > 1 or i not in needed):
            raise Refused(_CHOICE)
    return bodies


def check_loop(operation: Any, touched: list[int], needed: list[int]) -> None:
    """Each variable depends on itself in the iteration before, and on nothing else; and it is needed."""
    body = Body(operation.graph, operation.node_def.attr["body"].func.name, touched)
    for i in range(len(operation.outputs)):
        if body.reached(i) - {i} or (i in touched and not (body.reached(i) and i in needed)):
            raise Refused(_LOOP)


class Body:
    """Which inputs of a function graph its outputs depend on."""

    def __init__(self, outer: Any, name: str, touched: Iterable[int]) -> None:
        graph = private.function_graph(outer, name)
        if graph is None:
            raise Refused(_UNKNOWN)
        self.graph = graph
        self.depends: dict[int, frozenset[int]] = {id(graph.inputs[i]): frozenset([i]) for i in touched}
        self.leads = {id(output) for output in graph.outputs}
        for operation in reversed(graph.get_operations()):
            if any(id(each) in self.leads for each in operation.outputs):
                self.leads.update(id(given) for given in operation.inputs)
        for operation in graph.get_operations():
            self._follow(operation)
        for operation in graph.get_operations():
            for output in operation.outputs:
                if self.depends.get(id(output)) and self._count(output) > MOST_CONTRIBUTIONS:
                    raise Refused(_ORDER)

    def reached(self, output: int) -> frozenset[int]:
        tensor = self.graph.outputs[output]
        return self.depends.get(id(tensor), frozenset()) if _carries(tensor) else frozenset()

    def uses(self, number: int) -> int:
        """How many contributions to the gradient of an input there are."""
        return self._count(self.graph.inputs[number])

    def _count(self, tensor: Any) -> int:
        count = sum(output is tensor for output in self.graph.outputs)
        for operation in tensor.consumers():
            if any(self.depends.get(id(each)) and id(each) in self.leads for each in operation.outputs):
                count += sum(given is tensor for given in operation.inputs)
        return count

    def _follow(self, operation: Any) -> None:
        given = [self.depends.get(id(each), frozenset()) for each in operation.inputs]
        sources = frozenset().union(*given)
        outputs = [each for each in operation.outputs if _carries(each)]
        if not sources or not outputs:
            return
        kind = operation.type
        needed = [i for i, each in enumerate(operation.outputs) if id(each) in self.leads]
        if kind in _NO_FLOW or kind.startswith("TensorList"):
            raise Refused(_LIST if kind.startswith("TensorList") else _UNKNOWN)
        if kind in ("If", "StatelessIf"):
            touched = [i for i, each in enumerate(given[1:]) if each]
            body = check_branches(operation, touched, needed)[0]
            self._pass_on(operation, body, given[1:])
        elif kind in ("While", "StatelessWhile"):
            touched = [i for i, each in enumerate(given) if each]
            check_loop(operation, touched, needed)
            for each, of_input in zip(operation.outputs, given, strict=True):
                self.depends[id(each)] = of_input
        elif private.holds_functions(operation):
            raise Refused(_UNKNOWN)
        elif private.is_differentiable(operation):
            self.depends.update((id(each), sources) for each in outputs)

    def _pass_on(self, operation: Any, body: Body, given: Sequence[frozenset[int]]) -> None:
        for number, each in enumerate(operation.outputs):
            self.depends[id(each)] = frozenset[int]().union(*(given[i] for i in body.reached(number)))
