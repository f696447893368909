"""Run the text of a program with everything noted, and ask for the report of it."""

from __future__ import annotations

import itertools
import sys
import textwrap
import types
from collections.abc import Callable
from typing import Any

import pytest

from autograph_hook.reporting import Report, journal
from autograph_hook.runtime import summary
from autograph_hook.runtime.attach import attach
from autograph_hook.runtime.sampling import Line, sampling
from autograph_hook.settings import ModuleOptions
from autograph_hook.staging import outermost
from autograph_hook.transpiler import transform

HEAD = """\
import numpy as np
import tensorflow as tf

def pad(x):
    for _ in range(8):
        x = (x + 1) - 1
    return x

"""
FIRST = HEAD.count("\n")
"""Lines before the first one of a program."""

_numbers = itertools.count()
_kept: list[types.ModuleType] = []


class Reported:
    """A program that was run by `act`; line numbers are those of its own text."""

    def __init__(
        self, source: str, act: Callable[[Any], Any], samples: dict[int, float] | None = None, **options: Any
    ) -> None:
        text = HEAD + textwrap.dedent(source).lstrip("\n")
        self.path = f"<reported {next(_numbers)}>"
        self.module = types.ModuleType("reported_program")
        sys.modules["reported_program"] = self.module
        _kept.append(self.module)
        chosen = ModuleOptions(**{"mode": "auto", "warm_up": 1, **options})
        payload = transform(text.encode(), self.path).payload()
        exec(attach(payload, "reported_program", self.path, chosen, lambda: (text.encode(), frozenset())),
             vars(self.module))  # fmt: skip
        self.result = act(self.module)
        for line, seconds in (samples or {}).items():
            sampling.seconds[Line(self.path, FIRST + line, False)] = seconds
        self.report: Report = summary.report()
        described = next(m for m in self.report.modules if m["file"] == self.path)
        self.described = described
        self.functions = {function["qualname"]: function for function in described["functions"]}

    def decisions(self, name: str, *constructs: str) -> list[tuple[Any, ...]]:
        """Line, construct, decision and value of a function's statements, or only of these constructs."""
        return [
            (s["line"] - FIRST, s["construct"], s["decision"], s["value"])
            for s in self.functions[name]["statements"]
            if not constructs or s["construct"] in constructs
        ]

    @property
    def advice(self) -> list[tuple[int, str]]:
        return [(each["line"] - FIRST, each["text"]) for each in self.report.advice if each["file"] == self.path]


@pytest.fixture(autouse=True)
def collecting(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a report had been asked for, but with no thread that looks where the time goes."""
    monkeypatch.setattr(journal, "collecting", True)
    monkeypatch.setattr(outermost, "_answer", outermost._timed)


__all__ = ["FIRST", "Reported", "collecting"]
