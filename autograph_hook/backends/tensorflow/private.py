"""Every name that TensorFlow does not publish, in one place, each with what is done where it is missing.

The rest of the backend uses public names and these. A TensorFlow release that moves a name costs either the
quick path (`CONTROL_FLOW` and `CONVERSION` turn false and the public `tf.cond`, `tf.while_loop` and
`tf_convert` are used) or, for the few names without which nothing works, a clear `StagingError` at the first
use of the backend.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import tensorflow as tf

from autograph_hook.errors import StagingError

__all__ = ["CompositeTensor", "DistributedIterable", "DistributedIterator"]

try:
    from tensorflow.python.framework.composite_tensor import CompositeTensor
    from tensorflow.python.framework.func_graph import FuncGraph, func_graph_from_py_func
    from tensorflow.python.ops.tensor_array_ops import build_ta_with_new_flow
except ImportError as error:
    raise StagingError(
        f"autograph_hook does not know the TensorFlow that is installed (version {tf.__version__}): {error}. "
        "It was made for TensorFlow 2.21; run with --mode off or install that version."
    ) from error

try:
    from tensorflow.python.ops import cond_v2 as _cond
    from tensorflow.python.ops import control_flow_util_v2 as _flow
    from tensorflow.python.ops import while_v2 as _while

    _CondBranch = _flow.CondBranchFuncGraph
    _WhileTest = _flow.WhileCondFuncGraph
    _WhileBody = _flow.WhileBodyFuncGraph
    _build_cond = _cond._build_cond
    _build_while = _while._build_while_op
    _duplicate_captures = _while._duplicate_body_captures_in_cond
    _copy_handle_data = _while._copy_handle_data
    _verify_captures = _cond.verify_captures
    CONTROL_FLOW = True
except (ImportError, AttributeError):
    CONTROL_FLOW = False

try:
    from tensorflow.python.autograph.core import converter as _converter
    from tensorflow.python.autograph.impl import api as _api
    from tensorflow.python.autograph.impl import conversion as _conversion

    _converted_call = _api.converted_call
    CONVERSION = True
except (ImportError, AttributeError):
    CONVERSION = False

from tensorflow.python.eager import context as _eager_context
from tensorflow.python.eager import core as _core
from tensorflow.python.eager import record as _record

GRAPH_FILES: tuple[str, ...] = (f"{os.sep}polymorphic_function{os.sep}",)
"""Where tf.function is. If it moves, the time in graphs of the program's own counts as that of the line that calls."""

try:
    from tensorflow.python.types.distribute import Iterable as DistributedIterable
    from tensorflow.python.types.distribute import Iterator as DistributedIterator
except ImportError:

    class DistributedIterable:  # type: ignore[no-redef]
        """Stands where TensorFlow has no such type: nothing is one."""

    class DistributedIterator:  # type: ignore[no-redef]
        """Stands where TensorFlow has no such type: nothing is one."""


# Graph pieces


def array_with_flow(like: Any, flow: Any) -> Any:
    """A TensorArray like this one with another flow."""
    return build_ta_with_new_flow(like, flow)


def control_flow_available() -> bool:
    """Can this graph take our own `If` and `While` operations?"""
    if not CONTROL_FLOW:
        return False
    graph = tf.compat.v1.get_default_graph()
    try:
        return bool(_flow.EnableControlFlowV2(graph)) and not _flow.output_all_intermediates()
    except AttributeError:
        return bool(tf.compat.v1.control_flow_v2_enabled())


def _trace(
    kind: Any, name: str, function: Callable[..., Any], signature: Sequence[Any], pred: Any = None
) -> Any:
    """The graph of `function`, without outputs: those are added by `add_outputs`."""
    outer = tf.compat.v1.get_default_graph()
    return func_graph_from_py_func(
        name,
        function,
        [],
        {},
        signature=list(signature) if signature else None,
        func_graph=kind(name, collections=outer._collections),
        add_control_dependencies=outer._add_control_dependencies,
        op_return_value=pred,
    )


class BranchPair:
    """The two graphs of an `If` that is being built."""

    def __init__(self, predicate: Any, body: Callable[[], None], orelse: Callable[[], None]) -> None:
        with tf.name_scope("cond") as scope:
            self.scope = scope
            self.predicate = predicate
            self.graphs = [
                _trace(_CondBranch, _flow.unique_fn_name(scope, side), function, (), predicate)
                for side, function in (("true", body), ("false", orelse))
            ]

    def build(self, outputs: tuple[Sequence[Any], Sequence[Any]]) -> list[Any]:
        """Add the operation; its result is one tensor for each pair of outputs."""
        for graph, tensors in zip(self.graphs, outputs, strict=True):
            graph.outputs.extend(tensors)
            graph.structured_outputs = list(tensors)
        true, false = self.graphs
        _verify_captures(_cond._COND, self.graphs)
        result = _build_cond(
            self.predicate,
            true,
            false,
            true.external_captures,
            false.external_captures,
            building_gradient=False,
            name=self.scope,
        )
        return list(result) if isinstance(result, (list, tuple)) else []


