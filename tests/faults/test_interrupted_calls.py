"""An interrupt or a want of memory at any point of a trace or of a staged call. `python -m tests.faults` tries more."""

from __future__ import annotations

import pytest

pytest.importorskip("tensorflow")

from tests.faults.calls import SOURCES, Subject, sweep
from tests.faults.striking import Exhausted, Late, Strike, Struck, points


@pytest.mark.parametrize("moment", ["traced", "staged"])
@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("error", [Struck, Exhausted, Late])
def test_a_call_that_is_struck_leaves_nothing_behind(kind: str, moment: str, error: type[BaseException]) -> None:
    if kind == "lantern":
        pytest.importorskip("llvmlite")
    assert sweep(kind, moment, error, wanted=2) == []


@pytest.mark.parametrize("error", [Struck, Exhausted, Late])
def test_what_was_taken_out_of_reach_while_tracing_is_put_back(error: type[BaseException]) -> None:
    assert sweep("tensorflow", "traced", error, 4, ("autograph_hook.staging.changes", "autograph_hook.staging.putting")) == []


def test_what_is_raised_when_the_graph_has_run_does_not_make_the_function_run_again() -> None:
    """What the graph changes has changed: a plain run would do it twice."""
    subject = Subject("tensorflow", "staged")
    hooked = subject.program.hooked
    variable = hooked.model.v.numpy()
    blow = Strike(0, Exhausted, ("autograph_hook.staging.results",))  # when the results are put together
    with pytest.raises(Exhausted), blow:
        subject.call(hooked)
    assert (hooked.model.v.numpy() == variable + subject.x.numpy()).all()


def test_points_are_spread_from_the_first_to_the_last() -> None:
    assert points(10, 4) == [0, 3, 6, 9]
    assert points(3, 9) == [0, 1, 2]
