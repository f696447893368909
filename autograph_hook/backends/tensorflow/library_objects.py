"""Which objects are layers, optimizers, metrics, losses, distributions of a library, and what of them a trace may use.

They hold much Python state, and their own code reads it without our seeing it. So they are trusted as a whole: what
they compute depends on their state, which `library_state` guards, and on functions that are enabled or the framework's.
"""

from __future__ import annotations

import types
from typing import Any
from weakref import WeakKeyDictionary


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_METHODS = (types.FunctionType, property)
LIBRARIES = {
    "keras.src.": "Keras",
    "tf_keras.src.": "Keras",
    "sonnet.src.": "Sonnet",
    "tensorflow_probability.python.": "TensorFlow Probability",
}
"""By the modules that define the objects."""
PREFIXES = tuple(LIBRARIES)

_OF_LAYERS = "__call__ call add_loss add_metric compute_mask get_initial_state"
_WEIGHTS = "trainable_variables trainable_weights non_trainable_variables non_trainable_weights variables weights"

ANY = frozenset({"*"})
"""All that has no underscore before its name."""

# The base class (but for Keras's with the library's name), the methods that may be called, the properties that may be
# read.
FAMILIES: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "Layer": (
        _words(_OF_LAYERS),
        _words(
            f"""
            {_WEIGHTS} losses layers dtype compute_dtype variable_dtype dtype_policy trainable kernel input_spec
            supports_masking name path input_shape output_shape input_dtype state_size output_size
            """
        ),
    ),
    "Metric": (
        _words("__call__ update_state update_state_fn result result_fn reset_state reset_states"),
        _words(f"{_WEIGHTS} dtype name trainable"),
    ),
    "Loss": (_words("__call__ call"), _words("dtype name")),
    "BaseOptimizer": (_words("apply apply_gradients"), _words("learning_rate lr iterations variables")),
    "_BaseOptimizer": (_words("apply_gradients"), _words("learning_rate lr iterations variables")),
    "OptimizerV2": (_words("apply_gradients"), _words("learning_rate lr iterations")),
    "LearningRateSchedule": (_words("__call__"), frozenset()),
    "Regularizer": (_words("__call__"), frozenset()),
    "Constraint": (_words("__call__"), frozenset()),
    "Sonnet.Module": (_words("__call__") | ANY, ANY),
    "TensorFlow Probability.Distribution": (
        _words(
            """
            prob log_prob cdf log_cdf survival_function log_survival_function entropy mean mode stddev variance
            covariance quantile sample kl_divergence cross_entropy event_shape_tensor batch_shape_tensor param_shapes
            unnormalized_log_prob is_scalar_event is_scalar_batch
            """
        ),
        ANY - {"parameters"},
    ),
    "TensorFlow Probability.Bijector": (
        _words(
            """
            __call__ forward inverse forward_log_det_jacobian inverse_log_det_jacobian forward_event_shape
            inverse_event_shape forward_event_ndims inverse_event_ndims
            """
        ),
        frozenset(),
    ),
}

_HARMLESS = _words(
    """
    __init__ build get_config from_config build_from_config get_build_config compute_output_shape compute_output_spec
    train_step test_step predict_step fit evaluate predict compile summary save metrics get_compile_config
    compile_from_config load_own_variables save_own_variables save_assets load_assets save_weights load_weights
    __repr__ __str__ __doc__ __module__ __qualname__ __dict__ __weakref__ __annotations__ __classcell__
    __static_attributes__ __firstlineno__ __annotate_func__ __annotations_cache__ __orig_bases__ __parameters__
    __abstractmethods__ _abc_impl
    """
)
"""What a class of the user's may define without Keras's calling it in a trace. Reading it is seen in another way."""

