"""Loops whose body is one graph: some iterations at a time in one graph.

    for x in batches:                   for x in ag__mixed.ahead(2, batches, ag__bind_2):
        ag__run_2()                         ag__run_2()

What is iterated over is asked for the next items before the bodies of those before them have run, so that is done only
where nobody can tell: over tuples, lists that the body does not change, ranges, tensors, datasets without Python
functions or other effects, and `enumerate` and `zip` of these. When the graph has run, the names of the loop are bound
to the last item. Items for which it did not run (it failed, its guards do not hold, too few are left) go through the
loop one by one, as ever.

Measured on two busy CPUs, microseconds for an iteration of a script's training step, plain, one graph for each, one for
8 of them: 2900, 640 and 54 with a layer of 32 x 10 and 16 rows. With 784 x 10 and 200 rows no gain could be shown, so
iterations that are given that much are left alone; an interrupt would have to wait for 8 of them, too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from autograph_hook.backends.protocol import UNDEFINED, Backend

if TYPE_CHECKING:
    from autograph_hook.runtime.mixed import Run

SIZE = 8
"""Iterations in one graph."""
SEASONED = 64
"""Iterations that have run as graphs of their own before, at least."""
SEASONED_EACH = 16
"""And for each operation: to trace it for 8 iterations takes some 2 to 3 milliseconds, and each iteration in such a
graph saves 50 to 200 microseconds."""
MOST_OPERATIONS = 150
MOST_CALLED = 12
"""Operations in the functions of the program that the body calls, not counting those that they call: with more, it is
taken to become a larger graph than that."""
MOST_ELEMENTS = 100_000
"""Numbers in the tensors that one iteration is given: a larger body gains nothing, and would keep Ctrl-C waiting."""

_OF_SEQUENCES: tuple[type, ...] = (type(iter([])), type(iter(())), type(iter(range(0))))


def ahead(run: Run, iterable: Any, bind: Callable[[Any], None], backend: Backend | None) -> Any:
    """What the loop runs over in the place of `iterable`."""
    if backend is None or backend.only_by_name:  # such a one compiles whole loops
        return iterable
    kind = type(iterable)
    if kind in (list, tuple, range):
        lists = frozenset({id(iterable)}) if kind is list else frozenset()
        return Ahead(run, iter(iterable), bind, lists) if len(iterable) > SIZE else iterable
    read = _lists(iterable, backend)
    if read is None:
        run.parts.leave_chunks("what it runs over must be asked for one item at a time")
        return iterable
    return Ahead(run, iter(iterable), bind, read)


def _lists(iterable: Any, backend: Backend) -> frozenset[int] | None:
    """The lists that an iterable reads, by identity; None where it must not be read ahead."""
    kind = type(iterable)
    if kind in _OF_SEQUENCES:
        owner = iterable.__reduce__()[1][0]
        return frozenset({id(owner)}) if type(owner) is list else frozenset()
    if kind is enumerate or kind is zip:
        parts = iterable.__reduce__()[1]
        found: frozenset[int] = frozenset()
        for part in parts[:1] if kind is enumerate else parts:
            inner = _lists(part, backend)
            if inner is None:
                return None
            found |= inner
        return found
    return frozenset() if backend.may_read_ahead(iterable) else None


class Ahead:
    """The items of a loop; some of them are run here, and do not come out."""

    __slots__ = ("bind", "error", "iterator", "lists", "pending", "run")

    def __init__(
        self, run: Run, iterator: Iterator[Any], bind: Callable[[Any], None], lists: frozenset[int]
    ) -> None:
        self.run = run
        self.iterator = iterator
        self.bind = bind
        self.lists = lists
        self.pending: deque[Any] = deque()
        self.error: Exception | None = None
        """What asking for an item has raised: it is raised when the items before it have run."""

    def __iter__(self) -> Ahead:
        return self

    def __next__(self) -> Any:
        pending = self.pending
        if pending:
            return pending.popleft()
        while self.error is None and self.run.parts.is_seasoned(SEASONED, SEASONED_EACH, MOST_OPERATIONS):
            self._fill()
            if len(pending) < SIZE or not self._chunk(tuple(pending)):
                break
            pending.clear()
        if pending:
            return pending.popleft()
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        return next(self.iterator)

    def _fill(self) -> None:
        pending, iterator = self.pending, self.iterator
        try:
            while len(pending) < SIZE:
                pending.append(next(iterator))
        except Exception as error:  # StopIteration among them
            self.error = error

    def _chunk(self, items: tuple[Any, ...]) -> bool:
        """Run the body for these items as one graph. False: nothing has happened."""
        run = self.run
        parts = run.parts
        backend = run.frame.function.may_stage()
        if backend is None or not all(map(_is_plain_item, items)):
            return False
        found = parts.chunk()
        if found is None:
            return False
        piece, staging = found
        values = [run.get(name) for name in piece.inputs[:-1]]
        if any(value is UNDEFINED for value in values):
            return False
        given = []
        for item in items:
            self.bind(item)
            given.append(tuple([run.get(name) for name in piece.targets] or [None]))  # each of them a new tuple
        if piece.targets and not _are_small(backend, given):
            parts.leave_chunks("its items are no tensors, or large ones")
            return False
        if run.take(parts.parts[0], piece, staging, backend, (*values, tuple(given)), self.lists):
            return True
        if staging.reason is not None or staging.refusals or len(staging.specializations) > 2:
            parts.leave_chunks(staging.reason or staging.refusal or "its iterations are of different kinds")
        return False


def _is_plain_item(item: Any) -> bool:
    """Can it be taken apart without running code of the user's?"""
    kind = type(item)
    if kind in (tuple, list):
        return all(map(_is_plain_item, item))
    return kind in (int, float, bool, str) or not hasattr(kind, "__iter__") or kind.__name__ == "EagerTensor"


def _are_small(backend: Backend, given: list[tuple[Any, ...]]) -> bool:
    return all(
        backend.tensor_test(value) is not None and value.shape.num_elements() * len(values) <= MOST_ELEMENTS
        for values in given
        for value in values
    )
