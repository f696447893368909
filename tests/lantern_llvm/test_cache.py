"""Object code is kept in files."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from autograph_hook.backends.lantern.llvm import cache, call
from autograph_hook.backends.lantern.llvm.call import Compiled
from autograph_hook.backends.lantern.llvm.host import Host, host
from autograph_hook.backends.lantern.text import read
from tests.conftest import clean_environment

TEXT = "(program (def f ((x f64)) (f64) (begin (let (y f64) (exp x)) (tuple y))))"


@pytest.fixture(autouse=True)
def bytecode_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


@pytest.fixture
def never(monkeypatch: pytest.MonkeyPatch) -> None:
    def make(*args: Any) -> bytes:
        raise AssertionError("code was made again")

    monkeypatch.setattr(call, "object_code", make)


def the_file(directory: Path) -> Path:
    (path,) = directory.iterdir()
    return path


def test_code_is_made_once(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    Compiled(read(TEXT), {}, directory=tmp_path / "new")
    request.getfixturevalue("never")
    assert Compiled(read(TEXT), {}, directory=tmp_path / "new").run("f", 0.0) == (1.0,)


def test_a_new_process_finds_the_code(tmp_path: Path) -> None:
    Compiled(read(TEXT), {}, directory=tmp_path)
    source = f"""
        from pathlib import Path
        from autograph_hook.backends.lantern.llvm import call
        from autograph_hook.backends.lantern.text import read
        call.object_code = None
        print(call.Compiled(read({TEXT!r}), {{}}, directory=Path({str(tmp_path)!r})).run("f", 0.0))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(source)], capture_output=True, text=True, env=clean_environment()
    )
    assert done.stdout == "(np.float64(1.0),)\n", done.stderr


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b[:20], lambda b: b"", lambda b: b[:-1] + b"?"])
def test_a_damaged_file_is_a_miss_and_is_replaced(tmp_path: Path, damage: Any) -> None:
    Compiled(read(TEXT), {}, directory=tmp_path)
    path = the_file(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert Compiled(read(TEXT), {}, directory=tmp_path).run("f", 0.0) == (1.0,)
    assert cache.read(path) is not None


def test_another_machine_or_program_has_another_file() -> None:
    one, other = read(TEXT), read(TEXT.replace("exp", "tanh"))
    here = host()
    elsewhere = Host(here.triple, here.cpu, here.features + ",-fma", here.width)
    keys = {cache.key(p, names, h) for p in (one, other) for names in (["f"], []) for h in (here, elsewhere)}
    assert len(keys) == 8


def test_where_nothing_can_be_written_everything_works(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a directory")
    assert Compiled(read(TEXT), {}, directory=blocked).run("f", 0.0) == (1.0,)
    assert blocked.read_text() == "not a directory"


def test_the_oldest_files_of_a_source_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST", 2)
    for k in range(4):
        cache.cached(tmp_path, f"k{k}", lambda: b"code", "model.py")
        os.utime(tmp_path / f"model.k{k}.lantern", (k, k))
    cache.cached(tmp_path, "other", lambda: b"code", "other.py")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model.k2.lantern", "model.k3.lantern", "other.other.lantern"]
