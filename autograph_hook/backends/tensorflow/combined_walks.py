"""The walks that `enumerate`, `zip`, `map` and `filter` make of others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from autograph_hook.backends.tensorflow import calls, values
from autograph_hook.backends.tensorflow.walks import Counting, OverIterator, OverRange, Test, Walk


def surely_runs(walk: Walk) -> bool:
    """Is it known while tracing that there is an element?"""
    if isinstance(walk, OverRange):
        known = [tf.get_static_value(tensor) for tensor in (walk.first, walk.end, walk.step)]
        return all(number is not None for number in known) and len(range(*map(int, known))) > 0
    if isinstance(walk, Zipped):
        return all(map(surely_runs, walk.walks))
    if isinstance(walk, (Enumerated, Mapped, Filtered)):
        return surely_runs(walk.inner)
    return isinstance(walk, Counting) and isinstance(walk.size, int) and walk.size > 0


class Lazy:
    """What `enumerate`, `zip`, `map` and `filter` give over staged subjects: a subject for `for_each`."""

    __slots__ = ("walk",)

    def __init__(self, walk: Walk) -> None:
        self.walk = walk

    def __str__(self) -> str:
        names = {Filtered: "filter", Mapped: "map", Zipped: "zip", Enumerated: "enumerate"}
        return f"{names.get(type(self.walk), 'iter')}() of tensors"

    def listed(self) -> list[Any] | None:
        """The elements, where their number is known while tracing."""
        size = None if filters(self.walk) else self.walk.limit()
        if not isinstance(size, int):
            return None
        if isinstance(self.walk, Enumerated):  # its numbers are Python's
            inner = Lazy(self.walk.inner).listed()
            return None if inner is None else list(enumerate(inner, self.walk.first))
        elements, position = [], self.walk.start()
        for _ in range(size):
            elements.append(self.walk.element(position))
            position = self.walk.next(position, None)
        return elements


def takes(walk: Walk) -> bool:
    """Does it take its elements from an iterator, so that none must be taken too many?"""
    if isinstance(walk, Zipped):
        return any(map(takes, walk.walks))
    if isinstance(walk, (Enumerated, Mapped, Filtered)):
        return takes(walk.inner)
    return isinstance(walk, OverIterator)


def begin(walk: Walk, holds: Any) -> Any:
    """The position at which a walk starts; it takes nothing where this is false."""
    if holds is True or not takes(walk):
        return walk.start()
    if isinstance(walk, OverIterator):
        empty = tf.experimental.Optional.empty(walk.iterator.element_spec)
        return tf.cond(holds, walk.start, lambda: empty)
    return tf.cond(holds, walk.start, lambda: _nowhere(walk))


def _nowhere(walk: Any) -> Any:
    """A position without an element, for a walk that takes from iterators."""
    if isinstance(walk, OverIterator):
        return tf.experimental.Optional.empty(walk.iterator.element_spec)
    if isinstance(walk, Zipped):
        return tuple(_nowhere(part) if takes(part) else part.start() for part in walk.walks)
    if isinstance(walk, Enumerated):
        return _nowhere(walk.inner), tf.cast(walk.first, walk.dtype)
    return _nowhere(walk.inner)


class Enumerated:
    def __init__(self, inner: Walk, first: Any, dtype: Any) -> None:
        self.inner, self.first, self.dtype = inner, first, dtype

    def start(self) -> Any:
        return self.inner.start(), tf.cast(self.first, self.dtype)

    def more(self, position: Any) -> Any:
        return self.inner.more(position[0])

    def element(self, position: Any) -> Any:
        return position[1], self.inner.element(position[0])

    def next(self, position: Any, test: Test | None) -> Any:
        return self.inner.next(position[0], test), position[1] + 1

    def limit(self) -> Any:
        return self.inner.limit()


class Zipped:
    """As Python's `zip` it asks one after the other, and none any more once one has no element."""

    def __init__(self, walks: Sequence[Walk], strict: bool = False) -> None:
        self.walks = walks
        self.strict = strict
        sizes = [walk.limit() for walk in walks] if strict else []
        if all(isinstance(size, int) for size in sizes) and len(set(sizes)) > 1:
            other = next(i for i, size in enumerate(sizes) if size != sizes[0])
            raise ValueError(f"zip() argument {other + 1} is {'shorter' if sizes[other] < sizes[0] else 'longer'} than "
                             f"argument{' 1' if other == 1 else f's 1-{other}'}")  # fmt: skip

    def start(self) -> Any:
        return self._moved([walk.start if not takes(walk) else None for walk in self.walks], None, None)

    def more(self, position: Any) -> Any:
        return tf.reduce_all([walk.more(part) for walk, part in zip(self.walks, position, strict=True)])

    def element(self, position: Any) -> Any:
        return tuple(walk.element(part) for walk, part in zip(self.walks, position, strict=True))

    def next(self, position: Any, test: Test | None) -> Any:
        return self._moved([None] * len(self.walks), position, test)

    def _moved(self, starts: Sequence[Callable[[], Any] | None], position: Any, test: Test | None) -> Any:
        holds: Any = True if test is None else values.truth(test())
        parts: list[Any] = []
        mores: list[Any] = []
        for i, (walk, start) in enumerate(zip(self.walks, starts, strict=True)):
            asked = holds
            if takes(walk) and mores and not self.strict:
                known = mores if holds is True else [*mores, tf.convert_to_tensor(holds)]
                asked = tf.reduce_all(known)
            if start is not None:
                parts.append(start())
            elif position is None:
                parts.append(begin(walk, asked))
            else:
                parts.append(walk.next(position[i], None if asked is True else lambda asked=asked: asked))  # type: ignore[misc]
            mores.append(walk.more(parts[-1]))
        if self.strict:
            alike = tf.logical_or(tf.reduce_all(mores), tf.logical_not(tf.reduce_any(mores)))
            fits = alike if holds is True else tf.logical_or(alike, tf.logical_not(holds))
            tf.debugging.Assert(fits, ["zip(strict=True): one argument is shorter than another"])
        return tuple(parts)

    def limit(self) -> Any:
        limits = [walk.limit() for walk in self.walks]
        if all(isinstance(limit, int) for limit in limits):
            return min(limits)
        known = [limit for limit in limits if limit is not None]
        return tf.reduce_min(tf.stack(known)) if known else None


