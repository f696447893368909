"""What loops go over: ranges, arrays, lists, and what `enumerate`, `zip` and `reversed` make of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograph_hook.backends.lantern import lists, trees
from autograph_hook.backends.lantern.ir import I64, Var
from autograph_hook.backends.lantern.symbols import Array, Number, Symbol
from autograph_hook.backends.lantern.tracing import NeedsStatic, error, session
from autograph_hook.backends.protocol import Joined

UNROLLED = 4
"""A loop of so few iterations is unrolled."""


class Walk:
    """A loop over something: how often, and the element at an index. `known` is the number where it is known."""

    __slots__ = ("count", "element", "known")

    def __init__(self, count: Callable[[], Var], element: Callable[[Any], Any], known: int | None) -> None:
        self.count = count
        self.element = element
        self.known = known


class Range(Symbol):
    """`range(…)` of numbers of compiled code, or a long one."""

    __slots__ = ("start", "step", "stop")

    def __init__(self, start: Any, stop: Any, step: Any) -> None:
        self.start = start
        self.stop = stop
        self.step = step

    def plain(self) -> range | None:
        if all(isinstance(part, int) for part in (self.start, self.stop, self.step)):
            return range(self.start, self.stop, self.step)
        return None

    def length(self) -> Any:
        plain = self.plain()
        if plain is not None:
            return len(plain)
        if not isinstance(self.step, int):
            raise error("range() with a step that is known only when the code runs")
        if not self.step:
            raise ValueError("range() arg 3 must not be zero")
        span = self.stop - self.start if self.step > 0 else self.start - self.stop
        step = abs(self.step)
        count = span if step == 1 else (span + (step - 1)) // step
        s = session()
        return Number(s.op("maximum", s.var(count), s.lit(0, I64)), s.frame, True)

    def __iter__(self) -> Any:
        plain = self.plain()
        if plain is None:
            raise error("loops over a range whose length is known only when the code runs", NeedsStatic)
        return iter(plain)

    def __len__(self) -> int:
        plain = self.plain()
        if plain is None:
            raise error("takes the length of a range that is known only when the code runs", NeedsStatic)
        return len(plain)


class Combined(Symbol):
    """`enumerate`, `zip` or `reversed` of what only the code can count."""

    __slots__ = ("made", "parts")

    def __init__(self, parts: Sequence[Any], made: Callable[[Sequence[Walk]], Walk]) -> None:
        self.parts = list(parts)
        self.made = made

    def __iter__(self) -> Any:
        found = self.made([walk(part) for part in self.parts])
        if found.known is None:
            raise error("goes over a number of elements that is known only when the code runs", NeedsStatic)
        return iter([found.element(k) for k in range(found.known)])


def range_(*bounds: Any) -> Any:
    bounds = tuple(b.read() if isinstance(b, Joined) else b for b in bounds)
    for bound in bounds:
        if isinstance(bound, Number) and bound.ir.dtype[0] != "i":
            raise TypeError(f"'{bound.dtype}' object cannot be interpreted as an integer")
    start, stop, step = (0, bounds[0], 1) if len(bounds) == 1 else (*bounds, 1)[:3]
    made = Range(start, stop, step)
    plain = made.plain()
    return plain if plain is not None and len(plain) <= UNROLLED else made


def _literal(value: int) -> Var:
    return session().lit(value, I64)


def walk(value: Any) -> Walk:
    """How a loop goes over a value."""
    if isinstance(value, Range):
        length, plain = value.length(), value.plain()

        def at(k: Any) -> Any:
            return value.start + k * value.step

        if plain is not None:
            return Walk(lambda: _literal(len(plain)), at, len(plain))
        return Walk(lambda: session().var(length), at, None)
    if isinstance(value, Array):
        n = len(value)
        return Walk(lambda: _literal(n), lambda k: value[k], n)
    if isinstance(value, Combined):
        return value.made([walk(part) for part in value.parts])
    if type(value) is list and lists.is_staged(value):
        part = lists.whole(value)
        count = part.count()
        return Walk(lambda: session().var(count), lambda k: lists.element(part, session().var(k)), None)
    if isinstance(value, trees.Tree):
        parts = value.parts()
        return Walk(lambda: _literal(len(parts)), lambda k: parts[_static(k)], len(parts))
    if isinstance(value, list | tuple | range | dict | str):
        items = list(value)
        return Walk(lambda: _literal(len(items)), lambda k: _pick(items, k), len(items))
    raise error(f"loops over a {type(value).__name__}")


def _static(k: Any) -> int:
    if isinstance(k, Number):
        raise error("an element of a Python container, in a loop of the compiled code", NeedsStatic)
    return int(k)


def _pick(items: list[Any], k: Any) -> Any:
    if not isinstance(k, Number):
        return items[k]
    try:
        return lists.get_item(items, k)
    except Exception as failed:
        raise error("an element of a Python container, in a loop of the compiled code", NeedsStatic) from failed


def is_iterable(value: Any) -> bool:
    return isinstance(value, Range | Array | Combined | trees.Tree) or (type(value) is list and lists.is_staged(value))


def needs_walk(value: Any) -> bool:
    """Is it something that only the code can count, or that is long?"""
    if isinstance(value, Combined | Range):
        return True
    if isinstance(value, Array):
        return True
    return type(value) is list and lists.is_staged(value)


def enumerate_(value: Any, start: Any = 0) -> Any:
    if not needs_walk(value):
        return enumerate(python_elements(value), start)

    def made(walks: Sequence[Walk]) -> Walk:
        (inner,) = walks
        return Walk(inner.count, lambda k: (k + start, inner.element(k)), inner.known)

    return Combined([value], made)


def zip_(*values: Any, strict: bool = False) -> Any:
    if not any(map(needs_walk, values)):
        return zip(*map(python_elements, values), strict=strict)
    if strict:
        raise error("zip(strict=True)")

    def made(walks: Sequence[Walk]) -> Walk:
        known = [w.known for w in walks]
        least = min((n for n in known if n is not None), default=None)

        def count() -> Var:
            s = session()
            found = walks[0].count()
            for other in walks[1:]:
                found = s.op("minimum", found, other.count())
            return found

        return Walk(count, lambda k: tuple(w.element(k) for w in walks), None if None in known else least)

    return Combined(values, made)


def reversed_(value: Any) -> Any:
    if not needs_walk(value):
        return reversed(python_elements(value))

    def made(walks: Sequence[Walk]) -> Walk:
        (inner,) = walks
        s = session()
        if inner.known is not None:
            last: Any = inner.known - 1
        else:
            last = Number(s.op("-", inner.count(), s.lit(1, I64)), s.frame, True)
        return Walk(inner.count, lambda k: inner.element(last - k), inner.known)

    return Combined([value], made)


def python_elements(value: Any) -> Any:
    """The elements as Python's, where their number is known while tracing."""
    if isinstance(value, Array):
        return [value[k] for k in range(len(value))]
    if isinstance(value, trees.Tree):
        return value.parts()
    if isinstance(value, Range | Combined):
        return list(value)
    if type(value) is list and lists.is_staged(value):
        raise error("goes over a number of elements that is known only when the code runs", NeedsStatic)
    return value
