"""The programs of the benchmarks compute what they compute without us."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograph_hook import kept, lantern
from autograph_hook.runtime.attach import attach
from autograph_hook.transpiler import transform
from benchmarks.lantern_programs import PROGRAMS, contenders, inputs
from benchmarks.lantern_programs.contenders import same
from benchmarks.treelstm import by_hand, data, in_c
from tests.conftest import ROOT
from tests.lantern_staging.staged import LANTERN, staging


def load(path: str, name: str, is_enabled: bool) -> Any:
    """A file of the benchmarks as a module that is found by its name, as dataclasses need it."""
    file = Path(ROOT, "benchmarks", path)
    module = types.ModuleType(name)
    monkey = pytest.MonkeyPatch()
    monkey.setitem(sys.modules, name, module)
    source = file.read_bytes()
    code = compile(source, str(file), "exec")
    if is_enabled:
        code = attach(transform(source, str(file)).payload(), name, str(file), LANTERN)
    try:
        exec(code, module.__dict__)
    finally:
        monkey.undo()
    return module


@pytest.fixture
def nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "allowed", False)


@pytest.fixture(scope="module")
def programs() -> tuple[Any, Any]:
    path = "lantern_programs/programs.py"
    return load(path, "enabled_programs", True), load(path, "plain_programs", False)


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.usefixtures("nothing_is_kept")
def test_a_program_gives_what_python_gives(programs: tuple[Any, Any], name: str) -> None:
    results = []
    for module in programs:
        arguments = inputs.PROGRAMS[name](module, np.random.default_rng(0))
        for _ in range(3 if module is programs[0] else 1):
            result = getattr(module, name)(*arguments)
        results.append(result)
    assert same(*results)
    assert staging(getattr(programs[0], name)).calls_staged > 0


@pytest.mark.skipif(in_c.compiler() is None, reason="no C compiler")
@pytest.mark.parametrize("name", contenders.OF_NUMBERS)
def test_a_program_written_in_c_gives_what_python_gives(programs: tuple[Any, Any], name: str) -> None:
    arguments = inputs.PROGRAMS[name](programs[1], np.random.default_rng(0))
    assert same(contenders.c(name)(), getattr(programs[1], name)(*arguments))


def test_a_program_that_a_contender_cannot_run_is_told_from_a_contender_that_is_missing() -> None:
    with pytest.raises(NotImplementedError):
        contenders.c("parse")


def test_without_a_compiler_c_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_c, "compiler", lambda: None)
    with pytest.raises(ImportError, match="there is no C compiler"):
        contenders.c("fib")


def test_every_program_has_its_inputs() -> None:
    assert tuple(inputs.PROGRAMS) == PROGRAMS


@pytest.mark.usefixtures("nothing_is_kept")
@pytest.mark.parametrize("rule", ["sgd", "adagrad"])
def test_training_a_tree_follows_the_gradient_by_hand(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "HIDDEN", 20)
    monkeypatch.setattr(data, "EMBEDDING", 30)
    monkeypatch.setattr(data, "WORDS", 50)
    model = load("treelstm/model.py", "enabled_model", True)
    step = getattr(lantern, rule)(model.loss, learning_rate=0.02)
    other = by_hand.Training(rule, 0.02)
    weights, words = data.weights(), data.embeddings()
    for tree in data.trees(model.Phrase, 20):
        assert np.isclose(step(weights, words, tree), other(tree), rtol=1e-5)
