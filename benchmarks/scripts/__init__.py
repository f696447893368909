"""Eager programs as people write them: plain, decorated by hand by an expert, and under the hook without an edit.

Each form runs as a command of its own, in turn within each round. Every line that a program prints is stamped when it
arrives, and programs print at even distances: the time from the middle line of a phase to its last is the *steady*
time, without imports, warm-up and traces. The ratio is steady speed under the hook to steady speed decorated by hand.
The time of the whole commands is given as well. Plain and hooked must print the same, to the last character.

Plain runs are the longest, and no promise needs their time to the percent: three of them are enough. Among all
benchmarks only some of the programs are timed in every round; the others run once, for what they print.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.harness import Bench, Spread, interleave, ratios

from .cases import CASES, Case
from .plotting import plot
from .running import FORMS, Run, command, difference, prepare
from .running import run as run_once

__all__ = ["plot", "run"]

MOST_PLAIN = 3
AMONG_ALL = ("script_loop", "trainer_class", "gan", "vae", "keras_loop", "main_once")


def run(bench: Bench) -> None:
    rounds = bench.how_many(9, quick=3)
    wanted = bench.only.split()
    unknown = set(wanted) - {case.name for case in CASES}
    if unknown:
        raise SystemExit(
            f"no program named {', '.join(sorted(unknown))}; there are {', '.join(case.name for case in CASES)}"
        )
    table = []
    for case in CASES:
        if not wanted or case.name in wanted:
            with tempfile.TemporaryDirectory() as scratch:
                is_timed = not bench.among_all or case.name in AMONG_ALL
                table.append(measure(bench, case, Path(scratch), rounds if is_timed else 1))
    print()
    for line in table:
        print(line)
    bench.facts["table"] = table
    differing = [what for what, value in bench.facts.items() if what.endswith("print the same") and value is not True]
    if differing:
        raise SystemExit(f"NOT THE SAME OUTPUT: {', '.join(differing)}")


def measure(bench: Bench, case: Case, scratch: Path, rounds: int) -> str:
    """One program; a line for the table."""
    commands = {form: command(form, prepare(case, form, scratch)) for form in FORMS}
    runs: dict[str, list[Run]] = {form: [] for form in FORMS}

    def once(form: str) -> float:
        runs[form].append(run_once(commands[form]))
        return runs[form][-1].steady(case.phases)

    once("hooked")  # fills the cache

    few = min(rounds, MOST_PLAIN if not bench.among_all else 1)
    steady = interleave({form: lambda form=form: once(form) for form in FORMS}, few)  # type: ignore[misc]
    beside = {form: steady[form].copy() for form in ("plain", "hooked")}
    rest = interleave({form: lambda form=form: once(form) for form in FORMS if form != "plain"}, rounds - few)  # type: ignore[misc]
    for form, more in rest.items():
        steady[form] += more
    same = len({done.text for form in ("plain", "hooked") for done in runs[form]}) == 1
    bench.fact(f"{case.name}: plain and hooked print the same", same)
    bench.fact(f"{case.name}: by hand, the printed numbers", _by_hand(case, runs))
    for form in FORMS:
        bench.row(f"{case.name}: steady, {form}", steady[form], "s")
        bench.row(f"{case.name}: whole command, {form}", [done.seconds for done in runs[form][-rounds:]], "s")
    bench.ratio(f"{case.name}: steady speed, hooked / plain", beside, "plain", "hooked")
    bench.ratio(f"{case.name}: steady speed, hooked / by hand", steady, "by hand", "hooked", at_least=case.at_least)
    spread = Spread.of(ratios(steady, "by hand", "hooked"))
    over = Spread.of(ratios(beside, "plain", "hooked"))
    kept = (
        "kept"
        if same and spread.median >= case.at_least and spread.high >= min(1.0, case.at_least + 0.05)
        else "MISSED"
    )
    return (
        f"  {case.name:16} hooked / by hand {spread.median:5.2f} [{spread.low:5.2f} .. {spread.high:5.2f}]"
        f"   hooked / plain {over.median:5.1f}   {kept}"
    )


def _by_hand(case: Case, runs: dict[str, list[Run]]) -> str:
    if case.draws:
        return "others: tf.function draws other random numbers"
    apart = difference(runs["by hand"][-1].text, runs["plain"][-1].text)
    return "equal" if not apart else f"equal but for {apart:.1e}"
