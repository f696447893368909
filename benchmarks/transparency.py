"""Code that nobody here wrote, its tests run without the hook and with it: the same outcome, case by case.

    python -m benchmarks transparency [--only TEST_FILE...]
    python -m benchmarks transparency PACKAGE... [--python INTERPRETER] [--tests DIR] [--only FILE...]

Without a name CPython's own test files run, with the modules that they test enabled. With names those packages are
enabled together with their tests, and their tests run with pytest: those inside the package, or those in DIR.

This measures no time; `python -m tests.transparency` is the same comparison with more to choose from, and
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
from .suites.outcomes import STATUS, Outcome, differences
from .suites.packages import Missing, find, suite_of
from .suites.running import Suite, run_once, what_broke

SHOWN = 40  # differing cases of one package


def run(bench: Bench) -> None:
    if bench.named:
        for package in bench.named:
            of_package(bench, package)
        return
    if bench.tests or bench.python:
        raise SystemExit("--tests and --python are for packages: name one")
    of_python(bench)


def of_package(bench: Bench, name: str) -> None:
    python = bench.python or sys.executable
    if bench.tests and len(bench.named) > 1:
        raise SystemExit("--tests is the directory of one package's tests: name one package")
    try:
        suite = suite_of(name, python, bench.tests, tuple(bench.only.split()))
        version = find(name, python).version
    except Missing as missing:
        raise SystemExit(str(missing)) from missing
    bench.fact(f"{name}, version", version or "unknown")
    bench.fact(f"{name}, enabled", ", ".join(suite.enable))
    plain = _run_suite(suite, hook=False)
    broke = what_broke(suite, plain)
    if not broke and not plain.count("passed"):
        broke = f"none of the tests of {name} passes: {plain.counts} {next(iter(plain.reasons.values()), '')}"
    if broke:
        raise SystemExit(f"without the hook, {broke}")
    compare(bench, suite, plain, _run_suite(suite, hook=True))


def _run_suite(suite: Suite, hook: bool) -> Outcome:
    progress.tell(f"{suite.name} {'with' if hook else 'without'} the hook")
    # pytest's own rewriting of test modules is off: it would keep the tests from coming through the hook.
    return run_once(suite, hook, form="assert=plain")


def compare(bench: Bench, suite: Suite, plain: Outcome, hook: Outcome) -> None:
    name = suite.name
    bench.fact(f"{name}, without the hook", plain.counts)
    bench.fact(f"{name}, with the hook", hook.counts)
    bench.fact(f"{name}, modules that came through the hook", len(hook.loaded))
    bench.fact(f"{name}, could not be transformed", hook.problems)
    excused, unexpected = {}, {}
    for case, both in differences(plain, hook).items():
        why = known.reason(name, case)
        if why:
            excused[case] = why
        else:
            said = what_broke(suite, hook) if case == STATUS else hook.reasons.get(case) or plain.reasons.get(case, "")
            unexpected[case] = (*both, said)
    bench.fact(f"{name}, cases that differ for a reason that is listed", excused)
    bench.facts[f"{name}, cases that differ without one"] = unexpected
    for case, (before, after, said) in list(unexpected.items())[:SHOWN]:
        print(f"    {case}: {before} -> {after}: {said}", flush=True)
    if len(unexpected) > SHOWN:
        print(f"    and {len(unexpected) - SHOWN} more", flush=True)
    bench.row(f"{name}, cases that differ without a listed reason", [float(len(unexpected))], "", at_most=0)
    if not hook.loaded:
        raise SystemExit(f"no module of {name} came through the hook:\n{hook.output[-3000:]}")


def of_python(bench: Bench) -> None:
    listed = stdlib.tasks(quick=bench.quick, only=tuple(bench.only.split()))
    there = stdlib.exists(sys.executable, [task.test for task in listed])
    tasks = [task for task in listed if task.test in there]
    passed = {"plain": 0, "hook": 0}
    excused: dict[str, str] = {}
    unexpected: dict[str, tuple[str, str]] = {}
    not_loaded = []
    for task, plain, hooked in _runs(tasks):
        passed["plain"] += plain.count("passed")
        passed["hook"] += hooked.count("passed")
        if not hooked.loaded:
            not_loaded.append(task.test)
        for case, both in differences(plain, hooked).items():
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


def _runs(tasks: list[stdlib.Task]) -> Iterator[tuple[stdlib.Task, Outcome, Outcome]]:
    """Each task without the hook and with it. Nothing is timed here: as many run at a time as there are processors."""
    since = time.monotonic()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        both = pool.map(lambda task: (stdlib.run(task, hook=False), stdlib.run(task, hook=True)), tasks)
        for done, (task, (plain, hooked)) in enumerate(zip(tasks, both, strict=True)):
            progress.step(done, len(tasks), since, task.test)
            yield task, plain, hooked
