"""The claims of the README's table, and what must have been measured for each of them to hold.

The texts are those of the README, word for word (a test compares them). A check names rows or facts of a benchmark by a
pattern; every row that fits must keep the bound with its median, and one at least must fit. `says` is the piece of the
claim in which the bound stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

Results = Mapping[str, Mapping[str, Any]]
"""For each benchmark that was run, what its JSON file has."""


@dataclass(frozen=True)
class Check:
    benchmark: str
    what: str
    says: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def bound(self) -> str:
        if self.at_most is not None:
            return f"at most {self.at_most:g}"
        return "true" if self.at_least is None else f"at least {self.at_least:g}"

    def found(self, results: Results) -> list[Found]:
        """What was measured for it."""
        figures = results.get(self.benchmark, {})
        if self.at_most is None and self.at_least is None:
            facts = figures.get("facts", {})
            return [Found(what, str(value), value is True) for what, value in facts.items() if self._fits(what)]
        return [
            Found(row["what"], f"{row['spread']['median']:.4g} {row['unit']}".strip(), self._holds(row))
            for row in figures.get("rows", ())
            if self._fits(row["what"])
        ]

    def _fits(self, what: str) -> bool:
        return fnmatchcase(what, self.what)

    def _holds(self, row: Mapping[str, Any]) -> bool:
        median = row["spread"]["median"]
        if self.at_most is not None:
            return bool(median <= self.at_most)
        return bool(median >= (self.at_least or 0))


@dataclass(frozen=True)
class Found:
    what: str
    value: str
    holds: bool


@dataclass(frozen=True)
class Claim:
    text: str
    shown_by: str
    """The README's second column."""
    checks: tuple[Check, ...] = ()
    otherwise: str = ""
    """Why no benchmark shows it."""


@dataclass(frozen=True)
class Verdict:
    claim: Claim
    held: bool | None
    found: tuple[tuple[Check, tuple[Found, ...]], ...]
    why: str = ""
    """Why nothing can be said."""

    @property
    def word(self) -> str:
        return {True: "held", False: "MISSED", None: "not shown"}[self.held]


def judge(claim: Claim, results: Results) -> Verdict:
    """Did a claim hold in what was measured?"""
    if not claim.checks:
        return Verdict(claim, None, (), claim.otherwise)
    found = tuple((check, tuple(check.found(results))) for check in claim.checks)
    if any(not one.holds for _, many in found for one in many):
        return Verdict(claim, False, found)
    unknown = [_unknown(check, results) for check, many in found if not many]
    unknown += [f"{check.benchmark} broke off" for check in claim.checks if _broke(check.benchmark, results)]
    if unknown:
        return Verdict(claim, None, found, "; ".join(dict.fromkeys(unknown)))
    return Verdict(claim, True, found)


def _broke(benchmark: str, results: Results) -> bool:
    return bool(results.get(benchmark, {}).get("error"))


def _unknown(check: Check, results: Results) -> str:
    figures = results.get(check.benchmark)
    if figures is None:
        return f"{check.benchmark} was not run"
    if figures.get("error"):
        return f"{check.benchmark} broke off"
    missing = ", ".join(figures.get("missing", ()))
    return f"{check.benchmark} has no figure {check.what!r}" + (f" (missing here: {missing})" if missing else "")


