"""A program run through the hook sees what it would see without us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tests.conftest import HOOK, Project, clean_environment

LOOK = """
import sys, os
import beside
print(__name__, __file__, __package__, __cached__, __doc__)
print(sorted(k for k in globals() if k.startswith("__")))
print(sys.argv, sys.path[0], os.getcwd())
print(sys.modules["__main__"].__dict__ is globals(), type(__builtins__).__name__, __builtins__.__name__)
"""


def same(project: Project, *words: object, stdin: str | None = None, **more: object) -> str:
    """Run with and without the hook; all that comes out must be equal."""
    plain = project.python(*words, stdin=stdin, **more)  # type: ignore[arg-type]
    for _ in range(2):
        hooked = project.hooked(*words, stdin=stdin, **more)
        assert (hooked.stdout, hooked.stderr, hooked.returncode) == (
            plain.stdout,
            plain.stderr,
            plain.returncode,
        )
    return plain.stdout + plain.stderr


def is_enabled(result: subprocess.CompletedProcess[str], *names: str) -> bool:
    assert result.returncode == 0, result.stderr
    return all(f"autograph_hook: {name}: enabled" in result.stderr for name in names)


def test_a_script_sees_the_same_names_arguments_and_paths(project: Project) -> None:
    project.write("sub/main.py", LOOK)
    project.write("sub/beside.py", "")
    for script in ("sub/main.py", "./sub/../sub/main.py", str(project.path / "sub/main.py")):
        same(project, script, "a", "--enable", "-m", "--help")
    assert is_enabled(project.hooked("-v", "sub/main.py"), "__main__", "beside")


def test_a_script_behind_a_link_has_its_real_directory_first(project: Project) -> None:
    project.write("real/main.py", LOOK)
    project.write("real/beside.py", "")
    os.symlink(project.path / "real/main.py", project.path / "link.py")
    assert str(project.path / "real") in same(project, "link.py")


def test_a_script_without_a_suffix_runs(project: Project) -> None:
    project.write("tool", "print(__file__[-4:])\ndef f(): return 1\n")
    assert same(project, "tool") == "tool\n"
    assert is_enabled(project.hooked("-v", "tool"), "__main__")


def test_code_on_the_command_line_and_on_standard_input(project: Project) -> None:
    project.write("beside.py", "")
    look = LOOK.replace("__file__, ", "").replace("__cached__, ", "")
    same(project, "-c", look, "a", "-x")
    same(project, "-", "a", stdin=look)
    same(project, "-c", "def f():\n    return 1 / 0\nf()\n")
    same(project, "-", stdin="def f():\n    return 1 / 0\nf()\n")
    assert same(project, "-c", "print(__import__('sys').argv)", "-m") == "['-c', '-m']\n"
    assert is_enabled(project.hooked("-v", "-c", look.replace("import sys", "import sys", 1)), "beside")


def test_code_that_is_glued_to_its_option_is_read_as_python_reads_it(project: Project) -> None:
    assert project.hooked_output("-cprint(1)") == "1\n"


def test_modules_and_packages_run_with_dash_m(project: Project) -> None:
    project.write("pkg/__init__.py", "import sys; print(sys.argv[0])\n")
    project.write(
        "pkg/__main__.py",
        "import beside, sys, pkg.mod\nprint(sys.argv, sys.path[0], __spec__.name, __package__)\n",
    )
    project.write("pkg/mod.py", "import sys\nprint(__name__, sys.argv[0], __cached__ is None)\n")
    project.write("beside.py", "")
    project.write("single.py", "import beside\nprint(__name__, __spec__.parent, __package__)\n1 / 0\n")
    for words in (
        ("pkg", "a"),
        ("pkg.mod",),
        ("single",),
        ("not_there",),
        ("pkg.not_there",),
        ("single.sub",),
        ("os.py",),
    ):
        same(project, "-m", *words)
    project.write("single.py", "import beside\n")
    assert is_enabled(project.hooked("-v", "-m", "pkg"), "pkg", "pkg.__main__", "pkg.mod")
    assert not is_enabled(project.hooked("-v", "-m", "pkg"), "beside")
    assert is_enabled(project.hooked("-v", "-m", "single"), "single", "beside")


def test_an_installed_module_run_with_dash_m_stays_plain_unless_named(project: Project) -> None:
    project.write("data.json", "{}")
    assert project.hooked("-v", "-m", "json.tool", "data.json").stderr == ""
    assert is_enabled(project.hooked("-v", "--enable", "json", "-m", "json.tool", "data.json"), "json.tool")


def test_directories_and_zip_files_with_a_main_run(project: Project) -> None:
    source = (
        "import sys, helper\nprint(sys.argv, sys.path[0], __spec__.name, repr(__package__), __file__)\nhelper.f()\n"
    )
    project.write("app/__main__.py", source)
    project.write("app/helper.py", "def f():\n    raise ValueError('in helper')\n")
    with zipfile.ZipFile(project.path / "app.zip", "w") as archive:
        for path in sorted((project.path / "app").iterdir()):
            archive.write(path, path.name)
    for name in ("app", "app.zip", "./app", str(project.path / "app")):
        assert "in helper" in same(project, name, "a")
    project.write("app/helper.py", "def f(): pass\n")
    assert is_enabled(project.hooked("-v", "app"), "__main__", "helper")


def test_a_compiled_script_runs(project: Project) -> None:
    import py_compile

    source = project.write("main.py", "import sys\nprint(__file__, sys.argv)\n")
    py_compile.compile(str(source), cfile=str(project.path / "bare.pyc"))
    same(project, "bare.pyc", "a")


@pytest.mark.parametrize(
    "end",
    [
        "1 / 0",
        "def f():\n    g()\ndef g():\n    raise KeyError('x')\nf()",
        "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    raise ValueError('after') from error",
        "try:\n    1 / 0\nfinally:\n    undefined",
        "import sys; sys.exit()",
        "import sys; sys.exit(3)",
        "import sys; sys.exit('a message')",
        "import sys; sys.exit(None)",
        "raise SystemExit((1, 2))",
        "raise KeyboardInterrupt",
        "raise GeneratorExit",
        "class E(BaseException): pass\nraise E('x')",
        "import os; os._exit(5)",
        "import os; os.abort()",
        "x = (1,\n     2",
        "def f(:\n    pass",
        "  x = 1",
        "return 1",
        "raise ExceptionGroup('g', [ValueError(1), KeyError(2)])",
        "import sys\nsys.excepthook = lambda *a: print('mine', a[0].__name__, a[2].tb_frame.f_code.co_name)\n1 / 0",
        "import sys\ndef hook(*a):\n    raise KeyError('in hook')\nsys.stderr = sys.stdout\n1 / 0",
        "import atexit\natexit.register(lambda: print('at exit', __name__))\n1 / 0",
        "import threading\nt = threading.Thread(target=lambda: 1 / 0, name='T')\nt.start(); t.join()",
        "import threading, time\nthreading.Thread(target=lambda: (time.sleep(.1), print('late', __name__))).start()",
        "import sys, traceback, atexit\natexit.register(lambda: print(sys.last_type, traceback.extract_tb(sys.last_traceback)))"
        "\n1 / 0",
        "import warnings\nwarnings.warn('careful')",
        "import beside\nbeside.fail()",
        "import broken",
        "from . import beside",
        "from .beside import x",
        "print('no newline', end='')",
        "import sys\nsys.stdout.write('buffered')\nsys.stdout.flush()\nos_exit = __import__('os')._exit(0)",
        "print(undefined_name)",
        "import sys\nsys.tracebacklimit = 1\ndef f(n):\n    return f(n + 1)\nf(0)",
    ],
)
def test_a_program_ends_as_under_plain_python(project: Project, end: str) -> None:
    project.write("beside.py", "def fail():\n    raise RuntimeError('deep')\n")
    project.write("broken.py", "def f(:\n")
    project.write("main.py", f'"""Doc."""\nprint("begin")\n{end}\n')
    same(project, "main.py")


def test_undecodable_and_odd_scripts_fail_as_under_plain_python(project: Project) -> None:
    for name, data in {"bytes.py": b"x = '\xff'\n", "code.py": b"# coding: nope\n", "cr.py": b"x = 1\rprint(x)\r",
                       "bom.py": b"\xef\xbb\xbfprint('\xc3\xa9'.encode())\n"}.items():  # fmt: skip
        project.write(name, data)
        same(project, name)


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_ends_the_program_as_it_ends_python(project: Project, name: str) -> None:
    project.write(
        "main.py",
        "import time\nprint('ready', flush=True)\ntry:\n    time.sleep(30)\nfinally:\n    print('cleaned')\n",
    )
    ends = []
    for hook in ((), HOOK):
        process = subprocess.Popen(
            [sys.executable, *hook, "main.py"], cwd=project.path, env=clean_environment(), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background job ignores it
        )  # fmt: skip
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        time.sleep(0.05)
        process.send_signal(getattr(signal, name))
        out, err = process.communicate(timeout=30)
        ends.append((out, err, process.returncode))
    assert ends[0] == ends[1]
    assert ends[0][2] == -getattr(signal, name)


def test_pickles_of_classes_in_the_script_work_between_runs_with_and_without(project: Project) -> None:
    project.write(
        "main.py",
        """
        import pickle, sys, os
        class Point:
            def __init__(self, x): self.x = x
            def twice(self): return self.x * 2
        if os.path.exists("point"):
            print(pickle.load(open("point", "rb")).twice(), Point.__module__)
        else:
            pickle.dump(Point(4), open("point", "wb"))
        """,
    )
    project.hooked_output("main.py")
    assert project.output("main.py") == project.hooked_output("main.py") == "8 __main__\n"


def test_mode_off_runs_the_plain_program_without_the_hook(project: Project) -> None:
    project.write(
        "main.py",
        "import sys, os, beside\nprint(__spec__, type(__loader__).__name__, type(beside.__loader__).__name__)\n"
        "print([f for f in sys.meta_path if repr(f) == '<autograph_hook finder>'], 'AUTOGRAPH_HOOK' in os.environ)\n",
    )
    project.write("beside.py", "")
    expected = "None SourceFileLoader SourceFileLoader\n[] False\n"
    assert project.output("main.py") == expected
    assert project.hooked_output("--mode", "off", "main.py") == expected
    assert project.hooked_output("main.py", env={"AUTOGRAPH_HOOK_MODE": "off"}) == expected
    project.write("pyproject.toml", '[tool.autograph_hook]\nmode = "off"\n')
    assert project.hooked_output("main.py") == expected
    assert project.hooked_output("--mode=auto", "main.py") != expected
    assert not project.kept() or "beside" in str(project.kept())


def test_a_script_that_disables_itself_runs_plain_with_its_neighbours_enabled(project: Project) -> None:
    project.write("main.py", "# autograph: disable\nimport beside\nprint(__spec__, type(beside.__loader__).__name__)\n")
    project.write("beside.py", "")
    assert project.hooked_output("main.py") == "None Loader\n"
    assert not list(project.path.rglob("main.*pyc"))


def test_the_directory_of_the_script_is_enabled_without_what_is_not_ones_own(project: Project) -> None:
    for name in ("own", "sub/deep", ".hidden/mod", "venv/lib/inside", "lib/site-packages/installed"):
        project.write(f"{name}.py", "")
    project.write("venv/pyvenv.cfg", "")
    project.write(
        "main.py",
        """
        import sys, os
        sys.path += [".hidden", "venv/lib", "lib/site-packages"]
        sys.path = [os.path.abspath(p) for p in sys.path]
        import own, sub.deep, mod, inside, installed, colorsys
        print(*(m.__name__ for m in (own, sub.deep, mod, inside, installed, colorsys)
                if type(m.__loader__).__name__ == "Loader"))
        """,
    )
    assert project.hooked_output("main.py") == "own sub.deep\n"


def test_an_enable_list_decides_alone(project: Project) -> None:
    for name in ("a", "b", "c"):
        project.write(f"{name}.py", "")
    project.write("main.py", "import a, b, c\nprint(*(m.__name__ for m in (a, b, c) if type(m.__loader__).__name__ == 'Loader'))\n"
                  "print(type(__loader__).__name__)\n")  # fmt: skip
    assert project.hooked_output("main.py") == "a b c\nLoader\n"
    assert project.hooked_output("--enable", "a", "main.py") == "a\nLoader\n"
    assert project.hooked_output("main.py", env={"AUTOGRAPH_HOOK_ENABLE": "b"}) == "b\nLoader\n"
    project.write("pyproject.toml", '[tool.autograph_hook]\nenable = ["c"]\n')
    assert project.hooked_output("main.py") == "c\nLoader\n"
    assert project.hooked_output("--enable=a", "--enable=b", "--disable=c", "main.py") == "a b\nLoader\n"
    assert project.hooked_output("--disable", "__main__", "main.py") == "c\nSourceFileLoader\n"


def test_the_file_that_config_names_is_read(project: Project) -> None:
    project.write("main.py", "print(__loader__.options('m', b'').mode)\n")
    project.write("pyproject.toml", "[tool.autograph_hook]\nbroken =\n")
    other = project.write("other.toml", '[tool.autograph_hook]\nmode = "traced"\n')
    assert project.hooked_output("--config", other, "main.py") == "traced\n"
    assert project.hooked_output(f"--config={other}", "main.py") == "traced\n"


def test_nothing_of_ours_is_written_beside_a_program_run_with_dash_b(project: Project) -> None:
    project.write("main.py", "import beside\n")
    project.write("beside.py", "")
    project.output("-B", *HOOK, "main.py")
    assert sorted(path.name for path in project.path.iterdir()) == ["beside.py", "main.py"]


def test_isolated_python_runs_scripts_without_the_directory(project: Project) -> None:
    """-P and -I keep the script's directory off sys.path; so do we."""
    if sys.version_info < (3, 11):
        pytest.skip("-P is newer")
    project.write("main.py", "import sys\nprint(sys.path[0] == __file__[:-8])\n")
    assert project.output("-P", "main.py") == project.output("-P", *HOOK, "main.py") == "False\n"
    assert project.output(*HOOK, "main.py") == "True\n"


def test_the_console_command_runs_the_same(project: Project, tmp_path: Path) -> None:
    project.write("sub/main.py", LOOK)
    project.write("sub/beside.py", "")
    console = "import sys; from autograph_hook.cli import console; sys.argv[0] = 'autograph-hook'; sys.exit(console())"
    assert project.output("-c", console, "run", "sub/main.py", "a") == project.output("sub/main.py", "a")
