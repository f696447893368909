"""The commands of `autograph-hook`."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, Project, clean_environment

CONSOLE = ("-c", "import sys; from autograph_hook.cli import console; sys.exit(console())")


def console(project: Project, *words: object, **more: object) -> subprocess.CompletedProcess[str]:
    return project.python(*CONSOLE, *words, **more)  # type: ignore[arg-type]


def package(project: Project) -> None:
    project.write("pkg/__init__.py", "")
    project.write("pkg/a.py", "def f(x):\n    if x > 0:\n        return x\n    return -x\n")
    project.write("pkg/b.py", "class K:\n    def m(self, x):\n        return 1 if x else 2\n")


def test_show_prints_both_codes_as_source(project: Project) -> None:
    package(project)
    result = console(project, "show", "pkg/a.py")
    assert result.returncode == 0 and result.stderr == ""
    plain, twins = result.stdout.split("# Its twins")
    assert (
        plain.startswith("# The plain code of pkg/a.py, with its gates\n\n")
        and "def f(x):" in plain
        and "def f(x):" in twins
    )
    assert "GATE" in plain and "if x > 0:" in plain


def test_show_of_one_function(project: Project) -> None:
    package(project)
    output = console(project, "show", "pkg/b.py:K.m").stdout
    assert "def m(self, x):" in output and "class K" not in output.split("# Its twins")[0]
    missing = console(project, "show", "pkg/b.py:K.n")
    assert missing.returncode == 2 and missing.stderr.startswith("autograph_hook: show: pkg/b.py has no function 'K.n'")


def test_show_prints_trees_that_are_the_same_for_every_python(project: Project) -> None:
    pytest.importorskip("gast")
    package(project)
    output = console(project, "show", "--tree", "pkg/b.py:K.m").stdout
    assert "FunctionDef(\n  name='m'" in output and "ctx=Param()" in output


def test_a_reader_that_stops_early_is_no_error(project: Project) -> None:
    project.write("long.py", "\n".join(f"def f{i}(x):\n    return g(x, {i})" for i in range(2000)))
    command = shlex.join([sys.executable, *CONSOLE, "show", "long.py"]) + " | head -n 1"
    result = subprocess.run(
        command, shell=True, cwd=project.path, env=clean_environment(), capture_output=True, text=True, check=False
    )
    assert result.stdout.startswith("# The plain code") and result.stderr == ""


def test_show_of_bad_files_is_one_line(project: Project) -> None:
    project.write("bad.py", "x = 1\ndef f(:\n")
    bad, missing = console(project, "show", "bad.py"), console(project, "show", "gone.py")
    assert bad.returncode == missing.returncode == 2
    assert bad.stderr.startswith("autograph_hook: show: bad.py:2: ") and bad.stderr.count("\n") == 1
    assert missing.stderr == "autograph_hook: show: gone.py: No such file or directory.\n"


def test_compile_transforms_ahead_of_time(project: Project) -> None:
    package(project)
    project.write("pkg/off.py", "# autograph: disable\n")
    project.write(".hidden/x.py", "")
    project.write("venv/pyvenv.cfg", "")
    project.write("venv/x.py", "")
    result = console(project, "compile", ".")
    assert (result.returncode, result.stdout) == (0, "3 transformed, 1 left plain, 0 failed\n")
    assert result.stderr == "./pkg/off.py: plain, as its marker or the settings say\n"
    assert [path.name.partition(".")[0] for path in project.kept()] == ["__init__", "a", "b"]
    warm = project.hooked("-v", "--enable", "pkg", "-c", "import pkg.a, pkg.b")
    assert warm.stderr.count("from the cache") == 3
    assert console(project, "compile", "pkg/a.py").stdout == "1 transformed, 0 failed\n"


def test_compile_goes_on_after_a_file_that_fails(project: Project) -> None:
    package(project)
    project.write("pkg/bad.py", "x = 1\ndef f(:\n")
    project.write("pkg/bytes.py", b"x = '\xff'\n")
    result = console(project, "compile", "pkg")
    assert (result.returncode, result.stdout) == (1, "3 transformed, 2 failed\n")
    first, second = result.stderr.splitlines()
    assert first.startswith("pkg/bad.py: line 2: ") and second.startswith("pkg/bytes.py: ")


def test_compile_shows_a_bar_on_a_terminal(project: Project) -> None:
    pytest.importorskip("rich")
    pty = pytest.importorskip("pty")
    package(project)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, *CONSOLE, "compile", "pkg"], cwd=project.path, env=clean_environment(TERM="xterm", COLUMNS="80"),
        stdout=subprocess.PIPE, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 4096):
            shown += piece
    except OSError:
        pass
    os.close(ours)
    assert process.communicate()[0] == b"3 transformed, 0 failed\n" and process.returncode == 0
    assert b"transforming" in shown and b"100%" in shown


def test_cache_counts_and_removes_only_our_files(project: Project) -> None:
    package(project)
    assert console(project, "cache", "info", ".").stdout.startswith("0 files, 0 KiB\n")
    project.output("-c", "import pkg.a, pkg.b")
    console(project, "compile", "pkg")
    other = project.path / "pkg/__pycache__" / project.kept()[0].name.replace("opt-autograph", "opt-autograph0")
    other.write_bytes(b"old")
    info = console(project, "cache", "info", ".").stdout.splitlines()
    assert (
        info[0].startswith("4 files, ")
        and info[1] == "3 made by this version, 1 by others, which this one does not read"
    )
    assert console(project, "cache", "clean", "pkg/a.py").stdout == "1 files removed\n"
    assert console(project, "cache", "clean", ".").stdout == "3 files removed\n"
    assert project.kept() == [] and len(list(project.path.rglob("*.pyc"))) == 3


def test_cache_looks_where_the_prefix_says(project: Project) -> None:
    package(project)
    prefix = {"PYTHONPYCACHEPREFIX": str(project.path / "elsewhere")}
    console(project, "compile", "pkg", env=prefix)
    assert console(project, "cache", "clean", "pkg", env=prefix).stdout == "3 files removed\n"


def test_report_prints_a_saved_report(project: Project) -> None:
    package(project)
    project.write("main.py", "import pkg.a\nprint(pkg.a.f(-1))\n")
    assert project.hooked_output("--report=out.json", "main.py") == "1\n"
    assert json.loads((project.path / "out.json").read_text())["version"] == 1
    assert project.hooked_output("--report=out.txt", "main.py") == "1\n"
    shown = console(project, "report", "out.json")
    assert shown.returncode == 0 and shown.stdout == (project.path / "out.txt").read_text()
    assert project.hooked("--report", "main.py").stderr == shown.stdout


def test_a_report_that_cannot_be_written_is_one_line(project: Project) -> None:
    project.write("main.py", "print(1)\n")
    result = project.hooked("--report=no/such/place.json", "main.py")
    assert (result.stdout, result.returncode) == ("1\n", 0)
    path = project.path / "no/such/place.json"
    assert result.stderr == f"autograph_hook: the report cannot be written to {path}: No such file or directory\n"


def test_doctor_finds_nothing_wrong_in_order(project: Project) -> None:
    package(project)
    project.write("pyproject.toml", '[tool.autograph_hook]\nenable = ["pkg"]\ndisable = ["pkg.b"]\nmode = "traced"\n'
                  '[[tool.autograph_hook.overrides]]\nmodule = "pkg.a"\nwarm_up = 3\n')  # fmt: skip
    result = console(project, "doctor")
    assert result.returncode == 0, result.stdout
    for said in (f"{sys.version_info[0]}.{sys.version_info[1]}", "gast ", f"from {project.path / 'pyproject.toml'}", "mode = traced",
                 "for pkg.a: warm_up = 3", "enabled       pkg  (from ", "disabled      pkg.b", "start-up file not installed",
                 "nothing is wrong"):  # fmt: skip
        assert said in result.stdout
    assert "WRONG" not in result.stdout


@pytest.mark.parametrize(
    ("settings", "env", "said"),
    [
        ("mode = 'fast'", {}, "mode = 'fast' is not accepted"),
        ("enable = ['nowhere']", {}, "nowhere: there is no module 'nowhere' on sys.path here"),
        (
            "",
            {"AUTOGRAPH_HOOK": "1"},
            "AUTOGRAPH_HOOK=1 is set and no start-up file acts on it: autograph-hook startup install",
        ),
        (
            "",
            {"AUTOGRAPH_HOOK_STRCT": "1"},
            "there is no setting 'AUTOGRAPH_HOOK_STRCT'. Did you mean 'AUTOGRAPH_HOOK_STRICT'?",
        ),
    ],
)
def test_doctor_says_what_is_wrong_and_exits_with_1(
    project: Project, settings: str, env: dict[str, str], said: str
) -> None:
    project.write("pyproject.toml", f"[tool.autograph_hook]\n{settings}\n")
    result = console(project, "doctor", env=env)
    assert result.returncode == 1
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("WRONG")]
    assert said in line and result.stdout.endswith("\n1 wrong\n")


def test_the_python_code_of_the_commands_is_in_the_project_file() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert 'autograph-hook = "autograph_hook.cli:console"' in text and (ROOT / "autograph_hook/py.typed").exists()
    assert "Apache License" in (Path(ROOT) / "LICENSE").read_text(encoding="utf-8")
