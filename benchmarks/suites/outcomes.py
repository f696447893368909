"""How the tests of one run ended, how long they took, and in what two runs differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Outcome:
    """One run of a suite."""

    cases: dict[str, list[str]]
    loaded: int
    processor: float
    elapsed: float
    seconds: dict[str, float] = field(default_factory=dict)
    """The processor time of each test."""
    reasons: dict[str, str] = field(default_factory=dict)
    """What pytest says of those that failed."""
    functions: list[dict[str, Any]] = field(default_factory=list)
    """The functions in which most time went into traces."""

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(worst(outcomes) for outcomes in self.cases.values())
        return {kind: found[kind] for kind in ("passed", "failed", "skipped") if found[kind]}


def worst(outcomes: list[str]) -> str:
    return next((kind for kind in ("failed", "skipped") if kind in outcomes), "passed")


def differences(plain: Outcome, hook: Outcome) -> dict[str, tuple[str, str]]:
    found = {}
    for case in sorted({*plain.cases, *hook.cases}):
        both = [worst(outcome.cases[case]) if case in outcome.cases else "missing" for outcome in (plain, hook)]
        if both[0] != both[1]:
            found[case] = both[0], both[1]
    return found


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
