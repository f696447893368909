"""What may come into a speculative trace from outside, and which facts come with it.

Operators on what has come in are not watched: `a == b`, `xs + ys`, a truth, a text. So the whole content of a
container is a fact as soon as the container is read, and an object may come in only if what the operators run on it
is enabled, and so traced as well.
"""

from __future__ import annotations

import builtins
import functools
import types
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from autograph_hook.backends.protocol import Backend
from autograph_hook.staging import codes, effects
from autograph_hook.staging.effects import CONTAINERS, PRIMITIVES, described
from autograph_hook.staging.facts import Abort, Again, Facts, Test

if TYPE_CHECKING:
    from autograph_hook.staging.standins import StandIns

DEEPEST = 12
LARGEST = 2_000
"""Elements of one container that are facts."""

_LOOK_AT_FRAMES = tuple(
    id(getattr(builtins, name)) for name in ("breakpoint", "dir", "eval", "exec", "globals", "locals", "vars")
)


class Stored(NamedTuple):
    """The names outside that get a value only when the traced code has run: till then they have an older one, which
    nothing that runs in the trace may take for theirs."""

    namespace: dict[str, Any]
    names: frozenset[str]
    cells: dict[int, str]
    """By the identity of the cell: the name."""
    taken: frozenset[str] = frozenset()
    """The names outside whose values the traced code was given before it began."""
    taken_cells: frozenset[int] = frozenset()
    """The same of cells, by identity."""
    iterated: frozenset[int] = frozenset()
    """Lists, by identity, whose next elements the traced code was given before it began."""


NOTHING_STORED = Stored({}, frozenset(), {})


