"""What is wrong is said in one clear message, without a traceback of ours, and nothing of the user's is changed."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.conftest import Project, clean_environment

USAGE = "usage: python -m autograph_hook [OPTIONS] (SCRIPT | -m MODULE | -c CODE | -) [ARGS...]"

OPTIONS = (
    "Accepted: --enable, --disable, --mode, --backend, --config, --graphs, --no-cache, --report, --verify, --debug, --strict, "
    "-v, --verbose, --version, --help, -h, -m, -c, -."
)


def say(project: Project, *words: object, **more: object) -> subprocess.CompletedProcess[str]:
    result = project.hooked(*words, **more)
    assert "Traceback" not in result.stderr
    return result


@pytest.mark.parametrize(
    ("words", "message", "status"),
    [
        (["gone.py"], "can't open file '{here}/gone.py': [Errno 2] No such file or directory", 2),
        (["sub/gone.py"], "can't open file '{here}/sub/gone.py': [Errno 2] No such file or directory", 2),
        (["doctor"], "can't open file '{here}/doctor': [Errno 2] No such file or directory. The command of that name is: "
         "autograph-hook doctor", 2),
        (["show", "main.py"], "can't open file '{here}/show': [Errno 2] No such file or directory. The command of that name "
         "is: autograph-hook show [--tree] FILE[:FUNCTION]", 2),
        (["empty"], "can't find '__main__' module in '{here}/empty'", 1),
        (["--enabel", "x", "main.py"], "there is no option '--enabel'. Did you mean '--enable'? " + OPTIONS, 2),
        (["--frobnicate"], "there is no option '--frobnicate'. " + OPTIONS, 2),
        (["-x", "main.py"], "there is no option '-x'. " + OPTIONS, 2),
        (["--verify=some", "main.py"], "command line: --verify = 'some' is not accepted. It must be a number of calls, 0 or more.", 2),
        (["--enable"], "--enable needs a value.", 2),
        (["-m"], "-m needs a module name after it.", 2),
        (["-c"], "-c needs a program text after it.", 2),
        ([], "there is nothing to run.\n" + USAGE, 2),
        (["--strict"], "there is nothing to run.\n" + USAGE, 2),
        (["--mode", "fast", "main.py"],
         "command line: --mode = 'fast' is not accepted. It must be one of \"auto\", \"traced\", \"off\".", 2),
        (["--backend=torch", "main.py"],
         "command line: --backend = 'torch' is not accepted. It must be \"auto\", \"tensorflow\", \"lantern\" or the name of "
         "an installed entry point in the group autograph_hook.backends.", 2),
        (["--enable", "my-pkg", "main.py"],
         "command line: --enable = ['my-pkg'] is not accepted. It must be a list of dotted module names, in which * stands "
         "for any part of a name.", 2),
        (["--report=x.pdf", "main.py"],
         "command line: --report = 'x.pdf' is not accepted. It must be a file name that ends in .html, .json or .txt, or \"-\" for "
         "standard error.", 2),
        (["--config", "gone.toml", "main.py"], "--config: there is no file 'gone.toml'.", 2),
    ],
)  # fmt: skip
def test_a_command_line_that_cannot_be_followed(project: Project, words: list[str], message: str, status: int) -> None:
    project.write("main.py", "print('ran')\n")
    (project.path / "empty").mkdir()
    before = sorted(project.path.rglob("*"))
    result = say(project, *words)
    assert result.stderr == f"autograph_hook: {message.replace('{here}', str(project.path))}\n"
    assert (result.stdout, result.returncode) == ("", status)
    assert sorted(project.path.rglob("*")) == before


def test_a_module_that_is_not_there_is_said_as_python_says_it(project: Project) -> None:
    plain, hooked = project.python("-m", "gone"), say(project, "-m", "gone")
    assert (hooked.stderr, hooked.returncode) == (plain.stderr, plain.returncode)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[tool.autograph_hook]\nmode = \n", "{file}: is not valid TOML: Invalid value (at line 2, column 8)."),
        (b"[tool.autograph_hook\n", "{file}: is not valid TOML: "),
        (b"[tool.autograph_hook]\nmode = '\xff'\n", "{file}: is not valid TOML: "),
        (b"[tool.autograph_hook]\nenabel = ['x']\n", "{file}, [tool.autograph_hook]: there is no setting 'enabel'. Did you mean"),
        (b"[tool.autograph_hook]\nstrict = 'no'\n",
         "{file}, [tool.autograph_hook]: strict = 'no' is not accepted. It must be true or false."),
        (b"[tool]\nautograph_hook = true\n", "{file}: [tool.autograph_hook] must be a table of settings, not True."),
    ],
)  # fmt: skip
def test_settings_that_are_broken_or_wrong(project: Project, content: bytes, message: str) -> None:
    project.write("main.py", "print('ran')\n")
    file = project.write("pyproject.toml", content)
    result = say(project, "main.py")
    assert result.stderr.startswith(f"autograph_hook: {message.replace('{file}', str(file))}")
    assert result.stderr.count("\n") == 1 and (result.stdout, result.returncode) == ("", 2)
    assert file.read_bytes() == content


def test_a_broken_file_that_is_not_about_us_is_none_of_our_business(project: Project) -> None:
    project.write("main.py", "print('ran')\n")
    project.write("pyproject.toml", "[tool.other\n")
    assert project.hooked_output("main.py") == "ran\n"


def test_a_wrong_environment_variable(project: Project) -> None:
    project.write("main.py", "print('ran')\n")
    result = say(project, "main.py", env={"AUTOGRAPH_HOOK_WARMUP": "1"})
    assert result.stderr.startswith(
        "autograph_hook: environment: there is no setting 'AUTOGRAPH_HOOK_WARMUP'. Did you mean 'AUTOGRAPH_HOOK_WARM_UP'? Accepted: "
    )
    assert (result.stdout, result.returncode) == ("", 2)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everything is readable here")
def test_files_that_cannot_be_read(project: Project) -> None:
    project.write("main.py", "print('ran')\n").chmod(0)
    result = say(project, "main.py")
    assert result.stderr == f"autograph_hook: can't open file '{project.path}/main.py': [Errno 13] Permission denied\n"
    (project.path / "main.py").chmod(0o644)
    project.write("pyproject.toml", "[tool.autograph_hook]\n").chmod(0)
    result = say(project, "main.py")
    assert result.stderr == f"autograph_hook: {project.path}/pyproject.toml: cannot be read: Permission denied.\n"


def test_a_settings_file_that_is_a_directory(project: Project) -> None:
    project.write("main.py", "print('ran')\n")
    (project.path / "pyproject.toml").mkdir()
    assert project.hooked_output("main.py") == "ran\n"


def test_a_misspelt_marker(project: Project) -> None:
    path = project.write("main.py", "# autograph: enable mod=traced\nprint('ran')\n")
    result = say(project, "main.py")
    assert result.stdout == "ran\n"
    assert result.stderr.splitlines()[0] == (
        f"{path}:1: AutographWarning: 'mod=traced' is not an option of a marker. Accepted: mode=, backend=, strict=, warm_up=, "
        "verify=, debug=, jit_compile=, recursion=."
    )
    assert result.stderr.count("AutographWarning") == 1


def test_a_misspelt_line_pragma(project: Project) -> None:
    path = project.write("main.py", "def f():  # autograph: plian\n    print('ran')\nf()\n")
    result = say(project, "main.py")
    assert result.stdout == "ran\n"
    assert result.stderr.startswith(f"{path}:1: AutographWarning: '# autograph: plian' is not a marker. Accepted: ")


def test_a_module_that_is_already_imported(project: Project) -> None:
    project.write("pkg/__init__.py", "")
    project.write("pkg/a.py", "")
    main = project.write(
        "main.py",
        "import pkg.a\nimport autograph_hook\nautograph_hook.install(enable=['pkg'])\nprint('ran')\n",
    )
    result = project.python("main.py")
    assert result.stdout == "ran\n"
    assert result.stderr == (
        f"{main}:3: AutographWarning: already imported when autograph_hook was told to enable it, so it stays plain: pkg, pkg.a. "
        "Install the hook before the first import, run the program with 'python -m autograph_hook', or reload the module.\n"
        "  autograph_hook.install(enable=['pkg'])\n"
    )


def test_a_module_that_python_itself_has_imported_is_said_without_a_line_of_ours(project: Project) -> None:
    project.write("main.py", "print('ran')\n")
    project.write("boot/sitecustomize.py", "import early\n")
    project.write("boot/early.py", "")
    path = os.pathsep.join([str(project.path / "boot"), clean_environment()["PYTHONPATH"]])
    result = project.hooked("--enable", "early", "main.py", env={"PYTHONPATH": path})
    assert result.stdout == "ran\n"
    assert result.stderr.startswith("command line:1: AutographWarning: already imported when autograph_hook was told")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["frobnicate"], "there is no command 'frobnicate'. Accepted: run, show, compile, cache, report, doctor, startup. To run "
                         "a script: autograph-hook run SCRIPT."),
        (["comple", "x"], "there is no command 'comple'. Did you mean 'compile'? Accepted: "),
        (["show"], "show takes one file.\nusage: autograph-hook show [--tree] FILE[:FUNCTION]"),
        (["compile"], "compile needs files or directories.\nusage: autograph-hook compile PATH..."),
        (["compile", "gone"], "there is no file or directory 'gone'."),
        (["cache", "clean"], "cache needs 'info' or 'clean', and the files or directories to look at.\nusage: "),
        (["cache", "info", "gone"], "there is no file or directory 'gone'."),
        (["report"], "report takes a saved report"),
        (["report", "gone.json"], "report: gone.json: No such file or directory."),
        (["report", "text.json"], "report: text.json is not a saved report: Expecting value: line 1 column 1 (char 0)."),
        (["report", "other.json"], "report: other.json is not a saved report: it has no \"version\": 1 and \"modules\". Save one "
                                   "with --report=FILE.json."),
        (["doctor", "--fix"], "there is no option '--fix' here.\nusage: autograph-hook doctor"),
        (["startup"], "startup takes one of 'status', 'install' and 'remove'."),
    ],
)  # fmt: skip
def test_commands_that_cannot_be_followed(project: Project, words: list[str], message: str) -> None:
    project.write("text.json", "hello")
    project.write("other.json", "[1]")
    console = "import sys; from autograph_hook.cli import console; sys.exit(console())"
    result = project.python("-c", console, *words)
    assert "Traceback" not in result.stderr
    assert result.stderr.startswith(f"autograph_hook: {message}")
    assert (result.stdout, result.returncode) == ("", 2)


def test_help_and_version_are_said_on_standard_output(project: Project) -> None:
    assert project.hooked_output("--version").startswith("autograph_hook 0.")
    text = project.hooked_output("--help")
    assert text.startswith(USAGE) and "--strict" in text and "--verify" in text
    console = "import sys; from autograph_hook.cli import console; sys.exit(console())"
    assert "doctor" in project.output("-c", console, "--help")
