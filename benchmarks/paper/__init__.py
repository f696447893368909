"""The six programs of the AutoGraph paper, written in plain style, against graphs written by hand.

Each is run in six forms in the same process (see `contenders.MEANING`), with arguments and variables of its own; the
results of all are compared first. A round is one sample of each form, in an order that is drawn; a sample is the mean
of as many calls as fill a tenth of a second. What is promised: the staged graph takes at most 1.05 times as long as
the one written by hand, and the quartiles of the ratio reach down to 1.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable

from benchmarks.harness import Bench, Samples, Spread, interleave, ratios, say
from benchmarks.progress import progress

from .cases import CASES, WARM_UP, Case, Size
from .contenders import FORMS, MEANING, Contender, difference, staged_calls

SAMPLE = 0.1  # seconds
AT_MOST = 1.05
COMPARED = ("twin", "again", "own", "autograph", "eager")


def run(bench: Bench) -> None:
    rounds = bench.how_many(21, quick=7)
    names = bench.parts(case.name for case in CASES)
    table = []
    times: dict[str, Samples] = {}
    for case in CASES:
        if case.name in names:
            for label, size in (case.quick if bench.quick else case.sizes).items():
                progress.tell(f"{case.name}, {label}")
                line, times[f"{case.name}\n{label}"] = measure(bench, case, label, size, rounds)
                table.append(line)
    say("")
    for form, meaning in MEANING.items():
        say(f"  {form:12} {meaning}")
    lines = as_text(table)
    say("\n" + "\n".join(lines))
    bench.bars("the programs of the AutoGraph paper", "ms", times, log=True)
    bench.facts["table"] = lines


def measure(bench: Bench, case: Case, label: str, size: Size, rounds: int) -> tuple[list[str], Samples]:
    """One line of the table: medians in ms, then the ratios that count; and the times of all forms."""
    what = f"{case.name}, {label}"
    contenders = {form: Contender(form, case, size) for form in FORMS}
    expected = contenders["eager"].results()
    differences = {form: difference(contender.results(), expected) for form, contender in contenders.items()}
    for form, found in differences.items():
        if not found <= case.tolerance:
            raise SystemExit(f"{what}: the results of {form} differ from the eager ones by {found:.1e}")
    largest = max(differences.values())
    bench.fact(f"{what}: results", "equal" if not largest else f"equal but for {largest:.0e} of the largest")
    own = contenders["own"]
    for _ in range(3 * WARM_UP):
        own.run()
    staged, plain = staged_calls(own)
    bench.fact(f"{what}: own staging", "staged" if staged else f"plain: {plain}")
    samples = interleave(
        {form: sampler(contender) for form, contender in contenders.items()}, rounds, random.Random(what)
    )
    for form in FORMS:
        bench.row(f"{what}: {form}", samples[form], "ms")
    for form in COMPARED:
        limit = {"at_most": AT_MOST} if form == "twin" else {}
        bench.ratio(f"{what}: {form} / handwritten", samples, form, "handwritten", **limit)
    cells = [f"{Spread.of(samples[form]).median:.1f}" for form in FORMS[:-1]]
    for form in "twin", "again":
        spread = Spread.of(ratios(samples, form, "handwritten"))
        cells.append(f"{spread.median:.2f} [{spread.low:.2f} .. {spread.high:.2f}]")
    spread = Spread.of(ratios(samples, "twin", "handwritten"))
    return [what, *cells, "kept" if spread.median <= AT_MOST and spread.low <= 1.0 else "MISSED"], samples


def sampler(contender: Contender) -> Callable[[], float]:
    """A sample: the time of one call in ms."""
    contender.run()
    calls = math.ceil(SAMPLE / seconds(contender, 1))

    def sample() -> float:
        if calls > 1:
            contender.run()  # what ran before has filled the processor's caches with its own
        return 1e3 * seconds(contender, calls)

    return sample


def seconds(contender: Contender, calls: int) -> float:
    contender.reset()
    start = time.perf_counter()
    for _ in range(calls):
        contender.run()
    return (time.perf_counter() - start) / calls


def as_text(table: list[list[str]]) -> list[str]:
    heads = ["ms", *FORMS[:-1], "twin / handwritten", "again / handwritten", ""]
    widths = [max(len(row[column]) for row in [heads, *table]) for column in range(len(heads))]
    lines = []
    for row in [heads, *table]:
        first, *others = row
        cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))]
        lines.append("  " + "  ".join(cells).rstrip())
    return lines
