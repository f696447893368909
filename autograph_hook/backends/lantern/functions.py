"""Functions that call themselves, by themselves or by way of others, are defs of the program; others are inlined.

A function is traced as part of its caller until it turns out to be called again while it is traced, with arguments of
the same types. Then it is traced once more, as a def that is known by its function and the types of its arguments
before its body is traced. What it returns is known from the side of a branch that does not call it; it is traced again
until what was taken to be its result is its result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from autograph_hook.backends.lantern import nests
from autograph_hook.backends.lantern.build import Builder, Names
from autograph_hook.backends.lantern.ir import Call, Def, Let, Var
from autograph_hook.backends.lantern.tracing import Frame, Unknown, error, session, user_frame
from autograph_hook.backends.protocol import Location

DEEPEST = 12
"""Calls of a function inside itself, with other constants each, before these become arguments."""
ATTEMPTS = 10

GIVEN = "that is given to a function that calls itself"
RETURNED = "that a function that calls itself has returned"


class Recurses(BaseException):
    """A function that is being traced is called again: it is traced anew, with what was learnt."""

    def __init__(self, entry: Active) -> None:
        super().__init__()
        self.entry = entry


class Active:
    """A call that is being traced."""

    __slots__ = ("before", "definition", "key", "signature")

    def __init__(self, key: Any, signature: Any) -> None:
        self.key = key
        self.signature = signature
        self.before: frozenset[int] = frozenset()
        """The objects that were made before, by identity."""
        self.definition: Definition | None = None


class Definition:
    """A def, known or in the making. `captures` are what it takes from the defs around the function."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.results: Any = None
        self.captures: list[tuple[Frame, Var]] = []
        self.changed: tuple[int, ...] = ()
        """Lists among the arguments that it changes: their new content is returned as well."""


class Functions:
    """The functions of one trace."""

    def __init__(self) -> None:
        self.active: list[Active] = []
        self.known: dict[Any, Definition] = {}
        self.recursive: set[Any] = set()
        self.general: set[Any] = set()
        self.lists: dict[tuple[Any, int], Any] = {}
        """By function and number of the argument: the structure of lists whose length differs from call to call."""


def table() -> Functions:
    s = session()
    if s.functions is None:
        s.functions = Functions()
    found: Functions = s.functions
    return found


def entered(made: Iterable[int]) -> None:
    entry = table().active[-1]
    if entry.definition is not None:
        entry.before = frozenset(made)


def is_definition() -> bool:
    active = table().active
    return bool(active) and active[-1].definition is not None


def is_shared(owner: Any) -> bool:
    """A body is traced once, however often it runs: what is outside of it must not change."""
    return any(id(owner) in entry.before for entry in table().active)


Changes = list[tuple[list[Any], list[Any]]]
Call_ = Callable[[Mapping[str, Any]], Any]


def define(
    key: Any, name: str, arguments: Mapping[str, Any], call: Call_, where: Location
) -> tuple[Any, Changes]:
    """Call a function of the user's: `call(arguments)` traces it. The result, and the lists among the arguments that
    it changes, with their new content."""
    functions = table()
    structure = _structure(functions, key, arguments)
    signature = (key, structure)
    known = functions.known.get(signature)
    if known is not None:
        return _called(known, structure, arguments)
    for entry in functions.active:
        if entry.signature == signature:
            if entry.definition is not None:
                return _called(entry.definition, structure, arguments)
            functions.recursive.add(signature)
            raise Recurses(entry)
    same = [entry for entry in functions.active if entry.key == key]
    for entry in same:
        _generalize_lists(functions, entry, structure)
    if key not in functions.general and len(same) >= DEEPEST:
        functions.general.add(key)
        raise Recurses(same[0])
    entry = Active(key, signature)
    trace = _defined if signature in functions.recursive else _inlined
    s = session()
    mark, before = s.mark(), [(x, list(x)) for x in arguments.values() if type(x) is list]
    functions.active.append(entry)
    try:
        return trace(functions, entry, name, structure, arguments, call, where)
    except Recurses as found:
        if found.entry is not entry:
            raise
    finally:
        functions.active.remove(entry)
    s.back_to(mark)
    for owner, content in before:
        owner[:] = content
    return define(key, name, arguments, call, where)


def _structure(functions: Functions, key: Any, arguments: Mapping[str, Any]) -> Any:
    kind, names, parts = nests.structure(dict(arguments), whole=True)
    found = []
    for k, part in enumerate(parts):
        if key in functions.general:
            part = nests.general(part)
        if (key, k) in functions.lists:
            part = nests.join(part, functions.lists[key, k])
        found.append(nests.as_given(part))
    return (kind, names, tuple(found))


