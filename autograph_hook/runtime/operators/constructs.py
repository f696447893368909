"""What may change inside a staged branch or loop body.

Such a body is traced once, whether and however often it will run. So a change of an object that was there before is
right only where the object's attribute, item or content is a variable of the construct. Which objects a body changes
nobody can know beforehand: it may reach them by any name, and in any function that it calls. So the change itself is
the news: before it happens, :class:`Discovered` ends the trace of the outermost construct that lacks the variable,
and that construct is traced again with it.
"""

from __future__ import annotations

import sys
import types
from _thread import _local
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from autograph_hook.backends import identity
from autograph_hook.backends.registry import registry
from autograph_hook.errors import StagingError
from autograph_hook.reporting import journal
from autograph_hook.runtime.gate import thread
from autograph_hook.runtime.locations import here, location_of
from autograph_hook.runtime.state import Variables, variable_of
from autograph_hook.runtime.variables import CONTAINERS, WHOLE, Key, Variable
from autograph_hook.staging.trace import Abort

MOST = 200
"""Traces of one construct that may end in a discovery."""

Known = dict[types.CodeType, dict[Key, Variable]]
Site = tuple[tuple[types.CodeType, int], ...]


class Discovered(BaseException):
    """A body is about to change what is no variable of its construct. No Exception: nothing may swallow it."""

    def __init__(self, construct: Construct, variables: Sequence[Variable], site: Site) -> None:
        super().__init__()
        self.construct = construct
        self.variables = variables
        self.site = site


class Construct:
    """A staged construct that is being traced."""

    __slots__ = ("before", "built", "code", "found", "functions", "known", "made", "places", "state")

    def __init__(self, functions: Sequence[types.FunctionType], state: Variables) -> None:
        self.functions = functions
        self.code = functions[0].__code__
        self.state = state
        self.places = state.places()
        self.made: dict[int, Any] = {}
        """Objects made inside, by identity. Kept alive, so that no identity is used twice."""
        self.built: dict[int, Any] = {}
        """Objects that were given what no graph carries."""
        self.known: tuple[int, Known] = (0, {})
        """What constructs inside are known to change of these, in the present run of a body."""
        self.found: Discovered | None = None
        """What has ended this trace: a bare `except:` in the user's code may have hidden it."""
        trace = thread().trace
        self.before = None if trace is None else frozenset(trace.made)
        """In a speculative trace, which knows what it makes: the objects made before."""

    def changed_inside(self) -> Known:
        if self.known[0] != self.state.runs:
            self.known = self.state.runs, {}
        return self.known[1]

    def has_made(self, owner: Any) -> bool:
        if id(owner) in self.made or id(owner) in self.state.stand_ins:
            return True
        return self.before is not None and id(owner) not in self.before and id(owner) in thread().trace.made

    def has(self, owner: Any, key: Any) -> bool:
        return (id(owner), key) in self.places or (id(owner), WHOLE) in self.places


class _Stack(_local):
    def __init__(self) -> None:
        self.constructs: list[Construct] = []
        """Those that this thread is tracing, outermost first."""
        self.known: Known = {}
        self.local: set[Site] = set()
        """Where objects were changed that turned out to be local to the body: how they were made was not seen."""


_stack = _Stack()


def traced(state: Variables, functions: Sequence[types.FunctionType | None], run: Callable[[], Any]) -> Any:
    """Have a backend trace a construct on its state, again with each variable that comes to light."""
    bodies = [function for function in functions if function is not None]
    trace = thread().trace
    try:
        for _ in range(MOST):
            state.adopt(_known(bodies[0].__code__))
            if trace is not None:
                trace.variables(state.variables)
            construct = Construct(bodies, state)
            try:
                with journal.attempt():
                    return _noted(state, _run(construct, run))
            except Discovered as found:
                if found.construct is not construct:
                    raise
                site, variables = found.site, found.variables
                # Its frames hold what the body has made.
                found.__traceback__ = found.__context__ = construct.found = None
            del construct
            _forget_local(site, variables)
    finally:
        if not _stack.constructs:
            _stack.known.clear()
            _stack.local.clear()
    raise StagingError(
        f"{location_of(bodies[0])}: what this branch or loop changes is not known after {MOST} traces of it, the last "
        f"of {', '.join(state.labels)}: change fewer objects in it"
    )


