"""Settings are data. A pyproject.toml that somebody else has written runs nothing and writes nowhere else."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

from autograph_hook.importing.configuration import find_pyproject, read_pyproject
from autograph_hook.settings import SettingsError
from tests.conftest import ROOT, Project

PACKAGE = ROOT / "autograph_hook"
READ_SETTINGS = ("settings.py", "importing/configuration.py", "importing/marker.py", "importing/policy.py", "cli/options.py")


def read(directory: Path, table: str) -> object:
    directory.mkdir(exist_ok=True)
    file = directory / "pyproject.toml"
    file.write_text("[tool.autograph_hook]\n" + table)
    return read_pyproject(str(file))


@pytest.mark.parametrize("name", ["report", "graphs"])
@pytest.mark.parametrize("value", ["../x.html", "/x.html", "a/../../x.html", "link/x.html", "link/../../x.html"])
def test_a_file_that_pyproject_names_lies_below_its_own_directory(tmp_path: Path, name: str, value: str) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project/link").symlink_to(tmp_path)
    with pytest.raises(SettingsError, match=f"{name} = .* is not accepted. It must be the name of a file or directory"):
        read(tmp_path / "project", f'{name} = "{value}"\n')


def test_the_report_of_pyproject_is_written_beside_it_wherever_the_program_is_started(project: Project) -> None:
    project.write("there/pyproject.toml", '[tool.autograph_hook]\nreport = "out.json"\n')
    project.write("there/main.py", "print('ran')\n")
    here = project.write("here/out.json", "the user's own").parent
    assert project.hooked_output("../there/main.py", cwd=here) == "ran\n"
    assert (here / "out.json").read_text() == "the user's own"
    assert "modules" in (project.path / "there/out.json").read_text()


@pytest.mark.parametrize("value", ["os", "os:system", "mine.backend", "../mine", "mine; import os", "__import__('os')"])
def test_a_backend_is_tensorflow_lantern_or_an_installed_entry_point(project: Project, value: str) -> None:
    project.write("mine.py", "print('this ran')\n")
    project.write("pyproject.toml", f'[tool.autograph_hook]\nbackend = "{value}"\n')
    project.write("main.py", "print('ran')\n")
    result = project.hooked("main.py")
    assert result.returncode == 2 and result.stdout == "" and "backend = " in result.stderr


HOSTILE = """
[tool.autograph_hook]
enable = ["__import__('os').system('touch run')"]
"""


@pytest.mark.parametrize(
    "table",
    [
        HOSTILE,
        HOSTILE.replace("enable", "trace_safe"),
        "[tool.autograph_hook]\nwarm_up = \"open('run', 'w')\"\n",
        "[tool.autograph_hook]\nmode = \"{open('run', 'w')}\"\n",
        "[[tool.autograph_hook.overrides]]\nmodule = \"open('run', 'w')\"\nmode = \"off\"\n",
    ],
)
def test_a_text_in_the_place_of_a_value_is_refused_and_not_run(project: Project, table: str) -> None:
    project.write("pyproject.toml", table)
    project.write("main.py", "print('ran')\n")
    result = project.hooked("main.py")
    assert result.returncode == 2 and "is not accepted" in result.stderr
    assert not (project.path / "run").exists()


@pytest.mark.parametrize("command", ["compile .", "show main.py", "doctor", "cache info ."])
def test_a_command_that_looks_at_a_program_runs_nothing_of_it(project: Project, command: str) -> None:
    for name in ("main.py", "setup.py", "conftest.py", "pkg/__init__.py", "sub/gast.py"):
        project.write(name, "# autograph: enable\nopen('ran', 'w')\ndef f(x):\n    return x\n")
    project.write("pyproject.toml", '[tool.autograph_hook]\nenable = ["pkg", "main"]\n')
    project.hooked(*command.split())
    assert not (project.path / "ran").exists()


def test_a_setting_is_never_evaluated() -> None:
    for name in READ_SETTINGS:
        tree = ast.parse((PACKAGE / name).read_text())
        called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
        assert not called & {"eval", "exec", "compile", "__import__", "import_module", "getattr_static"}, name


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_named_pyproject_does_not_stop_the_program(project: Project) -> None:
    os.mkfifo(project.path / "pyproject.toml")
    assert find_pyproject(str(project.path)) is None
    project.write("main.py", "print('ran')\n")
    assert project.hooked_output("main.py") == "ran\n"


def test_a_file_that_is_nested_without_end_is_an_error_in_words(project: Project) -> None:
    project.write("pyproject.toml", "[tool.autograph_hook]\nenable = " + "[" * 100_000)
    project.write("main.py", "print('ran')\n")
    result = project.hooked("main.py")
    assert result.returncode == 2 and result.stderr.startswith(f"autograph_hook: {project.path / 'pyproject.toml'}: is ")


def test_the_user_may_name_any_file(project: Project) -> None:
    main = project.write("there/main.py", "print('ran')\n")
    assert project.hooked_output("--report=../by_option.json", "main.py", cwd=main.parent) == "ran\n"
    assert project.hooked_output("main.py", cwd=main.parent, env={"AUTOGRAPH_HOOK_REPORT": "../by_variable.json"}) == "ran\n"
    assert (project.path / "by_option.json").exists() and (project.path / "by_variable.json").exists()
