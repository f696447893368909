"""The own test suites of TensorFlow libraries, the whole library enabled: the same tests pass, in at most 1.1 times
the time.

    python -m benchmarks suites [sonnet] [gpflow] [tf_agents] [--quick] [--python INTERPRETER] [--only FILES]
        [--out FILE]

Without `--python` a virtual environment is made under the user's cache directory, with the library and the versions of
TensorFlow's own packages that it wants; with it, what that interpreter does not have is left out, and said. `--only`
takes files, directories or tests, relative to the directory in which the library is installed and separated by blanks;
those of other suites are no matter to a suite.

With and without the hook, each suite runs in one process, in turn. Processor time is compared, since it feels less of
what else the machine does; the time that has passed is shown beside it. The hook's cache is filled by collecting the
tests once before.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.harness import Bench, interleave

from .libraries import LIBRARIES, Library, prepare
from .outcomes import Outcome, differences, of_file, worst_files
from .packages import Missing
from .running import Suite, run_once, what_broke

__all__ = ["Outcome", "differences", "run"]

MOST = 1.1
SHOWN = 20
HEAD = ("suite", "passed plain", "passed hooked", "differing", "reason", "processor time, hook / plain")


def run(bench: Bench) -> None:
    names = bench.named or list(LIBRARIES)
    unknown = set(names) - set(LIBRARIES)
    if unknown:
        raise SystemExit(f"no suite named {', '.join(sorted(unknown))}; there are {', '.join(LIBRARIES)}")
    only = bench.only.split()
    rows = [HEAD]
    for name in names:
        library = LIBRARIES[name]
        tests = tuple(test for test in only if library.has(test)) if only else library.chosen(bench.quick)
        if not tests:
            bench.fact(name, "left out: none of its tests are among --only")
            continue
        with tempfile.TemporaryDirectory() as scratch:
            try:
                suite = prepare(library, bench.python, Path(scratch), tests)
            except Missing as missing:
                bench.fact(name, f"left out: {missing}")
                continue
            rows.append(compare(bench, name, library, suite))
    bench.fact("table", "\n" + table(rows))


def compare(bench: Bench, name: str, library: Library, suite: Suite) -> tuple[str, ...]:
    """Run a suite both ways; its row of the table."""
    for hook in (False, True):
        run_whole(suite, hook, "--collect-only")
    found: dict[bool, list[Outcome]] = {False: [], True: []}

    def once(hook: bool) -> float:
        found[hook].append(run_whole(suite, hook))
        return found[hook][-1].elapsed

    elapsed = interleave({"plain": lambda: once(False), "hook": lambda: once(True)}, bench.how_many(1, quick=1))
    plain, hook = found[False][-1], found[True][-1]
    differing = differences(plain, hook)
    excused = {case: why for case in differing if (why := library.why(case)) is not None}
    bench.fact(f"{name}, plain", plain.counts)
    bench.fact(f"{name}, hook", f"{hook.counts}, {len(hook.loaded)} modules enabled")
    bench.fact(f"{name}, left out", library.left_out)
    bench.fact(f"{name}, known differences", excused)
    unexpected = {case: [*both, hook.reasons.get(case, "")] for case, both in differing.items() if case not in excused}
    bench.fact(f"{name}, unexpected differences", dict(list(unexpected.items())[:SHOWN]))
    bench.fact(f"{name}, functions with most tracing", [str(each) for each in hook.functions[:SHOWN]])
    bench.row(f"{name}, tests that differ", [float(len(unexpected))], "", at_most=0)
    processor = {
        kind: [outcome.processor for outcome in found[kind == "hook"]] for kind in ("plain", "hook")
    }  # fmt: skip
    for kind in "plain", "hook":
        bench.row(f"{name}, processor time, {kind}", processor[kind], "s")
        bench.row(f"{name}, elapsed, {kind}", elapsed[kind], "s")
    bench.ratio(f"{name}, processor time, hook / plain", processor, "hook", "plain", at_most=MOST)
    bench.ratio(f"{name}, elapsed, hook / plain", elapsed, "hook", "plain")
    tell_files(bench, name, plain, hook)
    why = "; ".join(sorted(set(excused.values()))) or "none"
    if unexpected:
        why = f"{len(unexpected)} of them unexpected"
    ratio = processor["hook"][-1] / processor["plain"][-1]
    passed = [str(outcome.count("passed")) for outcome in (plain, hook)]
    return (name, *passed, str(len(differing)), why, f"{ratio:.2f}")


def run_whole(suite: Suite, hook: bool, *options: str) -> Outcome:
    """Run a suite to its end: times of a part of it compare nothing."""
    outcome = run_once(suite, hook, "--assert=plain", *options, cache=True)
    broke = what_broke(suite, outcome)
    if broke:
        raise SystemExit(broke)
    return outcome


def tell_files(bench: Bench, name: str, plain: Outcome, hook: Outcome) -> None:
    """Each file's processor time both ways, and the files that lose most."""
    seconds = {"plain": of_file(plain.seconds), "hook": of_file(hook.seconds)}
    bench.facts[f"{name}, seconds by file"] = seconds
    worst: Mapping[str, Any] = worst_files(seconds["plain"], seconds["hook"], MOST)
    bench.fact(f"{name}, files above {MOST:g}", f"{len(worst)} of {len(seconds['plain'])}")
    for file, (before, after) in list(worst.items())[:SHOWN]:
        print(f"    {file:68} {before:7.2f} s {after:7.2f} s {after / before:6.2f}", flush=True)


def table(rows: list[tuple[str, ...]]) -> str:
    """Rows of texts as a table in Markdown."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])