class LoopPair:
    """The test's and the body's graph of a `While` that is being built.

    Both take a counter, the most iterations allowed (-1: no limit) and the variables.
    """

    def __init__(self, variables: Sequence[Any], limit: Any) -> None:
        self.limited = limit is not None
        self.limit = tf.convert_to_tensor(-1 if limit is None else limit, tf.int32)
        self.counter = tf.constant(0, tf.int32)
        self.variables = list(variables)
        self.appended: list[Any] = []

    def trace(
        self, test: Callable[..., Any], body: Callable[..., None], signature: Sequence[Any]
    ) -> tuple[Any, Any]:
        counters = [tf.TensorSpec([], tf.int32), tf.TensorSpec([], tf.int32)]
        specs = counters + list(signature)

        def whole_test(counter: Any, limit: Any, *variables: Any) -> Any:
            holds = test(*variables)
            return tf.logical_and(counter < limit, holds) if self.limited else holds

        def whole_body(counter: Any, limit: Any, *variables: Any) -> None:
            _copy_handle_data(self.variables, variables)
            graph = tf.compat.v1.get_default_graph()
            for tensor in self.test.external_captures:
                graph.capture(tensor)
            self.next = [counter + 1, limit]
            body(*variables)

        with tf.name_scope("while") as scope:
            self.scope = scope
        self.test = _trace(_WhileTest, _flow.unique_fn_name(scope, "cond"), whole_test, specs)
        self.body = _trace(_WhileBody, _flow.unique_fn_name(scope, "body"), whole_body, specs)
        return self.test, self.body

    def append(self, start: Any, output: Any) -> None:
        """Add a variable that the body only writes."""
        place = 2 + len(self.variables)
        for graph in (self.test, self.body):
            with graph.as_default():
                graph.inputs.insert(place, tf.compat.v1.placeholder(start.dtype, output.shape))
        self.variables.append(start)
        self.appended.append(output)

    def build(self, outputs: Sequence[Any], shapes: Sequence[Any]) -> list[Any]:
        """Add the operation; its result is the last value of each variable."""
        body, test = self.body, self.test
        body.outputs.extend(self.next)
        body.outputs.extend(outputs)
        body.outputs.extend(self.appended)
        deferred = tf.nest.flatten([get() for get in body.deferred_external_captures], expand_composites=True)
        body.outputs.extend(body.internal_captures)
        body.outputs.extend(tf.nest.flatten(body.deferred_internal_captures, expand_composites=True))
        captures = body.external_captures
        with test.as_default():
            _duplicate_captures(test, captures[len(test.external_captures) :] + deferred)
        variables = [self.counter, self.limit, *self.variables, *captures, *deferred]
        body_shapes = [tensor.shape for tensor in body.outputs]
        body_shapes[2 : 2 + len(shapes)] = shapes
        controls = list(test.function_captures.control) + list(body.function_captures.control)
        with tf.control_dependencies(controls):
            results = _build_while(
                variables,
                test,
                body,
                output_shapes=body_shapes,
                parallel_iterations=10,
                name=self.scope,
                num_original_outputs=len(body.outputs),
            )
        self.count = results[0]
        kept = results[2 : 2 + len(self.variables)]
        if not tf.compat.v1.get_default_graph().building_function:
            kept = [tf.identity(tensor) for tensor in kept]
        return list(kept)


def capture(graph: Any, tensor: Any) -> Any:
    """The tensor as it is seen inside a function graph."""
    return graph.capture(tensor)


def add_input(value: Any, shape: Sequence[int | None] | None) -> Any:
    """A placeholder for an eager tensor among the captures of the outermost function graph that is being built."""
    graph = tf.compat.v1.get_default_graph()
    while isinstance(graph, FuncGraph) and isinstance(graph.outer_graph, FuncGraph):
        graph = graph.outer_graph
    captures = getattr(graph, "_function_captures", None)
    if captures is None or not hasattr(captures, "add_or_replace"):
        raise StagingError("this TensorFlow takes no inputs of ours while a graph is built")
    with graph.as_default(), tf.control_dependencies(None):
        symbol = tf.raw_ops.Placeholder(dtype=value.dtype, shape=value.shape if shape is None else list(shape))
    spec = tf.TensorSpec(symbol.shape, symbol.dtype)
    captures.add_or_replace(key=id(value), external=value, internal=symbol, tracetype=spec, is_by_ref=False)
    graph.inputs.append(symbol)
    return symbol


def numpy_promotion() -> bool:
    """Are Python numbers promoted as NumPy does it?"""
    return any(setting() for setting in _SETTINGS)


def operations_are_watched() -> bool:
    """Does a debugging tool see each operation, such as `tf.debugging.enable_check_numerics`?"""
    return bool(getattr(_eager_context.context(), "op_callbacks", None))


