"""A report: a plain value that is made from what the runtime knows, saved, read back and printed.

Its form, as `to_dict` gives it and as it is saved:

    {"version": 1, "modules": [{"name", "file", "functions": [
       {"qualname", "line", "status": "staged" | "mixed" | "plain" | "unused", "reason": text or null,
        "calls_staged", "calls_plain", "specializations", "statements": [
            {"line", "construct", "decision", "reason": text or null}]}]}],
     "advice": [{"file", "line", "text", "gain": seconds or null}]}
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

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
        return cls(content["modules"], content.get("advice", ()))

    def to_dict(self) -> dict[str, Any]:
        return {"version": VERSION, "modules": self.modules, "advice": self.advice}

    def to_text(self) -> str:
        """A table for a terminal: per module, the functions that ran, those that lost most first."""
        if not self.modules:
            return "autograph_hook: no enabled module was loaded"
        return "\n\n".join(_module_text(module) for module in self.modules)

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


_ORDER = {"plain": 0, "mixed": 1, "staged": 2}


def _statement(statement: Mapping[str, Any]) -> str:
    reason = f": {statement['reason']}" if statement["reason"] else ""
    return f"          line {statement['line']:<4}  {statement['construct']}  {statement['decision']}{reason}"


def _module_text(module: Mapping[str, Any]) -> str:
    functions = [f for f in module["functions"] if f["status"] != "unused"]
    unused = len(module["functions"]) - len(functions)
    lines = [f"{module['name']}  {module['file']}"]
    functions.sort(key=lambda f: (_ORDER[f["status"]], -f["calls_plain"], f["line"]))
    width = max((len(f["qualname"]) for f in functions), default=0)
    for f in functions:
        calls = f"{f['calls_staged']} staged, {f['calls_plain']} plain"
        reason = f"  {f['reason']}" if f["reason"] else ""
        lines.append(f"  {f['status']:6}  line {f['line']:<4}  {f['qualname']:{width}}  {calls:26}{reason}".rstrip())
        lines += [_statement(statement) for statement in f["statements"]]
    if unused:
        lines.append(f"  {unused} functions never met a tensor at an open gate")
    return "\n".join(lines)
