"""A pytest plugin: install the hook if asked to, and write down how each test ended."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

cases: dict[str, list[str]] = {}

if os.environ["SUITES_ENABLE"]:
    import autograph_hook

    autograph_hook.install(enable=os.environ["SUITES_ENABLE"].split(","), mode="auto")


def pytest_runtest_setup() -> None:
    """Some tests draw numbers without a seed, and fail with some of them: both runs draw the same ones."""
    import numpy

    random.seed(0)
    numpy.random.seed(0)


def pytest_runtest_logreport(report: Any) -> None:
    if report.when == "call" or report.outcome != "passed":
        cases.setdefault(report.nodeid, []).append(report.outcome)


def pytest_collectreport(report: Any) -> None:
    if report.outcome == "failed":
        cases.setdefault(f"collecting {report.nodeid}", []).append(report.outcome)


def pytest_sessionfinish() -> None:
    told = {"cases": cases, "loaded": _loaded()}
    Path(os.environ["SUITES_REPORT"]).write_text(json.dumps(told))


def _loaded() -> int:
    """How many modules came through the hook."""
    if not os.environ["SUITES_ENABLE"]:
        return 0
    from autograph_hook.runtime import gate

    return len(gate.MODULES)
