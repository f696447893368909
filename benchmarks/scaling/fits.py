"""What a series of sizes says: a slope, a power, and what a size beyond them would take."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ..harness import Bench

Points = Mapping[float, list[float]]
"""For each size, a value for each round."""
DECADE = 10


def rounds(points: Points) -> list[dict[float, float]]:
    """The same, round by round."""
    return [dict(zip(points, values, strict=True)) for values in zip(*points.values(), strict=True)]


def slope(points: Mapping[float, float]) -> float:
    """What one more costs, by the straight line that fits best: an error counts less at a larger size.

    >>> slope({1: 12, 10: 30, 100: 210})
    2.0
    """
    weights = {x: 1 / x for x in points}
    total = sum(weights.values())
    x_mean = sum(w * x for x, w in weights.items()) / total
    y_mean = sum(w * points[x] for x, w in weights.items()) / total
    above = sum(w * (x - x_mean) * (points[x] - y_mean) for x, w in weights.items())
    return round(above / sum(w * (x - x_mean) ** 2 for x, w in weights.items()), 12)


def power(points: Mapping[float, float]) -> float:
    """How the last decade of sizes grew: 1 is linear, 2 quadratic, 0 not at all.

    >>> power({1: 5.0, 10: 7.0, 100: 70.0}), power({10: 1.0, 100: 100.0})
    (1.0, 2.0)
    """
    last = max(points)
    first = max(x for x in points if x <= last / DECADE) if min(points) <= last / DECADE else min(points)
    if points[first] <= 0 or points[last] <= 0:
        return 0.0
    return round(math.log(points[last] / points[first]) / math.log(last / first), 12)


def report(
    bench: Bench,
    title: str,
    over: str,
    unit: str,
    series: Mapping[str, Points],
    fitted: Mapping[str, str],
    scale: tuple[float, str],
) -> None:
    """Rows for all sizes, a chart, and for each series in `fitted` its power and slope, under the name given there.
    `scale` turns a slope into a unit that can be read."""
    factor, small = scale
    for name, points in series.items():
        for size, values in points.items():
            bench.row(f"{title}, {size:,g} {over}: {name}", values, unit)
    for name, called in fitted.items():
        by_round = rounds(series[name])
        bench.row(f"power: {called}", [power(points) for points in by_round])
        bench.row(f"slope: {called}", [factor * slope(points) for points in by_round], small)
    bench.lines(title, over, unit, series)
