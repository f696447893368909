"""What would gain most if it were changed, from what a run has shown.

Each kind of advice is one function from what is known of a function to entries, or one line in the table of reasons.
All of it follows from facts in the report. The gain is the time that the lines ran plain, so at most that much can be
gained; it is null where no time was measured or none is lost on a line.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from autograph_hook.reporting.reasons import OF_A_SCRIPT, REASONS, SCRIPT, VALUE, WATCHED
from autograph_hook.reporting.source import Source, shortened, shown

MOST = 30
FEWEST_CHANGES = 3
"""So often must a place have changed."""
FEWEST_CALLS = 2

Function = Mapping[str, Any]
Entry = dict[str, Any]


def advice(modules: Iterable[Mapping[str, Any]], sources: Mapping[str, Source]) -> list[Entry]:
    """The most valuable first."""
    found: dict[tuple[str, int, str], Entry] = {}
    modules = list(modules)
    lost = _lost_elsewhere(function for module in modules for function in module["functions"])
    for module in modules:
        source = sources.get(module["file"], Source(None))
        causes = list(_causes(module["functions"], source, lost))
        said: list[tuple[int, str, float | None]] = []
        for function in module["functions"]:
            if not (function["reason"] == WATCHED and any(_is_in(function, line) for line, _, _ in causes)):
                said += _reasons(function, source, lost)
            for kind in _KINDS:
                said += kind(function, source)
        lines = {line for line, _, _ in said}
        for line, text, gain in [*said, *(cause for cause in causes if cause[0] not in lines)]:
            entry = {"file": module["file"], "line": line, "text": text, "gain": gain or None}
            found.setdefault((module["file"], line, text), entry)
    return sorted(found.values(), key=lambda entry: -(entry["gain"] or 0.0))[:MOST]


Said = Iterator[tuple[int, str, "float | None"]]


def _lost_elsewhere(functions: Iterable[Function]) -> dict[str, float]:
    """By reason: how long statements ran plain for a reason that lies elsewhere, in what they call."""
    found: dict[str, float] = {}
    for function in functions:
        for statement in function["statements"]:
            if _cause_elsewhere(statement) is not None:
                reason = _bare(statement["reason"])
                found[reason] = found.get(reason, 0.0) + (_seconds(function, *_lines_of(statement)) or 0.0)
    return found


def _causes(functions: Sequence[Function], source: Source, lost: Mapping[str, float]) -> Said:
    """What keeps statements plain that lie elsewhere, where they lie."""
    for function in functions:
        for statement in function["statements"]:
            line = _cause_elsewhere(statement)
            inside = next((each for each in functions if line is not None and _is_in(each, line)), None)
            text = _known(inside, statement["reason"]) if inside is not None else None
            if line is not None and inside is not None and text is not None:
                gain = lost[_bare(statement["reason"])] + (_seconds(inside, line, line) or 0.0)
                yield line, f"{_quoted(source, line)} {text}", gain


def _is_in(function: Function, line: int) -> bool:
    return bool(function["line"] <= line <= (function["end"] or 0))


def _lines_of(statement: Mapping[str, Any]) -> tuple[int, int]:
    return statement["line"], statement.get("end") or statement["line"]


def _cause_elsewhere(statement: Mapping[str, Any]) -> int | None:
    """The line of what keeps a statement plain, if it is none of its own."""
    if statement["decision"] != "plain":
        return None
    (line, last), cause = _lines_of(statement), _line(statement["reason"])
    return None if cause is None or line <= cause <= last else cause


def _bare(reason: str) -> str:
    """The reason, without the line that it names."""
    return re.sub(r" \(line \d+\)$", "", reason)


def _reasons(function: Function, source: Source, lost: Mapping[str, float]) -> Said:
    """What keeps a function, or a statement of it, plain."""
    plain = [statement for statement in function["statements"] if statement["decision"] == "plain"]
    for statement in plain:
        line, last = _lines_of(statement)
        if not source.is_branch(line) and any(
            each["decision"] == "staged" and "end" in each and line <= each["line"] <= last
            for each in function["statements"]
        ):
            continue  # graphs run inside it, as often as it goes around
        if _cause_elsewhere(statement) is not None:
            continue  # where it is said
        whole = function["seconds"]["plain"] if function["status"] == "plain" else None
        seconds = whole or _seconds(function, line, last)
        seconds = (seconds or 0.0) + lost.get(_bare(statement["reason"]), 0.0)
        text = _split(function, statement) if statement.get("splits") else None
        text = text or _known(function, statement["reason"], bool(statement.get("splits")))
        if text is not None:
            yield line, f"{_quoted(source, line)} {text}", seconds
    reason = function["reason"]
    if reason is not None and function["status"] in ("plain", "mixed") and not plain:
        text = _known(function, reason)
        if text is not None:
            line = _cause(function, source, reason)
            yield line, f"{_quoted(source, line)} {text}", function["seconds"]["plain"]


def _split(function: Function, statement: Mapping[str, Any]) -> str | None:
    """What to do with a statement between two graphs that might stand behind both, as far as names tell."""
    reason = _bare(statement["reason"])
    is_known = any(re.search(pattern, reason) for pattern, _ in REASONS if pattern != VALUE)
    if is_known or (statement["movable"] is None and re.search(VALUE, reason)):
        return None
    move = f"; move it after line {statement['movable']}" if statement["movable"] else ""
    name = "the script" if function["qualname"] == SCRIPT else function["qualname"]
    return f"splits {name}: {reason}{move}"


def _known(function: Function, reason: str, splits: bool = False) -> str | None:
    for pattern, text in REASONS:
        match = re.search(pattern, reason)
        if match is not None:
            effect = "so {} runs plain" if function["status"] == "plain" else "so {} is not one graph"
            effect = "so it splits {}" if splits else effect
            name = function["qualname"]
            said = text.format(**{"function": name, "effect": effect.format(name), **match.groupdict()})
            return _of_a_script(said) if name == SCRIPT else said
    return None


def _of_a_script(text: str) -> str:
    for words, others in OF_A_SCRIPT:
        text = text.replace(words, others)
    return text


_CAUSES: Mapping[str, tuple[type[ast.stmt], ...]] = {
    "imports a module": (ast.Import, ast.ImportFrom),
    "defines a class": (ast.ClassDef,),
}


def _cause(function: Function, source: Source, reason: str) -> int:
    """The line of what a reason is about, where that can be seen in the source."""
    kinds = next((kinds for begin, kinds in _CAUSES.items() if begin in reason), None)
    if kinds is not None:
        lines = [node.lineno for node in ast.walk(source.tree) if isinstance(node, kinds)]
        inside = [line for line in lines if function["line"] <= line <= (function["end"] or 0)]
        if inside:
            return min(inside)
    return _line(reason) or int(function["line"])


def _line(reason: str) -> int | None:
    """The line of the user's that a reason names, behind itself or as an error does."""
    found = re.search(r"\(line (\d+)\)$|^[^\n]+?:(\d+), in \S+: ", reason)
    return int(found[1] or found[2]) if found else None


