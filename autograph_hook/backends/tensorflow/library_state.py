"""The Python state of Keras objects during one trace and after it: what decides, what changed, what is put back.

`LibraryState.add` walks what an object holds: its layers, variables, policies, activations, whatever its own code may
read. From then on three things are known.

- *Guard*: of every object the attributes that may change a result must be the same objects with the same content.
- *Undo*: after the trace every object and container is what it was before. What Keras leaves there while it is called
  is symbolic, or belongs to a call that never was.
- *Losses*: what `add_loss` leaves on layers is there for the caller to read. It is handed out, to be left again, with
  real values, by each staged call.
"""

from __future__ import annotations

import enum
import functools
import types
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from autograph_hook.backends.protocol import Added
from autograph_hook.backends.tensorflow import library_objects
from autograph_hook.backends.tensorflow.library_contents import PRIMITIVES, content_of, elements, put, same_elements
from autograph_hook.backends.tensorflow.library_guard import LibraryGuard, Part, described
from autograph_hook.backends.tensorflow.library_objects import is_framework, is_unwatched, is_watched, library

_FUNCTIONS = (types.FunctionType, types.MethodType, types.BuiltinFunctionType, types.MethodWrapperType, np.ufunc)

_OF_VARIABLES = ("_trainable", "_regularizer", "_constraint", "_overwrite_with_gradient")

# Opaque: made once, or changed by nothing that a program does.
_OPAQUE = (
    "InputSpec", "KerasTensor", "Node", "Tracker", "Config", "SerializableDict", "CallFunctionSpec", "Function",
    "InputLayer", "DTypePolicy", "Policy", "Signature",
)  # fmt: skip

_TRANSIENT = frozenset({"_called", "_dropout_mask", "_recurrent_dropout_mask", "_dropout_masks",
                        "_recurrent_dropout_masks", "_updates", "_maybe_build", "inner_loop", "unroll",
                        "_Distribution__cached_batch_shape", "_Distribution__cached_event_shape"})  # fmt: skip
"""What Keras stores while an object is called, and no caller is to see."""

_MISSING = object()


MOST_STEPS = 128
"""Steps of a recurrent layer that are unrolled; longer ones are a loop, which may carry no gradient."""


class Untrusted(Exception):
    """Why an object may not be used in a trace. The text goes to the user."""


