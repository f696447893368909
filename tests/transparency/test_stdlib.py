"""CPython's own test files behave the same when they and the modules they test are enabled."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import test

from benchmarks.suites.outcomes import differences

from . import known, stdlib, suites

QUICK = stdlib.tasks(quick=True)
THERE = stdlib.exists(sys.executable, [task.test for task in QUICK])


@pytest.mark.parametrize("task", QUICK, ids=lambda task: task.test)
def test_a_test_file_of_cpython_has_the_same_outcomes_with_the_hook(task: stdlib.Task) -> None:
    if task.test not in THERE:
        pytest.skip("this interpreter does not ship the test file")
    plain = stdlib.run(task, hook=False)
    hooked = stdlib.run(task, hook=True)
    assert plain.cases, plain.output
    assert hooked.loaded, f"no module came through the hook:\n{hooked.output}"
    differing = {
        case: outcomes
        for case, outcomes in differences(plain, hooked).items()
        if known.reason(task.test, case) is None
    }
    assert not differing, hooked.output


def test_every_known_difference_names_a_test_file_or_a_library_that_is_run() -> None:
    of_python = {task.test for task in (*stdlib.tasks(), *stdlib.rest(sys.executable))}
    of_later_pythons = {"test_compiler_assemble", "test_type_cache"}
    names = of_python | of_later_pythons | {library.name for library in suites.LIBRARIES}
    assert [entry for entry in known.KNOWN if entry.test not in names] == []


def test_every_test_file_that_python_ships_is_listed_or_among_the_rest() -> None:
    listed = {task.test.removeprefix("test.") for task in stdlib.tasks()}
    rest = {task.test.removeprefix("test.") for task in stdlib.rest(sys.executable)}
    root = Path(test.__file__).parent
    shipped = {path.relative_to(root).with_suffix("") for path in root.rglob("test_*.py")}
    names = {".".join(path.parts) for path in shipped if not {"data", "libregrtest", "support"} & set(path.parts)}
    covered = {name for name in names if {name, name.split(".")[0]} & (listed | rest)}
    assert not listed & rest
    assert names - covered == {"test_regrtest"}


def test_at_least_sixty_test_files_are_listed() -> None:
    assert len({task.test for task in stdlib.tasks()}) >= 60
