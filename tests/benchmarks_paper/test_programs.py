"""The paper's programs, small: the same results as eager Python, staged and written by hand."""

from __future__ import annotations

import functools

import pytest

pytest.importorskip("tensorflow")

from benchmarks.paper.cases import CASES, WARM_UP, Case
from benchmarks.paper.contenders import Contender, difference, staged_calls

CASE = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
ROUNDING = 1e-6


@functools.cache
def eager(case: Case) -> list[object]:
    return Contender("eager", case, case.tiny).results()


@CASE
def test_the_graph_of_the_enabled_program_gives_what_eager_python_gives(case: Case) -> None:
    staged = Contender("twin", case, case.tiny)
    assert difference(staged.results(), eager(case)) <= ROUNDING
    assert difference(staged.results(), eager(case)) <= ROUNDING


@CASE
def test_the_graph_written_by_hand_computes_the_same_program(case: Case) -> None:
    assert difference(Contender("handwritten", case, case.tiny).results(), eager(case)) <= ROUNDING


@CASE
def test_the_enabled_program_called_as_it_is_gives_the_bits_of_eager_python(case: Case) -> None:
    own = Contender("own", case, case.tiny)
    for _ in range(WARM_UP + 2):
        assert difference(own.results(), eager(case)) == 0.0


@pytest.mark.parametrize("name", ["beam_search", "lbfgs"])
def test_a_program_without_datasets_and_lists_is_staged_as_it_is(name: str) -> None:
    case = next(case for case in CASES if case.name == name)
    own = Contender("own", case, case.tiny)
    for _ in range(WARM_UP + 2):
        own.run()
    staged, reason = staged_calls(own)
    assert staged, reason


def test_results_of_another_shape_or_number_are_not_equal() -> None:
    one = eager(CASES[0])
    assert difference([array[:1] for array in one], one) == float("inf")
    with pytest.raises(ValueError):
        difference(one[:1], one)
