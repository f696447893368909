"""The start-up file: off unless the environment says so, and never in the way of Python's start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograph_hook.importing.startup import LINE
from tests.conftest import ROOT, Project

PROBE = (
    "import sys\n"
    "hooks = [f for f in sys.meta_path if repr(f) == '<autograph_hook finder>']\n"
    "print(len(hooks), *sorted(m for m in sys.modules if m.startswith('autograph_hook')))\n"
)


@pytest.fixture
def site(project: Project) -> dict[str, str]:
    """A directory whose `.pth` files are read at start-up, as those of site-packages are; and the environment
    that makes it one."""
    project.write("site/autograph_hook.pth", LINE)
    project.write("boot/sitecustomize.py", f"import site; site.addsitedir({str(project.path / 'site')!r})\n")
    return {"PYTHONPATH": os.pathsep.join([str(project.path / "boot"), str(ROOT)])}


def test_without_the_variable_nothing_of_ours_is_loaded(project: Project, site: dict[str, str]) -> None:
    for env in ({}, {"AUTOGRAPH_HOOK": "0"}, {"AUTOGRAPH_HOOK": ""}):
        assert project.output("-c", PROBE, env={**site, **env}) == "0\n"


def test_with_the_variable_the_hook_is_installed_once(project: Project, site: dict[str, str]) -> None:
    project.write("site/again.pth", LINE)  # lib and lib64 are often one directory
    on = {**site, "AUTOGRAPH_HOOK": "1"}
    assert project.output("-c", PROBE, env=on).startswith("1 autograph_hook ")
    once = "from autograph_hook.importing.hook import current; current().uninstall(); print(current())"
    assert project.output("-c", once, env=on) == "None\n"


def test_it_reads_environment_and_pyproject(project: Project, site: dict[str, str]) -> None:
    project.write("pyproject.toml", '[tool.autograph_hook]\nenable = ["a"]\n')
    for name in "abc":
        project.write(f"{name}.py", "# autograph: enable\n" if name == "c" else "")
    project.write(
        "main.py",
        "import a, b, c\nprint(*(m.__name__ for m in (a, b, c) if type(m.__loader__).__name__ == 'Loader'))\n",
    )
    on = {**site, "AUTOGRAPH_HOOK": "1"}
    assert project.output("main.py", env=on) == "a c\n"
    assert project.output("main.py", env={**on, "AUTOGRAPH_HOOK_ENABLE": "b"}) == "a b c\n"
    assert project.output("main.py", env={**on, "AUTOGRAPH_HOOK_MODE": "off"}) == "\n"


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (
            {"AUTOGRAPH_HOOK_MODE": "fast"},
            "autograph_hook stays off: environment: AUTOGRAPH_HOOK_MODE = 'fast' is not",
        ),
        ({"AUTOGRAPH_HOOK_MODUS": "off"}, "there is no setting 'AUTOGRAPH_HOOK_MODUS'. Did you mean"),
        (
            {"AUTOGRAPH_HOOK_CONFIG": "not-there.toml"},
            "not-there.toml: cannot be read: No such file or directory.",
        ),
        ({}, "pyproject.toml: is not valid TOML: "),
    ],
)
def test_a_mistake_in_the_settings_is_a_warning_and_python_starts(
    project: Project, site: dict[str, str], cause: dict[str, str], said: str
) -> None:
    if not cause:
        project.write("pyproject.toml", "[tool.autograph_hook]\nmode =\n")
    result = project.python("-c", "print('runs')\n" + PROBE, env={**site, "AUTOGRAPH_HOOK": "1", **cause})
    assert result.returncode == 0
    assert result.stdout.splitlines()[0] == "runs" and result.stdout.splitlines()[1].startswith("0")
    assert said in result.stderr and "Traceback" not in result.stderr
    assert result.stderr.count("AutographWarning") == 1


def test_it_carries_the_hook_into_processes_that_a_run_program_starts(project: Project, site: dict[str, str]) -> None:
    project.write("sub/helper.py", "")
    project.write("sub/child.py", "import helper\nprint(type(helper.__loader__).__name__, flush=True)\n")
    project.write(
        "sub/main.py",
        "import subprocess, sys\nsubprocess.run([sys.executable, 'sub/child.py'], check=True)\n",
    )
    assert project.hooked_output("sub/main.py", env=site) == "Loader\n"
    assert project.output("sub/main.py", env=site) == "SourceFileLoader\n"
    output = project.hooked_output("--disable", "helper", "sub/main.py", env=site)
    assert output == "SourceFileLoader\n"


def test_a_child_does_not_write_over_the_report_of_its_parent(project: Project, site: dict[str, str]) -> None:
    project.write("pyproject.toml", '[tool.autograph_hook]\nreport = "report.json"\n')
    project.write("child.py", "")
    project.write(
        "main.py",
        "import subprocess, sys, os\nsubprocess.run([sys.executable, 'child.py'], check=True)\n"
        "print(os.path.exists('report.json'))\n",
    )
    assert project.hooked_output("main.py", env=site) == "False\n"
    assert (project.path / "report.json").exists()


def test_the_command_writes_reports_and_removes_the_file(project: Project) -> None:
    project.write("site/keep.txt", "")
    program = f"""
import sys
from autograph_hook.importing import startup
startup.location = lambda: {str(project.path / "site/autograph_hook.pth")!r}
from autograph_hook.cli import console
for words in (["status"], ["install"], ["install"], ["status"], ["remove"], ["remove"], ["status"]):
    console(["startup", *words])
"""
    file = project.path / "site/autograph_hook.pth"
    lines = project.output("-c", program).splitlines()
    on = "From now on AUTOGRAPH_HOOK=1 in the environment installs the hook when this Python starts."
    assert lines == [
        f"{file}: not installed", f"written: {file}", on, f"written: {file}", on, f"{file}: installed",
        f"removed: {file}", f"removed: {file}", f"{file}: not installed",
    ]  # fmt: skip
    assert [path.name for path in (project.path / "site").iterdir()] == ["keep.txt"]


def test_the_example_with_sitecustomize_works_as_its_readme_says(project: Project) -> None:
    example = ROOT / "sitecustomize_example"
    project.write("model.py", "# autograph: enable\ndef f(): return 1\n")
    project.write("train.py", "import model\nprint(model.f(), type(model.__loader__).__module__)\n")
    path = os.pathsep.join([str(example), str(ROOT)])
    on = project.output("train.py", env={"PYTHONPATH": path, "AUTOGRAPH_HOOK": "1"})
    assert on == "1 autograph_hook.importing.loader\n"
    assert project.output("train.py", env={"PYTHONPATH": path}) == "1 _frozen_importlib_external\n"
    readme = (example / "README.md").read_text(encoding="utf-8")
    assert "PYTHONPATH=sitecustomize_example AUTOGRAPH_HOOK=1 python" in readme


def test_the_line_is_one_line_that_site_executes() -> None:
    assert LINE.startswith("import ") and LINE.count("\n") == 1
    result = subprocess.run(
        [sys.executable, "-S", "-c", LINE],
        capture_output=True,
        text=True,
        env={**os.environ, "AUTOGRAPH_HOOK": "0"},
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert Path(__file__).exists()
