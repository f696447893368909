"""Gathering lets of a block that belong together into one place: what `fuse` and `stack` share.

A member waits until something that is no member of its group reads it; then all that wait with it are put there, in
their order, so that one may read another. Lets that act or fail are not members and keep their order; members do
neither, so that they may move past them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace

from ..ir import Block, Let
from ..walk import free, with_blocks


def gather(
    block: Block,
    key: Callable[[Let], Hashable | None],
    put: Callable[[list[Let], Callable[[str], bool]], list[Let]],
) -> Block:
    """The block with the lets of one `key` (None: no member) replaced by what `put` makes of them; it is also given
    whether a name is read outside of these."""
    readers: dict[str, set[int]] = {}
    for number, let in enumerate(block.lets):
        for var in free([let]):
            readers.setdefault(var.name, set()).add(number)
    for var in block.results:
        readers.setdefault(var.name, set()).add(-1)
    waiting: dict[Hashable, list[int]] = {}
    done: list[Let] = []

    def flush(group: Hashable) -> None:
        numbers = waiting.pop(group)
        members = [block.lets[n] for n in numbers]
        done.extend(put(members, lambda name: not readers.get(name, set()) <= set(numbers)))

    for number, let in enumerate(block.lets):
        own = key(let)
        reads = {v.name for v in free([let])}
        for group in list(waiting):
            bound = {v.name for n in waiting[group] for v in block.lets[n].vars}
            if group != own and not reads.isdisjoint(bound):
                flush(group)
        if own is not None:
            waiting.setdefault(own, []).append(number)
        else:
            done.append(replace(let, expr=with_blocks(let.expr, lambda b: gather(b, key, put))))
    for group in list(waiting):
        flush(group)
    return Block(tuple(done), block.results)
