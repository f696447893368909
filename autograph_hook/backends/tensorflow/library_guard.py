"""The check that Keras objects are as they were when a call was traced: one function over all of them.

Of each object the attributes that decide are fetched by one `itemgetter`, lists are flattened, and all is compared by
identity as one list: some 40 ns an attribute. Only where that fails is it looked at with care, and numbers are compared
by value and type.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter, is_, itemgetter
from typing import Any

from autograph_hook.backends.tensorflow.library_contents import PRIMITIVES, content_of, elements
from autograph_hook.backends.tensorflow.library_objects import is_framework, is_unwatched, library


class Part:
    """One object, the names of its attributes that decide, and those among them that are containers.

    A root is what the user's code names. It is held weakly: it may die before the graphs that were made of it, and what
    it holds dies with it. `there`: all attributes that it had.
    """

    __slots__ = ("containers", "find", "kind", "names", "there")

    def __init__(self, owner: Any, names: Sequence[str], containers: Sequence[str], is_root: bool) -> None:
        self.find: Callable[[], Any] = weakref.ref(owner) if is_root else lambda: owner
        self.kind = type(owner)
        self.names = tuple(names)
        self.containers = tuple(sorted(containers, key=lambda name: not _is_list(vars(owner)[name])))
        self.there = frozenset(vars(owner))


class LibraryGuard:
    """Called, it says whether all is as it was; `changed` then says what is not."""

    __slots__ = ("_expected", "_has_methods", "_methods", "_parts", "_roots", "_watched", "changed")

    def __init__(
        self, parts: Sequence[Part], methods: Mapping[tuple[type, str], Any], keep: Callable[[Any], Any]
    ) -> None:
        self.changed: str | None = None
        self._methods = methods
        self._has_methods = _methods_are(methods)
        # Roots last: in what they hold lies what is compared.
        self._parts = sorted(parts, key=lambda part: isinstance(part.find, weakref.ref))
        for part in self._parts:
            if isinstance(part.find, weakref.ref):
                keep(part.find())
        self._expect([value for part in self._parts for value in _values(part)])

    def _expect(self, found: list[Any]) -> None:
        """These values are the right ones."""
        self._expected = found
        self._watched: list[tuple[Any, ...]] = []
        self._roots: list[tuple[Any, ...]] = []
        for part in self._parts:
            is_root = isinstance(part.find, weakref.ref)
            (self._roots if is_root else self._watched).append(_quickly(part, part.find if is_root else part.find()))

    def __call__(self, *tensors: Any) -> bool:
        for tensor in tensors:
            if tensor.__dict__.get("_keras_mask") is not None:
                return False
        found: list[Any] = []
        try:
            if not self._has_methods():
                return self._carefully()
            for owner, kind, count, get, lists, others in self._watched:
                namespace = owner.__dict__
                if owner.__class__ is not kind or len(namespace) != count:
                    return self._carefully()
                found += get(namespace)
                for content in lists(namespace):
                    found += content
                    found.append(content.__class__)
                for name, of, take in others:
                    content = namespace[name]
                    found += take(content) if content.__class__ is of else elements(content)
                    found.append(content.__class__)
            for find, kind, count, get, lists, others in self._roots:
                owner = find()
                namespace = owner.__dict__
                if owner.__class__ is not kind or len(namespace) != count:
                    return self._carefully()
                found += get(namespace)
                for content in lists(namespace):
                    found += content
                    found.append(content.__class__)
                for name, of, take in others:
                    content = namespace[name]
                    found += take(content) if content.__class__ is of else elements(content)
                    found.append(content.__class__)
            if len(found) == len(self._expected) and all(map(is_, found, self._expected)):
                return True
        except (AttributeError, KeyError, TypeError):  # something is gone, or is no container any more
            pass
        return self._carefully()

    def _carefully(self) -> bool:
        """The same question, asked slowly: equal numbers may be other objects, and attributes that decide nothing may
        have come."""
        for (kind, called), method in self._methods.items():
            if getattr(kind, called, None) is not method:
                self.changed = f"the method {called} of {library(kind)}'s {kind.__name__} was replaced"
                return False
        found: list[Any] = []
        for part in self._parts:
            owner = part.find()
            if owner is None:
                self.changed = "a Keras object is gone"
                return False
            name = _differs(part, owner)
            if name is None:
                start = len(found)
                found += _values(part)
                name = self._other(part, found, start)
            if name is not None:
                self.changed = f"{name} of {described(owner)} has changed"
                return False
        self._expect(found)
        return True

    def _other(self, part: Part, found: list[Any], start: int) -> str | None:
        """The attribute of a part whose value, from `start` on in `found`, is not the expected one."""
        for i, label in enumerate(_labels(part), start):
            if i >= len(self._expected) or not _is_same(found[i], self._expected[i]):
                return label
        return None


def _methods_are(methods: Mapping[tuple[type, str], Any]) -> Callable[[], bool]:
    """One generated expression, `K0.call is V0 and K0.build is V1 and …`: some 10 ns each."""
    kinds = {kind: f"K{i}" for i, kind in enumerate(dict.fromkeys(kind for kind, _ in methods))}
    values = {f"V{i}": method for i, method in enumerate(methods.values())}
    tests = [f"{kinds[kind]}.{name} is {value}" for (kind, name), value in zip(methods, values, strict=True)]
    names = {**{label: kind for kind, label in kinds.items()}, **values}
    check: Callable[[], bool] = eval(f"lambda: {' and '.join(tests) or True}", names)
    return check


def _is_same(value: Any, expected: Any) -> bool:
    if value is expected:
        return True
    return type(expected) in PRIMITIVES and type(value) is type(expected) and repr(value) == repr(expected)


def _values(part: Part) -> list[Any]:
    namespace = vars(part.find())
    found = [namespace[name] for name in part.names]
    for name in part.containers:
        _take(found, namespace[name])
    return found


def _take(found: list[Any], container: Any) -> None:
    """The elements of a container, and its class, so that none can be taken for the next one's."""
    found += elements(container)
    found.append(container.__class__)


