"""One run of a suite, in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.harness import ROOT

from .outcomes import Outcome

PLUGIN = "suites_plugin"
FORMS = ("runner", "assert=plain", "plugin")
"""Three ways for the hook to get in: the script runner; the same, with pytest's own rewriting of test modules
off, so that nothing stands between them and ours; and `install()` in a pytest plugin."""


@dataclass(frozen=True)
class Suite:
    """Tests, and where and how they run."""

    name: str
    python: Path
    directory: Path
    """In which pytest is started."""
    tests: tuple[str, ...]
    """What pytest is given, relative to the directory."""
    enable: tuple[str, ...]
    """The library, and its tests where these are enabled too."""
    left_out: tuple[str, ...] = ()
    """Files and tests that are not run."""
    variables: Mapping[str, str] = field(default_factory=dict)


def run_once(
    suite: Suite, hook: bool, *options: str, form: str = "plugin", cache: bool = False, limit: float | None = None
) -> Outcome:
    """Run the tests with the hook or without, at most `limit` seconds long."""
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch, "report.json")
        # Not the whole checkout: a library's tests may be a package `tests`, too.
        Path(scratch, "autograph_hook").symlink_to(ROOT / "autograph_hook", target_is_directory=True)
        shutil.copy(Path(__file__).with_name("plugin.py"), Path(scratch, f"{PLUGIN}.py"))
        kept = {key: value for key, value in os.environ.items() if not key.startswith(NOT_INHERITED)}
        variables = kept | suite.variables | {
            "PYTHONPATH": os.pathsep.join((scratch, str(suite.directory))),
            "PYTHONDONTWRITEBYTECODE": "" if cache else "1",
            # Tests count the files in a directory for all that absl's tests leave: each run has its own.
            "TEST_TMPDIR": str(Path(scratch, "tests_leave")),
            "SUITES_REPORT": str(report),
            "SUITES_ENABLE": ",".join(suite.enable) if hook else "",
            "SUITES_INSTALL": "1" if form == "plugin" else "",
        }  # fmt: skip
        command = [suite.python, *(_runner(suite) if hook and form != "plugin" else ())]
        left_out = [f"--{'deselect' if '::' in test else 'ignore'}={test}" for test in suite.left_out]
        command += ["-m", "pytest", "-p", PLUGIN, "-p", "no:cacheprovider", "-q", "--tb=short"]
        command += ["--assert=plain"] if form == "assert=plain" else []
        command += ["--continue-on-collection-errors", *options, *left_out, *suite.tests]
        start = time.perf_counter()
        with Path(scratch, "output.txt").open("w+", errors="replace") as output:
            child = subprocess.Popen(command, cwd=suite.directory, env=variables, stdin=subprocess.DEVNULL,
                                     stdout=output, stderr=subprocess.STDOUT, start_new_session=True)  # fmt: skip
            try:
                status, processor = _wait(child, limit)
            finally:
                if child.returncode is None:
                    os.killpg(child.pid, signal.SIGKILL)
            elapsed = time.perf_counter() - start
            output.seek(0)
            text = output.read()
        told: dict[str, Any] = json.loads(report.read_text()) if report.exists() else {"cases": {}}
        now = report.with_suffix(".now")
        last = now.read_text() if now.exists() else ""
        return Outcome(processor=processor, elapsed=elapsed, status=status, output=text, now=last, **told)


NOT_INHERITED = ("AUTOGRAPH_HOOK", "PYTHON", "COV_", "PYTEST_CURRENT_TEST", "PYTEST_XDIST")


def _runner(suite: Suite) -> list[str]:
    return ["-m", "autograph_hook", "--no-cache", *(word for name in suite.enable for word in ("--enable", name))]


def _wait(child: subprocess.Popen[bytes], limit: float | None) -> tuple[int | None, float]:
    """The exit status, None if it was not over in time, and the processor time."""
    end = None if limit is None else time.monotonic() + limit
    is_late = False
    while True:
        pid, status, usage = os.wait4(child.pid, 0 if end is None else os.WNOHANG)
        if pid:
            break
        if end is not None and time.monotonic() > end:
            is_late, end = True, None
            os.killpg(child.pid, signal.SIGKILL)
        time.sleep(0.05)
    child.returncode = os.waitstatus_to_exitcode(status)
    # 1: some tests failed, which the cases tell.
    ended = 0 if child.returncode == 1 else child.returncode
    return None if is_late else ended, usage.ru_utime + usage.ru_stime


def what_broke(suite: Suite, outcome: Outcome) -> str:
    """Where and how a run ended before its tests had all been run; empty if they were."""
    if outcome.status == 0:
        return ""
    where = f" in {outcome.now}" if outcome.now else ""
    how = "was not over in time" if outcome.status is None else f"broke off with exit status {outcome.status}"
    return f"the suite of {suite.name} {how}{where}:\n{outcome.output[-3000:].strip()}"
