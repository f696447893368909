"""What a report says of the parts of a group of statements: which run as graphs, and why others do not."""

from __future__ import annotations

from typing import Any

from autograph_hook.staging.pieces import INSIDE, Part, Parts


def described(parts: Parts) -> list[dict[str, Any]]:
    """What runs as graphs and what does not, for a report. A construct None is what the statement is."""
    found = _of_loop(parts)
    for part in parts.parts:
        runs = sum(staging.calls_staged for _, staging in part.variants.values())
        if not runs and part.reason in (None, INSIDE):
            continue
        first, last = parts.lines(part)
        graph = f"one graph of lines {first} to {last}" if last > first else "a graph of its own"
        entry = _entry(first, "statements" if last > first else None, runs, graph, part.reason)
        entry["end"] = last
        if not runs:
            entry["splits"] = _splits(parts, part)
            entry["movable"] = _movable(parts, part)
        found.append(entry)
    return found


def _of_loop(parts: Parts) -> list[dict[str, Any]]:
    """What became of the loop around the group."""
    runs = parts.chunk_runs()
    if parts.group.loop is None or not (runs or parts.chunks_left):
        return []
    line = parts.group.loop.lineno
    reason = f"each iteration apart: {parts.chunks_left}"
    found = _entry(line, "for", runs, "some iterations as one graph", reason)
    return [{**found, "decision": "staged", "end": parts.group.loop.end_lineno}]


def _splits(parts: Parts, part: Part) -> bool:
    """Do graphs run right before it and behind it?"""
    at = parts.parts.index(part)
    return 0 < at < len(parts.parts) - 1 and parts.parts[at - 1].has_run() and parts.parts[at + 1].has_run()


def _movable(parts: Parts, part: Part) -> int | None:
    """The last line behind which a statement may as well stand, as far as names tell: behind graphs. None: it must
    stay where it is."""
    if part.end - part.start != 1:
        return None
    used, stored = parts.mixed.uses(parts.group, part.start), parts.mixed.stores(parts.group, part.start)
    found = None
    for other in parts.parts[parts.parts.index(part) + 1 :]:
        for index in range(other.start, other.end):
            if used & parts.mixed.stores(parts.group, index) or stored & parts.mixed.uses(parts.group, index):
                return found
        if other.has_run():
            found = parts.lines(other)[1]
    return found


def _entry(line: int, construct: str | None, runs: int, graph: str, reason: str | None) -> dict[str, Any]:
    decision = "staged" if runs else "plain"
    text = graph if runs else reason
    return {
        "line": line, "construct": construct, "decision": decision, "reason": text, "count": max(1, runs),
        "value": None, "what": None,
    }  # fmt: skip
