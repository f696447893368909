"""What code that is not enabled does to the world: the tables that a speculative trace goes by.

What no table knows is taken to have an effect. `None` means: may be called while tracing; a text is the reason why
not.
"""

from __future__ import annotations

import fnmatch
import functools
import sys
import types
from collections.abc import Callable
from typing import Any

PURE_BUILTINS = frozenset(
    {
        abs, all, any, bin, chr, divmod, format, hex, isinstance, issubclass, callable, max, min, oct, ord, pow,
        repr, round, sorted, sum,
    }
)  # fmt: skip
"""Their result depends on their arguments alone. Given a tensor, most of these ask for its value, which raises."""

NEED_VALUES = frozenset({max, min, round, sorted, repr, format, bin, chr, hex, oct, ord, all, any, divmod, pow})
"""Those that would make a Python value of a tensor, or compare tensors by truth."""

SAFE_TYPES = frozenset(
    {
        bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset, range, slice, enumerate, zip,
        reversed, type,
    }
)  # fmt: skip

READING_METHODS: dict[type, frozenset[str]] = {
    list: frozenset({"count", "index", "copy"}),
    dict: frozenset({"get", "items", "keys", "values", "copy"}),
    set: frozenset({"union", "intersection", "difference", "issubset", "issuperset", "isdisjoint", "copy"}),
}
"""Methods of mutable containers that change nothing."""

IMMUTABLE = (str, bytes, tuple, frozenset, int, float, complex, range, type(None))

SAFE_MODULES = (
    "math",
    "operator",
    "tensorflow.python.ops",
    "tensorflow.python.framework",
    "tensorflow.python.util",
    "tensorflow.python.eager.backprop",
    "tensorflow.python.eager.polymorphic_function",
    "tensorflow.python.module",
    "tensorflow._api",
    "keras.src.losses",
    "keras.src.activations",
    "keras.src.ops",
    "keras.src.backend",
    "keras.src.optimizers",
    "tf_keras.src.losses",
    "tf_keras.src.activations",
    "tf_keras.src.optimizers",
)
"""Modules whose functions and classes do nothing but build graph operations and compute."""

UNSAFE_MODULES = (
    "tensorflow.python.ops.script_ops",
    "tensorflow.python.ops.summary_ops_v2",
    "tensorflow.python.ops.io_ops",
    "tensorflow.python.ops.gen_io_ops",
    "tensorflow.python.ops.variable_scope",
    "tensorflow.python.ops.resource_variable_ops_init",
    "tensorflow.python.framework.config",
    "tensorflow.python.framework.random_seed",
    "tensorflow.python.framework.load_library",
)
"""The exceptions within them."""

UNSAFE_NAMES = frozenset({"set_seed", "py_function", "numpy_function", "py_func", "numpy", "set_shape", "Variable"})

STATEFUL_MODULES = ("keras.src.optimizers", "tf_keras.src.optimizers")
"""Their objects hold Python settings in their attributes: those are facts of the trace."""

SAFE_CONTEXTS = (
    "tensorflow.python.eager.backprop",
    "tensorflow.python.framework.ops",
    "tensorflow.python.ops",
)

MUTATES = "calls {}, which changes an object that was there before"
UNKNOWN = "calls {}, which is not enabled and not known to be safe"
VALUE = "calls {}, which needs the value of a tensor"


def verdict(
    function: Any, arguments: tuple[Any, ...], safe: tuple[str, ...], is_symbolic: Callable[[Any], bool]
) -> str | None:
    """May this be called while tracing? None, or the reason why not, in which `{}` is the function's name."""
    kind = type(function)
    if kind is types.BuiltinFunctionType or kind is types.MethodWrapperType:
        owner = getattr(function, "__self__", None)
        if owner is None or isinstance(owner, types.ModuleType):
            return _of_function(function, arguments, safe, is_symbolic)
        return _of_method(function, owner)
    if kind is types.MethodType:
        return _of_function(function.__func__, arguments, safe, is_symbolic)
    if kind is functools.partial:
        return verdict(function.func, (*function.args, *arguments), safe, is_symbolic)
    if kind in (types.FunctionType, types.MethodDescriptorType, types.WrapperDescriptorType):
        return _of_function(function, arguments, safe, is_symbolic)
    return None if _is_safe_name(kind.__module__, kind.__qualname__, safe) else UNKNOWN


