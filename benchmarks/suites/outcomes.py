"""How the tests of one run ended, how long they took, and in what two runs differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

STATUS = "(exit status)"
"""A case like others: it tells a crash, a run that is not over in time, and doctests that nobody counts."""


@dataclass
class Outcome:
    """One run of a suite, or of one of CPython's test files."""

    cases: dict[str, list[str]]
    """For each case how it ended; several if it ran several times."""
    loaded: list[str] = field(default_factory=list)
    """The modules that came through the hook."""
    processor: float = 0.0
    elapsed: float = 0.0
    status: int | None = 0
    """The exit status; None if the run was not over in time."""
    output: str = ""
    now: str = ""
    """The test that ran last."""
    seconds: dict[str, float] = field(default_factory=dict)
    """The processor time of each test."""
    reasons: dict[str, str] = field(default_factory=dict)
    """What pytest says of those that failed."""
    functions: list[dict[str, Any]] = field(default_factory=list)
    """The functions in which most time went into traces."""
    problems: list[str] = field(default_factory=list)
    """What could not be transformed: the place, and why."""

    @property
    def counts(self) -> dict[str, int]:
        """As pytest counts: a test that passes and whose teardown fails is both."""
        found = Counter(outcome for outcomes in self.cases.values() for outcome in outcomes)
        return {kind: found[kind] for kind in KINDS if found[kind]}

    def count(self, *kinds: str) -> int:
        return sum(self.counts.get(kind, 0) for kind in kinds)


KINDS = ("passed", "failed", "error", "skipped", "xfailed", "xpassed")


def differences(plain: Outcome, hook: Outcome) -> dict[str, tuple[str, str]]:
    """The cases that ended otherwise: case -> (without the hook, with the hook)."""
    before = plain.cases | {STATUS: [str(plain.status)]}
    after = hook.cases | {STATUS: [str(hook.status)]}
    return {
        case: (" ".join(before.get(case, ["missing"])), " ".join(after.get(case, ["missing"])))
        for case in sorted({*before, *after})
        if before.get(case) != after.get(case)
    }


def of_file(seconds: Mapping[str, float]) -> dict[str, float]:
    """The sum of the tests of each file."""
    found: dict[str, float] = {}
    for case, each in seconds.items():
        file = case.partition("::")[0]
        found[file] = found.get(file, 0.0) + each
    return found


def worst_files(
    plain: Mapping[str, float], hook: Mapping[str, float], most: float
) -> dict[str, tuple[float, float]]:
    """The files that take more than `most` times as long with the hook; those that lose most time come first."""
    both = {file: (plain[file], hook[file]) for file in plain if file in hook and hook[file] > most * plain[file]}
    return dict(sorted(both.items(), key=lambda entry: entry[1][0] - entry[1][1]))
