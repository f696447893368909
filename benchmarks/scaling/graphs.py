"""What grows in a process that has TensorFlow: traces, calls by guards and by arguments, graphs kept, recursion."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from .. import calls
from ..harness import Bench, child, say
from ..progress import progress
from . import fits, programs

CHILD = Path(__file__).with_name("graphs_child.py")
CALLS_CHILD = Path(__file__).parent.parent / "calls_child.py"
BLOCKS = (1, 3, 10, 30)
GUARDS = (1, 10, 100, 1_000)
ARGUMENTS = (1, 3, 10, 30, 100)
GRAPHS = (1, 3, 10, 30)
DEPTHS = (10, 30, 100, 300, 1_000)


def traces(bench: Bench, rounds: int) -> None:
    found = _child("traces", rounds, BLOCKS[:-1] if bench.quick else BLOCKS)
    series = {
        form: {blocks * programs.BLOCK_LINES: values for blocks, values in _sizes(points).items()}
        for form, points in found.items()
    }
    fits.report(
        bench, "the first trace under tf.function", "lines", "ms", series,
        {form: f"trace by lines, {form}" for form in series}, (1e3, "us/line"),
    )  # fmt: skip


def guards(bench: Bench, rounds: int) -> None:
    """What checking takes is what a staged call takes beyond its graph's bare run."""
    series: dict[str, dict[float, list[float]]] = {"a staged call": {}, "of it, beyond the bare graph": {}}
    for count in GUARDS:
        progress.tell(f"{count} guards")
        with tempfile.TemporaryDirectory() as directory:
            Path(directory, "model.py").write_text(calls.model(count))
            samples = child([CALLS_CHILD, directory, str(rounds)])["samples"]
        series["a staged call"][count] = samples["staged"]
        beyond = [staged - bare for staged, bare in zip(samples["staged"], samples["bare graph"], strict=True)]
        series["of it, beyond the bare graph"][count] = beyond
    fits.report(
        bench, "a call by its guards", "guards", "us", series, {"a staged call": "call by guards"}, (1e3, "ns/guard")
    )


def arguments(bench: Bench, rounds: int) -> None:
    found = _child("arguments", rounds, ARGUMENTS)
    series = {form: _sizes(points) for form, points in found.items()}
    fits.report(
        bench, "a call by its arguments", "arguments", "us", series,
        {form: f"call by arguments, {form}" for form in ("staged", "tf.function")}, (1e3, "ns/argument"),
    )  # fmt: skip


def specializations(bench: Bench, rounds: int) -> None:
    series = {}
    for form in "staged", "tf.function":
        progress.tell(f"graphs of {form}")
        series[form] = _sizes(_child("specializations", rounds, GRAPHS, form))
    fits.report(
        bench, "resident memory by graphs", "graphs", "kB", series,
        {form: f"memory of graphs, {form}" for form in series}, (1, "kB/graph"),
    )  # fmt: skip


def recursion(bench: Bench, rounds: int) -> None:
    found = _child("recursion", rounds, DEPTHS)
    for contender, why in found.pop("missing").items():
        bench.lacks(contender, why)
    series = {form: _sizes(points) for form, points in found.items()}
    say("  (the same function, `down(n - 1, tanh(x) * 0.5 + x)`, over 16 numbers)")
    fits.report(
        bench, "a function that calls itself", "levels", "us", series,
        {form: f"recursion by depth, {form}" for form in series}, (1e3, "ns/level"),
    )  # fmt: skip


def _child(part: str, rounds: int, sizes: tuple[int, ...], form: str = "") -> Any:
    with tempfile.TemporaryDirectory() as directory:
        return child([CHILD, directory, part, str(rounds), ",".join(map(str, sizes)), form])


def _sizes(points: dict[str, list[float]]) -> dict[float, list[float]]:
    """JSON has made texts of the sizes."""
    return {int(size): values for size, values in points.items()}
