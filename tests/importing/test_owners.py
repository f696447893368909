"""What is kept for the functions of a module goes when the module goes, or is loaded again."""

from __future__ import annotations

import gc
import importlib
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytest.importorskip("tensorflow")

import tensorflow as tf

import autograph_hook
from autograph_hook.runtime import mixing
from autograph_hook.runtime.gate import gate_of
from autograph_hook.runtime.twins import load_codes
from autograph_hook.staging import outermost

NAME = "module_that_goes"
SOURCE = """\
# autograph: enable
import tensorflow as tf

factor = {factor}


class State:
    pass


state = State()
state.rate = 2.0


def layer(x):
    for _ in range(4):
        x = tf.tanh(x) * factor + x
    return tf.reduce_sum(x)


def outer(x):
    y = layer(x) * state.rate
    if y > 0:
        y = y * 2.0
    return y
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Writes and loads the module, with the factor that is given."""
    monkeypatch.syspath_prepend(tmp_path)
    hook = autograph_hook.install(enable=[], warm_up=1)

    def written(factor: float) -> ModuleType:
        Path(tmp_path, f"{NAME}.py").write_text(SOURCE.format(factor=factor))
        importlib.invalidate_caches()
        known = sys.modules.get(NAME)
        return importlib.reload(known) if known is not None else importlib.import_module(NAME)

    yield written
    sys.modules.pop(NAME, None)
    hook.uninstall()


X = tf.constant([1.0, 2.0])


def called(module: Any) -> list[weakref.ref[Any]]:
    """Calls until its functions are graphs; they, and what they close over."""
    for _ in range(4):
        module.outer(X)
    gate = gate_of(module.outer)
    assert gate is not None and gate.staging.specializations
    return [weakref.ref(each) for each in (module.outer, module.layer, module.State, gate.staging)]


def alive(references: list[weakref.ref[Any]]) -> list[Any]:
    for _ in range(3):
        gc.collect()
    return [found for reference in references if (found := reference()) is not None]


def test_a_module_that_is_dropped_takes_its_graphs_and_functions_along(write: Any) -> None:
    module = write(0.5)
    references = called(module)
    del sys.modules[NAME], module
    assert alive(references) == []


def test_a_module_that_is_loaded_again_takes_the_graphs_of_its_former_functions_along(write: Any) -> None:
    module = write(0.5)
    references = called(module)
    before = float(module.outer(X))
    write(0.25)
    assert alive(references) == []
    called(module)
    assert float(module.outer(X)) != before


def test_a_report_tells_of_a_module_that_has_gone_only_if_its_functions_are_staged_again(write: Any) -> None:
    """A program that makes modules without end would have reports without end."""
    module = write(0.5)
    called(module)
    outer = module.outer

    def told() -> int:
        return sum(entry["name"] == NAME for entry in autograph_hook.report().modules)

    assert told() == 1
    del sys.modules[NAME], module
    assert alive([]) == [] and told() == 0
    for _ in range(4):
        outer(X)
    assert told() == 1


def test_a_function_that_outlives_its_module_is_right_and_staged_again(write: Any) -> None:
    module = write(0.5)
    called(module)
    outer, expected = module.outer, float(module.outer(X))
    del sys.modules[NAME], module
    gc.collect()
    gate = gate_of(outer)
    assert gate is not None and gate.staging is None
    assert [float(outer(X)) for _ in range(4)] == [expected] * 4
    assert gate.staging.specializations


def test_reading_a_module_s_code_drops_nothing_of_what_runs(write: Any) -> None:
    module = write(0.5)
    called(module)
    module.__spec__.loader.get_code(NAME)
    gate = gate_of(module.outer)
    assert gate is not None and gate.staging.specializations


def test_nothing_of_modules_dropped_one_after_another_is_kept_but_what_tensorflow_keeps(
    write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[weakref.ref[Any]] = []

    def loaded(module: Any) -> Any:
        codes = load_codes(module)
        made.extend(weakref.ref(code) for code in codes if code is not None and module.name == NAME)
        return codes

    monkeypatch.setattr("autograph_hook.runtime.twins.load_codes", loaded)
    candidates, trees = len(outermost._candidates), len(mixing._kept)
    for _ in range(8):
        module = write(0.5)
        called(module)
        del sys.modules[NAME], module
    assert len(made) == 16 and alive(made) == []
    assert len(outermost._candidates) <= candidates
    assert len(mixing._kept) <= trees
