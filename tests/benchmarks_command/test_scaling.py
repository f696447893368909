"""Slopes, powers, and programs of a given size."""

from __future__ import annotations

import json
from typing import Any

import pytest

from autograph_hook.transpiler import transform
from benchmarks import claims, scaling
from benchmarks.harness import Bench
from benchmarks.scaling import fits, graphs, lines, programs


def test_a_fixed_cost_is_no_part_of_a_slope_or_of_a_power() -> None:
    points = {float(x): 1000.0 + 3 * x for x in (1, 10, 100_000, 1_000_000)}
    assert fits.slope(points) == pytest.approx(3)
    assert fits.power(points) == pytest.approx(1, abs=0.01)


def test_what_grows_with_the_square_has_the_power_two() -> None:
    assert fits.power({float(x): x * x for x in (10, 100, 1000)}) == pytest.approx(2)


def test_every_part_gets_sizes_a_power_a_slope_and_a_chart(capsys: pytest.CaptureFixture[str]) -> None:
    bench = Bench("scaling")
    series = {"ours": {10: [1.0, 2.0], 100: [10.0, 20.0]}}
    fits.report(bench, "a call", "guards", "us", series, {"ours": "call by guards"}, (1e3, "ns/guard"))
    rows = {row.what: row.spread.median for row in bench.rows}
    assert rows["a call, 100 guards: ours"] == 15.0
    assert rows["power: call by guards"] == pytest.approx(1)
    assert rows["slope: call by guards"] == pytest.approx(150)
    assert bench.charts[0]["series"]["ours"]["x"] == [10, 100]


def test_a_million_lines_are_carried_on_along_the_slope() -> None:
    points = {1000.0: [2.0, 3.0], 10_000.0: [11.0, 12.0]}
    assert lines._at(1_000_000, points) == pytest.approx([1001.0, 1002.0])
    assert lines._at(10_000, points) == [11.0, 12.0]


@pytest.mark.parametrize("text", [programs.traced(3), programs.traced(3, by_hand=True), programs.taking(5),
                                  programs.many(4), programs.recursive("numpy", "np", "enable backend=lantern")])  # fmt: skip
def test_the_programs_that_grow_are_programs(text: str) -> None:
    made = transform(text.encode(), "grown.py")
    assert made.functions and not made.problems


def test_the_lines_of_a_traced_program_are_counted_as_they_are_written() -> None:
    longer, shorter = (programs.traced(blocks).count("\n") for blocks in (5, 4))
    assert longer - shorter == programs.BLOCK_LINES


def test_the_names_of_powers_are_those_that_the_claim_looks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(fits, "report", lambda *arguments: asked.append(arguments))
    found = {form: {"1": [1.0]} for form in ("by hand", "AutoGraph", "enabled", "staged", "tf.function", "eager")}
    monkeypatch.setattr(graphs, "_child", lambda *_: found)
    monkeypatch.setattr(graphs, "child", lambda *_: {"samples": {"staged": [2.0], "bare graph": [1.0]}})
    monkeypatch.setattr(lines, "QUICK", (200, 400))
    for part in "lines", "traces", "guards", "arguments":
        scaling.PARTS[part](Bench("scaling", quick=True), 1)
    rows = [
        {"what": f"power: {name}", "unit": "", "spread": {"median": 1.0}}
        for arguments in asked
        for name in arguments[5].values()
    ]
    (claim,) = [claim for claim in claims.CLAIMS if "scaling" in claim.shown_by]
    for check in claim.checks:
        assert [found.holds for found in check.found({"scaling": {"rows": rows}})] == [True], check.what


def test_a_package_of_few_lines_is_transformed_and_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "QUICK", (200, 400))
    bench = Bench("scaling", quick=True)
    lines.run(bench, 1)
    whats = [row.what for row in bench.rows]
    assert f"power: {lines.TRANSFORM}" in whats
    assert "a million lines: a later start takes longer by" in whats
    assert json.dumps(bench.to_dict())