def _labels(part: Part) -> list[str]:
    """For each of the values the attribute from which it comes."""
    namespace = vars(part.find())
    labels = [*part.names]
    for name in part.containers:
        labels += [name] * (len(elements(namespace[name])) + 1)
    return labels


def _quickly(part: Part, found_by: Any) -> tuple[Any, ...]:
    """What the check needs of a part: how to fetch its attributes, and which are lists."""
    namespace = vars(part.find())
    lists = [name for name in part.containers if _is_list(namespace[name])]
    others = [
        (name, type(value), attrgetter("_storage") if type(value).__name__ == "ListWrapper" else elements)
        for name in part.containers
        if not _is_list(value := namespace[name])
    ]
    return found_by, part.kind, len(namespace), _getter(part.names), _getter(lists), others


def _getter(names: Sequence[str]) -> Callable[[dict[str, Any]], Sequence[Any]]:
    return itemgetter(*names) if len(names) > 1 else lambda namespace: [namespace[name] for name in names]


def _is_list(value: Any) -> bool:
    """A container whose elements Python takes without running code."""
    return isinstance(value, (list, tuple)) and content_of(value) is value


def _differs(part: Part, owner: Any) -> str | None:
    """What about the attributes of an object has changed, but for their values."""
    namespace: dict[str, Any] = owner.__dict__
    if type(owner) is not part.kind:
        return "the class"
    for name in (*part.names, *part.containers):
        if name not in namespace:
            return name
    for name in part.containers:
        if content_of(namespace[name]) is None:
            return name
    for name in namespace.keys() - part.there:
        if hasattr(part.kind, name) or (is_framework(part.kind) and not is_unwatched(name)):
            return name
    return None


def described(owner: Any) -> str:
    """A Keras object in a message: its class, and its name if it has one."""
    namespace = vars(owner)
    name = namespace.get("name", namespace.get("_name"))
    kind = type(owner)
    shown = f"{library(kind)} {kind.__name__}" if library(kind) else f"{kind.__module__}.{kind.__qualname__}"
    return f"the {shown} {name!r}" if type(name) is str else f"a {shown}"
