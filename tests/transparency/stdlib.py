"""Run CPython's own test files one process each, with the hook and without, and compare case by case."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.suites.outcomes import Outcome

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
CHILD = HERE.joinpath("child.py").read_text()
LONGEST = 150  # seconds that a file of the rest may take without the hook


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


_REST = """
import importlib.util, json, os, sys
import test
listed, root, found = set(json.load(sys.stdin)), os.path.dirname(test.__file__), {}
for base, inside, files in os.walk(root):
    inside[:] = sorted(set(inside) - {"__pycache__", "data", "libregrtest", "support"})
    for file in sorted(files):
        name = os.path.relpath(os.path.join(base, file), root)[:-3].replace(os.sep, ".")
        if not file.startswith("test_") or not file.endswith(".py") or name.split(".")[0] in listed | {"test_regrtest"}:
            continue
        module = file[len("test_"):-len(".py")]
        try:
            spec = importlib.util.find_spec(module)
        except (ImportError, ValueError):
            spec = None
        origin = spec.origin if spec is not None and spec.origin else ""
        is_pythons = origin.endswith(".py") and os.path.dirname(root) in origin and "site-packages" not in origin
        found[name if "." not in name else f"test.{name}"] = [module] if is_pythons else []
print(json.dumps({name: modules for name, modules in found.items() if name not in listed}))
"""


def rest(python: str) -> list[Task]:
    """The test files of an interpreter that the list does not name, each with the module that it is named after where
    that is written in Python. Not test_regrtest, which runs test files of its own."""
    listed = json.dumps([task.test for task in tasks()])
    found = subprocess.run([python, "-c", _REST], input=listed, capture_output=True, text=True, check=True)
    return [Task(test, tuple(modules), False, True) for test, modules in json.loads(found.stdout).items()]


def both(task: Task, python: str = sys.executable, prefix: str = "") -> tuple[Outcome, Outcome | None]:
    """A file without the hook and with it. Where it fails because its module is loaded a second time, that is left as
    it is, in both runs. None for a file that takes too long without the hook."""
    plain = run(task, hook=False, python=python, prefix=prefix, timeout=LONGEST)
    if plain.status and task.modules:
        alone = replace(task, modules=())
        again = run(alone, hook=False, python=python, prefix=prefix, timeout=LONGEST)
        task, plain = (task, plain) if again.status else (alone, again)
    if plain.status is None:
        return plain, None
    return plain, run(task, hook=True, python=python, prefix=prefix, timeout=3 * LONGEST)


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
        with subprocess.Popen(
            [python, "-c", CHILD, json.dumps(order)],
            cwd=work,
            env=environment(prefix),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as child:
            try:
                output, status = child.communicate(timeout=timeout)[0].decode(errors="replace"), child.returncode
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)  # with what the tests have started
                output, status = child.communicate()[0].decode(errors="replace") + "\n(timed out)", None
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