class LibraryState:
    """Of one trace."""

    def __init__(self, has_twin: Callable[[Any], bool]) -> None:
        self._has_twin = has_twin
        self._watched: dict[int, tuple[Any, list[str], list[str]]] = {}
        self._roots: set[int] = set()
        self._saved: list[tuple[Any, dict[str, Any]]] = []
        self._contents: list[tuple[Any, Any]] = []
        self._losses: list[tuple[Any, list[Any]]] = []
        self._classes: set[type] = set()
        self._methods: dict[tuple[type, str], Any] = {}
        self._new = Added([], [])

    def __bool__(self) -> bool:
        return bool(self._watched)

    # Beginning to watch.

    def add(self, root: Any) -> Added | str:
        """From now on this object and what it holds is watched; or the reason why it may not be used."""
        self._new = Added([], [])
        self._roots.add(id(root))
        try:
            self._object(root, 0)
        except Untrusted as problem:
            return str(problem)
        return self._new

    def read(self, owner: Any, name: str) -> tuple[Any] | str:
        """A property of an object that is watched; or the reason why it may not be read."""
        value = getattr(owner, name)
        if name == "losses" and any(loss is old for loss in value for _, before in self._losses for old in before):
            return f"reads losses of {described(owner)} that were added by an earlier call"
        return (value,)

    def _object(self, owner: Any, depth: int) -> None:
        if id(owner) in self._watched:
            return
        if depth > 40:
            raise Untrusted(f"uses {described(owner)}, which holds objects that are nested too deeply")
        kind = type(owner)
        namespace = vars(owner)
        names, containers = self._watched_names(owner, kind, namespace)
        self._watched[id(owner)] = owner, names, containers
        self._save(owner, namespace)
        self._class(kind)
        if is_watched(owner):
            self._never_builds(owner, namespace)
        if namespace.get("unroll") is False and hasattr(kind, "inner_loop"):
            namespace["inner_loop"] = _unrolled(owner)
        for name in names:
            self._value(owner, name, namespace[name], depth + 1)
        for name in containers:
            for value in elements(namespace[name]):
                self._value(owner, name, value, depth + 1)

    def _watched_names(self, owner: Any, kind: type, namespace: dict[str, Any]) -> tuple[list[str], list[str]]:
        if _is_variable(owner):
            return [name for name in _OF_VARIABLES if name in namespace], []
        of_framework = None if is_framework(kind) else library_objects.mentioned(kind)
        names: list[str] = []
        containers: list[str] = []
        for name, value in namespace.items():
            if is_unwatched(name) or (of_framework is not None and name not in of_framework):
                continue
            (containers if content_of(value) is not None else names).append(name)
        return names, containers

    def _class(self, kind: type) -> None:
        if kind in self._classes:
            return
        self._classes.add(kind)
        for base, name, method in library_objects.framework_methods(kind):
            self._methods[base, name] = method
        for base, name, method in library_objects.own_methods(kind):
            function = method.fget if isinstance(method, property) else getattr(method, "__func__", method)
            function = library_objects.undecorated(function)
            if isinstance(function, types.FunctionType):
                if not self._has_twin(function):
                    raise Untrusted(f"uses a {kind.__module__}.{kind.__qualname__}, whose {name} is not enabled")
            elif callable(function):
                raise Untrusted(f"uses a {kind.__module__}.{kind.__qualname__}, whose {name} is not a function")
            self._new.methods.append((base, name, method))

    def _value(self, owner: Any, name: str, value: Any, depth: int) -> None:
        kind = type(value)
        if kind in PRIMITIVES or isinstance(value, (type, types.ModuleType, tf.Variable, tf.Tensor, enum.Enum)):
            return
        if kind is functools.partial:
            for part in (value.func, *value.args, *value.keywords.values()):
                self._value(owner, name, part, depth + 1)
            return
        if isinstance(value, _FUNCTIONS):
            self._function(owner, value)
        elif content_of(value) is not None:
            if depth > 40:
                raise Untrusted(f"uses {described(owner)}, whose {name} is nested too deeply")
            for element in elements(value):
                self._value(owner, name, element, depth + 1)
        elif isinstance(value, np.ndarray) and value.ndim:
            raise Untrusted(f"uses {described(owner)}, whose {name} is a NumPy array, which may change")
        elif _is_variable(value) and name != "_trainable_variables" and not _is_layer(owner):
            return  # a slot, a counter: nothing but its value is used
        elif library(kind) and kind.__name__ in _OPAQUE:
            return
        elif is_watched(value) or (library(kind) and hasattr(value, "__dict__")):
            self._object(value, depth)
        elif not (is_framework(kind) or kind.__module__ in ("builtins", "inspect", "numpy", "weakref", "enum")):
            raise Untrusted(f"uses {described(owner)}, which holds a {kind.__module__}.{kind.__qualname__} as {name}")

    def _function(self, owner: Any, value: Any) -> None:
        function = getattr(value, "__func__", value)
        module = str(getattr(function, "__module__", None) or "")
        if module.startswith((*library_objects.PREFIXES, "tensorflow.", "autograph_hook.")) or value is owner:
            return
        if isinstance(function, types.FunctionType) and self._has_twin(function):
            self._new.functions.append(function)
            return
        name = getattr(function, "__qualname__", repr(function))
        raise Untrusted(f"uses {described(owner)}, which calls {module}.{name}, which is not enabled")

    def _never_builds(self, owner: Any, namespace: dict[str, Any]) -> None:
        """An object that is not built yet would build itself, names that it takes from a counter included."""
        if namespace.get("built", namespace.get("_built", True)) is not True or (
            namespace.get("_hypers_created", True) is not True
        ):
            if _is_layer(owner):
                namespace["_maybe_build"] = _refuse_to_build(described(owner))
            else:
                raise Untrusted(f"uses {described(owner)}, which is not built yet")

    # Putting back.

    def _save(self, owner: Any, namespace: dict[str, Any]) -> None:
        self._saved.append((owner, dict(namespace)))
        for name, value in namespace.items():
            if content_of(value) is not None and not (name == "_losses" and isinstance(value, list)):
                self._contents.append((value, list(elements(value))))
        if getattr(owner, "_eager_losses", None):
            raise Untrusted(f"uses {described(owner)}, which adds losses")
        losses = namespace.get("_losses")
        if isinstance(losses, list):
            self._losses.append((owner, list(elements(losses))))

    def left(self) -> list[tuple[Callable[[list[Any]], None], list[Any]]]:
        """What calls leave on objects for their callers to read: what leaves it there again, and what it is now."""
        found: list[tuple[Callable[[list[Any]], None], list[Any]]] = []
        for owner, before in self._losses:
            now = list(elements(vars(owner)["_losses"]))
            if (now or before) and not same_elements(now, before):
                if hasattr(owner, "_eager_losses"):  # eager execution keeps them elsewhere, per thread
                    raise Exposed(f"calls {described(owner)}, which adds losses")
                found.append((_leave(weakref.ref(owner)), now))
        return found

    def undo(self) -> str | None:
        """Put everything back; what Keras has left that is not known to be of no consequence."""
        found = None
        for owner, before in self._saved:
            namespace = vars(owner)
            if len(namespace) != len(before) or any(namespace.get(n, _MISSING) is not v for n, v in before.items()):
                changed = {n for n in {*namespace, *before} if namespace.get(n, _MISSING) is not before.get(n)}
                for name in sorted(changed - _TRANSIENT):
                    found = found or f"calls {described(owner)}, which stores {name}"
                namespace.clear()
                namespace.update(before)
        for owner, losses in self._losses:
            put(vars(owner)["_losses"], losses)
        for container, content in self._contents:
            if not same_elements(elements(container), content):
                put(container, content)
        return found

    def guard(self, keep: Callable[[Any], Any]) -> LibraryGuard:
        """A check that all that was watched is as it was. `keep` sees to it that no identity is used anew while the
        check is used."""
        parts = [
            Part(owner, names, containers, number in self._roots)
            for number, (owner, names, containers) in self._watched.items()
        ]
        return LibraryGuard(parts, self._methods, keep)


