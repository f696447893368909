"""Lists whose length is known only when the code runs.

Such a list is the user's own list object. It holds :class:`Elements` among its items, and is all of its parts one after
the other: what is appended while tracing stays an ordinary item until the list goes through a branch, a loop or a call.
A list of tuples is a list for each leaf.
"""

from __future__ import annotations

from typing import Any

from autograph_hook.backends import protocol
from autograph_hook.backends.lantern.ir import I64, Var
from autograph_hook.backends.lantern.symbols import Number, Symbol, number
from autograph_hook.backends.lantern.tracing import Frame, Impossible, error, session


class Handle(Symbol):
    """One leaf of all elements: a list of the program."""

    __slots__ = ("frame", "value")

    def __init__(self, value: Var, frame: Frame | None) -> None:
        self.value = value
        self.frame = frame

    def located(self) -> tuple[Var, Frame | None]:
        return self.value, self.frame


class Elements(protocol.Elements):
    """Some elements of a list: `kind` is the structure of one, `handles` are the lists of their leaves."""

    __slots__ = ("handles", "kind")

    def __init__(self, kind: Any, handles: list[Handle]) -> None:
        self.kind = kind
        self.handles = handles
        protocol.Elements.alive.add(id(self))

    def __del__(self) -> None:
        protocol.Elements.alive.discard(id(self))

    def count(self) -> Any:
        s = session()
        return number(s.op("len", s.var(self.handles[0])), True)


def nests() -> Any:
    from autograph_hook.backends.lantern import nests

    return nests


def is_staged(value: Any) -> bool:
    return type(value) is list and any(type(part) is Elements for part in value)


def whole(value: list[Any]) -> Elements:
    """The list as one part."""
    if len(value) == 1 and type(value[0]) is Elements:
        return value[0]
    try:
        kind = nests().element_of(value)
    except nests().Apart:
        raise error("the elements of a list of unknown length are not of one type") from None
    return whole_as(value, kind)


def whole_as(value: list[Any], kind: Any) -> Elements:
    """The elements of a list, as elements of this kind."""
    s = session()
    types = nests().types(kind)
    if not types:
        raise error("a list of values that the compiled code does not have")
    if len(value) == 1 and type(value[0]) is Elements and value[0].kind == kind:
        return value[0]
    handles: list[Var] | None = None
    row: list[list[Var]] = []

    def flush() -> None:
        nonlocal handles
        if row or handles is None:
            made = [s.op("list", *[r[k] for r in row], of=types[k]) for k in range(len(types))]
            handles = made if handles is None else [s.op("extend", h, m) for h, m in zip(handles, made, strict=True)]
            row.clear()

    for part in value:
        if type(part) is not Elements:
            row.append(nests().leaves(part, kind))
            continue
        if part.kind != kind:
            part = _cast(part, kind)
        found = [s.var(h) for h in part.handles]
        if handles is None and not row:
            handles = found
        else:
            flush()
            assert handles is not None
            handles = [s.op("extend", h, m) for h, m in zip(handles, found, strict=True)]
    if handles is not None and len(row) <= 2:
        for items in row:
            handles = [s.op("append", h, item) for h, item in zip(handles, items, strict=True)]
        row.clear()
    flush()
    assert handles is not None
    return Elements(kind, [Handle(h, s.frame) for h in handles])


def _cast(part: Elements, kind: Any) -> Elements:
    if nests().types(part.kind) != nests().types(kind):
        raise error("the elements of a list are of another type on another path")
    return Elements(kind, part.handles)


def length(value: list[Any]) -> Any:
    found: Any = 0
    for part in value:
        found = found + (part.count() if type(part) is Elements else 1)
    return found


def _position(value: list[Any], key: Any) -> Var:
    s = session()
    if isinstance(key, Number):
        return s.var(key)
    return s.lit(int(key), I64)


def get_item(value: list[Any], key: Any) -> Any:
    if isinstance(key, slice):
        return [_slice(value, key)]
    if isinstance(key, int) and -len(value) <= key < len(value):
        between = value[: key + 1] if key >= 0 else value[key:]
        if not any(type(p) is Elements for p in between):
            return value[key]
    if not value:
        raise Impossible("IndexError", "list index out of range")
    part = whole(value)
    return element(part, _position(value, key))


