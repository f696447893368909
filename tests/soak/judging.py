"""Are the samples of a long run level, in memory compared with the same rounds without the hook?

A line is fitted through the samples of each quantity, robust against single ones: the median of the slopes between
all pairs (Theil and Sen). What it rises by from the first sample to the last must not be more than a bound; where the
samples scatter so much that no rise is certain, there is none. The first samples do not count: caches fill.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

WARM_UP = 0.25
"""The part of the samples that does not count."""
FEWEST = 8
"""Samples that count; with fewer nothing can be said."""
CERTAIN = 2.58
"""Standard deviations: 99 of 100 runs that are level are found level."""


@dataclass(frozen=True)
class Sample:
    seconds: float
    """Since the start."""
    rounds: int
    """Units of work that are done."""
    resident: float
    """Kilobytes."""
    cost: float
    """Processor seconds of a round since the last sample."""
    threads: int
    files: int


@dataclass(frozen=True)
class Quantity:
    """One thing that must stay level."""

    name: str
    unit: str
    of: Callable[[Sample], float]
    bound: Callable[[float, int], float]
    """What it may rise by, given its median and the number of rounds."""
    is_beside_plain: bool = False
    """May it rise by as much more as it does in the plain run?"""


MEMORY_OF_A_ROUND = 64.0
"""Kilobytes that the hook may add to what plain Python keeps of a round. It is not zero because TensorFlow keeps each
distinct stack of more than 16 entries for good, a kilobyte with the code that it names, and calls of graphs and of pieces
stand a few entries deeper than plain ones. A run of 589 rounds kept 46 kB a round more than plain Python did."""
SLOWER = 0.1

QUANTITIES = (
    Quantity("resident memory", "kB", lambda s: s.resident, lambda _, rounds: MEMORY_OF_A_ROUND * rounds, True),
    Quantity("time of a round", "s", lambda s: s.cost, lambda median, _: SLOWER * median),
    # One that appears once, as a pool's does that grows when it is first busy, is no leak.
    Quantity("threads", "", lambda s: s.threads, lambda _, __: 1.5),
    Quantity("open files", "", lambda s: s.files, lambda _, __: 1.5),
)


@dataclass(frozen=True)
class Verdict:
    name: str
    unit: str
    median: float
    rise: float
    """Of the fitted line, from the first sample that counts to the last."""
    surely: float
    """The least rise that agrees with the samples."""
    bound: float
    each_round: float
    plain: float | None
    """What it rises by in a round of the plain run, where that counts."""

    @property
    def is_level(self) -> bool:
        return self.rise <= self.bound or self.surely <= 0

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"is_level": self.is_level}

    def __str__(self) -> str:
        found = "level" if self.is_level else "NOT LEVEL"
        unit = f" {self.unit}" if self.unit else ""
        plain = f", {self.plain:.3g}{unit} without the hook" if self.plain is not None else ""
        return (
            f"{self.name:16} {found}: {self.median:.4g}{unit}, rises by {self.rise:.4g}{unit} "
            f"({self.each_round:.3g}{unit} a round{plain}; at most {self.bound:.4g}{unit})"
        )


class TooShort(Exception):
    """Too few samples to say anything."""


def judge(samples: Sequence[Sample], plain: Sequence[Sample] = ()) -> list[Verdict]:
    """`plain` are those of the same rounds without the hook; where there are none, nothing is taken to be kept there."""
    counted, beside = _counted(samples), _counted(plain) if plain else []
    return [_verdict(quantity, counted, beside) for quantity in QUANTITIES]


def _counted(samples: Sequence[Sample]) -> Sequence[Sample]:
    counted = samples[int(len(samples) * WARM_UP) :]
    if len(counted) < FEWEST:
        raise TooShort(f"{len(samples)} samples are too few to be judged: {math.ceil(FEWEST / (1 - WARM_UP))} at least")
    return counted


def _verdict(quantity: Quantity, samples: Sequence[Sample], beside: Sequence[Sample]) -> Verdict:
    rounds = samples[-1].rounds - samples[0].rounds
    median = statistics.median(quantity.of(sample) for sample in samples)
    slope, least = _slopes(quantity, samples)
    bound = quantity.bound(median, rounds)
    surely, plain = least * rounds, None
    if quantity.is_beside_plain and beside:
        plain, _ = _slopes(quantity, beside)
        kept = max(0.0, plain) * rounds
        bound += kept
        surely -= kept
    return Verdict(quantity.name, quantity.unit, median, slope * rounds, surely, bound, slope, plain)


def _slopes(quantity: Quantity, samples: Sequence[Sample]) -> tuple[float, float]:
    return slopes([float(sample.rounds) for sample in samples], [float(quantity.of(sample)) for sample in samples])


def slopes(x: Sequence[float], y: Sequence[float]) -> tuple[float, float]:
    """The slope of a line through points, and the lower end of its range of confidence.

    >>> slopes([0, 1, 2, 3, 4, 5], [1, 3, 5, 70, 9, 11])[0]
    2.0
    """
    count = len(x)
    found = sorted((y[j] - y[i]) / (x[j] - x[i]) for i in range(count) for j in range(i + 1, count) if x[j] > x[i])
    # By Kendall: the number of slopes by which the median's rank may be off.
    spread = CERTAIN * math.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    lowest = max(0, int((len(found) - spread) / 2))
    return statistics.median(found), found[lowest]
