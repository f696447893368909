"""The report on a terminal or in a notebook, by rich where it is installed; elsewhere as plain text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from autograph_hook.reporting.text import by_loss, counted, named, read_source, seconds, told, why

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

    from autograph_hook.reporting.report import Report

COLOURS = {"staged": "green", "mixed": "yellow", "plain": "red", "unused": "bright_black", "python": "cyan"}
MOST_FUNCTIONS = 10
"""Those whose source is shown: the ones that lose most."""
MOST_LINES = 12
"""Of one function."""


def show(report: Report, stream: TextIO, is_notebook: bool = False) -> None:
    """Print a report: with colours and tables where the stream is a terminal or a notebook's, and rich is installed."""
    console = _console(stream, is_notebook)
    if console is None:
        print(report.to_text(), file=stream)
    else:
        render(report, console)


def _console(stream: TextIO, is_notebook: bool) -> Console | None:
    if not is_notebook and not stream.isatty():
        return None
    try:
        from rich.console import Console
    except ImportError:
        return None
    return Console(file=stream, highlight=False, force_jupyter=is_notebook)


def render(report: Report, console: Console) -> None:
    if not report.modules:
        console.print("autograph_hook: no enabled module was loaded")
        return
    console.rule("Staging report")
    console.print(_counts(report.modules))
    if report.advice:
        console.print(_advice(report.advice))
    found = [(module, function) for module in report.modules for function in module["functions"]]
    listed = by_loss(function for _, function in found)
    if not listed:
        console.print("No function of an enabled module met a tensor at an open gate.")
        return
    home = {id(function): module for module, function in found}
    console.print(_table(listed, home))
    for function in [each for each in listed if _marked(each)][:MOST_FUNCTIONS]:
        console.print(_source(function, home[id(function)]["file"]))


def _counts(modules: Iterable[Mapping[str, Any]]) -> Text:
    from rich.text import Text

    shown = Text("functions: ")
    for status, count in counted(modules).items():
        shown.append(f"{count:,} {status}  ", COLOURS[status])
    return shown


def _advice(advice: Sequence[Mapping[str, Any]]) -> RenderableType:
    from rich.table import Table

    table = Table(title="Advice, the most valuable first", title_justify="left", show_header=False, box=None)
    table.add_column(justify="right")
    table.add_column(style="cyan", overflow="fold")
    table.add_column(overflow="fold", ratio=1)
    table.add_column(justify="right", no_wrap=True)
    for number, entry in enumerate(advice, start=1):
        gain = entry.get("gain")
        table.add_row(
            f"{number}.", _text(f"{_short(entry['file'])}:{entry['line']}"), _text(entry["text"]),
            f"≤ {seconds(gain)}" if gain is not None else "",
        )  # fmt: skip
    return table


def _table(functions: Iterable[Mapping[str, Any]], home: Mapping[int, Mapping[str, Any]]) -> RenderableType:
    from rich.table import Table

    table = Table(title="Functions, the most time lost first", title_justify="left", header_style="bold", expand=False)
    for name in ("", "function", "where"):
        table.add_column(name, overflow="fold")
    for name in ("staged", "plain", "graphs", "tracing", "in graphs", "plain"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("why", overflow="fold")
    for function in functions:
        taken = function.get("seconds") or {}
        table.add_row(
            _text(function["status"], COLOURS[function["status"]]),
            _text(function["qualname"]),
            _text(f"{_short(home[id(function)]['file'])}:{function['line']}"),
            *(f"{function[name]:,}" for name in ("calls_staged", "calls_plain", "specializations")),
            *(seconds(taken.get(name)) if taken.get(name) else "" for name in ("tracing", "staged", "plain")),
            _text(function["reason"] or ""),
        )
    return table


def _marked(function: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The statements that Python has decided or run."""
    return [statement for statement in told(function["statements"]) if statement["decision"] != "staged"]


def _source(function: Mapping[str, Any], path: str) -> Text:
    """The lines of a function of which there is something to say, and what."""
    from rich.text import Text

    source = read_source(path) or []
    shown = Text(f"{function['qualname']}  ", "bold").append(f"{_short(path)}:{function['line']}", "cyan not bold")
    said = _marked(function)
    lines = sorted({statement["line"] for statement in said})
    taken = function.get("lines") or {}
    for line in lines[:MOST_LINES]:
        code = source[line - 1].rstrip() if line <= len(source) else ""
        shown.append(f"\n{line:>6} ", "bright_black not bold").append(code, "not bold")
        if taken.get(str(line)):
            shown.append(f"  ({seconds(taken[str(line)])} plain)", "bright_black not bold")
        for statement in said:
            if statement["line"] == line:
                colour = COLOURS.get(statement["decision"], "cyan")
                shown.append("\n         ").append(statement["decision"], f"{colour} not bold")
                shown.append(f" {named(statement)}: {why(statement)}", "not bold")
    if len(lines) > MOST_LINES:
        shown.append(f"\n       … and {len(lines) - MOST_LINES} more lines", "bright_black not bold")
    return shown.append("\n")


def _text(content: str, style: str = "") -> Text:
    """The user's text, in which nothing is markup."""
    from rich.text import Text

    return Text(content, style)


def _short(path: str) -> str:
    return "/".join(path.replace("\\", "/").split("/")[-2:])
