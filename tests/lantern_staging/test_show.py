"""`autograph-hook show --backend lantern`."""

from __future__ import annotations

from tests.conftest import Project

CONSOLE = ("-c", "import sys; from autograph_hook.cli import console; sys.exit(console())")
SOURCE = """
    # autograph: enable backend=lantern
    import numpy as np
    W = np.ones((3, 2))
    def f(x, n=3):
        for i in range(n):
            x = np.tanh(W.T @ (W @ x))
        return x.sum()
    def count(n):
        return n + 1
"""


def test_all_stages_of_a_function(project: Project) -> None:
    project.write("model.py", SOURCE)
    shown = project.output(*CONSOLE, "show", "--backend", "lantern", "--args", "np.ones(2), n=9", "model.py:f")
    titles = [line for line in shown.splitlines() if line.startswith("; ") and "Attrs" not in line and "ID" not in line]
    assert titles == [
        "; The program of f", "; The adjoint of f", "; Both, optimized", "; LLVM IR, optimized", "; Assembly",
    ]  # fmt: skip
    for text in ("(loop ", "(def f.rev ", "define ", ".text"):
        assert text in shown


def test_a_function_without_a_gradient(project: Project) -> None:
    project.write("model.py", SOURCE)
    shown = project.output(*CONSOLE, "show", "--backend", "lantern", "--args", "3", "model.py:count")
    assert "; No adjoint of count" in shown and "(+ x0" in shown


def test_what_is_missing_is_said(project: Project) -> None:
    project.write("model.py", SOURCE)
    result = project.python(*CONSOLE, "show", "--backend", "lantern", "model.py:count")
    assert result.returncode == 2 and "count takes n: say with --args what it is given" in result.stderr
    result = project.python(*CONSOLE, "show", "--backend", "lantern", "model.py:nothing")
    assert result.returncode == 2 and "model.py has no function 'nothing'" in result.stderr
    result = project.python(*CONSOLE, "show", "--backend", "lantern", "model.py")
    assert result.returncode == 2 and "takes a function of the file" in result.stderr
