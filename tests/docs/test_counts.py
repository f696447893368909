"""The counts that the documentation gives are those of the code."""

from __future__ import annotations

import re

from autograph_hook.runtime import chunks, gate, mixed
from autograph_hook.staging import known, outermost, pieces, specialization
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "how-it-works.md").read_text()
ROWS = dict(re.findall(r"^\| ([^|]+) \| ([^|]+ \| [^|]+) \|$", PAGE, re.MULTILINE))


def numbers(row: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", next(text for what, text in ROWS.items() if row in what))]


def by_size(operations: int) -> int:
    class Call:
        function = ("f", 1, operations, 0)

    return outermost._by_size(Call())  # type: ignore[arg-type]


def test_the_warm_up_is_as_long_as_the_page_says() -> None:
    most, least, base, share = numbers("plain calls of a function")
    assert (most, least) == (by_size(1), by_size(share + 1))
    assert [by_size(size) for size in (5, 20, 100)] == [base + share // size for size in (5, 20, 100)]
    fewest, longest = numbers("runs of a loop's body")
    assert (fewest, longest) == (by_size(share), by_size(mixed._SIZE))
    assert fewest > pieces.UNLOOKED


def test_what_pays_and_what_is_kept_is_counted_as_the_page_says() -> None:
    assert numbers("calls of a function for which its caller") == [outermost.PATIENCE]
    assert numbers("operations in a graph") == [specialization.FEWEST_OPERATIONS]
    assert numbers("staged calls for each trace")[0] == known.CALLS_THAT_PAY
    most, for_another, _, kept = numbers("traces of one function")
    assert (most, for_another, kept) == (
        known.MOST_SPECIALIZATIONS, known.CALLS_FOR_ANOTHER, known.CALLS_FOR_ANOTHER // 4
    )  # fmt: skip
    assert numbers("staged calls that fail") == [known.MOST_FAILURES + 1]
    assert numbers("calls without a tensor") == [gate.PATIENCE]
    assert numbers("at the end of the run") == [known.CALLS_WORTH_KEEPING]


def test_a_loop_waits_and_runs_ahead_as_the_page_says() -> None:
    few, most = map(int, re.findall(r"up to (\d+) iterations each time \((\d+) if", PAGE)[0])
    assert (few, most) == (pieces.FEW_ITERATIONS, pieces.MOST_ITERATIONS)
    assert f"eight iterations at a time once {chunks.SEASONED}" in PAGE and chunks.SIZE == 8