class Exposed(BaseException):
    """A call leaves for its caller what a staged call cannot leave there."""


def _leave(reference: weakref.ref[Any]) -> Callable[[list[Any]], None]:
    def leave(losses: list[Any]) -> None:
        kept = vars(reference())["_losses"]
        kept.clear()
        kept.extend(losses)

    return leave


class Unbuilt(BaseException):
    """A trace was about to build a layer. No Exception: nothing that is traced may swallow it."""


def _unrolled(owner: Any) -> Callable[..., Any]:
    """How a recurrent layer goes over its sequence in a trace: as eager execution does, one step after the other.

    A loop of the graph would sum gradients in another order.
    """

    def inner_loop(sequences: Any, *arguments: Any, **keywords: Any) -> Any:
        steps = tf.nest.flatten(sequences)[0].shape[1]
        vars(owner)["unroll"] = steps is not None and 0 < steps <= MOST_STEPS
        return type(owner).inner_loop(owner, sequences, *arguments, **keywords)

    return inner_loop


def _refuse_to_build(name: str) -> Callable[..., None]:
    def refuse(*arguments: Any, **keywords: Any) -> None:
        raise Unbuilt(f"calls {name}, which is not built yet")

    return refuse


def _is_layer(value: Any) -> bool:
    return "Layer" in library_objects.families(type(value))


def _is_variable(value: Any) -> bool:
    return any(base.__name__ == "Variable" for base in type(value).__mro__ if library(base))
