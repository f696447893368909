"""The first call under `tf.function`: tracing, and whatever conversion comes before it.

Three forms of the same computation: a graph written by hand; imperative, converted by TensorFlow's AutoGraph;
imperative in an enabled module, its transformed code cached by an earlier process.

Each measured call is the first one of a fresh process, because AutoGraph keeps what it converted. `trace` is
the time until the graph exists (`get_concrete_function`), the promise is about it; `first call` adds the
graph's first run, in which TensorFlow optimises it, the same in all forms.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from .harness import Bench, child, interleave
from .progress import progress

HERE = Path(__file__).parent
FORMS = ("graph", "autograph", "enabled")
CASES = ("dynamic_rnn", "beam_search")


def run(bench: Bench) -> None:
    rounds = bench.how_many(7, quick=2)
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copytree(HERE / "cases", Path(scratch, "cases"), ignore=shutil.ignore_patterns("__pycache__"))
        groups = {case: measure(bench, scratch, case, rounds) for case in CASES}
    bench.bars("until the graph of the first call exists", "ms", groups)


def measure(bench: Bench, directory: str, case: str, rounds: int) -> dict[str, list[float]]:
    """The times until the graph exists, by form."""
    progress.tell(case)
    answers: dict[str, list[int]] = {}
    times: dict[str, dict[str, list[float]]] = {form: {} for form in FORMS}

    def once(form: str) -> float:
        found = child([HERE / "first_call_child.py", directory, form, case])
        answers[form] = found["answer"]
        for what, seconds in found["times"].items():
            times[form].setdefault(what, []).append(1e3 * seconds)
        return float(1e3 * found["times"]["trace"])

    child([HERE / "first_call_child.py", directory, "enabled", case])  # fills the cache
    traces = interleave({form: lambda form=form: once(form) for form in FORMS}, rounds)
    bench.fact(f"{case}: the three forms agree", len({tuple(answer) for answer in answers.values()}) == 1)
    for what in "import", "trace", "first call", "later call":
        for form in FORMS:
            bench.row(f"{case}: {what}, {form}", times[form][what], "ms")
    bench.ratio(f"{case}: trace, enabled / autograph", traces, "enabled", "autograph", at_most=0.45)
    bench.ratio(f"{case}: trace, enabled / graph", traces, "enabled", "graph", at_most=1.5)
    return traces