def same_operation(operation: Any, inputs: Sequence[Any]) -> Any:
    """The result of the same operation, which has one, on other inputs, in the graph that is being built."""
    graph = tf.compat.v1.get_default_graph()
    copy = graph._create_op_internal(
        operation.type,
        list(inputs),
        [tensor.dtype for tensor in operation.outputs],
        attrs=dict(operation.node_def.attr),
        op_def=operation.op_def,
        name=operation.name.rpartition("/")[2],
    )
    return copy.outputs[0]


def scratch_graph() -> Any:
    """A graph to try something in, which is thrown away."""
    return FuncGraph("autograph_hook_trial")


def in_xla_context() -> bool:
    """Is the graph that is being built one that XLA will compile?"""
    try:
        from tensorflow.python.ops import control_flow_util

        return bool(control_flow_util.GraphOrParentsInXlaContext(tf.compat.v1.get_default_graph()))
    except (ImportError, AttributeError):
        return False


def when_left(callback: Callable[[], None]) -> None:
    """Call this when the thread leaves the outermost function graph that it builds now; never, if it is no
    such.
    """
    graph = tf.compat.v1.get_default_graph()
    while isinstance(graph, FuncGraph) and isinstance(graph.outer_graph, FuncGraph):
        graph = graph.outer_graph
    if isinstance(graph, FuncGraph):
        graph._add_scope_exit_callback(callback)


# Compiled functions


def flat_call(concrete: Any) -> Callable[[list[Any], list[Any]], Any]:
    """The quickest call of a ConcreteFunction with lists of inputs and captures that keeps gradients."""
    call = getattr(concrete, "_call_flat", None)
    return call if call is not None else lambda inputs, captures: concrete(*inputs)


def exact_options(one_thread: bool = False) -> Any:
    """Options for calling a function without rewriting its graph, so that its results are the eager ones to the
    last bit: rewritten, `x + 0` keeps a negative zero, `x * 0` loses a NaN, and fused kernels round otherwise.
    None where this TensorFlow has no such options. Nothing that the user has set is changed.

    With `one_thread` the calling thread runs the operations itself, one after the other. The graph must have no
    control flow.
    """
    try:
        from tensorflow.core.protobuf import config_pb2
        from tensorflow.python.eager import context

        config = config_pb2.ConfigProto()
        config.CopyFrom(context.context().config)
        config.graph_options.rewrite_options.disable_meta_optimizer = True
        executor = "SINGLE_THREADED_EXECUTOR" if one_thread else None
        return context.FunctionCallOptions(executor_type=executor, config_proto=config)
    except (ImportError, AttributeError):
        return None


def exact_gradients(concrete: Any, options: Any) -> None:
    """Have gradients through calls of this function computed with these options, too.

    A tape calls the function for the gradients later, when the options of the call are gone; rewritten, a chain of
    products with constants is multiplied in another order. Where this TensorFlow has not what we look for, the
    gradients differ in their last bits.
    """
    select = getattr(concrete, "_select_forward_and_backward_functions", None)
    if select is None or options is None:
        return

    def selected(*arguments: Any, **keywords: Any) -> Any:
        chosen = select(*arguments, **keywords)
        functions: Any = getattr(chosen, "_functions", None)
        wrap = getattr(functions, "_wrap_backward_function", None)
        if wrap is not None and "_wrap_backward_function" not in vars(functions):
            functions._wrap_backward_function = _optioned(wrap, options)
        return chosen

    concrete._select_forward_and_backward_functions = selected


def _optioned(wrap: Callable[..., Any], options: Any) -> Callable[..., Any]:
    def wrapped(*arguments: Any) -> Any:
        backward, recorded = wrap(*arguments)

        def exact(*gradients: Any) -> Any:
            return with_options(options, backward, *gradients)

        return exact, recorded

    return wrapped


def with_options(options: Any, function: Callable[..., Any], /, *arguments: Any) -> Any:
    """Call a function with these options in this thread; with the thread's own where they are None."""
    if options is None:
        return function(*arguments)
    context = _eager_context.context()
    # The thread's own data, where there is one: to set an attribute of it runs no code, which could be interrupted.
    holder = getattr(context, "_thread_local_data", context)
    before = holder.function_call_options
    try:
        holder.function_call_options = options
        return function(*arguments)
    finally:
        holder.function_call_options = before


@contextlib.contextmanager
def variable_scope_kept() -> Iterator[None]:
    """Leaves the thread's variable scope as it was. It is shared with the graphs that are built, and TensorFlow's
    loops do not put its caching device back when something raises inside them.
    """
    scope = tf.compat.v1.get_variable_scope()
    caching_device = getattr(scope, "_caching_device", None)
    try:
        yield
    finally:
        if getattr(scope, "_caching_device", None) is not caching_device:
            scope._caching_device = caching_device


def surroundings() -> Any:
    """What of this thread's and the process's settings changes what operations do; None where operations are
    watched or run asynchronously, so that a graph could not stand for them.
    """
    context = _eager_context.context()
    if context.op_callbacks or context.is_async():
        return None
    return (context.device_name, context._seed is None, *[setting() for setting in _SETTINGS], *_keras_settings())


