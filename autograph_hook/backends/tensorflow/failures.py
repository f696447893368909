"""Operations that may fail when the graph runs come before those that change state.

A staged call that fails is answered by the plain run, which raises what the user expects. That is right only
if the failed call has changed nothing. So every change of state waits for all operations that may fail; and a
graph in which an operation that may fail depends on a change of state is refused.

An operation may fail unless it is known not to: the tables below name the kinds whose failures are found while
tracing, because they depend on dtypes and known shapes alone.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from autograph_hook.backends.tensorflow import printing, private, random_draws
from autograph_hook.backends.tensorflow.forwarding import forward


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NEVER_FAIL = _words(
    """
    Abs Acos Acosh Add AddN AddV2 Angle ApproximateEqual Asin Asinh Atan Atan2 Atanh AvgPool AvgPoolGrad
    BatchMatMul BatchMatMulV2 BatchMatMulV3 BiasAdd BiasAddGrad BroadcastArgs BroadcastGradientArgs Cast Ceil
    CheckPinned ClipByValue Complex ComplexAbs Conj Const Conv2D Conv3D Cos Cosh Cross DepthToSpace
    DepthwiseConv2dNative Diag DiagPart Digamma DivNoNan Elu EluGrad Empty EmptyTensorList Equal Erf Erfc Erfinv
    Exp Expm1 FakeParam Floor FusedBatchNorm FusedBatchNormGrad FusedBatchNormGradV2 FusedBatchNormGradV3
    FusedBatchNormV2 FusedBatchNormV3 Greater GreaterEqual Identity IdentityN Imag Inv InvGrad
    IsFinite IsInf IsNan L2Loss LeakyRelu LeakyReluGrad Less LessEqual Lgamma Log Log1p LogSoftmax LogicalAnd
    LogicalNot LogicalOr MatMul MatrixDiag MatrixDiagPart MaxPool MaxPoolGrad MaxPoolGradGrad Maximum Minimum
    Mul MulNoNan Neg NextAfter NoOp NotEqual OnesLike Pack Placeholder PlaceholderWithDefault PreventGradient
    Rank ReadVariableOp Real RealDiv Reciprocal ReciprocalGrad Relu Relu6 Relu6Grad ReluGrad Rint Round Rsqrt
    RsqrtGrad Select SelectV2 Selu SeluGrad Shape ShapeN Sigmoid SigmoidGrad Sign Sin Sinh Size Softmax
    SoftmaxCrossEntropyWithLogits Softplus SoftplusGrad Softsign SoftsignGrad SpaceToDepth Sqrt SqrtGrad Square
    SquaredDifference Squeeze Sub Tan Tanh TanhGrad TensorListLength TensorListPushBack Unpack VariableShape
    VarIsInitializedOp Where Xdivy Xlog1py Xlogy ZerosLike Zeta StringLower StringUpper StringLength StringJoin
    AsString StringFormat
    """
)
"""Given inputs of known shapes that fit each other."""

NEEDS_CONSTANTS: dict[str, tuple[int, ...]] = {
    "All": (1,), "Any": (1,), "ArgMax": (1,), "ArgMin": (1,), "AvgPoolGrad": (0,), "BroadcastTo": (1,),
    "ConcatV2": (-1,), "Conv2DBackpropFilter": (1,), "Conv2DBackpropInput": (0,), "Cumprod": (1,), "Cumsum": (1,),
    "DepthwiseConv2dNativeBackpropFilter": (1,), "DepthwiseConv2dNativeBackpropInput": (0,),
    "EuclideanNorm": (1,), "ExpandDims": (1,), "Fill": (0,), "LinSpace": (2,), "Max": (1,), "Mean": (1,), "Min": (1,),
    "MirrorPad": (1,), "OneHot": (1,), "Pad": (1,), "PadV2": (1,), "Prod": (1,), "RandomStandardNormal": (0,),
    "RandomUniform": (0,), "Range": (0, 1, 2), "Reshape": (1,), "ResizeBilinear": (1,), "ResizeNearestNeighbor": (1,),
    "ReverseV2": (1,), "Roll": (1, 2), "Slice": (1, 2), "Split": (0,), "SplitV": (1, 2), "StridedSlice": (1, 2, 3),
    "StridedSliceGrad": (0, 1, 2, 3), "Sum": (1,), "TensorListReserve": (0, 1), "Tile": (1,), "TopKV2": (1,),
    "Transpose": (1,), "TruncatedNormal": (0,), "ConjugateTranspose": (1,),
    "StatelessRandomUniformV2": (0, 3), "StatelessRandomNormalV2": (0, 3),
    "StatelessTruncatedNormalV2": (0, 3), "StatelessRandomGetKeyCounter": (), "StatelessRandomGetAlg": (),
}  # fmt: skip
"""The same, if these inputs are constants."""

_CHANGE_NOTHING = ("Assert", "Random", "Multinomial", "ResourceGather")
"""Stateful, but they change nothing that outlives them."""

FITTING = frozenset({"BroadcastGradientArgs", "Shape", "ShapeN"})
"""Their result is as good as a constant, where they are given tensors of known shapes."""

ANY_SHAPE = _words(
    """
    Abs Acos Acosh Asin Asinh Atan Atanh Cast Ceil Cos Cosh Digamma Elu Erf Erfc Exp Expm1 Floor Identity Inv
    IsFinite IsInf IsNan LeakyRelu Lgamma Log Log1p LogicalNot Neg OnesLike Rank Reciprocal Relu Relu6 Rint Round
    Rsqrt Selu Shape ShapeN Sigmoid Sign Sin Sinh Size Softplus Softsign Sqrt Square StopGradient Tan Tanh ZerosLike
    """
)
"""Nothing about the shape of their one input can be wrong."""

INTEGERS_FAIL = frozenset({"Div", "FloorDiv", "FloorMod", "Mod", "Pow", "TruncateDiv", "TruncateMod"})
"""By zero, or by a negative power; with other numbers they do not fail."""

CHANGES = _words(
    """
    AssignVariableOp AssignAddVariableOp AssignSubVariableOp PrintV2 RngReadAndSkip RngSkip
    StatefulStandardNormalV2 StatefulUniform StatefulUniformFullInt StatefulUniformInt StatefulTruncatedNormal
    StatefulRandomBinomial
    """
)
"""Change state, and do not fail: what they are given is checked while tracing."""

CHECKED_CHANGES = ("ResourceSparseApply", "ResourceScatter")
"""Change state after they have checked the indices that they are given."""

FUNCTIONAL = frozenset(
    {
        "If", "StatelessIf", "Case", "StatelessCase", "While", "StatelessWhile", "PartitionedCall",
        "StatefulPartitionedCall",
    }
)  # fmt: skip


def mark() -> tuple[Any, int]:
    """Where the graph that is being built stands now."""
    graph = tf.compat.v1.get_default_graph()
    return graph, graph.version


def acted_since(before: tuple[Any, int]) -> bool:
    """Were operations added since then that change something, or give something else each time?"""
    graph, version = before
    if tf.compat.v1.get_default_graph() is not graph or graph.version == version:
        return False
    return any(_acts(operation) for operation in graph.get_operations()[version:])


def _acts(operation: Any) -> bool:
    if random_draws.is_of_ours(operation):
        return True
    if not private.is_stateful(operation.type):
        return False
    if operation.type in FUNCTIONAL:
        graphs = [private.function_graph(operation.graph, name) for name in private.function_names(operation)]
        return any(graph is None or any(map(_acts, graph.get_operations())) for graph in graphs)
    is_random = operation.type.startswith(("Random", "Multinomial", "TruncatedNormal"))
    return is_random or printing.is_hand_out(operation) or _nature(operation, {})[1]


class Unordered(Exception):
    """An operation that may fail follows one that changes state."""


def order(graph: Any) -> bool:
    """Add the control edges to a function's graph: every change of state waits for all operations that may fail.

    Those too that come after it in the program, if they do not depend on it: a dropout layer draws its next seed, then
    the loss is computed, which may fail. Raises Unordered where one depends on a change. Does a change wait for a later
    operation now? Then `is_acyclic` is to be asked when the graph is complete.
    """
    forward(graph)
    known: dict[str, tuple[bool, bool]] = {}
    may_fail: list[Any] = []
    changes: list[Any] = []
    is_turned = False
    before = _Before()
    for operation in graph.get_operations():
        fails, does_change = _nature(operation, known)
        change = before.change(operation)
        if fails and change is not None:
            raise Unordered(f"{operation.type}, which may fail, comes after a change of state ({change.type})")
        if fails and does_change and operation.type in FUNCTIONAL:
            raise Unordered(f"{operation.name} holds both changes of state and operations that may fail")
        if fails:
            may_fail.append(operation)
            is_turned = is_turned or bool(changes)
        if does_change:
            changes.append(operation)
        before.note(operation, does_change)
    both = [operation for operation in changes if operation in may_fail]
    if len(both) > 1:
        raise Unordered(f"{both[1].type}, which may fail, comes after a change of state ({both[0].type})")
    if changes:
        _wait(changes, [operation for operation in may_fail if operation not in both], both)
    return is_turned


class _Before:
    """For which change of state does an operation wait? While the operations are looked at in the program's order.

    Beside what an operation is given, it is the order that TensorFlow will add when the trace ends: on one resource,
    and among the stateful operations that have none.
    """

    def __init__(self) -> None:
        self._after: dict[str, Any] = {}  # operations that wait for a change, by name, and the change
        self._written: dict[str | None, Any] = {}  # resources that have been changed; None for those without one

    def change(self, operation: Any) -> Any:
        for other in (*(given.op for given in operation.inputs), *operation.control_inputs):
            if other.name in self._after:
                return self._after[other.name]
        return next((self._written[key] for key in _ordered_by(operation) if key in self._written), None)

    def note(self, operation: Any, does_change: bool) -> None:
        change = operation if does_change else self.change(operation)
        if change is not None:
            self._after[operation.name] = change
            keys = _ordered_by(operation)
            if does_change or keys == [None]:
                self._written.update(dict.fromkeys(keys, change))


def _ordered_by(operation: Any) -> list[str | None]:
    resources: list[str | None] = [given.name for given in operation.inputs if given.dtype == tf.resource]
    return resources or ([None] if private.is_ordered_without_resource(operation) else [])


def _wait(changes: list[Any], may_fail: list[Any], both: list[Any]) -> None:
    """Each change waits for all that may fail; `both`: a change that may fail itself, for which the others wait."""
    ends = [end for operation in may_fail for end in _ends(operation)]
    if len(ends) > 2 and len(changes) > 2:  # many edges: they meet in one operation
        with tf.control_dependencies(None):
            meeting = tf.no_op()
        private.add_control_inputs(meeting, ends)
        ends = [meeting]
    for change in changes:
        private.add_control_inputs(change, [*ends, *(operation for operation in both if operation is not change)])


def is_acyclic(graph: Any) -> bool:
    """Does no operation of a graph wait for itself? TensorFlow would run such a graph not at all, and write to the
    terminal why."""
    waiting: dict[Any, int] = {}
    followers: dict[Any, list[Any]] = {}
    for operation in graph.get_operations():
        givers = {*(given.op for given in operation.inputs), *operation.control_inputs}
        waiting[operation] = len(givers)
        for giver in givers:
            followers.setdefault(giver, []).append(operation)
    ready = [operation for operation, count in waiting.items() if not count]
    done = 0
    while ready:
        done += 1
        for follower in followers.get(ready.pop(), ()):
            waiting[follower] -= 1
            if not waiting[follower]:
                ready.append(follower)
    return done == len(waiting)


def changes(operation: Any) -> bool:
    """Does it change state?"""
    return _nature(operation, {})[1]


def _ends(operation: Any) -> list[Any]:
    """What must have run for an operation to have run well.

    A functional operation is replaced by the functions that it runs; what waits for the operation then waits for
    their stateful operations alone. What waits for its outputs waits for those that made them.
    """
    if operation.type not in FUNCTIONAL:
        return [operation]
    with tf.control_dependencies(None):
        return [operation, *(tf.identity(output).op for output in operation.outputs if output.dtype != tf.variant)]


def _nature(operation: Any, known: dict[str, tuple[bool, bool]]) -> tuple[bool, bool]:
    """May it fail, does it change state?"""
    kind = operation.type
    if printing.is_hand_out(operation):
        return False, False  # what is handed out of a call that fails is dropped
    if random_draws.is_of_ours(operation):
        return False, False
    if kind in FUNCTIONAL:
        return _nature_inside(operation, known)
    if kind in CHANGES:
        return not _shapes_known(operation), True
    if kind.startswith("ResourceApply"):
        return not _shapes_known(operation), True
    if kind.startswith(CHECKED_CHANGES):
        return True, True
    if kind in INTEGERS_FAIL and (not operation.inputs[0].dtype.is_integer or _divides_by_constant(operation)):
        return not _shapes_known(operation), False
    if kind in NEVER_FAIL:
        return not _shapes_known(operation), False
    constants = NEEDS_CONSTANTS.get(kind)
    if constants is not None and all(_is_constant(operation.inputs[i]) for i in constants):
        return not _shapes_known(operation), False
    # An unknown stateful operation may also change something.
    return True, private.is_stateful(kind) and not kind.startswith(_CHANGE_NOTHING)


def _divides_by_constant(operation: Any) -> bool:
    divisor = tf.get_static_value(operation.inputs[1])
    return operation.type != "Pow" and divisor is not None and bool((divisor > 0).all())


def _is_constant(tensor: Any) -> bool:
    if tensor.op.type in FITTING:
        return all(given.shape.is_fully_defined() for given in tensor.op.inputs)
    return tf.get_static_value(tensor) is not None


def _shapes_known(operation: Any) -> bool:
    """Is all known that could turn out not to fit?"""
    return operation.type in ANY_SHAPE or all(
        tensor.shape.is_fully_defined() or tensor.dtype in (tf.resource, tf.variant) for tensor in operation.inputs
    )


def _nature_inside(operation: Any, known: dict[str, tuple[bool, bool]]) -> tuple[bool, bool]:
    """The same of the functions that an operation runs, and of those that they run."""
    fails = changes = False
    for name in private.function_names(operation):
        if name not in known:
            known[name] = (True, True)  # where it calls itself
            graph = private.function_graph(operation.graph, name)
            if graph is not None:
                natures = [_nature(inner, known) for inner in graph.get_operations()]
                known[name] = any(one for one, _ in natures), any(other for _, other in natures)
        fails, changes = fails or known[name][0], changes or known[name][1]
    return fails, changes
