"""What the runtime knows of each enabled module, as plain values for a report."""

from __future__ import annotations

from typing import Any

from autograph_hook.reporting import journal
from autograph_hook.runtime.gate import MODULES, Gate, Module


def modules() -> list[dict[str, Any]]:
    """One entry for each enabled module that is loaded, in the order of loading."""
    found = []
    for reference in list(MODULES):
        module = reference()
        if module is not None:
            found.append(_described(module))
    return found


def _described(module: Module) -> dict[str, Any]:
    functions = [_function(gate) for gate in module.gates]
    for entry in journal.entries(module.path):
        home = _home(entry, functions)
        if home is not None:
            home["statements"].append(
                {"line": entry.line, "construct": entry.construct, "decision": entry.decision, "reason": entry.reason}
            )
    return {"name": module.name, "file": module.path, "functions": functions}


def _home(entry: journal.Entry, functions: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The function that a construct stands in: of those with its name the last one that begins before it."""
    named = [f for f in functions if f["line"] <= entry.line and f["qualname"].rpartition(".")[2] == entry.function]
    return max(named, key=lambda f: f["line"], default=None)


def _function(gate: Gate) -> dict[str, Any]:
    qualname, line, _size, _flags = gate.function
    staging = gate.staging
    staged = staging.calls_staged if staging is not None else 0
    plain = staging.calls_plain if staging is not None else 0
    plain += gate.calls
    reason: str | None = None
    if gate.plain:
        reason = "marked plain"
    elif staging is not None and staging.reason is not None:
        reason = staging.reason
    elif staging is not None and staging.refusal is not None:
        reason = f"other kinds of calls run plain: {staging.refusal}"
    elif gate.twin_calls and not staged:
        reason = f"part of graphs: traced {gate.twin_calls} times"
    elif staging is not None and staging.failures and not staged:
        reason = f"{staging.failures} staged calls failed, and were answered by plain ones"
    elif staging is not None and staging.calls and not staged:
        waits = staging.calls > staging.warm_up
        reason = "waits for the function around it" if waits else f"warming up, {staging.warm_up} calls"
    pieces = gate.mixed.described() if gate.mixed is not None and not isinstance(gate.mixed, str) else []
    if not staged and any(piece["decision"] == "a graph" for piece in pieces):
        whole = staging.reason if staging is not None else None
        status, reason = "mixed", whole and f"not as one graph: {whole}"
    elif staged or (gate.twin_calls and (staging is None or staging.reason is None)):
        status = "staged"
    else:
        status = "plain" if plain else "unused"
    return {
        "qualname": qualname,
        "line": line,
        "status": status,
        "reason": reason,
        "calls_staged": staged,
        "calls_plain": plain,
        "specializations": len(staging.specializations) if staging is not None else 0,
        "statements": pieces,
    }
