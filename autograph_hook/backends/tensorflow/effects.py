"""What TensorFlow and Keras do to the world: the tables that a speculative trace goes by.

What no table names is taken to have an effect, and is not called while we trace on our own. A function is named by
its public path and known by identity, so one that a program has put in its place is not taken for it.
"""

from __future__ import annotations

import functools
import sys
import types
from typing import Any

import tensorflow as tf

from autograph_hook.backends.tensorflow import library_objects, private


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PURE = "pure"
"""Builds operations, which do their work each time the graph runs; a container that it returns is new."""
NOTHING = "nothing"
"""The same, and returns None when it is called eagerly."""
CALLS = "calls"
"""Calls functions that it is given, for each element or iteration."""
OWN = "own"
"""A method that changes or uses up its object, which must therefore have been made in the trace."""
STATE = "state"
"""Called on an object of Keras, whose state is guarded as a whole."""

# Every public function of these modules is pure, but for the exceptions below.
MODULES = (
    "tensorflow.math", "tensorflow.nn", "tensorflow.linalg", "tensorflow.bitwise", "tensorflow.signal",
    "tensorflow.sparse", "tensorflow.ragged", "tensorflow.sets", "tensorflow.dtypes", "tensorflow.strings",
    "tensorflow.math.special",
    "keras.ops", "keras.activations", "keras.losses",
)  # fmt: skip

FUNCTIONS: dict[str, str] = {
    "tensorflow": """
        abs acos acosh add add_n argmax argmin argsort as_dtype as_string asin asinh atan atan2 atanh batch_to_space
        bitcast boolean_mask broadcast_dynamic_shape broadcast_static_shape broadcast_to cast clip_by_global_norm
        clip_by_norm clip_by_value complex concat constant convert_to_tensor cos cosh cumsum divide dynamic_partition
        dynamic_stitch edit_distance eig eigvals einsum ensure_shape equal exp expand_dims extract_volume_patches eye
        fftnd fill fingerprint floor gather gather_nd greater greater_equal histogram_fixed_width
        histogram_fixed_width_bins identity identity_n ifftnd irfftnd is_tensor less less_equal linspace logical_and
        logical_not logical_or matmul matrix_square_root maximum meshgrid minimum multiply negative norm
        not_equal one_hot ones ones_like pad pow range rank realdiv reduce_all reduce_any reduce_logsumexp reduce_max
        reduce_mean reduce_min reduce_prod reduce_sum repeat reshape reverse reverse_sequence rfftnd roll round
        saturate_cast scalar_mul scatter_nd searchsorted sequence_mask shape shape_n sigmoid sign sin sinh size slice
        sort space_to_batch space_to_batch_nd split sqrt square squeeze stack stop_gradient strided_slice subtract tan
        tanh tensor_scatter_nd_add tensor_scatter_nd_max tensor_scatter_nd_min tensor_scatter_nd_sub
        tensor_scatter_nd_update tensordot tile transpose truediv truncatediv truncatemod unique unique_with_counts
        unravel_index unstack where zeros zeros_like
    """,
    "tensorflow.nest": "assert_same_structure flatten is_nested map_structure pack_sequence_as",
    "tensorflow.random": """
        categorical gamma normal poisson shuffle truncated_normal uniform split fold_in stateless_binomial
        stateless_categorical stateless_gamma stateless_normal stateless_parameterized_truncated_normal
        stateless_poisson stateless_truncated_normal stateless_uniform
    """,
    "tensorflow.random.experimental": "stateless_fold_in stateless_shuffle stateless_split",
    "tensorflow.image": """
        adjust_brightness adjust_contrast adjust_gamma adjust_hue adjust_saturation central_crop convert_image_dtype
        crop_and_resize crop_to_bounding_box extract_patches flip_left_right flip_up_down grayscale_to_rgb hsv_to_rgb
        image_gradients pad_to_bounding_box per_image_standardization psnr resize resize_with_crop_or_pad
        resize_with_pad random_brightness random_contrast random_crop random_flip_left_right random_flip_up_down
        random_hue random_saturation rgb_to_grayscale rgb_to_hsv rgb_to_yiq rgb_to_yuv rot90 sobel_edges ssim
        stateless_random_brightness stateless_random_contrast stateless_random_crop stateless_random_flip_left_right
        stateless_random_flip_up_down stateless_random_hue stateless_random_saturation total_variation transpose
        yiq_to_rgb yuv_to_rgb
    """,
    "tensorflow.nn.experimental": "stateless_dropout",
    "keras.config": "epsilon floatx image_data_format",  # a call whose settings are others makes another graph
    "keras.src.legacy.backend": """
        abs all any argmax argmin batch_dot batch_flatten bias_add binary_crossentropy cast categorical_crossentropy
        clip concatenate cos cumprod cumsum dot elu equal exp expand_dims eye flatten gather greater greater_equal
        hard_sigmoid l2_normalize less less_equal log max maximum mean min minimum ndim not_equal one_hot ones_like
        permute_dimensions pow prod relu repeat repeat_elements reshape reverse round sigmoid sign sin softmax softplus
        softsign sparse_categorical_crossentropy sqrt square squeeze stack std stop_gradient sum tanh tile transpose
        var zeros_like
    """,
    "tensorflow.debugging": "check_numerics is_numeric_tensor",
    "tensorflow.distribute": "has_strategy in_cross_replica_context",  # nothing is staged under a strategy
}