def _noted(state: Variables, result: Any) -> Any:
    """A speculative trace must know which tensors may be the same object as another one: on some path they are."""
    trace = thread().trace
    if trace is not None:
        trace.joined.update({id(value): value for value in (*state.get(), result)})
    return result


def _run(construct: Construct, run: Callable[[], Any]) -> Any:
    stack = _stack.constructs
    stack.append(construct)
    try:
        result = run()
    except Exception as error:
        if construct.found is None:
            _require_no_alias(construct)
            _mark(error)
            raise
    finally:
        stack.pop()
    if construct.found is not None:
        raise construct.found
    _keep_identities(construct)
    if stack:
        stack[-1].made.update(construct.made)
        stack[-1].made.update({id(value): value for value, _ in construct.state.stand_ins.values()})
    return result


_LEFT = "__autograph_left__"


def _mark(error: Exception) -> None:
    """Note of an exception that it comes out of a construct: whether it is raised is known only when the graph runs."""
    if isinstance(error, StopIteration):
        refuse(
            f"{here()}: StopIteration is raised under a condition, or in a loop, that is known only when the graph "
            "runs, so how often the loop over this iterator runs is not known while it is traced: loop over a tensor, "
            "a range or a dataset, or use `while`"
        )
    error.__dict__[_LEFT] = True


def has_left(error: BaseException) -> bool:
    """Has this exception come out of a staged construct?"""
    return _LEFT in error.__dict__


def _keep_identities(construct: Construct) -> None:
    if construct.state.held:
        _require_no_alias(construct)
        construct.state.note_identities()


def _require_no_alias(construct: Construct) -> None:
    state = construct.state
    label = state.alias(_frames()) if state.repeats and state.held else None
    if label is not None:
        refuse(
            f"{location_of(construct.functions[0])}: this loop binds {label} to a container that it also changes by "
            "another name, and which of them it is bound to is known only when the graph runs: bind it to a copy"
        )


def _known(code: types.CodeType) -> list[Variable]:
    """The variables that are known of a construct with this body, at the place where it stands now."""
    found = list(_stack.known.get(code, {}).values())
    for construct in _stack.constructs:
        found += construct.changed_inside().get(code, {}).values()
    return found


def is_tracing() -> bool:
    return bool(_stack.constructs)


def made(value: Any) -> Any:
    """An object has just been made."""
    if _stack.constructs:
        _stack.constructs[-1].made[id(value)] = value
    return value


def fresh(value: Any) -> Any:
    """An object has come out of code that is not watched: it is new if nobody else has it.

    Only the names of the caller and of this function refer to it then, and the call's argument.
    """
    if _stack.constructs and type(value) in CONTAINERS and sys.getrefcount(value) <= 3:
        made(value)
    return value


def about_to_change(owner: Any, *keys: Any) -> None:
    """Attributes or items of `owner`, or all of it, are about to be changed."""
    constructs = _stack.constructs
    if not constructs:
        return
    owner = _original(owner)
    for depth, construct in enumerate(constructs):
        if any(inner.has_made(owner) for inner in constructs[depth:]):
            continue
        lacking = [key for key in keys or (WHOLE,) if not construct.has(owner, key)]
        if lacking:
            _discover(depth, owner, lacking)
            return


def require_one(owner: Any, what: str = "changes") -> None:
    """A container that stands for one of several must not change, nor be asked which of them it is."""
    if not identity.is_noted():
        return
    reason = identity.refusal(owner, _accounts)
    if reason is not None:
        refuse(f"{here()}: this {what} a {type(owner).__name__} {reason}")


def _accounts(value: Any) -> int:
    """How many references to an object the traces in progress keep."""
    trace = thread().trace
    return sum(id(value) in construct.made for construct in _stack.constructs) + (
        trace is not None and id(value) in trace.made
    )


