"""`python -m benchmarks transparency PACKAGE`: the tests of any package, without the hook and with it."""

from __future__ import annotations

import json
import sys
import textwrap
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks.suites.packages import find, module_of, suite_of

KIND = """
    def kind(x):
        if x < 0:
            return "negative"
        return "large" if x > 100 else "small"
"""
USES = """
    import pytest
    from tinykinds import kind

    @pytest.mark.parametrize(("x", "expected"), [(-1, "negative"), (1, "small"), (101, "large")])
    def test_kind(x, expected):
        assert kind(x) == expected

    @pytest.mark.xfail
    def test_of_what_is_not_there():
        assert kind(None) == "nothing"
"""
LOOKS_AT_ITSELF = """
    def same(x):
        return x

    def test_bytecode():
        plain = {}
        exec("def same(x):\\n    return x", plain)
        assert same.__code__.co_code == plain["same"].__code__.co_code
"""
JUMP = """
    def first(found):
        for each in found:  # autograph: plain
            try:
                each()
            finally:
                return each
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with the package `tinykinds` and its tests; it is the working one."""
    files = {"tinykinds/__init__.py": KIND, "tinykinds/tests/__init__.py": "", "tinykinds/tests/test_kind.py": USES}
    for name, text in files.items():
        put(tmp_path / name, text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text))


def test_a_package_whose_tests_end_alike_ends_with_zero(write: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = write / "figures.json"
    assert command.main(["transparency", "tinykinds", "--out", str(out)]) == 0
    told = capsys.readouterr().out
    assert "tinykinds, cases that differ without a listed reason" in told and "kept" in told
    facts = json.loads(out.read_text())["transparency"]["facts"]
    assert facts["tinykinds, without the hook"] == facts["tinykinds, with the hook"] == {"passed": 3, "xfailed": 1}
    assert facts["tinykinds, modules that came through the hook"] == 3
    assert facts["tinykinds, could not be transformed"] == []
    assert not list(write.rglob("*.pyc"))


def test_a_test_that_looks_at_its_own_bytecode_is_told_with_what_pytest_says(
    write: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(write / "sources" / "setup.py", "")
    put(write / "sources" / "tests" / "test_itself.py", LOOKS_AT_ITSELF)
    assert command.main(["transparency", "tinykinds", "--tests", str(write / "sources" / "tests")]) == 1
    told = capsys.readouterr().out
    assert "    tests/test_itself.py::test_bytecode: passed -> failed: AssertionError" in told
    assert "tinykinds, enabled: tinykinds, test_itself\n" in told
    assert "MISSED" in told


def test_tests_that_break_off_without_the_hook_are_no_comparison(
    write: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(write / "tinykinds" / "tests" / "test_end.py", "import os\ndef test_end():\n    os._exit(7)\n")
    assert command.main(["transparency", "tinykinds", "--only", "tinykinds/tests/test_end.py"]) == 1
    told = capsys.readouterr().out
    assert "without the hook, the suite of tinykinds broke off with exit status 7 in tinykinds/tests/test_end.py" in told


def test_tests_of_which_none_passes_compare_nothing(write: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(write / "tinykinds" / "tests" / "test_wants.py", "import no_such_package_anywhere\n")
    assert command.main(["transparency", "tinykinds", "--only", "tinykinds/tests/test_wants.py"]) == 1
    told = capsys.readouterr().out
    assert "without the hook, none of the tests of tinykinds passes: {'error': 1}" in told
    assert "No module named 'no_such_package_anywhere'" in told


def test_what_could_not_be_transformed_is_told(write: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(write / "tinykinds" / "jump.py", JUMP)
    put(write / "tinykinds" / "tests" / "test_jump.py", "import tinykinds.jump\ndef test_nothing():\n    pass\n")
    assert command.main(["transparency", "tinykinds", "--only", "tinykinds/tests/test_jump.py"]) == 0
    assert "tinykinds/jump.py:4: first has no twin: a jump out of `finally`" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no_such_package_anywhere"], "has no package no_such_package_anywhere: name it as it is imported"),
        (["tinykinds.no_such_part"], "has no package tinykinds.no_such_part"),
        (["json"], "json is part of Python: `python -m benchmarks transparency` runs CPython's own tests"),
        (["untested"], "untested is installed without tests: unpack its sources"),
        (["tinykinds", "--tests", "untested"], "holds no tests: no file is called test_*.py or *_test.py"),
        (["tinykinds", "json", "--tests", "tinykinds"], "--tests is the directory of one package's tests"),
        (["tinykinds", "--python", "no/such/python"], "no/such/python does not run: "),
        (["--tests", "tinykinds"], "--tests and --python are for packages: name one"),
    ],
)
def test_what_is_not_there_is_said_in_words(
    arguments: list[str], said: str, write: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(write / "untested" / "__init__.py", "")
    assert command.main(["transparency", *arguments]) == 1
    assert said in capsys.readouterr().out


def test_a_package_is_found_by_the_name_under_which_it_is_installed(write: Path) -> None:
    put(write / "Tiny_Kinds-1.2.dist-info" / "METADATA", "Metadata-Version: 2.1\nName: Tiny.Kinds\nVersion: 1.2\n")
    put(write / "Tiny_Kinds-1.2.dist-info" / "top_level.txt", "tinykinds\n")
    suite = suite_of("tiny-kinds", sys.executable)
    assert (suite.name, suite.tests, suite.enable) == ("tiny-kinds", ("tinykinds",), ("tinykinds",))
    assert find("tiny-kinds", sys.executable).version == "1.2"


def test_a_part_of_a_package_enables_the_whole_of_it(write: Path) -> None:
    put(write / "tinykinds" / "part" / "__init__.py", "")
    put(write / "tinykinds" / "part" / "test_part.py", "")
    suite = suite_of("tinykinds.part", sys.executable)
    assert (suite.tests, suite.enable) == (("tinykinds/part",), ("tinykinds",))


def test_tests_outside_of_packages_are_enabled_by_the_names_that_pytest_gives_them(tmp_path: Path) -> None:
    put(tmp_path / "tests" / "unit" / "__init__.py", "")
    put(tmp_path / "tests" / "unit" / "test_a.py", "")
    put(tmp_path / "tests" / "test_b.py", "")
    assert module_of(tmp_path / "tests" / "unit" / "test_a.py") == "unit"
    assert module_of(tmp_path / "tests" / "test_b.py") == "test_b"


def test_a_file_that_is_no_module_is_not_enabled(write: Path) -> None:
    put(write / "tests" / "test_a.py", "")
    put(write / "tests" / "latin-1.py", "")
    assert suite_of("tinykinds", sys.executable, write / "tests").enable == ("tinykinds", "test_a")
