"""A report: a plain value that is made from what the runtime knows, saved, read back and printed.

Its form, as `to_dict` gives it and as it is saved:

    {"version": 1, "modules": [{"name", "file", "counts": {"staged", "mixed", "plain", "unused"}, "functions": [
       {"qualname", "line", "end": last line or null, "status": "staged" | "mixed" | "plain" | "unused",
        "reason": text or null, "calls_staged", "calls_plain", "specializations",
        "seconds": {"tracing", "staged", "plain"}, each null where it was not measured,
        "made": [{"why": text, "calls"}], one for each graph,
        "varying": [{"place", "was", "is", "times"}],
        "lines": {line: seconds that it ran plain},
        "statements": [
            {"line", "construct", "decision": "staged" | "python" | "plain", "reason": text or null, "count",
             "value": type and origin of what Python decided on, or null, "what": what is called, or null,
             "end": last line, "splits": do graphs run before and behind it, "movable": line or null}]}]}],
     "advice": [{"file", "line", "text", "gain": seconds or null}]}

Of a statement "end", "splits" and "movable" are there only for pieces of a function. Files of older versions lack
"counts", "end", "seconds", "made", "lines", "count", "value" and "what".
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

VERSION = 1


class Report:
    """What was staged, what ran plain and why. Immutable in spirit: it holds a copy of the figures."""

    def __init__(self, modules: Iterable[Mapping[str, Any]], advice: Iterable[Mapping[str, Any]] = ()) -> None:
        self.modules = [dict(module) for module in modules]
        self.advice = [dict(entry) for entry in advice]
        """What would gain most, first: {"file", "line", "text", "gain": seconds or null}."""

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Report:
        """The report that `to_dict` described. Raises ValueError for anything else."""
        if content.get("version") != VERSION or not isinstance(content.get("modules"), list):
            raise ValueError(f"not a report of version {VERSION}")
        _check(content)
        return cls(content["modules"], content.get("advice", ()))

    def to_dict(self) -> dict[str, Any]:
        return {"version": VERSION, "modules": self.modules, "advice": self.advice}

    def to_text(self) -> str:
        """Plain text: the advice, and per module the functions that ran, those that lost most first."""
        from autograph_hook.reporting.text import text

        return text(self.modules, self.advice)

    def show(self, stream: TextIO | None = None) -> None:
        """Print it, with colours and tables where `stream` (standard error) is a terminal and rich is installed."""
        from autograph_hook.reporting.terminal import show

        show(self, sys.stderr if stream is None else stream)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the report to a file: a page if its name ends in .html, JSON if in .json, else text. Raises OSError."""
        name = os.fspath(path)
        if name.endswith(".html"):
            text = self.to_html()
        else:
            text = (json.dumps(self.to_dict(), indent=1) if name.endswith(".json") else self.to_text()) + "\n"
        with open(name, "w", encoding="utf-8") as file:
            file.write(text)

    def to_html(self) -> str:
        """One page for a browser, with the source of the modules where it can be read."""
        from autograph_hook.reporting.html import page

        return page(self.to_dict())


STATUS = ("staged", "mixed", "plain", "unused")
_NUMBERS = ("line", "calls_staged", "calls_plain", "specializations")


def _check(content: Mapping[str, Any]) -> None:
    """What is calculated with, or stands in the markup of a page, is what we write there: a file may be anybody's."""
    try:
        for module in content["modules"]:
            for function in module["functions"]:
                if function["status"] not in STATUS or not all(type(function[name]) is int for name in _NUMBERS):
                    raise ValueError(f"a function of {module['name']} is not described as a report does")
                if not all(type(statement["line"]) is int for statement in function["statements"]):
                    raise ValueError(f"a statement of {function['qualname']} has no line")
        if not all(type(entry["line"]) is int for entry in content.get("advice", ())):
            raise ValueError("an advice has no line")
    except (KeyError, TypeError) as error:
        raise ValueError(f"parts are missing: {error}") from None