def element(part: Elements, position: Var) -> Any:
    s = session()
    vars = [s.op("idx", s.var(h), position) for h in part.handles]
    return nests().build(part.kind, iter(vars), "that is an element of a list")


def _slice(value: list[Any], key: slice) -> Elements:
    if key.step not in (None, 1):
        raise error("a slice with a step of a list whose length is known only when the code runs")
    s = session()
    part = whole(value)
    count = s.op("len", s.var(part.handles[0]))
    first = _bound(key.start, s.lit(0, I64))
    last = _bound(key.stop, count)
    return Elements(part.kind, [Handle(s.op("sublist", s.var(h), first, last), s.frame) for h in part.handles])


def _bound(value: Any, default: Var) -> Var:
    if value is None:
        return default
    return session().var(value) if isinstance(value, Number) else session().lit(int(value), I64)


def set_item(value: list[Any], key: Any, item: Any) -> None:
    if isinstance(key, slice):
        raise error("a slice of a list whose length is known only when the code runs is set")
    if isinstance(key, int) and -len(value) <= key < len(value):
        between = value[: key + 1] if key >= 0 else value[key:]
        if not any(type(p) is Elements for p in between):
            value[key] = item
            return
    n, s = nests(), session()
    try:
        kind = n.join(n.general(n.structure(item)), n.element_of(value))
    except n.Apart:
        raise error("an item of another type than the others is set in a list") from None
    part = whole_as(value, kind)
    position = _position(value, key)
    given = n.leaves(item, kind)
    vars = [s.op("update", s.var(h), leaf, position) for h, leaf in zip(part.handles, given, strict=True)]
    value[:] = [Elements(kind, [Handle(v, s.frame) for v in vars])]


def pop(value: list[Any], *given: Any) -> Any:
    key = given[0] if given else -1
    if not value:
        raise Impossible("IndexError", "pop from empty list")
    if value and isinstance(key, int) and key in (0, -1) and type(value[key]) is not Elements:
        return value.pop(key)
    s = session()
    part = whole(value)
    position = _position(value, key)
    found = element(part, position)
    count = s.op("len", s.var(part.handles[0]))
    one, zero = s.lit(1, I64), s.lit(0, I64)
    if isinstance(key, int) and key == -1:
        last = s.op("-", count, one)
        handles = [s.op("sublist", s.var(h), zero, last) for h in part.handles]
    else:
        negative = s.op("<", position, zero)
        place = s.op("where", negative, s.op("+", position, count), position)
        after = s.op("+", place, one)
        handles = [
            s.op("extend", s.op("sublist", s.var(h), zero, place), s.op("sublist", s.var(h), after, count))
            for h in part.handles
        ]
    value[:] = [Elements(part.kind, [Handle(h, s.frame) for h in handles])]
    return found


def append(value: list[Any], item: Any) -> None:
    value.append(item)


def extend(value: list[Any], items: Any) -> None:
    if type(items) not in (list, tuple):
        from autograph_hook.backends.lantern import iterating

        items = iterating.python_elements(items)
    list.extend(value, items)


def insert(value: list[Any], key: Any, item: Any) -> None:
    if key == 0 and isinstance(key, int):
        value.insert(0, item)
        return
    rest = [_slice(value, slice(key, None))]
    value[:] = [_slice(value, slice(None, key)), item, *rest]


def copy(value: list[Any]) -> list[Any]:
    return list.copy(value)


def clear(value: list[Any]) -> None:
    value[:] = []


def reverse(value: list[Any]) -> None:
    raise error("reverse() of a list whose length is known only when the code runs: use reversed()")


METHODS: dict[str, Any] = {
    "append": append, "extend": extend, "pop": pop, "insert": insert, "copy": copy, "clear": clear, "reverse": reverse,
}  # fmt: skip


def method(subject: list[Any], name: str) -> Any:
    if not is_staged(subject) and name not in ("pop", "extend"):
        return None
    other = METHODS.get(name)
    if other is None:
        if is_staged(subject):
            raise error(f"{name}() of a list whose length is known only when the code runs")
        return None
    return lambda *given, **named: other(subject, *given, **named)


def delete(subject: list[Any], key: Any) -> None:
    if isinstance(key, slice):
        before, after = slice(None, key.start or 0), slice(key.stop, None) if key.stop is not None else None
        rest = [_slice(subject, after)] if after is not None else []
        subject[:] = [_slice(subject, before), *rest]
    else:
        pop(subject, key)