def _keras_settings() -> tuple[Any, ...]:
    """What Keras's functions read: default dtype and precision policy, the small number, the order of dimensions."""
    found: list[Any] = []
    for name in ("keras", "tf_keras"):
        config = getattr(sys.modules.get(name), "config", None) or getattr(sys.modules.get(name), "backend", None)
        if config is not None and hasattr(config, "floatx"):
            found += [config.floatx(), config.epsilon(), config.image_data_format()]
            policy = getattr(config, "dtype_policy", None)
            found.append(policy().name if policy is not None else None)
    return tuple(found)


def _settings() -> list[Callable[[], Any]]:
    from tensorflow.python.framework import ops

    names = ("is_auto_dtype_conversion_enabled", "is_numpy_style_type_promotion")
    found: list[Callable[[], Any]] = [getattr(ops, name) for name in names if hasattr(ops, name)]
    if hasattr(ops, "_numpy_style_slicing"):
        found.append(lambda: ops._numpy_style_slicing)
    return found


_SETTINGS = _settings()


def shape_tuple(tensor: Any) -> Any:
    """The shape of an eager tensor, quickly."""
    try:
        return tensor._shape_tuple()
    except AttributeError:
        return tuple(tensor.shape)


def function_graph(graph: Any, name: str) -> Any:
    """The graph of a function in another graph's library; None where it is not at hand."""
    try:
        return getattr(graph._get_function(name), "graph", None)
    except (AttributeError, ValueError):
        return None


def value_text() -> Callable[[Any], str] | None:
    """What makes the part of a variable's text that shows its content; None where it is not at hand."""
    from tensorflow.python.framework import ops

    text = getattr(ops, "value_text", None)
    return (lambda tensor: text(tensor, is_repr=True)) if text is not None else None


def is_keras_variable(value: Any) -> bool:
    """Is this a variable of Keras 3, of exactly the class that Keras makes?"""
    keras = sys.modules.get("keras")
    return keras is not None and type(value) is getattr(keras, "Variable", None)


def keras_value(value: Any) -> Any:
    """What a variable of Keras 3 holds, as a tensor; None for other values, and for a variable that is not made yet."""
    if not is_keras_variable(value) or getattr(value, "_value", None) is None:
        return None
    return tf.convert_to_tensor(value.value)


_texts_watched = False


def watch_texts(refuse: Callable[[str], None]) -> None:
    """Call `refuse` before a symbolic tensor or a variable is made a text. Done once, for good: the classes of
    eager tensors have methods of their own, so nothing of an eager program is slowed.
    """
    global _texts_watched
    if _texts_watched:
        return
    _texts_watched = True
    from tensorflow.python.framework import ops
    from tensorflow.python.ops.resource_variable_ops import BaseResourceVariable

    for kind in (tf.Tensor, BaseResourceVariable):
        for name in {"__repr__", "__str__"} & set(vars(kind)):
            setattr(kind, name, _watched_text(kind, getattr(kind, name), refuse))
    eager = getattr(ops, "EagerTensor", tf.Tensor)
    if eager.__format__ is not tf.Tensor.__format__:
        tf.Tensor.__format__ = _watched_text(tf.Tensor, tf.Tensor.__format__, refuse)


def _watched_text(kind: type, original: Callable[..., str], refuse: Callable[[str], None]) -> Callable[..., str]:
    @functools.wraps(original)
    def text(self: Any, *spec: str) -> str:
        refuse(kind.__name__)
        return original(self, *spec)

    return text


def watch_sums(in_order: Callable[[], bool]) -> None:
    """Where `in_order` says so, have the sum of many tensors added up two at a time, in the order of the eager kernel.
    For good.

    Eagerly `AddN` adds up from the left, the first eight or fewer, then always the sum of the next eight. In a graph
    the kernel begins with an input whose memory it may use again.
    """
    from tensorflow.python.ops import gen_math_ops

    original = gen_math_ops.add_n

    def from_left(inputs: Sequence[Any]) -> Any:
        return functools.reduce(lambda total, item: original([total, item]), inputs)

    @functools.wraps(original)
    def add_n(inputs: Any, name: Any = None) -> Any:
        if not in_order() or not isinstance(inputs, (list, tuple)) or len(inputs) < 3:
            return original(inputs, name)
        first = len(inputs) % 8
        first = 8 + first if first < 2 else first
        groups = [inputs[:first], *(inputs[i : i + 8] for i in range(first, len(inputs), 8))]
        return from_left([from_left(group) for group in groups])

    gen_math_ops.add_n = add_n


def asks_for_shape() -> bool:
    """Is the text that is being made one of an error that TensorFlow catches itself, where it tries whether tensors
    are a shape?"""
    caller = sys._getframe(3)
    return caller.f_globals.get("__name__") == "tensorflow.python.framework.tensor_shape"


