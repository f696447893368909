"""The report as plain text, and what all forms of it share: the order of functions, what is said of a statement."""

from __future__ import annotations

import tokenize
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autograph_hook.reporting.report import STATUS

WIDTH = 64
"""From this column on the user's source stands beside what is said of it."""
_ORDER = {"plain": 0, "mixed": 1, "staged": 2}


def read_source(path: str) -> list[str] | None:
    """The lines of a file as Python reads it; None where it cannot be read."""
    try:
        with tokenize.open(path) as file:
            return file.read().splitlines()
    except (OSError, SyntaxError, UnicodeError):
        return None


def text(modules: Sequence[Mapping[str, Any]], advice: Sequence[Mapping[str, Any]]) -> str:
    """The advice, and per module the functions that ran, those that lost most first."""
    if not modules:
        return "autograph_hook: no enabled module was loaded"
    parts = [head(modules), *([_advice(advice)] if advice else []), *map(_module, modules)]
    return "\n\n".join(parts)


def head(modules: Iterable[Mapping[str, Any]]) -> str:
    counts = counted(modules)
    return "Staging report: functions " + ", ".join(f"{counts[status]:,} {status}" for status in STATUS)


def counted(modules: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    functions = [function for module in modules for function in module["functions"]]
    return {status: sum(function["status"] == status for function in functions) for status in STATUS}


def _advice(advice: Sequence[Mapping[str, Any]]) -> str:
    lines = ["Advice, the most valuable first:"]
    for number, entry in enumerate(advice, start=1):
        gain = f" (at most {seconds(entry['gain'])})" if entry.get("gain") is not None else ""
        lines.append(f"  {number}. {entry['file']}:{entry['line']}: {entry['text']}{gain}")
    return "\n".join(lines)


def seconds(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.2f} s" if value >= 0.995 else f"{value * 1e3:.1f} ms"


def by_loss(functions: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The functions that ran: first those that ran plain the longest, then those of which least is staged."""
    return sorted(
        (function for function in functions if function["status"] != "unused"),
        key=lambda f: (-_plain_seconds(f), _ORDER[f["status"]], -f["calls_plain"], f["line"]),
    )


def _plain_seconds(function: Mapping[str, Any]) -> float:
    return (function.get("seconds") or {}).get("plain") or 0.0


def told(statements: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The statements that are worth a line: not the calls that became part of graphs, nor builtins."""
    return [s for s in statements if s["construct"] != "call" or s["decision"] == "plain" or _is_foreign(s)]


def _is_foreign(statement: Mapping[str, Any]) -> bool:
    return statement["decision"] == "python" and str(statement.get("value")).startswith("from the module ")


def named(statement: Mapping[str, Any]) -> str:
    what = statement.get("what")
    return f"{statement['construct']} of {what}" if what else str(statement["construct"])


def why(statement: Mapping[str, Any]) -> str:
    """What is said of a statement behind its decision."""
    reason = (statement["reason"] or "").removesuffix(f" (line {statement['line']})")
    parts = [part for part in (statement.get("value"), reason) if part]
    if statement.get("count", 1) > 1:
        parts.append(f"{statement['count']:,} times")
    return ", ".join(parts)


def measured(function: Mapping[str, Any]) -> str:
    """How long a function was traced, ran in graphs and ran plain, as far as that was measured."""
    found = function.get("seconds") or {}
    names = (("tracing", "tracing"), ("staged", "in graphs"), ("plain", "plain"))
    return ", ".join(f"{text} {seconds(found[name])}" for name, text in names if found.get(name))


def _module(module: Mapping[str, Any]) -> str:
    functions = by_loss(module["functions"])
    unused = len(module["functions"]) - len(functions)
    source = read_source(module["file"]) or []
    lines = [f"{module['name']}  {module['file']}"]
    width = max((len(f["qualname"]) for f in functions), default=0)
    for function in functions:
        lines += _function(function, width, source)
    if unused:
        lines.append(f"  {unused} functions never met a tensor at an open gate")
    return "\n".join(lines)


def _function(function: Mapping[str, Any], width: int, source: Sequence[str]) -> list[str]:
    calls = f"{function['calls_staged']} staged, {function['calls_plain']} plain"
    reason = f"  {function['reason']}" if function["reason"] else ""
    where = f"line {function['line']:<4}  {function['qualname']:{width}}"
    lines = [f"  {function['status']:6}  {where}  {calls:26}{reason}".rstrip()]
    taken = measured(function)
    if taken:
        lines.append(f"          {taken}")
    for entry in function.get("made", ()):
        lines.append(f"          graph: {entry['why']}; {entry['calls']} calls")
    for statement in told(function["statements"]):
        behind = why(statement)
        line = f"          line {statement['line']:<4}  {named(statement)}  {statement['decision']}"
        line += f": {behind}" if behind else ""
        code = source[statement["line"] - 1].strip() if statement["line"] <= len(source) else ""
        lines.append(f"{line:{WIDTH}}  | {code}" if code else line)
    return lines
