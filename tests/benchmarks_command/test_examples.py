"""The examples in the docstrings of the benchmarks' own tools hold."""

from __future__ import annotations

import doctest
from types import ModuleType

import pytest

from benchmarks import plots, progress, registry
from benchmarks.scaling import fits


@pytest.mark.parametrize("module", [fits, plots, progress, registry], ids=lambda module: module.__name__)
def test_the_examples_of_a_module_hold(module: ModuleType) -> None:
    result = doctest.testmod(module)
    assert result.attempted and not result.failed
