"""CPython's own test files, each run without the hook and with it, its modules enabled: the same outcome, case by case.

This measures no time; `python -m tests.transparency stdlib` is the same comparison with more to choose from, and
docs/transparency.md describes it. The differences that are known are listed with their reasons in
`tests/transparency/known.py`.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from tests.transparency import known, stdlib

from .harness import Bench
from .progress import progress


def run(bench: Bench) -> None:
    listed = stdlib.tasks(quick=bench.quick, only=tuple(bench.only.split()))
    there = stdlib.exists(sys.executable, [task.test for task in listed])
    tasks = [task for task in listed if task.test in there]
    passed = {"plain": 0, "hook": 0}
    excused: dict[str, str] = {}
    unexpected: dict[str, tuple[str, str]] = {}
    not_loaded = []
    for task, plain, hooked in _runs(tasks):
        passed["plain"] += plain.counts["passed"]
        passed["hook"] += hooked.counts["passed"]
        if not hooked.loaded:
            not_loaded.append(task.test)
        for case, both in stdlib.differences(plain, hooked).items():
            why = known.reason(task.test, case)
            if why:
                excused[f"{task.test}: {case}"] = why
            else:
                unexpected[f"{task.test}: {case}"] = both
    bench.fact("test files", len(tasks))
    bench.fact("cases that pass without the hook", passed["plain"])
    bench.fact("cases that pass with the hook", passed["hook"])
    bench.fact("cases that differ for a reason that is listed", len(excused))
    bench.fact("cases that differ without one", unexpected)
    bench.fact("test files that did not come through the hook", not_loaded)
    counts = {form: [float(count)] for form, count in passed.items()}
    bench.bars("CPython's own tests", "cases that pass", {f"{len(tasks)} files": counts})
    bench.row("cases that differ without a listed reason", [float(len(unexpected) + len(not_loaded))], "", at_most=0)


def _runs(tasks: list[stdlib.Task]) -> Iterator[tuple[stdlib.Task, stdlib.Run, stdlib.Run]]:
    """Each task without the hook and with it. Nothing is timed here: as many run at a time as there are processors."""
    since = time.monotonic()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        both = pool.map(lambda task: (stdlib.run(task, hook=False), stdlib.run(task, hook=True)), tasks)
        for done, (task, (plain, hooked)) in enumerate(zip(tasks, both, strict=True)):
            progress.step(done, len(tasks), since, task.test)
            yield task, plain, hooked
