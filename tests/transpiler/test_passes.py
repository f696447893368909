"""Each pass and each analysis shows in its docstring what it does; here the examples are run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import autograph_hook.transpiler

MODULES = sorted(
    module.name for module in pkgutil.walk_packages(autograph_hook.transpiler.__path__, "autograph_hook.transpiler.")
)
WITH_EXAMPLES = ("gates", "generators", "analysis.liveness", "analysis.scopes", "analysis.variables", "mixed",
                 "passes.comprehensions", "passes.expressions", "passes.jumps", "passes.leading_breaks",
                 "passes.matching", "passes.stores")  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_docstrings_hold(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0
    if name.removeprefix("autograph_hook.transpiler.") in WITH_EXAMPLES:
        assert result.attempted