class Mapped:
    def __init__(self, function: Callable[..., Any], inner: Walk, several: bool) -> None:
        self.function, self.inner, self.several = function, inner, several

    def start(self) -> Any:
        return self.inner.start()

    def more(self, position: Any) -> Any:
        return self.inner.more(position)

    def element(self, position: Any) -> Any:
        return self.of(self.inner.element(position))

    def of(self, element: Any) -> Any:
        return calls.call(self.function, element if self.several else (element,), {})

    def next(self, position: Any, test: Test | None) -> Any:
        return self.inner.next(position, test)

    def limit(self) -> Any:
        return self.inner.limit()


class Filtered:
    """A walk over every element, of which the loop's body sees those that a function accepts."""

    def __init__(self, function: Callable[..., Any] | None, inner: Walk) -> None:
        self.function, self.inner = function, inner
        self.start, self.more, self.element = inner.start, inner.more, inner.element
        self.next, self.limit = inner.next, inner.limit

    def accepts(self, element: Any) -> Any:
        return element if self.function is None else calls.call(self.function, (element,), {})


def filters(walk: Walk) -> bool:
    """Does it pass over elements?"""
    return isinstance(walk, Filtered) or (isinstance(walk, Mapped) and filters(walk.inner))


def python_name(subject: Lazy) -> str:
    """The class that Python would have made."""
    names = {Enumerated: "enumerate", Zipped: "zip", Mapped: "map", Filtered: "filter"}
    return names.get(type(subject.walk), "iterator")
