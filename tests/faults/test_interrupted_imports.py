"""An interrupt or a want of memory at any point of an import: what was begun is forgotten, and the next import is right."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import autograph_hook.transpiler  # noqa: F401 - loaded first: it is not what is interrupted here
from autograph_hook.importing.finder import Finder
from autograph_hook.importing.policy import Policy
from autograph_hook.runtime.gate import gate_of
from autograph_hook.settings import Layer, Settings
from tests.faults.striking import MUST_BE_RAISED, Exhausted, Late, Strike, Struck, events_of, points

SOURCE = """
'''Doc.'''
import math
SCALE = 2
def f(x, n=3):
    total = 0
    for i in range(n):
        if i % 2:
            continue
        total += x * i * SCALE
    return total
class C:
    def g(self, y):
        while y > 10:
            y -= 1
        return [k for k in range(y) if k]
def outer(a):
    def inner(b):
        nonlocal a
        a += b
        return a
    return inner
"""
NAME = "module_that_is_interrupted"
EDGES = ("autograph_hook.importing.", "autograph_hook.kept", "autograph_hook.runtime.", "autograph_hook.transpiler.module")
"""All of an import but the passes of the transpiler, which keep nothing between two modules."""


class Import:
    """A module in a directory of its own, and the finder that enables it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir()
        (directory / f"{NAME}.py").write_text(SOURCE)
        layer = Layer("test")
        layer.values["enable"] = (NAME,)
        self.finder = Finder(Policy(Settings([layer])))

    def __enter__(self) -> Import:
        sys.path.insert(0, str(self.directory))
        sys.meta_path.insert(0, self.finder)
        importlib.invalidate_caches()
        return self

    def __exit__(self, *error: object) -> None:
        sys.modules.pop(NAME, None)
        sys.meta_path.remove(self.finder)
        sys.path.remove(str(self.directory))

    def load(self) -> ModuleType:
        sys.modules.pop(NAME, None)
        return importlib.import_module(NAME)

    def kept(self) -> list[Path]:
        return sorted((self.directory / "__pycache__").glob("*"))


def is_right(module: ModuleType) -> bool:
    assert gate_of(module.f) is not None, "it was left plain"
    return bool(module.f(2) == 8 and module.C().g(12) == [1, 2, 3, 4, 5, 6, 7, 8, 9] and module.outer(1)(2) == 3)


@pytest.fixture(autouse=True)
def code_is_kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where memory ends, a module that could not be transformed runs plain
        yield


def strike(directory: Path, number: int, error: type[BaseException], only: tuple[str, ...], warm: bool) -> str:
    """Strike once; then the next import must be right, and the one from what was kept. The place."""
    with Import(directory) as one:
        if warm:
            one.load()
        blow = Strike(number, error, only)
        try:
            with blow:
                one.load()
        except error:
            pass
        else:
            assert not (blow.place and blow.gets_out and error in MUST_BE_RAISED), blow.place
        assert not [path for path in one.kept() if path.suffix != ".pyc"], f"{blow.place}: a temporary file is left"
        assert not one.finder.transforming and not one.finder._asking, blow.place
        assert is_right(one.load()), blow.place
        assert is_right(one.load()), blow.place
        return blow.place


def sweep(directory: Path, wanted: int, only: tuple[str, ...], number: int = 0) -> int:
    """Strike at so many points of a cold import, and of one from what is kept."""
    for warm in (False, True):
        with Import(directory / f"count {warm}") as counted:
            if warm:
                counted.load()
            events = events_of(counted.load, only)
        for error in (Struck, Exhausted, Late):
            for point in points(events, wanted):
                number += 1
                strike(directory / str(number), point, error, only, warm)
    return number


def test_an_import_that_is_struck_anywhere_is_right_the_next_time(tmp_path: Path) -> None:
    assert sweep(tmp_path, 12, EDGES) == 72


def test_a_transformation_that_is_struck_anywhere_is_right_the_next_time(tmp_path: Path) -> None:
    assert sweep(tmp_path, 6, ("autograph_hook.",)) == 36
