"""Run CPython's own test files one process each, with the hook and without, and compare case by case."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.suites.outcomes import Outcome

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
CHILD = HERE.joinpath("child.py").read_text()


@dataclass(frozen=True)
class Task:
    """One line of stdlib.txt."""

    test: str
    modules: tuple[str, ...]
    quick: bool
    itself: bool  # is the test file enabled, and not only what it tests?

    @property
    def enabled(self) -> list[str]:
        """The test module and the modules under test, as patterns of the hook."""
        test = self.test if self.test.startswith("test.") else f"test.{self.test}"
        return [*([test] if self.itself else []), *self.modules]


def tasks(quick: bool = False, only: tuple[str, ...] = ()) -> list[Task]:
    found = []
    for line in HERE.joinpath("stdlib.txt").read_text().splitlines():
        words = line.split("#")[0].split()
        if words:
            modules = tuple(word for word in words[1:] if word not in ("!", "-test"))
            task = Task(words[0], modules, "!" in words, "-test" not in words)
            if (task.quick or not quick) and (not only or task.test in only):
                found.append(task)
    return found


def exists(python: str, tests: list[str]) -> set[str]:
    """Those of the test files that this interpreter ships."""
    code = (
        "import importlib.util, json, sys\n"
        "def there(name):\n"
        "    try:\n"
        "        return importlib.util.find_spec(name) is not None\n"
        "    except ImportError:\n"
        "        return False\n"
        "names = json.load(sys.stdin)\n"
        "print(json.dumps([n for n in names if there(n if n[:5] == 'test.' else 'test.' + n)]))\n"
    )
    command = [python, "-c", code]
    found = subprocess.run(command, input=json.dumps(tests), capture_output=True, text=True, check=True)
    return set(json.loads(found.stdout))


def run(task: Task, hook: bool, python: str = sys.executable, prefix: str = "", timeout: int = 300) -> Outcome:
    """Run one test file. `prefix` is a directory for byte code, in which the hook may cache what it made."""
    with tempfile.TemporaryDirectory() as scratch:
        junit, loaded = os.path.join(scratch, "junit.xml"), os.path.join(scratch, "loaded.json")
        work = os.path.join(scratch, "work")
        os.mkdir(work)
        order = {
            "test": task.test,
            "enable": task.enabled if hook else [],
            "settings": {} if prefix else {"cache": False},
            "reload": task.modules,
            "junit": junit,
            "loaded": loaded,
        }
        start = time.perf_counter()
        try:
            child = subprocess.run(
                [python, "-c", CHILD, json.dumps(order)],
                cwd=work,
                env=environment(prefix),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=timeout,
            )
            status, output = child.returncode, child.stdout.decode(errors="replace")
        except subprocess.TimeoutExpired as expired:
            status, output = None, (expired.stdout or b"").decode(errors="replace") + "\n(timed out)"
        seconds = time.perf_counter() - start
        return Outcome(read_junit(junit), read_json(loaded), elapsed=seconds, status=status, output=output)


def environment(prefix: str) -> dict[str, str]:
    dropped = ("PYTHONWARNINGS", "PYTHONPYCACHEPREFIX", "PYTHONDONTWRITEBYTECODE")
    kept = {
        key: value
        for key, value in os.environ.items()
        if key not in dropped and not key.startswith(("AUTOGRAPH_HOOK", "COV_", "PYTEST_"))
    }
    kept.update(PYTHONPATH=str(ROOT), PYTHONHASHSEED="0")
    if prefix:
        kept["PYTHONPYCACHEPREFIX"] = prefix
    return kept


def read_json(path: str) -> Any:
    try:
        with open(path) as file:
            return json.load(file)
    except (OSError, ValueError):
        return []


def read_junit(path: str) -> dict[str, list[str]]:
    """Outcomes by case; a case that ran several times (as in tests of C and Python versions) has several."""
    cases: dict[str, list[str]] = {}
    try:
        root = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError):
        return cases
    for case in root.iter("testcase"):
        if case.find("failure") is not None:
            outcome = "failed"
        elif case.find("error") is not None:
            outcome = "error"
        elif case.find("skipped") is not None or case.get("result") == "skipped":
            outcome = "skipped"
        else:
            outcome = "passed"
        name = case.get("name")
        if name:  # a failing subtest leaves an entry without a name
            cases.setdefault(name, []).append(outcome)
    for outcomes in cases.values():
        outcomes.sort()
    return cases
