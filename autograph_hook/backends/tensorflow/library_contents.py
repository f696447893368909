"""What stands in the containers that Keras and TensorFlow put in the place of Python's, without running their code."""

from __future__ import annotations

import collections
from typing import Any

PRIMITIVES = (bool, int, float, complex, str, bytes, type(None))
_CONTAINERS = (list, tuple, dict, set, frozenset, collections.deque)


def content_of(value: Any) -> Any:
    """The list, tuple, dict or set that holds the elements of a container; None for other values."""
    kind = type(value)
    if kind in (list, tuple, dict, set):
        return value
    if kind.__module__ == "tensorflow.python.trackable.data_structures":
        if kind.__name__ == "ListWrapper":
            return vars(value)["_storage"]
        if kind.__name__ in ("_DictWrapper", "_TupleWrapper"):
            return value.__wrapped__
    return value if isinstance(value, _CONTAINERS) else None


def elements(value: Any) -> list[Any]:
    """The elements of a container; of a dictionary the keys and the values."""
    content = content_of(value)
    if isinstance(content, dict):
        return [*dict.keys(content), *dict.values(content)]
    return [*content]


def same_elements(now: list[Any], before: list[Any]) -> bool:
    return len(now) == len(before) and all(one is other for one, other in zip(now, before, strict=True))


def put(container: Any, before: list[Any]) -> None:
    """Give a container the elements that it had, by no method of its own."""
    content = content_of(container)
    if isinstance(content, list):
        list.__setitem__(content, slice(None), before)
    elif isinstance(content, dict):
        half = len(before) // 2
        dict.clear(content)
        dict.update(content, zip(before[:half], before[half:], strict=True))
    elif isinstance(content, set):
        set.clear(content)
        set.update(content, before)
    elif isinstance(content, collections.deque):
        collections.deque.clear(content)
        collections.deque.extend(content, before)
