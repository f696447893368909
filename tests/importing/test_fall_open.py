"""A rewrite that fails is our mistake: the program runs on without us, and hears of it once."""

from __future__ import annotations

import os

from tests.conftest import Project, clean_environment

BREAK = """
import autograph_hook.transpiler as transpiler
real = transpiler.transform
def transform(source, path, **options):
    if path.endswith("pkg.py"):
        class Node: lineno = 2
        def visit(node):
            raise TypeError("odd node")
        visit(Node())
    return real(source, path, **options)
transpiler.transform = transform
"""


def broken(project: Project) -> dict[str, str]:
    """An environment in which the transpiler fails on pkg.py."""
    project.write("pkg.py", "def f(x):\n    return x + 1\n")
    project.write("main.py", "import pkg\nprint(pkg.f(1))\n")
    project.write("boot/sitecustomize.py", BREAK)
    return {"PYTHONPATH": os.pathsep.join([str(project.path / "boot"), clean_environment()["PYTHONPATH"]])}


def test_the_module_runs_plain_with_one_warning_and_nothing_cached(project: Project) -> None:
    env = broken(project)
    for _ in range(2):
        result = project.hooked("main.py", env=env)
        assert (result.stdout, result.returncode) == ("2\n", 0)
        assert result.stderr == (
            f"{project.path / 'pkg.py'}:2: AutographWarning: autograph_hook could not transform this module (TypeError: odd "
            "node), so it runs plain. This is a mistake of autograph_hook's, please report it; '# autograph: disable' at the "
            "top of the file silences this.\n  return x + 1\n"
        )
    assert not list(project.path.rglob("pkg.*pyc"))


def test_strict_raises_conversion_error(project: Project) -> None:
    env = broken(project)
    result = project.hooked("--strict", "main.py", env=env)
    assert result.returncode == 1
    last = result.stderr.splitlines()[-1]
    assert last == (
        f"autograph_hook.errors.ConversionError: {project.path / 'pkg.py'}:2: could not be transformed: TypeError: odd node"
    )


def test_a_source_that_python_refuses_is_not_our_mistake(project: Project) -> None:
    env = broken(project)
    project.write("pkg.py", "def f(:\n")
    plain, hooked = project.python("main.py"), project.hooked("main.py", env=env)
    assert hooked.stderr == plain.stderr and "SyntaxError" in plain.stderr


def test_gates_that_cannot_be_put_in_place_are_no_reason_to_fail(project: Project) -> None:
    env = broken(project)
    project.write(
        "boot/sitecustomize.py",
        """
        import autograph_hook.runtime.attach as attach
        real = attach.attach
        def fail(payload, module, *more):
            if module == "pkg":
                raise IndexError("no gate")
            return real(payload, module, *more)
        attach.attach = fail
        """,
    )
    result = project.hooked("main.py", env=env)
    assert result.stdout == "2\n" and result.stderr.count("AutographWarning") == 1


def test_strict_names_what_would_run_plain_with_and_without_the_cache(project: Project) -> None:
    env = broken(project)
    project.write(
        "boot/sitecustomize.py",
        """
        import autograph_hook.transpiler as transpiler
        real = transpiler.transform
        class Half:
            def __init__(self, whole): self.whole = whole
            problems = ((2, "a construct of tomorrow"),)
            def payload(self): return self.whole.payload()
        def transform(source, path, **options):
            whole = real(source, path, **options)
            return Half(whole) if path.endswith("pkg.py") else whole
        transpiler.transform = transform
        """,
    )
    assert project.hooked("main.py", env=env).stdout == "2\n"
    for _ in range(2):
        result = project.hooked("--strict", "main.py", env=env)
        assert result.returncode == 1
        assert result.stderr.endswith(
            "ConversionError: strict: this module cannot be transformed as a whole:\n"
            f"  {project.path / 'pkg.py'}:2: a construct of tomorrow\n"
            "Change these places, mark them '# autograph: plain', or leave strict mode: then they run plain.\n"
        )
