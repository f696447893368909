"""What the runtime knows of each enabled module, as plain values for a report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autograph_hook.reporting import Report, journal
from autograph_hook.reporting.advice import advice
from autograph_hook.reporting.source import Source
from autograph_hook.runtime.gate import MODULES, Gate, Module
from autograph_hook.runtime.mixed import MixedFunction
from autograph_hook.runtime.operators.noting import CALL
from autograph_hook.runtime.sampling import sampling
from autograph_hook.staging.known import Staging

_STATUS = ("staged", "mixed", "plain", "unused")


def report() -> Report:
    """What was staged so far in this process and what was not, and why."""
    sources: dict[str, Source] = {}
    described = modules(sources)
    return Report(described, advice(described, sources))


def modules(sources: dict[str, Source] | None = None) -> list[dict[str, Any]]:
    """One entry for each enabled module that is loaded, or whose functions have been staged since it went, in the order
    of loading. The files that were read for it are put into `sources`."""
    found = []
    for reference in list(MODULES):
        module = reference()
        if module is not None and (not module.has_departed or any(gate.staging or gate.mixed for gate in module.gates)):
            source = _source(module)
            if sources is not None:
                sources[module.path] = source
            found.append(_described(module, source))
    return found


def _source(module: Module) -> Source:
    try:
        if module.source is not None:
            return Source(module.source()[0])
        with open(module.path, "rb") as file:
            return Source(file.read())
    except (OSError, ValueError):
        return Source(None)


def _described(module: Module, source: Source) -> dict[str, Any]:
    functions = [_function(gate, source) for gate in module.gates]
    for entry in journal.entries(module.path):
        home = _home(entry.line, functions, entry.function)
        if home is not None and not _is_of_chunks(entry, home):
            home["statements"].append(_statement(entry, source))
    for line, seconds in list(sampling.seconds.items()):
        home = _home(line.line, functions) if line.path == module.path else None
        if home is not None:
            _add_seconds(home, line.line, line.is_twin, seconds)
    for function in functions:
        function["statements"].sort(key=lambda statement: statement["line"])
    counts = {status: sum(function["status"] == status for function in functions) for status in _STATUS}
    return {"name": module.name, "file": module.path, "counts": counts, "functions": functions}


def _home(line: int, functions: list[dict[str, Any]], name: str | None = None) -> dict[str, Any] | None:
    """The function that a line stands in: the innermost one, of those with its name where there are such."""
    around = [f for f in functions if f["line"] <= line and (f["end"] is None or line <= f["end"])]
    named = [f for f in around if f["qualname"].rpartition(".")[2] == name]
    return max(named or around, key=lambda f: f["line"], default=None)


def _is_of_chunks(entry: journal.Entry, home: dict[str, Any]) -> bool:
    """Is it the loop over the iterations that run as one graph?"""
    graphs = [s for s in home["statements"] if s["line"] == entry.line and s["construct"] == "for" and "end" in s]
    return entry.construct == "for" and bool(graphs)


def _statement(entry: journal.Entry, source: Source) -> dict[str, Any]:
    construct, value = entry.construct, entry.value
    what = None
    if construct.startswith(CALL):
        construct, what = "call", source.called(entry.line, construct[len(CALL) :])
    elif value is not None:
        origin = source.origin(entry.line, construct)
        value = f"{value}, {origin}" if origin else value
    return {
        "line": entry.line,
        "construct": construct,
        "decision": entry.decision,
        "reason": entry.reason,
        "count": entry.times,
        "value": value,
        "what": what,
    }


def _add_seconds(function: dict[str, Any], line: int, is_twin: bool, seconds: float) -> None:
    kind = "tracing" if is_twin else "plain"
    function["seconds"][kind] = (function["seconds"][kind] or 0.0) + seconds
    if not is_twin:
        lines = function["lines"]
        lines[str(line)] = lines.get(str(line), 0.0) + seconds


def _stagings(gate: Gate) -> Iterator[tuple[str, Staging]]:
    """Those of a function as a whole and of its pieces, with what each stands for."""
    staging, mixed = gate.staging, gate.mixed
    if staging is not None:
        yield "", staging
    if isinstance(mixed, MixedFunction):
        for parts in mixed.parts:
            yield from parts.stagings()


def _function(gate: Gate, source: Source) -> dict[str, Any]:
    qualname, line, _size, _flags = gate.function
    staging = gate.staging
    made = gate.mixed
    mixed = made if isinstance(made, MixedFunction) else None
    staged = staging.calls_staged if staging is not None else 0
    plain = gate.calls + (staging.calls_plain if staging is not None else 0)
    pieces = mixed.described() if mixed is not None else []
    for piece in pieces:
        if piece["construct"] is None:
            piece["construct"] = source.statement(piece["line"])
    end = source.end(line)
    status, reason = _status(gate, staged, plain, pieces)
    if mixed is None and staging is not None and staging.reason is not None and staging.line is not None:
        pieces.append(_ended(staging.line, staging.reason, source))
    return {
        "qualname": qualname,
        "line": line,
        "end": end,
        "status": status,
        "reason": reason,
        "calls_staged": staged,
        "calls_plain": plain,
        "specializations": sum(len(each.specializations) for _, each in _stagings(gate)),
        "seconds": _seconds(gate),
        "made": _made(gate, source, line, end or line),
        "varying": staging.history.described() if staging is not None and staging.history is not None else [],
        "statements": pieces,
        "lines": {},
    }


def _ended(line: int, reason: str, source: Source) -> dict[str, Any]:
    """The statement at which a trace ended, so that the whole function is plain."""
    return {
        "line": line, "construct": source.statement(line), "decision": "plain", "reason": reason, "count": 1,
        "value": None, "what": None,
    }  # fmt: skip


def _status(gate: Gate, staged: int, plain: int, pieces: list[dict[str, Any]]) -> tuple[str, str | None]:
    staging = gate.staging
    whole = staging.reason if staging is not None else None
    entered = journal.entered(gate.code()) if gate.module.is_twinned else 0
    inside = f"part of graphs: traced {'once' if entered == 1 else f'{entered} times'}"
    if gate.plain:
        return ("plain" if plain else "unused"), "marked plain"
    if not staged and any(piece["decision"] == "staged" for piece in pieces):
        return "mixed", whole and f"not as one graph: {whole}"
    if whole is not None:
        if entered and staging.is_small:
            return "staged", f"{inside}; called by itself it runs plain: {whole}"
        return "plain", f"{whole}; {inside}" if entered else whole
    if staged:
        return "staged", staging.refusal and f"other kinds of calls run plain: {staging.refusal}"
    if entered:
        return "staged", inside
    if pieces:
        return "plain", "none of its statements is a graph"
    return ("plain" if plain else "unused"), _not_yet(staging)


def _not_yet(staging: Staging | None) -> str | None:
    """Why a function has run plain that may still be staged."""
    if staging is None:
        return None
    if staging.refusal is not None:
        return staging.refusal
    if staging.failures:
        return f"{staging.failures} staged calls failed, and were answered by plain ones"
    if staging.calls:
        waits = staging.calls > staging.warm_up
        return "waits for the function around it" if waits else f"warming up, {staging.warm_up} calls"
    return None


def _seconds(gate: Gate) -> dict[str, float | None]:
    """Exact for tracing and staged calls; the plain ones are added from samples."""
    records = [staging.record for _, staging in _stagings(gate)]
    mixed = gate.mixed
    if isinstance(mixed, MixedFunction):
        records += [parts.record for parts in mixed.parts]
    staged = [record.seconds_staged for record in records if record.seconds_staged is not None]
    tracing = sum(record.seconds_tracing for record in records)
    is_measured = journal.collecting
    return {
        "tracing": tracing if tracing or is_measured else None,
        "staged": sum(staged) if staged or is_measured else None,
        "plain": 0.0 if is_measured else None,
    }


def _made(gate: Gate, source: Source, first: int, last: int) -> list[dict[str, Any]]:
    """One entry for each graph: why it was made, and how often it ran."""
    found = []
    for what, staging in _stagings(gate):
        for made in staging.record.made(staging.specializations):
            lines = [line for place in made.places if (line := source.reads(place, first, last)) is not None]
            where = f" (line {min(lines)})" if lines else ""
            found.append({"why": f"{what}{made.why}{where}", "calls": made.calls})
    return found
