"""The variables that a `tf.Module` collects are those of the last call: told without collecting them again.

`module.trainable_variables` walks all that hangs on the module, some 40 microseconds a variable. What the walk has seen
is kept here, and looked at by identity, some 100 ns an attribute.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from operator import is_, itemgetter
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from autograph_hook.backends.tensorflow.library_contents import PRIMITIVES, content_of, elements

_EAGER = tf.__internal__.EagerTensor  # no tensor is made for it: that would set up the devices
_HARMLESS = frozenset((*PRIMITIVES, _EAGER, np.ndarray, types.FunctionType, types.ModuleType))
"""Types of values in which no variable lies, whatever they are."""


class _Unknown(Exception):
    """Something hangs there that is not known."""


class _Seen(NamedTuple):
    """One module: its attributes, and what of them must be the same object."""

    namespace: dict[str, Any] | None
    """None for the module that the check is given, which must not be kept from dying."""
    names: tuple[str, ...]
    get: Callable[[dict[str, Any]], tuple[Any, ...]]
    values: tuple[Any, ...]
    others: Callable[[dict[str, Any]], tuple[Any, ...]]
    containers: tuple[tuple[Any, list[Any]], ...]


class SameVariables:
    """Called with the module, it says whether the property still gives the same variables."""

    __slots__ = ("expected", "name", "seen")

    def __init__(self, owner: Any, name: str, expected: tuple[Any, ...]) -> None:
        self.name = name
        self.expected = expected
        self.seen = _walk(owner)

    def __call__(self, owner: Any) -> bool:
        return (self.seen is not None and _is_same(self.seen, vars(owner))) or self._carefully(owner)

    def _carefully(self, owner: Any) -> bool:
        found = getattr(owner, self.name)
        if type(found) is not tuple or len(found) != len(self.expected) or not all(map(is_, found, self.expected)):
            return False
        self.seen = self.seen and _walk(owner)
        return True


def _is_same(seen: list[_Seen], root: dict[str, Any]) -> bool:
    for namespace, names, get, values, others, containers in seen:
        if namespace is None:
            namespace = root
        if tuple(namespace) != names or not all(map(is_, get(namespace), values)):
            return False
        if not _HARMLESS.issuperset(map(type, others(namespace))):
            return False
        for container, content in containers:
            now = elements(container)
            if len(now) != len(content) or not all(map(is_, now, content)):
                return False
    return True


def _walk(owner: Any) -> list[_Seen] | None:
    """All modules that hang on this one; None where there is something else that may hold variables."""
    seen: list[_Seen] = []
    done: set[int] = set()
    todo = [owner]
    try:
        while todo:
            module = todo.pop()
            if module is owner and seen:
                raise _Unknown  # kept by what hangs on it, it would never die
            if id(module) not in done:
                done.add(id(module))
                seen.append(_seen(module, not seen, todo))
    except _Unknown:
        return None
    return seen


def _seen(module: Any, is_root: bool, todo: list[Any]) -> _Seen:
    if any(kind.__module__.startswith(("keras.", "tf_keras.")) for kind in type(module).__mro__):
        raise _Unknown
    namespace = vars(module)
    looked_at = [name for name in namespace if name not in module._TF_MODULE_IGNORED_PROPERTIES]
    same = [name for name in looked_at if type(namespace[name]) not in _HARMLESS]
    others = [name for name in looked_at if type(namespace[name]) in _HARMLESS]
    containers: list[tuple[Any, list[Any]]] = []
    for name in same:
        _note(namespace[name], containers, todo, 0)
    get, rest = _getter(same), _getter(others)
    return _Seen(None if is_root else namespace, tuple(namespace), get, get(namespace), rest, tuple(containers))


def _note(value: Any, containers: list[tuple[Any, list[Any]]], todo: list[Any], depth: int) -> None:
    if type(value) in _HARMLESS or isinstance(value, (tf.Variable, type, types.MethodType)):
        return
    if isinstance(value, tf.Module):
        todo.append(value)
    elif content_of(value) is not None and depth < 8:
        content = elements(value)
        containers.append((value, content))
        for element in content:
            _note(element, containers, todo, depth + 1)
    elif tf.nest.is_nested(value) or isinstance(value, tf.__internal__.CompositeTensor) or depth >= 8:
        raise _Unknown


def _getter(names: list[str]) -> Callable[[dict[str, Any]], tuple[Any, ...]]:
    if not names:
        return _nothing
    found = itemgetter(*names)
    return found if len(names) > 1 else lambda namespace: (found(namespace),)


def _nothing(namespace: dict[str, Any]) -> tuple[Any, ...]:
    return ()