HIGHER_ORDER: dict[str, str] = {
    "tensorflow": "case cond foldl foldr map_fn scan switch_case while_loop",
}
"""Not `tf.vectorized_map`: what it makes of operations may round otherwise in a graph than eagerly."""

RETURN_NOTHING: dict[str, str] = {
    "tensorflow": "print group no_op assert_equal assert_greater assert_less assert_rank Assert",
    "tensorflow.debugging": """
        Assert assert_equal assert_greater assert_greater_equal assert_integer assert_less assert_less_equal
        assert_near assert_negative assert_non_negative assert_non_positive assert_none_equal assert_positive
        assert_rank assert_rank_at_least assert_rank_in assert_scalar assert_shapes assert_type
    """,
}

# Not pure, not the same in a graph, or Python code of the caller's is run.
EXCEPTIONS: dict[str, str] = {
    "tensorflow.nn": "all_candidate_sampler RNNCellDeviceWrapper",
    "tensorflow.sparse": "map_values",
    "tensorflow.ragged": "map_flat_values",
    "keras.ops": """
        associative_scan cond convert_to_numpy custom_gradient fori_loop in_top_k is_tensor map scan shape switch
        vectorized_map while_loop saturate_cast device
    """,
    "keras.losses": "deserialize get serialize",
    "keras.activations": "deserialize get serialize",
}

CLASSES: dict[str, str] = {
    "tensorflow": "GradientTape TensorShape IndexedSlices SparseTensor name_scope",
}
"""May be made in a trace. Not a TensorArray: it complains when it is dropped unused, as an aborted trace does."""

CONTEXTS: dict[str, str] = {
    "tensorflow": "GradientTape name_scope",
}

_READ = "get_shape read_value value"
_VARIABLE = f"""
    {_READ} assign assign_add assign_sub scatter_add scatter_sub scatter_update scatter_nd_add scatter_nd_sub
    scatter_nd_update batch_scatter_update sparse_read gather_nd
"""

# A class, its module where it is not public, and what its methods do.
METHODS: tuple[tuple[str, str, str, str], ...] = (
    ("tensorflow", "GradientTape", "gradient jacobian batch_jacobian watch reset stop_recording", OWN),
    ("tensorflow", "TensorShape", """
        as_list assert_has_rank assert_is_compatible_with concatenate is_compatible_with is_fully_defined merge_with
        num_elements with_rank
    """, PURE),
    ("tensorflow", "RaggedTensor", "bounding_shape merge_dims nrows row_lengths to_tensor value_rowids with_values",
     PURE),
)  # fmt: skip

