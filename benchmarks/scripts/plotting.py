"""A picture of the figures: for each program the speed of its forms, plain being 1."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .running import FORMS

COLOURS = {"plain": "#b8b8b8", "by hand": "#5b8db8", "hooked": "#d9822b"}


def plot(figures: dict[str, Any], path: Path) -> None:
    """Bars with the quartiles of the hooked ratio. Says so where matplotlib is not installed."""
    try:
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib import pyplot
    except ImportError:
        print(f"  no plot: matplotlib is not installed ({path.name})")
        return
    rows = {row["what"]: row["spread"] for row in figures["rows"]}
    names = [what.split(":")[0] for what in rows if what.endswith("steady, plain")]
    figure, axes = pyplot.subplots(figsize=(9, 0.55 * len(names) + 1.5))
    for place, name in enumerate(names):
        plain = rows[f"{name}: steady, plain"]["median"]
        for shift, form in enumerate(FORMS):
            spread = rows[f"{name}: steady, {form}"]
            speed = plain / spread["median"]
            error = [[speed - plain / spread["high"]], [plain / spread["low"] - speed]]
            height = place + 0.27 * (shift - 1)
            axes.barh(height, speed, 0.25, color=COLOURS[form], xerr=error, label=None if place else form)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlabel("steps per second, plain = 1 (median and quartiles)")
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
