"""A pytest plugin: install the hook if asked to, and write down how each test ended and the processor time of each."""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

cases: dict[str, list[str]] = {}
reasons: dict[str, str] = {}
"""Of what did not pass: the last line of what pytest says."""
seconds: dict[str, float] = {}
"""The processor time of each test, what it sets up included."""
MOST_FUNCTIONS = 40
report_path = Path(os.environ["SUITES_REPORT"])

if os.environ["SUITES_ENABLE"]:
    import autograph_hook

    autograph_hook.install(enable=os.environ["SUITES_ENABLE"].split(","), mode="auto")


def pytest_collection_finish() -> None:
    """Some tests read absl's flags, which their own `main` would parse."""
    flags = sys.modules.get("absl.flags")
    if flags is not None:
        flags.FLAGS.mark_as_parsed()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: Any) -> Iterator[None]:
    report_path.with_suffix(".now").write_text(item.nodeid)
    start = time.process_time()
    try:
        return (yield)
    finally:
        seconds[item.nodeid] = time.process_time() - start


def pytest_runtest_setup() -> None:
    """Some tests draw numbers without a seed, and fail with some of them: both runs draw the same ones."""
    import numpy

    random.seed(0)
    numpy.random.seed(0)


def pytest_runtest_logreport(report: Any) -> None:
    if report.when == "call" or report.outcome != "passed":
        _note(report.nodeid, report)


def pytest_collectreport(report: Any) -> None:
    if report.outcome == "failed":
        _note(f"collecting {report.nodeid}", report)


def _note(name: str, report: Any) -> None:
    cases.setdefault(name, []).append(report.outcome)
    if report.outcome == "failed":
        crash = getattr(report.longrepr, "reprcrash", None)
        reasons[name] = (crash.message if crash else str(report.longrepr)).strip()[-400:]


def pytest_sessionfinish() -> None:
    told = {"cases": cases, "reasons": reasons, "seconds": seconds, "loaded": 0, "functions": []}
    if os.environ["SUITES_ENABLE"]:
        told |= _of_the_hook()
    report_path.write_text(json.dumps(told))


def _of_the_hook() -> dict[str, Any]:
    """How many modules came through the hook, and in which functions most time went into traces of its own."""
    described = autograph_hook.report().modules
    functions = [
        {
            "name": f"{module['name']}.{function['qualname']}",
            "tracing": function["seconds"]["tracing"],
            "graphs": [made["calls"] for made in function["made"]],
            "staged": function["calls_staged"],
            "reason": function["reason"],
        }
        for module in described
        for function in module["functions"]
        if function["seconds"]["tracing"]
    ]
    functions.sort(key=lambda function: -function["tracing"])
    return {"loaded": len(described), "functions": functions[:MOST_FUNCTIONS]}
