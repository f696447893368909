"""Child processes of a run program come back through the hook."""

from __future__ import annotations

import os
import sys

import pytest

from tests.conftest import ROOT, Project

pytestmark = pytest.mark.skipif(os.name == "nt", reason="fork and forkserver")

WORK = """
import multiprocessing, sys
import helper
class Point:
    def __init__(self, x): self.x = x
def work(point):
    import helper
    main = sys.modules["__main__"]
    return point.x * 2, type(helper.__loader__).__name__, type(main.__loader__).__name__, Point.__module__
if __name__ == "__main__":
    method = sys.argv[1]
    with multiprocessing.get_context(method).Pool(1) as pool:
        print(*pool.map(work, [Point(4)])[0])
"""


@pytest.mark.parametrize("script", ["main.py", "my-script.v2.py", "json.py", "tool"])
@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
def test_multiprocessing_children_load_the_program_through_the_hook(project: Project, method: str, script: str) -> None:
    project.write(script, WORK)
    project.write("helper.py", "")
    plain = project.output(script, method).split() if script != "json.py" else ["8", "", "", "__mp_main__"]
    hooked = project.hooked_output(script, method).split()
    if script == "json.py" and method == "fork":
        plain[-1] = "__main__"
    assert hooked[1:3] == ["Loader", "Loader"]
    assert hooked[0] == "8" and hooked[3] == plain[3]


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
@pytest.mark.parametrize("words", [["-m", "pkg.main"], ["-m", "single"]])
def test_children_of_a_module_run_with_dash_m_too(project: Project, method: str, words: list[str]) -> None:
    project.write("pkg/__init__.py", "")
    project.write("pkg/main.py", WORK.replace("import helper", "from pkg import helper"))
    project.write("pkg/helper.py", "")
    project.write("single.py", WORK)
    project.write("helper.py", "")
    assert project.hooked_output(*words, method).split() == ["8", "Loader", "Loader", "__mp_main__"]


def test_a_process_pool_of_concurrent_futures(project: Project) -> None:
    project.write("helper.py", "")
    project.write(
        "main.py",
        WORK.split("if __name__")[0]
        + """
if __name__ == "__main__":
    from concurrent.futures import ProcessPoolExecutor
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        print(*pool.submit(work, Point(4)).result())
""",
    )
    assert project.hooked_output("main.py").split() == ["8", "Loader", "Loader", "__mp_main__"]


def test_settings_of_the_command_line_reach_the_children(project: Project) -> None:
    project.write("helper.py", "")
    project.write("other.py", "")
    project.write(
        "main.py",
        """
        import multiprocessing
        def work(_):
            import helper, other
            options = helper.__loader__.options("helper", b"")
            return type(helper.__loader__).__name__, type(other.__loader__).__name__, options.mode, options.warm_up
        if __name__ == "__main__":
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                print(*pool.map(work, [1])[0])
        """,
    )
    output = project.hooked_output(
        "--enable", "helper", "--mode", "traced", "main.py", env={"AUTOGRAPH_HOOK_WARM_UP": "4"}
    )
    assert output.split() == ["Loader", "SourceFileLoader", "traced", "4"]


def test_a_child_without_the_hook_on_its_path_runs_the_program_plain(project: Project) -> None:
    """The name that is sent to the child leads to the script even where we cannot be imported."""
    program = f"""
import pickle, sys
sys.path.insert(0, {str(ROOT)!r})
from autograph_hook.importing.children import child_name
data = pickle.dumps(child_name("__autograph_script__", "/some/where/train.py"))
print(data.replace({str(ROOT).encode()!r}, b"/{"x" * (len(str(ROOT)) - 1)}").hex())
"""
    data = project.output("-S", "-c", program).strip()
    program = f"import pickle, sys; print(pickle.loads(bytes.fromhex({data!r})), 'autograph_hook' in sys.modules)"
    assert project.output("-S", "-c", program, env={"PYTHONPATH": ""}) == "train False\n"


def test_a_forked_child_does_not_write_the_report(project: Project) -> None:
    project.write(
        "main.py",
        """
        import os, sys
        pid = os.fork()
        if pid == 0:
            sys.exit(0)
        os.waitpid(pid, 0)
        print(os.path.exists("report.json"))
        """,
    )
    assert project.hooked_output("--report=report.json", "main.py") == "False\n"
    assert (project.path / "report.json").exists()


def test_children_of_plain_python_are_none_of_our_business(project: Project) -> None:
    project.write("main.py", "import subprocess, sys, os\nprint('AUTOGRAPH_HOOK' in os.environ)\n")
    assert project.output("main.py") == "False\n"
    assert sys.executable
