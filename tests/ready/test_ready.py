"""What runs commands for other tests runs them as a new process does, but for the import of TensorFlow."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conftest import Project, clean_environment
from tests.ready import python

pytest.importorskip("tensorflow")

PROGRAM = """
import atexit, os, sys, threading
atexit.register(print, "at the end")
print(__name__, __file__, __spec__ and __spec__.name, sys.argv, sys.path[0], os.getcwd(), sorted(vars()))
print(sys.dont_write_bytecode, sys.flags.optimize)
print(os.environ["WORD"], sys.stdin.read(), os.environ.get("CUDA_VISIBLE_DEVICES"))
print("an error", file=sys.stderr)
threading.Thread(target=lambda: print("a thread")).start()
"""


def seen(interpreter: str, project: Project, *words: str, **more: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [interpreter, *words], cwd=project.path, env=clean_environment(WORD="a word", **more), input="given", text=True,
        capture_output=True,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("below/program.py", "one", "two"),
        ("-m", "below.program", "one"),
        ("-m", "autograph_hook", "below/program.py", "one"),
        ("-c", PROGRAM.replace("__file__", "0"), "one"),
        ("-O", "below/program.py"),
        ("-c", "import sys; sys.exit(3)"),
        ("-c", "import sys; sys.exit('a reason')"),
        ("-c", "import os; os.kill(os.getpid(), 15)"),
        ("wrong.py",),
        ("-m", "wrong"),
        ("-m", "autograph_hook", "wrong.py"),
        ("-c", "import multiprocessing as m; print(m.get_context('fork').Pool(2).map(abs, [-1, 2]))"),
    ],
    ids=lambda words: " ".join(words).split("\n")[0][:40],
)
def test_a_command_does_what_it_does_in_a_new_process(words: tuple[str, ...], project: Project) -> None:
    project.write("below/program.py", PROGRAM)
    project.write("wrong.py", "def f():\n    raise ValueError('a value')\nf()\n")
    assert seen(python(), project, *words) == seen(sys.executable, project, *words)


@pytest.mark.parametrize("more", [{"PYTHONDONTWRITEBYTECODE": "1"}, {"PYTHONOPTIMIZE": "1"}, {"PYTHONPATH": "below"}])
def test_variables_that_python_reads_are_obeyed(more: dict[str, str], project: Project) -> None:
    project.write("below/program.py", PROGRAM)
    words = ("below/program.py", "one")
    assert seen(python(), project, *words, **more) == seen(sys.executable, project, *words, **more)


def test_tensorflow_is_there_and_unused(project: Project) -> None:
    code = """
        import sys
        tf = sys.modules["tensorflow"]
        tf.config.set_visible_devices([], "GPU")  # raises once a device has been used
        print("autograph_hook" in sys.modules, tf.reduce_sum([1, 2]).numpy())
    """
    assert seen(python(), project, str(project.write("uses.py", code))) == (0, "False 3\n", "")


def test_commands_run_at_once(project: Project) -> None:
    code = "open('here', 'a').write('x')\nwhile open('here').read() != 'xx': pass"
    with ThreadPoolExecutor(2) as pool:
        assert [each[0] for each in pool.map(lambda _: seen(python(), project, "-c", code), range(2))] == [0, 0]
