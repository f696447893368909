"""A function of the graph that calls itself: how it is made, and the operation that calls it.

    def fact(n):
        if n <= 1.0:
            return 1.0                       fact(left, n) = If(n <= 1, 1, n * fact(left - 1, n - 1))
        return n * fact(n - 1.0)

It has the signature of the user's function; where that calls itself, it is called by its name (see
`recursion_library`). What it takes from outside, tensors and variables, is handed on from call to call. What it
returns must be known before it is traced: that is found by tracing it first without the branches that call it again,
and then until nothing changes. `left` counts down the calls that may still be nested, so that an endless recursion
ends with an error.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from weakref import WeakValueDictionary

import tensorflow as tf

from autograph_hook.backends.protocol import Location
from autograph_hook.backends.tensorflow import private, recursion_library
from autograph_hook.backends.tensorflow.recursion_signature import Signature, Type, Unlike, common_shape
from autograph_hook.errors import StagingError

DEEPEST = 10_000
"""Nested calls when the graph runs. Some 150 KB each, so an endless recursion ends before the memory does."""
ROUNDS = 10

GRADIENT = "AutographHookRecursion"
_numbers = itertools.count(1)


class Level:
    """A call of a function under a staged construct of the same function."""

    __slots__ = ("definition", "key", "signature")

    def __init__(self, key: Any, signature: Signature, definition: Definition | None = None) -> None:
        self.key = key
        self.signature = signature
        self.definition = definition


class _Thread(threading.local):
    def __init__(self) -> None:
        self.levels: list[Level] = []
        self.seeking = 0
        """How many functions are being traced whose results are not known yet."""
        self.widened: dict[Any, Signature] = {}
        """Functions whose numbers or shapes have already turned out to be the graph's."""


THREAD = _Thread()
definitions: WeakValueDictionary[str, Any] = WeakValueDictionary()
"""By name: what calls itself in some graph that is alive, and the functions of its gradient."""


class ResultUnknown(BaseException):
    """A function calls itself before it is known what it returns. No Exception: nothing traced may swallow it."""


def refusal(name: str, where: Location) -> str:
    what = "calls itself (setting tensorflow.recursion), so it can be neither saved nor compiled by XLA"
    return f"{where}: {name} {what}"


