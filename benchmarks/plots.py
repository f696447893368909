"""Draws the charts of a benchmark, as its JSON file has them: one picture, the charts one below the other.

A chart is `bars` (a group of bars for each thing that was measured) or `lines` (one line for each contender over a
size); `Bench.bars` and `Bench.lines` make them. Medians, with the quartiles as whiskers.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

GREYS, BLUES, ORANGES = ("#b8b8b8", "#5f5f5f"), ("#5b8db8", "#2b5577"), ("#d9822b", "#8f4e0c")
COLOURS = (
    dict.fromkeys(("plain", "eager"), GREYS)
    | dict.fromkeys(("graph", "handwritten", "by hand", "tf.function"), BLUES)
    | dict.fromkeys(("ours", "enabled", "staged", "twin", "hook", "hooked", "Lantern", "a staged call"), ORANGES)
)
"""Plain Python is grey everywhere, what was written by hand is blue, and we are orange."""
OTHERS = ("#6aa56a", "#9b77b0", "#c4625e", "#8c6d4f", "#5f9ea0", "#c9a93b", "#7a7a7a", "#d48fb0")
WIDTH = 9.0
PER_BAR = 0.22
LINES_HEIGHT = 4.2


def draw(charts: Sequence[dict[str, Any]], path: Path) -> str:
    """What was drawn: the picture's name, or why there is none."""
    if not charts:
        return "no plot: nothing was measured that has one"
    try:
        matplotlib = importlib.import_module("matplotlib")
    except ImportError:
        return "no plot: matplotlib is not installed"
    matplotlib.use("Agg")
    pyplot = importlib.import_module("matplotlib.pyplot")
    heights = [height(chart) for chart in charts]
    figure, axes = pyplot.subplots(
        len(charts), 1, figsize=(WIDTH, sum(heights)), height_ratios=heights, squeeze=False, layout="constrained"
    )
    for chart, place in zip(charts, axes[:, 0], strict=True):
        {"bars": _bars, "lines": _lines}[chart["kind"]](place, chart)
        place.set_title(chart["title"], fontsize="medium")
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
    return path.name


def height(chart: dict[str, Any]) -> float:
    """In inches."""
    if chart["kind"] == "lines":
        return LINES_HEIGHT
    return 1.3 + PER_BAR * (sum(map(len, chart["groups"].values())) + 0.8 * len(chart["groups"]))


def colours(names: Sequence[str]) -> dict[str, str]:
    """No two names of a chart have the same one; what follows a comma makes it a shade of the same.

    >>> colours(["plain, cold", "plain, warm"])
    {'plain, cold': '#b8b8b8', 'plain, warm': '#5f5f5f'}
    """
    found: dict[str, str] = {}
    left = list(OTHERS)
    for number, name in enumerate(names):
        shades = COLOURS.get(name.partition(",")[0], ())
        free = [colour for colour in shades if colour not in found.values()] or left[:1] or [f"C{number % 10}"]
        found[name] = free[0]
        left = [colour for colour in left if colour != free[0]]
    return found


def _bars(axes: Any, chart: dict[str, Any]) -> None:
    groups = chart["groups"]
    colour = colours(list(dict.fromkeys(name for spreads in groups.values() for name in spreads)))
    place, ticks, told = 0.0, [], set()
    for spreads in groups.values():
        ticks.append(place + (len(spreads) - 1) / 2)
        for name, spread in spreads.items():
            whiskers = [[spread["median"] - spread["low"]], [spread["high"] - spread["median"]]]
            axes.barh(place, spread["median"], 0.9, color=colour[name], xerr=whiskers, capsize=2,
                      ecolor="#444444", label=None if name in told else name)  # fmt: skip
            told.add(name)
            place += 1
        place += 0.8
    axes.set_yticks(ticks, list(groups))
    axes.invert_yaxis()
    axes.set_xlabel(chart["unit"])
    if chart["log"]:
        axes.set_xscale("log")
    if chart["line"] is not None:
        axes.axvline(chart["line"], color="black", linewidth=0.9, linestyle="--")
    if any(len(spreads) > 1 for spreads in groups.values()):
        axes.legend(fontsize="small", loc="best")


def _lines(axes: Any, chart: dict[str, Any]) -> None:
    colour = colours(list(chart["series"]))
    for name, line in chart["series"].items():
        medians = [spread["median"] for spread in line["y"]]
        if not any(value > 0 for value in medians):
            continue
        whiskers = [[s["median"] - s["low"] for s in line["y"]], [s["high"] - s["median"] for s in line["y"]]]
        axes.errorbar(line["x"], medians, yerr=whiskers, marker="o", markersize=4, capsize=2, color=colour[name],
                      label=name)  # fmt: skip
    axes.set_xscale("log")
    axes.set_yscale("log", nonpositive="clip")
    axes.set_xlabel(chart["over"])
    axes.set_ylabel(chart["unit"])
    axes.grid(True, alpha=0.3)
    axes.legend(fontsize="small", loc="best")
