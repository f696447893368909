"""The README's claims are those that the benchmarks judge, with the same bounds."""

from __future__ import annotations

import re
from typing import Any

import pytest

from benchmarks import summary
from benchmarks.claims import CLAIMS, Check, Claim, judge
from benchmarks.registry import BENCHMARKS
from tests.conftest import ROOT

ROWS = re.compile(r"^\| (.+) \| (.+) \|$", re.MULTILINE)
CLAIM = pytest.mark.parametrize("claim", CLAIMS, ids=[claim.text[:40] for claim in CLAIMS])
CHECKED = Claim("it takes at most 1.5 times", "`python -m benchmarks first`",
                (Check("first", "*: ours / theirs", "at most 1.5 times", at_most=1.5),))  # fmt: skip


def figures(*medians: float, error: str = "", **more: Any) -> dict[str, Any]:
    rows = [
        {"what": f"{n}: ours / theirs", "unit": "x", "kept": None, "spread": {"median": m, "low": m, "high": m}}
        for n, m in enumerate(medians)
    ]
    return {"rows": rows, "facts": {}, "missing": {}, "error": error, "seconds": 65.0, "machine": {"load": [0.2]}} | more


def test_the_table_of_the_readme_is_the_table_of_claims() -> None:
    table = (ROOT / "README.md").read_text().partition("## What holds")[2].partition("\n## ")[0]
    head, *rows = ROWS.findall(table)
    assert head == ("claim", "shown by")
    assert rows == [(claim.text, claim.shown_by) for claim in CLAIMS]


@CLAIM
def test_a_bound_is_the_one_that_the_claim_states(claim: Claim) -> None:
    for check in claim.checks:
        assert check.says in claim.text
        bound = check.at_most if check.at_most is not None else check.at_least
        if bound == 1 or bound == 0:
            assert "as fast as" in check.says or "the same" in check.says
        elif bound is not None:
            assert f"{bound:,g}" in check.says


@CLAIM
def test_a_claim_names_the_command_of_every_benchmark_that_it_rests_on(claim: Claim) -> None:
    assert claim.checks or claim.otherwise
    for check in claim.checks:
        assert check.benchmark in BENCHMARKS
        assert re.search(rf"python -m benchmarks[\w ]* {check.benchmark}\b", claim.shown_by)


def test_a_claim_holds_if_all_its_figures_keep_the_bound() -> None:
    assert judge(CHECKED, {"first": figures(1.2, 1.5)}).word == "held"
    verdict = judge(CHECKED, {"first": figures(1.2, 1.6)})
    assert verdict.word == "MISSED"
    assert [one.value for _, found in verdict.found for one in found if not one.holds] == ["1.6 x"]


@pytest.mark.parametrize(
    ("results", "why"),
    [
        ({}, "first was not run"),
        ({"first": figures(error="it failed")}, "first broke off"),
        ({"first": figures(1.2, error="it failed")}, "first broke off"),
        (
            {"first": figures(missing={"theirs": "not installed"})},
            "first has no figure '*: ours / theirs' (missing here: theirs)",
        ),
    ],
)
def test_a_claim_without_figures_is_not_shown_and_the_reason_is_given(results: Any, why: str) -> None:
    verdict = judge(CHECKED, results)
    assert (verdict.held, verdict.why) == (None, why)


def test_a_fact_that_is_not_true_is_a_claim_that_does_not_hold() -> None:
    same = Claim("prints the same", "", (Check("first", "*: prints the same", "prints the same"),))
    assert judge(same, {"first": figures(facts={"vae: prints the same": True})}).held is True
    assert judge(same, {"first": figures(facts={"vae: prints the same": False})}).held is False


def test_the_summary_shows_every_claim_with_its_verdict_and_every_benchmark(monkeypatch: pytest.MonkeyPatch) -> None:
    other = Claim("another", "`elsewhere`", (), "no benchmark: run it elsewhere")
    monkeypatch.setattr(summary, "CLAIMS", (CHECKED, other))
    missed = {"what": "memory", "unit": "kB", "kept": False, "spread": {"median": 3.0, "low": 3.0, "high": 3.0}}
    results = {"first": figures(1.2, 2.5, plot="first.png")}
    results["first"]["rows"].append(missed)
    judged = summary.verdicts(results)
    text = summary.as_text(results, judged)
    assert (
        "| **MISSED** | it takes at most 1.5 times | 1: ours / theirs: 2.5 x (at most 1.5)<br>"
        "and 1 more that are at most 1.5 | `python -m benchmarks first` |" in text
    )
    assert "| **not shown** | another | no benchmark: run it elsewhere | `elsewhere` |" in text
    assert "| first | 1 min 5 s | memory: 3 kB |  | [plot](first.png) |" in text
    data = summary.as_data(results, judged)
    assert [claim["held"] for claim in data["claims"]] == [False, None]
    assert data["benchmarks"]["first"]["missed"] == ["memory"]
    assert summary.told(judged)[0] == "  MISSED     it takes at most 1.5 times"


@pytest.mark.parametrize(("load", "told"), [(0.5, False), (2.9, False), (9.0, True)])
def test_the_summary_says_that_other_programs_ran_meanwhile(load: float, told: bool) -> None:
    results = {"first": figures(1.2, machine={"processors": 2, "load": [load, 0.1, 0.1]})}
    text = "\n".join(summary.as_text(results, []))
    assert ("**Other programs ran** when these began, so that their times say little: first." in text) is told