class Definition:
    """One function that calls itself, for arguments of one signature."""

    def __init__(
        self, label: str, signature: Signature, call: Callable[[Mapping[str, Any]], Any], where: Location
    ) -> None:
        self.label = label
        self.where = where
        self.run = call
        self.name = f"__recursive_{''.join(c if c.isalnum() else '_' for c in label)}_{next(_numbers)}"
        self.signature = signature
        self.captures: list[Any] = []
        """What it takes from outside, as it is known outside."""
        self.result: Signature | None = None
        self.graph: Any = None
        self.left: Any = None
        self.inner: list[Definition] = []
        self.library: list[Any] = []
        self.adjoint: Any = None
        self.kept: list[Any] = []
        definitions[self.name] = self

    # Making it.

    def build(self) -> None:
        THREAD.seeking += 1
        try:
            self._seek()
        finally:
            THREAD.seeking -= 1
        for _ in range(ROUNDS):
            known = (self.signature, self.result, len(self.captures))
            self._trace()
            if known == (self.signature, self.result, len(self.captures)):
                break
        else:
            raise StagingError(
                f"{self.where}: {self.label} calls itself with arguments or results that change their type at each "
                f"level (they are now {self.signature} and {self.result}): give them one dtype and shape"
            )
        definition = private.function_definition(self.graph, self.name + "_traced")
        self.library = recursion_library.tied(definition, self.name, definitions.__contains__)

    def register(self) -> None:
        """Make it known to the runtime, with all others that it calls."""
        found: dict[str, Definition] = {}
        waiting = [self]
        while waiting:
            one = waiting.pop()
            if one.name not in found:
                found[one.name] = one
                waiting += one.inner
        for one in found.values():
            recursion_library.register(one.library)

    def _seek(self) -> None:
        """Find out what it returns where it does not call itself."""
        try:
            self._trace()
        except ResultUnknown:
            if any(level.definition is not None and level.definition is not self and level.definition.result is None
                   for level in THREAD.levels):  # fmt: skip
                raise
            raise StagingError(
                f"{self.where}: {self.label} calls itself on every path, so it would not end when the graph runs"
            ) from None

    def _trace(self) -> None:
        self.inner = []
        produced: list[Signature] = []
        specs = [tf.TensorSpec([], tf.int32), *(kind.spec() for kind in self.signature.types())]

        def traced(left: Any, *tensors: Any) -> list[Any]:
            graph = tf.compat.v1.get_default_graph()
            for external in self.captures:
                graph.capture(external)
            message = f"{self.where}: {self.label} calls itself too deeply"
            with tf.control_dependencies([tf.debugging.Assert(left > 0, [message])]):
                self.left = tf.identity(left)
            value = self.run(self.signature.whole(tensors))
            found, leaves = Signature.of(value)
            produced.append(found)
            if self.result is None:
                return []
            wanted = self._common(found)
            return wanted.tensors(leaves)

        with private.unrecorded():
            self.graph = private.traced_graph(self.label, traced, specs)
        self.result = self._common(produced[0])
        known = {id(external) for external in self.captures}
        self.captures += [tensor for tensor in self.graph.external_captures if id(tensor) not in known]

    def _common(self, found: Signature) -> Signature:
        if self.result is None:
            return found
        try:
            merged = self.result.common(found)
        except Unlike as unlike:
            raise StagingError(
                f"{self.where}: {self.label} returns {unlike} on different paths, and which one is known only when "
                "the graph runs: return values of one type and structure on every path"
            ) from None
        return merged if str(merged) != str(self.result) else self.result

    # Calling it.

    def call_itself(self, signature: Signature, leaves: list[Any]) -> Any:
        """A call from inside."""
        shapes = [
            Type(one.dtype, common_shape(one.shape, other.shape))
            if isinstance(one, Type) and isinstance(other, Type) and str(one.shape) != str(other.shape) else one
            for one, other in zip(self.signature.leaves, signature.leaves, strict=True)
        ]  # fmt: skip
        widened = Signature(self.signature.structure, shapes)
        if str(widened.leaves) != str(self.signature.leaves):
            self.signature = widened
        if self.result is None:
            raise ResultUnknown
        return self.call(self.signature.tensors(leaves))

    def call(self, tensors: Sequence[Any]) -> Any:
        """The call operation in the graph that is being built."""
        assert self.result is not None
        caller = next((level.definition for level in reversed(THREAD.levels) if level.definition is not None), None)
        if caller is None:
            left: Any = tf.constant(DEEPEST)
        else:
            left = caller.left - 1
            if self is not caller:
                caller.inner.append(self)
        for graph in private.enclosing_graphs():
            private.keep_with(graph, self)
            private.forbid_saving(graph, refusal(self.label, self.where))
        if self.graph is not None:
            private.watch_variables(self.graph)
        types = self.result.types()
        outputs = call_operation(self.name, [left, *tensors, *self.captures], [kind.dtype for kind in types])
        for output, kind in zip(outputs, types, strict=True):
            output.set_shape(kind.shape)
        return self.result.whole(outputs)


def call_operation(name: str, inputs: Sequence[Any], dtypes: Sequence[Any], gradient: str = GRADIENT) -> list[Any]:
    graph = tf.compat.v1.get_default_graph()
    with graph.gradient_override_map({"StatefulPartitionedCall": gradient}):
        outputs = tf.raw_ops.StatefulPartitionedCall(args=list(inputs), Tout=list(dtypes), f=name)
    return list(outputs) if isinstance(outputs, (list, tuple)) else []