CLAIMS = (
    Claim(
        "an enabled module behaves as before: CPython's own test files give the same results, but for the 14 to 30 of "
        "some 16,000 cases that `tests/transparency/known.py` lists with their reasons",
        "`python -m benchmarks transparency`; [docs/transparency.md](docs/transparency.md)",
        (Check("transparency", "cases that differ without a listed reason", "the same results", at_most=0),),
    ),
    Claim(
        "and so do the test suites of fourteen pure-Python libraries (of networkx and sympy a part), attrs, click and "
        "jinja2 among them",
        "`python -m tests.transparency suites`; [docs/transparency.md](docs/transparency.md)",
        otherwise="no benchmark: `python -m tests.transparency suites` fetches the libraries and runs their tests",
    ),
    Claim(
        "a gate that is shut costs at most 10 ns a call, and pure-Python programs that do more than call take at most "
        "1.04 of their time on average (those that only call 1.2 to 1.3)",
        "`python -m benchmarks gates`",
        (
            Check("gates", "shut gate adds: *", "at most 10 ns a call", at_most=10),
            Check("gates", "geometric mean of the 14 that do more than call", "at most 1.04 of their", at_most=1.04),
        ),
    ),
    Claim(
        "importing from the cache takes at most 1.5 times plain importing (1.41 to 1.5 when last measured); the first "
        "import, which transforms, is to take at most 9 times (9.5 to 10.9 when last measured: missed), and does at "
        "least 12,000 lines a second",
        "`python -m benchmarks importing transforming`",
        (
            Check("importing", "enabled / plain, warm", "at most 1.5 times", at_most=1.5),
            Check("importing", "enabled / plain, cold", "to take at most 9 times", at_most=9),
            Check("transforming", "standard library: ours", "at least 12,000 lines a second", at_least=12_000),
        ),
    ),
    Claim(
        "the first call under `tf.function` takes at most 0.5 of the time it takes with TensorFlow's own AutoGraph",
        "`python -m benchmarks first_call`",
        (Check("first_call", "*: trace, enabled / autograph", "at most 0.5 of the time", at_most=0.5),),
    ),
    Claim(
        "the paper's six programs, written in plain style, take at most 1.05 of the time of handwritten graphs, with "
        "the eager results",
        "`python -m benchmarks paper`",
        (Check("paper", "*: twin / handwritten", "at most 1.05 of the time", at_most=1.05),),
    ),
    Claim(
        "the example prints the same and runs at least 5 times as many steps a second",
        "`python -m benchmarks example`",
        (
            Check("example", "plain and hook print the same", "prints the same"),
            Check("example", "after the first epoch, hook / plain", "at least 5 times", at_least=5),
        ),
    ),
    Claim(
        "a call of a staged function takes at most 0.6 of the time of the same function under `tf.function`, with 1, "
        "10 and 100 guarded values",
        "`python -m benchmarks calls`",
        (Check("calls", "* guarded values: staged / tf.function", "at most 0.6 of the time", at_most=0.6),),
    ),
    Claim(
        "eleven eager programs of different kinds print the same with the hook, and run at least 0.9 times as fast as "
        "decorated by hand (1.03 to 1.98 times on one machine)",
        "`python -m benchmarks scripts`",
        (
            Check("scripts", "*: plain and hooked print the same", "print the same"),
            Check("scripts", "*: steady speed, hooked / by hand", "at least 0.9 times as fast", at_least=0.9),
        ),
    ),
    Claim(
        "a TreeLSTM in plain Python trains on the second backend at least 15 times as fast as in PyTorch's eager mode, "
        "and at least as fast as a C program",
        "`python -m benchmarks treelstm`",
        (
            Check("treelstm", "*: PyTorch / ours, time of a step", "at least 15 times as fast", at_least=15),
            Check("treelstm", "*: C / ours, time of a step", "at least as fast as a C program", at_least=1),
        ),
    ),
    Claim(
        "the time to transform and to import grows linearly from 1,000 to 1,000,000 lines (with the power 0.9 to 1.1; "
        "imports from the cache 1.22 to 1.33 when last measured: missed, as plain ones are, for Python's own collector"
        "), that of tracing with the program and that of a call with its guards and arguments no faster",
        "`python -m benchmarks scaling`",
        (
            Check("scaling", "power: transform of lines, and their import", "0.9 to 1.1", at_least=0.9),
            Check("scaling", "power: transform of lines, and their import", "0.9 to 1.1", at_most=1.1),
            Check("scaling", "power: import of lines, enabled, cached", "0.9 to 1.1", at_least=0.9),
            Check("scaling", "power: import of lines, enabled, cached", "0.9 to 1.1", at_most=1.1),
            Check("scaling", "power: trace by lines, enabled", "0.9 to 1.1", at_most=1.1),
            Check("scaling", "power: call by guards", "0.9 to 1.1", at_most=1.1),
            Check("scaling", "power: call by arguments, staged", "0.9 to 1.1", at_most=1.1),
        ),
    ),
)