def about_to_set(value: Any, owner: Any, key: Any) -> None:
    """An attribute or an item is about to be given this value.

    Only what a graph can carry makes it a variable of a staged construct. What else is set while a body is traced (a
    layer, a tf.Variable) is made once, by the trace, and so are the flags of the object that it is made for.
    """
    if thread().trace is None:
        constructs = _stack.constructs
        if type(value) not in _CARRIED and not _is_tensor(value):
            constructs[-1].built[id(owner)] = owner
            return
        if type(value) in _FLAGS and any(id(owner) in construct.built for construct in constructs):
            return
    about_to_change(owner, key)


_FLAGS = (bool, str, bytes, type(None))
_CARRIED = (*_FLAGS, int, float, complex, list, tuple, dict, set, frozenset)


def _is_tensor(value: Any) -> bool:
    kind = type(value)
    if issubclass(kind, tuple):
        return True  # a named tuple
    if hasattr(kind, "__dataclass_fields__"):
        return any(_is_tensor(part) for part in getattr(value, "__dict__", {}).values())
    backend = registry.of(kind)
    return backend is not None and not backend.is_reference(value)


def _original(owner: Any) -> Any:
    """The user's container, for one that a backend has put in its place."""
    for construct in reversed(_stack.constructs):
        stand_in = construct.state.stand_ins.get(id(owner))
        if stand_in is not None and stand_in[1] is not None:
            owner = stand_in[1]
    return owner


def _discover(depth: int, owner: Any, keys: Sequence[Any]) -> None:
    constructs = _stack.constructs
    site = _site()
    if site in _stack.local:
        constructs[-1].made[id(owner)] = owner
        return
    home = next((c.changed_inside() for c in reversed(constructs[:depth]) if c.has_made(owner)), _stack.known)
    functions = [function for construct in constructs for function in construct.functions]
    variables = [variable_of(owner, key, functions) for key in keys]
    for construct in constructs[depth:]:
        for variable in variables:
            assert variable.place is not None
            home.setdefault(construct.code, {})[variable.place] = variable
    found = constructs[depth].found = Discovered(constructs[depth], variables, site)
    raise found


def _frames() -> list[types.FrameType]:
    """Those of the program, innermost first."""
    found = []
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        if not str(frame.f_globals.get("__name__")).startswith("autograph_hook."):
            found.append(frame)
        frame = frame.f_back
    return found


def _site() -> Site:
    """The lines of the user's that led here, innermost first."""
    found = []
    frame: types.FrameType | None = sys._getframe(2)
    while frame is not None:
        if not str(frame.f_globals.get("__name__")).startswith("autograph_hook."):
            found.append((frame.f_code, frame.f_lasti))
        frame = frame.f_back
    return tuple(found)


def refuse(message: str) -> NoReturn:
    """What is asked for cannot be staged."""
    if thread().trace is not None:
        raise Abort(message)
    raise StagingError(message)


def _forget_local(site: Site, variables: Sequence[Variable]) -> None:
    """What nobody has any more, now that the trace has been given up, was made in the body."""
    owner: Any = variables[0].owner  # type: ignore[attr-defined]
    # Its variables, the name here, and the argument of the call.
    if sys.getrefcount(owner) > len(variables) + 2:
        return
    _stack.local.add(site)
    places = [variable.place for variable in variables]
    for known in (_stack.known, *(construct.changed_inside() for construct in _stack.constructs)):
        for table in known.values():
            for place in places:
                table.pop(place, None)  # type: ignore[arg-type]


def about_to_call(function: Any, arguments: Sequence[Any]) -> None:
    """A speculative trace is about to call a function that is not enabled."""
    if not _stack.constructs or type(function) is not types.BuiltinFunctionType:
        return
    owner = function.__self__
    if function in (setattr, delattr) and len(arguments) > 1:
        about_to_change(arguments[0], arguments[1])
    elif function is next and arguments:
        _forbid(arguments[0])
    elif not issubclass(type(owner), types.ModuleType) and type(owner) not in (*CONTAINERS, *_IMMUTABLE):
        _forbid(owner)


def _forbid(owner: Any) -> None:
    if not any(construct.has_made(owner) for construct in _stack.constructs):
        kind = type(owner).__name__
        raise Abort(f"changes a {kind} under a condition, or in a loop, that is known only when the graph runs")


_IMMUTABLE = frozenset({str, bytes, tuple, frozenset, int, float, complex, bool, range, type(None)})
