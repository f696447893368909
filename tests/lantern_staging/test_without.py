"""A module that names Lantern where its code generator is not installed, and threads."""

from __future__ import annotations

import threading

import numpy as np

from tests.conftest import Project

from .staged import module, staging

SOURCE = """
    # autograph: enable backend=lantern
    def fib(n):
        return n if n < 2 else fib(n - 1) + fib(n - 2)
"""


def test_without_llvmlite_the_module_runs_as_written(project: Project) -> None:
    project.write("model.py", SOURCE)
    project.write("main.py", "import sys\nsys.modules['llvmlite'] = None\nimport model\nprint([model.fib(12) for _ in range(3)])")
    result = project.hooked("main.py")
    assert (result.returncode, result.stdout) == (0, "[144, 144, 144]\n")
    assert "the backend 'lantern' cannot be used" in result.stderr


def test_nothing_is_imported_for_a_module_that_does_not_name_it(project: Project) -> None:
    project.write("model.py", SOURCE.replace(" backend=lantern", ""))
    project.write("main.py", "import sys, model\nmodel.fib(12)\nprint('numpy' in sys.modules, 'llvmlite' in sys.modules)")
    assert project.hooked_output("main.py") == "False False\n"


def test_a_run_says_what_was_staged(project: Project) -> None:
    project.write("model.py", SOURCE)
    project.write("main.py", "import model\nprint([model.fib(16) for _ in range(3)])")
    result = project.hooked("--report", "main.py")
    assert result.stdout == "[987, 987, 987]\n"
    assert "staged" in result.stderr and "fib" in result.stderr


def test_threads_may_call_at_once() -> None:
    m = module("def f(x, n):\n    for i in range(n):\n        x = np.tanh(x) + i\n    return x")
    for _ in range(3):
        m.f(np.ones(4), 9)
    wanted = [m.f(np.full(4, float(k)), 9) for k in range(8)]
    found: dict[int, bool] = {}

    def run(k: int) -> None:
        found[k] = all(np.array_equal(m.f(np.full(4, float(k)), 9), wanted[k]) for _ in range(50))

    threads = [threading.Thread(target=run, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(found.values()) and len(found) == 8
    assert staging(m.f).calls_staged > 400


def test_a_module_that_names_it_when_another_framework_is_in_use_is_staged(project: Project) -> None:
    project.write("model.py", SOURCE)
    project.write(
        "main.py",
        """
        from autograph_hook.runtime import entry, gate
        gate.enter_by(entry.enter)
        entry.start()  # as when a framework has arrived
        import model
        for _ in range(3):
            model.fib(16)
        print(gate.gate_of(model.fib).staging.calls_staged > 0)
        """,
    )
    assert project.hooked_output("main.py") == "True\n"
