"""The judging of a long run, on samples that are made up, and a real run of a few seconds."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.conftest import ROOT, clean_environment
from tests.soak.judging import FEWEST, MEMORY_OF_A_ROUND, Sample, TooShort, judge

COUNT = 60


def samples(
    memory: float = 0.0, slower: float = 0.0, threads: float = 0.0, files: float = 0.0, count: int = COUNT
) -> list[Sample]:
    """Ten rounds from one sample to the next, with what each round leaves behind. A warm-up, and noise, is in all."""
    drawn = random.Random(7)
    found = []
    for i in range(count):
        rounds = 10 * (i + 1)
        filling = 80_000 * min(1.0, i / (count / 5))
        found.append(
            Sample(
                seconds=5.0 * i,
                rounds=rounds,
                resident=700_000 + filling + memory * rounds + drawn.gauss(0, 500),
                cost=0.5 * (1 + slower * i / count) * drawn.uniform(0.95, 1.1),
                threads=8 + int(threads * rounds),
                files=6 + int(files * rounds),
            )
        )
    return found


def not_level(made: list[Sample], plain: Sequence[Sample] = ()) -> list[str]:
    return [verdict.name for verdict in judge(made, plain) if not verdict.is_level]


def test_a_run_that_leaves_nothing_behind_is_level() -> None:
    assert not_level(samples()) == []


@pytest.mark.parametrize(
    ("leaks", "found"),
    [
        ({"memory": 4 * MEMORY_OF_A_ROUND}, "resident memory"),
        ({"slower": 0.5}, "time of a round"),
        ({"threads": 0.01}, "threads"),
        ({"files": 0.01}, "open files"),
    ],
)
def test_what_each_round_leaves_behind_is_found(leaks: dict[str, float], found: str) -> None:
    assert not_level(samples(**leaks)) == [found]


def test_what_plain_python_keeps_too_is_no_fault_of_the_hook() -> None:
    kept = 4 * MEMORY_OF_A_ROUND
    (memory, *_) = judge(samples(memory=kept), samples(memory=kept))
    assert memory.is_level and "kB without the hook" in str(memory)
    assert not_level(samples(memory=2 * kept), samples(memory=kept)) == ["resident memory"]


def test_a_plain_run_whose_memory_falls_makes_nothing_narrower_or_wider() -> None:
    (alone, *_), (beside, *_) = judge(samples()), judge(samples(), samples(memory=-50.0))
    assert (alone.bound, alone.surely) == (beside.bound, beside.surely)


def test_a_single_thread_or_a_single_slow_sample_is_no_leak() -> None:
    made = samples()
    made = [
        Sample(s.seconds, s.rounds, s.resident, s.cost * (9 if i == 40 else 1), s.threads + (i > 30), s.files)
        for i, s in enumerate(made)
    ]
    assert not_level(made) == []


def test_a_run_that_is_too_short_says_so() -> None:
    with pytest.raises(TooShort, match="samples are too few to be judged: 11 at least"):
        judge(samples(count=FEWEST))


def test_a_verdict_names_the_figures() -> None:
    (text,) = [str(verdict) for verdict in judge(samples(threads=0.01)) if verdict.name == "threads"]
    assert text.startswith("threads          NOT LEVEL: ") and "at most 1.5" in text


def test_the_command_runs_and_keeps_its_samples(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    out = tmp_path / "soak.json"
    words = [sys.executable, "-m", "tests.soak", "--minutes", "0.02", "--every", "0.1", "--out", str(out)]
    child = subprocess.run(
        words, cwd=ROOT, env=clean_environment(TF_CPP_MIN_LOG_LEVEL="3"), capture_output=True, text=True, timeout=300
    )
    assert "rounds in" in child.stdout, child.stderr
    told = json.loads(out.read_text())
    assert told["wrong"] == "" and told["samples"][0]["rounds"] >= 1 and told["plain"][0]["rounds"] >= 1
    assert child.returncode == 2 and "too few to be judged" in child.stdout