UNWATCHED = _words(
    """
    _tracker _lock _auto_config build quantize _tracked name _name _inbound_nodes _outbound_nodes _path _parent_path
    _called supports_jit _losses _loss_ids _losses_override _metrics _call_signature
    call_signature_parameters _call_context_args
    _call_has_context_arg _build_shapes_dict _seed_generators _saved_model_inputs_spec _saved_model_arg_spec
    _run_eagerly _jit_compile compiled loss steps_per_execution _initial_epoch _compute_loss_has_training_arg
    _compile_loss _compile_metrics _loss_tracker train_function test_function predict_function
    unrolled_steps_per_execution _distribute_strategy _distribution_strategy optimizer stop_training history
    _inputs_struct _outputs_struct _inputs _outputs _nodes _nodes_by_depth _operations _operations_by_depth
    output_names _trainable_variables_indices backend _initial_seed seed built _compiled_trainable_state
    _obj_reference_counts_dict _auto_get_config _thread_local _metrics_lock _updates _inbound_nodes_value
    _outbound_nodes_value _call_spec _captured_weight_regularizer _initial_weights _build_input_shape
    _name_scope_on_declaration _preserve_input_structure_in_config _checkpoint _steps_per_execution
    _steps_per_execution_tuner _train_counter _test_counter _predict_counter _training_state train_tf_function
    compiled_loss compiled_metrics _is_compiled _cluster_coordinator _distribute_reduction_method _layout_map
    _layer_call_argspecs _created_nodes _nested_inputs _nested_outputs _input_layers _output_layers _input_coordinates
    _output_coordinates _output_mask_cache _output_tensor_cache _output_shape_cache _network_nodes _feed_input_names
    _feed_inputs _feed_input_shapes _tensor_usage_count inputs outputs input_names _index_dict gradient_aggregator
    _clipnorm_fn _global_clipnorm_fn _clipvalue_fn _deferred_slot_restorations _iterations _dropout_mask
    _recurrent_dropout_mask _recurrent_dropout_masks _dropout_masks _sharded_variable_builders _scope _name_scope
    update_state result _keras_api_names _is_model_for_instrumentation _instrumented_keras_api
    _instrumented_keras_layer_class _instrumented_keras_model_class _stateful_states _snt_once _scope_name _auto_repr
    """
)
"""What changes no result of a built object: bookkeeping, what is for saving, for building, for `fit`."""
UNWATCHED_ENDINGS = ("_initializer", "_spec_", "_lock")
UNWATCHED_STARTS = ("_self_unconditional", "_self_update", "_self_name", "_self_saveable", "_self_setattr")


def is_framework(kind: type) -> bool:
    """Is this class a known library's or TensorFlow's own, and not derived from them elsewhere?"""
    name = type.__getattribute__(kind, "__module__")
    return isinstance(name, str) and name.startswith((*PREFIXES, "tensorflow."))


def library(kind: type) -> str | None:
    """Whose own class this is."""
    name = type.__getattribute__(kind, "__module__")
    if not isinstance(name, str) or not name.startswith(PREFIXES):
        return None
    return next(owner for prefix, owner in LIBRARIES.items() if name.startswith(prefix))


def _family(base: type) -> str | None:
    owner = library(base)
    name = base.__name__ if owner == "Keras" else f"{owner}.{base.__name__}"
    return name if name in FAMILIES and owner is not None else None


_families: WeakKeyDictionary[type, tuple[str, ...]] = WeakKeyDictionary()
_mentioned: WeakKeyDictionary[type, frozenset[str]] = WeakKeyDictionary()


def families(kind: type) -> tuple[str, ...]:
    """The base classes of Keras that decide what may be done with instances of a class."""
    known = _families.get(kind)
    if known is None:
        known = tuple(name for base in kind.__mro__ if (name := _family(base)) is not None)
        _families[kind] = known
    return known


def is_watched(value: Any) -> bool:
    """Is it an object whose state is guarded as a whole?"""
    return not isinstance(value, type) and bool(families(type(value)))


def may_call(function: Any) -> bool:
    """Is it Keras's own method of such an object, or such an object that is called as Keras has it?"""
    if type(function) is types.MethodType:
        owner, method = function.__self__, function.__func__
        return is_watched(owner) and _is_own(method) and _may(owner, 0, undecorated(method).__name__)
    if not is_watched(function):
        return False
    called = next(vars(base)["__call__"] for base in type(function).__mro__ if "__call__" in vars(base))
    return _is_own(called) and _may(function, 0, "__call__")