# By the prefix of the module that defines the object's own class: user classes are not meant.
METHODS_BY_MODULE: tuple[tuple[str, str, str], ...] = (
    ("tensorflow.python.ops.resource_variable_ops", _VARIABLE, PURE),
    ("keras.src.backend.Variable", "assign assign_add assign_sub", PURE),
    ("tensorflow.python.framework.tensor", "get_shape", PURE),
    ("tensorflow.python.framework.ops", "get_shape", PURE),
)

READABLE = frozenset({"dtype", "shape", "ndim", "get_shape"})
"""What may be read of a tensor while tracing: the same in a graph as eagerly. Shapes, if they are known."""
READABLE_OF_VARIABLES = READABLE | frozenset(_VARIABLE.split()) | {"name", "trainable"}
READABLE_OF_COMPOSITES = _words(
    """
    dtype values indices dense_shape flat_values row_splits ragged_rank nrows row_lengths to_tensor value_rowids
    bounding_shape merge_dims with_values
    """
)
IMMUTABLE = (tf.DType, tf.TensorShape, tf.TensorSpec)


def effect(function: Any) -> str | None:
    """What a call of this function, method, class or object does; None where it is not known to be safe."""
    kind = type(function)
    if library_objects.may_call(function):
        return STATE
    if kind is types.MethodType:
        return _method_effect(function.__func__, function.__self__)
    if isinstance(function, type):
        return PURE if id(function) in _classes() or library_objects.may_make(function) else None
    if isinstance(function, types.FunctionType):
        known = _functions().get(id(function))
        return known[1] if known is not None else None
    called = next((vars(owner)["__call__"] for owner in kind.__mro__ if "__call__" in vars(owner)), None)
    return _method_effect(called, function)


def _method_effect(function: Any, owner: Any) -> str | None:
    if isinstance(owner, type):
        return None
    return _methods_of(type(owner)).get(id(function))


_methods_known: dict[type, dict[int, str]] = {}


def _methods_of(kind: type) -> dict[int, str]:
    """What the methods of a class of TensorFlow or Keras do, by the identity of the function."""
    if kind.__module__.partition(".")[0] not in ("tensorflow", "keras"):
        return {}
    known = _methods_known.get(kind)
    if known is None:
        known = _methods_known[kind] = _find_methods(kind)
    return known


def _find_methods(kind: type) -> dict[int, str]:
    found: dict[int, str] = {}
    for module, name, methods, what in METHODS:
        if kind is getattr(sys.modules[module], name):
            found.update(_methods(kind, methods, what))
    full = f"{kind.__module__}.{kind.__name__}"
    for prefix, methods, what in METHODS_BY_MODULE:
        if f"{full}.".startswith(f"{prefix}."):
            found.update(_methods(kind, methods, what))
    return found


def _methods(kind: type, names: str, what: str) -> dict[int, str]:
    return {id(getattr(kind, name)): what for name in names.split() if hasattr(kind, name)}


_tables: dict[str, tuple[Any, dict[int, Any]]] = {}


def _functions() -> dict[int, tuple[Any, str]]:
    """The functions that may be called, by identity; made again when Keras has been imported meanwhile."""
    keras = sys.modules.get("keras")
    made = _tables.get("functions")
    if made is None or made[0] is not keras:
        made = _tables["functions"] = (keras, _collect())
    return made[1]


def _collect() -> dict[int, tuple[Any, str]]:
    found: dict[int, tuple[Any, str]] = {}
    for path in MODULES:
        module = _module(path)
        exceptions = EXCEPTIONS.get(path, "").split()
        for name, value in list(vars(module).items()) if module is not None else ():
            if isinstance(value, types.FunctionType) and not name.startswith("_") and name not in exceptions:
                found[id(value)] = (value, PURE)
    for path, names in FUNCTIONS.items():
        for name in names.split():
            value = getattr(_module(path), name, None)
            if isinstance(value, types.FunctionType):
                found[id(value)] = (value, PURE)
    for table, what in ((RETURN_NOTHING, NOTHING), (HIGHER_ORDER, CALLS)):
        for path, names in table.items():
            for name in names.split():
                value = getattr(_module(path), name, None)
                found[id(value)] = (value, what)
    return found