def add_control_inputs(operation: Any, others: list[Any]) -> None:
    """Make an operation of the graph that is being built wait for others."""
    known = set(operation.control_inputs)
    missing = [other for other in others if other not in known and other is not operation]
    if missing:
        operation._add_control_inputs(missing)


def is_ordered_without_resource(operation: Any) -> bool:
    """Does TensorFlow run this operation, if it takes no resource, in the program's order with others of the kind?"""
    try:
        from tensorflow.python.framework.auto_control_deps import op_is_stateful

        return bool(op_is_stateful(operation))
    except (ImportError, AttributeError):
        return is_stateful(operation.type)


def function_names(operation: Any) -> list[str]:
    """The functions that an operation names in its attributes."""
    found = []
    for attribute in operation.node_def.attr.values():
        if attribute.HasField("func"):
            found.append(attribute.func.name)
        found.extend(function.name for function in attribute.list.func)
    return found


def holds_functions(operation: Any) -> bool:
    """Does this operation run functions of the graph's library?"""
    return any(attribute.type in ("func", "list(func)") for attribute in operation.op_def.attr)


def is_stateful(kind: str) -> bool:
    """Is this kind of operation stateful? An unknown kind is taken to be."""
    try:
        from tensorflow.python.framework import op_def_registry

        definition = op_def_registry.get(kind)
    except (ImportError, AttributeError):
        return True
    return definition is None or bool(definition.is_stateful)


# TensorFlow's own conversion


def converting() -> bool:
    """Was the running trace begun with TensorFlow's AutoGraph on?"""
    context = tf.__internal__.autograph.control_status_ctx()
    return bool(context.status.name == "ENABLED")