def may_make(kind: type) -> bool:
    """Is it a class whose instances are made of what they are given, and of nothing else?"""
    return library(kind) == "TensorFlow Probability" and bool(families(kind))


def may_read(owner: Any, name: str) -> bool:
    """Is it a property that depends on the state alone?"""
    return is_watched(owner) and _may(owner, 1, name)


def _may(owner: Any, column: int, name: str) -> bool:
    return any(
        name in FAMILIES[family][column] or (FAMILIES[family][column] >= ANY and not name.startswith("_"))
        for family in families(type(owner))
    )


def _is_own(function: Any) -> bool:
    return type(function) is types.FunctionType and str(function.__module__).startswith(PREFIXES)


def undecorated(function: Any) -> Any:
    """The method of a class that Sonnet has put a function of its own around, to enter a scope of names."""
    while (
        type(function) is types.FunctionType
        and function.__module__ == "sonnet.src.utils"
        and function.__code__.co_freevars[-1:] == ("f",)
    ):
        function = (function.__closure__ or ())[-1].cell_contents
    return function


def own_methods(kind: type) -> list[tuple[type, str, Any]]:
    """What classes of the user's put in the place of what Keras's code may use of its own classes."""
    found = []
    known = {name for base in kind.__mro__ if is_framework(base) for name in vars(base)}
    any_is_called = any(FAMILIES[family][0] >= ANY for family in families(kind))
    for base in kind.__mro__:
        if base is object or is_framework(base):
            continue
        for name, value in vars(base).items():
            if (name in known or (any_is_called and isinstance(value, _METHODS))) and name not in _HARMLESS:
                found.append((base, name, value))
    return found


def framework_methods(kind: type) -> list[tuple[type, str, Any]]:
    """The methods and properties of the framework that decide what an instance does: they may be replaced, too.

    Of the base classes of the families those that are called from outside; of what derives from them, all.
    """
    bases = [base for base in kind.__mro__ if is_framework(base)]
    if not bases:
        return []
    called = {name for family in families(kind) for name in FAMILIES[family][0]}
    found: dict[str, Any] = {}
    for base in reversed(bases):
        is_special = _family(base) is None and any(_family(above) is not None for above in base.__mro__)
        for name, value in vars(base).items():
            if isinstance(value, _METHODS) and (name in called or (is_special and name not in _HARMLESS)):
                found[name] = value
            else:
                found.pop(name, None)  # another value stands before the method
    return [(bases[0], name, value) for name, value in found.items()]


def mentioned(kind: type) -> frozenset[str]:
    """The names of attributes that the code of the framework's classes among the bases uses."""
    known = _mentioned.get(kind)
    if known is None:
        names: set[str] = set()
        for base in kind.__mro__:
            if is_framework(base) and base is not object:
                for value in vars(base).values():
                    for function in _functions(value):
                        _names(function.__code__, names)
        known = _mentioned[kind] = frozenset(names)
    return known


def _functions(value: Any) -> list[types.FunctionType]:
    parts = [value.fget, value.fset] if isinstance(value, property) else [getattr(value, "__func__", value)]
    found = []
    for part in parts:
        while isinstance(part, types.FunctionType):
            found.append(part)
            inner = undecorated(part)
            part = inner if inner is not part else getattr(part, "__wrapped__", None)
    return found


def _names(code: types.CodeType, names: set[str]) -> None:
    names.update(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            _names(constant, names)


def is_unwatched(name: str) -> bool:
    return name in UNWATCHED or name.endswith(UNWATCHED_ENDINGS) or name.startswith(UNWATCHED_STARTS)


_EMPTY: dict[str, Any] = {}


def has_mask(tensor: Any) -> bool:
    """Does a tensor carry the mask of a Keras layer, which layers that are given it look for?"""
    return getattr(tensor, "__dict__", _EMPTY).get("_keras_mask") is not None
