"""The file in which is kept what was learnt of a module."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from autograph_hook.importing.cache import source_hash
from autograph_hook.importing.memory import Memory


def made(directory: Path, source: bytes = b"x = 1") -> Memory:
    path = directory / "m.py"
    path.write_bytes(source)
    return Memory(str(directory / "__pycache__" / "m.pyc"), source_hash(source), str(path))


def test_what_is_written_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    assert made(tmp_path).read() is None
    assert made(tmp_path).write((1, {"a": None}))
    assert made(tmp_path).read() == (1, {"a": None})


def test_another_source_has_another_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    made(tmp_path).write((1,))
    assert made(tmp_path, b"x = 2").read() is None


def test_nothing_is_written_where_python_writes_no_bytecode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert not made(tmp_path).write((1,))
    assert [path.name for path in tmp_path.iterdir()] == ["m.py"]


def test_a_place_that_cannot_be_written_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    memory = made(tmp_path)
    (tmp_path / "__pycache__").write_text("a file where the directory should be")
    assert not memory.write((1,))
    assert memory.read() is None


@pytest.mark.parametrize("data", [b"", b"abc", b"\x00" * 64])
def test_a_damaged_memory_is_none(tmp_path: Path, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    memory = made(tmp_path)
    memory.write((1,))
    (tmp_path / "__pycache__" / "m.pyc.learnt").write_bytes(data)
    assert memory.read() is None
