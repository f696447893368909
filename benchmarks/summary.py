"""What a directory of results says about the README's claims: `summary.md` for people, `summary.json` for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .claims import CLAIMS, Results, Verdict, judge
from .progress import duration
from .registry import BENCHMARKS

FIGURES = 3
"""Of those that keep a bound, so many are shown beside the claim; all that miss it are."""


def collect(directory: Path) -> dict[str, dict[str, Any]]:
    """The results that lie in a directory, by benchmark."""
    files = {name: directory / f"{name}.json" for name in BENCHMARKS}
    return {name: json.loads(path.read_text()) for name, path in files.items() if path.exists()}


def verdicts(results: Results) -> list[Verdict]:
    return [judge(claim, results) for claim in CLAIMS]


def write(directory: Path, results: Results) -> None:
    judged = verdicts(results)
    directory.joinpath("summary.md").write_text("\n".join(as_text(results, judged)) + "\n")
    directory.joinpath("summary.json").write_text(json.dumps(as_data(results, judged), indent=1) + "\n")


def as_data(results: Results, judged: list[Verdict]) -> dict[str, Any]:
    return {
        "claims": [
            {
                "claim": verdict.claim.text,
                "shown_by": verdict.claim.shown_by,
                "held": verdict.held,
                "why": verdict.why,
                "checks": [
                    {"benchmark": check.benchmark, "bound": check.bound, "found": [asdict(one) for one in found]}
                    for check, found in verdict.found
                ],
            }
            for verdict in judged
        ],
        "benchmarks": {
            name: {key: figures.get(key) for key in ("machine", "when", "quick", "seconds", "error", "missing", "plot")}
            | {"missed": [row["what"] for row in figures.get("rows", ()) if row["kept"] is False]}
            for name, figures in results.items()
        },
    }


def as_text(results: Results, judged: list[Verdict]) -> list[str]:
    lines = ["# What was measured here", ""]
    for machine in {json.dumps(figures["machine"]): figures["machine"] for figures in results.values()}.values():
        told = ", ".join(f"{key} {value}" for key, value in machine.items() if key != "load")
        if told not in lines:
            lines += [told, ""]
    busy = [name for name, figures in results.items() if _busy(figures["machine"])]
    if busy:
        lines += [f"**Other programs ran** when these began, so that their times say little: {', '.join(busy)}.", ""]
    if any(figures.get("quick") for figures in results.values()):
        lines += ["Measured with `--quick`, in few rounds: a first impression.", ""]
    lines += ["## The claims of the README", "", "| | claim | measured | shown by |", "|---|---|---|---|"]
    for verdict in judged:
        measured = "<br>".join(_measured(verdict)) or verdict.why
        lines.append(f"| **{verdict.word}** | {verdict.claim.text} | {measured} | {verdict.claim.shown_by} |")
    lines += ["", "## The benchmarks", ""]
    lines += ["| | took | promises missed | contenders missing here | |", "|---|---|---|---|---|"]
    for name, figures in results.items():
        missed = [row for row in figures.get("rows", ()) if row["kept"] is False]
        told = "<br>".join(f"{row['what']}: {row['spread']['median']:.3g} {row['unit']}" for row in missed)
        if figures.get("error"):
            told = f"**broke off**: {figures['error'].splitlines()[0]}" + (f"<br>{told}" if told else "")
        missing = "<br>".join(f"{contender}: {why.splitlines()[0]}" for contender, why in figures["missing"].items())
        plot = f"[plot]({figures['plot']})" if figures.get("plot") else ""
        lines.append(f"| {name} | {duration(figures['seconds'])} | {told} | {missing} | {plot} |")
    return [*lines, "", f"{duration(sum(figures['seconds'] for figures in results.values()))} in all."]


def _busy(machine: Mapping[str, Any]) -> bool:
    """More wanted to run than there are processors; a benchmark that ran before alone leaves no more than that."""
    load = machine.get("load")
    return bool(load and load[0] > (machine.get("processors") or 1) + 1)


def _measured(verdict: Verdict) -> list[str]:
    lines = []
    for check, found in verdict.found:
        missed = [one for one in found if not one.holds]
        kept = [one for one in found if one.holds][: 0 if missed else FIGURES]
        lines += [f"{one.what}: {one.value} ({check.bound})" for one in missed + kept]
        more = len(found) - len(missed) - len(kept)
        if more:
            lines.append(f"and {more} more that are {check.bound}")
    return lines + ([verdict.why] if verdict.why and lines else [])


def told(judged: list[Verdict]) -> list[str]:
    """The claims in a few lines, for the terminal."""
    lines = []
    for verdict in judged:
        lines.append(f"  {verdict.word:9}  {verdict.claim.text}")
        shown = _measured(verdict) if verdict.held is False else [verdict.why] if verdict.why else []
        lines += [f"             {line}" for line in shown]
    return lines