def _generalize_lists(functions: Functions, entry: Active, structure: Any) -> None:
    """Lists of other lengths than in a call that is being traced are lists of any length from now on."""
    _, (_, _, parts) = entry.signature
    changed = [k for k, (one, other) in enumerate(zip(parts, structure[2], strict=True)) if one != other]
    if not changed or any(not {parts[k][0], structure[2][k][0]} <= {"list", "elements"} for k in changed):
        return
    for k in changed:
        try:
            functions.lists[entry.key, k] = nests.as_given(("elements", nests.element([parts[k], structure[2][k]])))
        except nests.Apart:
            return
    raise Recurses(entry)


def _inlined(
    functions: Functions, entry: Active, name: str, structure: Any, arguments: Mapping[str, Any], call: Call_,
    where: Location,
) -> tuple[Any, Changes]:  # fmt: skip
    return call(arguments), []


def _defined(
    functions: Functions, entry: Active, name: str, structure: Any, arguments: Mapping[str, Any], call: Call_,
    where: Location,
) -> tuple[Any, Changes]:  # fmt: skip
    s = session()
    s.repeats = True
    definition = entry.definition = Definition(s.def_names.fresh(_plain(name)))
    known = dict(functions.known)
    count, outer_builder, outer_frame = len(s.defs), s.builder, s.frame
    try:
        for _ in range(ATTEMPTS):
            del s.defs[count:]
            functions.known = dict(known)
            frame = Frame(Names(s.globals), outer_frame)
            for home, var in definition.captures:
                frame.capture(var, home)
            s.frame, s.builder = frame, Builder(frame.names)
            try:
                made, settled = _traced(definition, structure, arguments, call, where)
            except Unknown:
                raise error(f"{name} calls itself on every path: its result is never known") from None
            if settled:
                s.defs.append(made)
                break
        else:
            raise error(f"the type of the result of {name} does not settle")
    finally:
        s.frame, s.builder = outer_frame, outer_builder
    functions.known[entry.signature] = definition
    return _called(definition, structure, arguments)


def _plain(name: str) -> str:
    return "".join(c if c.isalnum() or c in "._" else "_" for c in name.replace(".<locals>", "")) or "function"


def _traced(definition: Definition, structure: Any, arguments: Mapping[str, Any], call: Any, where: Location) -> Any:
    """Trace the body once: the def, and whether it is as was assumed."""
    s = session()
    frame = s.frame
    params = [Var(frame.names.fresh(hint), kind) for hint, kind in _named(structure, arguments)]
    given = nests.build(structure, iter(params), GIVEN)
    lists = [(k, value, list(value)) for k, value in enumerate(given.values()) if type(value) is list]
    result = call(given)
    if any(result is value for _, value, _ in lists):
        raise error("a function that calls itself returns the list that it was given")
    changed = tuple(k for k, value, before in lists if not _same(value, before))
    values = (result, *[value for k, value, _ in lists if k in changed])
    try:
        found = nests.general(nests.structure(values))
        if definition.results is not None and changed == definition.changed:
            found = nests.join(definition.results, found)
    except nests.Apart:
        raise error("a function that calls itself returns values of several kinds") from None
    results = nests.leaves(values, found)
    captures = [(home, var) for home, var, _ in frame.captures.values()]
    settled = (
        found == definition.results and changed == definition.changed and len(captures) == len(definition.captures)
    )
    definition.results, definition.changed, definition.captures = found, changed, captures
    everything = (*params, *[param for _, _, param in frame.captures.values()])
    block = s.builder.block(*results)
    made = Def(definition.name, everything, tuple(v.type for v in results), block, where.path)
    return made, settled


def _same(one: list[Any], other: list[Any]) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))


def _named(structure: Any, arguments: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """A name for each leaf, and its type."""
    _, _, parts = structure
    return [(name, type) for name, part in zip(arguments, parts, strict=True) for type in nests.types(part)]


def _called(definition: Definition, structure: Any, arguments: Mapping[str, Any]) -> tuple[Any, Changes]:
    """A call of a def."""
    s = session()
    if definition.results is None:
        raise Unknown
    given = nests.leaves(dict(arguments), structure)
    given += [var if home is s.frame else s.frame.capture(var, home) for home, var in definition.captures]
    types = nests.types(definition.results)
    frame = user_frame()
    s.builder.line = frame.f_lineno if frame is not None else 0
    names = tuple(s.builder.var(type, "r") for type in types)
    s.builder.lets.append(Let(names, Call(definition.name, tuple(given)), s.builder.line))
    s.operations += 1
    result, *contents = nests.build(definition.results, iter(names), RETURNED)
    values = list(arguments.values())
    return result, [(values[k], content) for k, content in zip(definition.changed, contents, strict=True)]
