"""The report as one page: a summary, advice, and the source with what was decided on each line.

The page is a single file that loads nothing from anywhere. All that it shows is in its HTML; the script only searches,
sorts and opens. Every text of the user's is escaped, so a source file or a reason cannot bring in markup.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from html import escape
from importlib import resources
from typing import Any

from autograph_hook.reporting.text import by_loss, named, read_source, told
from autograph_hook.reporting.text import seconds as _seconds

Source = Callable[[str], "list[str] | None"]
"""From a file's name to its lines; None where it cannot be read."""

MARKS = {"staged": "S", "mixed": "M", "plain": "P", "unused": " "}
"""The letter beside a line, for those who do not see the colours."""

_COLUMNS = (
    ("function", ""), ("where", ""), ("staged calls", "number"), ("plain calls", "number"), ("graphs", "number"),
    ("tracing", "number"), ("in graphs", "number"), ("plain", "number"), ("why", ""),
)  # fmt: skip


def page(report: Mapping[str, Any], source: Source = read_source) -> str:
    """A whole HTML document of the report that `Report.to_dict` gives."""
    modules = report["modules"]
    style, script = (resources.files(__package__).joinpath("page", name).read_text("utf-8") for name in _PARTS)
    body = [
        "<h1>Staging report</h1>",
        f'<p class="dim">{_count(len(modules), "enabled module")}</p>',
        _counts(modules),
        _advice(report.get("advice", ()), modules),
        _summary(modules),
        "<h2>Source</h2>" if modules else "",
        *(_module(number, module, source) for number, module in enumerate(modules)),
        "<footer>S: the whole function ran as a graph. M: graphs ran for pieces of it. P: it ran as it is written. "
        "Seconds were measured where the report was asked for before the run.</footer>",
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Staging report</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        + "\n".join(part for part in body if part)
        + f"\n<script>\n{script}</script>\n</body>\n</html>\n"
    )


_PARTS = ("style.css", "script.js")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _counts(modules: Iterable[Mapping[str, Any]]) -> str:
    functions = [function for module in modules for function in module["functions"]]
    items = []
    for status in MARKS:
        number = sum(function["status"] == status for function in functions)
        items.append(f'<li class="{status}"><span class="badge {status}">{status}</span> {number:,}</li>')
    return f'<ul class="counts">{"".join(items)}</ul>'


def _anchor(module: int, line: int) -> str:
    return escape(f"m{module}-{line}")


def _advice(advice: Iterable[Mapping[str, Any]], modules: Iterable[Mapping[str, Any]]) -> str:
    numbers = {module["file"]: number for number, module in enumerate(modules)}
    items = []
    for entry in advice:
        where = escape(f"{_short(entry['file'])}:{entry['line']}")
        if entry["file"] in numbers:
            where = f'<a href="#{_anchor(numbers[entry["file"]], entry["line"])}">{where}</a>'
        gain = f' <span class="dim">({_seconds(entry["gain"])})</span>' if entry.get("gain") is not None else ""
        items.append(f"<li>{where}: {escape(entry['text'])}{gain}</li>")
    return f'<h2>Advice</h2>\n<ol class="advice">\n{chr(10).join(items)}\n</ol>' if items else ""


def _short(path: str) -> str:
    return "/".join(path.replace("\\", "/").split("/")[-2:])


def _summary(modules: Iterable[Mapping[str, Any]]) -> str:
    home = {id(f): (number, module) for number, module in enumerate(modules) for f in module["functions"]}
    listed = by_loss(function for module in modules for function in module["functions"])
    if not listed:
        return '<p class="nothing">No function of an enabled module met a tensor at an open gate.</p>'
    heads = []
    for title, kind in _COLUMNS:
        heads.append(f'<th class="{kind}" scope="col"><button type="button">{title}</button></th>')
    rows = [_row(*home[id(function)], function) for function in listed]
    return (
        '<h2>Functions</h2>\n<p><input id="search" type="search" placeholder="Search functions, files and reasons" '
        'aria-label="Search functions, files and reasons"></p>\n'
        f'<div class="scroll"><table id="functions">\n<thead><tr>{"".join(heads)}</tr></thead>\n<tbody>\n'
        + "\n".join(rows)
        + '\n</tbody></table></div>\n<p id="none" class="nothing" hidden>Nothing fits the search.</p>'
    )


def _row(number: int, module: Mapping[str, Any], function: Mapping[str, Any]) -> str:
    seconds = function.get("seconds") or {}
    status = escape(function["status"])
    where = f"{_short(module['file'])}:{function['line']}"
    cells = [
        f'<td><span class="badge {status}">{status}</span> {escape(function["qualname"])}</td>',
        f'<td><a href="#{_anchor(number, function["line"])}">{escape(where)}</a></td>',
        *(_number(function[name], f"{function[name]:,}") for name in _FIGURES),
        *(_number(seconds.get(name) or 0, _seconds(seconds.get(name))) for name in ("tracing", "staged", "plain")),
        f'<td class="reason">{escape(function["reason"] or "")}</td>',
    ]
    return f'<tr class="{status}">{"".join(cells)}</tr>'


