"""Operations that may fail when the graph runs come before those that change state.

A staged call that fails is answered by the plain run, which raises what the user expects. That is right only
if the failed call has changed nothing. So every change of state waits for all operations before it that may
fail; and a graph in which an operation that may fail follows a change of state is refused.

An operation may fail unless it is known not to: the tables below name the kinds whose failures are found while
tracing, because they depend on dtypes and known shapes alone.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from autograph_hook.backends.tensorflow import printing, private


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

CHECKED_CHANGES = ("ResourceApply", "ResourceSparseApply", "ResourceScatter")
"""Change state after they have checked what they are given."""

FUNCTIONAL = frozenset({"If", "StatelessIf", "While", "StatelessWhile", "PartitionedCall", "StatefulPartitionedCall"})


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
    if not private.is_stateful(operation.type):
        return False
    if operation.type in FUNCTIONAL:
        graphs = [private.function_graph(operation.graph, name) for name in private.function_names(operation)]
        return any(graph is None or any(map(_acts, graph.get_operations())) for graph in graphs)
    is_random = operation.type.startswith(("Random", "Multinomial", "TruncatedNormal"))
    return is_random or printing.is_hand_out(operation) or _nature(operation, {})[1]


class Unordered(Exception):
    """An operation that may fail follows one that changes state."""


def order(graph: Any) -> None:
    """Add the control edges to a function's graph. Raises Unordered where edges do not help."""
    known: dict[str, tuple[bool, bool]] = {}
    may_fail: list[Any] = []
    changed: Any = None
    for operation in graph.get_operations():
        fails, changes = _nature(operation, known)
        if fails and changed is not None:
            raise Unordered(f"{operation.type}, which may fail, comes after a change of state ({changed.type})")
        if fails and changes and operation.type in FUNCTIONAL:
            raise Unordered(f"{operation.name} holds both changes of state and operations that may fail")
        if changes:
            private.add_control_inputs(operation, may_fail)
            changed = operation
        elif fails:
            may_fail.extend(_ends(operation))


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
    if kind in FUNCTIONAL:
        return _nature_inside(operation, known)
    if kind in CHANGES:
        return not _shapes_known(operation), True
    if kind.startswith(CHECKED_CHANGES):
        return True, True
    if kind in INTEGERS_FAIL and not operation.inputs[0].dtype.is_integer:
        return not _shapes_known(operation), False
    if kind in NEVER_FAIL:
        return not _shapes_known(operation), False
    constants = NEEDS_CONSTANTS.get(kind)
    if constants is not None and all(_is_constant(operation.inputs[i]) for i in constants):
        return not _shapes_known(operation), False
    # An unknown stateful operation may also change something.
    return True, private.is_stateful(kind) and not kind.startswith(_CHANGE_NOTHING)


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