def _of_function(
    function: Any, arguments: tuple[Any, ...], safe: tuple[str, ...], is_symbolic: Callable[[Any], bool]
) -> str | None:
    try:
        if function in PURE_BUILTINS:
            if function in NEED_VALUES and _holds_symbolic(arguments, is_symbolic):
                return VALUE
            return None
    except TypeError:
        return UNKNOWN
    name = getattr(function, "__qualname__", getattr(function, "__name__", ""))
    if name.rpartition(".")[2] in UNSAFE_NAMES:
        return VALUE if name.endswith("numpy") else UNKNOWN
    return None if _is_safe_name(getattr(function, "__module__", None) or "", name, safe) else UNKNOWN


def _holds_symbolic(arguments: tuple[Any, ...], is_symbolic: Callable[[Any], bool]) -> bool:
    for argument in arguments:
        if is_symbolic(argument):
            return True
        if type(argument) in (list, tuple) and any(map(is_symbolic, argument)):
            return True
    return False


def _of_method(function: Any, owner: Any) -> str | None:
    """A method of a builtin type or of an extension type."""
    kind = type(owner)
    if isinstance(owner, IMMUTABLE) and kind.__module__ == "builtins":
        return None
    reading = READING_METHODS.get(kind)
    if reading is not None:
        return None if function.__name__ in reading else MUTATES
    return None if _is_safe_name(kind.__module__, kind.__qualname__, ()) else UNKNOWN


def _is_safe_name(module: str, name: str, safe: tuple[str, ...]) -> bool:
    if _below(module, UNSAFE_MODULES):
        return False
    if _below(module, SAFE_MODULES):
        return True
    full = f"{module}.{name}"
    return any(fnmatch.fnmatchcase(full, pattern) or full.startswith(f"{pattern}.") for pattern in safe)


def _below(module: str, names: tuple[str, ...]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in names)


def is_safe_type(kind: type, safe: tuple[str, ...]) -> bool:
    """May an instance be made while tracing?"""
    return kind.__name__ not in UNSAFE_NAMES and _is_safe_name(kind.__module__, kind.__qualname__, safe)


def is_safe_context(kind: type, safe: tuple[str, ...]) -> bool:
    if kind.__module__ == "contextlib":
        return False
    return _below(kind.__module__, SAFE_CONTEXTS) or any(
        fnmatch.fnmatchcase(f"{kind.__module__}.{kind.__qualname__}", pattern) for pattern in safe
    )


def is_iterator(value: Any) -> bool:
    """Would reading it use it up?"""
    kind = type(value)
    return kind.__module__ == "builtins" and hasattr(kind, "__next__")


def has_state(owner: Any) -> bool:
    """Is it an object of a library whose attributes are settings of what it computes?"""
    return owner is not None and _below(type(owner).__module__, STATEFUL_MODULES) and hasattr(owner, "__dict__")


def is_content_changing(value: Any) -> bool:
    """A NumPy array: the same object may hold other numbers next time."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray)


def refuse_reading(owner: Any, name: str, abort: type[BaseException]) -> None:
    """Attributes of a backend's own values that are Python's view of their content."""
    if name in ("_numpy", "__array__"):
        raise abort(f"reads {name} of a tensor")


def name_of(function: Any) -> str:
    """A function's name in a message."""
    owner = getattr(function, "__self__", None)
    name = getattr(function, "__qualname__", None) or repr(function)
    module = getattr(function, "__module__", None)
    if module is None and owner is not None and not isinstance(owner, types.ModuleType):
        module = type(owner).__module__
    return name if module in (None, "builtins") else f"{module}.{name}"