def converted_call(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """Call a function with TensorFlow's own conversion, as code that the trace in progress has converted calls it."""
    context = tf.__internal__.autograph.control_status_ctx()
    if CONVERSION:
        options = _conversion_options(_optional_features(context.options))
        return _converted_call(function, args, dict(kwargs) or None, options=options)
    return tf.__internal__.autograph.tf_convert(function, context)(*args, **kwargs)


def _optional_features(options: Any) -> frozenset[Any]:
    """Those that the user has asked for: a `tf.function` notes what it was given, converted code all its options."""
    features = getattr(options, "optional_features", options)
    return frozenset(features if isinstance(features, Iterable) else () if features is None else (features,))


@functools.lru_cache(maxsize=16)
def _conversion_options(features: frozenset[Any]) -> Any:
    return _converter.ConversionOptions(recursive=True, user_requested=False, optional_features=features)


def leave_alone(is_ours: Callable[[Any], bool]) -> None:
    """Have TensorFlow's AutoGraph call functions for which `is_ours` is true as they are.

    Every conversion, the top of a `tf.function` included, first asks `is_unsupported` whether it must keep
    off.
    """
    if not CONVERSION:
        raise StagingError(
            f"TensorFlow {tf.__version__} converts functions in a way that autograph_hook does not know. "
            "It was made for TensorFlow 2.21; run with --mode off or install that version."
        )
    original = _conversion.is_unsupported

    def is_unsupported(o: Any) -> bool:
        return is_ours(o) or bool(original(o))

    _conversion.is_unsupported = is_unsupported


# Where the operations of our own graphs were made

_OWN = "_autograph_hook_own"
"""An attribute of the function graphs that we trace on our own."""


class _Beginning(threading.local):
    own = False
    """Are the inputs of a graph of our own being made?"""


_beginning = _Beginning()


def begin_own(get_graph: Callable[[], Any]) -> Any:
    """Have TensorFlow begin a graph that is our own. `own_begun` is to be called in it."""
    _forget_places()
    try:
        _beginning.own = True
        return get_graph()
    finally:
        _beginning.own = False


def own_begun() -> None:
    """The graph that is being built is our own."""
    _beginning.own = False
    setattr(tf.compat.v1.get_default_graph(), _OWN, True)


def _is_own() -> bool:
    """Is an operation of a graph of our own about to be made, be it in a branch or loop? The graphs of functions of
    the user's that are traced inside are not ours: they may be called by others later."""
    if _beginning.own:
        return True
    graph = tf.compat.v1.get_default_graph()
    while CONTROL_FLOW and isinstance(graph, (_CondBranch, _WhileTest, _WhileBody)):
        graph = graph.outer_graph
    return bool(getattr(graph, _OWN, False))


@functools.lru_cache(maxsize=1)
def _forget_places() -> None:
    """Note no stack for the operations of our own graphs: nobody reads it, since the plain run says what is wrong. And
    TensorFlow keeps every stack of more than 16 entries that it has once seen, and the code of its functions, for
    good: some kilobyte for each operation of each graph. What cannot be found is left as it is."""
    try:
        from tensorflow.python.util import tf_stack

        extract = tf_stack.extract_stack
        here = extract()
        # Ours are the files that `hide_in_operations` leaves out: then the entry below is none to be dropped.
        more = int(here[-1].filename == sys._getframe().f_code.co_filename)
        nowhere = here[-1:]
        assert len(nowhere) == 1 and nowhere[:] is not nowhere  # an operation takes what it is given for itself
    except (ImportError, AttributeError, IndexError, TypeError, AssertionError):
        return

    @functools.wraps(extract)
    def extract_stack(stacklevel: int = 1) -> Any:
        return nowhere[:] if _is_own() else extract(stacklevel + more)

    tf_stack.extract_stack = extract_stack


# Functions that call themselves


def graph_codes() -> frozenset[Any]:
    """The code that stands on the stack between a function and what is traced into a graph inside it."""
    return frozenset({func_graph_from_py_func.__code__})


def traced_graph(name: str, function: Callable[..., Any], signature: Sequence[Any]) -> Any:
    """The graph of a function from symbolic tensors to tensors, inside the graph that is being built."""
    return func_graph_from_py_func(name, function, [], {}, signature=list(signature), add_control_dependencies=True)


def function_definition(graph: Any, name: str) -> Any:
    """A function graph as a FunctionDef."""
    try:
        from tensorflow.python.eager.polymorphic_function import atomic_function

        return atomic_function.from_func_graph(name, graph, {}).definition
    except (ImportError, AttributeError) as error:
        raise unknown_tensorflow(error) from error


def known_definition(name: str) -> Any:
    """The FunctionDef of a function that TensorFlow's runtime knows."""
    return _eager_context.context().get_function_def(name)


def new_definition(like: Any) -> Any:
    """A copy of a FunctionDef."""
    copy = type(like)()
    copy.CopyFrom(like)
    return copy


def register_definition(definition: Any) -> None:
    _eager_context.context().add_function_def(definition)


def unknown_tensorflow(error: Exception) -> StagingError:
    return StagingError(
        f"autograph_hook cannot make a function that calls itself with TensorFlow {tf.__version__} ({error}). "
        "It was made for TensorFlow 2.21; set tensorflow.recursion = false or install that version."
    )


def gradients_in(graph: Any, outputs: Sequence[Any], inputs: Sequence[Any], given: Sequence[Any]) -> list[Any]:
    """The gradients of a function graph's outputs, as operations of the graph that is being built."""
    try:
        from tensorflow.python.ops import gradients_util

        return list(gradients_util._GradientsHelper(outputs, inputs, grad_ys=given, src_graph=graph))
    except (ImportError, AttributeError) as error:
        raise unknown_tensorflow(error) from error


def gradient_dtype(tensor: Any) -> Any:
    """The dtype of the gradient for a tensor, or for the variable whose handle it is; None where there is none."""
    from tensorflow.python.ops import default_gradient

    dtype = tf.as_dtype(default_gradient.get_zeros_dtype(tensor)) if tensor.dtype == tf.resource else tensor.dtype
    return dtype if dtype.is_floating or dtype.is_complex else None


def zero_gradient(tensor: Any) -> Any:
    from tensorflow.python.ops import default_gradient

    if tensor.dtype == tf.resource:
        return tf.zeros(tf.raw_ops.VariableShape(input=tensor), default_gradient.get_zeros_dtype(tensor))
    return tf.zeros_like(tensor)


def call_instead(operation: Any, name: str, dtypes: Sequence[Any], limit: Any = None) -> None:
    """Have a function call that is already in a graph call another function, which has outputs of these dtypes in
    addition. `limit`: what takes the place of its first input."""
    enums = [output.dtype.base_dtype.as_datatype_enum for output in operation.outputs]
    more = [dtype.as_datatype_enum for dtype in dtypes]
    operation._set_func_attr("f", name)
    operation._set_type_list_attr("Tout", enums + more)
    operation._add_outputs(more, [tf.TensorShape(None)] * len(more))
    if limit is not None:
        with operation.graph.as_default(), tf.control_dependencies(None):
            operation._update_input(0, tf.constant(limit, tf.int32))


def captured_inside(graph: Any, external: Any) -> Any:
    """What stands inside a function graph for a tensor that it has captured; None where it has not."""
    for outside, inside in graph.captures:
        if outside is external:
            return inside
    return None


def enclosing_graphs() -> list[Any]:
    """The function graphs that are being built, innermost first."""
    found = []
    graph = tf.compat.v1.get_default_graph()
    while isinstance(graph, FuncGraph):
        found.append(graph)
        graph = graph.outer_graph
    return found


def keep_with(graph: Any, value: Any) -> None:
    """Keep an object alive as long as a graph."""
    if not hasattr(graph, "_autograph_hook_kept"):
        graph._autograph_hook_kept = []
    graph._autograph_hook_kept.append(value)


class _Reasons:
    """Why a graph cannot be saved. TensorFlow reads them wherever the graph's function is called in another graph:
    there XLA is refused as well, and the other graph gets these reasons, too.
    """

    def __init__(self, known: set[str]) -> None:
        self.known = known

    def update(self, reasons: Iterable[str]) -> None:
        self.known.update(reasons)

    def __iter__(self) -> Iterator[str]:
        graph = tf.compat.v1.get_default_graph()
        if isinstance(graph, FuncGraph) and graph._saving_errors is not self:
            refuse_xla(next(iter(self.known)))
            forbid_saving(graph, *self.known)
        return iter(list(self.known))


def forbid_saving(graph: Any, *reasons: str) -> None:
    """Have the saving of this function graph, and of all that call it, fail for these reasons."""
    if hasattr(graph, "_saving_errors"):
        graph._saveable = False
        if type(graph._saving_errors) is not _Reasons:
            graph._saving_errors = _Reasons(graph._saving_errors)
        graph._saving_errors.update(reasons)


def refuse_xla(reason: str) -> None:
    if in_xla_context() or tf.config.optimizer.get_jit():
        raise StagingError(f"{reason}. This graph is compiled by XLA, which knows no recursion: leave jit_compile out")


@contextlib.contextmanager
def unrecorded() -> Iterator[None]:
    """Tapes that are active record nothing here: a persistent one would ask for gradients at once."""
    from tensorflow.python.eager import record

    if not record.could_possibly_record():
        yield
        return
    with record.stop_recording():
        yield


def watch_variables(graph: Any) -> None:
    """Have active tapes watch the variables that a function graph reads."""
    from tensorflow.python.ops.resource_variable_ops import variable_accessed

    for variable in graph.variables:
        variable_accessed(variable)


# Random numbers


def global_seed() -> Any:
    """What `tf.random.set_seed` was given; None where it was not called."""
    return _eager_context.context()._seed


def seed_generator() -> Any:
    """What eager operations that draw random numbers take their seeds from: an object with `randint`."""
    return _eager_context.context()._rng


def set_seed_generator(generator: Any) -> None:
    _eager_context.context()._rng = generator


def watch_seeds(given: Callable[[Any], tuple[int, int] | None]) -> None:
    """Have `given` asked first for the two seeds of an operation that draws, for good."""
    from tensorflow.python.framework import random_seed

    original = random_seed.get_seed

    @functools.wraps(original)
    def get_seed(op_seed: Any) -> Any:
        found = given(op_seed)
        return original(op_seed) if found is None else found

    random_seed.get_seed = get_seed


def watch_draws(name: str, drawn: Callable[..., Any]) -> None:
    """Have `drawn(original, ...)` called for the function that makes a kind of operation that draws, for good."""
    from tensorflow.python.ops import gen_random_ops

    original = getattr(gen_random_ops, name)
    setattr(gen_random_ops, name, functools.wraps(original)(functools.partial(drawn, original)))


def anonymous_variable(dtype: Any) -> Any:
    """The handle of a variable without a value, which goes when the handle does."""
    with tf.device("CPU:0"):
        return tf.raw_ops.VarHandleOp(dtype=dtype, shape=[], shared_name=_eager_context.anonymous_name())


def is_function_graph(graph: Any) -> bool:
    """Is it the graph of a function that was traced, and not one made for a trial?"""
    from tensorflow.python.framework.func_graph import FuncGraph

    return isinstance(graph, FuncGraph) and not str(graph.name).startswith("autograph_hook_")


def is_construct(graph: Any) -> bool:
    """Is it the graph of a branch or of a loop?"""
    return CONTROL_FLOW and isinstance(graph, (_CondBranch, _WhileTest, _WhileBody))


def is_loop(graph: Any) -> bool:
    return CONTROL_FLOW and isinstance(graph, (_WhileTest, _WhileBody))


# Gradients


def is_differentiable(operation: Any) -> bool:
    """May gradients flow through this operation? False where it is declared that they do not."""
    from tensorflow.python.framework import ops

    try:
        return ops.get_gradient_function(operation) is not None
    except LookupError:
        return True


def watch_gradients(asked: Callable[[Sequence[Any], Sequence[Any]], None]) -> None:
    """Have `asked(targets, sources)` called before a tape computes gradients, for good."""
    from tensorflow.python.eager import imperative_grad

    original = imperative_grad.imperative_grad

    @functools.wraps(original)
    def watched(tape: Any, target: Any, sources: Any, *options: Any, **more: Any) -> Any:
        asked(target, sources)
        return original(tape, target, sources, *options, **more)

    imperative_grad.imperative_grad = watched


def watch_bias_gradients(before: Callable[[Any], Any]) -> None:
    """Have the gradient of a bias made, for good, of `before(gradient)`, and only that. Where this TensorFlow keeps
    gradients elsewhere, those of biases of convolutions differ in their last bits."""
    from tensorflow.python.framework import ops

    known = getattr(ops.gradient_registry, "_registry", {}).get("BiasAdd")
    if not isinstance(known, dict) or not callable(known.get("type")):
        return
    original = known["type"]

    @functools.wraps(original)
    def watched(op: Any, gradient: Any) -> Any:
        other = before(gradient)
        of_value, of_bias = original(op, other)
        return gradient if of_value is other else of_value, of_bias

    known["type"] = watched


_watchers = threading.local()


def watch_variable_watchers() -> None:
    """Count, for good, what notes the variables that are read, other than tapes: custom gradients do."""
    from tensorflow.python.eager.record import VariableWatcher

    enter, leave = VariableWatcher.__enter__, VariableWatcher.__exit__

    @functools.wraps(enter)
    def entered(self: Any) -> Any:
        _watchers.active = getattr(_watchers, "active", 0) + 1
        return enter(self)

    @functools.wraps(leave)
    def left(self: Any, *error: Any) -> Any:
        _watchers.active = max(0, getattr(_watchers, "active", 0) - 1)
        return leave(self, *error)

    VariableWatcher.__enter__, VariableWatcher.__exit__ = entered, left


def variables_are_watched() -> bool:
    return bool(getattr(_watchers, "active", 0))


def may_be_recorded() -> bool:
    """Is a tape or a forward accumulator active in this thread?"""
    return bool(_record.could_possibly_record())


def are_watched(tensors: Sequence[Any]) -> bool:
    """Does a tape or a forward accumulator that is active watch one of these?"""
    from tensorflow.python.ops import gradients_util

    return bool(gradients_util.PossibleTapeGradientTypes(tensors))


# Datasets.

_DATASETS = (
    "batch_op", "cache_op", "concatenate_op", "filter_op", "map_op", "options_op", "prefetch_op", "range_op",
    "repeat_op", "shuffle_op", "skip_op", "take_op", "from_tensor_slices_op", "from_tensors_op", "zip_op",
)  # fmt: skip
"""The modules of TensorFlow whose datasets make nothing but elements."""


def dataset_of(value: Any) -> Any:
    """The dataset that is this value, or that it iterates over; None for anything else."""
    if isinstance(value, tf.data.Dataset):
        return value
    if type(value).__name__ == "OwnedIterator" and type(value).__module__.startswith("tensorflow.python.data."):
        return getattr(value, "_dataset", None)
    return None


def parts_of_dataset(dataset: Any) -> tuple[list[Any], list[Any]] | None:
    """The datasets that one reads, and the graphs of the functions that it calls; None where that is not known."""
    module = type(dataset).__module__
    known = module.startswith("tensorflow.python.data.ops.") and module.rpartition(".")[2] in _DATASETS
    functions = [getattr(dataset, name) for name in ("_map_func", "_predicate") if hasattr(dataset, name)]
    try:
        return (list(dataset._inputs()), [each.function.graph for each in functions]) if known else None
    except AttributeError:
        return None


# Tracebacks


def hide_in_operations(files: frozenset[str]) -> None:
    """Leave these files out of what an error of a running graph says of where its operation was made."""
    try:
        from tensorflow.python.util import tf_stack

        stacks, sentinel = tf_stack._source_filter_stacks, tf_stack.SentinelFilter
    except (ImportError, AttributeError):
        return

    class Filter(sentinel):  # type: ignore[misc, valid-type]
        """The lowest in each thread's stack of filters; those above it ask it for its files."""

        def __init__(self) -> None:
            super().__init__()
            self.update()

        def get_filtered_filenames(self) -> frozenset[str]:
            return files

    stacks.default_factory = lambda: [Filter()]
    for stack in list(stacks.values()):
        stack[0] = Filter()


def hide_in_tracebacks(directory: str) -> None:
    """Leave the files in this directory out of the tracebacks that TensorFlow and Keras shorten."""
    for name in ("tensorflow.python.util.traceback_utils", "keras.src.utils.traceback_utils"):
        module = sys.modules.get(name)
        hidden = getattr(module, "_EXCLUDED_PATHS", None)
        if isinstance(hidden, tuple) and directory not in hidden:
            module._EXCLUDED_PATHS = (*hidden, directory)  # type: ignore[union-attr]


def watch_statuses(more: Callable[[str], str]) -> None:
    """Add to the text of each error that a running graph raises: `more` is given the text."""
    original = getattr(_core, "_status_to_exception", None)
    if original is None:
        return

    @functools.wraps(original)
    def exception(status: Any) -> Any:
        status.message += more(status.message)
        return original(status)

    _core._status_to_exception = exception


def places_of(node: str, function: str | None) -> list[tuple[str, int, str]]:
    """Where the operation of this name was made: file, line and function. Of the graph function of that name; where
    there is none, of each function of a dataset that has such an operation."""
    try:
        context = _eager_context.context()
        names = [function] if function else [n for n in context.list_function_names() if "_Dataset_" in n]
        infos = [context.get_graph_debug_info(name) for name in names]
        found = []
        for info in infos:
            if node in info.name_to_trace_id:
                frames = info.traces_by_id[info.name_to_trace_id[node]].frame_id
                last = info.frames_by_id[frames[-1]]
                found.append((info.files[last.file_index], last.line, last.func))
        return found
    except (AttributeError, IndexError, tf.errors.OpError):
        return []