class Outside:
    """The objects that have come in, by identity, and the facts about them."""

    def __init__(self, backend: Backend, has_twin: Callable[[Any], bool], stored: Stored = NOTHING_STORED) -> None:
        self.backend = backend
        self.has_twin = has_twin
        self.stored = stored
        self.facts = Facts()
        self.objects: dict[int, Any] = {}
        self.cells: set[int] = set()
        self.given: set[int] = set()
        """Tensors and containers among the arguments: symbols and copies stand for them, so they may come in by no
        other way."""
        self.stand_ins: StandIns | None = None
        """What stands for the values that vary."""
        self._kinds: set[type] = set()
        self.is_unread: Callable[[Any], bool] = lambda container: False
        """Has a container come in whose content is no fact unless it is read?"""

    def __contains__(self, value: Any) -> bool:
        return id(value) in self.objects

    def let_go(self) -> None:
        self.objects.clear()
        self.facts = Facts()
        self.stand_ins = None
        self.is_unread = lambda container: False

    def require_settled(self, kind: str, owner: Any, key: str | None) -> None:
        """What is about to be read from outside must have the value that the plain run would read."""
        stored = self.stored
        name: str | None = None
        if kind == "cell":
            name = stored.cells.get(id(owner))
        elif key in stored.names:
            namespace = vars(owner) if isinstance(owner, types.ModuleType) else owner
            name = key if namespace is stored.namespace else None
        if name is not None:
            abort = Abort(f"a function that it calls reads {name}, to which it stores")
            abort.name = name
            raise abort

    def require_own(self, owner: Any, name: str) -> None:
        """A function that is called is about to store to a name of the module or of an enclosing function."""
        stored = self.stored
        if (owner is stored.namespace and name in stored.names | stored.taken) or (
            id(owner) in stored.cells or id(owner) in stored.taken_cells
        ):
            abort = Abort(f"a function that it calls stores to {name}, which it uses itself")
            abort.name = name
            raise abort

    def fact(self, kind: str, owner: Any, key: str | None, value: Any, is_used: bool = True) -> Any:
        """Something is read from outside: what the trace finds there, which is no fact if it varies.

        `is_used`: for more than its attributes, which are looked at when they are read.
        """
        self.require_settled(kind, owner, key)
        stand_ins = self.stand_ins
        if stand_ins is not None:
            found = stand_ins.read(kind, owner, key, value)
            if found in stand_ins:
                return found
        if is_used or not self.is_looked_at_later(value):
            self.admit(value)
        self.facts.add(kind, owner, key, value)
        return value

    def is_looked_at_later(self, value: Any) -> bool:
        """Is it an object that is admitted when an attribute of it is read, before the attribute is?"""
        kind = type(value)
        return not (
            kind in PRIMITIVES
            or kind in CONTAINERS
            or isinstance(value, (tuple, type, types.ModuleType))
            or effects.is_immutable(value)
            or self.backend.recognises(kind)
            or self.backend.provides(value)
            or self.backend.content(value) is not None
        )

    def admit(self, value: Any, depth: int = 0) -> None:
        kind = type(value)
        if kind in PRIMITIVES or id(value) in self.objects or (self.stand_ins is not None and value in self.stand_ins):
            return
        if id(value) in self.given:
            raise Abort(f"reaches {described(value)} both as an argument and by another way")
        if depth > DEEPEST:
            raise Abort("depends on the content of containers that are nested too deeply")
        self.objects[id(value)] = value
        container = kind if kind in CONTAINERS else self.backend.content(value)
        if container is not None:
            if not self.is_unread(value):
                elements = tuple(value.items() if container is dict else value)
                try:
                    self.content(value, container, elements, depth)
                except Again:
                    raise
                except Abort:
                    # It is no fact that can be had, and none is needed if nothing reads it.
                    if kind in (list, dict):
                        raise Again(value) from None
                    raise
        elif self.backend.recognises(kind):
            reason = self.backend.foreign(value)
            if reason is not None:
                raise Abort(reason)
        elif kind is types.FunctionType:
            self._function(value)
        elif kind is types.MethodType:
            self.admit(value.__self__, depth + 1)
            self.admit(value.__func__, depth + 1)
        elif kind is types.BuiltinFunctionType or kind is types.MethodWrapperType:
            if id(value) in _LOOK_AT_FRAMES:
                raise Abort(f"uses {value.__name__}, which looks at the frame that calls it")
            if not isinstance(value.__self__, types.ModuleType):
                self.admit(value.__self__, depth + 1)
        elif kind is functools.partial:
            for name in ("func", "args", "keywords"):
                self.fact("attribute", value, name, getattr(value, name))
        elif not isinstance(value, (type, types.ModuleType)) and not self.backend.provides(value):
            self._object(value, kind, depth)

    def content(self, value: Any, kind: type, elements: tuple[Any, ...], depth: int = 0) -> None:
        """All elements of a container are facts."""
        if len(elements) > LARGEST:
            raise Abort(f"depends on the content of a large {described(value)}")
        is_dict = kind is dict
        if self.stand_ins is not None and (kind is list or is_dict):
            elements = self._varying(self.stand_ins, value, elements, is_dict)
        for element in elements:
            if type(element) is Test or (is_dict and type(element[1]) is Test):
                continue
            if is_dict:
                self.key(element[0])
                self.admit(element[1], depth + 1)
            elif kind in (set, frozenset):
                self.key(element)
            else:
                self.admit(element, depth + 1)
        if kind is not tuple and kind is not frozenset:
            self.facts.add("content", value, kind.__name__, elements)

    def _varying(
        self, stand_ins: StandIns, value: Any, elements: tuple[Any, ...], is_dict: bool
    ) -> tuple[Any, ...]:
        """The elements of a list or dictionary, without those that vary: these have tests of their own."""
        found: list[Any] = []
        pairs = elements if is_dict else enumerate(elements)
        for key, element in pairs:
            made = stand_ins.read("element", value, key, element) if type(key) in (str, int) else element
            seen = Test("True") if made in stand_ins else element
            found.append((key, seen) if is_dict else seen)
        return tuple(found)

    def key(self, key: Any) -> None:
        kind = type(key)
        if kind is tuple:
            for part in key:
                self.key(part)
        elif kind not in PRIMITIVES and not effects.is_immutable(key):
            raise Abort(f"depends on {described(key)} as a key")

    def _function(self, function: types.FunctionType) -> None:
        self.cells.update(map(id, function.__closure__ or ()))
        if self.has_twin(function) or codes.is_constant(function.__code__):
            self.fact("attribute", function, "__code__", function.__code__)
            self.fact("attribute", function, "__defaults__", function.__defaults__)
            self.fact("attribute", function, "__kwdefaults__", function.__kwdefaults__)

    def defaults(self, function: types.FunctionType) -> None:
        """The defaults of what a named tuple or a dataclass makes its instances with: they come in by the instance."""
        for name in ("__defaults__", "__kwdefaults__"):
            given = getattr(function, name)
            self.facts.add("attribute", function, name, given)
            if type(given) is dict:
                self.facts.add("content", given, "dict", tuple(given.items()))
            for value in given.values() if type(given) is dict else given or ():
                if type(value).__module__ != "dataclasses":  # what stands for a factory
                    self.admit(value)

    def _object(self, value: Any, kind: type, depth: int) -> None:
        if effects.is_array(value):
            raise Abort("reads a NumPy array, whose content may change")
        if kind is object or effects.is_immutable(value) or kind is types.CodeType:
            return
        if effects.is_named_tuple(kind):
            for element in value:
                self.admit(element, depth + 1)
            self.kind(kind)
            return
        if effects.is_iterator(value):
            raise Abort(f"uses {described(value)}, which reading uses up")
        if kind in effects.NAMESPACES:
            self.facts.add("type", value, None, kind)
            self.fact("attribute", value, "__dict__", vars(value))
            return
        if effects.is_attribute_dict(kind):
            self.facts.add("type", value, None, kind)
            self.facts.add("attribute", kind, "__getattr__", getattr(kind, "__getattr__"))  # noqa: B009
            return
        if (
            not kind.__flags__ & _HEAP_TYPE
            or issubclass(kind, (*PRIMITIVES[:-1], *CONTAINERS, deque))
            or effects.is_of_cython(value)
        ):
            raise Abort(effects.unknown(value))
        self.facts.add("type", value, None, kind)
        if self.kind(kind):
            for name in kind.__dataclass_fields__:  # type: ignore[attr-defined]
                if name in vars(value):
                    self.fact("attribute", value, name, vars(value)[name])

    def kind(self, kind: type) -> bool:
        """A class whose instances are used. True: its methods read all fields of an instance."""
        if any(owner.__module__ == "logging" for owner in kind.__mro__):
            raise Abort("uses a logger, which writes to the outside")
        snapshot = False
        for owner, name, method in effects.special_methods(kind):
            if self.backend.provides(owner):
                continue
            function = self.backend.undecorated(method)
            if function is method and isinstance(method, types.FunctionType) and self.backend.provides(method):
                continue
            if isinstance(function, types.FunctionType) and (
                self.has_twin(function) or codes.is_constant(function.__code__)
            ):
                self.fact("attribute", owner, name, method)
            elif effects.is_generated(owner, method):
                snapshot = True
            elif owner.__flags__ & _HEAP_TYPE and not effects.is_named_tuple(owner):
                raise Abort(self._not_known(kind, owner, name, function))
        if kind not in self._kinds:
            self._kinds.add(kind)
            for owner in kind.__mro__:
                if owner.__flags__ & _HEAP_TYPE and not self.backend.provides(owner):
                    self.facts.add("size", owner, None, len(vars(owner)))
        return snapshot

    def _not_known(self, kind: type, owner: type, name: str, function: Any) -> str:
        """Why instances of a class are not used: what its first method that is not known has to do with it."""
        called = f"{kind.__module__}.{kind.__qualname__}"
        if isinstance(function, _OF_C):
            return f"uses an instance of {called}, of which it is not known how it changes"
        if any(isinstance(each, types.FunctionType) and self.has_twin(each) for each in vars(owner).values()):
            return f"uses an instance of {called}, whose {name} is not enabled"
        return f"uses an instance of {called}, whose class is not enabled"


_OF_C = (types.WrapperDescriptorType, types.MethodDescriptorType, types.BuiltinFunctionType)
_HEAP_TYPE = 1 << 9
