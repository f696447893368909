"""One run of a suite, in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.harness import ROOT

from .libraries import Library, Place
from .outcomes import Outcome

PLUGIN = "suites_plugin"


def run_once(library: Library, place: Place, tests: tuple[str, ...], hook: bool) -> Outcome:
    """Run tests, with the hook or without."""
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch, "report.json")
        # Not the whole checkout: a library's tests may be a package `tests`, too.
        Path(scratch, "autograph_hook").symlink_to(ROOT / "autograph_hook", target_is_directory=True)
        shutil.copy(Path(__file__).with_name("plugin.py"), Path(scratch, f"{PLUGIN}.py"))
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("AUTOGRAPH_HOOK", "PYTHON"))}
        variables = kept | {
            "PYTHONPATH": os.pathsep.join((scratch, str(place.directory))),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "TF_USE_LEGACY_KERAS": "1",
            "CUDA_VISIBLE_DEVICES": "",
            # Tests count the files in a directory for all that absl's tests leave: each run has its own.
            "TEST_TMPDIR": str(Path(scratch, "tests_leave")),
            "SUITES_REPORT": str(report),
            "SUITES_ENABLE": library.package if hook else "",
        }
        left_out = [f"--{'deselect' if '::' in test else 'ignore'}={test}" for test in library.left_out]
        command = [
            place.python, "-m", "pytest", "-p", PLUGIN, "-p", "no:cacheprovider", "-q", "--tb=short", "--assert=plain",
            "--continue-on-collection-errors", *left_out, *tests,
        ]  # fmt: skip
        start = time.perf_counter()
        with Path(scratch, "output.txt").open("w+") as output:
            child = subprocess.Popen(command, cwd=place.directory, env=variables, stdin=subprocess.DEVNULL,
                                     stdout=output, stderr=subprocess.STDOUT)  # fmt: skip
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            elapsed = time.perf_counter() - start
            if not report.exists() or child.returncode not in (0, 1):  # 1: some tests failed
                output.seek(0)
                now = report.with_suffix(".now")
                where = f" in {now.read_text()}" if now.exists() else ""
                raise SystemExit(f"the suite of {library.package} broke off{where}:\n{output.read()[-3000:]}")
            told: dict[str, Any] = json.loads(report.read_text())
    processor = usage.ru_utime + usage.ru_stime
    return Outcome(
        told["cases"], told["loaded"], processor, elapsed, told["seconds"], told["reasons"], told["functions"]
    )
