"""A pytest plugin: writes the outcome of each case, and which modules came through the hook, to a file.

With TRANSPARENCY_ENABLE it also installs the hook. It stands alone: suites have their own `tests`.
"""

import json
import os
import sys

if os.environ.get("TRANSPARENCY_ENABLE"):
    import autograph_hook

    autograph_hook.install(enable=os.environ["TRANSPARENCY_ENABLE"].split(","), cache=False)

cases = {}


def pytest_runtest_logreport(report):
    if type(report).__name__ == "SubtestReport" and not report.failed:
        return
    if report.when == "call" or report.outcome != "passed":
        outcome = "error" if report.failed and report.when != "call" else report.outcome
        if hasattr(report, "wasxfail"):
            outcome = "xpassed" if report.passed else "xfailed"
        cases.setdefault(report.nodeid, []).append(outcome)


def pytest_collectreport(report):
    if report.failed:
        cases.setdefault(report.nodeid, []).append("error")


def pytest_sessionfinish(session):
    with open(os.environ["TRANSPARENCY_OUT"], "w") as file:
        json.dump({"cases": cases, "loaded": enabled()}, file)


def enabled():
    """The loaded modules that came through the hook and were to be enabled."""
    if "autograph_hook" not in sys.modules:
        return []
    from autograph_hook.importing.policy import ENABLED

    names = []
    for name, module in list(sys.modules.items()):
        loader = getattr(getattr(module, "__spec__", None), "loader", None)
        if type(loader).__module__.startswith("autograph_hook.") and getattr(loader, "verdict", None) == ENABLED:
            names.append(name)
    return sorted(names)