def _module(path: str) -> Any:
    """A public module, if it is imported. TensorFlow's are attributes of each other."""
    first, *rest = path.split(".")
    module: Any = sys.modules.get(first)
    if first == "keras":
        return sys.modules.get(path)
    for name in rest:
        module = getattr(module, name, None)
    return module


def _classes() -> dict[int, Any]:
    made = _tables.get("classes")
    if made is None:
        made = _tables["classes"] = (None, {id(kind): kind for kind in _named(CLASSES)})
    return made[1]


def is_safe_context(manager: Any) -> bool:
    """May it be entered while tracing?"""
    return type(manager) in _contexts()


@functools.lru_cache(maxsize=1)
def _contexts() -> tuple[type, ...]:
    return _named(CONTEXTS)


def _named(table: dict[str, str]) -> tuple[Any, ...]:
    return tuple(getattr(_module(path), name) for path, names in table.items() for name in names.split())


def refusal(owner: Any, name: str) -> str | None:
    """Why this attribute of a tensor or variable may not be read while tracing; None where it may."""
    if isinstance(owner, tf.Variable) or private.is_keras_variable(owner):
        allowed = READABLE_OF_VARIABLES
    elif isinstance(owner, tf.Tensor):
        allowed = READABLE
    else:
        allowed = READABLE_OF_COMPOSITES
    if name not in allowed:
        what = "tensor" if isinstance(owner, tf.Tensor) else type(owner).__name__
        return f"reads {name!r} of a {what}, which a graph does not have or has otherwise"
    if name in ("shape", "get_shape", "ndim") and not owner.shape.is_fully_defined():
        return "reads a shape that is known only when the graph runs"
    return None


def is_constant(value: Any) -> bool:
    """An object of TensorFlow's that never changes."""
    return isinstance(value, IMMUTABLE)


def sizes(value: Any) -> list[int] | None:
    return list(value) if type(value) is tf.TensorShape and value.is_fully_defined() else None


_OPTIONS = frozenset(
    {
        "name", "parallel_iterations", "maximum_iterations", "swap_memory", "infer_shape", "reverse", "exclusive",
        "fn_output_signature", "dtype", "strict", "back_prop", "return_same_structure",
    }
)  # fmt: skip


def is_option(name: str) -> bool:
    return name in _OPTIONS


_SAME_OF_SYMBOLS = ("Tensor", "Variable", "RaggedTensor", "SparseTensor", "IndexedSlices", "TensorArray", "Module")


def holds_symbols(kind: type) -> bool:
    return kind.__name__ in _SAME_OF_SYMBOLS


def foreign(value: Any) -> str | None:
    """Why a recognised value from outside may not be used in a trace; None where it may."""
    if isinstance(value, tf.Variable):
        if type(value).__module__ != "tensorflow.python.ops.resource_variable_ops":
            return f"uses a {type(value).__name__}"
        return None
    if isinstance(value, tf.Tensor):
        if not hasattr(value, "_numpy"):
            return "uses a tensor of another graph"
        if library_objects.has_mask(value):
            return "uses a tensor that carries a Keras mask"
        return "uses a handle" if value.dtype in (tf.resource, tf.variant) else None
    if private.is_keras_variable(value):
        return None
    if isinstance(value, (tf.RaggedTensor, tf.SparseTensor, tf.IndexedSlices)):
        return None
    if isinstance(value, tf.data.Iterator):
        return "uses an iterator of a dataset from outside, which reading uses up"
    return f"uses a {type(value).__name__} from outside"