_FIGURES = ("calls_staged", "calls_plain", "specializations")


def _number(value: float, text: str) -> str:
    return f'<td class="number" data-key="{escape(str(value))}">{text}</td>'


def _module(number: int, module: Mapping[str, Any], source: Source) -> str:
    functions = module["functions"]
    used = [function for function in functions if function["status"] != "unused"]
    head = f"<strong>{escape(module['name'])}</strong> <span class=\"dim\">{escape(module['file'])}</span>"
    lines = source(module["file"])
    if lines is None:
        body = '<p class="nothing">The source cannot be read any more.</p>'
    else:
        body = f'<div class="source">\n{_source(number, functions, lines)}\n</div>'
    opened = " open" if used else ""
    return f'<details class="module"{opened}><summary>{head}</summary>\n{body}\n</details>'


def _source(number: int, functions: Iterable[Mapping[str, Any]], lines: list[str]) -> str:
    ends = _ends(lines)  # older files do not say where functions end
    taken: dict[str, float] = {}
    status: dict[int, str] = {}
    notes: dict[int, list[str]] = {}
    # An inner function comes later and is shown over the outer one.
    for function in sorted(functions, key=lambda entry: entry["line"]):
        for line in range(function["line"], (function.get("end") or ends.get(function["line"], function["line"])) + 1):
            status[line] = function["status"]
        if function["status"] != "unused":
            notes.setdefault(function["line"], []).extend(_of_function(function))
        statements = told(function["statements"])
        for statement in statements:
            notes.setdefault(statement["line"], []).append(_of_statement(statement))
        for line, calls in _calls(function["statements"]).items():
            notes.setdefault(line, []).append(_note("staged", "staged", f"calls of {', '.join(calls)}"))
        taken.update(function.get("lines") or {})
    rows = []
    for line, text in enumerate(lines, start=1):
        kind = escape(status.get(line, "unused"))
        said = " said" if line in notes else ""
        rows.append(
            f'<div class="row {kind}{said}" id="{_anchor(number, line)}"><span class="n">{MARKS[kind]} {line}</span>'
            f'<span class="code">{escape(text)}</span>{_taken(taken.get(str(line)))}</div>'
        )
        if line in notes:
            rows.append(f'<ul class="notes">{"".join(notes[line])}</ul>')
    return "\n".join(rows)


def _calls(statements: Iterable[Mapping[str, Any]]) -> dict[int, list[str]]:
    """The calls on each line that became part of graphs."""
    found: dict[int, list[str]] = {}
    for statement in statements:
        if statement["construct"] == "call" and statement["decision"] == "staged" and statement.get("what"):
            found.setdefault(statement["line"], []).append(statement["what"])
    return found


def _taken(seconds: float | None) -> str:
    return f'<span class="taken">{_seconds(seconds)} plain</span>' if seconds else ""


def _ends(lines: list[str]) -> dict[int, int]:
    """The last line of each function, by its first, where a decorator of it may stand."""
    try:
        tree = ast.parse("\n".join(lines))
    except (SyntaxError, ValueError):
        return {}
    found: dict[int, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            decorators = getattr(node, "decorator_list", ())
            first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
            found[first] = max(found.get(first, 0), node.end_lineno or first)
    return found


def _note(kind: str, label: str, text: str) -> str:
    return f'<li><span class="badge {escape(kind)}">{escape(label)}</span><span>{escape(text)}</span></li>'


def _of_function(function: Mapping[str, Any]) -> list[str]:
    calls = f"{_count(function['calls_staged'], 'staged call')}, {function['calls_plain']:,} plain"
    reason = f"; {function['reason']}" if function["reason"] else ""
    made = [_note("unused", "graph", f"{entry['why']}: {_count(entry['calls'], 'call')}") for entry in
            function.get("made", ())]  # fmt: skip
    return [_note(function["status"], function["status"], f"{function['qualname']}: {calls}{reason}"), *made]


def _of_statement(statement: Mapping[str, Any]) -> str:
    decision = statement["decision"]
    kind = decision if decision in ("staged", "python", "plain") else "staged"
    text = named(statement) + (f": {statement['reason']}" if statement["reason"] else "")
    if statement.get("value"):
        text += f" ({statement['value']})"
    if statement.get("count", 1) > 1:
        text += f", {statement['count']:,} times"
    return _note(kind, decision, text)
