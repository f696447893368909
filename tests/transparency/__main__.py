"""`python -m tests.transparency stdlib|suites [options] [NAME...]`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.suites.outcomes import Outcome, differences
from benchmarks.suites.running import FORMS, run_once

from . import known, stdlib, suites

SHOWN = 6  # differing cases of one file
LONGEST = 1800.0  # seconds that one run of a library's tests may take


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.transparency", description=__doc__)
    parser.add_argument("what", choices=["stdlib", "suites"])
    parser.add_argument("only", nargs="*", help="names of test files or of libraries; default: all")
    parser.add_argument("--python", default=sys.executable, help="the interpreter (default: this one)")
    parser.add_argument("--quick", action="store_true", help="the part that pytest runs")
    parser.add_argument("--rest", action="store_true", help="of CPython's: the test files that the list does not name")
    parser.add_argument("--plain", action="store_true", help="without the hook only: the baseline")
    parser.add_argument("--baseline", type=Path, help="a file written by --out: no new run without the hook")
    parser.add_argument("--form", choices=FORMS, action="append", help="of libraries: only so (repeatable)")
    parser.add_argument("--work", type=Path, help="a directory for environments, sources and byte code")
    parser.add_argument("--out", type=Path, help="write all outcomes to this JSON file")
    parser.add_argument("--logs", type=Path, help="write each run's output into this directory")
    options = parser.parse_args(argv)
    if options.logs:
        options.logs.mkdir(parents=True, exist_ok=True)
    if options.what == "suites":
        return run_suites(options)
    return run_rest(options) if options.rest else run_stdlib(options)


def run_stdlib(options: argparse.Namespace) -> int:
    found = stdlib.tasks(options.quick, tuple(options.only))
    there = stdlib.exists(options.python, [task.test for task in found])
    baseline = json.loads(options.baseline.read_text()) if options.baseline else {}
    prefix = ""
    if options.work:
        options.work.mkdir(parents=True, exist_ok=True)
        prefix = str(options.work.resolve() / "bytecode")
    table = Table(options.out, options.logs)
    for task in found:
        if task.test not in there:
            continue
        if options.baseline:
            kept = baseline.get(task.test, {"plain": {}, "status": None})
            plain = Outcome(kept["plain"], status=kept["status"])
        else:
            plain = stdlib.run(task, hook=False, python=options.python, prefix=prefix)
        hooked = None if options.plain else stdlib.run(task, hook=True, python=options.python, prefix=prefix)
        table.add(task.test, plain, hooked)
    return table.close()


def run_rest(options: argparse.Namespace) -> int:
    """As many at a time as there are processors. What differs runs once more: many of these files use the network,
    the clock or threads, and do not end alike twice without the hook either."""
    tasks = [task for task in stdlib.rest(options.python) if not options.only or task.test in options.only]
    table = Table(options.out, options.logs)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for task, (plain, hooked) in zip(tasks, pool.map(lambda t: stdlib.both(t, options.python), tasks), strict=True):
            if hooked is None:
                print(f"{task.test:36} left out: takes more than {stdlib.LONGEST} s without the hook", flush=True)
            elif not plain.cases and not hooked.cases and plain.status == hooked.status:
                print(f"{task.test:36} left out: has no case on this machine, with the hook or without", flush=True)
            elif differences(plain, hooked):
                print(f"{task.test:36} runs once more, for {', '.join(differences(plain, hooked))}"[:200], flush=True)
                plain, again = stdlib.both(task, options.python)
                table.add(task.test, plain, again)
            else:
                table.add(task.test, plain, hooked)
    return table.close()


def run_suites(options: argparse.Namespace) -> int:
    table = Table(options.out, options.logs)
    work = options.work or Path("build/transparency")
    for library in suites.LIBRARIES:
        if options.only and library.name not in options.only:
            continue
        for suite in suites.prepare(library, work, options.python):
            for form in options.form or FORMS:
                plain, hooked = (
                    None if hook and options.plain else run_once(suite, hook, form=form, limit=LONGEST)
                    for hook in (False, True)
                )
                table.add(f"{suite.name} ({form})", plain, hooked, suite.name)
    return table.close()


class Table:
    """Prints one line for each file, its differing cases below it, and totals at the end."""

    def __init__(self, out: Path | None, logs: Path | None) -> None:
        self.out, self.logs = out, logs
        self.files = self.unknown = self.excused = 0
        self.totals = {"plain": [0, 0, 0], "hook": [0, 0, 0]}
        self.results: dict[str, object] = {}

    def add(self, name: str, plain: Outcome, hooked: Outcome | None, listed: str = "") -> None:
        """`listed`: the name under which differences are known, if it is another one."""
        self.files += 1
        line = f"{name:36} plain {self.count('plain', plain)} {plain.elapsed:6.1f}s"
        if hooked is not None:
            line += f"   hook {self.count('hook', hooked)} {hooked.elapsed:6.1f}s"
            line += f"  {len(hooked.loaded)} modules"
        print(line, flush=True)
        if hooked is not None:
            self.compare(listed or name, plain, hooked)
        self.results[name] = {
            "plain": plain.cases,
            "status": plain.status,
            "hook": hooked.cases if hooked else None,
            "loaded": hooked.loaded if hooked else None,
            "problems": hooked.problems if hooked else None,
            "reasons": hooked.reasons if hooked else None,
        }
        if self.out:
            self.out.write_text(json.dumps(self.results, indent=1))
        if self.logs:
            for kind, run in ("plain", plain), ("hook", hooked):
                if run is not None and run.output:
                    self.logs.joinpath(f"{name}.{kind}.log".replace("/", "_")).write_text(run.output)

    def count(self, kind: str, run: Outcome) -> str:
        numbers = [run.count("passed"), run.count("failed", "error"), run.count("skipped")]
        self.totals[kind] = [a + b for a, b in zip(self.totals[kind], numbers, strict=True)]
        return "{:5} passed {:2} failed {:3} skipped".format(*numbers)

    def compare(self, name: str, plain: Outcome, hooked: Outcome) -> None:
        if not hooked.loaded:
            self.unknown += 1
            print("    NO MODULE came through the hook")
        for problem in hooked.problems:
            print(f"    not transformed: {problem}")
        differing = differences(plain, hooked)
        for i, (case, (without, with_)) in enumerate(differing.items()):
            why = known.reason(name, case)
            if why is None:
                self.unknown += 1
            else:
                self.excused += 1
            if i < SHOWN:
                verdict = f"(known: {why})" if why else "UNEXPECTED"
                print(f"    {case}: {without} -> {with_}  {verdict}", flush=True)
        if len(differing) > SHOWN:
            print(f"    and {len(differing) - SHOWN} more")

    def close(self) -> int:
        for kind, (passed, failed, skipped) in self.totals.items():
            if passed:
                print(f"{kind}: {self.files} runs, {passed} passed, {failed} failed, {skipped} skipped")
        print(f"differences: {self.unknown} unexpected, {self.excused} known")
        return 1 if self.unknown else 0


if __name__ == "__main__":
    sys.exit(main())
