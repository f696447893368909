"""The forms of the shipped example that are measured are made from the example as it is."""

from __future__ import annotations

import pytest

from benchmarks import example


def test_the_form_by_hand_differs_by_one_decorator_and_the_shorter_one_by_its_epochs() -> None:
    lines = example.EXAMPLE.read_text().splitlines()
    by_hand = example.decorated(example.EXAMPLE.read_text()).splitlines()
    assert [line for line in by_hand if line not in lines] == ["@tf.function"]
    shorter = example.shorter(example.EXAMPLE.read_text()).splitlines()
    assert [line for line in shorter if line not in lines] == ["EPOCHS = 5"]


def test_an_example_that_has_changed_is_not_measured_as_something_else() -> None:
    with pytest.raises(SystemExit, match="has not one 'def train_step'"):
        example.replaced("def other(): ...", "def train_step", "")
