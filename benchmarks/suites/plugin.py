"""A pytest plugin: install the hook if asked to, and write down how each test ended, the processor time of each, and
what came through the hook. It stands alone: suites have packages `tests` and `benchmarks` of their own."""

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
loaded: list[str] = []
problems: list[str] = []
MOST_FUNCTIONS = 40
report_path = Path(os.environ["SUITES_REPORT"])


def watch() -> None:
    """Note which modules get gates, and what of them cannot be transformed."""
    from autograph_hook.importing import loader

    attach, fall_open = loader.attach, loader.Loader._fall_open

    def attached(payload: Any, name: str, path: str, *rest: Any) -> Any:
        loaded.append(name)
        problems.extend(f"{path}:{line}: {text}" for line, text in payload[5])
        return attach(payload, name, path, *rest)

    def fallen(self: Any, path: str, failure: Exception, options: Any) -> None:
        problems.append(f"{path}: {type(failure).__name__}: {failure}")
        fall_open(self, path, failure, options)

    loader.attach = attached
    loader.Loader._fall_open = fallen  # type: ignore[method-assign]


if os.environ["SUITES_ENABLE"]:
    import autograph_hook

    watch()
    if os.environ["SUITES_INSTALL"]:
        is_cached = not sys.dont_write_bytecode
        autograph_hook.install(enable=os.environ["SUITES_ENABLE"].split(","), mode="auto", cache=is_cached)


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
    random.seed(0)
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(0)


def pytest_runtest_logreport(report: Any) -> None:
    if type(report).__name__ == "SubtestReport" and not report.failed:
        return
    if report.when == "call" or report.outcome != "passed":
        _note(report.nodeid, report)


def pytest_collectreport(report: Any) -> None:
    if report.outcome == "failed":
        _note(f"collecting {report.nodeid}", report)


def _note(name: str, report: Any) -> None:
    cases.setdefault(name, []).append(_ending(report))
    if report.outcome == "failed":
        crash = getattr(report.longrepr, "reprcrash", None)
        reasons[name] = (crash.message if crash else str(report.longrepr)).strip()[-400:]


def _ending(report: Any) -> str:
    if hasattr(report, "wasxfail"):
        return "xpassed" if report.outcome == "passed" else "xfailed"
    is_of_the_test = getattr(report, "when", None) == "call"
    return "error" if report.outcome == "failed" and not is_of_the_test else str(report.outcome)


def pytest_sessionfinish() -> None:
    told = {"cases": cases, "reasons": reasons, "seconds": seconds, "functions": []}
    told |= {"loaded": sorted(set(loaded)), "problems": sorted(set(problems))}
    if os.environ["SUITES_ENABLE"] and "tensorflow" in sys.modules:
        told["functions"] = _functions()
    report_path.write_text(json.dumps(told))


def _functions() -> list[dict[str, Any]]:
    """The functions in which most time went into traces of the hook's own."""
    functions = [
        {
            "name": f"{module['name']}.{function['qualname']}",
            "tracing": function["seconds"]["tracing"],
            "graphs": [made["calls"] for made in function["made"]],
            "staged": function["calls_staged"],
            "reason": function["reason"],
        }
        for module in autograph_hook.report().modules
        for function in module["functions"]
        if function["seconds"]["tracing"]
    ]
    functions.sort(key=lambda function: -function["tracing"])
    return functions[:MOST_FUNCTIONS]