def _varying(function: Function, source: Source) -> Said:
    """A value for which graphs are made again and again."""
    for change in function["varying"]:
        if change["times"] < FEWEST_CHANGES or re.match(r"an? \w+ (?:tensor|ndarray)\b", change["is"]):
            continue  # a tensor that varies becomes an input
        line = source.reads(change["place"], function["line"], function["end"] or function["line"])
        text = f"{change['place']} changed {change['times']} times (it was {change['was']}, is {change['is']})"
        what = next(what for pattern, what in _VARIES if re.match(pattern, change["is"]))
        seconds = (function["seconds"]["tracing"] or 0.0) + (function["seconds"]["plain"] or 0.0)
        yield line or function["line"], f"{text}: {what.format(function=function['qualname'])}", seconds


_VARIES = (
    (r"a (?:list|dict|set|tuple)\b", "a graph is made for each number of elements that {function} reads; keep a "
     "tensor, or a container that does not grow"),
    (r"['\"b]", "it is text, and a graph is made for each one; choose before {function} is called"),
    (r"(?:True|False|None)$", "a graph is made for each; make it a tensor if it is to follow the data"),
    (r"-?\d", "a graph was made for each value; make it a tensor, or a tf.Variable"),
    (r"", "it is an object, and a graph is made for each one; keep one object and change what is in it"),
)  # fmt: skip
"""By how the value is shown: what follows from that."""


def _decided_once(function: Function, source: Source) -> Said:
    """An `if` of the program's own graph that a Python value has decided, for good."""
    for statement in function["statements"]:
        if statement["decision"] != "python" or statement["construct"] not in _CHOICES or not statement["reason"]:
            continue
        node = source.subject(statement["line"], statement["construct"])
        while isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            node = node.operand
        kind = (statement["value"] or "").partition(",")[0]
        if isinstance(node, (ast.Name, ast.Attribute)) and kind in ("bool", "int", "float"):
            text = f"{_quoted(source, statement['line'])} was decided once, because `{shown(node)}` is a Python {kind}"
            yield statement["line"], f"{text}: if it is to follow the data, make it a tensor", None


_CHOICES = ("if", "while", "conditional expression")


def _not_enabled(function: Function, source: Source) -> Said:
    """A module of which functions are called while graphs are built, and which is not enabled."""
    calls: dict[str, tuple[int, int]] = {}
    for statement in function["statements"]:
        module = (statement["value"] or "").partition("from the module ")[2]
        if statement["construct"] == "call" and statement["decision"] == "python" and module:
            count, line = calls.get(module, (0, statement["line"]))
            calls[module] = count + statement["count"], line
    for module, (count, line) in calls.items():
        if count >= FEWEST_CALLS and not _is_library(module):
            text = f"the module {module} is not enabled, and {function['qualname']} called it {count:,} times while "
            yield line, f"{text}graphs were built: what it did is part of no graph; enable it", None


def _is_library(module: str) -> bool:
    import sys

    return module.partition(".")[0] in {*sys.stdlib_module_names, "numpy"}


_KINDS: Sequence[Callable[[Function, Source], Said]] = (_varying, _decided_once, _not_enabled)


def _quoted(source: Source, line: int) -> str:
    text = source.line(line)
    return f"`{shortened(text)}`" if text else f"line {line}"


def _seconds(function: Function, first: int, last: int) -> float | None:
    """The time that some lines ran plain."""
    lines = function["lines"]
    found = sum(seconds for line, seconds in lines.items() if first <= int(line) <= last)
    return found if lines else None
